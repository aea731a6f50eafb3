"""Completion of a command line: what is offered where, in bash, zsh and fish as they are installed."""

from __future__ import annotations

import json
import os
import pty
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runner.cli import VERBS
from runner.commands.completing import candidates
from runner.commands.completion import SCRIPTS
from runner.testing.project import Project

FILES = {
    "pipeline.toml": """
        include = ["parts/*.toml"]
        [params]
        rate = 0.1
        [steps.fetch]
        shell = "true"
        tags = ["nightly"]
        [steps.train.steps.fit]
        shell = "true"
    """,
    "parts/more.toml": '[steps.tidy]\nshell = "true"\n',
    "other.toml": '[steps.lonely]\nshell = "true"\n',
    "my pipe.toml": "",
    "grid.cue": "",
    "pyproject.toml": "",
    "profiles/night.toml": "",
    "profiles/noon.cue": "",
    "data/x.csv": "",
    ".hidden.toml": "",
    ".runner/index.jsonl": "".join(
        json.dumps({"run": f"01{n}", "name": name, "path": path, "status": "succeeded", "pipeline": "p"}) + "\n"
        for n, (name, path) in enumerate({"brisk-otter-1": "other.toml", "calm-crow-2": "pipeline.toml"}.items())
    ),
}
STEPS = ["fetch", "train", "train.fit", "tidy"]
TOMLS = ["grid.cue", "my pipe.toml", "other.toml", "pipeline.toml", "data/", "parts/", "profiles/"]

OFFERED = {
    "": [*VERBS],
    "pl": ["plan", "plugins"],
    "help sc": ["schema"],
    "--": ["--help", "--version"],
    "up ": TOMLS,
    "up p": ["pipeline.toml", "parts/", "profiles/"],
    "up parts/": ["parts/more.toml"],
    "up nowhere/": [],
    "up --fa": ["--fail-fast"],
    "up --fail-fast --fa": [],
    "up --only a --on": ["--only"],
    "up pipeline.toml --profile n": ["night", "noon"],
    "up --profile=ni": ["--profile=night"],
    "up --profile std:k": ["std:kubernetes"],
    "up --only ": STEPS,
    "up other.toml --from ": ["lonely"],
    "up --until t": ["train", "train.fit", "tidy"],
    "up --tag ": ["nightly"],
    "up --param ": ["rate="],
    "up --resume ": ["@last", "@failed", "calm-crow-2", "brisk-otter-1"],
    "up --resume --dr": ["--dry-run"],
    "up --jobs ": [],
    "up --output pl": ["plain"],
    "check pipeline.toml o": ["other.toml"],
    "graph --format d": ["dot"],
    "logs b": ["brisk-otter-1"],
    "logs brisk-otter-1 ": ["lonely"],
    "show @last ": STEPS,
    "show @last fetch --js": ["--json"],
    "retry calm-crow-2 fetch ti": ["tidy"],
    "render -o ": ["data/", "parts/", "profiles/"],
    "init --editor v": ["vscode"],
    "init --template hel": ["hello"],
    "catalog g": ["get", "gc"],
    "catalog ls --js": ["--json"],
    "explain std:fe": ["std:fetch"],
    "explain E230": ["E230"],
    "set --profile n": ["night", "noon"],
    "set steps.f": ["steps.fetch."],
    "set steps.train.fit.time": ["steps.train.fit.timeout"],
    "set max": ["max-parallel"],
    "explain pipeline.toml steps.fetch.ret": ["steps.fetch.returns", "steps.fetch.retry"],
    "up --set catalog.": ["catalog.type=", "catalog.path="],
    "completion ": ["bash", "zsh", "fish"],
    "nonsense ": [],
    "catalog nonsense ": [],
}


