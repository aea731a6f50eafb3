"""A pipeline runs from its Workflow as it runs here: the phases of Argo's controller, its pods as processes (R9)."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from runner.agent.catalog import FileCatalog
from runner.agent.folder import Folder
from runner.run.blobs import json_blob
from runner.run.fold import fold, projection
from runner.run.records import read
from runner.testing.argo.controller import Controller
from runner.testing.argo.pods import Pods
from runner.testing.conformance import Executors
from runner.testing.project import Project
from runner.testing.shapes import Shape

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


class Went(NamedTuple):
    """phase: of the Workflow; run: as it is folded; started: the node of each pod; folder: with the logs of pods."""

    phase: str
    run: dict[str, Any]
    started: list[str]
    folder: Any


def workflow(
    made: Project, *words: str, uid: str = "uid-1", parent: str = "", env: dict[str, str] | None = None
) -> Went:
    """The Workflow of a project, run to its end. parent: the run that it goes on from."""
    shared = made.tmp / "claim"
    stores = (f"run-log.path={shared}/log", f"catalog.path={shared}/catalog", f"volumes.data.mount={shared}")
    given = (*stores, "executor.image=box:1", "secrets.secret=app")
    sets = [word for one in given for word in ("--set", one)]
    made.allow("tmp")
    text = made.cli("render", "pipeline.toml", "--profile", "std:argo", *sets, *words).ok().out
    manifest, *maps = yaml.load_all(text, Loader=yaml.CSafeLoader)
    manifest["spec"]["arguments"]["parameters"] = [{"name": "parent", "value": parent}]
    pods = Pods(made.tmp / uid, maps, made.root, made.environment(env))
    start = pods.start(manifest["spec"]["volumes"])
    phase = Controller(manifest, start, {"workflow.uid": uid, "workflow.name": f"x-{uid}"}).run()
    plan = json.loads(made.cli("plan", "pipeline.toml", "--profile", "std:argo", *sets, *words, "--json").ok().out)
    store = Folder.open(plan["profile"]["run-log"], str(made.root), uid)
    catalog = FileCatalog.open(plan["profile"]["catalog"], str(made.root))
    run = fold(plan, read(store, uid), blob=lambda sha: json_blob(catalog, sha))
    return Went(phase, run, pods.started, made.tmp / uid)


class TestArgo(Executors):
    test_what_steps_print_is_kept_and_what_takes_too_long_is_stopped = None

    def run(self, found: Project, shape: Shape) -> Any:
        went = workflow(found)
        assert went.phase == ("Failed" if shape.code else "Succeeded")
        assert went.run["status"] == ("failed" if shape.code else "succeeded")
        return went.run


@pytest.mark.parametrize("name", ["03-files", "05-choice", "06-failure", "11-movies"])
def test_an_example_runs_from_its_workflow(project: Callable[..., Project], name: str) -> None:
    """On the files that git would put into an image."""
    here, there = project(folder=name), project(folder=name)
    for made in (here, there):
        unwanted = shutil.ignore_patterns(".venv", ".runner", "made", "__pycache__")
        shutil.copytree(EXAMPLES / name, made.root, dirs_exist_ok=True, ignore=unwanted)
    wanted = here.cli("up", "pipeline.toml", "--isolate", "--json").ok().json()
    went = workflow(there)
    assert projection(went.run) == projection(wanted)
    assert went.phase == "Succeeded"


GOES_ON = """
name = "x"
[params]
names = ["p", "q"]
[steps.a]
params = []
shell = 'echo a >> "$LOG"; echo hi > a.txt; echo "n=2" >> "$RUNNER_RETURNS"'
outputs = ["a.txt"]
returns = ["n"]
[steps.m]
for-each = { name = "${names}" }
params = ["n"]
shell = 'echo "m-$RUNNER_PARAM_name" >> "$LOG"; test "$RUNNER_PARAM_name" != q || test -e "$GOOD"'
[steps.b]
needs = ["m"]
inputs = ["a.txt"]
params = ["n"]
shell = 'echo b >> "$LOG"; test "$(cat a.txt)$RUNNER_PARAM_n" = hi2'
[finally.f]
shell = 'echo "f $RUNNER_RUN_STATUS" >> "$LOG"'
"""


def test_r8_a_workflow_goes_on_from_another_and_does_nothing_twice(project: Callable[..., Project]) -> None:
    made = project({"pipeline.toml": GOES_ON})
    log, good = made.path("log"), made.path("good")
    env = {"LOG": str(log), "GOOD": str(good)}
    assert workflow(made, env=env).phase == "Failed"
    assert sorted(log.read_text().split("\n")[:-1]) == ["a", "f failed", "m-p", "m-q"]
    log.write_text("")
    good.touch()
    front = ("--param", 'names=["o", "p", "q"]')  # an item in front moves the others
    went = workflow(made, *front, uid="uid-2", parent="uid-1", env=env)
    assert went.phase == "Succeeded" and went.run["status"] == "succeeded"
    assert sorted(log.read_text().split("\n")[:-1]) == ["b", "f succeeded", "m-o", "m-q"]
    kept = [node["label"] for node in went.run["nodes"].values() for end in node["attempts"] if "adopted" in end]
    assert sorted(kept) == ["a", "m[name=p]"]


LATE = """
name = "x"
timeout = "2s"
[steps.a]
shell = "sleep 60"
[steps.b]
after = ["a"]
shell = "true"
[finally.bye]
shell = 'sleep 1; test "$RUNNER_RUN_STATUS" = failed'
"""


def test_n52_the_time_of_a_run_is_kept_by_its_pods(project: Callable[..., Project]) -> None:
    """Whoever submitted it may be gone; `[finally]` has its own time."""
    went = workflow(project({"pipeline.toml": LATE}))
    ends = {node["label"]: (node["status"], node["reason"]) for node in went.run["nodes"].values()}
    assert ends == {"a": ("failed", "timeout"), "b": ("failed", "timeout"), "bye!finally": ("succeeded", None)}


DECIDED = """
name = "x"
[params]
day = "${run.date}"
[steps.list]
shell = 'printf "p\\nq\\n" > list.txt; echo made > one.out; echo made > two.out; echo "k=2" >> "$RUNNER_RETURNS"'
outputs = ["list.txt", "*.out"]
returns = ["k"]
[steps.lines]
for-each = { line = { file = "list.txt" } }
shell = 'echo "n=$RUNNER_PARAM_line" >> "$RUNNER_RETURNS"'
returns = ["n"]
[steps.found]
for-each = { name = { glob = "*.out" }, twice = { range = 2 } }
batch = 3
shell = 'echo "n=$RUNNER_PARAM_name$RUNNER_PARAM_twice" >> "$RUNNER_RETURNS"'
returns = ["n"]
[steps.outer]
for-each = { i = { range = 2 } }
[steps.outer.steps.give]
shell = 'echo "l=[$RUNNER_PARAM_i,7]" >> "$RUNNER_RETURNS"'
returns = ["l"]
[steps.outer.steps.inner]
for-each = { j = "${l}" }
when = "j > 0"
shell = 'echo "n=$((RUNNER_PARAM_i + RUNNER_PARAM_j))" >> "$RUNNER_RETURNS"'
returns = ["n"]
[steps.outer.steps.pick]
choose = "i"
[steps.outer.steps.pick.cases.0]
shell = "true"
[steps.outer.steps.pick.default]
shell = "true"
[steps.today]
when = "day != ''"
shell = "true"
[steps.both]
when = "k == 2 and steps.lines.status == 'succeeded'"
after = ["lines"]
shell = "true"
[steps.rounds]
repeat = { until = "v == 2", max = 3, as = "r" }
returns = ["v"]
[steps.rounds.steps.step]
shell = 'echo "v=$RUNNER_PARAM_r" >> "$RUNNER_RETURNS"'
returns = ["v"]
"""


def test_decisions_are_made_by_pods_as_by_a_driver(project: Callable[..., Project]) -> None:
    """Items of files and of globs, nested lists, batches, conditions over dates and statuses, rounds of groups."""
    here = project({"pipeline.toml": DECIDED}).cli("up", "--isolate", "--json").ok().json()
    went = workflow(project({"pipeline.toml": DECIDED}))
    assert went.phase == "Succeeded"
    assert projection(went.run) == projection(here)
    assert sum(node.startswith("found-") for node in went.started) == 2, "four items in two pods"


ODD = "{{x}} {{=1}} {{workflow.uid}} }} \"q\" 's' $(y) `z` \\n \n# : ü\U0001f600"
LONG = "UPPER-" + "a" * 294


def test_texts_that_argo_or_a_shell_would_read_arrive_as_they_are(project: Callable[..., Project]) -> None:
    """In names, parameters, commands, variables, items, cases, returns, tags and descriptions."""
    said = json.dumps(ODD, ensure_ascii=False)
    text = f"""
        name = {said}
        description = {said}
        [params]
        p = {said}
        [steps.{LONG}]
        description = {said}
        tags = [{said}]
        command = ["printf", "%s", {said}]
        env = {{ E = {said} }}
        [steps.give]
        python = "give:give"
        returns = ["v"]
        [steps.UPPER_Behind]
        needs = ["{LONG}", "give"]
        when = "v == p and len('{{{{x}}}} }}}} $(y) ü') > 1"
        shell = 'test "$RUNNER_PARAM_v" = "$E"'
        params = ["v"]
        env = {{ E = {said} }}
        [steps.map]
        for-each = {{ i = [{said}, "UPPER", "{{{{item}}}}"], j = {{ range = 1 }} }}
        shell = 'printf "%s" "$RUNNER_PARAM_i" > out.txt; echo "n=$(wc -c < out.txt)" >> "$RUNNER_RETURNS"'
        returns = ["n"]
        reduce = {{ n = "sum" }}
        [steps.pick]
        choose = "v"
        [steps.pick.cases.{said}]
        shell = "true"
        [steps.pick.default]
        shell = "false"
    """
    files = {"pipeline.toml": text, "give.py": "def give(p):\n    return p\n"}
    here = project(files).cli("up", "--isolate", "--json").ok().json()
    went = workflow(project(files))
    assert went.phase == "Succeeded" and projection(went.run) == projection(here)
    assert sum(node["status"] == "succeeded" for node in went.run["nodes"].values()) > 7
