"""`Queue`: an executor of three methods. Jobs are processes of this machine, which has two names for the storage."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runner.testing.project import Outcome, Project

HERE = """
import os, signal, subprocess, sys
from pathlib import Path
from runner.run.queue import Queue

class Here(Queue):
    interval, lag = 0.02, 0.0

    def submit(self, job):
        self.fail("submit")
        self.note(Path(job.root, "jobs.txt"), f"{job.name} {job.resources} {job.labels['step']}")
        self.jobs = getattr(self, "jobs", {})
        process = subprocess.Popen(["sh", "-c", 'exec "$0" "$@"', *job.argv], cwd=job.root, start_new_session=True)
        self.jobs[str(process.pid)] = process
        return str(process.pid)

    def ended(self, ids):
        self.fail("ended")
        return {id: "over" for id in ids if self.jobs[id].poll() is not None}

    def cancel(self, id):
        if self.jobs[id].poll() is None:
            os.killpg(int(id), signal.SIGTERM)
            self.jobs[id].wait()
        self.fail("cancel")

    def after(self, record):
        self.fail("after")
        self.note(Path(self.here, "after.txt"), record["node"])

    def note(self, path, text):
        path.write_text((path.read_text() if path.exists() else "") + text + "\\n")

    def fail(self, name):
        if self.environ.get("BREAK") == name:
            raise RuntimeError("no licence")
"""
FLAVOR = """
from runner.plugins import Flavor
FLAVOR = Flavor("here", None, "queue_here_sdk:Here", reach=("step",), more=("volumes",))
"""
PROFILE = """
[executor]
type = "here"
[volumes.v]
mount = "{root}/there"
here = "{root}/storage"
[run-log]
type = "chunked-fs"
path = "{root}/there/log"
[catalog]
type = "file-system"
path = "{root}/there/blobs"
"""
PIPELINE = """
name = "x"
[steps.a]
resources = { cpu = 2, memory = "1Gi" }
shell = "echo 1 > a.txt; echo n=3 >> $RUNNER_RETURNS"
outputs = ["a.txt"]
returns = ["n"]
[steps.b]
when = "n == 3"
inputs = ["a.txt"]
shell = 'cat a.txt; test "$RUNNER_PARAM_n" = 3; sleep "$SLEEP"'
env = { SLEEP = "${env.SLEEP:-0}" }
params = ["n"]
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, project: Callable[..., Project]) -> Iterator[Project]:
    (tmp_path / "queue_here.py").write_text(FLAVOR)
    (tmp_path / "queue_here_sdk.py").write_text(HERE)
    monkeypatch.syspath_prepend(tmp_path)
    found = project(
        {"pipeline.toml": PIPELINE, "runner.toml": '[plugins]\nexecutors = { here = "queue_here:FLAVOR" }\n'}
    )
    found.write({"here.toml": PROFILE.replace("{root}", str(found.root))})
    found.path("storage").mkdir()
    found.path("there").symlink_to("storage")
    yield found


def up(found: Project, *words: str, **env: str) -> Outcome:
    return found.cli("up", "--profile", "here", *words, env=env)


def test_jobs_do_what_steps_say_and_their_ends_come_from_the_storage(here: Project) -> None:
    run = up(here, "--json").ok().json()
    assert {node["label"]: node["status"] for node in run["nodes"].values()} == {"a": "succeeded", "b": "succeeded"}
    assert here.cli("logs", "@last", "b").ok().out == "1\n"
    jobs = here.read("jobs.txt").splitlines()
    assert [job.split()[-1] for job in jobs] == ["a", "b"] and "'cpu': 2" in jobs[0]
    assert here.read("storage/log/after.txt") == "a\nb\n"
    (record,) = here.files(f"storage/log/runs/{run['run']}/n/a-*/-.done.json")
    assert json.loads(here.read(record))["returns"]["n"]["json"] == 3


@pytest.mark.parametrize("method", ["submit", "ended", "after"])
def test_what_a_method_raises_is_told_by_its_name(here: Project, method: str) -> None:
    up(here, BREAK=method).exits(5).says("E806", "the executor `here` of runner.toml", f"`{method}`: RuntimeError")
    assert set(here.cli("show", "@last", "--json").ok().statuses()) == {"a", "b"}


def test_a_run_that_ran_out_of_time_cancels_its_jobs(here: Project) -> None:
    here.write({"pipeline.toml": "timeout = '1s'\n" + PIPELINE})
    here.allow("tmp")  # an agent that is ended while it starts leaves its folder
    assert up(here, "--json", SLEEP="60").exits(124).statuses()["b"] in ("cancelled", "failed", "blocked")
    up(here, SLEEP="60", BREAK="cancel").exits(5).says("E806", "`cancel`: RuntimeError")
    here.cli("show", "@last").ok()


def test_a_run_goes_on_from_what_is_on_the_storage(here: Project) -> None:
    here.write({"pipeline.toml": PIPELINE.replace("= 3;", "= 3; test -e goes;")})
    up(here).exits(1)
    here.write({"goes": ""})
    here.path("jobs.txt").unlink()
    assert up(here, "--resume", "--json").ok().nodes()["a"]["attempts"][-1]["adopted"]
    assert [line.split()[-1] for line in here.read("jobs.txt").splitlines()] == ["b"]
