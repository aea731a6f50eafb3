"""The schemas of what `--json` prints: plans and runs are what they say, and they say all that is in them."""

from __future__ import annotations

import json
from collections.abc import Callable

import jsonschema
import pytest

from runner.model.data import schema
from runner.model.results import PLAN, RUN, tables
from runner.testing.project import Project
from runner.testing.promised import promised


@pytest.mark.parametrize("kind", ["plan", "run"])
def test_they_are_draft_07_and_leave_room_for_what_later_versions_say(kind: str) -> None:
    jsonschema.Draft7Validator.check_schema(schema(kind))
    assert not [name for name, table in schema(kind)["definitions"].items() if "additionalProperties" in table]


@pytest.mark.parametrize("text", [RUN, PLAN])
def test_every_table_is_spoken_of(text: str) -> None:
    found = tables(text)
    names = {line.split("/")[2] for line in json.dumps(found).split('"') if line.startswith("#/definitions/")}
    assert names == set(list(found)[1:])


def test_a_fault_is_found() -> None:
    node = {"path": "a", "label": "a", "status": "succeeded", "class": "ok", "reason": None, "handled": None}
    node |= {"attempts": [], "returns": {}, "files": [], "params_in": {}, "start": None, "end": None}
    run = {"run": "r", "name": "n", "plan": "p", "status": None, "start": 1.0, "end": None, "params": {}}
    promised("run", {**run, "nodes": {"a -": node}})
    for wrong in ({**node, "status": "fine"}, {**node, "more": 1}, {**node, "attempts": [{"n": 1}]}):
        with pytest.raises(AssertionError, match="run.json: nodes/a -"):
            promised("run", {**run, "nodes": {"a -": wrong}})


def test_it_is_printed_for_whoever_wants_to_check_more(project: Callable[..., Project]) -> None:
    assert project({}).cli("schema", "--print", "run").ok().json() == schema("run")
