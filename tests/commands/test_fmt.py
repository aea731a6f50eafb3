"""`runner fmt`: files in one form, with all that a file is besides its text."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable

from runner.testing.project import Project

WRITTEN = "#:schema x.json\nname='x'   # why\n[steps.a]\nshell='true'\n"
FORM = "#:schema x.json\nname = 'x'   # why\n\n[steps.a]\nshell = 'true'\n"


def test_the_pipeline_and_its_profiles_are_formatted(project: Callable[..., Project]) -> None:
    there = project({"pipeline.toml": WRITTEN, "profiles/p.toml": "max-parallel=2", "other.toml": "a=1"})
    assert there.cli("fmt").ok().out == "pipeline.toml: formatted\nprofiles/p.toml: formatted\n"
    assert there.read("pipeline.toml") == FORM
    assert there.read("profiles/p.toml") == "max-parallel = 2\n"
    assert there.read("other.toml") == "a=1"
    assert there.cli("fmt").ok().out == "2 files: ok\n"


def test_check_shows_what_would_change_and_writes_nothing(project: Callable[..., Project]) -> None:
    there = project({"pipeline.toml": WRITTEN})
    said = there.cli("fmt", "--check").exits(6)
    assert said.out.splitlines()[:2] == ["--- pipeline.toml", "+++ pipeline.toml (formatted)"]
    said.says("-name='x'   # why\n", "+name = 'x'   # why\n")
    assert there.read("pipeline.toml") == WRITTEN
    there.write({"pipeline.toml": FORM}).cli("fmt", "--check").ok()


def test_a_line_end_that_is_missing_is_a_difference_that_shows(project: Callable[..., Project]) -> None:
    project({"a.toml": "a = 1"}).cli("fmt", "--check", "a.toml").exits(6).says("-a = 1\n\\ no newline at the end\n")


def test_a_file_keeps_its_mode_its_line_ends_and_the_link_that_leads_to_it(project: Callable[..., Project]) -> None:
    there = project({"real/a.toml": "a=1\r\nb='''\r\n  x \r\n'''\r\n"})
    there.path("real/a.toml").chmod(0o640)
    os.symlink("real/a.toml", there.path("link.toml"))
    there.cli("fmt", "link.toml").ok()
    assert there.path("real/a.toml").read_bytes() == b"a = 1\r\nb = '''\r\n  x \r\n'''\r\n"
    assert stat.S_IMODE(there.path("real/a.toml").stat().st_mode) == 0o640
    assert there.path("link.toml").is_symlink()
    assert there.files() == ["link.toml", "real/a.toml"]


def test_a_broken_file_is_left_alone_and_the_others_are_not(project: Callable[..., Project]) -> None:
    there = project({"a.toml": "a=1 b\n", "b.toml": "b=1"})
    there.cli("fmt", "a.toml", "b.toml", "c.cue").exits(3).says("a.toml:1:", "error[E990]", "cue fmt c.cue")
    assert there.read("a.toml") == "a=1 b\n"
    assert there.read("b.toml") == "b = 1\n"


def test_a_file_that_may_not_be_written_is_named(project: Callable[..., Project]) -> None:
    there = project({"a.toml": "a=1"})
    there.path("a.toml").chmod(0o444)
    if not os.access(there.path("a.toml"), os.W_OK):  # root may write everything
        there.cli("fmt", "a.toml").exits(2).says("cannot write `a.toml`")
        assert there.read("a.toml") == "a=1"


def test_an_editor_gives_the_text_and_takes_the_form(project: Callable[..., Project]) -> None:
    there = project()
    assert there.run("fmt", "-", stdin=WRITTEN).ok().out == FORM
    there.run("fmt", "-", stdin="a = ").exits(3).says("<stdin>:1:")
