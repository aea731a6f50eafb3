"""Files of ours that somebody takes away or spoils: told in a sentence, never by a traceback."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import pytest

from runner.testing.project import Project

Make = Callable[..., Project]
VERBS = ["runs", "runs --json", "show @last", "show @last --json", "logs @last a", "plan pipeline.toml"]
PIPELINE = """
name = "x"
[steps.a]
shell = "BODY; echo words"
outputs = ["a.txt"]
[steps.b]
needs = ["a"]
shell = "echo b > b; exit 3"
[finally.f]
shell = "touch last"
"""


@pytest.mark.parametrize(("log", "code"), [("file-system", 1), ("chunked-fs", 4), ("buffered", 1)])
def test_a_step_that_removes_the_records(project: Make, log: str, code: int) -> None:
    made = project({"pipeline.toml": PIPELINE.replace("BODY", "rm -rf .runner; touch a.txt")})
    made.run("up", "pipeline.toml", "--set", f"run-log.type={log}").exits(code).silent("Traceback", "a fault of runner")
    assert made.exists("b") and made.exists("last")
    for verb in VERBS:
        assert made.cli(*verb.split()).code != 70, verb


@pytest.mark.parametrize("what", ["runs", "index.jsonl", "journal", "plans", "blobs", "logs", "torn", "garbage"])
def test_what_is_left_of_a_run_is_told(project: Make, what: str) -> None:
    made = project({"pipeline.toml": PIPELINE.replace("BODY", "touch a.txt")})
    made.run("up", "pipeline.toml").exits(1)
    home = made.path(".runner")
    if what in ("torn", "garbage"):
        for path in [home / "index.jsonl", *home.rglob("journal")]:
            data = path.read_bytes()
            path.write_bytes(data[: len(data) // 2] if what == "torn" else b"\x00\xff{]\n" * 9)
    for path in [*home.rglob(what)]:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    for verb in VERBS:
        outcome = made.cli(*verb.split())
        assert outcome.code in (0, 2, 3, 4) and "Traceback" not in outcome.err, (verb, outcome)
    made.run("up", "pipeline.toml").exits(1)
    made.cli("show", "@last").ok()


def test_a_project_that_can_not_be_written(project: Make) -> None:
    made = project({"pipeline.toml": PIPELINE.replace("BODY", "true"), ".runner": "a file"})
    made.run("up", "pipeline.toml").exits(4).silent("Traceback")
    assert not made.exists("b")
