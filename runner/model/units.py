"""Durations and sizes as they are written: the grammar, the values, and what to write instead (LANGUAGE section 3)."""

from __future__ import annotations

import re

_N = "[0-9]{1,9}"  # no longer: thirty years in seconds, and safe in every float
DURATION = f"{_N}d({_N}h)?({_N}m)?({_N}s)?|{_N}h({_N}m)?({_N}s)?|{_N}m({_N}s)?|{_N}s|{_N}ms"
SIZE = "[0-9]{1,9}(k|M|G|T|Ki|Mi|Gi|Ti)"

SECONDS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
BYTES = {
    "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12,
    "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40,
}  # fmt: skip

_DURATION = re.compile(DURATION, re.ASCII)
_SIZE = re.compile(SIZE, re.ASCII)
_NUMBER = re.compile(r"([0-9]+)(?:\.([0-9]+))?\s*([A-Za-z]*)", re.ASCII)
_WORDS = {
    "d": "d", "day": "d", "days": "d", "h": "h", "hr": "h", "hrs": "h", "hour": "h", "hours": "h",
    "m": "m", "min": "m", "mins": "m", "minute": "m", "minutes": "m",
    "s": "s", "": "s", "sec": "s", "secs": "s", "second": "s", "seconds": "s",
}  # fmt: skip


def seconds(text: str) -> float:
    """`"1h30m"` as 5400, `"250ms"` as 0.25. Raises ValueError for what is no duration."""
    if not _DURATION.fullmatch(text):
        raise ValueError(f"{text!r} is no duration")
    if text.endswith("ms"):
        return int(text[:-2]) / 1000
    return sum(int(number) * SECONDS[unit] for number, unit in re.findall("([0-9]+)([dhms])", text))


def bytes_of(text: str) -> int:
    """`"512Mi"` as 536870912. Raises ValueError for what is no size."""
    if not _SIZE.fullmatch(text):
        raise ValueError(f"{text!r} is no size")
    number = text.rstrip("kKMGTi")
    return int(number) * BYTES[text[len(number) :]]


def duration_text(total: int) -> str:
    """Whole seconds as the shortest duration: 5400 -> `1h30m`."""
    out = ""
    for unit, length in SECONDS.items():
        if total >= length:
            out += f"{total // length}{unit}"
            total %= length
    return out or "0s"


def millicores(cpu: float) -> int:
    """A number of cores in whole millicores, rounded up."""
    return -int(-cpu * 1000 // 1)


def duration_hint(value: object) -> str | None:
    """What was meant by a value that is no duration: 30 -> `30s`, `1.5h` -> `1h30m`, `90 min` -> `1h30m`."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    if not isinstance(value, str):
        return f"{value}s" if isinstance(value, int) and 0 <= value < 10**9 else None
    total = 0.0
    rest = value.strip().lower().replace(",", " ")
    while rest:
        found = _NUMBER.match(rest)
        if not found or found[3] not in _WORDS or (total and not found[3]):
            return None
        total += float(f"{found[1]}.{found[2] or 0}") * SECONDS[_WORDS[found[3]]]
        rest = rest[found.end() :].lstrip()
    if not value.strip() or total > 10**9:
        return None
    if total == int(total):
        return duration_text(int(total))
    return f"{round(total * 1000)}ms" if total * 1000 == round(total * 1000) else None


def size_hint(value: object) -> str | None:
    """What was meant by a value that is no size: `512m` -> `512Mi`, `1.5Gi` -> `1536Mi`, `2 GB` -> `2G`."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    found = _NUMBER.fullmatch(str(value).strip())
    if not found:
        return None
    whole, part, unit = found[1], found[2], found[3].lower()
    if unit in ("", "b") or len(whole) > 9:
        return None  # bytes: nobody can say whether megabytes were meant
    letter = unit[0]
    if letter not in "kmgt" or unit[1:] not in ("", "b", "i", "ib"):
        return None
    binary = "i" in unit[1:] or (found[3] == "m")  # `512m` is Docker's spelling of 512Mi
    name = ("k" if letter == "k" and not binary else letter.upper()) + ("i" if binary else "")
    if not part or not part.strip("0"):
        return whole + name
    exact = float(f"{whole}.{part}") * BYTES[name]
    for smaller in [
        other for other in reversed(list(BYTES)) if other.endswith("i") is binary and BYTES[other] < BYTES[name]
    ]:
        if exact % BYTES[smaller] == 0:
            return f"{int(exact) // BYTES[smaller]}{smaller}"
    return None


def cpu_hint(value: object) -> str | None:
    """What was meant by a text in place of a number of cores: `500m` -> `0.5`, `2` -> `2`."""
    if not isinstance(value, str):
        return None
    found = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)(m?)", value.strip(), re.ASCII)
    if not found:
        return None
    return f"{float(found[1]) / 1000:g}" if found[2] else found[1]
