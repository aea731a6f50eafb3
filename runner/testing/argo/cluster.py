"""A tiny Kubernetes with Argo: a Workflow that is made runs, as the controller would run it, in processes."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from runner.testing.argo.controller import Controller
from runner.testing.argo.pods import Pods
from runner.testing.cluster import Cluster

Table = dict[str, Any]
NEVER = 78
CHATTER = b'time=2030-01-01T00:00:00Z level=INFO msg="waiting for signals" argo=true\n'
Poll = Callable[[], "tuple[int, dict[str, str]] | None"]


class ArgoCluster(Cluster):
    """root: where the project would lie in the image; environ: what a container has of the machine. lost: nodes whose
    first pod somebody deletes."""

    def __init__(self, folder: Path, root: Path, environ: Mapping[str, str]) -> None:
        super().__init__(folder)
        self.root, self.environ = root, environ
        self.lost: set[str] = set()
        self.threads: list[threading.Thread] = []

    def made(self, plural: str, found: Table) -> None:
        if plural == "workflows":
            self.threads.append(threading.Thread(target=self.workflow, args=(found["metadata"]["name"],), daemon=True))
            self.threads[-1].start()
        elif plural == "pods":
            super().made(plural, found)

    def close(self) -> None:
        for thread in self.threads:  # the last pod of a run is none that its driver waits for
            thread.join()
        super().close()

    def workflow(self, name: str) -> None:
        """From the first pod to the last."""
        made = json.loads(json.dumps(self.kind("workflows")[name]))
        maps = [one for one in self.kind("configmaps").values() if "binaryData" in one]
        pods = Pods(self.folder / name, maps, self.root, self.environ)
        begin = pods.start(made["spec"]["volumes"])
        variables = {"workflow.uid": made["metadata"]["uid"], "workflow.name": name}
        over = _Shown(self, name, pods, begin)
        controller = Controller(made, over.start, variables)
        over.controller = controller
        phase = controller.run()
        if name in self.kind("workflows"):
            self.put("workflows", {**self.kind("workflows")[name], "status": {"phase": phase}})


class _Shown:
    """Pods of a Workflow as objects of the cluster."""

    def __init__(self, cluster: ArgoCluster, name: str, pods: Pods, begin: Callable[[Table, int], Poll]) -> None:
        self.cluster, self.name, self.pods, self.begin = cluster, name, pods, begin
        self.controller: Controller | None = None

    @property
    def halted(self) -> bool:
        """Whether what would run now may not, or no more."""
        found = self.cluster.kind("workflows").get(self.name)
        how = found["spec"].get("shutdown") if found else "Terminate"
        assert self.controller is not None
        return how == "Terminate" or (how == "Stop" and "workflow.status" not in self.controller.variables)

    def start(self, template: Table, n: int) -> Poll:
        if self.halted:
            return lambda: (NEVER, {})
        number = len(self.pods.started)
        poll = self.begin(template, n)
        process = self.pods.processes[-1]
        pod = f"{self.name}-{number}"
        main = {"name": "main", "args": template["container"]["args"]}
        labels = {"workflows.argoproj.io/workflow": self.name}
        found = {"metadata": {"name": pod, "labels": labels}, "spec": {"containers": [main]}, "status": {}}
        self.cluster.put("pods", found, "ADDED")
        self.cluster._status(found, {"running": {}})
        node = self.pods.started[-1].removeprefix("n-")
        told: list[str] = []  # what it was told to do

        def ended() -> tuple[int, dict[str, str]] | None:
            if self.halted and not told:
                told.append("stop")
                process.terminate()
            if node in self.cluster.lost and "GET pods" in self.cluster.asked:  # somebody looks
                self.cluster.lost.remove(node)
                process.kill()
                self.cluster.put("pods", found, "DELETED")
                return 137, {}
            said = poll()
            if said is not None:
                printed = (self.pods.folder / f"pod-{number}-{n}" / "log").read_bytes()
                self.cluster.logs[pod] = CHATTER + printed + CHATTER
                self.cluster._status(found, {"terminated": {"exitCode": said[0]}})
                return (NEVER, said[1]) if self.halted and said[0] else said
            return said

        return ended
