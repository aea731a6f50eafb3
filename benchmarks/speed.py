"""The runner beside make, ninja and doit: same machine, same run, one of each in every round.

    python benchmarks/speed.py                                     everything, medians of 5 rounds
    python benchmarks/speed.py --workload chain,noop --rounds 9
    python benchmarks/speed.py --venvs DIR                         DIR/doit/bin/doit is doit
    python benchmarks/speed.py --peers SCRIPT --tool runner,luigi  tools of a script that times many runners, too
    python benchmarks/speed.py --peers SCRIPT -- --tool runner --workload chain
                                                                   that script itself, with `runner` among its tools

A ratio is the median of the ratios of the rounds, ours over theirs. `others` is how many processors were busy with
something else meanwhile: above 0.3 the clock says little, the system calls a step (`--calls`) still do. JSON lines
go to `--out`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from peers import hand_over, tools_of
from place import MARKS, Failed, Place, Ran
from tools import missing, tools


class Case(NamedTuple):
    """A workload at a size. `method`: of the tool; `again`: the second run in a folder counts, not the first."""

    workload: str
    label: str
    method: str
    n: int
    again: bool = False


CASES = [
    Case("chain", "chain", "chain", 1000),
    Case("fanout", "fan-out, two at once", "fanout", 1000),
    Case("noop", "nothing to do", "noop", 1000, again=True),
    Case("pychain", "chain of Python steps", "pychain", 100),
    Case("map", "map of Python items, sum", "map", 100),
    Case("startup", "one step", "chain", 1),
    Case("startup", "--help", "help_text", 0),
    Case("startup", "check", "check", 200),
    Case("large", "long chain", "chain", 10_000),
]
ONLY_OURS = ("large",)
SMALL, MORE = 20, 100  # steps of the two chains whose difference is the calls of a step


class Timed(NamedTuple):
    """The rounds of one tool in one case; `first`: of a case that counts the second run, the real one before it."""

    runs: list[Ran]
    first: list[Ran]

    def wall(self) -> float:
        return statistics.median(run.wall for run in self.runs)


def venv_of(tool: Any, venvs: str | None) -> Path | None:
    """The folder of a tool's environment."""
    name = tool.name if tool.venv is None else tool.venv
    return Path(venvs).resolve() / name if venvs and name else None


def verify(tool: Any, case: Case, home: Path, venvs: str | None) -> None:
    """Once small, with steps that leave a mark: each must run exactly once, each sum be right. Raises Failed."""
    at = Place(tool, home, venv_of(tool, venvs))
    at.cmd = f"echo x >> {at.path / MARKS}"
    try:
        command = getattr(tool, case.method)(at, 3)
        at.run(command)
        wanted = {"chain": 3, "fanout": 5, "noop": 3}.get(case.method)
        if case.again:
            at.run(command)
        if wanted is not None and at.marks() != wanted:
            raise Failed(f"{at.marks()} of {wanted} steps ran")
        total = {"pychain": "3", "map": "6"}.get(case.method)
        if total is not None and at.result.read_text() != total:
            raise Failed("the result is wrong")
    finally:
        at.remove()


def once(tool: Any, case: Case, home: Path, venvs: str | None, found: Timed) -> None:
    """One run in a fresh folder."""
    at = Place(tool, home, venv_of(tool, venvs))
    try:
        command = getattr(tool, case.method)(at, case.n)
        if case.again:
            found.first.append(at.run(command))
        found.runs.append(at.run(command))
    finally:
        at.remove()


def rounds(case: Case, those: list[Any], home: Path, venvs: str | None, count: int) -> dict[str, Timed]:
    """All tools in turn, `count` times, each time another one first. Who fails is told and left out."""
    able = []
    for tool in those:
        try:
            verify(tool, case, home, venvs)
            able.append(tool)
        except (Failed, OSError) as error:
            print(f"{tool.name}, {case.label}: {error}", file=sys.stderr)
    found = {tool.name: Timed([], []) for tool in able}
    for number in range(count):
        for place in range(len(able)):
            tool = able[(number + place) % len(able)]
            once(tool, case, home, venvs, found[tool.name])
    return found


def ratio(ours: Iterable[Ran], theirs: Iterable[Ran]) -> float:
    """The median of the ratios, round by round."""
    return statistics.median(one.wall / other.wall for one, other in zip(ours, theirs, strict=True))


def calls_of(tool: Any, home: Path, venvs: str | None) -> float | None:
    """System calls that one more step of a chain costs, those of its command included."""
    counted = []
    for n in (SMALL, SMALL + MORE):
        at = Place(tool, home, venv_of(tool, venvs))
        try:
            counted.append(at.calls(tool.chain(at, n)))
        finally:
            at.remove()
    few, many = counted
    return None if few is None or many is None else (many - few) / MORE


def row(case: Case, name: str, timed: Timed, ours: Timed | None) -> dict[str, Any]:
    """One line of JSON."""
    line = {"workload": case.workload, "case": case.label, "n": case.n, "tool": name, "wall": timed.wall()}
    for field in ("cpu", "rss", "others"):
        line[field] = statistics.median(getattr(run, field) for run in timed.runs)
    line["walls"] = [run.wall for run in timed.runs]
    if ours is not None:
        line["ratio"] = ratio(ours.runs, timed.runs)
    if timed.first:
        line["first"] = statistics.median(run.wall for run in timed.first)
        if ours is not None:
            line["ratio_to_first"] = ratio(ours.runs, timed.first)
    return line


