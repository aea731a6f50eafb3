"""Every code has a page, and its examples are true: the wrong one gives that code alone, the right one nothing."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from runner.cli import main
from runner.text.catalogue import CODES
from runner.text.catalogue.page import PAGES, Example, page

WITHOUT_EXAMPLE = {
    *("E103", "E105", "E106", "E107"),  # bytes of a file, or who may read it
    *("E108", "E421", "E334", "E337", "E617"),  # more than anybody writes
    *("E129", "E132"),  # a character that can't be shown; a number of 4,300 digits
    *("E321", "E322"),  # a checkout of git, a link
    *("E141", "E142", "E143"),  # a file in CUE, and CUE is not everywhere
    *("E507",),  # a file is a profile where a pipeline is asked for
    "E454",  # a check may go without a value
}
SHOWN = [code for code in CODES if code[1] in "123456" and code not in WITHOUT_EXAMPLE]


def test_every_code_has_a_page() -> None:
    lacking = [code for code in CODES if not (PAGES / f"{code}.md").exists()]
    assert not lacking, f"write runner/text/catalogue/pages/CODE.md for {', '.join(lacking)}"


def test_no_page_is_left_over() -> None:
    pages = PAGES.glob("*.md")
    assert not {path.stem for path in pages} - set(CODES)


def test_what_a_file_can_cause_has_examples() -> None:
    assert [code for code in CODES if page(code).wrong] == SHOWN


def codes(example: Example, project: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    for name, text in example.files.items():
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    words = shlex.split(example.command or "runner check")
    assert words[:2] == ["runner", "check"]
    main([*words[1:], "--json"])
    said = capsys.readouterr()
    assert said.out, said.err
    return [problem["code"] for problem in json.loads(said.out)]


@pytest.mark.parametrize("code", SHOWN)
def test_an_example_is_what_its_page_says(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    one = page(code)
    assert one.wrong is not None and one.right is not None
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    assert set(codes(one.wrong, tmp_path, capsys)) == {code}
    assert codes(one.right, tmp_path, capsys) == []


@pytest.mark.parametrize("code", CODES)
def test_a_page_is_short_and_says_more_than_the_sentence(code: str) -> None:
    prose = page(code).prose
    assert re.match(r"[A-Z`\[]", prose) and prose.endswith(".") and len(prose) < 400
    assert "Wrong" not in prose and "```" not in prose
