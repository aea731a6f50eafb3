"""What tests ask of a real cluster by `kubectl`, the cluster of KUBECONFIG."""

from __future__ import annotations

import subprocess
from typing import Any

from runner.testing.project import Project

Table = dict[str, Any]


def kubectl(*words: str, text: str = "", fine: tuple[str, ...] = ()) -> str:
    """What it prints; nothing, where it fails for a reason that is fine."""
    done = subprocess.run(["kubectl", *words], input=text, text=True, capture_output=True)
    if done.returncode and not any(word in done.stderr for word in fine):
        raise AssertionError(f"kubectl {' '.join(words)}: {done.stderr}")
    return done.stdout if not done.returncode else ""


def files_of(made: Project, name: str) -> Table:
    """The files of a project, as a ConfigMap."""
    files = {path.name: path.read_text() for path in made.root.iterdir() if path.is_file()}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": files}


def on_claim(name: str, image: str, claim: str, command: list[str]) -> Table:
    """A pod that does something with what lies on a claim."""
    main: Table = {"name": "main", "image": image, "imagePullPolicy": "Never", "command": command}
    main["volumeMounts"] = [{"name": "data", "mountPath": "/mnt"}]
    spec = {
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": 1,
        "securityContext": {"runAsUser": 1000},
        "containers": [main],
        "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": claim}}],
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}
