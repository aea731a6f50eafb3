"""One form for TOML: what it looks like, that it loses nothing, and that its own form is itself."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from runner.testing.author import SCALARS, Author, comments
from runner.text.format import WIDTH, formatted

TOP = Path(__file__).resolve().parent.parent.parent


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a=1\nb   =   2", "a = 1\nb = 2\n"),
        ("  a = 1  \n\t[ x . 'y z' ]\n\tb.  c=2\t\n", "a = 1\n\n[x.'y z']\nb.c = 2\n"),
        (
            "a = 1\n# of b\n# too\n[b]\n\n\n\n# alone\n\n[[c]]\n\n\n",
            "a = 1\n\n# of b\n# too\n[b]\n\n# alone\n\n[[c]]\n",
        ),
        ("\n\n# first\n[a]\n", "# first\n[a]\n"),
        ("a = [1,2 , 3 ,]\nb = [ ]\nc={a=1,b={ }}\nd={}\n", "a = [1, 2, 3]\nb = []\nc = { a = 1, b = {} }\nd = {}\n"),
        ("a = [ 1,\n2, 3 # c\n\n\n,4]\n", "a = [\n    1,\n    2, 3, # c\n\n    4,\n]\n"),
        (
            "a = [ # why\n# own\n[\n1],{b=[\n2]} ]\n",
            "a = [ # why\n    # own\n    [\n        1,\n    ], { b = [\n        2,\n    ] },\n]\n",
        ),
        ('a = """\n  x  \n\t# no\n"""   #c\n', 'a = """\n  x  \n\t# no\n"""   #c\n'),
        ("", ""),
        ("\n \n", ""),
        ("# only", "# only\n"),
    ],
)
def test_the_form(before: str, after: str) -> None:
    assert formatted(before) == after
    assert formatted(after) == after


def test_a_list_on_a_line_that_is_too_long_gets_a_line_for_each_item() -> None:
    word = "x" * 50
    text = f'command = ["{word}", "{word}"]\n'
    assert len(text) <= WIDTH
    assert formatted(text) == text
    assert formatted(text.replace("]", ', "and more"]')) == (
        f'command = [\n    "{word}",\n    "{word}",\n    "and more",\n]\n'
    )


def test_comments_in_a_column_stay_in_one() -> None:
    before = "a=1             # one\nbcd    =  'xyz' # two\n                # and on\ne = 4  # by itself\n"
    after = "a = 1       # one\nbcd = 'xyz' # two\n            # and on\ne = 4  # by itself\n"
    assert formatted(before) == after
    assert formatted(after) == after


@pytest.mark.parametrize("first", range(0, 400, 50))
def test_what_is_written_stays_and_the_form_of_the_form_is_itself(first: int) -> None:
    for seed in range(first, first + 50):
        author = Author(seed)
        text = author.document()
        data = tomllib.loads(text)
        out = formatted(text)
        assert repr(tomllib.loads(out)) == repr(data), text
        assert comments(out) == comments(text), text
        assert formatted(out) == out, text


def test_what_the_generator_writes_has_everything_in_it() -> None:
    text = "\n".join(Author(seed).document() for seed in range(400))
    assert all(scalar in text for scalar in SCALARS)
    assert all(re.search(each, text) for each in (r"\[\[", r"\{", r"\[[ \t]*#", r"\n\n\n", r"\t#", r"\. *'k", r"\},"))


PAGES = sorted([*TOP.glob("*.md"), *TOP.glob("docs/**/*.md"), *TOP.glob("examples/**/*.md")])
FENCED = re.compile(r"^```toml\n(.*?)^```", re.MULTILINE | re.DOTALL)
OURS = [path for path in TOP.glob("**/*.toml") if not {".venv", ".runner", ".ci", "errors"} & {*path.parts}]
TEXTS = {str(path.relative_to(TOP)): path.read_text("utf-8") for path in OURS} | {
    f"{page.relative_to(TOP)}:{number}": block
    for page in PAGES
    if page.name != "errors.md"  # mistakes
    for number, block in enumerate(FENCED.findall(page.read_text("utf-8")), 1)
}


def test_our_own_files_and_the_blocks_of_the_pages_are_formatted() -> None:
    assert not [name for name, text in TEXTS.items() if formatted(text) != text]
