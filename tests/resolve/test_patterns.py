"""What a path in a file may name, what it names now, and which patterns can name one path (N5, N20, N21)."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from runner.resolve import patterns
from runner.text.sources import Sources


def tree(root: Path, *files: str) -> Sources:
    for name in files:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("x")
    return Sources(root)


def expand(root: Path, pattern: str) -> list[str]:
    return patterns.expand(root, pattern, Sources(root))


def test_n21_a_star_stays_within_a_part(tmp_path: Path) -> None:
    tree(tmp_path, "data/b.csv", "data/a.csv", "data/deep/c.csv", "data/a.txt", "other/a.csv")
    assert expand(tmp_path, "data/*.csv") == ["data/a.csv", "data/b.csv"]
    assert expand(tmp_path, "*/a.csv") == ["data/a.csv", "other/a.csv"]


def test_n21_two_stars_cross_folders_and_match_zero_of_them(tmp_path: Path) -> None:
    tree(tmp_path, "a.csv", "x/a.csv", "x/y/a.csv", "x/y/b.txt")
    assert expand(tmp_path, "**/a.csv") == ["a.csv", "x/a.csv", "x/y/a.csv"]
    assert expand(tmp_path, "x/**") == ["x/a.csv", "x/y/a.csv", "x/y/b.txt"]
    assert expand(tmp_path, "x/**/*.txt") == ["x/y/b.txt"]


def test_n21_a_trailing_slash_is_a_folder_with_all_below(tmp_path: Path) -> None:
    tree(tmp_path, "x/a", "x/y/b", "xx/c")
    assert expand(tmp_path, "x/") == ["x/a", "x/y/b"]


def test_n21_stars_match_no_hidden_part_unless_the_pattern_says_the_dot(tmp_path: Path) -> None:
    tree(tmp_path, "data/a.wav", "data/._a.wav", "data/.tmp/b.wav", ".cfg/x.wav")
    assert expand(tmp_path, "data/*.wav") == ["data/a.wav"]
    assert expand(tmp_path, "**/*.wav") == ["data/a.wav"]
    assert expand(tmp_path, "data/.*/*.wav") == ["data/.tmp/b.wav"]
    assert expand(tmp_path, ".cfg/*") == [".cfg/x.wav"]


def test_n21_what_the_runner_keeps_is_never_matched(tmp_path: Path) -> None:
    tree(tmp_path, ".runner/log.txt", ".runner/x/log.txt")
    for pattern in (".runner/*", ".*/*.txt", ".runner/", ".runner/log.txt"):
        assert expand(tmp_path, pattern) == []


def test_n21_a_wildcard_inside_a_value_is_literal(tmp_path: Path) -> None:
    tree(tmp_path, "out/a*.txt", "out/ab.txt")
    assert expand(tmp_path, f"out/{patterns.escape('a*')}.txt") == ["out/a*.txt"]
    assert expand(tmp_path, f"out/{patterns.escape('a*')}.*") == ["out/a*.txt"]
    assert expand(tmp_path, "out/a*.txt") == ["out/a*.txt", "out/ab.txt"]
    assert patterns.unescape(patterns.escape("a*")) == "a*"
    assert patterns.matches(patterns.escape("a*") + ".*", "a*.txt")
    assert not patterns.matches(patterns.escape("a*") + ".*", "ab.txt")


def test_n24_links_are_followed_but_never_in_a_circle(tmp_path: Path) -> None:
    tree(tmp_path, "big/a.txt")
    (tmp_path / "link").symlink_to("big")
    (tmp_path / "big/self").symlink_to(".")
    (tmp_path / "big/up").symlink_to("..")
    assert expand(tmp_path, "link/*.txt") == ["link/a.txt"]
    assert expand(tmp_path, "big/**") == ["big/a.txt"]
    assert "link/a.txt" in expand(tmp_path, "**/*.txt")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    tree(tmp_path, "x.d/a", "y.d")
    assert expand(tmp_path, "*.d") == ["y.d"]
    assert expand(tmp_path, "nowhere/*") == []


def test_what_was_asked_of_the_disk_is_noted(tmp_path: Path) -> None:
    sources = tree(tmp_path, "data/a.csv")
    patterns.expand(tmp_path, "data/*.csv", sources)
    answers = sources.answers()
    assert Sources(tmp_path).same(answers)
    (tmp_path / "data/b.csv").write_text("x")
    assert not Sources(tmp_path).same(answers)


@pytest.mark.parametrize(
    ("pattern", "path", "item"),
    [
        ("data/*.csv", "data/a.csv", "a"),
        ("*/x.csv", "north/x.csv", "north"),
        ("data/a.csv", "data/a.csv", "data/a.csv"),
        ("*/*.csv", "north/x.csv", "north/x.csv"),
    ],
)
def test_n5_an_item_is_what_the_one_wildcard_stands_for(pattern: str, path: str, item: str) -> None:
    assert patterns.item_of(pattern, path) == item


def test_n5_a_wildcard_in_a_value_is_none_of_the_pattern() -> None:
    assert patterns.item_of(patterns.escape("*") + "/*.csv", "*/a.csv") == "a"


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a/b", "a/b"),
        ("./a//b/./c/", "a/b/c/"),
        ("a/../b", "b"),
        ("../a", None),
        ("a/../../b", None),
        ("/a", None),
        ("a\0", None),
        ("a\nb", None),
        ("", None),
        (".", None),
    ],
)
def test_n46_a_path_stays_inside_the_project(path: str, found: str | None) -> None:
    assert patterns.inside(path) == found


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("a/b.txt", "a/b.txt"),
        ("./a/b.txt", "a/b.txt"),
        ("a/*.txt", "a/b.txt"),
        ("a/*.txt", "a/x*"),
        ("a/**", "a/b/c"),
        ("**/c", "c"),
        ("**/c", "a/b/c"),
        ("a/", "a/b/c"),
        ("a/", "a"),
        ("a/", "a/*.csv"),
        ("a/**/z", "a/z"),
        ("a/*/c", "a/**"),
        ("a*c", "ab*"),
        (".x/*", ".x/y"),
    ],
)
def test_n21_these_can_name_one_path(one: str, two: str) -> None:
    assert patterns.meets(one, two) and patterns.meets(two, one)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("a/b", "a/c"),
        ("a/*.txt", "a/b/c.txt"),
        ("a/*.txt", "a/b.csv"),
        ("a/*.txt", "a/*.csv"),
        ("a/**", "b/**"),
        ("a/**", "a"),
        ("a/", "ab"),
        ("*", ".x"),
        ("**/a", ".x/a"),
        ("**", ".*"),
        (patterns.escape("*"), "a"),
    ],
)
def test_n21_these_can_not(one: str, two: str) -> None:
    assert not patterns.meets(one, two) and not patterns.meets(two, one)


NAMES = ["a", "b", "ab", ".a", "ba"]
PATHS = ["/".join(parts) for size in (1, 2, 3) for parts in itertools.product(NAMES, repeat=size)]
part = st.sampled_from(["a", "b", "ab", "*", "a*", "*b", ".a", ".*", "**", "*a*"])
pattern = st.builds(
    lambda parts, slash: "/".join(parts) + slash, st.lists(part, min_size=1, max_size=3), st.sampled_from(["", "/"])
)


@settings(deadline=None, max_examples=300)
@given(pattern, pattern)
def test_n21_patterns_that_share_a_path_meet(one: str, two: str) -> None:
    shared = [path for path in PATHS if patterns.matches(one, path) and patterns.matches(two, path)]
    if shared:
        assert patterns.meets(one, two), shared[0]
    assert patterns.meets(one, two) == patterns.meets(two, one)


@settings(deadline=None, max_examples=300)
@given(st.lists(pattern, max_size=8), pattern)
def test_n21_the_index_finds_exactly_what_meets_in_order(known: list[str], asked: str) -> None:
    index = patterns.Index()
    for number, one in enumerate(known):
        index.add(one, number)
    assert index.meeting(asked) == [number for number, one in enumerate(known) if patterns.meets(one, asked)]


def test_n21_ten_thousand_paths_are_not_asked_in_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    from runner.resolve import meeting

    asked = 0
    meet = meeting._meet

    def counted(one: list[str], two: list[str]) -> bool:
        nonlocal asked
        asked += 1
        return meet(one, two)

    monkeypatch.setattr(meeting, "_meet", counted)
    index = patterns.Index()
    for number in range(10_000):
        index.add(f"out/{number}.txt", number)
        index.add(f"parts/*/{number}.csv", -number)
    for number in range(10_000):
        assert index.meeting(f"out/{number}.txt") == [number]
        assert index.meeting(f"parts/x/{number}.csv") == [-number]
    assert asked <= 100_000  # not 10,000 times 10,000
