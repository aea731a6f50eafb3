"""What `up` says where the executor `docker` has no engine, or no library: exit 4, and what to do."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from runner.testing.project import Project

Made = Callable[..., Project]
FILES = {"pipeline.toml": "name = 'x'\n[steps.a]\nshell = 'true'\n"}
DOCKER = ("--set", "executor.type=docker", "--set", "executor.image=x")


def test_an_engine_that_does_not_answer(project: Made) -> None:
    pytest.importorskip("docker")
    found = project(FILES)
    said = found.cli("up", *DOCKER, env={"DOCKER_HOST": f"unix://{found.root}/none.sock"}).exits(4)
    said.says("error[E721]: no Docker Engine answers at `unix://", "= start it, or say in DOCKER_HOST where it is")
    assert not found.exists(".runner/runs")
    said = found.cli("up", *DOCKER, env={"DOCKER_HOST": "tcp://127.0.0.1:1"}).exits(4)
    said.says("no Docker Engine answers at `tcp://127.0.0.1:1`: Connection refused\n")


def test_a_library_that_is_not_installed(project: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "docker", None)
    said = project(FILES).cli("up", *DOCKER).exits(4)
    said.says("error[E720]: the executor `docker` needs the library `docker`", "pip install 'runner-up[docker]'")
