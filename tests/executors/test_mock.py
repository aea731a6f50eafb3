"""The executor `mock`: what a pipeline comes to when its steps end so and so, without running them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from runner.testing.project import Project

Made = Callable[..., Project]
MOCK = "[executor]\ntype = 'mock'\n"
PIPELINE = """
name = "x"

[params]
least = 0.5

[steps.load]
shell = "touch RAN; echo gone > data.txt"
outputs = ["data.txt"]
secrets = ["PASSWORD"]
cache = true

[steps.train]
for-each = { place = ["north", "south"] }
inputs = ["data.txt"]
returns = ["score"]
tolerate = 1
retry = { attempts = 3, delay = "5m" }
command = ["touch", "RAN"]

[steps.weigh]
needs = ["load"]
returns = [{ name = "score", kind = "metric" }]
shell = "touch RAN"

[steps.publish]
when = "steps.weigh.score > least"
shell = "touch RAN"
on-failure = "clean"

[handlers.clean]
shell = "touch RAN"

[finally.tell]
shell = "touch RAN"
"""


def made(project: Made, patches: str = "", pipeline: str = PIPELINE) -> Project:
    return project({"pipeline.toml": pipeline, "data.txt": "mine", "profiles/mock.toml": MOCK + patches})


def up(found: Project, *words: str, code: int = 0) -> dict[str, str]:
    return found.cli("up", "--profile", "mock", "--json", *words).exits(code).statuses()


GOOD = "[executor.steps.weigh]\nreturns = { score = 0.9 }\n"


def test_every_step_succeeds_and_nothing_runs(project: Made) -> None:
    found = made(project, GOOD)
    before = found.files()
    ends = up(found)
    assert ends.pop("publish!on-failure", "skipped") == "skipped"
    assert set(ends.values()) == {"succeeded"}
    assert [path for path in found.files() if not path.startswith(".runner/")] == before
    assert found.read("data.txt") == "mine"


def test_a_condition_sees_what_a_patch_returns(project: Made) -> None:
    found = made(project, "[executor.steps.weigh]\nreturns = { score = 0.1 }\n")
    assert up(found)["publish"] == "skipped"
    assert up(found, "--set", "executor.steps.weigh.returns.score=0.7")["publish"] == "succeeded"


def test_a_return_that_nobody_patches_is_none_as_of_a_stub(project: Made) -> None:
    found = made(project)
    nodes = found.cli("up", "--profile", "mock", "--json").exits(1).nodes()
    assert nodes["weigh"]["returns"]["score"]["json"] is None
    assert nodes["publish"]["status"] == "errored"


def test_a_step_fails_with_the_exit_code_that_is_said(project: Made) -> None:
    found = made(project, GOOD + "[executor.steps.publish]\nexit = 3\n")
    nodes = found.cli("up", "--profile", "mock", "--json").exits(1).nodes()
    assert (nodes["publish"]["status"], nodes["publish"]["reason"]) == ("failed", "exit")
    assert nodes["publish"]["attempts"][0]["exit"] == 3
    assert nodes["publish!on-failure"]["status"] == nodes["tell!finally"]["status"] == "succeeded"


def test_what_needs_a_step_that_failed_is_blocked(project: Made) -> None:
    found = made(project, "[executor.steps.load]\nstatus = 'errored'\n")
    found.cli("up", "--profile", "mock").exits(1).silent("--resume")
    ends = up(found, code=1)
    assert (ends["load"], ends["weigh"], ends["publish"]) == ("errored", "blocked", "blocked")


def test_an_item_fails_by_its_label_and_attempts_are_counted_without_their_delay(project: Made) -> None:
    south = "[executor.steps.'train[place=south]']\nstatus = 'failed'\n"
    nodes = made(project, GOOD + south).cli("up", "--profile", "mock", "--json").ok().nodes()
    assert [len(nodes[f"train[place={place}]"]["attempts"]) for place in ("north", "south")] == [1, 3]
    assert nodes["train"]["status"] == "succeeded"  # one is tolerated
    twice = "[executor.steps.train]\nexit = 1\ntimes = 2\nreturns = { score = 1 }\n"
    nodes = made(project, GOOD + twice).cli("up", "--profile", "mock", "--json").ok().nodes()
    assert [end["status"] for end in nodes["train[place=north]"]["attempts"]] == ["failed", "failed", "succeeded"]


def test_patterns_of_later_steps_find_the_outputs_of_a_patch(project: Made) -> None:
    text = """
