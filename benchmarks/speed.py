"""The runner beside make: a chain and a fan of steps that do nothing, on this machine. Takes the number of steps."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SHAPES = {"chain": 1, "fan": 2}  # name -> steps at once


def write(folder: Path, shape: str, steps: int) -> None:
    """The same graph as a pipeline and as a Makefile."""
    toml, rules = [f'name = "{shape}"\n'], []
    for n in range(steps):
        before = f"s{n - 1}" if shape == "chain" and n else ""
        toml.append(f'[steps.s{n}]\ncommand = ["true"]\n' + (f'needs = ["{before}"]\n' if before else ""))
        rules.append(f"s{n}: {before}\n\t@true\n")
    names = " ".join(f"s{n}" for n in range(steps))
    (folder / "pipeline.toml").write_text("\n".join(toml))
    (folder / "Makefile").write_text(f".PHONY: all {names}\nall: {names}\n" + "".join(rules))


def seconds(words: list[str], folder: Path) -> float:
    """How long a command takes; fails when it does."""
    began = time.perf_counter()
    subprocess.run(words, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began


def main(steps: int = 1000, rounds: int = 5) -> None:
    """Medians of paired runs."""
    print(f"{steps} steps, medians of {rounds}")
    for shape, jobs in SHAPES.items():
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write(folder, shape, steps)
            runner = [sys.executable, "-m", "runner", "up", "pipeline.toml", "-j", str(jobs)]
            pairs = [(seconds(runner, folder), seconds(["make", "-j", str(jobs)], folder)) for _ in range(rounds)]
            ours, makes = (statistics.median(column) for column in zip(*pairs, strict=True))
            ratio = statistics.median(one / other for one, other in pairs)
            print(f"{shape:<6} -j{jobs}   runner {ours:6.2f} s   make {makes:6.2f} s   {ratio:.2f} times")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
