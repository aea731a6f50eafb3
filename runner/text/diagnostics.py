"""A problem that somebody should read: code, sentence, place, hint."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from runner.text.near import near

__all__ = ["Diagnostic", "Place", "Refused", "Ways", "diagnose", "exit_code", "near", "shortened", "with_ways"]

FAMILIES = {"E7": 4, "E8": 5, "E9": 2}
"""Exit codes of the families of codes that are not about files (DESIGN 3.3); all others exit with FILES."""
FILES = 3
SHOWN = 3
"""How many places are shown of either end of a long way."""


class Place(NamedTuple):
    """Where something was written: 1-based, in characters; `end` is the column after the last one, on that line.

    `key`: its dotted key, where the text is computed and may stand for several."""

    file: str
    line: int
    col: int
    end: int
    key: str = ""


class Diagnostic(NamedTuple):
    """One problem. `related` are further places, each with a few words."""

    code: str
    place: Place | None
    message: str
    hint: str | None = None
    related: tuple[tuple[Place, str], ...] = ()

    @property
    def severity(self) -> str:
        """`error` or `warning`: the code's first letter says it."""
        return "warning" if self.code.startswith("W") else "error"


Ways = Mapping[str, tuple[tuple[Place, str], ...]]
"""File -> the places through which it came in, outermost last: what includes or uses it."""


def with_ways(problems: Iterable[Diagnostic], ways: Ways) -> list[Diagnostic]:
    """Problems in a file that others brought in, each with the places through which it came in."""
    out = []
    for problem in problems:
        way = ways.get(problem.place.file, ()) if problem.place else ()
        known = {problem.place, *(place for place, _ in problem.related)}
        more = shortened([step for step in way if step[0] not in known])
        out.append(problem._replace(related=(*problem.related, *more)) if more else problem)
    return out


def shortened(way: Sequence[tuple[Place, str]]) -> tuple[tuple[Place, str], ...]:
    """Both ends of a long way, which says how much is left out."""
    if len(way) <= 2 * SHOWN:
        return tuple(way)
    place, words = way[-SHOWN]
    return (*way[:SHOWN], (place, f"{words}, {len(way) - 2 * SHOWN} files further out"), *way[1 - SHOWN :])


class Refused(Exception):
    """What was asked cannot be done, for these reasons."""

    def __init__(self, problems: Iterable[Diagnostic]) -> None:
        self.problems: list[Diagnostic] = list(problems)
        super().__init__("; ".join(f"{problem.code}: {problem.message}" for problem in self.problems))

    @property
    def exit_code(self) -> int:
        """By the family of the problems' codes; never 0."""
        return exit_code(self.problems) or FILES


def exit_code(problems: Iterable[Diagnostic]) -> int:
    """0 without errors; what is wrong in the files outweighs the rest, which the first error decides."""
    codes = [FAMILIES.get(problem.code[:2], FILES) for problem in problems if problem.severity == "error"]
    if not codes:
        return 0
    return FILES if FILES in codes else codes[0]


def diagnose(
    code: str,
    place: Place | None,
    *,
    hint: str | None = None,
    related: Sequence[tuple[Place, str]] = (),
    **args: Any,
) -> Diagnostic:
    """The problem `code` with the catalogue's sentence, filled in from `args`.

    Without `hint` the catalogue's own hint is used, if `args` has all that it names (None: it does not).
    KeyError: a code that is not in the catalogue, or a sentence that lacks an argument; both are faults of ours.
    """
    from runner.text.catalogue import CODES  # not on the way of valid files

    sentence, template = CODES[code]
    if hint is None and template is not None:
        try:
            hint = template.format(**{name: value for name, value in args.items() if value is not None})
        except KeyError:
            hint = None
    return Diagnostic(code, place, sentence.format(**args), hint, tuple(related))
