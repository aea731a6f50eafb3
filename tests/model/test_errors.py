"""What is said of a file that breaks the language, whole: tests/errors/5NN-name/{in.toml,expected.txt}.

UPDATE_GOLDENS=1 writes them anew; look at the difference before you commit it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.model.check import check
from runner.testing.golden import golden
from runner.text.document import load
from runner.text.snippet import render
from runner.text.sources import Sources

CASES = sorted(path.parent for path in (Path(__file__).parents[1] / "errors").glob("5??-*/in.toml"))


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_what_breaks_the_language_is_explained(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    kind = "profile" if "-profile-" in folder.name else "pipeline"
    problems = check(load("in.toml", Sources(folder)), kind)
    found = render(problems, lambda name: Path(name).read_text("utf-8"))
    golden(folder / "expected.txt", found)
    assert problems, "this file is not wrong"


def test_there_is_a_case_for_every_sentence_of_the_model() -> None:
    from runner.text.catalogue import CODES

    shown = "".join((folder / "expected.txt").read_text("utf-8") for folder in CASES)
    missing = [code for code in CODES if "E230" <= code <= "E248" and f"[{code}]" not in shown]
    assert not missing
