"""A fresh project folder for one run of one tool, and the run itself: seconds, memory, system calls.

The interface is that of the script which times many runners (`--peers`), so that its tools run here and ours there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, NamedTuple

from tools import WORKERS

MARKS = ".marks"


class Ran(NamedTuple):
    """One run: seconds on the clock, of processors; megabytes of the largest process; processors used by others."""

    wall: float
    cpu: float
    rss: float
    others: float


class Failed(Exception):
    """A tool did not do what it should; says what it said."""


class Place:
    """A folder. `cmd`: what a shell step runs; `result`: where the last Python step leaves its number."""

    def __init__(self, tool: Any, home: Path, venv: Path | None, cmd: str = "true") -> None:
        self.path = Path(tempfile.mkdtemp(prefix="bench-"))
        self.cmd, self.result, self.venv = cmd, self.path / "result.txt", venv
        self.python = str(venv / "bin" / "python") if venv else sys.executable
        first = [str(venv / "bin")] if venv else []
        path = os.pathsep.join([*first, "/usr/local/bin", "/usr/bin", "/bin"])
        self.env = {"PATH": path, "HOME": str(home), "LANG": "C.UTF-8", "DO_NOT_TRACK": "1", **tool.env}

    def put(self, name: str, text: str, **values: object) -> str:
        """Write a file; <<KEY>> in the text becomes the value of KEY."""
        for key, value in {"CMD": self.cmd, "RESULT": self.result, "WORKERS": WORKERS, **values}.items():
            text = text.replace(f"<<{key}>>", str(value))
        target = self.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text.lstrip("\n"))
        return name

    def bin(self, name: str) -> str:
        """A program of the tool's own environment, else of PATH."""
        own = self.venv / "bin" / name if self.venv else None
        return str(own) if own and own.exists() else shutil.which(name) or name

    def run(self, argv: list[str], limit: float = 600) -> Ran:
        """Run to the end. Raises Failed."""
        log = self.path / ".said"
        before = _busy()
        with open(log, "wb") as sink:
            began = time.perf_counter()
            process = subprocess.Popen(
                argv, cwd=self.path, env=self.env, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink
            )
            timer = threading.Timer(limit, process.kill)
            timer.start()
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.perf_counter() - began
            timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said = log.read_text(errors="replace")[-2000:]
            raise Failed(f"{' '.join(argv[:4])}: exit code {process.returncode}\n{said}")
        cpu = usage.ru_utime + usage.ru_stime
        return Ran(wall, cpu, usage.ru_maxrss / 1024, max(0.0, _busy() - before - cpu) / wall)

    def calls(self, argv: list[str]) -> int | None:
        """System calls of the tool and of all that it starts; None where they can't be counted."""
        strace = shutil.which("strace")
        if strace is None:
            return None
        table = self.path / ".calls"
        try:
            self.run([strace, "-f", "-c", "-o", str(table), *argv])
            total = next(line for line in table.read_text().splitlines() if line.endswith(" total"))
            return int(total.split()[3])
        except (Failed, OSError, StopIteration, ValueError, IndexError):
            return None

    def marks(self) -> int:
        """How many steps have left a mark."""
        file = self.path / MARKS
        return len(file.read_text().split()) if file.exists() else 0

    def remove(self) -> None:
        """Take it away."""
        shutil.rmtree(self.path, ignore_errors=True)


def _busy() -> float:
    """Seconds of processors that all processes of the machine have used so far."""
    try:
        with open("/proc/stat") as file:
            user, nice, system = (int(word) for word in file.readline().split()[1:4])
    except OSError:
        return 0.0
    return (user + nice + system) / os.sysconf("SC_CLK_TCK")
