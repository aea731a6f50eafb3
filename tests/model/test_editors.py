"""What a TOML language server makes of our schemas: tombi's linter, offline."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from runner.model.generate import ROOT

TOMBI = shutil.which("tombi", path=str(Path(sys.executable).parent)) or shutil.which("tombi")
pytestmark = pytest.mark.skipif(TOMBI is None, reason="tombi is not installed")

VALID = """
name = "demo"
[params]
islands = ["Dream"]
since = 2026-01-01
[types]
islands = { type = "list", items = { type = "text" } }
[defaults]
retry = { attempts = 2, delay = "5s" }
[steps.train]
python = "project:train"
for-each = { island = "${islands}", n = { range = [1, 3] } }
returns = ["rows", { name = "model", kind = "object" }]
outputs = { log = { path = "${island}.log", always = true }, all = "all.txt" }
resources = { cpu = 0.5, memory = "2Gi" }
on-failure = { run = "tell", recover = "skip" }
[steps.group.steps.inner]
command = ["echo"]
[steps.pick]
choose = "rows > 1"
[steps.pick.cases.true]
stub = true
[handlers.tell]
shell = "echo"
"""
WRONG = {
    'nam = "x"': "nam",
    '[steps.a]\nshell = "x"\nneedz = []': "needz",
    '[steps.a]\nshell = "x"\npython = "m:f"': "shell",
    '[steps.a]\nshell = "x"\ntimeout = "1.5h"': "pattern",
    '[steps.a]\nshell = "x"\nretry = 3': "Table",
    '[steps.a]\nshell = "x"\noutputs = [{ path = "x", kind = "plto" }]': "plto",
    '[steps.a]\nsteps = { b = { shell = "x" } }\noutputs = ["x"]': "outputs",
}


def lint(folder: Path, kind: str, text: str) -> subprocess.CompletedProcess[str]:
    path = folder / "file.toml"
    path.write_text(f"#:schema {ROOT / 'schema' / f'{kind}.json'}\n{text}\n", encoding="utf-8")
    assert TOMBI
    return subprocess.run([TOMBI, "lint", "--offline", str(path)], capture_output=True, text=True, cwd=folder)


def test_a_valid_pipeline_is_not_complained_of(tmp_path: Path) -> None:
    done = lint(tmp_path, "pipeline", VALID)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Warning" not in done.stdout + done.stderr


def test_a_valid_profile_and_project_are_not_complained_of(tmp_path: Path) -> None:
    profile = 'extends = "local"\n[executor]\ntype = "local"\ngrace = "5s"\n'
    profile += '[volumes.data]\nhost = "/x"\n[steps."a.*"]\ntimeout = "5m"'
    for kind, text in (("profile", profile), ("project", 'profile = "dev"\n[plugins.executors]\nmine = "mine:Mine"')):
        done = lint(tmp_path, kind, text)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Warning" not in done.stdout + done.stderr


@pytest.mark.parametrize("text", WRONG)
def test_a_mistake_is_shown_in_the_editor(tmp_path: Path, text: str) -> None:
    done = lint(tmp_path, "pipeline", text if "steps" in text else f'{text}\n[steps.a]\nshell = "x"')
    assert done.returncode != 0
    assert WRONG[text] in done.stdout + done.stderr
