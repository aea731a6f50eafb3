"""What a runner of this field got wrong, and ours must not: what a run costs, what it leaves alone."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.testing.project import Outcome, Project

Make = Callable[..., Project]


def up(made: Project, *words: str, **env: str) -> Outcome:
    return made.cli("up", "pipeline.toml", "--json", *words, env=env)


# what a run costs

GIT = """#!/bin/sh
echo x >> "$COUNTED"
exit 128
"""


@pytest.mark.parametrize("steps", [1, 12])
def test_no_step_asks_git(project: Make, steps: int) -> None:
    text = 'name = "x"\n' + "".join(f'[steps.s{n}]\npython = "w:f"\n' for n in range(steps))
    made = project({"pipeline.toml": text, "w.py": "def f(): pass\n", "bin/git": GIT})
    counted = made.path("counted")
    path = os.pathsep.join((str(made.path("bin")), os.path.dirname(sys.executable), os.environ["PATH"]))
    said = up(made, PATH=path, COUNTED=str(counted)).ok()
    assert (len(counted.read_text().splitlines()) if counted.exists() else 0) <= 3
    assert "git" not in said.err


def written(made: Project) -> int:
    kept = [path for path in made.files(".runner/**/*") if "/logs/" not in path]
    return sum(made.path(path).stat().st_size for path in kept)


@pytest.mark.parametrize("log", ["file-system", "chunked-fs"])
@pytest.mark.parametrize("shape", ["chain", "items"])
def test_a_step_costs_the_store_the_same_however_many_there_are(project: Make, log: str, shape: str) -> None:
    sizes = []
    for count in (50, 200):
        if shape == "chain":
            steps = "".join(
                f"[steps.s{n}]\nstub = {{ returns = {{ r{n} = {n} }} }}\n" + (f'needs = ["s{n - 1}"]\n' if n else "")
                for n in range(count)
            )
        else:
            steps = f"[steps.m]\nfor-each = {{ i = {{ range = {count} }} }}\nstub = {{ returns = {{ r = 1 }} }}\n"
        made = project({"pipeline.toml": f'name = "x"\n{steps}'})
        up(made, "--set", f"run-log.type={log}").ok()
        sizes.append(written(made))
    assert sizes[1] < 4.4 * sizes[0]


def test_only_what_a_step_takes_is_on_its_record(project: Make) -> None:
    params = "\n".join(f'p{n} = "{"v" * 50}"' for n in range(300))
    steps = "".join(f'[steps.s{n}]\npython = "w:f"\n' for n in range(20))
    made = project({"pipeline.toml": f'name = "x"\n[params]\n{params}\n{steps}', "w.py": "def f(p7): pass\n"})
    ended = up(made).ok()
    assert list(ended.nodes()["s3"]["params_in"]) == ["p7"]
    journal = next(path for path in made.files(".runner/**/*") if path.endswith("journal"))
    assert made.path(journal).stat().st_size < 150_000


# what a run leaves alone


def opened() -> list[str]:
    """What the descriptors of this process lead to."""
    found = [f"/proc/self/fd/{fd}" for fd in os.listdir("/proc/self/fd")]
    return sorted(os.readlink(path) for path in found if os.path.exists(path))


def test_our_own_process_is_as_it_was(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "x"
                [steps.m]
                for-each = { i = ["1", "2", "3"] }
                secrets = ["TOKEN"]
                env = { LEAK = "1" }
                python = "wleak:f"
                """,
            "wleak.py": "import os, sys\ndef f(i): os.environ['LEAKED'] = i; assert sys.path.count(os.getcwd()) == 1\n",
        }
    )

    def state() -> list[object]:
        handlers = [signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD)]
        root = logging.getLogger()
        rest = [os.getcwd(), os.umask(os.umask(0)), sys.stdout, root.level, list(root.handlers), "wleak" in sys.modules]
        return [list(sys.path), dict(os.environ), handlers, rest, opened()]

    up(made, TOKEN="abcd-1234").ok()  # what is imported and opened once
    before = state()
    up(made, TOKEN="abcd-1234").ok()
    assert state() == before


def test_nothing_lies_about_afterwards(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "x"
                [steps.give]
                python = "w:give"
                returns = [{ name = "o", kind = "object" }]
                outputs = ["out/a.txt"]
                [steps.take]
                python = "w:take"
                """,
            "w.py": "def give(): open('out/a.txt', 'w').close(); return {1}\ndef take(o): pass\n",
        }
    )
    up(made, PYTHONDONTWRITEBYTECODE="1").ok()
    assert [path for path in made.files() if not path.startswith(".runner/")] == ["out/a.txt", "pipeline.toml", "w.py"]


@pytest.mark.parametrize("name", ["runner", "runner_up", "runner.cli", "runner_executors"])
def test_importing_says_nothing(name: str, tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", f"import {name}"], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


EVIL = "__import__('os').system('touch evaluated')"


@pytest.mark.parametrize(
    ("where", "code"),
    [
        (f'for-each = {{ i = [1] }}\nreturns = ["r"]\nreduce = "lambda r: {EVIL}"\nshell = "true"', 3),
        (f'when = "{EVIL}"\nshell = "true"', 3),
        (f'command = ["echo", "${{{EVIL}}}"]', 3),
        (f'python = "{EVIL}"', 3),
        ('python = "w:f"', 0),
        ("command = ['echo', '${p}']", 0),
        ('when = "p != none"\nshell = \'echo "$RUNNER_PARAM_p"\'', 0),
    ],
)
def test_no_text_is_ever_evaluated(project: Make, where: str, code: int) -> None:
    made = project({"pipeline.toml": f'name = "x"\n[params]\np = ""\n[steps.a]\n{where}\n', "w.py": "def f(p): pass\n"})
    up(made, "--param", f"p={EVIL}").exits(code)
    assert not made.exists("evaluated")
