"""What `runner render` of a thousand steps takes over a start: processor time and wall time of the whole process.

    python benchmarks/render.py [ROUNDS]      the best of 9 rounds

`plan` of the same pipeline stands beside it: what is above that is the Workflow, its text and what pods carry.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

N = 1000
SHAPES: dict[str, Callable[[int], Iterable[int]]] = {
    "chain": lambda i: [i - 1] if i else [],
    "fan-out": lambda i: [0] if 0 < i < N - 1 else range(1, N - 1) if i else [],
    "10 x 100 dense": lambda i: range(i // 100 * 100 - 100, i // 100 * 100) if i >= 100 else [],
}
WORDS = ("pipeline.toml", "--profile", "std:argo", "--set", "executor.image=box:1")
COMMANDS = {"--help": ("--help",), "plan": ("plan", *WORDS, "--json"), "render": ("render", *WORDS)}


def once(folder: Path, words: tuple[str, ...]) -> tuple[float, float]:
    """Seconds of processors, and of the clock."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    argv = [sys.executable, "-m", "runner", *words]
    subprocess.run(argv, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return busy, time.perf_counter() - began


def main() -> None:
    """A line a shape."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    print(f"{os.getloadavg()[0]:.1f} processes want one of {os.cpu_count()} processors")
    for name, needs in SHAPES.items():
        with tempfile.TemporaryDirectory() as folder:
            steps = (f"[steps.s{i}]\nshell = ':'\nneeds = {[f's{other}' for other in needs(i)]}" for i in range(N))
            Path(folder, "pipeline.toml").write_text("\n".join(["name = 'large'", *steps]))
            found = {verb: [once(Path(folder), words) for _ in range(rounds)] for verb, words in COMMANDS.items()}
        busy = {verb: min(one for one, _ in runs) * 1000 for verb, runs in found.items()}
        wall = {verb: min(one for _, one in runs) * 1000 for verb, runs in found.items()}
        start = busy["--help"], wall["--help"]
        over = [f"{verb} {busy[verb] - start[0]:.0f} ({wall[verb] - start[1]:.0f})" for verb in ("plan", "render")]
        print(f"{name:15} ms of processor (and of the clock) over a start of {start[0]:.0f}: {', '.join(over)}")


if __name__ == "__main__":
    main()
