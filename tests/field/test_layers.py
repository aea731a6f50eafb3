"""Reported in the field: settings by layers, variables around the command, lines for editors, dead kernels."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from runner.testing.project import Outcome, Project

Make = Callable[..., Project]

GITHUB = {
    "CI": "true", "GITHUB_ACTIONS": "true", "RUNNER_NAME": "GitHub Actions 3", "RUNNER_OS": "Linux",
    "RUNNER_ARCH": "X64", "RUNNER_TEMP": "/tmp/t", "RUNNER_DEBUG": "1", "RUNNER_ENVIRONMENT": "github-hosted",
    "RUNNER_TOOL_CACHE": "/opt/h", "RUNNER_WORKSPACE": "/w", "RUNNER_TRACKING_ID": "x",
}  # fmt: skip
GITLAB = {
    "CI": "true", "GITLAB_CI": "true", "RUNNER_EXECUTOR": "shell", "RUNNER_TAG_LIST": "a,b", "RUNNER_LIMIT": "1",
    "RUNNER_ENV": "A=1", "RUNNER_CACHE_DIR": "/c", "RUNNER_SCRIPT_TIMEOUT": "10m", "RUNNER_TEMP": "/tmp/t",
}  # fmt: skip
POD = {
    "RUNNER_PORT": "tcp://10.0.0.9:80",
    "RUNNER_SET_N_SERVICE_HOST": "10.0.0.9",
    "RUNNER_SET_n": "7",
    "RUNNER_TEMP": "/tmp/t",
}
OUTER = {"RUNNER_PARAM_n": "9", "RUNNER_RUN_NAME": "outer-1", "RUNNER_STEP": "outer", "RUNNER_RETURNS": "/nowhere/r"}


def up(made: Project, *words: str, **env: str) -> Outcome:
    return made.cli("up", "pipeline.toml", "--json", *words, env=env)


@pytest.mark.parametrize("around", [GITHUB, GITLAB, POD, OUTER], ids=["github", "gitlab", "pod", "outer-run"])
def test_field_a1_ci_owns_our_prefix(project: Make, around: dict[str, str]) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "ci"
                [params]
                n = 1
                [steps.s]
                shell = '''
                echo "$RUNNER_PARAM_n ${RUNNER_TEMP:-gone}" > got
                echo x=1 >> "$RUNNER_RETURNS"
                env | grep ^RUNNER_ | sort > env
                '''
                returns = ["x"]
                """
        }
    )
    outcome = made.run("up", "pipeline.toml", "--json", env=around).ok().silent("warning[", "debug")
    assert made.read("got") == f"1 {around.get('RUNNER_TEMP', 'gone')}\n"
    assert outcome.json()["name"] not in around.values()
    seen = dict(line.partition("=")[::2] for line in made.read("env").splitlines())
    if around is not OUTER:
        assert {name: seen.get(name) for name in around if name.startswith("RUNNER_")} == {
            name: text for name, text in around.items() if name.startswith("RUNNER_")
        }


def test_field_a1_a_run_inside_a_step_is_not_steered_by_the_outer_one(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "outer"
                [params]
                n = 1
                [steps.s]
                shell = "env | grep ^RUNNER_UP_ > seen || true; cd inner; python -m runner up pipeline.toml"
                """,
            "inner/pipeline.toml": """
                name = "inner"
                [params]
                n = 2
                [steps.s]
                shell = "echo $RUNNER_PARAM_n > ../got"
                """,
        }
    )
    made.run("up", "pipeline.toml", env={"RUNNER_UP_SET_n": "5", "RUNNER_UP_OUTPUT": "quiet", **path()}).ok()
    assert (made.read("seen"), made.read("got")) == ("", "2\n")


def path() -> dict[str, str]:
    import os
    import sys

    return {"PYTHONPATH": os.pathsep.join(part for part in sys.path if part)}


MERGE = {
    "pipeline.toml": """
        name = "m"
        [params]
        loss = { physical = { weight = 1 } }
        [steps.s]
        timeout = "1h"
        env = { DEBUG = "1", LEVEL = "info" }
        python = "w:f"
        """,
    "profiles/jepa.toml": """
        [params]
        loss = { latent = { weight = 5 } }
        [steps.s]
        env = { LEVEL = "warn" }
        """,
    "profiles/less.toml": 'extends = "jepa"\n[steps.s]\nunset = ["env.DEBUG", "timeout"]\n',
    "w.py": """
        import json, os
        def f(loss): json.dump([loss, os.environ.get("DEBUG"), os.environ.get("LEVEL")], open("got", "w"))
        """,
}


@pytest.mark.parametrize(
    ("words", "loss", "debug", "level"),
    [
        ([], {"physical": {"weight": 1}}, "1", "info"),
        (["--profile", "jepa"], {"latent": {"weight": 5}}, "1", "warn"),
        (["--profile", "less"], {"latent": {"weight": 5}}, None, "warn"),
        (["--profile", "jepa", "--param", 'loss={"x":{"weight":2}}'], {"x": {"weight": 2}}, "1", "warn"),
    ],
    ids=["none", "profile", "unset", "param"],
)
def test_field_a4_table_param_merge(
    project: Make, words: list[str], loss: object, debug: str | None, level: str
) -> None:
    made = project(MERGE)
    up(made, *words).ok()
    assert json.loads(made.read("got")) == [loss, debug, level]


def test_field_a4_explain_shows_where_each_value_comes_from(project: Make) -> None:
    made = project(MERGE)
    made.cli("explain", "pipeline.toml", "params.loss", "--profile", "jepa").ok().says("jepa.toml:2")
    made.cli("explain", "pipeline.toml", "steps.s.env", "--profile", "jepa").ok().says("pipeline.toml:6", "jepa.toml:4")
    nodes = made.cli("plan", "pipeline.toml", "--profile", "less", "--json").ok().json()["nodes"]
    assert all(node.get("timeout") is None for node in nodes.values())


def test_field_a5_shape_switch(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "t"
                [defaults]
                runtime = { type = "conda", file = "envs/a.yaml" }
                secrets = ["TOKEN"]
                [templates.each]
                for-each = { x = { glob = "in/*.txt" } }
                [steps.a]
                extends = "each"
                for-each = { x = { file = "list.txt" } }
                runtime = { type = "venv", file = "mine" }
                secrets = { KEY = "OTHER" }
                shell = 'echo "$RUNNER_PARAM_x ${TOKEN:+token} ${KEY:+key}" >> log'
                """,
            "in/one.txt": "",
            "list.txt": "a\nb\n",
            "mine/bin/python": "#!/bin/sh\n",
        }
    )
    up(made, "-j", "1", TOKEN="a-token-value", OTHER="an-other-value").ok()
    assert made.read("log") == "a token key\nb token key\n"
    plan = made.cli("plan", "pipeline.toml", "--json").ok().json()
    body = next(node["body"] for node in plan["nodes"].values() if node["path"] == "a")
    assert body["do"]["runtime"] == {"type": "venv", "file": "mine"}


