"""A key or table is put where it belongs; the rest of the text stays as it was, and says what it said."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from runner.testing.author import Author, comments
from runner.text.diagnostics import Refused
from runner.text.document import Document, parsed
from runner.text.edit import assigned, keys_of, removed, with_table
from runner.text.positions import scan

ORDER = ["params", "types", "steps", "finally"]


def doc(text: str) -> Document:
    return parsed(text.encode(), "x.toml")


@pytest.mark.parametrize(
    ("key", "before", "after"),
    [
        ("a", "a=1 # why\n", "a=9 # why\n"),
        ("a.b", "a = {b=1,c=2}\n", "a = {b=9,c=2}\n"),
        ("a.b", "[a]\nb = [ # long\n  1,\n]\n", "[a]\nb = 9\n"),
        ("b", "a = 1 # of a\n# more\n\n[t]\n", "a = 1 # of a\nb = 9\n# more\n\n[t]\n"),
        ("b", "#:schema x.json\n[t]\n", "#:schema x.json\nb = 9\n\n[t]\n"),
        ("b", "# of t\n[t]\n", "b = 9\n\n# of t\n[t]\n"),
        ("b", "", "b = 9\n"),
        ("b", "a = '''\n x\n'''", "a = '''\n x\n'''\nb = 9\n"),
        ("t.b", "[t]\n  a = 1\n\n# of u\n[u]\n", "[t]\n  a = 1\n  b = 9\n\n# of u\n[u]\n"),
        ("t.b", "[t] # t\n[u]\n", "[t] # t\nb = 9\n[u]\n"),
        ("t.b.c", "[t]\na = 1\n", "[t]\na = 1\nb = { c = 9 }\n"),
        ("t.b.c", "[t]\nb.a = 1\nz = 1\n", "[t]\nb.a = 1\nb.c = 9\nz = 1\n"),
        ("t.b", "t = {a = 1}\n", "t = {a = 1, b = 9}\n"),
        ("t.b", "t = {}\n", "t = { b = 9 }\n"),
        ("t.b.'c d'", "t = { a = 1 }\n", 't = { a = 1, b."c d" = 9 }\n'),
        ("steps.a.t", "[steps.a.env]\nx = 1\n", "[steps.a]\nt = 9\n\n[steps.a.env]\nx = 1\n"),
        ("types.x.type", "[steps.a]\n", "[types]\nx = { type = 9 }\n\n[steps.a]\n"),
        (
            "types.x",
            "[params]\nx = 1\n\n# first\n[steps.a]\n",
            "[params]\nx = 1\n\n[types]\nx = 9\n\n# first\n[steps.a]\n",
        ),
        ("steps.b.env.X", "[steps.a]\n\n[finally.z]\n", "[steps.a]\n\n[steps.b]\nenv = { X = 9 }\n\n[finally.z]\n"),
        ("other.x", "[steps.a]\n", "[steps.a]\n\n[other]\nx = 9\n"),
    ],
)
def test_a_value_is_put_where_its_table_is(key: str, before: str, after: str) -> None:
    assert assigned(doc(before), keys_of(key), "9", ORDER) == after


@pytest.mark.parametrize(
    ("key", "before", "after"),
    [
        ("a", "a=1 # why\nb=2\n", "b=2\n"),
        ("t.b", "[t]\nb = [\n  1,\n]\n\n[u]\n", "[t]\n\n[u]\n"),
        ("t.a", "t = { a = 1, b = 2 }\n", "t = { b = 2 }\n"),
        ("t.b", "t = { a = 1, b = 2 }\n", "t = { a = 1 }\n"),
        ("t.a", "t = { a = 1 }\n", "t = {}\n"),
        ("t.a.b", "t = { x = 1, a.b = 1 }\n", "t = { x = 1 }\n"),
        ("t.a.b", "[t]\na.b = 1\n", "[t]\n"),
    ],
)
def test_a_value_is_taken_out(key: str, before: str, after: str) -> None:
    assert removed(doc(before), keys_of(key)) == after


@pytest.mark.parametrize(
    ("code", "key", "text"),
    [
        ("E991", "t", "[t]\n"),
        ("E991", "t", "t.a = 1\n"),
        ("E994", "t.a", "t = 1\n"),
        ("E994", "t.a", "[[t]]\n"),
        ("E992", "a b", ""),
        ("E992", "a = 1\nb", ""),
        ("E992", "", ""),
        ("E992", "[a]\nb", ""),
        ("E992", "a = { b = 1 } #", ""),
    ],
)
def test_what_cannot_be_set_is_refused(code: str, key: str, text: str) -> None:
    with pytest.raises(Refused) as refused:
        assigned(doc(text), keys_of(key), "9")
    assert [problem.code for problem in refused.value.problems] == [code]


def test_a_step_comes_behind_the_last_one() -> None:
    before = "[steps.a]\n\n# inside\n[steps.a.env]\nX = 1\n\n# at the end\n[finally.z]\n"
    after = "[steps.a]\n\n# inside\n[steps.a.env]\nX = 1\n\n[steps.b]\nstub = true\n\n# at the end\n[finally.z]\n"
    assert with_table(doc(before), ("steps", "b"), ["stub = true"], ORDER) == after


def tables(data: Any, at: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield at
    for name, value in data.items():
        if isinstance(value, dict):
            yield from tables(value, (*at, name))


@pytest.mark.parametrize("first", range(0, 120, 40))
def test_in_any_text_there_is_a_place_for_any_key_and_a_way_back(first: int) -> None:
    for seed in range(first, first + 40):
        before = doc(Author(seed).document().replace("nan", "inf"))
        dice = random.Random(seed)
        places = list(tables(before.data))
        for _ in range(4):
            keys = (*dice.choice(places), *(f"new{n}" for n in range(dice.choice([1, 1, 2, 3]))))
            after = assigned(before, keys, '"#"')
            assert comments(after) == comments(before.text)
            assert not set(before.text.split("\n")) - set(after.split("\n")) or "{" in before.text
            assert keys in scan(after).spans
            back = removed(doc(after), keys)
            assert comments(back) == comments(before.text)
            assert len(keys) > 1 or tomllib.loads(back) == before.data
