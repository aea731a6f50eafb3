"""What `--json` prints is what schema/answers.json says, of every command that has it."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

from runner.reference.answers import ANSWERS
from runner.reference.cli import verbs
from runner.testing.project import Project

TOP = Path(__file__).resolve().parent.parent
PAGE = (TOP / "docs" / "features.md").read_text("utf-8")
FILES = re.findall(r"^```toml\n# (\S+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
WORDS = {"show RUN STEP": "show @last tell", "explain CODE": "explain E250", "catalog diff": "catalog diff @last @last"}
WORDS |= {"render": "render --profile argo", "logs": "logs @last look"}
WORDS |= {"diff": "diff @last @last"}
LINES = {"logs"}  # one JSON a line
OTHERS = {"build", "fmt", "set", "add"}  # one needs an engine; what the others print is for themselves
OTHERS |= {"up", "retry", "show", "plan"}  # runs and plans have schemas of their own


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    made = Project(tmp_path_factory.mktemp("answers"), dict(FILES)).allow("tmp")
    for _ in range(2):
        made.cli("up").ok()
    made.write({"wrong.toml": "[steps.a]\nneeds = ['b']\nshell = 'true'\n"})
    yield made
    made.close()


@pytest.mark.parametrize("command", ANSWERS)
def test_an_answer_is_as_the_schema_says(found: Project, command: str) -> None:
    schema = json.loads((TOP / "schema" / "answers.json").read_text("utf-8"))["definitions"][command]
    words = shlex.split(WORDS.get(command, command))
    out = found.cli(*words, "--json").ok().out
    for answer in out.splitlines() if command in LINES else [out]:
        jsonschema.validate(json.loads(answer), schema)
    assert out


def test_a_mistake_is_as_the_schema_says(found: Project) -> None:
    told = found.cli("check", "wrong.toml", "--json").exits(3).json()
    jsonschema.validate(told, ANSWERS["check"])
    assert [one["place"]["line"] for one in told] == [2]


def test_every_command_that_prints_json_has_a_schema() -> None:
    having = {verb for verb, _, options in verbs() if any("--json" in flags for flags, _ in options)}
    assert having - OTHERS - ANSWERS.keys() == set()
