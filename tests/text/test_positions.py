"""The scanner knows every path that tomllib knows, and its offsets hold what was written."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
import tomlkit
from hypothesis import given, settings, strategies as st

from runner.text.positions import inner, scan


def paths(data: Any) -> set[tuple[str | int, ...]]:
    """All paths of a document; a list's items too."""
    found: set[tuple[str | int, ...]] = set()
    todo: list[tuple[tuple[str | int, ...], Any]] = [((), data)]
    while todo:
        path, value = todo.pop()
        items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, inside in items:
            found.add((*path, key))
            todo.append(((*path, key), inside))
    return found


def at(data: Any, path: tuple[str | int, ...]) -> Any:
    for key in path:
        data = data[key]
    return data


def holds(text: str) -> None:
    """Same paths as tomllib; every value that was written as one is that value again."""
    data, found = tomllib.loads(text), scan(text)
    assert not found.stuck
    assert found.clash is None
    assert set(found.spans) == paths(data)
    for path, span in found.spans.items():
        if span.kind in ("value", "list", "inline"):
            again = tomllib.loads(f"k = {text[span.value : span.value_end]}")["k"]
            assert again == at(data, path) or again != again
        key = text[span.key : span.key_end]
        if isinstance(path[-1], str):
            assert path[-1] in tomllib.loads(f"{key} = 1")
    for path, (start, end) in found.headers.items():
        assert text[start] == "[" and text[end - 1] == "]", path


NASTY = {
    "empty": "",
    "comments only": "# a\n\n  # b",
    "no line end": "a = 1",
    "headers in texts": "a = '''\n[x]\nb = 1\n'''\nc = \"\"\"\n[[y]]\n\"\"\"\n",
    "quotes at the end of a text": "a = '''x'''''\nb = \"\"\"y\"\"\"\"\"\nc = ''''''\nd = \"\"\"\"\"\"\n",
    "two quotes in a text": 'a = \'\'\'it\'\'s\'\'\'\nb = """it""s \\""" end"""\n',
    "hash in texts": "a = '#' # b\nc = [ # d\n  '#', # e ]\n  \"]\" # f\n] # g\n",
    "quoted keys": '\'a.b\' = 1\n"c d" . e = 2\n"" = 3\n',
    "escaped keys": '"\\u00e4\\n\\"" = 1\n["x\\ty"."z"]\n"\\\\" = 2\n',
    "dotted keys": "a.b.c = 1\na.b.d = 2\na.e = 3\n[x]\ny.z = 4\n[x.y.w]\nv = 5\n",
    "headers inside out": "[a.b.c]\nx = 1\n[a]\ny = 2\n[a.b]\nz = 3\n",
    "dots into an implied table": "[a.b.c]\nx = 1\n[a]\nb.y = 2\n",
    "lists of tables": "[[a]]\nx = 1\n[a.b]\ny = 2\n[[a]]\n[a.b]\ny = 3\n[[a.c]]\n[[a.c]]\nz = 1\n[a.c.d]\nw = 1\n",
    "a list of tables below an implied table": "[[a.b]]\nx = 1\n[[a.b]]\n[a.c]\ny = 1\n",
    "lists of lists": "a = [[1, 2], [], [[3]], [ [ 4 , ] , ], ]\n",
    "inline tables": "a = { b = { c = [ { d = 1 }, { d.e = 2, d.f = 3 } ] }, g.h = {} }\n",
    "dates": "a = 1979-05-27 07:32:00 # b\nc = [1979-05-27, 07:32:00.5]\nd = 1979-05-27 07:32:00+01:00\n",
    "numbers": "a = +1_000\nb = -0.5e-3\nc = 0xdead_BEEF\nd = inf\ne = -nan\nf = true\n",
    "spaces": "\t[ a . b ]\t# c\n \t d \t=\t 1 \t\n[[\te ]]\n",
    "names like values": "true = 1\n1979-05-27 = 2\n1.5 = 3\ninf = 4\n- = 5\n",
    "a line that goes on": 'a = """x \\\n\n   y \\   \n z"""\n',
    "wide characters": "a = '日本 😀' # 語\n\"日\" = ['é']\n",
}


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY)
def test_a_nasty_text_has_all_its_positions(text: str) -> None:
    holds(text)


