"""Answers to the machine's questions, from values."""

from __future__ import annotations

from typing import Any

import pytest

from runner.rules.answers import answer, items, parameters
from runner.rules.bind import Failure, Values
from runner.testing.simulate import plan_of


def values(subject: Any = None, **done: Any) -> Values:
    plan = plan_of(
        {
            "a": {"when": [">", ["param", "x"], 2]},
            "c": {"cases": {"x": {}, "y": {}}, "default": {}},
            "d": {"cases": {"x": {}}},
            "m": {"each": {"stop_when": ["==", ["len", ["each", "m", 0, "r"]], 2]}},
            "l": {"loop": {"max": 3, "until": [">", ["return", "l", 1, "r"], 1]}},
        }
    )
    nodes = plan["nodes"]
    for id in ("c", "d"):
        nodes[id]["subject"] = subject
    nodes["c"]["cases"] = [["x", "c.x"], [3, "c.y"]]
    nodes["m"]["each"] = {"i": ["param", "list"]}
    records = {id: {key: _record(value) for key, value in found.items()} for id, found in done.items()}
    return Values(plan, {"x": 3, "list": ["p", "q"], "none": None}, {}, records, {})


def _record(value: Any) -> dict[str, Any]:
    return {"returns": {"r": {"kind": "json", "json": value}}}


def test_when_is_true_or_false_or_a_failure() -> None:
    assert answer(values(), "when", "a", ()) is True
    bad = values()
    bad.params["x"] = "three"
    assert isinstance(answer(bad, "when", "a", ()), Failure)


@pytest.mark.parametrize(("subject", "index"), [("x", 0), (3, 1), ("z", 2), (True, 2)])
def test_choose_gives_the_case_or_the_default(subject: Any, index: int) -> None:
    assert answer(values(subject), "choose", "c", ()) == index


def test_choose_without_a_default_names_what_stands_for_nothing() -> None:
    said = 'no case stands for "z", and there is no `default`'
    assert answer(values("z"), "choose", "d", ()) == ("bad-param", said, "choose")
    assert answer(values(["param", "none"]), "choose", "d", ())[1].startswith("no case stands for none")


def test_expand_counts_items_and_says_when_there_is_no_list() -> None:
    assert answer(values(), "expand", "m", ()) == 2
    bad = values()
    bad.params["list"] = 5
    assert isinstance(answer(bad, "expand", "m", ()), Failure)
    assert isinstance(items(bad, "m", ()), Failure)
    assert items(values(), "m", ()) == [{"i": "p"}, {"i": "q"}]


def test_n31_until_is_asked_of_a_round() -> None:
    known = values(l={(1,): 1, (2,): 5})
    assert answer(known, "until", "l", (1,)) is False
    assert answer(known, "until", "l", (2,)) is True


def test_parameters_may_use_the_facts_of_the_run() -> None:
    plan = {"params": {"day": ["text", ["d-", ["run", "date"]]], "n": 1, "no": ["run", "scheduled"]}}
    assert parameters(plan, {"date": "2026-01-01"}) == {"day": "d-2026-01-01", "n": 1, "no": None}
