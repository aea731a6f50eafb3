"""Runs whose profile sends steps to other profiles come to what a run in one place comes to (PROTOCOL R9)."""

from __future__ import annotations

from typing import Any

PODS = "[executor]\ntype = 'emulated'\n"
SOME = "[run-log]\ntype = 'chunked-fs'\n[steps.'*a*']\nprofile = 'pods'\n"


def test_r9_steps_in_several_places_give_the_same_projection(shaped: Any) -> None:
    found = shaped.make()
    found.write({"profiles/pods.toml": PODS, "profiles/some.toml": SOME})
    run = found.cli("up", "pipeline.toml", "--profile", "some", "--json").exits(shaped.code).json()
    recorded = found.cli("show", "@last", "--json").ok().json()
    assert {name: recorded[name] for name in run} == run
    shaped.compare(run)