scalars = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=12),
    st.integers(-(2**62), 2**62),
    st.booleans(),
    st.floats(allow_nan=False, width=32),
    st.dates(),
)
bare = st.from_regex(r"[A-Za-z0-9_-]{1,6}", fullmatch=True)
keys = st.one_of(bare, st.text(st.characters(codec="utf-8"), max_size=5))
tables = st.dictionaries(
    keys,
    st.recursive(
        scalars,
        lambda inside: st.one_of(st.lists(inside, max_size=3), st.dictionaries(keys, inside, max_size=3)),
        max_leaves=8,
    ),
    max_size=5,
)


@settings(max_examples=150, deadline=None)
@given(tables)
def test_any_document_has_all_its_positions(data: dict[str, Any]) -> None:
    text = tomlkit.dumps(data)
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return  # the writer's fault
    holds(text.replace("\r\n", "\n"))


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("[]{}=.,#\"'\\ \nab1_-"), max_size=30))
def test_what_tomllib_takes_the_scanner_takes_and_its_clashes_are_clashes(text: str) -> None:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = scan(text)
        clash = str(error).startswith(("Cannot ", "Duplicate "))
        assert found.clash is not None or not clash
    else:
        holds(text)


def test_a_clash_is_seen_with_both_places() -> None:
    text = "[a]\nx = { y = 1 }\n[a.x.z]\n"
    clash = scan(text).clash
    assert clash is not None
    assert text[clash.before.value : clash.before.value_end] == "{ y = 1 }"
    assert (clash.path, text[clash.key : clash.key_end]) == (("a", "x"), "x")


@pytest.mark.parametrize(
    ("raw", "part", "inside"),
    [
        ("'a > b'", (2, 3), ">"),
        ('"a > b"', (0, 1), "a"),
        ('"\\t\\"x\\u00e4y"', (2, 3), "x"),
        ('"\\t\\"x\\u00e4y"', (3, 4), "\\u00e4"),
        ('"\\t\\"x\\u00e4y"', (2, 5), "x\\u00e4y"),
        ("'''\nab\ncd'''", (3, 5), "cd"),
        ("'''ab'''", (0, 2), "ab"),
        ('"""\nab \\\n\n   cd"""', (3, 5), "cd"),
        ('"""\nab \\\n\n   cd"""', (2, 4), " \\\n\n   c"),
        ("''''a'''''", (0, 3), "'a'"),
        ('"ab"', (2, 2), ""),
        ("'😀b'", (1, 2), "b"),
    ],
)
def test_a_part_of_a_text_is_found_as_it_was_written(raw: str, part: tuple[int, int], inside: str) -> None:
    found = inner(raw, *part)
    assert found is not None
    assert raw[found[0] : found[1]] == inside


@pytest.mark.parametrize("raw", ["3", "", "['a']"])
def test_only_texts_have_parts(raw: str) -> None:
    assert inner(raw, 0, 1) is None


def test_a_part_beyond_the_end_is_none() -> None:
    assert inner("'ab'", 0, 5) is None
    assert inner('"ab"', 0, 5) is None


def test_ten_thousand_levels_are_read_without_recursion() -> None:
    assert scan("a = " + "[" * 10_000 + "]" * 10_000, limit=100).deep is not None
    assert scan("a = " + "{a=" * 3_000 + "1" + "}" * 3_000, limit=100).deep is not None
    assert scan("a" + ".a" * 10_000 + " = 1", limit=100).deep is not None
    assert scan("[a" + ".a" * 60 + "]\nb" + ".b" * 60 + " = 1", limit=100).deep is not None
