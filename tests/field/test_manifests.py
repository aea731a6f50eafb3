"""Reported in the field: what manifests say that a cluster takes in another way. Nothing here needs a cluster."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from runner.testing.argo.expressions import evaluate
from runner.testing.project import Outcome, Project
from runner_executors.kubernetes_job import job
from runner_executors.kubernetes_pod import Maps

Make = Callable[..., Project]
Table = dict[str, Any]
ARGO = ("--profile", "std:argo", "--set", "executor.image=box:1")
MEBIBYTE = 1 << 20


def documents(made: Project, *words: str) -> list[Table]:
    """What `render` prints."""
    out = made.cli("render", *ARGO, *words).ok().out
    return list(yaml.load_all(out, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))


@pytest.mark.parametrize(
    ("status", "code", "again"),
    [("Failed", "255", True), ("Failed", "64", True), ("Failed", "-1", True), ("Error", "", True),
     ("Failed", "137", True), ("Failed", "78", False)],
)  # fmt: skip
def test_field_c2_failed_without_a_code(project: Make, status: str, code: str, again: bool) -> None:
    """The place's failures come in many forms, so one code alone is known: that nothing may be tried again."""
    text = "name = 'x'\n[steps.a]\nshell = 'true'\nretry = { attempts = 3, on = [3] }\n"
    workflow, *_ = documents(project({"pipeline.toml": text}))
    retry = max((one.get("retryStrategy", {"limit": "0"}) for one in workflow["spec"]["templates"]), key=str)
    assert retry["limit"] == "5"
    assert retry["retryPolicy"] == "Always"
    text = retry["expression"].replace("asInt(lastRetry.exitCode) != 78", "final == 'no'")
    seen = {"lastRetry.status": status, "final": "yes" if code == "78" else "no"}
    assert evaluate(text, seen.get) == ("true" if again else "false")


def test_field_c10_dollars_in_args(project: Make) -> None:
    """Nothing that a pipeline says stands where the kubelet or Argo would fill it in; what a profile says of the
    agent's environment is escaped."""
    text = """
        name = "dollars"
        [steps.a]
        command = ["echo", "$$A $(HOME) $$(HOME) {{workflow.name}}"]
        env = { X = "p$$w $(PATH) {{item}}" }
        """
    workflow, *_ = documents(project({"pipeline.toml": text}), "--set", "executor.env.E='p$$w $(PATH)'")
    said = json.dumps(workflow)
    assert "$$A" not in said and 'workflow.name}}\\"' not in said and "{{item}}" not in said
    env = [one for template in workflow["spec"]["templates"] for one in template.get("container", {}).get("env", ())]
    assert {"name": "E", "value": "p$$$$w $$(PATH)"} in env, "a kubelet makes one of two"


def test_field_c10_dollars_in_args_of_an_image_as_it_is(project: Make) -> None:
    text = """
        name = "dollars"
        [steps.a.container]
        image = "busybox:1.36"
        command = ["sh", "-c", "echo $0"]
        args = ["$$A $(HOME) {{workflow.name}}"]
        """
    made = project({"pipeline.toml": text})
    workflow, *_ = documents(made)
    (leaf,) = [one for one in workflow["spec"]["templates"] if "initContainers" in one]
    (init,) = leaf["initContainers"]
    assert (init["image"], init["args"], leaf["container"]["image"]) == (
        "box:1", ["carry", "/runner/box/python"], "busybox:1.36",
    )  # fmt: skip
    assert "$$A" not in json.dumps(workflow) and leaf["container"]["command"][-1] == "/runner/agent.pyz"
    assert leaf["container"]["workingDir"] == "/", "what the image has there is no project"
    made.write({"pipeline.toml": text.partition("        command")[0]})
    made.cli("check", *ARGO).exits(3).says("E616", "can't start what the image does by itself", "as `command`")


