"""Argo's own controller makes of every shape what the local executor makes of it.

RUNNER_TEST_CLUSTER=1 turns it on, for the cluster of KUBECONFIG, which has Argo Workflows, the claim RUNNER_TEST_CLAIM
(`runner-volume`) and the image RUNNER_TEST_IMAGE. What was made there is removed."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import pytest

from runner.agent.catalog import FileCatalog
from runner.agent.folder import Folder
from runner.run.blobs import json_blob
from runner.run.fold import fold, projection
from runner.run.records import read
from runner.testing.argo.live import Workflows
from runner.testing.golden import golden
from runner.testing.once import once
from runner.testing.project import Project
from runner.testing.shapes import FOLDER, HERE

SHAPES = {path.stem: path.read_text() for path in sorted(FOLDER.glob("*.toml"))}
BESIDE = {str(path.relative_to(FOLDER)): path.read_text() for path in [*FOLDER.glob("*.py"), *FOLDER.glob("*/*.toml")]}
SIDE_BY_SIDE = 4  # one node takes so many Workflows, of four pods each, and is slower with more
Told = tuple[dict[str, Any], int]
FAILS = ("skip-and-block", "handlers", "retry")


def argo_is_there() -> bool:
    if not os.environ.get("RUNNER_TEST_CLUSTER"):
        return False
    return not subprocess.run(["kubectl", "get", "crd", "workflows.argoproj.io"], capture_output=True).returncode


pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(not argo_is_there(), reason="there is no cluster with Argo here"),
]


class Went(NamedTuple):
    """phase: of the Workflow; run: as it is folded from the claim; told, code: of the `runner up` that followed it."""

    phase: str
    run: dict[str, Any]
    workflow: dict[str, Any]
    told: dict[str, Any]
    code: int


HOSTILE = r"""
name = "{{workflow.name}} }} 'q'"
[params]
said = "it's {{workflow.name}} }} \"q\" $(x) ü\nand {{= 1 + 1 }}"
[steps.UPPER-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]
shell = '''
printf "%s" "$RUNNER_PARAM_said" | grep -qF "{{workflow.name}} }} \"q\" \$(x) ü"
echo "n=3" >> "$RUNNER_RETURNS"
'''
returns = ["n"]
[steps.never]
when = "n > 3"
shell = "true"
[steps.wrong]
when = "n > 'x'"
shell = "true"
on-failure = "note"
[steps.no-list]
for-each = { x = "${n}" }
shell = "true"
on-failure = "note"
[steps.no-case]
choose = "n"
[steps.no-case.cases.1]
shell = "true"
[steps.without-end]
repeat = { until = "d == 5", max = 2, as = "k" }
shell = 'echo "d=$RUNNER_PARAM_k" >> "$RUNNER_RETURNS"'
returns = ["d"]
on-failure = { run = "note", recover = "continue" }
[steps.passed-over]
shell = "exit 3"
on-failure = { run = "note", recover = "skip" }
[steps.behind]
needs = ["passed-over"]
shell = "true"
[handlers.note]
returns = ["d"]
shell = 'test -n "$RUNNER_FAILED_STEP" && echo d=0 >> "$RUNNER_RETURNS"'
[finally.tell]
when = "run.status == 'failed'"
shell = 'test "$RUNNER_RUN_STATUS" = failed'
"""


@pytest.fixture(scope="module")
def went(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Went]:
    """All shapes, side by side."""
    return once(tmp_path_factory, "argo-shapes", lambda: _went(tmp_path_factory))  # type: ignore[no-any-return]


def _went(factory: pytest.TempPathFactory) -> dict[str, Went]:
    workflows = Workflows(
        os.environ.get("RUNNER_TEST_IMAGE", "runner-base:py311"), os.environ.get("RUNNER_TEST_CLAIM", "runner-volume")
    )
    try:
        made, plans = {}, {}
        for shape, text in {**SHAPES, "hostile": HOSTILE}.items():
            made[shape] = Project(factory.mktemp(shape), {"pipeline.toml": text, **BESIDE})
            workflows.profile(made[shape])
            plans[shape] = made[shape].cli("plan", "pipeline.toml", "--profile", "live", "--json").ok().json()

        def followed(shape: str) -> Told:
            process = workflows.up(made[shape], "--json", "-j", "4")
            out, err = process.communicate(timeout=600)
            assert process.returncode in (0, 1), f"{shape}: {err}"
            return json.loads(out), process.returncode

        long = sorted(made, key=lambda shape: len(plans[shape]["nodes"]), reverse=True)  # what takes longest first
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            told = dict(zip(long, pool.map(followed, long), strict=True))
        ended = {shape: workflows.ended(workflows.name_of(one)) for shape, one in made.items()}
        folder = factory.mktemp("claim")
        workflows.bring(folder)
        found = {}
        for number, (shape, workflow) in enumerate(ended.items(), 1):
            here, run = str(folder / str(number)), workflow["metadata"]["uid"]
            catalog = FileCatalog.open({"type": "file-system", "path": f"{here}/catalog"}, here)
            store = Folder.open({"path": f"{here}/log"}, here, run)
            folded = fold(plans[shape], read(store, run), blob=_blob(catalog))
            found[shape] = Went(workflow["status"]["phase"], folded, workflow, *told[shape])
        return found
    finally:
        workflows.close()


def _blob(catalog: Any) -> Callable[[str], Any]:
    return lambda sha: json_blob(catalog, sha)


@pytest.mark.parametrize("shape", SHAPES)
def test_r9_the_controller_gives_the_same_projection(went: dict[str, Went], shape: str) -> None:
    run, phase = went[shape].run, went[shape].phase
    told = json.dumps(projection(run), indent=2, sort_keys=True) + "\n"
    golden(HERE / "projections" / f"{shape}.json", told)
    assert (run["status"], phase) == (("failed", "Failed") if shape in FAILS else ("succeeded", "Succeeded"))


@pytest.mark.parametrize("shape", SHAPES)
def test_r9_who_follows_a_workflow_tells_the_same(went: dict[str, Went], shape: str) -> None:
    assert projection(went[shape].told) == projection(went[shape].run)
    assert went[shape].code == (1 if shape in FAILS else 0)


def test_odd_texts_and_decisions_without_an_answer_end_as_they_do_locally(
    went: dict[str, Went], project: Callable[..., Project]
) -> None:
    here = project({"pipeline.toml": HOSTILE}).cli("up", "--isolate", "--json").exits(1).json()
    assert projection(went["hostile"].run) == projection(here) == projection(went["hostile"].told)
    assert went["hostile"].phase in ("Failed", "Error")


def test_pods_are_tasks_and_one_for_the_end(went: dict[str, Went]) -> None:
    nodes = went["chain"].workflow["status"]["nodes"].values()
    pods = [node for node in nodes if node["type"] == "Pod"]
    assert len(pods) == sum(bool(node["attempts"]) for node in went["chain"].run["nodes"].values()) + 1
