"""A pipeline's name, read from as little of its file as there is to be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.resolve import naming
from runner.resolve.naming import name_in
from runner.text.diagnostics import Refused

TEXTS = {
    'name = "a"\n[steps.x]\nshell = "name"\n': "a",
    '\ufeffname = "a" # [x]\n[steps.x]\n': "a",
    '[steps.x]\nname = "b"\n': "my-file",
    "[params]\nname = 'b'\n": "my-file",
    'include = [\n  [\n  ],\n]\nname = "a"\n[steps.x]\n': "a",
    'description = """\n[steps.x]\n"""\nname = "a"\n': "a",
    "name = 3\n[steps.x]\n": "my-file",
}


@pytest.mark.parametrize("text", TEXTS)
def test_the_name_is_that_of_the_whole_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "my-file.toml").write_text(text, encoding="utf-8")
    assert name_in(tmp_path / "my-file.toml", tmp_path) == TEXTS[text]


def test_tables_are_not_read_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    loads = naming.tomllib.loads
    monkeypatch.setattr(naming.tomllib, "loads", lambda text: read.append(text) or loads(text))
    (tmp_path / "p.toml").write_text('name = "a"\n' + "".join(f"[steps.s{n}]\nshell = 'true'\n" for n in range(100)))
    assert name_in(tmp_path / "p.toml", tmp_path) == "a"
    assert read == ['name = "a"\n']


@pytest.mark.parametrize("text", ["name = \n", None])
def test_what_is_wrong_is_told(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "p.toml").write_text(text)
    with pytest.raises(Refused):
        name_in(tmp_path / "p.toml", tmp_path)
