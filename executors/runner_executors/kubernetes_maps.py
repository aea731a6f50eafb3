"""Plan and agent as immutable ConfigMaps: what a pod needs to run any node of a run."""

from __future__ import annotations

import bz2
import hashlib
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from runner import __version__
from runner.rules.keys import dumps
from runner.run.packed import carried
from runner_executors.kubernetes_pod import Maps

Table = dict[str, Any]
PIECE = 700_000  # bytes of a plan in one ConfigMap, which holds a megabyte, encoded
MOST = 8  # pieces; a mebibyte each is what a cluster's store is asked to bear


class TooLarge(Exception):
    """A plan that does not fit; says how large it is."""


def maps(plan: bytes, facts: Mapping[str, Any], prefix: str) -> tuple[Maps, list[Table]]:
    """Names and documents of the ConfigMaps of a plan.

    plan: its JSON. facts: what `run.json` holds beside the run's id. prefix: of the names. Raises TooLarge.
    """
    data = bz2.compress(plan, 9)  # unlike what deflates, the same bytes everywhere
    pieces = [data[start : start + PIECE] for start in range(0, len(data), PIECE)]
    if len(pieces) > MOST:
        raise TooLarge(f"the plan has {len(data):,} bytes, compressed; {PIECE * MOST:,} fit into its ConfigMaps")
    names = [f"{prefix}-plan-{number}" for number in range(len(pieces))]
    held = [{f"plan.json.bz2.{number:02}": piece} for number, piece in enumerate(pieces)]
    held[0]["run.json"] = dumps(facts)
    agent = f"{prefix}-agent"
    documents = [_document(agent, {"agent.pyz": carried()})]
    documents += [_document(name, files) for name, files in zip(names, held, strict=True)]
    return Maps(agent, names), documents


def _document(name: str, files: Mapping[str, bytes]) -> Table:
    text = {key: b64encode(data).decode("ascii") for key, data in files.items()}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name},
        "immutable": True,
        "binaryData": text,
    }


def facts(plan: Mapping[str, Any], executor: str) -> Table:
    """What `run.json` holds of every run of this plan by an executor."""
    return {
        "v": 1,
        "pipeline": plan["name"],
        "plan": plan["digest"],
        "executor": {"type": executor},
        "profile": plan["profile"]["name"],
        "selected": None,
        "runner_version": __version__,
    }


def mark(plan: Mapping[str, Any]) -> str:
    """A short name for a plan and the agent that runs it: a prefix for ConfigMaps that other runs may share."""
    agent = hashlib.sha256(carried()).hexdigest()
    return hashlib.sha256(f"{plan['digest']} {agent}".encode()).hexdigest()[:10]