name = "x"
[steps.split]
shell = "false"
outputs = ["parts/*.csv"]
[steps.count]
for-each = { part = { glob = "parts/*.csv" } }
shell = "false"
returns = ["n"]
reduce = { n = "sum" }
[steps.tell]
command = ["echo", "${n}"]
"""
    patch = "[executor.steps.split]\noutputs = ['parts/a.csv', 'parts/b.csv']\n"
    found = made(project, patch, text)
    ends = up(found)
    assert {"count[part=a]", "count[part=b]"} < set(ends)
    assert not found.exists("parts")
    assert found.cli("catalog", "ls").ok().out == ""


def test_mock_of_another_profile_asks_for_no_secret_and_drops_its_settings(project: Made) -> None:
    found = made(project)
    found.write(
        {"profiles/big.toml": "[executor]\ntype = 'local'\ncpu = 1\n[secrets]\ntype = 'file'\npath = '/none'\n"}
    )
    said = found.cli("up", "--profile", "big", "--mock", "--set", "executor.steps.weigh.returns.score=1").ok()
    said.says("warning[W703]: this run is a mock: no command runs, and no file is made")
    assert not found.exists("RAN")


def test_nothing_goes_on_from_a_mock(project: Made) -> None:
    text = "name = 'x'\n[steps.a]\nshell = 'echo a >> log'\n[steps.b]\nneeds = ['a']\nshell = 'test -e ok'\n"
    found = made(project, pipeline=text)
    found.cli("up").exits(1)
    found.cli("up", "--mock", "--name", "pretty").ok()
    found.cli("runs").ok().says("succeeded (mock)")
    found.write({"ok": ""})
    found.cli("up", "--resume", "pretty").exits(2).says("E939", "`pretty` was a mock")
    found.cli("retry", "pretty", "a").exits(2).says("E939")
    found.cli("up", "--mock", "--resume").exits(2).says("E940")
    found.cli("up", "--resume").ok()
    assert found.read("log") == "a\n"


def test_steps_that_are_not_selected_have_done_nothing_in_a_mock(project: Made) -> None:
    text = "name = 'x'\n[steps.a]\nshell = 'true'\n[steps.b]\nneeds = ['a']\nshell = 'true'\n"
    found = made(project, pipeline=text)
    found.cli("up", "--mock").ok()
    found.cli("up", "--only", "b").exits(2).says("E925")


def test_a_mock_neither_feeds_nor_takes_from_the_cache(project: Made) -> None:
    text = "name = 'x'\n[steps.a]\ncache = true\ninputs = ['data.txt']\nshell = 'cp data.txt out'\noutputs = ['out']\n"
    found = made(project, pipeline=text)
    found.cli("up", "--mock").ok()
    assert up_local(found)["a"] == "succeeded"
    found.path("out").unlink()
    assert up(found)["a"] == "succeeded" and not found.exists("out")
    assert up_local(found)["a"] == "cached"


def up_local(found: Project) -> dict[str, Any]:
    return found.cli("up", "--json").ok().statuses()


def test_a_mock_holds_no_path_that_a_run_writes(project: Made) -> None:
    text = "name = 'x'\n[steps.a]\nshell = 'while ! test -e go; do sleep 0.01; done; touch out'\noutputs = ['out']\n"
    found = made(project, pipeline=text)
    running = found.popen("up")
    while not found.files(".runner/locks/*"):
        assert running.poll() is None
    found.cli("up", "--mock").ok()
    found.write({"go": ""})
    assert running.wait(timeout=60) == 0


def test_the_shipped_profile_is_a_mock(project: Made) -> None:
    found = made(project, pipeline="name = 'x'\n[steps.a]\nshell = 'exit 1'\n")
    found.cli("up", "--profile", "std:mock").ok().says("W703")


def test_a_profile_with_an_image_a_volume_and_a_schedule_can_be_mocked(project: Made) -> None:
    found = made(project, pipeline="name = 'x'\n[steps.a]\nshell = 'true'\n")
    more = "[build]\nbase = 'python:3.12-slim'\n[volumes.data]\nmount = '/mnt'\n[schedule]\ncron = '0 3 * * *'\n"
    found.write({"profiles/nightly.toml": "[executor]\ntype = 'docker'\n" + more})
    found.cli("up", "--profile", "nightly", "--mock").ok().silent("W611")
