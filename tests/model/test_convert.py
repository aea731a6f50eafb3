"""The strict converter is the oracle: classes, schema and gate agree on what a table may hold."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import given, settings, strategies as st

from runner.model.convert import Mismatch, structure
from runner.model.data import schema as shipped
from runner.model.faults import strict_validator
from runner.model.forms import FixedDuration, Text, key
from runner.model.gate import gate
from runner.model.language import KINDS, Step

WHOLE = shipped("pipeline")
STEP = {**WHOLE["definitions"]["Step"], "definitions": WHOLE["definitions"]}
BARE = {word: told for word, told in WHOLE["definitions"]["Step"].items() if word not in ("if", "then")}
FREE = {**BARE, "definitions": {**WHOLE["definitions"], "Step": BARE}}  # the rules between keys are the schema's own
ACCEPTS = gate(FREE)
JUDGE = strict_validator(FREE)
KEYS = list(STEP["properties"])
TABLES = [
    "path",
    "name",
    "run",
    "attempts",
    "delay",
    "cpu",
    "memory",
    "range",
    "glob",
    "until",
    "max",
    "image",
    "type",
    "file",
    "x",
]

scalars = st.one_of(
    st.booleans(), st.integers(-2, 300), st.floats(-2, 300),
    st.sampled_from(["", "a", "1x", "5s", "1h30m", "5m5h", "2Gi", "2m", "${x}", "${}", "m:f", "m.f", "sum",
    "run", "conda", "skip"]),
)  # fmt: skip
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(TABLES), inner, max_size=2),
    max_leaves=5,
)
likely = {
    "retry": st.dictionaries(st.sampled_from(["attempts", "delay", "factor", "max-delay", "on", "x"]), values,
    max_size=3),
    "resources": st.dictionaries(st.sampled_from(["cpu", "memory", "gpu", "gpu-type", "y"]), scalars, max_size=3),
    "timeout": scalars, "python": scalars, "tolerate": scalars, "max-parallel": scalars, "isolate": scalars,
    "returns": st.lists(scalars | st.dictionaries(st.sampled_from(["name", "kind", "type", "from"]), scalars,
    max_size=3), max_size=2),
}  # fmt: skip
steps = st.lists(st.sampled_from(KEYS), max_size=3, unique=True).flatmap(
    lambda names: st.fixed_dictionaries({name: likely.get(name, values) for name in names})
)


def oracle(table: Any) -> bool:
    try:
        structure(table, Step)
    except Mismatch:
        return False
    return True


@settings(max_examples=500, deadline=None)
@given(steps)
def test_schema_gate_and_classes_agree(table: dict[str, Any]) -> None:
    assert oracle(table) is JUDGE.is_valid(table) is ACCEPTS(table)


@pytest.mark.parametrize("name", KEYS)
def test_every_key_has_a_value_that_all_accept(name: str) -> None:
    samples: list[Any] = [
        "a", "5s", "m:f", ["a"], True, 2, {"a": "b"}, {"image": "x"}, {"a": {"shell": "x"}}, {"run": "x"}, {"a": [1]},
        {"until": "x", "max": 2}, {"attempts": 2}, {"cpu": 1}, {"shell": "x"}, {"a": "sum"},
    ]  # fmt: skip
    good = [sample for sample in samples if oracle({name: sample})]
    assert good
    assert [sample for sample in samples if ACCEPTS({name: sample})] == good


@pytest.mark.parametrize("kind", KINDS)
def test_a_step_has_exactly_one_kind(kind: str) -> None:
    value = STEP["properties"][kind]
    sample: Any = {
        "command": ["x"], "container": {"image": "x"}, "steps": {"a": {"stub": True}}, "stub": True, "python": "m:f",
    }.get(kind, "x")  # fmt: skip
    step = {kind: sample, **({"cases": {"x": {"stub": True}}} if kind == "choose" else {})}
    accepts = gate(STEP)
    assert value
    assert accepts(step)
    other = {"shell": "x"} if kind != "shell" else {"python": "m:f"}
    assert not accepts({**step, **other})
    assert not accepts({"needs": ["a"]})
    assert accepts({"needs": ["a"], "extends": "template"})


def test_settings_are_taken_strictly() -> None:
    @attrs.frozen(kw_only=True)
    class Settings:
        """Settings of a plug-in."""

        queue_name: Text = key("Where jobs wait.", required=True)
        grace: FixedDuration | None = key("How long.")
        from_: int | None = key("A number.")

    made = structure({"queue-name": "a", "grace": "5s", "from": 3}, Settings)
    assert made == Settings(queue_name="a", grace="5s", from_=3)
    for bad in (
        {},
        {"queue-name": 3},
        {"queue-name": "a", "grace": 5},
        {"queue-name": "a", "from": "3"},
        {"queue_name": "a"},
        [],
    ):
        with pytest.raises(Mismatch):
            structure(bad, Settings)
