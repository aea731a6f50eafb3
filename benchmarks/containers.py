"""What a step in a container costs beside a bare `docker run` of its image, and how much of that is saved by `warm`.

In each round all ways have their turn, each time another one first: a loop of `docker run --rm IMAGE COMMAND`, a chain
of as many steps, and the chain with `executor.warm`. A chain of one step, timed in the same round, is what a run costs
before its steps; it is taken off, and from the loop one `docker run`: median from median, since one round's difference
would be lost in the clock's noise where a step takes a hundredth of what its run does.

    python benchmarks/containers.py [--image runner-base:py311] [--steps 25] [--rounds 5] [--command true] [--out FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WAYS = ("bare", "cold", "warm")


def project(folder: Path, image: str, command: str, steps: int) -> Path:
    """A folder with a chain."""
    root = folder / f"chain-{steps}"
    root.mkdir()
    lines = ['name = "chain"']
    for number in range(steps):
        needs = f'needs = ["s{number - 1}"]\n' if number else ""
        lines.append(f"[steps.s{number}]\nshell = {json.dumps(command)}\n{needs}")
    (root / "pipeline.toml").write_text("\n".join(lines))
    (root / "profiles").mkdir()
    (root / "profiles/docker.toml").write_text(f'[executor]\ntype = "docker"\nimage = {json.dumps(image)}\n')
    return root


def words(way: str, image: str, command: str, steps: int) -> list[str]:
    """The command of a way."""
    if way == "bare":
        loop = f"i=0; while [ $i -lt {steps} ]; do docker run --rm {image} {command} || exit; i=$((i + 1)); done"
        return ["sh", "-c", loop]
    warm = f"executor.warm={'true' if way == 'warm' else 'false'}"
    return [sys.executable, "-m", "runner", "up", "--profile", "docker", "--set", warm]


def took(argv: list[str], root: Path) -> float:
    """Seconds of a command that succeeds. Raises CalledProcessError."""
    began = time.monotonic()
    subprocess.run(argv, cwd=root, check=True, stdin=subprocess.DEVNULL, capture_output=True)
    return time.monotonic() - began


def measured(image: str, command: str, steps: int, rounds: int) -> list[dict[str, list[float]]]:
    """Seconds that one step took, and that one and `steps` more took, by way, of each round."""
    found = []
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        roots = {count: project(Path(folder), image, command, count) for count in (1, 1 + steps)}
        for root in roots.values():
            took(words("cold", image, command, 1), root)  # the agent is made, the plan is kept
        for number in range(rounds):
            line = {}
            for place in range(len(WAYS)):
                way = WAYS[(number + place) % len(WAYS)]
                line[way] = [took(words(way, image, command, count), root) for count, root in roots.items()]
            found.append(line)
    return found


def told(lines: list[dict[str, list[float]]], steps: int) -> dict[str, float]:
    """Milliseconds a step by way, and their ratios."""

    def step(way: str) -> float:
        one, more = (statistics.median(line[way][which] for line in lines) for which in (0, 1))
        return (more - one) / steps * 1e3

    bare, cold, warm = map(step, WAYS)
    each = {"bare_ms": bare, "cold_ms": cold, "warm_ms": warm}
    return {**each, "cold_to_bare": cold / bare, "cold_to_warm": cold / warm}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--image", default="runner-base:py311")
    parser.add_argument("--command", default="true")
    parser.add_argument("--steps", type=int, default=25)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", help="append a line of JSON to this file")
    args = parser.parse_args()
    lines = measured(args.image, args.command, args.steps, args.rounds)
    figures = {name: round(figure, 2) for name, figure in told(lines, args.steps).items()}
    line = {"workload": "containers", "command": args.command, "n": args.steps, **figures, "rounds": lines}
    print(", ".join(f"{name} {figure}" for name, figure in figures.items()) + f"; load {os.getloadavg()[0]:.1f}")
    if args.out:
        with open(args.out, "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
