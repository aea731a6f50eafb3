"""A project and a cluster that fails as it is told to: `up` runs the one on the other."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Generic, TypeVar

from runner.testing.claimed import claimed
from runner.testing.cluster import Cluster
from runner.testing.project import Outcome, Project

Kind = TypeVar("Kind", bound=Cluster)


class Fake(Generic[Kind]):
    """cluster: makes it, in a folder. claim: where its pods find run log and catalog."""

    def __init__(self, found: Project, text: str, executor: str, cluster: Callable[[Path], Kind]) -> None:
        self.found = found.allow("tmp")
        self.claim = found.tmp / "claim"
        folder = found.tmp / "cluster"
        folder.mkdir()
        self.cluster = cluster(folder)
        self.cluster.put("persistentvolumeclaims", {"metadata": {"name": "runner-volume"}})
        profile = claimed(executor, "box:1", str(self.claim))
        found.write({"pipeline.toml": text, "profiles/k.toml": profile})

    def config(self) -> str:
        """The path of the kubeconfig."""
        path = self.cluster.folder / "kubeconfig"
        return str(path) if path.exists() else self.cluster.kubeconfig()

    def up(self, *words: str, env: Mapping[str, str] | None = None) -> Outcome:
        return self.found.cli("up", "--profile", "k", *words, env={"KUBECONFIG": self.config(), **(env or {})})

    def begin(self, *words: str) -> subprocess.Popen[str]:
        """`up` as a process."""
        return self.found.popen("up", "--profile", "k", *words, env={"KUBECONFIG": self.config()})

    def nodes(self) -> dict[str, Any]:
        """Of the newest run, by label."""
        return self.found.cli("show", "@last", "--json").ok().nodes()

    def run(self) -> str:
        """The id of the newest run."""
        return str(json.loads(self.found.cli("runs", "--json").ok().out)[0]["run"])

    def left(self) -> list[str]:
        """Objects of ours that are still there."""
        kinds = ("workflows", "jobs", "pods", "configmaps", "leases")
        return [name for kind in kinds for name in self.cluster.kind(kind)]
