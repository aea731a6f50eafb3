"""Reported in the field: yesterday's result for today's script, and days of work repeated for a word in the file."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from runner.testing.project import Outcome, Project

Make = Callable[..., Project]


def up(made: Project, *words: str) -> Outcome:
    return made.cli("up", "pipeline.toml", "--json", *words)


SCRIPTS = {
    "pipeline.toml": """
        name = "c"
        [steps.a]
        cache = true
        command = ["python3", "scripts/gen.py"]
        outputs = ["out.txt"]
        [steps.b]
        cache = true
        shell = "bash scripts/make.sh > b.txt"
        outputs = ["b.txt"]
        """,
    "scripts/gen.py": 'open("out.txt", "w").write("1")\n',
    "scripts/make.sh": "echo 1\n",
}


def test_field_b8_script_not_in_fingerprint(project: Make) -> None:
    made = project(SCRIPTS)
    up(made).ok()
    assert up(made).ok().statuses() == {"a": "cached", "b": "cached"}
    made.write({"scripts/gen.py": 'open("out.txt", "w").write("2")\n', "scripts/make.sh": "echo 2\n"})
    made.cli("plan", "pipeline.toml").says("runs: code scripts/gen.py changed", "runs: code scripts/make.sh changed")
    assert up(made).ok().statuses() == {"a": "succeeded", "b": "succeeded"}
    assert (made.read("out.txt"), made.read("b.txt")) == ("2", "2\n")
    made.write({name: SCRIPTS[name] for name in SCRIPTS if name.startswith("scripts")})
    assert up(made).ok().statuses() == {"a": "cached", "b": "cached"}
    assert (made.read("out.txt"), made.read("b.txt")) == ("1", "1\n")


def text(a: str = "", b: str = "exit 1", more: str = "", script: str = "echo a >> log", cached: bool = False) -> str:
    cache = 'cache = { code = ["code.txt"] }' if cached else ""
    return (
        f'name = "d"\n[steps.a]\n{cache}\nparams = []\nshell = "{script}"\n{a}\n'
        f'[steps.b]\nneeds = ["a"]\nparams = []\nshell = "echo b >> log; {b}"\n{more}\n'
    )


HARMLESS = {
    "defaults": {
        "more": '[defaults]\nresources = { memory = "4Gi", cpu = 2 }\nretry = { attempts = 1 }\ntimeout = "1h"'
    },
    "words": {"a": 'description = "d"\ntags = ["t"]'},
    "a-new-step": {"more": '[steps.c]\nshell = "true"'},
    "an-order": {"a": 'after = ["c"]', "more": '[steps.c]\nshell = "true"'},
    "a-limit": {"more": "max-parallel = 1"},
    "a-handler": {"a": 'on-failure = "h"', "more": '[handlers.h]\nshell = "true"'},
    "a-parameter-that-it-does-not-take": {"more": "[params]\nn = 1"},
    "a-secret": {"a": 'secrets = ["TOKEN"]'},
}
HARMFUL = {
    "env": {"a": 'env = { LEVEL = "2" }'},
    "interpreter": {"a": 'interpreter = "sh"'},
    "workdir": {"a": 'workdir = "sub"', "script": "echo a >> ../log"},
    "runtime": {"a": 'runtime = "venv"'},
    "image": {"a": 'image = "registry.example/tools:2"'},
    "outputs": {"a": 'outputs = [{ path = "o.txt", optional = true }]'},
    "inputs": {"a": 'inputs = ["code.txt"]'},
    "returns": {"a": 'returns = ["n"]', "script": "echo n=1 >> $RUNNER_RETURNS; echo a >> log"},
    "text": {"script": "echo a >> log; true"},
    "isolate": {"a": "isolate = true", "script": "true"},
}
EVERY = [
    *[pytest.param(change, False, id=name) for name, change in HARMLESS.items()],
    *[pytest.param(change, True, id=name) for name, change in HARMFUL.items()],
]


@pytest.mark.parametrize("cached", [False, True], ids=["resumed", "cached"])
@pytest.mark.parametrize(("change", "again"), EVERY)
def test_field_b9_definition_keys(project: Make, change: dict[str, str], again: bool, cached: bool) -> None:
    made = project({"code.txt": "", "sub/x": "", "venv/bin/python": "#!/bin/sh\n", ".env": "TOKEN=tok-123456\n"})
    with_secrets = ("--set", "secrets.type=dotenv")
    made.write({"pipeline.toml": text(cached=cached)})
    up(made, *with_secrets).exits(1)
    root = {name: line for name, line in change.items() if not line.startswith("max-parallel")}
    now = text(b="exit 0", cached=cached, **root)
    made.write({"pipeline.toml": now if root == change else f"max-parallel = 1\n{now}"})
    nodes = up(made, *with_secrets, *(() if cached else ("--resume",))).ok().nodes()
    ran = nodes["a"]["status"] == "succeeded" and "adopted" not in nodes["a"]["attempts"][-1]
    assert ran is again, nodes["a"]


def test_field_b11_moved_tag_another_tag_is_another_step(project: Make) -> None:
    """Whether a tag has moved is asked of an executor that runs images; to the local one it is a word of the step."""
    step = 'cache = true\ninputs = ["in.txt"]\nshell = "cp in.txt out.txt"\noutputs = ["out.txt"]\n'
    made = project({"in.txt": ""})
    for tag, status in (("dev", "succeeded"), ("dev", "cached"), ("new", "succeeded"), ("dev", "cached")):
        made.write({"pipeline.toml": f'name = "tag"\n[steps.a]\nimage = "img:{tag}"\n{step}'})
        if tag == "new":
            made.cli("plan", "pipeline.toml").says("runs: `image` changed")
        assert up(made).ok().statuses() == {"a": status}


EDITED = """
name = "e"
[steps.a]
shell = 'echo began > a; until test -e go; do sleep 0.01; done'
[steps.b]
needs = ["a"]
cache = true
STEP
outputs = ["out.txt"]
"""
STEPS = {
    "module": ('python = "w:f"', "w.py", "def f():\n    open('out.txt', 'w').write('{}')\n"),
    "module-below": ('python = "v:f"', "w.py", "def f():\n    open('out.txt', 'w').write('{}')\n"),
    "script": ('command = ["bash", "w.sh"]', "w.sh", "printf {} > out.txt\n"),
    "input": ('inputs = ["w.txt"]\nshell = "cp w.txt out.txt"', "w.txt", "{}"),
}


@pytest.mark.parametrize("kind", STEPS)
def test_field_b10_edited_mid_run(project: Make, kind: str) -> None:
    step, path, content = STEPS[kind]
    one, two = content.format("1"), content.format("two")  # of another length: Python looks at size and second
    made = project({"pipeline.toml": EDITED.replace("STEP", step), path: one, "v.py": "import w\nf = w.f\n"})
    process = made.popen("up", "pipeline.toml")
    made.wait(lambda: made.exists("a"))
    made.write({path: two, "go": ""})
    process.communicate(timeout=30)
    assert process.returncode == 0
    for version, found in ((one, "1"), (two, "two"), (one, "1")):
        made.write({path: version})
        up(made).ok()
        assert made.read("out.txt") == found


@pytest.mark.parametrize("kind", [kind for kind in STEPS if kind != "module-below"])
def test_field_b10_edited_while_the_step_itself_runs(project: Make, kind: str) -> None:
    step, path, content = STEPS[kind]
    one, two = content.format("1"), content.format("two")
    waits = {
        "module": "import os, time\nopen('began', 'w')\nwhile not os.path.exists('go'): time.sleep(0.01)\n",
        "script": "touch began; until test -e go; do sleep 0.01; done\n",
        "input": "",
    }[kind]
    step = step.replace('"cp ', '"touch began; until test -e go; do sleep 0.01; done; cp ')
    made = project({"pipeline.toml": f'name = "e"\n[steps.b]\ncache = true\n{step}\noutputs = ["out.txt"]\n'})
    made.write({path: waits + one})
    process = made.popen("up", "pipeline.toml")
    made.wait(lambda: made.exists("began"))
    time.sleep(0.05)
    made.write({path: waits + two, "go": ""})
    process.communicate(timeout=30)
    assert process.returncode == 0
    assert made.cli("show", "--json").nodes()["b"]["attempts"][-1]["code"]["dirty"] is True
    for version, found in ((waits + one, "1"), (waits + two, "two")):
        made.write({path: version})
        assert up(made).ok().statuses() == {"b": "succeeded"}  # what ran between two versions is kept for neither
        assert made.read("out.txt") == found
