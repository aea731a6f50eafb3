"""A Workflow run without processes: real manifest, phases, tasks and values; attempts end as somebody says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

from runner.agent.catalog import NoCatalog
from runner.run.afar import Afar
from runner.run.fold import fold
from runner.run.records import read
from runner.store.memory import Memory
from runner.testing.argo.controller import Controller
from runner.testing.pretend import Act, Pretend
from runner_executors.argo_workflow.making import Making
from runner_executors.argo_workflow.manifest import workflow
from runner_executors.kubernetes_pod import Maps

Table = dict[str, Any]


class Went(NamedTuple):
    """phase: of the Workflow; run: as it is folded; started: the node of each pod, in order."""

    phase: str
    run: Table
    started: list[str]


def pretend_workflow(plan: Table, act: Act, root: Path) -> Went:
    """Run the Workflow of a plan to its end."""
    return Played(plan, root).went(act)


class Played:
    """The Workflow of a plan, which may be run again and again. manifest: as it is rendered."""

    def __init__(self, plan: Table, root: Path) -> None:
        make = Making(plan, Maps("agent", ["plan"]))
        self.plan, self.root = plan, root
        self.manifest: Table = json.loads(json.dumps(workflow(make)))
        self._carried = {**plan, "wire": make.wire}

    def went(self, act: Act) -> Went:
        """Run it to its end."""
        store, ends = Memory(), Pretend(act)
        started: list[str] = []

        def end(call: Table, *_: Any) -> Table:
            ends.start(ends.prepare(call, {}))
            return ends.poll(10**9)[0][1]

        def start(template: Table, n: int) -> Callable[[], Any]:
            given: dict[str, str] = dict(word[2:].split("=", 1) for word in template["container"]["args"][1:])
            started.append(given["node"])
            task = Afar(given, self._carried, store, NoCatalog(), str(self.root), str(self.root / "run"))
            code = task.go()
            return lambda: (code, {f"c{number}": word for number, word in enumerate(task.words)})

        with patch("runner.agent.execute.run_call", end):
            phase = Controller(self.manifest, start, {"workflow.uid": "r", "workflow.name": "r"}, pause=0).run()
        return Went(phase, fold(self.plan, read(store, "r")), started)


def manifest_of(plan: Table) -> Table:
    """The Workflow of a plan."""
    return Played(plan, Path()).manifest
