"""The pod protocol gives the runs that the local executor gives: shapes through `execute-node` (PROTOCOL 2.6, R9)."""

from __future__ import annotations

from runner.testing.conformance import Executors


class TestEmulated(Executors):
    words = ("--set", "executor.type=emulated", "--set", "run-log.type=chunked-fs")
