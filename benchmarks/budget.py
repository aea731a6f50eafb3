"""Where each microsecond of a step goes: a chain of steps that do nothing, every stage of the loop timed by itself.

    python benchmarks/budget.py [STEPS] [ROUNDS]      1000 steps, the best of 5 rounds

A stage's time is without the stages inside it; each holds the cost of timing it, about half a microsecond.
"""

from __future__ import annotations

import contextlib
import functools
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

# what is timed -> module, class ("" for a function), name
STAGES = {
    "machine: what to start": ("runner.run.machine", "Machine", "next"),
    "machine: what an end means": ("runner.run.machine", "Machine", "ended"),
    "call: values of the step": ("runner.run.traverse", "", "make_call"),
    "call: id, cache, start record": ("runner.run.traverse", "Driver", "_prepare"),
    "journal: write": ("runner.store.journal", "Journal", "flush"),
    "agent: environment, log, argv": ("runner.agent.attempt", "Attempt", "start"),
    "spawn: fork and exec": ("runner.agent.spawn", "", "spawn"),
    "view: a line an event": ("runner.run.traverse", "Driver", "_show"),
    "executor: start, register": ("runner_executors.local_executor", "Local", "start"),
    "executor: wait for the command": ("runner_executors.local_executor", "Local", "poll"),
    "spawn: wait4, what is left": ("runner.agent.attempt", "Attempt", "_advance"),
    "agent: judge, outputs, record": ("runner.agent.outcome", "", "of_process"),
    "driver: commit": ("runner.run.traverse", "Driver", "_ended"),
    "driver: the loop itself": ("runner.run.traverse", "Driver", "walk"),
}


class Clock:
    """Seconds by stage, each without what it calls."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = dict.fromkeys(STAGES, 0.0)
        self._inside: list[float] = []

    def timed(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, timed."""

        @functools.wraps(function)
        def run(*args: Any, **named: Any) -> Any:
            self._inside.append(0.0)
            began = time.perf_counter()
            try:
                return function(*args, **named)
            finally:
                took = time.perf_counter() - began
                self.spent[stage] += took - self._inside.pop()
                if self._inside:
                    self._inside[-1] += took

        return run

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Time the stages."""
        from importlib import import_module

        for stage, (module, owner, name) in STAGES.items():
            where: Any = import_module(module)
            where = getattr(where, owner) if owner else where
            setattr(where, name, self.timed(stage, getattr(where, name)))
        yield


def write(folder: Path, steps: int) -> None:
    """A chain of `true`."""
    lines = [f'[steps.s{n}]\ncommand = ["true"]\n' + (f'needs = ["s{n - 1}"]\n' if n else "") for n in range(steps)]
    (folder / "pipeline.toml").write_text('name = "chain"\n' + "\n".join(lines))


def once(steps: int) -> dict[str, float]:
    """Microseconds a step by stage, of a run in this process with a kept plan; and what is outside the loop."""
    from runner import cli

    with tempfile.TemporaryDirectory() as name:
        write(Path(name), steps)
        os.chdir(name)
        quiet = contextlib.redirect_stderr(io.StringIO())
        with quiet:
            cli.main(["up", "-j", "1"])  # plans, and keeps the plan
        clock = Clock()
        with clock.watching(), quiet:
            began = time.perf_counter()
            code = cli.main(["up", "-j", "1"])
            whole = time.perf_counter() - began
        os.chdir("/")
        assert code == 0
    spent = {stage: seconds * 1e6 / steps for stage, seconds in clock.spent.items()}
    return {**spent, "start and end of the run": (whole - sum(clock.spent.values())) * 1e6 / steps}


def main(steps: int = 1000, rounds: int = 5) -> None:
    """The best of some rounds, each in a process of its own."""
    found = [
        json.loads(subprocess.check_output([sys.executable, __file__, "--once", str(steps)])) for _ in range(rounds)
    ]
    best = min(found, key=lambda one: sum(one.values()))
    print(f"{steps} steps, the best of {rounds} rounds; us a step")
    for stage, spent in best.items():
        print(f"{stage:<32} {spent:7.1f}")
    print(f"{'all':<32} {sum(best.values()):7.1f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--once"]:
        print(json.dumps(once(int(sys.argv[2]))))
    else:
        main(*map(int, sys.argv[1:]))
