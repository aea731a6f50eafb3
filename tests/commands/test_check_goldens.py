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
from runner.testing.golden import golden
from runner.text.catalogue import CODES

ERRORS = Path(__file__).parents[1] / "errors"
CASES = sorted(path.parent for path in ERRORS.glob("*/in.toml"))
NOT_HERE = {"expected.txt", "args.txt"}


def said(folder: Path, project: Path, capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> tuple[int, str]:
    """Exit code and stderr of `runner check in.toml` in a copy of the folder."""
    shutil.copytree(folder, project, symlinks=True, ignore=lambda _, names: NOT_HERE & set(names))
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
    code, found = said(folder, tmp_path / "project", capsys, monkeypatch)
    assert found, "this file is not wrong"
    assert code in (0, 2, 3) and (code != 0) == ("error[" in found)
    assert str(tmp_path) not in found, "a path of this machine"
    golden(folder / "expected.txt", found)


def test_there_is_a_golden_for_every_problem_of_a_file() -> None:
    shown = "".join((folder / "expected.txt").read_text("utf-8") for folder in CASES)
    elsewhere = {
        "E454",  # a parameter without a value: a check may go without
        "E334",  # files that use each other 51 deep
        "E617",  # a Workflow of 2,501 steps
        "E507",  # `check` takes a profile for one
        "E337",  # more steps than anybody writes
        "E321",  # Python that git ignores: no golden is a checkout
    }
    families = [code for code in CODES if re.match("[EW][2-6]", code) and code not in elsewhere]
    assert not [code for code in families if f"[{code}]" not in shown]


UNREADABLE = {
    "missing": (None, "E101", "there is no file `in.toml`"),
    "latin-1": (b'name = "caf\xe9"\n', "E105", " --> in.toml:1:12"),
    "byte-order-mark": (b'\xef\xbb\xbfname = "x"\n', "E106", " --> in.toml:1:1"),
    "too-large": (b"#" * 50_000_000, "E107", "`in.toml` is larger than"),
    "too-deep": (b"x = " + b"[" * 10_000 + b"]" * 10_000, "E108", " --> in.toml:1:"),
    "deep-keys": (b"a." * 10_000 + b"a = 1", "E108", " --> in.toml:1:"),
    "empty": (b"", "E104", "`in.toml` has no step yet"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_cannot_be_read_is_named(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    content, code, words = UNREADABLE[name]
    monkeypatch.chdir(tmp_path)
    if content is not None:
        Path("in.toml").write_bytes(content)
    assert main(["check", "in.toml"]) == 3
    said = capsys.readouterr().err
    assert f"error[{code}]" in said and words in said and said.endswith(("1 problem\n", "1 problem in in.toml\n"))


def test_a_directory_is_not_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("in.toml").mkdir()
    assert main(["check", "in.toml"]) == 3
    assert "error[E102]: `in.toml` is a directory, not a file" in capsys.readouterr().err


def test_windows_line_ends_are_no_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("in.toml").write_bytes(b'[steps.a]\r\nshell = """\r\necho a\r\n"""\r\n')
    assert main(["check", "in.toml"]) == 0
