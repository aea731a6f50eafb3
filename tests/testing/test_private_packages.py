"""The packages of `examples/` as a team has them: installed by pip, checked, and their own tests green."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.testing.project import Project

EXAMPLES = Path(__file__).parents[2] / "examples"
FEW = "chain or handlers or not test_r9"  # of the shapes; `pytest` alone tries all
PACKAGES = {"company-batch": ("company_batch/executor.py", 120), "company-flow": ("company_flow/emitter.py", 200)}


def install(package: Path, site: Path) -> dict[str, str]:
    """The environment of processes that have it."""
    words = ["install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--target", str(site)]
    subprocess.run([sys.executable, "-m", "pip", *words, str(package)], check=True, capture_output=True)
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(site), *filter(None, sys.path)])}


@pytest.mark.parametrize("name", PACKAGES)
def test_its_own_tests_pass_where_it_is_installed(name: str, tmp_path: Path) -> None:
    env = install(EXAMPLES / name, tmp_path / "site")
    words = ["pytest", "-q", "-p", "no:cacheprovider", "-k", FEW, str(EXAMPLES / name / "tests")]
    done = subprocess.run([sys.executable, "-m", *words], env=env, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert "conformance: executor" in done.stdout


@pytest.mark.parametrize("name", PACKAGES)
def test_it_is_short(name: str) -> None:
    path, most = PACKAGES[name]
    assert len((EXAMPLES / name / path).read_text().splitlines()) < most


@pytest.mark.parametrize("pattern", [(), ("--transpile",)], ids=["traverse", "transpile"])
def test_a_new_package_passes_its_tests_at_once(
    project: Callable[..., Project], tmp_path: Path, pattern: tuple[str, ...]
) -> None:
    found = project()
    found.cli("plugins", "new", "executor", "night-queue", *pattern).ok()
    env = install(found.path("night-queue"), tmp_path / "site")
    words = ["pytest", "-q", "-p", "no:cacheprovider", "-k", "chain", str(found.path("night-queue/tests"))]
    done = subprocess.run([sys.executable, "-m", *words], env=env, cwd=found.root, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    for verb in (["plugins", "check", "night-queue"], ["schema", "--print", "profile"]):
        told = subprocess.run([sys.executable, "-m", "runner", *verb], env=env, capture_output=True, text=True)
        assert told.returncode == 0 and "night-queue" in told.stdout
    found.cli("plugins", "new", "executor", "night-queue").exits(2).says("E960")
    found.cli("plugins", "new", "executor", "../x").exits(2).says("E962")
