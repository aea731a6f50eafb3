"""The Workflow of a plan: what its graph becomes, and that whoever reads it takes it."""

from __future__ import annotations

import copy
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from runner.testing.argo.lint import lint
from runner.testing.argo.strict import strict
from runner.testing.project import Project
from runner.testing.shapes import FOLDER

TOP = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("RUNNER_TEST_DATA", TOP.parent / "shared" / "data")) / "argo"
ARGO = ("--profile", "std:argo", "--set", "executor.image=box:1")
SHAPES = sorted(FOLDER.glob("*.toml"))
BESIDE = {str(path.relative_to(SHAPES[0].parent)): path.read_text() for path in SHAPES[0].parent.glob("*/*.toml")}
BESIDE |= {path.name: path.read_text() for path in SHAPES[0].parent.glob("*.py")}
Table = dict[str, Any]
Made = Callable[..., Project]

needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the definitions of Argo are not beside the checkout")


class Reader(yaml.CSafeLoader):
    """YAML without time stamps: a manifest has none, and texts that look like one stay texts."""


Reader.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in found if not tag.endswith(":timestamp")]
    for letter, found in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def read(text: str) -> list[Table]:
    return list(yaml.load_all(text, Loader=Reader))


def rendered(project: Project, *words: str) -> Table:
    """The Workflow of the project's pipeline."""
    workflow, *maps = read(project.cli("render", *ARGO, *words).ok().out)
    assert [one["kind"] for one in maps] == ["ConfigMap", "ConfigMap"]
    return workflow


@pytest.fixture
def workflow(project: Made) -> Callable[..., Table]:
    return lambda text, *words: rendered(project({"pipeline.toml": 'name = "x"\n' + text}), *words)


def templates(made: Table) -> dict[str, Table]:
    return {one["name"]: one for one in made["spec"]["templates"]}


def tasks(made: Table, template: str = "main") -> dict[str, Table]:
    """Task by name, without the hash of its path."""
    found = templates(made)[template]["dag"]["tasks"]
    return {one["name"].rpartition("-")[0] or one["name"]: one for one in found}


def depends(task: Table) -> str:
    """What it waits for, without hashes."""
    words = task.get("depends", "").replace("(", "( ").replace(")", " )").split()
    return " ".join(re.sub(r"-[0-9a-f]{8}(?=[.])", "", word) for word in words)


# every shape


@pytest.fixture(scope="module")
def definition() -> Any:
    path = DATA / "workflows.crd.yaml"
    if not path.is_file():
        pytest.skip("the definitions of Argo are not beside the checkout")
    with open(path, encoding="utf-8") as file:
        return jsonschema.Draft202012Validator(strict(yaml.load(file, Loader=Reader)))


@pytest.mark.parametrize("path", SHAPES, ids=lambda path: path.stem)
def test_a_shape_passes_the_lint(project: Made, path: Path) -> None:
    assert lint(rendered(project({"pipeline.toml": path.read_text(), **BESIDE}))) == []


@pytest.mark.parametrize("path", SHAPES, ids=lambda path: path.stem)
def test_a_shape_passes_the_strict_definition(project: Made, path: Path, definition: Any) -> None:
    made = rendered(project({"pipeline.toml": path.read_text(), **BESIDE}))
    assert [error.message for error in definition.iter_errors(made)] == []


def test_the_workflows_of_the_examples_pass_both(definition: Any) -> None:
    """As their snapshots show them."""
    paths = sorted((TOP / "snapshots").glob("*.argo.yaml"))
    assert len(paths) > len(list(TOP.glob("examples/*/pipeline.toml")))
    for path in paths:
        (made,) = read(path.read_text(encoding="utf-8"))
        assert [error.message for error in definition.iter_errors(made)] == lint(made) == [], path.name


def linter() -> str | None:
    """The path of `argo`, where it is installed."""
    home = os.environ.get("RUNNER_CLUSTER", str(Path.home() / ".cache" / "runner-cluster"))
    return shutil.which("argo", path=os.pathsep.join((os.environ["PATH"], f"{home}/bin")))