@pytest.mark.parametrize("line", OFFERED, ids=repr)
def test_a_line_offers(project: Callable[..., Project], monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    monkeypatch.chdir(project(FILES).root)
    assert [*candidates(line.split(" "), VERBS)] == OFFERED[line]


def test_every_verb_offers_its_options(project: Callable[..., Project]) -> None:
    for verb in VERBS:
        assert "--help" in candidates([verb, "--"], VERBS) or verb in ("catalog", "plugins")


def test_nothing_that_is_wrong_is_told(project: Callable[..., Project]) -> None:
    made = project({"pipeline.toml": "[", ".runner/index.jsonl": "{", "runner.toml": "="})
    for words in (["up", "--only", ""], ["catalog", "no", ""], ["logs", ""], ["logs", "x", ""], [], ["up", "a/b/"]):
        done = made.cli("complete-words", "zsh", *words).ok()
        assert done.err == ""
    made.cli("complete-words").ok()
    made.cli("--help").ok().silent("complete-words")


def test_it_is_quick_for_it_plans_nothing(project: Callable[..., Project]) -> None:
    made = project(FILES)
    code = "import sys; from runner.cli import main; main(sys.argv[1:]); print(*sys.modules)"
    for words in (["up", "--only", ""], ["logs", "@last", ""], ["up", "--profile", ""]):
        done = subprocess.run(
            [sys.executable, "-c", code, "complete-words", "fish", *words],
            cwd=made.root,
            env=made.environment(),
            capture_output=True,
            text=True,
            check=True,
        )
        loaded = set(done.stdout.splitlines()[-1].split())
        heavy = {
            "attr",
            "attrs",
            "jsonschema",
            "tomlkit",
            "importlib.metadata",
            "runner.plan.compile",
            "runner.run.fold",
        }
        assert not loaded & heavy


def test_the_script_says_where_to_put_it(project: Callable[..., Project]) -> None:
    made = project()
    for shell, script in SCRIPTS.items():
        assert made.cli("completion", shell).ok().out == script
        assert f"runner completion {shell}" in script.split("\n_runner")[0]
    made.cli("completion", "csh").exits(2).says("bash", "zsh", "fish")


# in the shells themselves


def shell_or_skip(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


@pytest.fixture
def place(project: Callable[..., Project], tmp_path: Path) -> Project:
    """A project in which shells find the command `runner`."""
    made = project({**FILES, "bin/runner": f'#!/bin/sh\nexec {sys.executable} -m runner "$@"\n'})
    made.path("bin/runner").chmod(0o755)
    return made


def environment(made: Project) -> dict[str, str]:
    paths = os.pathsep.join(entry for entry in sys.path if entry)
    env = {"PYTHONPATH": paths, "TERM": "dumb", "PYTHONDONTWRITEBYTECODE": "1"}
    return made.environment(env) | {"PATH": f"{made.path('bin')}:{os.environ['PATH']}"}


BASH = """
set -u
source <(runner completion bash)
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
_runner "$1"
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["pla"], ["plan"]),
        (["up", ""], ["grid.cue", r"my\ pipe.toml", *TOMLS[2:4], "bin/", *TOMLS[4:]]),
        (["up", "--only", "t"], ["train", "train.fit", "tidy"]),
        (["up", "--profile", "=", "ni"], ["night"]),
        (["up", "--profile", "=", "std", ":", "k"], ["kubernetes"]),
        (["up", "--profile", "std", ":"], ["argo", "docker", "emulated", "kubernetes", "local", "mock"]),
        (["up", "'my"], ["my pipe.toml"]),
        (["logs", "@last", "fe"], ["fetch"]),
    ],
    ids=" ".join,
)
def test_bash_completes(place: Project, words: list[str], offered: list[str]) -> None:
    done = subprocess.run(
        [shell_or_skip("bash"), "--norc", "-c", BASH, "runner", "runner", *words],
        cwd=place.root,
        env=environment(place),
        capture_output=True,
        text=True,
        check=True,
    )
    if words[-1] == ":":
        assert set(offered) <= set(done.stdout.split())
    else:
        assert done.stdout.splitlines() == offered
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("runner pla", ["plan\tshow what would run, what is cached, and why"]),
        ("runner up --only t", ["train", "train.fit", "tidy"]),
        ("runner up --profile=ni", ["--profile=night"]),
        ("runner logs @last fe", ["fetch"]),
        ("runner ", [f"{verb}\t{about}" for verb, about in VERBS.items()]),
    ],
)
def test_fish_completes(place: Project, line: str, offered: list[str]) -> None:
    done = subprocess.run(
        [shell_or_skip("fish"), "--no-config", "-c", f'runner completion fish | source; complete -C "{line}"'],
        cwd=place.root,
        env=environment(place),
        capture_output=True,
        text=True,
        check=True,
    )
    assert sorted(found.rstrip("\t") for found in done.stdout.splitlines()) == sorted(offered)
    place.allow("home")


class Typed:
    """A shell that somebody sits at: what is typed, and what it shows."""

    def __init__(self, words: list[str], cwd: Path, env: dict[str, str]) -> None:
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(cwd)
            os.execve(words[0], words, env)
        self.shown = ""

    def type(self, text: str) -> None:
        os.write(self.fd, text.encode())

    def wait(self, text: str) -> str:
        """What was shown since the last time, up to this text, which must come."""
        end = time.monotonic() + 20
        while text not in self.shown and time.monotonic() < end:
            if select.select([self.fd], [], [], 0.2)[0]:
                self.shown += os.read(self.fd, 4096).decode(errors="replace")
        assert text in self.shown, self.shown
        before, _, self.shown = self.shown.partition(text)
        return before

    def close(self) -> None:
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


SHOWS = {  # Ctrl-T shows the line, and takes it away
    "bash": """bind -x '"\\C-t": "echo \\"[$READLINE_LINE]\\"; READLINE_LINE="'""",
    "zsh": """autoload -U compinit; compinit -u -D
        shown() { print -r -- "[$BUFFER]"; BUFFER= }; zle -N shown; bindkey '^T' shown""",
}


@pytest.fixture(params=list(SHOWS))
def typed(request: pytest.FixtureRequest, place: Project) -> Iterator[Typed]:
    words = [shell_or_skip(request.param), *{"bash": ["--norc", "--noprofile"], "zsh": ["-f"]}[request.param], "-i"]
    made = Typed(words, place.allow("home").root, environment(place))
    for line in (*SHOWS[request.param].splitlines(), f'eval "$(runner completion {request.param})"', "echo rea''dy"):
        made.type(f"{line}\n")
    made.wait("ready\r\n")
    yield made
    made.close()


def test_a_press_of_tab_completes(typed: Typed) -> None:
    for text, whole in {
        "runner pla": "runner plan ",
        "runner up pipe": "runner up pipeline.toml ",
        "runner up my": r"runner up my\ pipe.toml ",
        "runner up --profile std:ku": "runner up --profile std:kubernetes ",
        "runner up --profile=std:ku": "runner up --profile=std:kubernetes ",
        "runner up --only fe": "runner up --only fetch ",
        "runner up --param ra": "runner up --param rate=",
        "runner up part": "runner up parts/",
        "runner set steps.fe": "runner set steps.fetch.",
    }.items():
        typed.type(f"{text}\t\x14")
        typed.wait(f"[{whole}]")
