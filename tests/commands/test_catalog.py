"""`runner catalog`: what steps put is listed, comes back as it was put, and is compared."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from runner.testing.project import Project

Made = Callable[..., Project]

PIPELINE = """
name = "put"
[params]
word = "one"
[steps.write]
outputs = { text = "made/text.txt", many = "made/parts/" }
shell = '''
echo "$RUNNER_PARAM_word" > "$RUNNER_PARAM_text"
mkdir -p made/parts/deep; echo 1 > made/parts/a; echo 2 > made/parts/deep/b
if test "$RUNNER_PARAM_word" = two; then echo 3 > made/parts/c; rm made/parts/a; fi
'''
[steps.each]
for-each = { x = ["p", "q"] }
params = []
outputs = ["each/${x}.txt"]
shell = 'echo $RUNNER_ITEM > "each/$RUNNER_PARAM_x.txt"'
"""


@pytest.fixture
def found(project: Made) -> Project:
    """A project with a run `one` and a run `two`."""
    made = project({"pipeline.toml": PIPELINE, "runner.toml": ""})
    for word in ("one", "two"):
        made.cli("up", "--param", f"word={word}", "--name", word).ok()
    return made


def paths(project: Project, *words: str) -> list[tuple[str, str, str]]:
    return [
        (row["path"], row["step"], row["run"]) for row in project.cli("catalog", "ls", "--json", *words).ok().json()
    ]


def test_ls_has_each_path_once_of_the_newest_run_that_put_it(found: Project) -> None:
    assert paths(found) == [
        ("each/p.txt", "each[x=p]", "two"),
        ("each/q.txt", "each[x=q]", "two"),
        ("made/parts/a", "write", "one"),
        ("made/parts/c", "write", "two"),
        ("made/parts/deep/b", "write", "two"),
        ("made/text.txt", "write", "two"),
    ]
    assert paths(found, "one", "--path", "made/")[:1] == [("made/parts/a", "write", "one")]
    assert [run for _, _, run in paths(found, "--all", "--path", "made/*.txt")] == ["two", "one"]
    found.cli("catalog", "ls", "--path", "*.none").ok().says("no files")
    found.cli("catalog", "ls", "none").exits(2).says("E930")


def test_ls_on_a_screen_says_what_is_gone(found: Project) -> None:
    row = next(row for row in found.cli("catalog", "ls", "--json").json() if row["path"] == "made/parts/c")
    assert row == {**row, "kept": True, "size": 2, "mode": 0o644}
    os.unlink(found.path(f".runner/catalog/blobs/{row['sha256'][:2]}/{row['sha256']}"))
    listed = {line.split()[0]: line.split()[1:] for line in found.cli("catalog", "ls").out.splitlines()}
    assert listed["PATH"] == ["BYTES", "SHA256", "STEP", "RUN"]
    assert listed["made/parts/c"] == ["2", "gone", "write", "two"]
    assert listed["made/text.txt"][2:] == ["write", "two"]


def test_get_brings_back_the_newest_or_that_of_a_run(found: Project) -> None:
    os.unlink(found.path("made/text.txt"))
    found.cli("catalog", "get", "made/text.txt").ok().says("made/text.txt  4 bytes, from two")
    assert found.read("made/text.txt") == "two\n"
    found.cli("catalog", "get", "made/text.txt", "one").exits(2).says("E971", "`made/text.txt`", "--force")
    assert found.read("made/text.txt") == "two\n"
    found.cli("catalog", "get", "made/text.txt", "one", "--force").ok()
    assert found.read("made/text.txt") == "one\n"


def test_get_takes_folders_patterns_and_another_place(found: Project) -> None:
    found.cli("catalog", "get", "made/", "two", "-o", "back").ok()
    assert found.files("back/**/*") == ["back/made/parts/c", "back/made/parts/deep/b", "back/made/text.txt"]
    found.cli("catalog", "get", "made/text.txt", "one", "-o", "old.txt").ok()
    found.cli("catalog", "get", "made/text.txt", "one", "-o", "back").ok()
    assert found.read("old.txt") == found.read("back/text.txt") == "one\n"
    found.cli("catalog", "get", "each/*.txt", "-o", "back/").ok()
    assert found.files("back/each/*") == ["back/each/p.txt", "back/each/q.txt"]


def test_get_knows_paths_as_seen_from_here(found: Project) -> None:
    os.unlink(found.path("made/text.txt"))
    found.run("catalog", "get", "text.txt", cwd=found.path("made")).ok()
    assert found.read("made/text.txt") == "two\n"


def test_get_of_something_else_names_the_near_one(found: Project) -> None:
    said = found.cli("catalog", "get", "made/txt.txt").exits(2).says("E970")
    assert "did you mean `made/text.txt`?" in said.err


def test_get_never_leaves_the_project_through_a_link(found: Project, project: Made) -> None:
    other = project()
    found.path("each").rename(found.path("before"))
    found.path("each").symlink_to(other.root)
    found.cli("catalog", "get", "each/p.txt").exits(2).says("E972")
    assert other.files() == []
    found.cli("catalog", "get", "each/p.txt", "-o", "each/p.txt").ok()  # that was said
    assert other.files() == ["p.txt"]


def test_get_gives_nothing_that_is_not_what_was_put(found: Project) -> None:
    row = next(row for row in found.cli("catalog", "ls", "--json").json() if row["path"] == "made/text.txt")
    blob = found.path(f".runner/catalog/blobs/{row['sha256'][:2]}/{row['sha256']}")
    os.unlink(found.path("made/text.txt"))
    blob.chmod(0o644)
    blob.write_text("twa\n")
    found.cli("catalog", "get", "made/text.txt").exits(4).says("E711", row["sha256"])
    blob.unlink()
    found.cli("catalog", "get", "made/text.txt").exits(4).says("E710", row["sha256"][:12])
    assert found.files("made/*") == []


def test_diff_tells_what_was_added_removed_and_changed(found: Project) -> None:
    said = found.cli("catalog", "diff", "one", "--json").ok().json()
    assert [one["path"] for one in said["added"]] == ["made/parts/c"]
    assert [one["path"] for one in said["removed"]] == ["made/parts/a"]
    assert [one["path"] for one in said["changed"]] == ["made/text.txt"]
    lines = [line.split() for line in found.cli("catalog", "diff", "one", "two").ok().out.splitlines()]
    assert lines == [
        ["CHANGE", "PATH", "BEFORE", "AFTER", "STEP"],
        ["added", "made/parts/c", "2", "write"],
        ["removed", "made/parts/a", "2", "write"],
        ["changed", "made/text.txt", "4", "4", "write"],
    ]
    found.cli("catalog", "diff", "one", "two", "--path", "each/").ok().says("no differences")


def test_each_part_has_help_and_a_wrong_one_is_told(found: Project) -> None:
    for part in ("ls", "get", "diff", "gc"):
        found.cli("catalog", part, "--help").ok().says(f"usage: runner catalog {part}")
    found.cli("catalog", "--help").ok().says("ls: ", "diff: ")
    found.cli("catalog", "lst").exits(2).says("E912", "it takes one of")
    found.cli("catalog", "ls", "--jsn").exits(2).says("`--json`")
