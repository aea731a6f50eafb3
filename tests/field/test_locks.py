"""Reported in the field: runs that shut each other out for nothing, stay shut out for ever, or overwrite each other."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

from runner.testing.project import Project

Make = Callable[..., Project]


def pipeline(name: str, output: str) -> str:
    """Writes one file when it is told to go on; notes when it began and ended."""
    return f"""
name = "{name}"
[steps.a]
inputs = ["in.txt"]
outputs = ["{output}"]
shell = '''
echo "$(date +%s%N) began" >> {name}.log
until test -e go; do sleep 0.01; done
cp in.txt {output}
echo "$(date +%s%N) ended" >> {name}.log
'''
"""


def times(made: Project, name: str) -> list[int]:
    return [int(line.split()[0]) for line in made.read(f"{name}.log").splitlines()]


def test_field_5_locks_not_for_a_shared_input(project: Make) -> None:
    made = project({"one.toml": pipeline("one", "o1"), "two.toml": pipeline("two", "o2"), "in.txt": "x"})
    both = [made.popen("up", f"{name}.toml") for name in ("one", "two")]
    made.wait(lambda: made.exists("one.log") and made.exists("two.log"))
    made.write({"go": ""})
    for process in both:
        process.communicate(timeout=30)
        assert process.returncode == 0
    (began, ended), (second, end) = times(made, "one"), times(made, "two")
    assert began < end and second < ended  # they ran at the same time


def test_field_5_locks_are_gone_with_their_process(project: Make) -> None:
    made = project({"one.toml": pipeline("one", "o1"), "in.txt": "x"})
    killed = made.popen("up", "one.toml")
    made.wait(lambda: made.exists("one.log"))
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    made.write({"go": ""})
    made.run("up", "one.toml").ok()  # nothing to unlock
    assert made.read("o1") == "x"


def test_field_5_locks_for_one_output_of_two_runs(project: Make) -> None:
    made = project({"one.toml": pipeline("one", "o1"), "other.toml": pipeline("other", "o1"), "in.txt": "x"})
    first = made.popen("up", "one.toml", "--name", "the-first")
    made.wait(lambda: made.exists("one.log"))
    for file in ("one.toml", "other.toml"):
        made.run("up", file).exits(4).says(
            "the-first", str(first.pid), "o1"
        )  # the first can't end yet: nobody waited for it
    made.write({"go": ""})
    first.communicate(timeout=30)
    assert first.returncode == 0
    assert made.read("o1") == "x" and not made.exists("other.log") and len(times(made, "one")) == 2
