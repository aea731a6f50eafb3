"""Runs whose profile sends steps to other profiles come to what a run in one place comes to (PROTOCOL R9)."""

from __future__ import annotations

from runner.testing.conformance import Executors
from runner.testing.project import Project


class TestMixed(Executors):
    profile = "[run-log]\ntype = 'chunked-fs'\n[steps.'*a*']\nprofile = 'pods'\n"

    def chosen(self, found: Project) -> tuple[str, ...]:
        found.write({"profiles/pods.toml": "[executor]\ntype = 'emulated'\n"})
        return super().chosen(found)
