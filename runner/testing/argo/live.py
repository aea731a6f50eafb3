"""Workflows on a real cluster: submitted and followed by `runner up`, their records brought from the claim."""

from __future__ import annotations

import io
import json
import os
import subprocess
import tarfile
import time
import uuid
from base64 import b64decode
from pathlib import Path
from typing import Any

from runner.rules.keys import node_id
from runner.testing.claimed import claimed
from runner.testing.kubectl import files_of, kubectl, on_claim
from runner.testing.project import Project

Table = dict[str, Any]
PACK = """
import base64, io, sys, tarfile
out = io.BytesIO()
with tarfile.open(fileobj=out, mode="w:gz") as archive:
    archive.add(sys.argv[1], ".")
print(base64.b64encode(out.getvalue()).decode())
"""
POD = "run.runner/test"


class Workflows:
    """A folder of its own on a claim. image: with a Python; claim: that many pods may write to."""

    def __init__(self, image: str, claim: str) -> None:
        self.image, self.claim = image, claim
        self.mark = f"runner-argo-{uuid.uuid4().hex[:8]}"
        self.home = f"/mnt/{self.mark}"
        self.count = 0

    def profile(self, made: Project) -> None:
        """Write `profiles/live.toml`; the project's files come into pods as a ConfigMap."""
        self.count += 1
        name = f"{self.mark}-{self.count}"
        self.create(files_of(made, name))
        more = f"""
pull = "never"
labels = {{ "{POD}" = "{self.mark}" }}
"""
        home = f"{self.home}/{self.count}"
        made.write({"profiles/live.toml": claimed("argo", self.image, home, claim=self.claim, project=name, more=more)})

    def up(self, made: Project, *words: str) -> subprocess.Popen[str]:
        """Submit a project that has a profile, and follow it."""
        config = os.environ.get("KUBECONFIG") or os.path.expanduser("~/.kube/config")
        return made.popen("up", "pipeline.toml", "--profile", "live", *words, env={"KUBECONFIG": config})

    @staticmethod
    def name_of(made: Project) -> str:
        """The Workflow of the newest run of a project; nothing where it has none yet."""
        lines = made.read(".runner/index.jsonl").splitlines() if made.exists(".runner/index.jsonl") else []
        return str((json.loads(lines[-1]).get("own") or {}).get("workflow", "")) if lines else ""

    @classmethod
    def running(cls, made: Project, step: str) -> str:
        """The pod of a step of that Workflow, once its container runs."""
        found = ""

        def runs() -> str:
            nonlocal found
            labels = f"workflows.argoproj.io/workflow={cls.name_of(made)},run.runner/node=n-{node_id(step)}"
            which = "jsonpath={.items[?(@.status.phase=='Running')].metadata.name}"
            found = kubectl("get", "pods", "-l", labels, "-o", which)
            return found

        made.wait(lambda: cls.name_of(made) and runs(), 120)
        return found

    def create(self, document: Table) -> str:
        """Make an object; its name."""
        document["metadata"].setdefault("labels", {})[POD] = self.mark
        found = kubectl("create", "-f", "-", "-o", "json", text=json.dumps(document), fine=("AlreadyExists",))
        return str(json.loads(found)["metadata"]["name"]) if found else str(document["metadata"]["name"])

    def ended(self, name: str, timeout: float = 600) -> Table:
        """The Workflow, once it has ended."""
        limit = time.monotonic() + timeout
        while True:
            found: Table = json.loads(kubectl("get", "workflow", name, "-o", "json"))
            if found.get("status", {}).get("finishedAt"):
                return found
            assert time.monotonic() < limit, f"{name} goes on and on: {found.get('status', {}).get('message')}"
            time.sleep(2)

    def bring(self, folder: Path) -> None:
        """All that lies on the claim, into a folder of this machine."""
        pod = f"{self.mark}-{uuid.uuid4().hex[:6]}"
        self._pod(pod, ["python3", "-c", PACK, self.home])
        with tarfile.open(fileobj=io.BytesIO(b64decode(kubectl("logs", pod))), mode="r:gz") as archive:
            archive.extractall(folder, filter="data")

    def close(self) -> None:
        """Remove everything: first those that write, such as the last pod of a run that is over for who followed it."""
        which = ("-l", f"{POD}={self.mark}")
        kubectl("delete", "workflows", *which, "--wait=false")
        kubectl("delete", "pods", *which, "--grace-period=1")
        self._pod(f"{self.mark}-sweep", ["rm", "-rf", self.home])
        for kind in ("pods", "configmaps"):  # those of a plan go with its last Workflow
            kubectl("delete", kind, *which, "--wait=false")

    def _pod(self, name: str, command: list[str]) -> None:
        self.create(on_claim(name, self.image, self.claim, command))
        kubectl("wait", "pod", name, "--for=jsonpath={.status.phase}=Succeeded", "--timeout=180s")
