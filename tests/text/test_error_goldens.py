"""What stands on stderr for a wrong file, whole: tests/errors/NN-name/{in.toml,expected.txt}.

UPDATE_GOLDENS=1 writes them anew; look at the difference before you commit it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from runner.text.diagnostics import Refused
from runner.text.document import load
from runner.text.snippet import render
from runner.text.sources import Sources

ERRORS = Path(__file__).parents[1] / "errors"
CASES = sorted(path.parent for path in ERRORS.glob("[0-9][0-9]-*/in.toml"))
"""The cases with two digits are those of the E1 family; others need the language to be known."""


def said(folder: Path) -> str:
    try:
        load("in.toml", Sources(folder), kind="pipeline")
    except Refused as refused:
        return render(refused.problems, lambda name: (folder / name).read_text("utf-8"))
    return ""


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_a_wrong_file_is_explained(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    golden, found = folder / "expected.txt", said(folder)
    assert found, "this file is not wrong"
    if os.environ.get("UPDATE_GOLDENS") == "1":
        assert not os.environ.get("CI"), "goldens are never written in CI"
        golden.write_text(found, "utf-8")
    assert found == golden.read_text("utf-8")


def test_all_goldens_are_looked_at() -> None:
    assert len(CASES) >= 14
