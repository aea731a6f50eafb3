"""The kinds of value of the language: what a scalar may look like, said once for schema, gate and converter."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

import attrs

from runner.model.units import DURATION, SIZE

RESERVED = ("steps", "run", "env", "git", "true", "false", "none")  # N7: no name may be one of these
NAME = "[A-Za-z_][A-Za-z0-9_]*"
STEP = "[A-Za-z][A-Za-z0-9_-]*"
FUNCTION = "[A-Za-z_][A-Za-z0-9_.]*:[A-Za-z_][A-Za-z0-9_.]*"
REFERENCE = r"\$\{.+\}"  # the whole text is one reference: the value comes with its kind (N9, N10)
VERSIONS = r"(~=|==|!=|<=|>=|<|>) *[0-9][^ ,]*( *, *(~=|==|!=|<=|>=|<|>) *[0-9][^ ,]*)*"
BUILTINS = ("list", "first", "last", "sum", "min", "max", "mean", "all", "any", "concat")


@attrs.frozen(kw_only=True)
class Form:
    """One kind of scalar. `types` are JSON Schema's; a limit binds the values of its own type only."""

    title: str
    types: tuple[str, ...] = ("string",)
    pattern: str | None = None  # of the whole text
    minimum: float | None = None
    above: float | None = None
    maximum: float | None = None
    not_empty: bool = False
    reserved: bool = False
    const: Any = None
    examples: tuple[Any, ...] = ()
    suggest: str | None = None  # what a project's schema offers here, as a value or a key: see `suggest.py`

    def schema(self) -> dict[str, Any]:
        """The form as JSON Schema."""
        if self.const is not None:
            return {"title": self.title, "const": self.const}
        out: dict[str, Any] = {} if self.title in ("text", "true or false") else {"title": self.title}
        # tombi tells nothing of `cpu = 2` where only numbers are allowed for
        types = [kind for name in self.types for kind in ((name, "integer") if name == "number" else (name,))]
        out["type"] = types[0] if len(types) == 1 else types
        pairs = {
            "pattern": f"^({self.pattern})$" if self.pattern else None,
            "minimum": self.minimum,
            "exclusiveMinimum": self.above,
            "maximum": self.maximum,
            "minLength": 1 if self.not_empty else None,
            "not": {"enum": list(RESERVED)} if self.reserved else None,
            "examples": list(self.examples) or None,
        }
        return out | {key: value for key, value in pairs.items() if value is not None}

    def fault(self, value: Any) -> str | None:
        """Why a value is not of this form; None if it is. Written apart from the gate, to be compared with it."""
        if self.const is not None:
            return None if type(value) is type(self.const) and value == self.const else f"is not {self.const}"
        kinds = {"string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,)}
        if type(value) not in {kind for name in self.types for kind in kinds[name]}:
            return f"is no {self.title}"
        if isinstance(value, str):
            if self.pattern and not re.fullmatch(self.pattern, value):
                return f"is no {self.title}"
            if self.not_empty and not value:
                return "is empty"
            return "is reserved" if self.reserved and value in RESERVED else None
        if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
            return "is no number"
        low = (self.minimum is not None and value < self.minimum) or (self.above is not None and value <= self.above)
        return "is out of range" if low or (self.maximum is not None and value > self.maximum) else None


def or_reference(title: str, *types: str, pattern: str | None = None, **limits: Any) -> Form:
    """A value, or one whole reference in its place where N10 allows what is known before the run."""
    text = f"{pattern}|{REFERENCE}" if pattern else REFERENCE
    return Form(title=title, types=tuple(dict.fromkeys((*types, "string"))), pattern=text, **limits)


RefText = Annotated[str, Form(title="text, may hold ${}")]
Script = Annotated[str, Form(title="script", not_empty=True)]
Path = Annotated[str, Form(title="path, may hold ${}", not_empty=True)]
Condition = Annotated[str, Form(title="condition", not_empty=True, examples=("accuracy > 0.9",))]
Name = Annotated[str, Form(title="name", pattern=NAME, reserved=True)]
EnvName = Annotated[str, Form(title="name of a variable", pattern=NAME)]
ParameterName = Annotated[str, Form(title="name", pattern=NAME, reserved=True, suggest="parameter")]
ValueName = Annotated[str, Form(title="name", pattern=NAME, reserved=True, suggest="value")]
SecretName = Annotated[str, Form(title="name of a variable", pattern=NAME, suggest="secret")]
Tag = Annotated[str, Form(title="text", not_empty=True, suggest="tag")]
StepPath = Annotated[str, Form(title="text", not_empty=True, suggest="path")]
StepName = Annotated[str, Form(title="step name", pattern=STEP)]
NeededStep = Annotated[str, Form(title="step name", pattern=STEP, suggest="step")]
HandlerName = Annotated[str, Form(title="handler", pattern=STEP, suggest="handler")]
TemplateName = Annotated[str, Form(title="template", pattern=STEP, suggest="template")]
ProfileName = Annotated[str, Form(title="profile", not_empty=True, suggest="profile")]
UsedFile = Annotated[
    str, Form(title="file as a step", not_empty=True, suggest="file", examples=("./flows/load.toml", "std:fetch"))
]
PlainText = Annotated[str, Form(title="text", not_empty=True)]
Text = Annotated[str, Form(title="text")]
Flag = Annotated[bool, Form(title="true or false", types=("boolean",))]
Function = Annotated[str, Form(title="module:function", pattern=FUNCTION, examples=("project.model:train",))]
Versions = Annotated[str, Form(title="versions", pattern=VERSIONS, examples=(">=1.2", ">=1.2,<2"))]
Reference = Annotated[str, Form(title="reference", pattern=REFERENCE, examples=("${islands}",))]
Duration = Annotated[str, or_reference("duration", pattern=DURATION, examples=("90s", "1h30m", "2d"))]
Size = Annotated[str, or_reference("size", pattern=SIZE, examples=("512Mi", "2Gi", "10G"))]
FixedDuration = Annotated[str, Form(title="duration", pattern=DURATION, examples=("10s", "5m"))]
FixedSize = Annotated[str, Form(title="size", pattern=SIZE, examples=("8Gi",))]
Amount = Annotated[float, Form(title="number", types=("number",), minimum=0)]
Positive = Annotated[int | str, or_reference("whole number", "integer", minimum=1)]
NotNegative = Annotated[int | str, or_reference("whole number", "integer", minimum=0)]
Cores = Annotated[float | str, or_reference("number", "number", above=0, examples=(2, 0.5))]
Devices = Annotated[float | str, or_reference("number", "number", minimum=0, examples=(1,))]
Factor = Annotated[float | str, or_reference("number", "number", minimum=1, examples=(2,))]
Rounds = Annotated[int, Form(title="whole number", types=("integer",), minimum=1)]
ExitCode = Annotated[int, Form(title="exit code", types=("integer",), minimum=1, maximum=255)]
Number = Annotated[float, Form(title="number", types=("number",))]
Setting = Annotated[
    str | int | float | bool, Form(title="text, number or boolean", types=("string", "number", "boolean"))
]
Yes = Annotated[bool, Form(title="true", const=True)]
No = Annotated[bool, Form(title="false", const=False)]
RangeEnd = Annotated[int | str, or_reference("whole number", "integer")]
Reducer = Annotated[str, Form(title="built-in or module:function", pattern=f"{'|'.join(BUILTINS)}|{FUNCTION}")]
Kind = Literal["text", "integer", "number", "boolean", "list", "table", "date", "time", "datetime", "path"]


def key(
    about: str,
    *,
    marks: str = "",
    only: str = "",
    name: str | None = None,
    default: Any = None,
    required: bool = False,
    values: dict[str, str] | None = None,
    at_least: int = 0,
    example: Any = None,
) -> Any:
    """One key of a table.

    about: its description. marks: the letters of LANGUAGE section 3 (T task, G group too, D defaults, P profile).
    only: the kinds of step that take it, where the marks are not enough. default: told to people, never filled in.
    values: what each word of an enum means. at_least: fewest entries of a list or table. example: a value to show,
    where neither `examples.py` nor the form of the value has one.
    """
    about += "".join(f"\n\n- `{word}`: {meaning}" if not n else f"\n- `{word}`: {meaning}"
                     for n, (word, meaning) in enumerate((values or {}).items()))  # fmt: skip
    metadata = {
        "about": about, "marks": marks, "only": tuple(only.split()), "name": name, "default": default,
        "values": values, "at_least": at_least, "example": example,
    }  # fmt: skip
    return attrs.field(metadata=metadata) if required else attrs.field(default=None, metadata=metadata)


def written(field: Any) -> str:
    """The key of a field as people write it: `max_parallel` is `max-parallel`, `from_` is `from`."""
    return str(field.metadata.get("name") or field.name.rstrip("_").replace("_", "-"))