@pytest.mark.skipif(linter() is None, reason="there is no `argo` here")
def test_argo_itself_finds_nothing_wrong(project: Made, tmp_path: Path) -> None:
    """Shapes and examples; its linter knows references and variables as the controller does."""
    examples = {path.parent.name: path.parent for path in TOP.glob("examples/*/pipeline.toml")}
    for name, folder in examples.items():
        made = project(folder=name)
        unwanted = shutil.ignore_patterns(".venv", ".runner", "made")
        shutil.copytree(folder, made.root, dirs_exist_ok=True, ignore=unwanted)
        made.cli("render", *ARGO, "--set", "secrets.secret=app", "-o", str(tmp_path / name)).ok()
    for path in SHAPES:
        made = project({"pipeline.toml": path.read_text(), **BESIDE})
        made.cli("render", *ARGO, "-o", str(tmp_path / path.stem)).ok()
    files = sorted(map(str, tmp_path.glob("*/workflow.yaml")))
    words = [str(linter()), "lint", "--offline", "--no-color", *files]
    found = subprocess.run(words, capture_output=True, text=True, env={"HOME": str(tmp_path)})
    assert len(files) > 20 and found.returncode == 0, found.stdout + found.stderr


@needs_data
def test_the_strict_definition_takes_what_argo_shows(definition: Any) -> None:
    texts = [path.read_text(encoding="utf-8") for path in sorted((DATA / "examples").rglob("*.yaml"))]
    shown = [one for text in texts for one in read(text) if one and one.get("kind") == "Workflow"]
    assert len(shown) > 100
    assert [one["metadata"] for one in shown if not definition.is_valid(one)] == []


SPOILT: dict[str, Callable[[Table], Any]] = {
    "an unknown template": lambda w: w["spec"]["templates"][0]["dag"]["tasks"][0].update(template="other"),
    "an end that does not exist": lambda w: w["spec"]["templates"][0]["dag"]["tasks"][1].update(depends="n-a.Done"),
    "a task that stands nowhere": lambda w: w["spec"]["templates"][0]["dag"]["tasks"][1].update(depends="z.Failed"),
    "an open brace": lambda w: w["spec"]["templates"][-1]["container"]["args"].append("{{ x"),
    "a variable of others": lambda w: w["spec"]["templates"][-1]["container"]["args"].append("{{item.x}}"),
    "an input that is not given": lambda w: w["spec"]["templates"][-1]["inputs"]["parameters"].append({"name": "z"}),
    "a volume that is not there": lambda w: w["spec"]["volumes"].pop(),
    "a template twice": lambda w: w["spec"]["templates"].append(w["spec"]["templates"][0]),
    "a variable outside": lambda w: w["spec"].update(serviceAccountName="{{workflow.name}}"),
}
CHAIN = """
    [steps.a]
    shell = "true"
    [steps.b]
    needs = ["a"]
    shell = "true"
"""


@pytest.mark.parametrize("how", SPOILT)
def test_the_lint_finds(workflow: Callable[..., Table], how: str) -> None:
    made = workflow(CHAIN)
    assert lint(made) == []
    spoilt = copy.deepcopy(made)
    SPOILT[how](spoilt)
    assert lint(spoilt)


# what becomes of what


def test_a_need_is_a_success_and_after_is_any_end(workflow: Callable[..., Table]) -> None:
    made = tasks(workflow(CHAIN + '[steps.c]\nneeds = ["a"]\nafter = ["b"]\nshell = "true"\n'))
    assert depends(made["n-b"]) == "n-a.Succeeded"
    ended = "n-b.Succeeded || n-b.Failed || n-b.Errored || n-b.Skipped || n-b.Omitted"
    assert depends(made["n-c"]) == f"n-a.Succeeded && ( {ended} )"


def test_a_failure_that_no_leaf_shows_has_a_sentinel(workflow: Callable[..., Table]) -> None:
    """The phase of a DAG is that of its leaves: a leaf that only waits would hide what failed before it."""
    made = tasks(workflow(CHAIN + '[steps.c]\nafter = ["b"]\nshell = "true"\n'))
    sentinel = made["s-n-b"]
    assert (sentinel["when"], depends(sentinel)) == ("false", "n-b.Succeeded")
    assert "s-n-a" not in made, "`b` would be left out, and shows it"


