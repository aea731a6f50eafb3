"""One written reference: `NAME`, `steps.STEP.NAME`, `run.X`, each with `.key`, `[0]` or `['key']` behind it (N7)."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

Error = tuple[str, int, int, dict[str, Any]]
"""Code, start and end in the text, and the arguments of the code's sentence (`hint` among them)."""

HEADS = {
    "steps": "write `steps.STEP.NAME`",
    "run": "write `run.id`, `run.name`, `run.date` or `run.scheduled`",
    "env": "write `env.NAME`",
    "git": "write `git.sha`, `git.branch` or another word of git",
}
WORDS = ("true", "false", "none")
_HEAD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PART = re.compile(
    r"\.(?P<key>[A-Za-z_][A-Za-z0-9_]*(?:-+[A-Za-z0-9_]+)*)"
    r"|\[(?P<index>[0-9]{1,9})\]"
    r"|\['(?P<single>[^'\n]*)'\]"
    r'|\["(?P<double>[^"\n]*)"\]'
)


class Leaf(NamedTuple):
    """A reference as it was written: head, the parts behind it, where it stands."""

    head: str
    parts: tuple[str | int, ...]
    start: int
    end: int

    def expr(self) -> list[Any]:
        """`["name", n, start, end]`, or `["ref", parts, start, end]` where something stands behind the head."""
        if self.parts:
            return ["ref", [self.head, *self.parts], self.start, self.end]
        return ["name", self.head, self.start, self.end]

    def error(self) -> Error | None:
        """What is wrong with it whatever the names in scope are."""
        if self.head in WORDS:
            return "E403", self.start, self.end, {"name": self.head, "hint": f"write `{self.head}` without `${{}}`"}
        if self.head in HEADS and not self.parts:
            return "E403", self.start, self.end, {"name": self.head, "hint": HEADS[self.head]}
        return None


def read(text: str, at: int) -> Leaf | None:
    """The longest reference that starts at `at`."""
    found = _HEAD.match(text, at)
    if found is None:
        return None
    end = found.end()
    parts: list[str | int] = []
    while part := _PART.match(text, end):
        index = part["index"]
        parts.append(int(index) if index is not None else part[part.lastgroup or 0])
        end = part.end()
    return Leaf(found.group(), tuple(parts), at, end)


def meant(parts: list[str | int]) -> str | None:
    """What to write for a reference with a prefix of other languages, once it is known that no name is called so.

    `params.x` and `item.x` are good references where a name `params` or `item` exists: only a scope can tell.
    """
    if len(parts) > 1 and parts[0] in ("param", "params", "parameters", "item", "items", "inputs", "outputs", "matrix"):
        return "".join([str(parts[1]), *(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts[2:])])
    return None
