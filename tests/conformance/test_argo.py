"""A pipeline runs from its Workflow as it runs here: the phases of Argo's controller, its pods as processes (R9)."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import yaml

from runner.agent.catalog import FileCatalog
from runner.agent.folder import Folder
from runner.run.blobs import json_blob
from runner.run.fold import fold
from runner.run.records import read
from runner.testing.argo.controller import Controller
from runner.testing.argo.pods import Pods
from runner.testing.project import Project


class Went(NamedTuple):
    """phase: of the Workflow; run: as it is folded; started: the node of each pod; folder: with the logs of pods."""

    phase: str
    run: dict[str, Any]
    started: list[str]
    folder: Any


def workflow(made: Project, *words: str) -> Went:
    """The Workflow of a project, run to its end."""
    shared = made.tmp / "claim"
    stores = (f"run-log.path={shared}/log", f"catalog.path={shared}/catalog", f"volumes.data.mount={shared}")
    given = (*stores, "executor.image=box:1", "secrets.secret=app")
    sets = [word for one in given for word in ("--set", one)]
    made.allow("tmp")
    text = made.cli("render", "pipeline.toml", "--profile", "std:argo", *sets, *words).ok().out
    manifest, *maps = yaml.load_all(text, Loader=yaml.CSafeLoader)
    pods = Pods(made.tmp / "pods", maps, made.root, made.environment())
    start = pods.start(manifest["spec"]["volumes"])
    phase = Controller(manifest, start, {"workflow.uid": "uid-1", "workflow.name": "x-1"}).run()
    (stored,) = shared.glob("log/plans/*/plan.json")
    plan = json.loads(stored.read_bytes())
    store = Folder.open(plan["profile"]["run-log"], str(made.root), "uid-1")
    catalog = FileCatalog.open(plan["profile"]["catalog"], str(made.root))
    run = fold(plan, read(store, "uid-1"), blob=lambda sha: json_blob(catalog, sha))
    return Went(phase, run, pods.started, made.tmp / "pods")


def test_r9_a_workflow_gives_the_same_projection(shaped: Any) -> None:
    went = workflow(shaped.make())
    shaped.compare(went.run)
    assert went.phase == ("Failed" if shaped.code else "Succeeded")
    assert went.run["status"] == ("failed" if shaped.code else "succeeded")
