"""End records written by hand are the very bytes of those that are encoded."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from runner.rules.keys import dumps
from runner.run import ends
from runner.testing.project import Project

PLAIN: dict[str, Any] = {
    "v": 1,
    "node": "group.a",
    "id": "group-a-0123abcd",
    "key": "-",
    "n": 1,
    "attempt": "01M8D5A1TADRMGEY7KA7C2KDQ5",
    "run": "01m8d5a1tadrmgey7ka7c2kdq5",
    "status": "succeeded",
    "exit": 0,
    "signal": None,
    "reason": None,
    "error": None,
    "start": 1795737600.1234567,
    "end": 1795737600.2,
    "run_s": 7.6e-05,
    "user_s": 0.0,
    "sys_s": 0.001,
    "max_rss": 1769472,
    "pid": 4242,
    "params_in": {},
    "returns": {},
    "files": [],
    "definition": "88f3",
    "inputs": "77aa",
    "via": "fresh",
    "log": {"bytes": 0, "truncated": False},
    "warnings": [],
}
OTHERS: list[dict[str, Any]] = [
    {},
    {"log": {"bytes": 12, "truncated": True}, "n": 3, "key": "0.12"},
    {"node": 'odd "name" \\ \x07'},
    {"node": "größe"},
    {"node": "lone \udc80"},
    {"returns": {"x": {"kind": "json", "json": 1}}},
    {"params_in": {"a": [1]}},
    {"files": [{"path": "a"}]},
    {"warnings": ["w"]},
    {"status": "failed", "exit": 1, "reason": "exit", "error": {"type": "exit"}},
    {"status": "cached"},
    {"item": {"a": 1}},
    {"code": {"digest": "d"}},
    {"pid": None, "exit": None},
]


@pytest.mark.parametrize("more", OTHERS, ids=str)
def test_the_text_is_that_of_the_encoder(more: dict[str, Any]) -> None:
    assert ends.text_of({**PLAIN, **more}) == dumps({**PLAIN, **more})


def test_a_field_that_is_not_known_or_missing_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    without = {name: value for name, value in PLAIN.items() if name != "via"}
    for end in ({**PLAIN, "new": 1}, without):
        assert json.loads(ends.text_of(end)) == end


def test_the_step_that_does_nothing_has_such_an_end(
    project: Callable[..., Project], monkeypatch: pytest.MonkeyPatch
) -> None:
    encoded: list[Any] = []
    monkeypatch.setattr(ends, "dumps", lambda end: encoded.append(end) or dumps(end))
    made = project({"pipeline.toml": 'name = "x"\n[steps.a]\nshell = "true"\n[steps.b]\nshell = "exit 0"\n'})
    made.cli("up", "pipeline.toml").ok()
    assert encoded == []
