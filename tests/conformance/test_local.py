"""One meaning, however a run is recorded and wherever its steps work: shapes x run logs x isolation (PROTOCOL R9)."""

from __future__ import annotations

from runner.testing.conformance import Executors


class TestLocal(Executors):
    pass


class TestLocalIsolated(Executors):
    words = ("--isolate",)


class TestLocalChunked(Executors):
    words = ("--set", "run-log.type=chunked-fs")


class TestLocalBuffered(Executors):
    words = ("--set", "run-log.type=buffered", "--isolate")
    kept = False
