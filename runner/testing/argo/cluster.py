"""A tiny Kubernetes with Argo: a Workflow that is made runs, as the controller would run it, in processes."""

from __future__ import annotations

import json
import threading
import time
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
    first pod somebody deletes; waits: nodes whose pods wait, and what for; again: nodes whose
    first pod is deleted before it starts, and made again by the same name."""

    def __init__(self, folder: Path, root: Path, environ: Mapping[str, str]) -> None:
        super().__init__(folder)
        self.root, self.environ = root, environ
        self.lost: set[str] = set()
        self.waits: dict[str, str] = {}
        self.again: set[str] = set()
        self.quota = ""  # why no pod is let in
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
        main = {"name": "main", "args": template["container"]["args"]}
        node = next(word for word in main["args"] if word.startswith("--node=")).removeprefix("--node=n-")
        labels = {"workflows.argoproj.io/workflow": self.name}
        found: Table = {"metadata": {"labels": labels}, "spec": {"containers": [main]}, "status": {}}
        if self.cluster.quota:
            return self.refuse(main["args"])
        if node in self.cluster.waits:
            return self.wait(found, f"{self.name}-{node}-{n}", self.cluster.waits[node])
        number = len(self.pods.started)
        poll = self.begin(template, n)
        process = self.pods.processes[-1]
        pod = found["metadata"]["name"] = f"{self.name}-{number}"
        if node in self.cluster.again:
            self.cluster.again.remove(node)
            self.cluster.put("pods", json.loads(json.dumps({**found, "status": {"phase": "Pending"}})), "ADDED")
            while "GET pods" not in self.cluster.asked:  # somebody looks
                time.sleep(0.01)
            self.cluster.delete("pods", pod)
        self.cluster.put("pods", found, "ADDED")
        self.cluster.status(found, {"running": {}})
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
                end = self.cluster.after(found, {"exitCode": said[0]})
                self.cluster.status(found, {"terminated": end})
                said = end["exitCode"], said[1]
                return (NEVER, said[1]) if self.halted and said[0] else said
            return said

        return ended

    def refuse(self, args: list[str]) -> Poll:
        """A node that gets no pod until its Workflow ends."""
        said = dict(word[2:].split("=", 1) for word in args if word.startswith("--"))
        given = [{"name": name, "value": said[name]} for name in ("node", "key")]
        node = {"type": "Pod", "phase": "Pending", "message": self.cluster.quota, "inputs": {"parameters": given}}
        workflow = self.cluster.kind("workflows")[self.name]
        self.cluster.put("workflows", {**workflow, "status": {"phase": "Running", "nodes": {said["node"]: node}}})

        def ended() -> tuple[int, dict[str, str]] | None:
            if not self.halted:
                return None
            now = self.cluster.kind("workflows")[self.name]
            self.cluster.put("workflows", {**now, "status": {"phase": "Running", "nodes": {}}})
            return NEVER, {}

        return ended

    def wait(self, found: Table, name: str, why: str) -> Poll:
        """A pod that does not start until somebody has it fail, or its Workflow ends. On a node, its node decides."""
        found["metadata"]["name"] = name
        found["spec"].update({} if why == "Unschedulable" else {"nodeName": "node1"})
        waiting = {"name": "main", "state": {"waiting": {"reason": why, "message": "in so many words"}}}
        found["status"] = {"phase": "Pending", "containerStatuses": [waiting]}
        self.cluster.put("pods", found, "ADDED")

        def ended() -> tuple[int, dict[str, str]] | None:
            now = self.cluster.kind("pods")[name]
            if self.halted:
                self.cluster.delete("pods", name)
                return NEVER, {}
            if "nodeName" in now["spec"]:
                if "activeDeadlineSeconds" not in now["spec"]:
                    return None
                self.cluster.put("pods", {**now, "status": {**now["status"], "phase": "Failed"}})
                return -1, {}
            return (-1, {}) if now["status"]["phase"] == "Failed" else None

        return ended
