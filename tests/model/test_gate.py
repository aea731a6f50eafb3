"""The gate says what jsonschema says, only faster; nothing that a file holds can overflow it."""

from __future__ import annotations

import datetime
import subprocess
import sys
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings, strategies as st

from runner.model.data import schema as shipped
from runner.model.explain import explain
from runner.model.faults import faults, strict_validator
from runner.model.gate import SILENT, compile_schema, find, gate, python_pattern
from runner.text.diagnostics import Place

KINDS = ("pipeline", "profile", "project")
GATES = {kind: gate(shipped(kind)) for kind in KINDS}
JUDGES = {kind: strict_validator(shipped(kind)) for kind in KINDS}

PIPELINE: dict[str, Any] = {
    "name": "demo",
    "params": {"islands": ["Dream"], "since": datetime.date(2026, 1, 1)},
    "types": {"islands": {"type": "list", "items": {"type": "text"}}},
    "defaults": {"retry": {"attempts": 2}},
    "templates": {"heavy": {"resources": {"cpu": 4}}},
    "steps": {
        "fetch": {"shell": "true", "outputs": {"raw": "raw.csv"}, "timeout": "5m", "env": {"A": 1, "B": "x",
        "C": True}},
        "train": {
            "extends": "heavy",
            "python": "project:train",
            "for-each": {"island": "${islands}", "n": {"range": [1, 3]}, "f": {"glob": "*.csv", "optional": True}},
            "returns": ["rows", {"name": "model", "kind": "object"}],
            "reduce": {"rows": "sum"},
            "retry": {"attempts": "${n}", "delay": "5s", "factor": 2, "on": [1, 75]},
            "resources": {"cpu": 0.5, "memory": "2Gi"},
            "on-failure": {"run": "tell", "recover": "skip"},
            "secrets": {"TOKEN": {"name": "token", "file": True}},
            "cache": {"code": ["*.py"]},
        },
        "pick": {"choose": "rows > 1", "cases": {"true": {"stub": True}}, "default": {"stub": {"returns": {"x": 1}}}},
        "all": {"steps": {"one": {"command": ["echo", "${x}"]}}, "defaults": {"isolate": True},
        "repeat": {"until": "x", "max": 3}},
        "other": {"uses": "std:x", "params": ["islands"]},
        "book": {"notebook": "a.ipynb", "runtime": {"type": "conda", "file": "env.yaml"},
        "outputs": [{"path": "a.html"}]},
        "boxed": {"container": {"image": "alpine", "args": ["x"]}},
    },
    "handlers": {"tell": {"shell": "echo"}},
    "finally": {"end": {"command": ["echo"], "when": "run.failed"}},
    "returns": ["rows", {"name": "x", "from": "all.x"}],
}  # fmt: skip
PROFILE: dict[str, Any] = {
    "extends": ["local", "std:x"],
    "executor": {"type": "local", "grace": "5s"},
    "run-log": {"type": "chunked-fs", "path": "/mnt"},
    "secrets": {"type": "command", "command": ["pass", "{name}"], "map": {"A": "b"}},
    "volumes": {"data": {"claim": "x", "mount": "/mnt", "anything": 1}},
    "schedule": {"cron": ["0 3 * * *"], "overlap": "forbid"},
    "defaults": {"timeout": "1h", "unset": ["env.DEBUG"]},
    "tags": {"gpu": {"resources": {"gpu": 1}}},
    "steps": {"a.b": {"profile": "big", "params": {"x": 1}}, "a.*": {"retry": {"attempts": 2}}},
}
PROJECT: dict[str, Any] = {
    "profile": "dev",
    "plugins": {"executors": {"mine": "mine:Mine"}},
    "catalog": {"type": "do-nothing"},
}
VALID = {"pipeline": PIPELINE, "profile": PROFILE, "project": PROJECT}

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 300), st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from(["", "x", "5s", "5s\n", "2Gi", "${x}", "a:b", "sum", "skip", "run", "true", "text", "local", "٣s"]),
    st.dates(),
)  # fmt: skip
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["path", "name", "run", "shell", "python", "type", "x", "range", "steps", "from"]),
            inner,
            max_size=2,
        )
    ),
    max_leaves=4,
)


