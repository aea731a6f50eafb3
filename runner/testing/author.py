"""Writes TOML as nobody should, by a seed: what verbs that change files are tested with."""

from __future__ import annotations

import random
import re

SCALARS = (
    "1", "+1_000", "0xFF", "-0.0", "1e3", "inf", "nan", "true", "1979-05-27", "1979-05-27 07:32:00", "07:32:00.5",
    '"x"', '"# no [ ] { } , = \\" é"', "'# \\'", "''", '"""a"""',
    '"""\n  b  \\\n   # no\n\n [c]\n"""', "'''\n\t# no  \n'''",
    "''''x'''''", '"ü 漢 🐧"',
)  # fmt: skip


class Author:
    """Any spacing, all kinds of value, comments wherever one may stand, each told apart by its number."""

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
    """The comments of an author in a text, in their order."""
    return re.findall(r"#[ \t]*c\d+\. é \[x\] = \"'", text)