TEAM = '[params]\nregion = "eu"\n[steps.train]\nresources = { gpu = 1 }\n'


def test_field_a6_shared_profile(project: Make) -> None:
    made = project(
        {
            "b.toml": 'name = "b"\n[steps.only]\nshell = "touch ran"\n',
            "profiles/team.toml": TEAM,
            "profiles/all.toml": "shared = true\n" + TEAM,
        }
    )
    made.cli("up", "b.toml", "--profile", "team").exits(3).says("team.toml:2", "region", "team.toml:3", "train")
    made.cli("up", "b.toml", "--profile", "all").ok().silent("warning[", "error[")
    assert made.exists("ran")
    made.cli("explain", "b.toml", "--profile", "all").ok().says("region", "train")


def test_field_a6_a_typo_gets_the_near_name(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": 'name = "b"\n[steps.train]\nshell = "true"\n',
            "profiles/team.toml": "[steps.trian]\nresources = { cpu = 1 }\n",
        }
    )
    made.cli("check", "pipeline.toml", "--profile", "team").exits(3).says("team.toml:1:", "`train`")


@pytest.mark.parametrize("words", [["--only", "other"], []], ids=["not-selected", "skipped-or-not-taken"])
def test_field_a6_a_step_that_does_not_run_does_match(project: Make, words: list[str]) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "b"
                [params]
                kind = "a"
                [steps.train]
                when = "kind == 'none'"
                shell = "true"
                [steps.other]
                shell = "true"
                [steps.pick]
                choose = "kind"
                [steps.pick.cases.a]
                shell = "true"
                [steps.pick.cases.b]
                shell = "true"
                """,
            "profiles/team.toml": '[steps.train]\ntimeout = "1m"\n[steps."pick.b"]\ntimeout = "1m"\n',
        }
    )
    up(made, "--profile", "team", *words).ok().silent("warning[", "error[")


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("#:schema = ./.runner/schema/pipeline.json", "pipeline.toml:1:"),
        ("#:schema ./nowhere/pipeline.json", "pipeline.toml:1:"),
    ],
    ids=["equals-sign", "no-such-file"],
)
def test_field_d18_schema_directive(project: Make, line: str, place: str) -> None:
    made = project({"pipeline.toml": f'{line}\nname = "ed"\n[steps.a]\nshell = "true"\n'})
    made.cli("check", "pipeline.toml").ok().says("warning[", place)


def test_field_d18_relative_to_the_file_that_says_it(project: Make) -> None:
    text = '#:schema PATH\nname = "ed"\n[steps.a]\nshell = "true"\n'
    made = project(
        {
            "runner.toml": "",
            "sub/p.toml": text.replace("PATH", "./.runner/schema/pipeline.json"),
            "sub/q.toml": text.replace("PATH", "../.runner/schema/pipeline.json"),
            ".runner/schema/pipeline.json": "{}",
        }
    )
    made.cli("check", "sub/p.toml").ok().says("warning[", "sub/p.toml:1:", "../.runner/schema/pipeline.json")
    made.cli("check", "sub/q.toml").ok().silent("warning[")


def test_field_d18_what_init_writes_is_followed(project: Make) -> None:
    made = project()
    made.cli("init").ok()
    for file in made.files("*.toml"):
        if file != "runner.toml":
            made.cli("check", file).ok().silent("warning[")


CELLS = ['print("first")', "import os; os.kill(os.getpid(), 9)", 'print("never")']


def test_field_23_dead_kernel(project: Make) -> None:
    pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    cells = [
        {"cell_type": "code", "metadata": {}, "source": cell, "outputs": [], "execution_count": None} for cell in CELLS
    ]
    made = project(
        {
            "pipeline.toml": 'name = "x"\n[steps.a]\nnotebook = "n.ipynb"\n',
            "n.ipynb": json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}),
        }
    ).allow("home", "tmp")
    node = made.run("up", "pipeline.toml", "--json", timeout=30).exits(1).nodes()["a"]
    assert (node["status"], node["reason"]) == ("failed", "signal")
    copy = next(file for file in node["attempts"][-1]["files"] if file["kind"] == "report")
    kept = next(made.path(".runner").glob(f"**/{copy['sha256']}"))
    assert "first" in kept.read_text() and '"never\\n"' not in kept.read_text()
