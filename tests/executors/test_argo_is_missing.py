"""`runner up --profile argo` where something is missing: exit code 4, what it is, and what to do; the whole text."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from runner.testing.argo.cluster import ArgoCluster
from runner.testing.fake import Fake
from runner.testing.golden import golden
from runner.testing.project import Project

pytest.importorskip("kubernetes")
GOLDENS = Path(__file__).parent / "missing"
TEXT = "name = 'x'\n[steps.a]\nshell = 'true'\nsecrets = ['TOKEN', 'PASSWORD']\n"
SECRETS = """
[secrets]
type = "kubernetes"
map = { TOKEN = { secret = "there", key = "token" }, PASSWORD = { secret = "gone", key = "password" } }
"""
Here = Fake[ArgoCluster]


def nowhere(here: Here) -> str:
    """A kubeconfig of a cluster that is switched off."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    path = here.cluster.folder / "off"
    path.write_text(Path(here.config()).read_text().replace(here.cluster.url, f"http://127.0.0.1:{port}"))
    return str(path)


def all_denied(here: Here) -> str:
    """Of a namespace that belongs to others."""
    here.cluster.denied = {
        f"{verb} {what}"
        for verb in ("create", "list", "watch", "patch", "get")
        for what in ("workflows", "configmaps", "pods")
    }
    return here.config()


def no_argo(here: Here) -> str:
    here.cluster.refuse.append(("GET workflows", 404, "the server could not find the requested resource"))
    return here.config()


def some(here: Here) -> str:
    """A cluster that has half of what the profile names."""
    here.cluster.put("secrets", {"metadata": {"name": "there"}, "data": {"other": ""}})
    here.cluster.delete("secrets", "gone")
    here.cluster.delete("persistentvolumeclaims", "runner-volume")
    return here.config()


NAMES = ["--set", "executor.service-account=me", "--set", "executor.pull-secrets=['registry']"]
CASES: Mapping[str, tuple[Callable[[Here], str | None], list[str]]] = {
    "no-kubeconfig": (lambda here: None, []),
    "no-answer": (nowhere, []),
    "wrong-context": (lambda here: here.config(), ["--set", "executor.context=prod"]),
    "no-namespace": (lambda here: here.config(), ["--set", "executor.namespace=ml"]),
    "forbidden-namespace": (all_denied, []),
    "no-argo": (no_argo, []),
    "no-names": (some, NAMES),
}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Any:
    found = Project(tmp_path_factory.mktemp("missing"))
    made = Fake(found, TEXT, "argo", lambda at: ArgoCluster(at, found.root, found.environment()))
    found.write({"profiles/k.toml": found.read("profiles/k.toml") + SECRETS})
    made.cluster.put("secrets", {"metadata": {"name": "there"}, "data": {"token": ""}})
    made.cluster.put("secrets", {"metadata": {"name": "gone"}, "data": {"password": ""}})
    yield made
    made.cluster.close()
    found.close()


@pytest.mark.parametrize("case", CASES)
def test_what_is_missing_is_told_with_the_way_out(here: Here, case: str) -> None:
    prepare, words = CASES[case]
    before, here.cluster.denied = json.dumps(here.cluster.objects), set()
    config = prepare(here)
    try:
        said = here.found.cli("up", "--profile", "k", *words, env={"KUBECONFIG": config}).exits(4)
    finally:
        here.cluster.objects = json.loads(before)
    text = said.err.replace(here.found.root.parent.as_posix(), "BASE")
    golden(GOLDENS / f"{case}.txt", re.sub(r"127\.0\.0\.1:\d+", "HOST", re.sub(r"port=\d+", "port=PORT", text)))
    assert not here.found.exists(".runner/index.jsonl") and not said.out
    assert not any(here.cluster.kind(kind) for kind in ("workflows", "configmaps"))
