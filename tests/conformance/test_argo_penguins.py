"""docs/argo.md, word for word: from an image to the report, on a real cluster.

As `test_argo_cluster`; beside it a Docker Engine with the image RUNNER_TEST_IMAGE (with pip), and RUNNER_TEST_LOAD, a
command that brings images of the engine to the cluster's nodes."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.testing.argo.live import POD, Workflows
from runner.testing.kubectl import kubectl
from runner.testing.project import Project

TOP = Path(__file__).resolve().parents[2]
IMAGE = os.environ.get("RUNNER_TEST_IMAGE", "runner-base:py311")
LOAD = os.environ.get("RUNNER_TEST_LOAD", "")
pytestmark = [
    pytest.mark.cluster,
    pytest.mark.heavy,
    pytest.mark.skipif(
        not (os.environ.get("RUNNER_TEST_CLUSTER") and LOAD),
        reason="RUNNER_TEST_CLUSTER or RUNNER_TEST_LOAD is not set: no cluster, or no way to bring images there",
    ),
]


def commands() -> list[list[str]]:
    """Of the page, without the line that installs and the one that goes to the folder."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", (TOP / "docs/argo.md").read_text(), re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks[1:] for line in block.splitlines()]
    return [shlex.split(line) for line in lines]


def test_from_nothing_to_penguins_on_argo(project: Callable[..., Project]) -> None:
    made = project(folder="examples/01-penguins")
    (made.checkout / "schema").symlink_to(TOP / "schema")
    unwanted = shutil.ignore_patterns(".venv", ".runner", "made", "__pycache__")
    shutil.copytree(TOP / "examples/01-penguins", made.root, dirs_exist_ok=True, ignore=unwanted)
    workflows = Workflows(IMAGE, os.environ.get("RUNNER_TEST_CLAIM", "runner-volume"))
    box = made.read("profiles/image.toml")
    made.write({"profiles/image.toml": box.replace("python:3.12-slim", IMAGE)})
    home = f'[run-log]\npath = "{workflows.home}/log"\n[catalog]\npath = "{workflows.home}/catalog"\n'
    labels = f'labels = {{ "{POD}" = "{workflows.mark}" }}\n'
    made.write({"profiles/argo.toml": made.read("profiles/argo.toml") + labels + home})
    env = {"KUBECONFIG": os.environ.get("KUBECONFIG") or os.path.expanduser("~/.kube/config")}
    try:
        for program, *words in commands():
            if program == "kubectl":
                kubectl(*[str(made.path(word)) if word.startswith("made/") else word for word in words])
                continue
            assert program == "runner"
            with made.popen(*words, env=env) as process:
                assert process.stderr is not None and process.stdout is not None
                seen = [line for line in process.stderr if not _live(line, words, made)]
                out = process.stdout.read()
            assert process.returncode == 0, f"{words}: {''.join(seen)}{out}"
            if words[0] == "build":
                subprocess.run([*shlex.split(LOAD), "penguins:1"], check=True, capture_output=True)
        assert "Torgersen" in made.read("report.html") and "succeeded" in out
    finally:
        kubectl("delete", "-f", str(made.path("made/argo/rights.yaml")), "--ignore-not-found")
        workflows.close()


def _live(line: str, words: list[str], made: Project) -> bool:
    """A line of `up` that tells an end while the Workflow goes on."""
    if words[0] == "up" and line.startswith("succeeded fetch"):
        phase = kubectl("get", "workflow", Workflows.name_of(made), "-o", "jsonpath={.status.phase}")
        assert phase == "Running"
        return True
    return False
