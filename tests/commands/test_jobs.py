"""A job: a file with one step, through every verb; its step bears the file's name."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from runner.testing.project import Project

Make = Callable[..., Project]

JOB = """
name = "convert"
description = "Turn a table into JSON"

[params]
table = "table.csv"
limit = 10

[types]
limit = { type = "integer", minimum = 1 }

[job]
inputs = { table = "${table}" }
outputs = { rows = "rows.json" }
returns = ["count"]
retry = { attempts = 2 }
on-failure = "tell"
shell = '''
echo "reads $RUNNER_PARAM_table"
head -n "$RUNNER_PARAM_limit" "$RUNNER_PARAM_table" > "$RUNNER_PARAM_rows"
echo "count=$(wc -l < "$RUNNER_PARAM_rows")" >> "$RUNNER_RETURNS"
'''

[handlers.tell]
shell = 'echo "$RUNNER_FAILED_STEP failed"'

[finally.end]
shell = 'echo "over: $RUNNER_RUN_STATUS"'
"""


@pytest.fixture
def job(project: Make) -> Project:
    made: Project = project({"convert.toml": JOB, "table.csv": "a\nb\nc\n"})
    return made


def test_reading_verbs_show_its_one_step_by_name(job: Project) -> None:
    assert job.cli("check", "convert.toml").ok().out == "convert.toml: ok\n"
    job.cli("plan", "convert.toml").ok().says("convert", "if it fails, `tell`", "at the end")
    assert job.cli("graph", "convert.toml").ok().out.startswith("convert\n├─ convert\n")
    listed = job.cli("list", "convert.toml").ok()
    assert [line.split("  ")[0] for line in listed.out.splitlines()[:1]] == ["convert"]
    listed.says("Turn a table into JSON", "table.csv", "rows.json", "count")
    assert job.files() == ["convert.toml", "table.csv"]


@pytest.mark.parametrize("key", ["job.retry", "steps.convert.retry"])
def test_explain_takes_the_key_as_the_file_has_it(job: Project, key: str) -> None:
    said = job.cli("explain", "convert.toml", key).ok().out.split()
    assert said == ["steps.convert.retry.attempts", "2", "pipeline", "convert.toml:15"]
    row = json.loads(
        job.cli("explain", "convert.toml", "job.retry.attempts", "--set", f"{key}.attempts=5", "--json").out
    )
    assert (row[0]["value"], row[0]["layer"]) == (5, "--set")


def test_it_runs_is_shown_found_resumed_and_retried(job: Project) -> None:
    ended = job.cli("up", "convert.toml", "--name", "one", "--json", "--param", "limit=2").ok()
    assert ended.statuses() == {"convert": "succeeded", "end!finally": "succeeded"}
    assert ended.nodes()["convert"]["returns"]["count"]["json"] == 2
    job.cli("show", "one").ok().says("convert", "limit = 2")
    assert job.cli("logs", "one", "convert").ok().out == "reads table.csv\n"
    again = job.cli("up", "convert.toml", "--resume", "one").ok()
    again.says("kept from one")
    job.write({"table.csv": "a\n"})
    job.cli("up", "convert.toml", "--resume", "one", "--json").ok().silent("kept from")
    assert job.cli("retry", "one", "convert", "--json").ok().nodes()["convert"]["returns"]["count"]["json"] == 1


def test_it_fails_with_its_handler_and_goes_on(job: Project) -> None:
    job.write({"convert.toml": JOB.replace("'''\necho", "'''\ntest -e ready || exit 3\necho")})
    failed = job.cli("up", "convert.toml", "--name", "one", "--json").exits(1)
    assert failed.statuses() == {"convert": "failed", "convert!on-failure": "succeeded", "end!finally": "succeeded"}
    assert len(failed.nodes()["convert"]["attempts"]) == 2
    job.write({"ready": ""})
    assert job.cli("retry", "one", "--json").ok().statuses()["convert"] == "succeeded"


def test_a_job_without_a_name_has_that_of_its_file(project: Make) -> None:
    text = '[job]\nshell = ":"\n'
    made = project({"fit.toml": text, "two words.toml": text, "fold/pipeline.toml": text, "runner.toml": ""})
    for file, name in (("fit.toml", "fit"), ("two words.toml", "job"), ("fold/pipeline.toml", "fold")):
        assert list(made.cli("up", file, "--json").ok().statuses()) == [name]


def test_a_profile_and_types_hold_for_it(job: Project) -> None:
    job.write({"profiles/p.toml": "[steps.convert]\nretry = { attempts = 4 }\n[params]\nlimit = 0\n"})
    job.cli("up", "convert.toml", "--profile", "p").exits(3).says("profiles/p.toml:4", "0 is less than 1")
    job.cli("up", "convert.toml", "--param", "limit=no").exits(3).says("limit")
    job.write({"profiles/p.toml": "[steps.job]\nretry = { attempts = 4 }\n"})
    job.cli("check", "convert.toml", "--profile", "p").exits(3).says("profiles/p.toml:1", "convert")


def test_a_job_may_have_items_rounds_and_steps(project: Make) -> None:
    text = """
        name = "many"
        [job]
        for-each = { i = [1, 2] }
        returns = ["v"]
        reduce = { v = "sum" }
        [job.steps.a]
        repeat = { until = "v >= 2", max = 3, as = "k" }
        returns = ["v"]
        shell = 'echo "v=$((RUNNER_PARAM_i * RUNNER_PARAM_k))" >> "$RUNNER_RETURNS"'
        """
    ended = project({"many.toml": text}).cli("up", "many.toml", "--json").ok()
    assert ended.nodes()["many!reduce"]["returns"]["v"]["json"] == 4
    assert "many[i=1].a#2" in ended.statuses()
