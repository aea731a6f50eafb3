"""What is shipped: the wheel has the packages, the data and the services, and works where nothing else of ours is."""

from __future__ import annotations

import configparser
import os
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.testing.project import Project

TOP = Path(__file__).resolve().parent.parent
DECLARED = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="session")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built and unpacked as an installer does it."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    ended = subprocess.run(build, cwd=TOP, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    (wheel,) = folder.glob("*.whl")
    assert wheel.name == f"runner_up-{DECLARED['version']}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_the_wheel_has_the_packages_and_the_data(unpacked: Path) -> None:
    tops = {path.name for path in unpacked.iterdir() if not path.name.endswith(".dist-info")}
    assert tops == {"runner", "runner_up", "runner_executors"}
    for folder in ("schema", "stdlib"):
        for path in (TOP / folder).rglob("*"):
            if path.is_file():
                packed = unpacked / "runner" / "_data" / path.relative_to(TOP)
                assert packed.read_bytes() == path.read_bytes()
    web = Path("runner", "views", "report", "web")
    assert {path.name for path in (TOP / web).iterdir()} == {path.name for path in (unpacked / web).iterdir()}
    assert (unpacked / "runner" / "py.typed").exists() and (unpacked / "runner" / "agent" / "__init__.py").exists()


def test_the_wheel_registers_our_services_as_anybody_does(unpacked: Path) -> None:
    (file,) = unpacked.glob("*.dist-info/entry_points.txt")
    found = configparser.ConfigParser(delimiters="=")
    found.optionxform = str  # type: ignore[assignment,method-assign]  # names keep their case
    found.read(file)
    for group, entries in DECLARED["entry-points"].items():
        assert dict(found[group]) == entries
    assert found["console_scripts"]["runner"] == "runner.cli:script"


def test_the_wheel_works_beside_folders_of_the_same_names(unpacked: Path, project: Callable[..., Project]) -> None:
    decoys = {
        f"{name}/__init__.py": "raise SystemExit('a decoy was imported')" for name in ("schema", "stdlib", "executors")
    }
    made = project({**decoys, "pipeline.toml": 'name = "x"\n[steps.a]\nshell = "echo from a"\n'})
    code = (
        f"import sys; sys.path.insert(0, {str(unpacked)!r}); from runner.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    for words in (["check", "pipeline.toml"], ["up", "pipeline.toml"], ["logs", "@last", "a"]):
        ended = subprocess.run(
            [sys.executable, "-P", "-c", code, *words],
            cwd=made.root,
            env=made.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
    assert ended.stdout == "from a\n"


def test_the_version_is_said_once(project: Callable[..., Project]) -> None:
    assert project().run("--version").ok().out == f"runner-up {DECLARED['version']}\n"
    assert f"## {DECLARED['version']}" in (TOP / "CHANGELOG.md").read_text(encoding="utf-8")


def test_dependencies_have_bounds_and_the_lock_names_no_host() -> None:
    extras = DECLARED["optional-dependencies"]
    for wanted in [*DECLARED["dependencies"], *(one for extra in extras.values() for one in extra)]:
        assert wanted.startswith("runner-up[") or (">=" in wanted and ",<" in wanted), wanted
    lock = (TOP / "requirements-dev.lock").read_text(encoding="utf-8")
    assert "://" not in lock and os.sep * 2 not in lock
    for extra in extras.values():
        for wanted in extra:
            name = wanted.partition(">")[0].partition("[")[0]
            assert name == "runner-up" or f"\n{name}==" in lock, f"{name} is not in the lock"
