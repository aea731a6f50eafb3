"""Jobs on a real cluster: projects that are run there by `runner up`, and what is left of them."""

from __future__ import annotations

import json
import os
import subprocess
import time
import uuid
from typing import Any

from runner.rules.keys import node_id
from runner.testing.claimed import claimed
from runner.testing.kubectl import files_of, kubectl, on_claim
from runner.testing.project import Outcome, Project


class Jobs:
    """A folder of its own on a claim. image: with a Python; claim: that many pods may write to."""

    def __init__(self, image: str, claim: str) -> None:
        self.image, self.claim = image, claim
        self.config = os.environ.get("KUBECONFIG") or os.path.expanduser("~/.kube/config")
        self.mark = f"runner-test-{uuid.uuid4().hex[:8]}"
        self.home = f"/mnt/{self.mark}"
        self.made: list[tuple[str, str]] = []

    def profile(self, found: Project) -> None:
        """Write `profiles/k.toml`; the project's files come into pods as a ConfigMap."""
        name = f"{self.mark}-{len(self.made)}"
        self.make(files_of(found, name))
        found.write({"profiles/k.toml": claimed("kubernetes", self.image, self.home, claim=self.claim, project=name)})

    def make(self, document: dict[str, Any]) -> None:
        kubectl("create", "-f", "-", text=json.dumps(document))
        self.made.append((document["kind"], document["metadata"]["name"]))

    def up(self, found: Project, *words: str) -> Outcome:
        if not found.exists("profiles/k.toml"):
            self.profile(found)
        return found.cli("up", "--profile", "k", "-j", "8", *words, env={"KUBECONFIG": self.config})

    def begin(self, found: Project, *words: str) -> subprocess.Popen[str]:
        if not found.exists("profiles/k.toml"):
            self.profile(found)
        return found.popen("up", "--profile", "k", *words, env={"KUBECONFIG": self.config})

    def of(self, found: Project) -> str:
        """The labels of all that the newest run of a project has there."""
        return f"run.runner/run={json.loads(found.cli('runs', '--json').ok().out)[0]['run']}"

    def left(self, found: Project) -> str:
        """Objects of the newest run; pods that are about to go are gone."""
        limit = time.monotonic() + 60
        while True:
            told = kubectl("get", "jobs,pods,configmaps,leases", "-l", self.of(found), "-o", "name")
            if not told or time.monotonic() > limit:
                return told
            time.sleep(0.5)

    def running(self, found: Project, step: str = "a") -> str:
        """The pod of a step, once its container runs."""
        limit = time.monotonic() + 120
        while time.monotonic() < limit:
            if found.exists(".runner/index.jsonl"):
                words = ("-o", "jsonpath={.items[?(@.status.phase=='Running')].metadata.name}")
                told = kubectl("get", "pods", "-l", f"{self.of(found)},run.runner/node={node_id(step)}", *words).split()
                if told:
                    return told[0]
            time.sleep(0.2)
        raise AssertionError("no pod runs")

    def close(self) -> None:
        for kind, name in self.made:
            kubectl("delete", kind, name, "--ignore-not-found", "--wait=false")
        self.make(on_claim(self.mark, self.image, self.claim, ["rm", "-rf", self.home]))
        kubectl("wait", "pod", self.mark, "--for=jsonpath={.status.phase}=Succeeded", "--timeout=120s")
        kubectl("delete", "pod", self.mark, "--wait=false")