def test_steps_that_ask_the_same_of_a_pod_share_a_template(workflow: Callable[..., Table]) -> None:
    large = '[steps.c]\nshell = "true"\nresources = { gpu = 1 }\n'
    made = workflow(CHAIN + large)
    used = {name: task["template"] for name, task in tasks(made).items()}
    assert used["n-a"] == used["n-b"] != used["n-c"]
    assert templates(made)[used["n-c"]]["container"]["resources"]["limits"] == {"nvidia.com/gpu": "1"}


def test_a_handler_stands_beside_its_step_or_around_it(workflow: Callable[..., Table]) -> None:
    text = """
        [steps.a]
        shell = "true"
        on-failure = "note"
        [steps.b]
        shell = "true"
        on-failure = { run = "note", recover = "continue" }
        [steps.c]
        needs = ["b"]
        shell = "true"
        [steps.d]
        shell = "true"
        on-failure = { run = "note", recover = "skip" }
        [steps.e]
        needs = ["d"]
        shell = "true"
        [handlers.note]
        shell = "true"
    """
    made = workflow(text)
    top = tasks(made)
    assert depends(top["n-a-on-failure"]) == "n-a.Failed || n-a.Errored" and "s-n-a" in top
    around = templates(made)[top["n-b"]["template"]]
    assert [task["name"] for task in around["dag"]["tasks"]] == ["s", "h"], "a success of either is one"
    assert depends(top["n-c"]) == "n-b.Succeeded" and "when" not in top["n-c"]
    assert top["n-e"]["when"].startswith("{{= tasks['n-d-") and ".outputs.parameters.ok }}" in top["n-e"]["when"]


def test_a_condition_is_answered_by_the_plan_by_the_step_that_gives_or_by_a_task_of_its_own(
    workflow: Callable[..., Table],
) -> None:
    text = """
        [params]
        on = false
        [steps.give]
        shell = "true"
        returns = ["n"]
        [steps.other]
        shell = "true"
        returns = ["m"]
        [steps.never]
        when = "on"
        shell = "true"
        [steps.maybe]
        when = "n > 1"
        shell = "true"
        [steps.both]
        when = "n > m"
        shell = "true"
    """
    made = workflow(text)
    top = tasks(made)
    assert top["n-never"]["when"] == "false"
    assert "tasks['n-give-" in top["n-maybe"]["when"] and depends(top["n-maybe"]) == "n-give.Succeeded"
    assert depends(top["n-both-decide"]) == "n-give.Succeeded && n-other.Succeeded"
    assert depends(top["n-both"]) == "n-both-decide.Succeeded" and "n-both-decide" in top["n-both"]["when"]
    assert [one["name"] for one in templates(made)[top["n-give"]["template"]]["outputs"]["parameters"]] == ["c0"]


def test_a_map_is_a_sequence_over_a_count(workflow: Callable[..., Table]) -> None:
    text = """
        [steps.give]
        shell = "true"
        returns = ["names"]
        [steps.known]
        for-each = { i = [1, 2, 3] }
        shell = "true"
        batch = 2
        [steps.found]
        for-each = { name = "${names}" }
        shell = "true"
        returns = ["n"]
        reduce = { n = "sum" }
        max-parallel = 2
    """
    made = workflow(text)
    top = tasks(made)
    count = {name: top[name]["arguments"]["parameters"][-1]["value"] for name in ("n-known", "n-found")}
    assert count["n-known"] == "2", "batches"
    assert count["n-found"].startswith("{{tasks.n-give-") and count["n-found"].endswith(".outputs.parameters.c0}}")
    inside = templates(made)[top["n-found"]["template"]]
    items, reducer = inside["dag"]["tasks"]
    assert items["withSequence"] == {"count": "{{inputs.parameters.count}}"} and inside["parallelism"] == 2
    assert reducer["depends"] == "i.Succeeded || i.Skipped"


def test_items_that_may_fail_are_counted_behind_all_of_them(workflow: Callable[..., Table]) -> None:
    made = workflow('[steps.m]\nfor-each = { i = [1, 2] }\nshell = "true"\ntolerate = 1\n')
    inside = templates(made)[tasks(made)["n-m"]["template"]]["dag"]["tasks"]
    assert [task["name"] for task in inside] == ["i", "r"], "no sentinel keeps the failure of an item in sight"
    assert "i.Failed" in inside[1]["depends"]


