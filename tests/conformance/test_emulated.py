"""The pod protocol gives the runs that the local executor gives: shapes through `execute-node` (PROTOCOL 2.6, R9)."""

from __future__ import annotations

from typing import Any

PODS = ("--set", "executor.type=emulated", "--set", "run-log.type=chunked-fs")


def test_r9_agents_give_the_same_projection(shaped: Any) -> None:
    found = shaped.make()
    run = found.cli("up", "pipeline.toml", "--json", *PODS).exits(shaped.code).json()
    recorded = found.cli("show", "@last", "--json").ok().json()
    assert {name: recorded[name] for name in run} == run
    shaped.compare(run)