def test_field_c14_plan_over_a_megabyte(project: Make) -> None:
    """Never a document that the API refuses."""
    import random

    dice = random.Random(1)
    values = ", ".join(f'"{dice.randbytes(20).hex()}"' for _ in range(40_000))
    text = f"name = 'x'\n[params]\nxs = [{values}]\n[steps.a]\nfor-each = {{ x = '${{xs}}' }}\nshell = 'true'\n"
    made = project({"pipeline.toml": text})
    made.cli("render", *ARGO, "-o", "out").ok()
    assert len(made.read("out/workflow.yaml")) < MEBIBYTE
    maps = list(yaml.load_all(made.read("out/configmaps.yaml"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    for one in maps:
        assert sum(len(b64decode(data)) for data in one["binaryData"].values()) <= MEBIBYTE
        assert len(json.dumps(one)) < 1_400_000
    pieces = [one["metadata"]["name"] for one in maps if "-plan-" in one["metadata"]["name"]]
    workflow = yaml.safe_load(made.read("out/workflow.yaml"))
    (plan,) = [one["projected"]["sources"] for one in workflow["spec"]["volumes"] if one["name"] == "plan"]
    assert len(pieces) > 1 and [one["configMap"]["name"] for one in plan] == pieces


@pytest.mark.parametrize(
    ("said", "hint"),
    [('memory = "512m"', '"512Mi"'), ('memory = "10g"', '"10G"'), ('memory = "1200mi"', '"1200Mi"'),
     ('memory = "512 MiB"', '"512Mi"'), ('memory = "4096"', "k M G T Ki Mi Gi Ti"), ('memory = "1.5Gi"', '"1536Mi"'),
     ('cpu = "500m"', "`cpu = 0.5`"), ("cpu = 0", "more than 0")],
)  # fmt: skip
def test_field_c15_milli_memory(project: Make, said: str, hint: str) -> None:
    made = project({"pipeline.toml": f"name = 'x'\n[steps.a]\nshell = 'true'\nresources = {{ {said} }}\n"})
    made.cli("check").exits(3).says(hint, f"pipeline.toml:4:{len('resources = { ') + said.index('=') + 3}")


def test_field_c15_milli_memory_as_pods_ask_for_it(project: Make) -> None:
    """Whole millicores, rounded up; bytes as a whole number."""
    steps = {"a": "cpu = 0.3333333", "b": "cpu = 0.30000000000000004", "c": 'memory = "2Gi"'}
    text = "".join(f"[steps.{name}]\nshell = 'true'\nresources = {{ {said} }}\n" for name, said in steps.items())
    workflow, *_ = documents(project({"pipeline.toml": "name = 'x'\n" + text}))
    asked = [one["container"].get("resources") for one in workflow["spec"]["templates"] if "container" in one]
    assert {"requests": {"cpu": "334m"}} in asked and {"requests": {"cpu": "300m"}} in asked
    assert {"requests": {"memory": str(2 << 30)}, "limits": {"memory": str(2 << 30)}} in asked


TICKS = """
extends = "std:argo"
[executor]
image = "box:1"
[schedule]
cron = "*/5 * * * *"
overlap = "forbid"
"""


def test_field_c16_tick_twice_is_not_brought_about(project: Make) -> None:
    """A tick counts as missed at once where a deadline is said: it would be started a second time."""
    text = "name = 'x'\n[steps.a]\nshell = 'true'\n"
    schedule = (
        'extends = "std:argo"\n[executor]\nimage = "box:1"\n[schedule]\ncron = "*/5 * * * *"\noverlap = "forbid"\n'
    )
    made = project({"pipeline.toml": text, "profiles/s.toml": schedule})
    (cron, *_) = yaml.safe_load_all(made.cli("render", "--profile", "s").ok().out)
    assert "startingDeadlineSeconds" not in cron["spec"] and cron["spec"]["concurrencyPolicy"] == "Forbid"


def test_field_c17_clocks_that_jump(project: Make) -> None:
    """What a cluster would find out at night is told before."""
    made = project({"pipeline.toml": "name = 'x'\n[steps.a]\nshell = 'true'\n", "profiles/s.toml": TICKS})

    def check(cron: str, zone: str) -> Outcome:
        sets = (f"schedule.cron='{cron}'", f"schedule.timezone='{zone}'")
        return made.cli("check", "--profile", "s", *(word for one in sets for word in ("--set", one)))

    check("30 2 * * *", "Europe/Zurich").ok().says("W517", "`30 2 * * *` is passed over once a year and reached twice")
    for cron, zone in (("30 2 * * *", "UTC"), ("30 3 * * *", "Europe/Zurich"), ("30 */1 * * *", "Europe/Zurich")):
        check(cron, zone).ok().silent("W517")
    check("30 2 * * *", "Europe/Zurch").exits(3).says("E518", "did you mean `Europe/Zurich`?")
    check("61 * * * *", "Europe/Zurich").exits(3).says("E517", "`61` is no minute")


def test_field_c17_no_deadline_that_finally_could_meet(project: Make) -> None:
    text = """
        name = "x"
        timeout = "10m"
        [steps.a]
        shell = "sleep 3600"
        [finally.bye]
        shell = "sleep 30"
        """
    made = project({"pipeline.toml": text})
    assert "activeDeadlineSeconds" not in documents(made)[0]["spec"]
    made.write({"pipeline.toml": text.partition("        [finally")[0]})
    assert documents(made)[0]["spec"]["activeDeadlineSeconds"] == 600 + 10 + 600, "its agents keep the time"


def test_field_c_locks_of_argo_are_not_used(project: Make) -> None:
    """They leak when a Workflow is terminated or deleted."""
    text = """
        name = "x"
        [steps.a]
        for-each = { i = [1, 2, 3] }
        max-parallel = 1
        shell = "true"
        """
    made = project({"pipeline.toml": text, "profiles/s.toml": TICKS})
    said = made.cli("render", "--profile", "s").ok().out
    assert "synchronization" not in said and "semaphore" not in said and "mutex" not in said


def call(**more: Any) -> Table:
    """An attempt as a driver asks for it."""
    made = {"run": {"id": "R"}, "id": "a", "key": "-", "n": 1, "attempt": "A1", "definition": "d", "path": "a"}
    return {**made, "kind": "shell", **more}


def test_field_c_a_job_is_of_one_attempt_and_never_tried_again_by_the_cluster() -> None:
    """A second attempt can't find the pod of the first by its labels; a living Job does not look failed."""
    profile: Table = {"executor": {"image": "box:1"}, "secrets": {}}
    first, second = (job(profile, call(n=n, attempt=f"A{n}"), Maps("agent", ["plan"]), None, 3) for n in (1, 2))
    assert [one["spec"]["backoffLimit"] for one in (first, second)] == [0, 0]
    assert first["metadata"]["name"] != second["metadata"]["name"]
    labels = [one["spec"]["template"]["metadata"]["labels"]["run.runner/attempt"] for one in (first, second)]
    assert labels == ["A1", "A2"]


def test_field_c_values_of_labels_are_short_however_deep_a_step_lies(project: Make) -> None:
    name = "a-name-that-is-rather-long-and-stands-in-a-group-of-the-same-name"
    deep = f"steps.{name}.steps.{name}.steps.{name}"
    workflow, *_ = documents(project({"pipeline.toml": f"name = '{name}'\n[{deep}]\nshell = 'true'\n"}))

    def values(there: Any) -> list[str]:
        if isinstance(there, list):
            return [one for each in there for one in values(each)]
        found = [one for each in there.values() for one in values(each)] if isinstance(there, dict) else []
        return found + list(there.get("labels", {}).values() if isinstance(there, dict) else ())

    assert all(len(value) <= 63 for value in values(workflow) if "{{" not in value)
    names = [task["name"] for one in workflow["spec"]["templates"] for task in one.get("dag", {}).get("tasks", ())]
    assert all(len(one) <= 63 for one in names), "a pod's label is the name of its task"
