"""A plan that was made before, for as long as the world answers as it did then: nothing is parsed, checked, resolved.

`.runner/plans/NAME.json` holds two lines: what was asked and answered, and the plan. There is one file for a pipeline
and profile, so that a thousand values of a parameter leave one.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from runner import __version__
from runner.resolve.ask import Ask
from runner.text.diagnostics import Diagnostic, Place
from runner.text.sources import Sources

Table = dict[str, Any]
FOLDER = os.path.join(".runner", "plans")
OUTSIDE = ("HOME", "XDG_CONFIG_HOME")  # variables that say where profiles are; others are asked of Sources
PREFIX = "RUNNER_UP_"
_PARTS = ("rules", "text", "model", "resolve", "plan")


class Kept(NamedTuple):
    """A plan, its text as a run's record holds it, and the warnings that belong to it."""

    plan: Table
    text: bytes
    warnings: tuple[Diagnostic, ...]


def find(ask: Ask, sources: Sources) -> Kept | None:
    """The plan that was kept for this question, None when there is none or the world answers differently now."""
    try:
        with open(_path(ask, sources.root), "rb") as file:
            head, text = file.read().split(b"\n", 1)
        said = json.loads(head)
        if said["ask"] != _words(ask, sources.root) or said["sum"] != hashlib.sha256(text).hexdigest():
            return None
        if not sources.same(said["answers"]):
            return None
        return Kept(json.loads(text), text, tuple(_warning(one) for one in said["warnings"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def keep(ask: Ask, sources: Sources, text: bytes, warnings: Iterable[Diagnostic] = ()) -> None:
    """Keep the text of a plan with all that it was made from. A plan that can't be kept is made again next time."""
    said = {
        "ask": _words(ask, sources.root),
        "sum": hashlib.sha256(text).hexdigest(),
        "answers": sources.answers(),
        "warnings": list(warnings),
    }
    path = _path(ask, sources.root)
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(temporary, "wb") as file:
            file.write(json.dumps(said).encode() + b"\n" + text)
        os.replace(temporary, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(temporary)


def _warning(said: list[Any]) -> Diagnostic:
    code, place, message, hint, related = said
    there = tuple((Place(*spot), words) for spot, words in related)
    return Diagnostic(code, Place(*place) if place else None, message, hint, there)


def _path(ask: Ask, root: Path) -> str:
    name = hashlib.sha256(f"{os.path.abspath(ask.file)}\n{ask.profile}".encode("utf-8", "surrogateescape")).hexdigest()
    return os.path.join(root, FOLDER, name[:24] + ".json")


def _words(ask: Ask, root: Path) -> list[Any]:
    """All of the question that Sources is not asked, as JSON."""
    env = sorted([name, text] for name, text in ask.env.items() if name.startswith(PREFIX) or name in OUTSIDE)
    typed = [str(ask.file), os.getcwd(), str(root), ask.profile, list(ask.params), list(ask.sets), ask.mock]
    made_by = [__version__, sys.version, _code()]
    return [*typed, json.loads(json.dumps(dict(ask.given))), env, made_by]


def _code() -> int:
    """The newest change of what makes plans: a checkout changes without its version."""
    home = os.path.dirname(os.path.dirname(__file__))
    newest = 0
    for part in _PARTS:
        with contextlib.suppress(OSError), os.scandir(os.path.join(home, part)) as entries:
            newest = max([newest, *(entry.stat().st_mtime_ns for entry in entries if entry.name.endswith(".py"))])
    return newest
