"""What `runner check` says of a wrong file, whole: tests/errors/NNN-name/{in.toml,expected.txt}.

A folder is the project: what else lies in it is read as it lies there. `args.txt` has more words for the command line,
variables of the environment in front. UPDATE_GOLDENS=1 writes the goldens anew; look at the difference before you
commit it.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
from pathlib import Path

import pytest

from runner.cli import main
from runner.text.catalogue import CODES

ERRORS = Path(__file__).parents[1] / "errors"
CASES = sorted(path.parent for path in ERRORS.glob("*/in.toml"))
NOT_HERE = {"expected.txt", "args.txt"}


def said(folder: Path, project: Path, capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> tuple[int, str]:
    """Exit code and stderr of `runner check in.toml` in a copy of the folder."""
    shutil.copytree(folder, project, ignore=lambda _, names: NOT_HERE & set(names))
    for name in [name for name in os.environ if name.startswith("RUNNER_UP_")]:
        patch.delenv(name)
    for name in ("FORCE_COLOR", "XDG_CONFIG_HOME"):
        patch.delenv(name, raising=False)
    patch.setenv("NO_COLOR", "1")
    patch.setenv("HOME", str(project.parent / "home"))
    patch.chdir(project)
    words = shlex.split((folder / "args.txt").read_text("utf-8")) if (folder / "args.txt").exists() else []
    while words and re.match("[A-Z]", words[0]):
        name, _, value = words.pop(0).partition("=")
        patch.setenv(name, value)
    code = main(["check", "in.toml", *words])
    return code, capsys.readouterr().err


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_a_wrong_file_is_explained(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    golden = folder / "expected.txt"
    code, found = said(folder, tmp_path / "project", capsys, monkeypatch)
    assert found, "this file is not wrong"
    assert code in (0, 2, 3) and (code != 0) == ("error[" in found)
    assert str(tmp_path) not in found, "a path of this machine"
    if os.environ.get("UPDATE_GOLDENS") == "1":
        assert not os.environ.get("CI"), "goldens are never written in CI"
        golden.write_text(found, "utf-8")
    assert found == golden.read_text("utf-8")


def test_there_is_a_golden_for_every_problem_of_a_file() -> None:
    shown = "".join((folder / "expected.txt").read_text("utf-8") for folder in CASES)
    families = [code for code in CODES if re.match("[EW][2-6]", code)]
    assert not [code for code in families if f"[{code}]" not in shown]