def test_a_loop_is_unrolled(workflow: Callable[..., Table]) -> None:
    made = workflow('[steps.l]\nrepeat = { until = "d > 2", max = 3 }\nshell = "true"\nreturns = ["d"]\n')
    rounds = templates(made)[tasks(made)["n-l"]["template"]]["dag"]["tasks"]
    assert [task["name"] for task in rounds] == ["k1", "k2", "k3", "none"]
    assert rounds[1]["when"] == "{{= tasks['k1'].outputs.parameters.c0 }}" and rounds[1]["depends"] == "k1.Succeeded"
    assert "'error'" in rounds[3]["when"] and rounds[3]["template"] == "nothing"


def test_a_choice_is_a_number(workflow: Callable[..., Table]) -> None:
    text = """
        [params]
        size = "big"
        [steps.pick]
        choose = "size"
        [steps.pick.cases.small]
        shell = "true"
        [steps.pick.cases.big]
        shell = "true"
        [steps.pick.default]
        shell = "true"
    """
    made = workflow(text)
    pick = tasks(made)["n-pick"]
    assert pick["arguments"]["parameters"] == [{"name": "case", "value": "1"}]
    cases = templates(made)[pick["template"]]["dag"]["tasks"]
    assert ["inputs.parameters.case == '1'" in case["when"] for case in cases] == [False, True, False, False]


def test_what_runs_last_is_a_dag_of_its_own_with_the_end_behind_it(workflow: Callable[..., Table]) -> None:
    made = workflow(CHAIN + '[finally.tell]\nshell = "true"\n')
    assert made["spec"]["onExit"] == "exit"
    assert set(tasks(made, "exit")) == {"n-tell-finally", "n-close", "s-n-tell-finally"}
    pod = templates(made)[tasks(made, "exit")["n-tell-finally"]["template"]]
    assert "--status={{workflow.status}}" in pod["container"]["args"]
    assert "onExit" not in workflow(CHAIN, "--set", "executor.close=false")["spec"]


def test_retries_are_argos_and_78_is_never_tried_again(workflow: Callable[..., Table]) -> None:
    text = '[steps.a]\nshell = "true"\nretry = { attempts = 3, delay = "5s", factor = 2 }\ntimeout = "1m"\n'
    made = workflow(text)
    pod = templates(made)[tasks(made)["n-a"]["template"]]
    assert pod["retryStrategy"]["limit"] == "5", "two more attempts, and three that the place may lose"
    assert pod["retryStrategy"]["backoff"] == {"duration": "5s", "factor": "2"}
    assert pod["retryStrategy"]["expression"].endswith("asInt(lastRetry.exitCode) != 78")
    assert pod["activeDeadlineSeconds"] == str(60 + 10 + 600), "a backstop: the agent counts"


ODD = "{{x}} }} \"q\" 's' $(y) \\n # : ü\U0001f600"


def test_nothing_that_the_user_wrote_stands_in_a_field(workflow: Callable[..., Table], project: Made) -> None:
    said = json.dumps(ODD, ensure_ascii=False)
    long = "UPPER-" + "a" * 300
    text = f"""
        name = {said}
        description = {said}
        [params]
        p = {said}
        [steps.{long}]
        shell = {said}
        env = {{ E = {said} }}
        tags = [{said}]
        description = {said}
        outputs = ["out.txt"]
        [steps.map]
        for-each = {{ i = [{said}] }}
        command = ["echo", {said}]
        [steps.pick]
        choose = "p"
        [steps.pick.cases.{said}]
        stub = true
        [steps.pick.default]
        stub = true
    """
    made = rendered(project({"pipeline.toml": text.replace("$(y)", "$$(y)")}))
    assert lint(made) == []
    whole = json.dumps(made, ensure_ascii=False)
    for part in ("{{x", "ü", "$(y)", "UPPER", "a" * 40, '\\"q'):
        assert part not in whole


def test_the_same_plan_gives_the_same_bytes(project: Made) -> None:
    files = {"pipeline.toml": 'name = "x"\n' + CHAIN}
    first = project(files).run("render", *ARGO, env={"PYTHONHASHSEED": "1"}).ok().out
    assert first == project(files).run("render", *ARGO, env={"PYTHONHASHSEED": "2", "TZ": "Asia/Tokyo"}).ok().out
    assert first.startswith("# Made by `runner render pipeline.toml --profile std:argo --set executor.image=box:1`")


