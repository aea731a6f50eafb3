"""The suite that others subclass: it fails what does not conform, and tells it as a table."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CONFTEST = 'pytest_plugins = ["runner.testing.fixtures"]\n'
TESTS = """
from runner.store.memory import Memory
from runner.testing.conformance import Executors, RunLogs, Serialisers

class Forgets(Memory):
    def create(self, key, value):
        self.put(key, value)
        return True

class TestForgets(RunLogs):
    lasts = False
    def make(self, path):
        return Forgets()

class TestMemory(RunLogs):
    lasts = False
    test_closing_twice_is_no_fault = None
    def make(self, path):
        return Memory()
"""


def test_what_does_not_conform_fails_and_the_table_says_where(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_mine.py").write_text(TESTS)
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=no"]
    done = subprocess.run([sys.executable, *words], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1
    lines = {
        tuple(line.split()[-2:]): line for line in done.stdout.splitlines() if " passed" in line or "failed" in line
    }
    assert "== conformance: run log ==" in done.stdout.replace("===", "=")
    assert lines["failed", "passed"].startswith(("r1 the first create wins", "create loses to an earlier put"))
    assert "Forgets  Memory" in done.stdout
