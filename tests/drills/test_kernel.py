"""Faults that the kernel itself gives: a disk that is full or read-only, limits, calls that it refuses.

What this machine does not let us do is skipped, with the reason.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.testing.drill import FILES, UP, Drill, every
from runner.testing.project import Outcome, Project

Made = Callable[..., Project]
APART = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]  # mounts of its own


def refused(*words: str) -> str | None:
    """Why a command is of no use here; None: it is."""
    if shutil.which(words[0]) is None:
        return f"there is no {words[0]}"
    done = subprocess.run(words, capture_output=True, text=True)
    return None if done.returncode == 0 else f"{words[0]}: {done.stderr.strip()[-100:]}"


def script(found: Project, text: str, *around: str) -> Outcome:
    """A shell script in the project, where $RUN starts the program; it stops at the first command that fails."""
    words = [*around, "bash", "-euc", text]
    env = found.environment({"RUN": " ".join(found.command())})
    done = subprocess.run(words, cwd=found.root, env=env, capture_output=True, text=True, timeout=120)
    return Outcome(done.returncode, done.stdout, done.stderr).silent("Traceback", "a fault of runner")


MOUNTS = pytest.mark.skipif(
    (why := refused(*APART, "mount", "-t", "tmpfs", "none", "/mnt")) is not None, reason=f"no mounts: {why}"
)
FILLS = """
name = "x"
[steps.a]
outputs = ["small"]
shell = "echo a >> log; echo 1 > small"
[steps.b]
needs = ["a"]
outputs = ["large"]
shell = "echo b >> log; head -c 300000 /dev/urandom > large"
[steps.c]
needs = ["b"]
shell = "echo c >> log; for i in $(seq 30000); do echo words; done"
"""


@MOUNTS
@pytest.mark.parametrize("size", ["24k", "64k", "360k"])
def test_a_disk_that_fills_up(project: Made, size: str) -> None:
    found = project({"pipeline.toml": FILLS})
    outcome = script(
        found,
        f"mkdir .runner; mount -t tmpfs -o size={size} none .runner\n"
        "code=0; $RUN up pipeline.toml --output plain || code=$?; echo first=$code\n"
        "cp log before; mount -o remount,size=64m .runner\n"
        "$RUN up pipeline.toml $(test -s .runner/index.jsonl && echo --resume) --json --output quiet",
        *APART,
    ).ok()
    first, _, rest = outcome.out.partition("\n")
    assert first in ("first=1", "first=4")
    assert any(text in outcome.err for text in ("No space left on device", "no room left on the disk"))
    run = Outcome(0, rest, "")
    assert set(run.statuses().values()) == {"succeeded"}
    before = found.read("before").split()
    kept = {label for label, node in run.nodes().items() if any("adopted" in one for one in node["attempts"])}
    assert found.read("log").split() == before + [name for name in "abc" if name not in kept]


@MOUNTS
def test_a_store_that_can_only_be_read(project: Made) -> None:
    found = project({"pipeline.toml": FILLS.replace("30000", "3")})
    read_only = "mount --bind .runner .runner; mount -o remount,ro,bind .runner"
    outcome = script(
        found,
        f"$RUN up pipeline.toml; {read_only}\n"
        "code=0; $RUN up pipeline.toml || code=$?; echo up=$code\n"
        "code=0; $RUN up pipeline.toml --resume || code=$?; echo resume=$code\n"
        "for verb in runs show 'logs @last c' 'plan pipeline.toml' 'check pipeline.toml'; do $RUN $verb; done\n",
        *APART,
    ).ok()
    outcome.says("up=4", "resume=4", "words", "Read-only file system")
    assert found.read("log").split() == ["a", "b", "c"]


@MOUNTS
def test_a_store_that_becomes_read_only_while_the_run_goes_on(project: Made, drill: Drill) -> None:
    away = "mount --bind .runner .runner; mount -o remount,ro,bind .runner"
    found = project({"pipeline.toml": FILLS.replace("30000", "3").replace("echo b >> log;", f"echo b >> log; {away};")})
    outcome = script(found, "code=0; $RUN up pipeline.toml || code=$?; echo up=$code", *APART)
    assert ("up=1" in outcome.out or "up=4" in outcome.out) and "Read-only file system" in outcome.err
    found.write({"pipeline.toml": FILLS.replace("30000", "3")})
    found.run("up", "--resume").ok()
    assert found.read("log").split() == ["a", "b", "b", "c"]


MANY = """
name = "x"
[steps.m]
for-each = { i = { range = 1500 } }
shell = "true"
returns = []
"""


def test_more_tasks_than_descriptors(project: Made) -> None:
    count = 1500 if every() else 300
    found = project({"pipeline.toml": MANY.replace("1500", str(count))})
    outcome = script(found, "ulimit -n 64; $RUN up pipeline.toml -j 400 --output quiet").ok()
    outcome.says("warning[W705]", f"{count:,} succeeded")


@pytest.mark.parametrize("count", range(5, 33) if every() else [5, 7, 9])
def test_hardly_any_descriptors(project: Made, count: int) -> None:
    found = project({"pipeline.toml": MANY.replace("1500", "3")})
    outcome = script(found, f"ulimit -n {count}; $RUN up pipeline.toml --output quiet || echo $?")
    assert outcome.out in ("", "1\n", "4\n")
    if outcome.out:
        outcome.says("Too many open files")
    found.run("up", "pipeline.toml").ok()


TRACE = pytest.mark.skipif((how := refused("strace", "-o", "/dev/null", "true")) is not None, reason=str(how))
CALLS = [
    ("fdatasync", "EIO", (0,)),
    ("fsync", "EIO", (0, 2)),
    ("rename", "ENOSPC", (0, 3)),
    ("mkdir", "EROFS", (1, 4, 9)),
    ("unlink", "EIO", (0, 4)),
    ("flock", "ENOLCK", (0, 1)),
    ("ftruncate", "EIO", (0,)),
    ("pidfd_open", "EMFILE", (0, 5)),
    ("vfork", "EAGAIN", (0, 3)),
    ("copy_file_range", "EIO", (0,)),
]
POINTS = [(call, error, at) for call, error, places in CALLS for at in (range(12) if every() else places[-1:])]


@TRACE
@pytest.mark.parametrize(("call", "error", "at"), POINTS)
def test_a_call_that_the_kernel_refuses(project: Made, drill: Drill, call: str, error: str, at: int) -> None:
    found = project(FILES).allow("tmp")
    words = ["strace", "-qq", "-o", str(Path(found.tmp, "calls")), "-e", f"trace={call}"]
    words += ["-e", f"inject={call}:error={error}:when={at + 1}+", *found.command(), *UP]
    done = subprocess.run(words, cwd=found.root, env=found.environment(), capture_output=True, text=True, timeout=120)
    assert done.returncode in (0, 1, 4), done.stderr
    Outcome(0, "", done.stderr).silent("Traceback", "a fault of runner")
    if done.returncode:
        assert os.strerror(getattr(__import__("errno"), error)) in done.stderr
    drill.resumed(found)
