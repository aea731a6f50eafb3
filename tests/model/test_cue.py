"""The definitions of CUE refuse what the gate refuses, and take what it takes: asked of the real program."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from runner.model.cue import text
from runner.model.data import read, schema
from runner.model.gate import gate

TOP = Path(__file__).resolve().parent.parent.parent
KINDS = ("pipeline", "included", "profile", "project")
real = pytest.mark.skipif(shutil.which("cue") is None, reason="there is no `cue` here")


def vet(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["cue", "vet", "-c", *words], cwd=folder, capture_output=True, text=True, check=False)


def tables() -> dict[str, Any]:
    """What all of our files say, right and wrong ones, by the path of the first that says it."""
    found: dict[str, str] = {}
    for path in sorted(TOP.glob("**/*.toml")):
        try:
            said = json.dumps(tomllib.loads(path.read_text("utf-8")), default=str)
        except (ValueError, RecursionError):
            continue
        if not re.search("NaN|Infinity", said) and not {".venv", ".ci", ".runner"} & {*path.parts}:
            found.setdefault(said, str(path.relative_to(TOP)))
    return {path: json.loads(said) for said, path in found.items()}


@real
def test_cue_vet_finds_what_check_finds_of_the_structure(tmp_path: Path) -> None:
    data = tables()
    gates = {kind: gate(schema(kind)) for kind in KINDS}
    cases = [(path, kind) for path in data for kind in KINDS]
    refused: set[int] = set()
    while True:  # what is missing is told once nothing is wrong
        left = [
            f"c{number:05}: #{kind.capitalize()} & {json.dumps(data[path])}\n"
            for number, (path, kind) in enumerate(cases)
            if number not in refused
        ]
        (tmp_path / "all.cue").write_text(read("schema", "runner.cue") + "".join(left), encoding="utf-8")
        said = vet(tmp_path, "--all-errors", "all.cue")
        more = {int(found) for found in re.findall(r"^c(\d{5})\b", said.stderr, re.MULTILINE)}
        assert more or said.returncode == 0, said.stderr[:2000]
        if not more:
            break
        refused |= more
    verdicts = {case: (number in refused) for number, case in enumerate(cases)}
    assert {case for case, no in verdicts.items() if no == gates[case[1]](data[case[0]])} == set()
    assert len(refused) > 200 and len(cases) - len(refused) > 200


@real
@pytest.mark.parametrize(
    ("step", "says"),
    [
        ('shell = "x"\ntimeot = "3s"', "steps.a.timeot: field not allowed"),
        ('shell = "x"\ntimeout = 3', "steps.a.timeout: conflicting values"),
        ('shell = "x"\ncommand = ["y"]', "steps.a.shell: not with `command`"),
        ('when = "x"', 'steps.a."one of shell, command'),
        ('choose = "x"', "steps.a.cases: field is required"),
    ],
)
def test_a_mistake_is_named_with_its_key(tmp_path: Path, step: str, says: str) -> None:
    (tmp_path / "p.toml").write_text(f"[steps.a]\n{step}\n", encoding="utf-8")
    (tmp_path / "runner.cue").write_text(read("schema", "runner.cue"), encoding="utf-8")
    assert says in vet(tmp_path, "p.toml", "runner.cue", "-d", "#Pipeline").stderr


def test_every_table_is_a_definition_and_every_reference_leads_to_one() -> None:
    """Without the program: also of a schema with settings that take anything."""
    made = text({kind: schema(kind) for kind in KINDS})
    defined = re.findall(r"^(#\w+): ", made, re.MULTILINE)
    assert len(defined) == len(set(defined))
    assert set(re.findall(r"#[A-Z]\w*", re.sub("(?m)//.*", "", made))) == set(defined)
    opened = {"type": "object", "properties": {"x": {"type": "number", "minimum": 0}}, "additionalProperties": True}
    assert text({"some-table": {**opened, "definitions": {}}}).endswith(
        "\n#SomeTable: {\n\tx?: number & >=0\n\t...\n}\n"
    )
