"""What a stream can show: colours, symbols, width; and text made safe for it."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Mapping
from typing import IO, NamedTuple


class Symbols(NamedTuple):
    """The signs of one alphabet; every sign has an ASCII twin at the same place."""

    states: Mapping[str, str]
    spinner: str
    full: str
    empty: str
    bar: str  # left of the lines of a log
    more: str
    tee: str
    last: str
    down: str
    blank: str
    arrow: str
    times: str


UNICODE = Symbols(
    {
        "succeeded": "✓", "cached": "✓", "failed": "✗", "errored": "!", "cancelled": "■", "lost": "?",
        "skipped": "-", "blocked": "×", "waiting": "·", "running": "▸", "retry": "↻", "note": "·",
        "stopping": "■",
    },
    "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", "█", "░", "│", "…", "├─ ", "└─ ", "│  ", "   ", "→", "×",
)  # fmt: skip
ASCII = Symbols(
    {
        "succeeded": "+", "cached": "+", "failed": "x", "errored": "!", "cancelled": "#", "lost": "?",
        "skipped": "-", "blocked": "*", "waiting": ".", "running": ">", "retry": "~", "note": ".",
        "stopping": "#",
    },
    "|/-\\", "#", ".", "|", "...", "|-- ", "`-- ", "|   ", "    ", "->", "x",
)  # fmt: skip

COLOURS = {
    "succeeded": "32", "cached": "36", "failed": "31", "errored": "31", "cancelled": "33", "blocked": "33",
    "skipped": "2", "running": "34", "retry": "33", "warning": "33", "waiting": "2", "lost": "31",
}  # fmt: skip

# Everything that a terminal would act on: CSI, OSC, other escapes, and single control characters but tab and newline.
ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_].*?(?:\x07|\x1b\\|$)|\x1b[ -/]*[0-~]?|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
)


def symbols(stream: IO[str], env: Mapping[str, str]) -> Symbols:
    """The Unicode signs where the stream's encoding can spell them all and the locale is not plain C; else their ASCII
    twins. Python takes that locale for UTF-8, and says so in LC_CTYPE."""
    kind = env.get("LC_CTYPE", "")
    if (env.get("LC_ALL") or (kind if kind != "C.UTF-8" else "") or env.get("LANG")) in ("C", "POSIX"):
        return ASCII
    encoding = getattr(stream, "encoding", None) or "ascii"
    try:
        ("".join(UNICODE.states.values()) + UNICODE.spinner + "".join(UNICODE[2:])).encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return ASCII
    return UNICODE


def is_terminal(stream: IO[str]) -> bool:
    """True for a terminal; False for pipes, files and closed streams."""
    try:
        return stream.isatty()
    except ValueError:
        return False


def coloured(stream: IO[str], env: Mapping[str, str]) -> bool:
    """NO_COLOR wins, then FORCE_COLOR, then whether the stream is a terminal that can do more than print."""
    if env.get("NO_COLOR"):
        return False
    if env.get("FORCE_COLOR", "0") not in ("", "0", "false"):
        return True
    return is_terminal(stream) and env.get("TERM", "dumb") != "dumb"


def paint(word: str, state: str, on: bool) -> str:
    """`word` in the colour of `state`."""
    code = COLOURS.get(state)
    return f"\x1b[{code}m{word}\x1b[0m" if on and code else word


def size(stream: IO[str], env: Mapping[str, str]) -> tuple[int, int]:
    """Columns and lines now: of the terminal, else COLUMNS and LINES, else 80 and 24."""
    try:
        columns, lines = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError, AttributeError):
        columns, lines = 0, 0
    return columns or _number(env, "COLUMNS", 80), lines or _number(env, "LINES", 24)


def _number(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and int(text) else default


def clean(text: str) -> str:
    """One line of somebody's output as plain text: what a carriage return overwrote and all escapes are gone."""
    text = text.rstrip("\r\n")
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\t", "  ")
    text = ESCAPES.sub("", text.rsplit("\r", 1)[-1])
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def columns(text: str) -> int:
    """How many columns a clean text takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(map(_wide, text))


def _wide(c: str) -> int:
    if c < "\u0300":
        return 1
    if unicodedata.combining(c) or unicodedata.category(c) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(c) in "WF" else 1


def cut(text: str, width: int, more: str) -> str:
    """`text` in at most `width` columns, with `more` at the end where something was cut."""
    if width <= 0:
        return ""
    if columns(text[: width + 1]) <= width and columns(text) <= width:
        return text
    room = width - len(more)
    if room <= 0:
        return more[:width]
    taken = 0
    for end, c in enumerate(text):
        taken += _wide(c)
        if taken > room:
            return text[:end] + more
    return text


def pad(text: str, width: int) -> str:
    """`text` with blanks after it up to `width` columns."""
    return text + " " * (width - columns(text))
