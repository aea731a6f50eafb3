"""The benchmark does what it says: every step runs once, sums are right, ratios are told. No time is judged."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SPEED = Path(__file__).parent.parent / "benchmarks" / "speed.py"
FIELDS = {"workload", "case", "n", "tool", "wall", "cpu", "rss", "others", "walls"}

# As the script with many runners is built: a class that registers what is derived from it, and a main().
MANY = """
import json, sys
TOOLS = {}

class Tool:
    name, venv, env = "", None, {}
    def __init_subclass__(cls):
        TOOLS[cls.name] = cls

class Sh(Tool):
    name, venv = "sh", ""
    def chain(self, at, n):
        return ["sh", at.put("steps.sh", "<<CMD>>\\n" * n)]

def main():
    ours = TOOLS["runner"]()
    print(json.dumps([sys.argv[1:], sorted(TOOLS), ours.venv, [m for m in dir(ours) if m in ("chain", "map", "noop")]]))
"""


def speed(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "TMPDIR": str(folder)}
    env = {name: value for name, value in env.items() if not name.startswith("PEERS_")}
    return subprocess.run(
        [sys.executable, str(SPEED), *words], env=env, capture_output=True, text=True, timeout=300, check=True
    )


def test_every_workload_is_verified_timed_and_compared(tmp_path: Path) -> None:
    out = tmp_path / "results.jsonl"
    ended = speed(tmp_path, "--scale", "0.001", "--rounds", "1", "--tool", "runner,make", "--out", str(out))
    assert ended.stderr == ""  # no step too few or too many, no wrong sum
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    ours = {line["case"]: line for line in lines if line["tool"] == "runner"}
    makes = {line["case"]: line for line in lines if line["tool"] == "make"}
    assert len(ours) == 9 and {"chain", "fan-out, two at once", "nothing to do", "one step"} == set(makes)
    assert all(line.keys() >= FIELDS for line in lines)
    noop = makes["nothing to do"]
    assert noop["ratio"] == pytest.approx(ours["nothing to do"]["wall"] / noop["wall"])
    assert noop["ratio_to_first"] == pytest.approx(ours["nothing to do"]["wall"] / noop["first"])
    assert "a Python step over start" not in ended.stdout  # other sizes than those that are promised
    assert [path for path in tmp_path.iterdir() if path != out] == []


def test_a_tool_that_is_not_there_is_named(tmp_path: Path) -> None:
    ended = speed(tmp_path, "--workload", "chain", "--scale", "0", "--rounds", "1", "--tool", "runner,doit,other")
    assert "skipped: doit" in ended.stderr and "skipped: other (unknown)" in ended.stderr


def test_tools_of_another_script_are_timed_here_and_ours_there(tmp_path: Path) -> None:
    script = tmp_path / "many.py"
    script.write_text(MANY)
    ended = speed(
        tmp_path, "--peers", str(script), "--tool", "runner,sh", "--workload", "chain", "--scale", "0", "--rounds", "1"
    )
    assert ended.stderr == "" and "sh" in ended.stdout.splitlines()[0]
    ended = speed(tmp_path, "--peers", str(script), "--", "--tool", "runner", "-n", "3")
    assert json.loads(ended.stdout) == [
        ["--tool", "runner", "-n", "3"],
        ["runner", "sh"],
        "",
        ["chain", "map", "noop"],
    ]


def test_containers_compare_what_steps_take_beyond_a_run_of_one() -> None:
    folder = str(SPEED.parent)
    code = (
        f"import sys; sys.path.insert(0, {folder!r})\n"
        "from containers import told\n"
        "rounds = [{'bare': [1, 5], 'cold': [n, 2 * n], 'warm': [2, 2.5]} for n in (2, 4)]\n"
        "print(told(rounds, 2))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    found = {"bare_ms": 2000.0, "cold_ms": 1500.0, "warm_ms": 250.0, "cold_to_bare": 0.75, "cold_to_warm": 6.0}
    assert said.strip() == str(found)


def test_the_cost_of_the_board_is_told_as_ratios_of_pairs(tmp_path: Path) -> None:
    argv = [sys.executable, str(SPEED.parent / "board.py"), "--steps", "3", "--pairs", "1"]
    ended = subprocess.run(
        argv, capture_output=True, text=True, env={**os.environ, "TMPDIR": str(tmp_path)}, check=True
    )
    pair, wall, cpu, written = ended.stdout.splitlines()
    assert pair.startswith("live ") and "quiet " in pair
    assert wall.startswith("wall: ") and cpu.startswith("cpu: ") and written.startswith("bytes: ")
    assert not list(tmp_path.iterdir())