def cell(line: dict[str, Any] | None, wall: str = "wall", beside: str = "ratio") -> str:
    """What the table says of one tool: seconds, and how many times as long ours takes."""
    if line is None:
        return f"{'-':<16}"
    return f"{line[wall]:.3f} s{f' {line[beside]:.2f}x' if beside in line else '':<9}"


def told(case: Case, names: list[str], lines: list[dict[str, Any]]) -> list[str]:
    """The lines of the table."""
    by = {line["tool"]: line for line in lines}
    ours = lines[0]
    label = case.label + (f", {case.n:,}" if case.n > 1 else "")
    step = f"{ours['wall'] / case.n * 1e3:.2f}" if case.n > 1 and case.method != "check" else ""
    busy = max(line["others"] for line in lines)
    table = [f"{label:<30} {busy:>6.1f} {step:>8}   {''.join(cell(by.get(name)) for name in names)}".rstrip()]
    if "first" in ours:
        real = "".join(cell(by.get(name), "first", "ratio_to_first") for name in names)
        table.append(f"{'  beside the real run':<48}{real}".rstrip())
    return table


def derived(walls: dict[tuple[str, int], float], rss: float | None) -> list[str]:
    """What two cases tell together."""
    lines = []
    one, python, chain, long = (
        walls.get(key) for key in (("chain", 1), ("pychain", 100), ("chain", 1000), ("chain", 10_000))
    )
    if one is not None and python is not None:
        lines.append(f"a Python step over start: {(python - one) * 10:.2f} ms")
    if chain is not None and long is not None:
        lines.append(f"a step of 10,000 over one of 1,000: {long / chain / 10:.2f} times")
    if rss is not None:
        lines.append(f"memory of the long chain: {rss:.0f} MB")
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    every = list(dict.fromkeys(case.workload for case in CASES))
    parser.add_argument("--workload", default=",".join(every), help="comma-separated: " + ", ".join(every))
    parser.add_argument(
        "--tool", default="runner,make,ninja,doit", help="comma-separated; the first is compared with the rest"
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1.0, help="sizes are multiplied with this")
    parser.add_argument("--venvs", default=os.environ.get("PEERS_HOME"), help="root of environments (or PEERS_HOME)")
    parser.add_argument(
        "--peers", default=os.environ.get("PEERS_SCRIPT"), help="a script with more tools (or PEERS_SCRIPT)"
    )
    parser.add_argument("--calls", action="store_true", help="also count system calls a step (strace)")
    parser.add_argument("--out", help="append JSON lines to this file")
    parser.add_argument("rest", nargs="*", help="after --: words for the script of --peers")
    args = parser.parse_args()
    if args.rest:
        return hand_over(args.peers, args.rest)
    known = {**tools_of(args.peers), **{tool.name: tool for tool in tools()}}
    names, those = args.tool.split(","), []
    for name in names:
        why = missing(known[name], args.venvs) if name in known else "unknown"
        if why:
            print(f"skipped: {name} ({why})", file=sys.stderr)
        else:
            those.append(known[name])
    names = [tool.name for tool in those]
    print(f"{'':<30} {'others':>6} {'ms/step':>8}   {''.join(f'{name:<16}' for name in names)}".rstrip())
    home = Path(tempfile.mkdtemp(prefix="bench-home-"))
    walls: dict[tuple[str, int], float] = {}
    memory = None
    try:
        for case in CASES:
            if case.workload not in args.workload.split(","):
                continue
            case = case._replace(n=max(3, round(case.n * args.scale)) if case.n > 1 else case.n)
            able = [tool for tool in those if hasattr(tool, case.method)]
            if case.workload in ONLY_OURS:
                able = able[:1]
            found = rounds(case, able, home, args.venvs, args.rounds)
            first = next(iter(found.values()), None)
            lines = [row(case, name, one, first if one is not first else None) for name, one in found.items()]
            if not lines:
                continue
            print("\n".join(told(case, names, lines)), flush=True)
            walls[case.method, case.n] = lines[0]["wall"]
            memory = lines[0]["rss"] if case.workload in ONLY_OURS else memory
            note(args.out, lines)
        for line in derived(walls, memory):
            print(line)
        if args.calls:
            counted = [(tool.name, calls_of(tool, home, args.venvs)) for tool in those if hasattr(tool, "chain")]
            print("system calls a step: " + ", ".join(f"{name} {n:.0f}" for name, n in counted if n is not None))
            note(args.out, [{"workload": "calls", "tool": name, "calls": n} for name, n in counted])
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return 0


def note(path: str | None, lines: list[dict[str, Any]]) -> None:
    """Append to the file of results, if one is kept."""
    if path:
        with open(path, "a", encoding="utf-8") as file:
            file.writelines(json.dumps(line) + "\n" for line in lines)


if __name__ == "__main__":
    sys.exit(main())
