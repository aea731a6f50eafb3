"""Problems as text, whole."""

from __future__ import annotations

from runner.text.diagnostics import Diagnostic, Place
from runner.text.snippet import WIDTH, render

TEXT = 'name = "x"\n\n[steps.train]\nshell = "true"\nneeds = ["prepair"]\n'


def shown(*problems: Diagnostic, text: str | None = TEXT, color: bool = False) -> str:
    return render(problems, lambda name: text, color=color)


def test_no_problem_is_no_text() -> None:
    assert shown() == ""


def test_a_problem_shows_its_line_and_what_to_write() -> None:
    problem = Diagnostic("E203", Place("p.toml", 14, 10, 19), "unknown step `prepair`", "did you mean `prepare`?")
    assert shown(problem, text="\n" * 13 + 'needs = ["prepair"]') == (
        "error[E203]: unknown step `prepair`\n"
        "  --> p.toml:14:10\n"
        "   |\n"
        '14 | needs = ["prepair"]\n'
        "   |          ^^^^^^^^^ did you mean `prepare`?\n"
        "\n"
        "1 problem in p.toml\n"
    )


def test_without_a_place_the_hint_stands_below() -> None:
    assert shown(Diagnostic("E101", None, "no file", "first\nsecond")) == (
        "error[E101]: no file\n  = first\n    second\n\n1 problem\n"
    )


def test_without_its_text_only_the_place_is_named() -> None:
    problem = Diagnostic("E101", Place("p.toml", 3, 1, 2), "bad", "do better")
    assert shown(problem, text=None) == "error[E101]: bad\n --> p.toml:3:1\n  = do better\n\n1 problem in p.toml\n"
    assert shown(problem, text="one line") == shown(problem, text=None)


def test_problems_come_in_the_order_of_their_places_each_once() -> None:
    late, early = (Diagnostic("E101", Place("p.toml", line, 1, 2), f"line {line}") for line in (4, 1))
    nowhere, warning = Diagnostic("E101", None, "nowhere"), Diagnostic("W101", Place("a.toml", 1, 1, 2), "odd")
    text = shown(late, early, late, warning, nowhere)
    titles = [line for line in text.splitlines() if line.startswith(("error", "warning"))]
    assert titles == ["error[E101]: nowhere", "error[E101]: line 1", "error[E101]: line 4", "warning[W101]: odd"]
    assert text.endswith("\n\n3 problems and 1 warning in 2 files\n")


def test_warnings_alone_are_no_problems() -> None:
    assert shown(Diagnostic("W101", Place("a.toml", 1, 1, 2), "odd")).endswith("\n1 warning in a.toml\n")


def test_a_related_place_is_shown_with_its_words() -> None:
    related = ((Place("q.toml", 3, 8, 13), "the first one"),)
    assert shown(Diagnostic("E112", Place("p.toml", 3, 8, 13), "twice", None, related)) == (
        "error[E112]: twice\n"
        " --> p.toml:3:8\n"
        "  |\n"
        "3 | [steps.train]\n"
        "  |        ^^^^^\n"
        " ::: q.toml:3:8\n"
        "  |\n"
        "3 | [steps.train]\n"
        "  |        ----- the first one\n"
        "\n"
        "1 problem in p.toml\n"
    )


def snippet(line: str, start: int, end: int, hint: str | None = None) -> list[str]:
    """The line and what stands below it, without the margin."""
    out = shown(Diagnostic("E101", Place("p", 1, start, end), "bad", hint), text=line).splitlines()
    return [row[4:] for row in out[3:5]]


def marked(line: str, start: int, end: int) -> str:
    """What the carets stand under, of a line without wide characters."""
    above, below = snippet(line, start, end)
    return above[below.index("^") : below.rindex("^") + 1]


def test_a_tab_is_four_columns() -> None:
    assert snippet("\ta = \tx", 6, 7) == ["    a =     x", "        ^^^^"]
    assert snippet("\ta = \tx", 7, 8) == ["    a =     x", "            ^"]


def test_wide_and_combining_characters_count_as_they_are_seen() -> None:
    assert snippet("a = '日本' x", 5, 9) == ["a = '日本' x", "    ^^^^^^"]
    assert snippet("！ = x", 5, 6) == ["！ = x", "     ^"]
    assert snippet("a = '日本' x", 10, 11) == ["a = '日本' x", "           ^"]
    assert snippet("e\u0301 = x", 6, 7) == ["e\u0301 = x", "    ^"]


def test_characters_that_would_move_the_cursor_are_shown_as_pictures() -> None:
    assert snippet("a = \x1b[31m\x7f\u202e!", 5, 6) == ["a = ␛[31m␡\ufffd!", "    ^"]
    assert "\x1b" not in shown(Diagnostic("E101", Place("a\x1bb", 1, 1, 2), "c\x1bd", "e\x1bf"))


def test_a_place_at_the_end_of_a_line_has_one_mark() -> None:
    assert snippet("a =", 4, 5) == ["a =", "   ^"]


def test_a_long_line_is_shown_around_its_place() -> None:
    line = "x" * 300 + "HERE" + "y" * 300
    above, below = snippet(line, 301, 305)
    assert above.startswith("…") and above.endswith("…")
    assert len(above) == WIDTH
    assert above[below.index("^") :].startswith("HERE") and below.count("^") == 4


def test_a_long_line_keeps_its_start_or_end_when_the_place_is_near_it() -> None:
    line = "ab" + "x" * 300 + "yz"
    assert snippet(line, 1, 3)[0].startswith("abx")
    assert snippet(line, 303, 305)[0].endswith("xyz")
    assert marked(line, 1, 3) == "ab"
    assert marked(line, 303, 305) == "yz"


def test_marks_end_where_a_long_line_is_cut() -> None:
    above, below = snippet("x = " + "y" * 300, 5, 305)
    assert len(below) <= len(above)


def test_a_line_of_a_million_characters_is_cut_at_once() -> None:
    line = "日" * 1_000_000
    above, _ = snippet(line, 500_000, 500_001)
    assert len(above) <= WIDTH


def test_a_hint_without_room_beside_the_marks_stands_below() -> None:
    hint = "write " + "x" * 90
    text = shown(Diagnostic("E101", Place("p", 1, 1, 20), "bad", hint), text="y" * 30)
    assert text.splitlines()[4:6] == ["  | " + "^" * 19, "  = " + hint]


def test_line_ends_of_windows_are_not_shown() -> None:
    assert "\r" not in shown(Diagnostic("E101", Place("p", 1, 1, 2), "bad"), text="a\r\nb\r\n")


def test_colour_adds_nothing_but_colour() -> None:
    import re

    related = ((Place("p.toml", 1, 1, 5), "here"),)
    problem = Diagnostic("E203", Place("p.toml", 5, 10, 19), "unknown", "hint", related)
    coloured = shown(problem, color=True)
    assert coloured.startswith("\x1b[1;31merror[E203]\x1b[0m")
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == shown(problem)
