"""One form for TOML: what it looks like, that it loses nothing, and that its own form is itself."""

from __future__ import annotations

import random
import re
import tomllib
from pathlib import Path

import pytest

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


SCALARS = (
    "1", "+1_000", "0xFF", "-0.0", "1e3", "inf", "nan", "true", "1979-05-27", "1979-05-27 07:32:00", "07:32:00.5",
    '"x"', '"# no [ ] { } , = \\" é"', "'# \\'", "''", '"""a"""',
    '"""\n  b  \\\n   # no\n\n [c]\n"""', "'''\n\t# no  \n'''",
    "''''x'''''", '"ü 漢 🐧"',
)  # fmt: skip


class Author:
    """Writes TOML as nobody should: any spacing, comments wherever one may stand, each told apart by its number."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.comments = self.names = 0

    def document(self) -> str:
        out = [self.between(), *(self.pair() for _ in range(self.dice.randint(0, 4)))]
        for _ in range(self.dice.randint(0, 6)):
            many = self.dice.random() < 0.3
            name = f".{self.space()}".join(self.key() for _ in range(self.dice.randint(1, 3)))
            opened, closed = ("[[", "]]") if many else ("[", "]")
            out += [self.space(), opened, self.space(), name, self.space(), closed, self.end(), self.between()]
            out += [self.pair() for _ in range(self.dice.randint(0, 4))]
        text = "".join(out)
        return text.rstrip("\n") if self.dice.random() < 0.2 else text

    def pair(self) -> str:
        key = f"{self.space()}.{self.space()}".join(self.key() for _ in range(self.dice.choice([1, 1, 1, 2, 3])))
        return f"{self.space()}{key}{self.space()}={self.space()}{self.value(3)}{self.end()}{self.between()}"

    def key(self) -> str:
        self.names += 1
        return self.dice.choice(["k{}", "'k {}.#'", '"k\\t{}"', "{}", "k-{}"]).format(self.names)

    def value(self, deep: int) -> str:
        kind = self.dice.random() if deep else 1
        if kind < 0.2:
            last = self.dice.choice(["", ","])
            items = [f"{self.gap()}{self.value(deep - 1)}{self.gap()}" for _ in range(self.dice.randint(0, 12))]
            return f"[{','.join(items)}{last if items else ''}{self.gap()}]"
        if kind < 0.35:
            pairs = [
                f"{self.space()}{self.key()}{self.space()}={self.space()}{self.value(deep - 1)}{self.space()}"
                for _ in range(self.dice.randint(0, 3))
            ]
            return f"{{{','.join(pairs)}{self.space()}}}"
        return self.dice.choice(SCALARS)

    def space(self) -> str:
        return self.dice.choice(["", "", " ", " ", "  ", "\t", "      "])

    def gap(self) -> str:
        return self.dice.choice(["", " ", " ", "\n", "\n\n\n", "#\n", "\n#\n"]).replace("#", self.comment())

    def comment(self) -> str:
        self.comments += 1
        return f"{self.space()}#{self.space()}c{self.comments}. é [x] = \"'"

    def end(self) -> str:
        return self.space() + (self.comment() if self.dice.random() < 0.3 else "") + "\n"

    def between(self) -> str:
        some = [self.dice.choice(["\n", " \n", "#\n", "#\n\n"]) for _ in range(self.dice.choice([0, 0, 1, 2, 4]))]
        return "".join(each.replace("#", self.comment()) for each in some)


def comments(text: str) -> list[str]:
    return re.findall(r"#[ \t]*c\d+\. é \[x\] = \"'", text)


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
    for number, block in enumerate(FENCED.findall(page.read_text("utf-8")), 1)
}


def test_our_own_files_and_the_blocks_of_the_pages_are_formatted() -> None:
    assert not [name for name, text in TEXTS.items() if formatted(text) != text]