def test_files_are_written_into_a_folder(project: Made) -> None:
    made = project({"pipeline.toml": 'name = "x"\n' + CHAIN})
    made.cli("render", *ARGO, "-o", "made").ok().says("made/workflow.yaml", "made/configmaps.yaml")
    assert read(made.read("made/workflow.yaml"))[0]["kind"] == "Workflow"
    made.cli("render").exits(2).says("E950", "`local` has no files to render")


def test_more_steps_than_a_workflow_takes_are_refused_with_their_size(project: Made) -> None:
    steps = "\n".join(f"[steps.s{number}]\nshell = ':'" for number in range(2501))
    made = project({"pipeline.toml": f"name = 'x'\n{steps}\n"})
    made.cli("render", *ARGO).exits(3).says("E617", "2,501 steps are about 0.8 MiB", "which takes 2,500")


def test_a_loop_that_may_end_without_its_condition_is_still_red_where_that_has_no_answer(
    workflow: Callable[..., Table],
) -> None:
    text = '[steps.l]\nrepeat = { until = "d > 2", max = 2, exhausted = "succeed" }\nshell = ":"\nreturns = ["d"]\n'
    made = workflow(text)
    *_, last = templates(made)[tasks(made)["n-l"]["template"]]["dag"]["tasks"]
    assert last["when"] == "{{= tasks['k2'].outputs.parameters.c0 == 'error' ? 'error' : 'false' }}"


def test_a_map_of_ten_thousand_is_no_larger_than_one_of_ten(workflow: Callable[..., Table]) -> None:
    few, many = (workflow(f'[steps.m]\nfor-each = {{ i = {{ range = {n} }} }}\nshell = ":"\n') for n in (10, 10_000))
    assert len(json.dumps(many)) - len(json.dumps(few)) == len("10000") - len("10")


SCHEDULE = """
extends = "std:argo"
[executor]
image = "box:1"
service-account = "pods"
namespace = "ml"
rbac = true
[schedule]
cron = "0 3 * * *"
timezone = "Europe/Zurich"
overlap = "forbid"
catch-up = true
"""


def test_a_schedule_is_a_cron_workflow(project: Made, definition: Any) -> None:
    made = project({"pipeline.toml": 'name = "Nightly {{x}}"\n' + CHAIN, "profiles/nightly.toml": SCHEDULE})
    made.cli("render", "--profile", "nightly", "-o", "made").ok()
    (cron,) = read(made.read("made/workflow.yaml"))
    assert (cron["kind"], cron["metadata"]["name"]) == ("CronWorkflow", "nightly-x")
    told = {key: value for key, value in cron["spec"].items() if key not in ("workflowSpec", "workflowMetadata")}
    assert told == {
        "schedules": ["0 3 * * *"], "timezone": "Europe/Zurich", "concurrencyPolicy": "Forbid",
        "startingDeadlineSeconds": 86400, "suspend": False,
    }  # fmt: skip
    inner = {"apiVersion": cron["apiVersion"], "kind": "Workflow", "metadata": {}, "spec": cron["spec"]["workflowSpec"]}
    assert lint(inner) == [] and [error.message for error in definition.iter_errors(inner)] == []
    (pod, *_) = [one for one in inner["spec"]["templates"] if "container" in one]
    assert "--scheduled={{workflow.scheduledTime}}" in pod["container"]["args"]
    role, binding = read(made.read("made/rights.yaml"))
    assert role["rules"][0]["resources"] == ["workflowtaskresults"] and binding["subjects"][0]["name"] == "pods"
    assert {one["metadata"]["namespace"] for one in (cron, role, binding)} == {"ml"}
    old = made.cli("render", "--profile", "nightly", "--set", "executor.min-version='3.5'").ok().out
    assert next(iter(read(old)))["spec"]["schedule"] == "0 3 * * *"