class Written(NamedTuple):
    """A document without text: every place is the same."""

    data: Any
    text: str = ""
    path: str = "in.toml"

    def place(self, keys: Any, at: str = "value") -> Place:
        return Place(self.path, 1, 1, 2)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path]
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        found += places(inner, (*path, key))
    return found


def changed(value: Any, path: tuple[Any, ...], how: str, new: Any) -> Any:
    """A copy of `value`, changed at one path: a value replaced, a key dropped, renamed or added."""
    if not path:
        if how == "add" and isinstance(value, dict):
            return {**value, "tags" if isinstance(new, list) else "when": new}
        return new if how == "replace" else value
    key, *rest = path
    if isinstance(value, list):
        return [changed(item, tuple(rest), how, new) if n == key else item for n, item in enumerate(value)]
    if len(path) == 1 and how == "drop":
        return {name: item for name, item in value.items() if name != key}
    if len(path) == 1 and how == "rename":
        return {f"{name}s" if name == key else name: item for name, item in value.items()}
    return {name: changed(item, tuple(rest), how, new) if name == key else item for name, item in value.items()}


def test_the_valid_samples_are_valid() -> None:
    for kind, data in VALID.items():
        assert JUDGES[kind].is_valid(data), list(JUDGES[kind].iter_errors(data))
        assert GATES[kind](data)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_the_verdict_is_that_of_jsonschema(kind: str, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(places(VALID[kind])))
    mutant = changed(
        VALID[kind], path, data.draw(st.sampled_from(["replace", "drop", "rename", "add"])), data.draw(values)
    )
    verdict = JUDGES[kind].is_valid(mutant)
    assert GATES[kind](mutant) is verdict
    # what explains a no has something to say, and only then
    assert (not faults(shipped(kind), "#", mutant)) is verdict
    problems = explain(Written(mutant), kind, shipped(kind), None)  # type: ignore[arg-type]
    assert verdict or problems
    assert all(problem.message for problem in problems)


def test_the_gate_knows_every_word_that_the_schemas_use() -> None:
    for kind in KINDS:
        for name in shipped(kind)["definitions"]:
            compile_schema(find(shipped(kind), f"#/definitions/{name}"), lambda todo: True)


def test_a_word_that_it_does_not_know_is_no_silent_yes() -> None:
    with pytest.raises(NotImplementedError, match="uniqueItems"):
        gate({"uniqueItems": True})([1, 1])
    assert "uniqueItems" not in SILENT


def test_a_pattern_ends_at_the_end() -> None:
    accepts = gate({"type": "string", "pattern": "^[0-9]+$"})
    assert accepts("12")
    assert not accepts("12\n")
    assert python_pattern("a$") == r"(?a)a\Z"


def test_true_is_not_one() -> None:
    assert not gate({"enum": [1]})(True)
    assert not gate({"const": True})(1)
    assert not gate({"type": "integer"})(True)
    assert not gate({"type": "integer"})(1.0)


def test_steps_nested_50_000_deep_do_not_overflow() -> None:
    step: dict[str, Any] = {"shell": "true"}
    for _ in range(50_000):
        step = {"steps": {"inner": step}}
    assert GATES["pipeline"]({"steps": {"outer": step}})
    leaf = step
    while "steps" in leaf:
        leaf = leaf["steps"]["inner"]
    leaf["shel"] = 1
    assert not GATES["pipeline"]({"steps": {"outer": step}})
    while step:  # taken apart by hand: the interpreter would recurse to free it
        step = step.pop("steps", {}).pop("inner", {})


def test_10_000_steps_are_an_ordinary_file() -> None:
    steps = {f"s{n}": {"shell": "true", "needs": [f"s{n - 1}"] if n else []} for n in range(10_000)}
    assert GATES["pipeline"]({"steps": steps})
    steps["s9999"]["shell"] = 3  # type: ignore[assignment]
    assert not GATES["pipeline"]({"steps": steps})


def test_a_valid_file_costs_no_library() -> None:
    code = """
import sys
from pathlib import Path
from runner.model.check import check
class Doc: text = "x = 1"; path = "x.toml"; data = {"steps": {"a": {"shell": "true"}}}
assert check(Doc, "pipeline") == []
heavy = {"jsonschema", "attr", "attrs", "cattrs", "rpds", "referencing", "importlib.metadata", "runner.model.language",
         "runner.model.explain", "runner.plugins", "runner.text.positions", "runner_executors"}
found = sorted(heavy & set(sys.modules))
assert not found, found
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
