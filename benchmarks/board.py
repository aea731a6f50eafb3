"""What the live board costs: a fan-out of shell steps on a terminal, with the board and with `--output quiet`.

    python benchmarks/board.py                       1,000 steps, two at once, 5 pairs
    python benchmarks/board.py --steps 200 --pairs 9

One of each in every pair, in turns. A ratio is the median of those of the pairs, board over quiet: of seconds on the
clock, and of seconds of processors, which other work on the machine disturbs less.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import shutil
import statistics
import struct
import sys
import tempfile
import termios
import time
from pathlib import Path
from typing import NamedTuple

VIEWS = ("live", "quiet")


class Ran(NamedTuple):
    """One run: seconds on the clock, of processors; bytes that it wrote to its terminal."""

    wall: float
    cpu: float
    written: int


def run(argv: list[str], folder: Path) -> Ran:
    """Run on a terminal of its own of 80 x 24, whose other side only reads. Raises SystemExit when it fails."""
    began = time.perf_counter()
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.environ.update(TERM="xterm-256color", CI="", PYTHONPYCACHEPREFIX=str(folder.parent / "pycache"))
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # modules are compiled once, as where it is installed
        os.execv(argv[0], argv)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    written, last = 0, b""
    while True:
        try:
            last = os.read(terminal, 1 << 16)
        except OSError:  # the other side is closed
            break
        written += len(last)
    _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter() - began
    os.close(terminal)
    if status:
        raise SystemExit(f"{' '.join(argv)}: exit code {os.waitstatus_to_exitcode(status)}\n{last.decode()}")
    return Ran(wall, usage.ru_utime + usage.ru_stime, written)


def measure(steps: int, pairs: int, base: Path) -> list[dict[str, Ran]]:
    """The pairs; what runs first changes from one to the next, and none finds what an earlier one left."""
    folder = base / "project"
    folder.mkdir()
    (folder / "pipeline.toml").write_text("".join(f'[steps.s{n}]\nshell = "true"\n' for n in range(steps)))
    found = []
    for pair in range(pairs + 1):
        ran: dict[str, Ran] = {}
        for view in VIEWS if pair % 2 else VIEWS[::-1]:
            shutil.rmtree(folder / ".runner", ignore_errors=True)
            ran[view] = run([sys.executable, "-m", "runner", "up", "-j", "2", "--output", view], folder)
        if pair:  # the first warms the machine up
            found.append(ran)
            print("  ".join(f"{view} {one.wall:.2f} s {one.cpu:.2f} cpu" for view, one in sorted(ran.items())))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--pairs", type=int, default=5)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as base:
        found = measure(args.steps, args.pairs, Path(base))
    for what in ("wall", "cpu"):
        ratio = statistics.median(getattr(ran["live"], what) / getattr(ran["quiet"], what) for ran in found)
        print(f"{what}: {ratio:.3f}")
    print(f"bytes: {max(ran['live'].written for ran in found):,}")


if __name__ == "__main__":
    main()