def test_what_is_no_step_runs_in_the_image_of_the_profile_or_of_the_first_step(project: Made) -> None:
    made = project({"pipeline.toml": 'name = "x"\n[steps.a]\nimage = "own:1"\nshell = "true"\n'})
    for words, last in (((), "own:1"), (("--set", "executor.image=box:1"), "box:1")):
        (found, *_) = read(made.cli("render", "--profile", "std:argo", *words).ok().out)
        (close,) = found["spec"]["templates"][1]["dag"]["tasks"]
        assert templates(found)[close["template"]]["container"]["image"] == last


def test_a_template_is_what_others_submit_from(project: Made) -> None:
    made = project({"pipeline.toml": 'name = "x"\n' + CHAIN})
    found, *_ = read(made.cli("render", *ARGO, "--set", "executor.form=template").ok().out)
    assert (found["kind"], found["metadata"]["name"], found["spec"]["entrypoint"]) == ("WorkflowTemplate", "x", "main")


def test_words_of_a_profile_that_argo_would_fill_in_are_refused(project: Made) -> None:
    made = project({"pipeline.toml": 'name = "x"\n' + CHAIN})
    made.cli("check", *ARGO, "--set", "executor.env.A='{{workflow.name}}'").exits(3).says("E616", "`[executor]`")
    made.write({"pipeline.toml": 'name = "x"\n[steps.a]\nimage = "{{x}}"\nshell = "true"\n'})
    made.cli("check", *ARGO).exits(3).says("E616", "the name of an image")


def test_the_words_of_a_team_stand_in_the_workflow(project: Made, definition: Any) -> None:
    """All that a profile says of a claim, stores, secrets, account, resources and deadlines."""
    profile = """
        extends = "std:argo"
        [executor]
        namespace = "ml"
        image = "registry.example/penguins:1"
        service-account = "default-editor"
        pull-secrets = ["registry"]
        node-selector = { pool = "batch" }
        tolerations = [{ key = "batch", operator = "Exists" }]
        priority-class = "low"
        labels = { team = "birds" }
        pod-gc = "success"
        ttl = { success = "1d", failure = "7d" }
        deadline = "6h"
        parallelism = 20
        overlay.spec.archiveLogs = true
        [volumes.data]
        claim = "runner-volume"
        mount = "/mnt"
        [run-log]
        path = "/mnt/run_log_store"
        [catalog]
        path = "/mnt/catalog"
        [secrets]
        map = { CONNECTION_STRING = { secret = "postgres", key = "connection_string" } }
        [defaults]
        retry = { attempts = 2 }
        resources = { cpu = 0.25, memory = "1Gi" }
        [steps.train]
        resources = { gpu = 1 }
    """
    text = 'name = "x"\n[steps.train]\nshell = "true"\nsecrets = ["CONNECTION_STRING"]\ntimeout = "1h"\n'
    made = project({"pipeline.toml": text, "profiles/team.toml": profile})
    found, *_ = read(made.cli("render", "--profile", "team").ok().out)
    assert lint(found) == [] and [error.message for error in definition.iter_errors(found)] == []
    spec, pod = found["spec"], templates(found)[tasks(found)["n-train"]["template"]]
    assert spec["serviceAccountName"] == "default-editor" and spec["imagePullSecrets"] == [{"name": "registry"}]
    assert spec["nodeSelector"] == {"pool": "batch"} and spec["podPriorityClassName"] == "low"
    assert spec["podGC"] == {"strategy": "OnPodSuccess"} and spec["parallelism"] == 20 and spec["archiveLogs"] is True
    assert spec["ttlStrategy"] == {"secondsAfterSuccess": 86400, "secondsAfterFailure": 604800}
    assert spec["activeDeadlineSeconds"] == 6 * 3600 and spec["securityContext"]["runAsNonRoot"] is True
    assert {"persistentVolumeClaim": {"claimName": "runner-volume"}}.items() <= spec["volumes"][-1].items()
    assert pod["container"]["resources"] == {
        "requests": {"cpu": "250m", "memory": str(1 << 30)}, "limits": {"memory": str(1 << 30), "nvidia.com/gpu": "1"}
    }  # fmt: skip
    key = {"name": "postgres", "key": "connection_string"}
    assert {"name": "CONNECTION_STRING", "valueFrom": {"secretKeyRef": key}} in pod["container"]["env"]
    assert any(one.get("key") == "nvidia.com/gpu" for one in pod["tolerations"])
    assert '"enableServiceLinks":false' in spec["podSpecPatch"]
