"""Flavors: ours from a table, others from entry points or `runner.toml`; a broken one is a diagnostic."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from runner import plugins
from runner.testing.project import Project
from runner.text.diagnostics import Refused

ENTRY = "[runner.executors]\nfar = far_batch:FLAVOR\nbroken = far_broken:FLAVOR\nempty = far_empty:FLAVOR\n"


@pytest.fixture
def far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed distribution `far-batch` with one good flavor and two that are broken."""
    info = tmp_path / "far_batch-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: far-batch\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY)
    (tmp_path / "far_batch.py").write_text(
        "from runner.plugins import Flavor\n"
        "FLAVOR = Flavor('far', None, 'far_sdk:Far', about='Far away.', more=('containers', 'schedule'))\n"
    )
    (tmp_path / "far_broken.py").write_text("raise RuntimeError('no licence')\n")
    (tmp_path / "far_empty.py").write_text("FLAVOR = 3\n")
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def refused(group: str, name: str, asked: plugins.Asked | None = None) -> tuple[str, str, str | None]:
    with pytest.raises(Refused) as caught:
        plugins.find(group, name, asked)
    (problem,) = caught.value.problems
    return problem.code, problem.message, problem.hint


@pytest.mark.parametrize(
    ("group", "name"),
    [
        ("executors", "local"), ("run_logs", "buffered"), ("run_logs", "file-system"), ("run_logs", "chunked-fs"),
        ("catalogs", "file-system"), ("catalogs", "do-nothing"), ("secrets", "env"), ("secrets", "dotenv"),
        ("secrets", "file"), ("secrets", "command"), ("secrets", "do-nothing"),
    ],
)  # fmt: skip
def test_ours_are_found_with_their_settings(group: str, name: str) -> None:
    flavor = plugins.find(group, name)
    assert flavor.name == name
    assert flavor.about
    cls = plugins.settings(flavor)
    assert cls.__doc__
    if not flavor.required:
        cls()


def test_ours_are_found_without_a_scan_and_without_their_modules() -> None:
    code = """
import sys
from runner.plugins import find
assert find("executors", "local").implementation == "runner_executors.local_executor:Local"
assert not {"importlib.metadata", "attr", "runner_executors"} & set(sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_an_unknown_name_gets_a_suggestion() -> None:
    assert refused("executors", "locl") == ("E801", "there is no executor `locl`", "did you mean `local`?")
    code, _, hint = refused("secrets", "vault")
    assert (code, hint) == ("E801", "there are `command`, `do-nothing`, `dotenv`, `env`, `file`, `kubernetes`")


def test_an_installed_plug_in_is_found(far: Path) -> None:
    flavor = plugins.find("executors", "far")
    assert (flavor.about, flavor.origin) == ("Far away.", "far-batch")
    assert "far" in plugins.names("executors")


def test_an_executor_says_itself_what_more_it_can_do(far: Path, project: Callable[..., Project]) -> None:
    text = "name = 'x'\n[steps.a]\ncontainer = { image = 'x' }\n"
    asked = "[executor]\ntype = 'TYPE'\n[schedule]\ncron = '0 3 * * *'\n[build]\nbase = 'x'\n"
    found = project({"pipeline.toml": text, "far.toml": asked.replace("TYPE", "far")})
    said = found.cli("check", "--profile", "far").ok().says("`[build]` means nothing to the executor `far`")
    said.silent("E610", "[schedule]")
    found.write({"near.toml": asked.replace("TYPE", "local")})
    found.cli("check", "--profile", "near").exits(3).says("E610", "[schedule]", "[build]")


def test_a_broken_plug_in_names_its_distribution(far: Path) -> None:
    assert refused("executors", "broken")[:2] == (
        "E802",
        "the plug-in `far_broken:FLAVOR` of far-batch cannot be used: RuntimeError: no licence",
    )
    assert "neither a Flavor nor a class" in refused("executors", "empty")[1]
    with pytest.raises(Refused, match="of far-batch cannot be used: ModuleNotFoundError"):
        plugins.load(plugins.find("executors", "far"))
    flavors, problems = plugins.every("executors")
    assert {"local", "far"} <= {flavor.name for flavor in flavors}
    assert len(problems) == 2


def test_the_project_names_a_plug_in_by_its_path(far: Path) -> None:
    text = "from runner_executors.local_executor import Local\nclass Batch(Local):\n    '''At work.'''\n"
    (far / "company.py").write_text(text)
    flavor = plugins.find("executors", "batch", {"executors": {"batch": "company:Batch"}})
    assert (flavor.implementation, flavor.settings, flavor.about) == ("company:Batch", None, "At work.")
    assert plugins.load(flavor).__name__ == "Batch"
    (far / "company2.py").write_text("class Batch:\n    def start(self): ...\n")
    with pytest.raises(Refused, match="of runner.toml cannot be used: it has no `room`, `stock`, `image`, `prepare`"):
        plugins.load(plugins.find("executors", "batch", {"executors": {"batch": "company2:Batch"}}))
    message = refused("run_logs", "mine", {"run-logs": {"mine": "company:Nothing"}})[1]
    assert message.startswith("the plug-in `company:Nothing` of runner.toml cannot be used: AttributeError")
