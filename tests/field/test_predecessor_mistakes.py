"""What a runner of this field said to ordinary mistakes, or did not say; ours names the place and what to write."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from runner.testing.project import Project

Make = Callable[..., Project]
STEP = '[steps.a]\nshell = "touch ran"\n'

MISTAKES = {
    "unknown key of a step": (STEP + 'comand = "x"\n', ":3:1", ["comand", "command"]),
    "a wrong type": (STEP + 'returns = "x"\n', ":3:11", ['returns = ["x"]']),
    "no kind": ('[steps.a]\nneeds = []\n', ":1:8", ["shell", "python"]),
    "unknown kind": ('[steps.a]\nshel = "true"\n', ":2:1", ["shell"]),
    "a step that is missing": (STEP + 'needs = ["b"]\n[steps.bb]\nshell = "true"\n', ":3:10", ["bb"]),
    "a cycle": (
        STEP + 'needs = ["b"]\n[steps.b]\nneeds = ["c"]\nshell = ":"\n[steps.c]\nneeds = ["a"]\nshell = ":"\n',
        ":", ["a", "b", "c", "->"],
    ),
    "no steps": ('name = "x"\n', ":", ["steps"]),
    "unknown key at the top": (f'stpes = 1\n{STEP}', ":1:1", ["stpes", "steps"]),
    "a section of a profile in a pipeline": (f'{STEP}[executor]\ntype = "local"\n', ":3:2", ["executor", "profile"]),
    "an underscore in a condition": (f'{STEP}when = "no_such > 1"\n', ":3:9", ["no_such"]),
    "a module that is missing": ('[steps.a]\npython = "modle:train"\n', ":2:11", ["modle", "model"]),
    "a function that is missing": ('[steps.a]\npython = "model:trian"\n', ":2:17", ["trian", "train"]),
    "an argument that is missing": ('[steps.a]\npython = "model:train"\n', ":2:10", ["rate"]),
    "no case for a value": (
        '[params]\nk = 1\n[steps.a]\nchoose = "kk"\n[steps.a.cases.1]\nshell = "true"\n',
        ":4:11", ["kk", "`k`"],
    ),
    "a handler that is missing": (
        f'{STEP}on-failure = "mend"\n[handlers.mended]\nshell = "true"\n',
        ":3:14", ["mended"],
    ),
    "a reducer that is none": (
        f'{STEP}for-each = {{ i = [1] }}\nreturns = ["r"]\nreduce = {{ r = "summ" }}\n',
        ":5:", ["summ", "sum"],
    ),
    "a notebook that is missing": ('[steps.a]\nnotebook = "no.ipynb"\n', ":2:12", ["no.ipynb"]),
    "a negative number of attempts": (f"{STEP}retry = {{ attempts = 0 }}\n", ":3:", ["attempts", "1"]),
    "a secret as text": (f'{STEP}secrets = "TOKEN"\n', ":3:11", ['["TOKEN"]']),
    "a for-each over no list": (f'[params]\nn = 3\n{STEP}for-each = {{ i = "${{n}}" }}\n', ":5:", ["n", "list"]),
}  # fmt: skip
FILES = {"model.py": "def train(rate): pass\n"}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_with_its_place_before_anything_runs(project: Make, mistake: str) -> None:
    text, place, texts = MISTAKES[mistake]
    made = project({"pipeline.toml": text, **FILES})
    for verb in ("check", "up"):
        said = made.cli(verb, "pipeline.toml").exits(3).says(f"pipeline.toml{place}", *texts)
        assert "Traceback" not in said.err and len(said.err.splitlines()) < 25, said.err
    assert not made.exists("ran") and not made.exists(".runner/runs")


PROFILES = {
    "unknown service": ('[exector]\ntype = "local"\n', "x.toml:1:", ["exector", "executor"]),
    "unknown type": ('[executor]\ntype = "locla"\n', "x.toml:2:8", ["locla", "local"]),
    "unknown setting": ('[run-log]\ntype = "chunked-fs"\nlog-foldr = "x"\n', "x.toml:3:1", ["log-foldr"]),
    "unknown step": ('[steps.b]\ntimeout = "1s"\n', "x.toml:1:", ["b"]),
    "unknown tag": ('[tags.gpu]\ntimeout = "1s"\n', "x.toml:1:", ["gpu"]),
    "unknown parameter": ("[params]\nrat = 1\n", "x.toml:2:1", ["rat", "rate"]),
    "unknown profile": ('extends = "nobody"\n', "x.toml:1:11", ["nobody"]),
    "what a step does": ('[steps.a]\nshell = "rm -rf x"\n', "x.toml:2:1", ["shell"]),
}


@pytest.mark.parametrize("mistake", PROFILES)
def test_a_mistake_in_a_profile_is_told_too(project: Make, mistake: str) -> None:
    text, place, texts = PROFILES[mistake]
    made = project({"pipeline.toml": f"[params]\nrate = 1\n{STEP}", "profiles/x.toml": text})
    said = made.cli("up", "pipeline.toml", "--profile", "x").exits(3).says(place, *texts)
    assert "Traceback" not in said.err and len(said.err.splitlines()) < 25, said.err
    assert not made.exists("ran")


@pytest.mark.parametrize(
    ("words", "texts"),
    [
        (["up", "pipeline.toml", "--param", "rat=1"], ["rat", "rate"]),
        (["up", "pipeline.toml", "--set", "steps.b.timeout=1s"], ["b"]),
        (["up", "pipeline.toml", "--profile", "nobody"], ["nobody"]),
        (["up", "pipeline.toml", "--only", "b"], ["b"]),
        (["up", "pipline.toml"], ["pipline.toml"]),
        (["upp", "pipeline.toml"], ["upp", "up"]),
        (["execute", "pipeline.toml"], ["execute"]),
    ],
    ids=lambda value: " ".join(value[-2:]) if isinstance(value, list) else None,
)
def test_a_mistake_on_the_command_line_is_told_too(project: Make, words: list[str], texts: list[str]) -> None:
    made = project({"pipeline.toml": f"[params]\nrate = 1\n{STEP}"})
    said = made.cli(*words).says(*texts)
    assert said.code in (2, 3) and "Traceback" not in said.err and not made.exists("ran")
