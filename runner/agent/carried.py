"""What a pod has beside its stores: plan and run as files, secrets in its environment; and what it says at its end."""

from __future__ import annotations

import json
import os
import time
import zlib
from base64 import b64decode
from collections.abc import Iterable, Mapping
from typing import Any

from runner.agent.committed import Store
from runner.rules.answers import parameters
from runner.rules.bind import part_of
from runner.rules.keys import done_key, dumps, key_of, plan_key, run_key

Table = dict[str, Any]
PIECE = "plan.json.bz2."  # and a number: a plan is cut where one ConfigMap can't hold it
MOST = 4096  # bytes that Kubernetes keeps of a message
WORDS = 600  # characters of an error in it


def plan_text(path: str) -> bytes:
    """A plan: a file, a folder with `plan.json`, or one with it compressed, in pieces. Raises OSError."""
    if os.path.isdir(path):
        pieces = sorted(name for name in os.listdir(path) if name.startswith(PIECE))
        if pieces:
            import bz2  # not everywhere where other ways to bring a plan are

            return bz2.decompress(b"".join(_read(os.path.join(path, name)) for name in pieces))
        path = os.path.join(path, "plan.json")
    return _read(path)


def enter(path: str, text: bytes, digest: str, run: str, store: Store) -> None:
    """Write down plan and run where nobody has yet: who submits a run may not reach its run log. Raises OSError."""
    try:
        facts = json.loads(_read(os.path.join(path, "run.json")))
    except (FileNotFoundError, NotADirectoryError):
        return
    if store.get(run_key(run, "run")) is None:
        own: Table = {"name": run, "first": {"id": run, "name": run}, "parent": None, "scheduled": None}
        own.update({"start": time.time(), "date": time.strftime("%Y-%m-%d", time.gmtime()), **facts, "run": run})
        if "params" not in own:  # of a run that nobody has submitted: its parameters are those of the plan
            told = {**own["first"], "date": own["date"], "scheduled": own["scheduled"]}
            own["params"] = parameters(json.loads(text), told)
        store.create(plan_key(digest), text)
        store.create(run_key(run, "run"), dumps(own))
        store.flush()


def unpacked(text: str) -> Table:
    """What a driver tells in words of a command line. Raises ValueError."""
    found: Table = json.loads(zlib.decompress(b64decode(text)))
    return found


def adopt(store: Store, run: str, done: Iterable[Table]) -> None:
    """Commit what no agent of this run has made: adopted by a driver that does not reach the run log, or found in its
    cache. Raises OSError."""
    for record in done:
        store.create(done_key(run, record["id"], key_of(record["key"])), dumps(record))


def secrets_of(plan: Table, node: str, key: str, folder: str | None, environ: Mapping[str, str]) -> dict[str, str]:
    """Values of the secrets that a node declares, by name: from its variables, or from files below `folder`."""
    found: dict[str, str] = {}
    for secret in part_of(plan["nodes"][node], key_of(key)).get("do", {}).get("secrets", ()):
        if folder is not None and secret.get("file"):
            text = _read(os.path.join(folder, secret["env"], "value")).decode("utf-8", "surrogateescape")
            found[secret["name"]] = text.removesuffix("\n").removesuffix("\r")
        elif secret["env"] in environ:
            found[secret["name"]] = environ[secret["env"]]
    return found


def without(plan: Table, node: str, key: str, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without the variables that brought secrets."""
    names = {secret["env"] for secret in part_of(plan["nodes"][node], key_of(key)).get("do", {}).get("secrets", ())}
    return {name: text for name, text in environ.items() if name not in names}


def message(end: Mapping[str, Any]) -> bytes:
    """The end of an attempt as few bytes: what an orchestrator acts on, control values as `c0` to `c7`."""
    said: Table = {name: end[name] for name in ("status", "attempt", "exit", "reason") if name in end}
    said.update((f"c{number}", value) for number, value in enumerate(end.get("c") or ()))
    words = str((end.get("error") or {}).get("message") or "")[:WORDS]
    full = dumps({**said, "error": words} if words else said)
    return full if len(full) <= MOST else dumps(said)[:MOST]


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()
