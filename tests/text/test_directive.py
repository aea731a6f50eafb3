"""The line `#:schema` for editors."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.text.diagnostics import Place
from runner.text.directive import directive
from runner.text.document import Document
from runner.text.sources import Sources


def codes(text: str, sources: Sources | None = None, path: str = "p.toml") -> list[str]:
    return [problem.code for problem in directive(Document(path, text, {}), sources)]


@pytest.mark.parametrize(
    "text",
    [
        "#:schema ./schema.json\nname = 'x'\n",
        "# a licence\n\n#:schema ../x.json\n",
        "# the schema of this table is old\n",
        "# schema: later\n",
        "name = 'x'\n#:schema = x.json\n",
        "",
    ],
)
def test_a_line_that_editors_understand_or_never_look_at_is_fine(text: str) -> None:
    assert codes(text) == []


@pytest.mark.parametrize(
    "line",
    [
        "#:schema = ./x.json",
        "#:schema: ./x.json",
        "# :schema ./x.json",
        "#: schema ./x.json",
        "#schema ./x.json",
        '#:schema "./x.json" here',
        "#:schema=./x.json",
    ],
)
def test_a_line_that_editors_do_not_understand_is_a_warning(line: str) -> None:
    (problem,) = directive(Document("p.toml", f"# x\n{line}\n", {}))
    assert (problem.code, problem.place) == ("W101", Place("p.toml", 2, 1, len(line) + 1))
    assert problem.hint == "write `#:schema ./x.json`"


def test_a_line_without_a_path_is_a_warning() -> None:
    assert codes("#:schema\n#:schema =\n") == ["W101", "W101"]


def test_a_missing_schema_is_a_warning_when_asked(tmp_path: Path) -> None:
    (tmp_path / "there.json").touch()
    doc = str(tmp_path / "p.toml")
    assert codes("#:schema ./there.json\n", Sources(tmp_path), doc) == []
    assert codes("#:schema ./none.json\n", None, doc) == []
    assert codes("#:schema https://example.org/x.json\n", Sources(tmp_path), doc) == []
    assert codes(f"#:schema file://{tmp_path}/none.json\n", Sources(tmp_path), doc) == ["W102"]
    (problem,) = directive(Document(doc, "#:schema ./none.json\n", {}), Sources(tmp_path))
    assert (problem.code, problem.place) == ("W102", Place(doc, 1, 10, 21))
