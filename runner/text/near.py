"""Did you mean: the known word that a mistyped one is nearest to."""

from __future__ import annotations

from collections.abc import Iterable

MOST = 2000


def near(word: str, words: Iterable[str]) -> str | None:
    """The one of `words` that `word` was probably meant to be; None when nothing is close.

    Case, `-` and `_` do not count. Else up to a third of the letters may differ (one in short words); a neighbour
    swap is one difference. One cheap pass leaves the words that are worth a distance, and no more than MOST of them
    are measured, so that ten thousand names that are all alike cost some milliseconds.
    """
    plain = _plain(word)
    allowed = max(1, len(plain) // 3)
    best: str | None = None
    measured = 0
    for known in words:
        other = _plain(known)
        if other == plain:
            return known
        if not allowed or measured == MOST:
            continue
        if abs(len(other) - len(plain)) > allowed or len(plain) < 2 or len(other) < 2:
            continue
        if other[0] != plain[0] and other[-1] != plain[-1] and other[:2] != plain[1::-1]:
            continue
        measured += 1
        distance = _distance(plain, other, allowed)
        if distance <= allowed:
            best, allowed = known, distance - 1  # from here on only better ones count: the first of equals wins
    return best


def _plain(word: str) -> str:
    return word.casefold().replace("_", "-")


def _distance(a: str, b: str, limit: int) -> int:
    """Insertions, deletions, replacements and neighbour swaps from `a` to `b`; some number above `limit` if more."""
    start, end_a, end_b = 0, len(a), len(b)
    while start < end_a and start < end_b and a[start] == b[start]:
        start += 1
    while end_a > start and end_b > start and a[end_a - 1] == b[end_b - 1]:
        end_a, end_b = end_a - 1, end_b - 1
    a, b = a[start:end_a], b[start:end_b]
    if not a or not b:
        return len(a) + len(b)
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, left in enumerate(a, 1):
        older, before, row = before, row, [i]
        for j, right in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (left != right))
            if i > 1 and j > 1 and left == b[j - 2] and a[i - 2] == right:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
    return row[-1]
