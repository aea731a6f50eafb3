"""What may come next on a command line: the verbs, options and choices that are declared, and names of the project.

Asked by a shell at each press of a key: nothing is planned, nothing is said of what is wrong.
"""

from __future__ import annotations

import argparse
import re
import shlex
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from runner.commands.home import project_root
from runner.commands.offering import VALUES, WRITTEN, Words, paths, runs, shipped

BARE = ("store_true", "store_false", "store_const", "count", argparse.BooleanOptionalAction)
PARTED = ("catalog", "plugins")  # their FILE is no pipeline


def answer(words: Sequence[str], verbs: Words) -> int:
    """Print what may stand in place of the last of `words`, each line a word, a tab, what it is; 0 in any case.

    words: the shell's name, and what was typed after the program's. verbs: all of them."""
    shell, *typed = words or [""]
    try:
        typed = typed or [""]
        raw = typed[-1]
        if shell == "bash":
            typed = [_unquoted(word) for word in _glued(typed)]
        found = candidates(typed, verbs)
        lines = [_for_bash(word, typed[-1], raw) if shell == "bash" else f"{word}\t{found[word]}" for word in found]
        sys.stdout.write("".join(f"{line}\n" for line in lines))
    except Exception:  # whatever it is, somebody is in the middle of a line
        return 0
    return 0


def candidates(typed: Sequence[str], verbs: Words) -> Words:
    """The words that begin as the last of `typed` does, in the order in which they are best shown."""
    *before, current = typed
    head, _, inner = current.partition("=")
    if current.startswith("--") and "=" in current:
        found = _next([*before, head], inner, verbs)
        return {f"{head}={word}": about for word, about in found.items() if word.startswith(inner)}
    return {word: about for word, about in _next(before, current, verbs).items() if word.startswith(current)}


def _next(before: Sequence[str], current: str, verbs: Words) -> Words:
    if not before:
        return {"--help": "", "--version": ""} if current.startswith("-") else verbs
    verb, *rest = before
    if verb == "help":
        return verbs
    if verb not in verbs:
        return {}
    module = import_module(f"runner.commands.{verb}")
    if hasattr(module, "PARTS"):
        if not rest:
            return dict(module.PARTS)
        part, *rest = rest
        if part not in module.PARTS:
            return {}
        module = import_module(f"runner.commands.{verb}_{part}")
    return Line(module.OPTIONS, rest, verb).next(current)


class Line:
    """The words that stand after a verb, read by its options as far as that goes."""

    def __init__(self, options: Sequence[Any], words: Iterable[str], verb: str = "") -> None:
        self.verb = verb
        self.flags = {flag: each for each in options for flag in each[0] if flag.startswith("-")}
        self.places = [each for each in options if not each[0][0].startswith("-")]
        self.plain: list[str] = []
        self.given: dict[str, str] = {}
        self.open: Any = None  # the option whose value comes next
        for word in words:
            self._take(word)

    def _take(self, word: str) -> None:
        flag, _, value = word.partition("=")
        if self.open is not None and not word.startswith("-"):
            self.given[self.open[0][-1]] = word
            self.open = None
        elif flag in self.flags:
            found = self.flags[flag]
            self.given[found[0][-1]] = value
            self.open = found if "=" not in word and _takes(found[1]) else None
        elif not word.startswith("-"):
            self.plain.append(word)

    def next(self, current: str) -> Words:
        """What may follow."""
        if self.open is not None and not current.startswith("-"):
            return self._values(self.open, current)
        if current.startswith("-"):
            return self._options()
        number = min(len(self.plain), len(self.places) - 1)
        many = number >= 0 and self.places[number][1].get("nargs") == "*"
        if number < 0 or (len(self.plain) > number and not many):
            return self._options()
        return self._values(self.places[number], current)

    def _options(self) -> Words:
        found = {}
        for flags, keywords in self.flags.values():
            if flags[-1] not in self.given or keywords.get("action") == "append":
                found[flags[-1]] = str(keywords.get("help", ""))
        return found | {"--help": "the options of this verb"}

    def _values(self, asked: Any, current: str) -> Words:
        flags, keywords = asked
        choices = keywords.get("choices")
        if choices is not None:
            return dict(choices) if isinstance(choices, Mapping) else dict.fromkeys(choices, "")
        kind = str(keywords.get("metavar", ""))
        option = flags[-1] if flags[0].startswith("-") else ""
        if kind == "FILE":
            written = self.verb not in PARTED and option in ("", "--uses")  # a pipeline, not what a verb writes
            return (self._shipped(current) if not option else {}) | paths(current, WRITTEN if written else "")
        find = VALUES.get((option, kind)) or VALUES.get(("", kind))
        return find(self.file, current) if find else {}

    def _shipped(self, current: str) -> Words:
        """What `explain` takes in place of a file: a code, a block or profile of the standard library."""
        if self.verb != "explain":
            return {}
        if re.match("[EW][0-9]", current):
            from runner.text.catalogue import CODES

            return {code: found.sentence for code, found in sorted(CODES.items())}
        return dict.fromkeys(shipped("blocks") + shipped("profiles"), "") if current.startswith("std") else {}

    def place(self, kind: str) -> str | None:
        """The word that stands where that kind is asked for, if one does."""
        kinds = [str(keywords.get("metavar")) for _, keywords in self.places]
        number = kinds.index(kind) if kind in kinds else len(self.plain)
        return self.plain[number] if number < len(self.plain) else None

    def file(self) -> Path:
        """The pipeline that the line is about: the file that it names, or that of the run."""
        if self.verb in ("logs", "show", "retry"):
            root = project_root()
            for entry in runs(root):
                if self.place("RUN") in (entry["name"], "@last", None):
                    return root / str(entry.get("path") or entry.get("file") or "pipeline.toml")
        return Path(self.place("FILE") or "pipeline.toml")


def _takes(keywords: Mapping[str, Any]) -> bool:
    """Whether an option takes a value."""
    return keywords.get("action") not in BARE and keywords.get("nargs") != 0


def _glued(words: Sequence[str]) -> list[str]:
    """Words as they were typed: bash takes `--profile=std:argo` for five."""
    found: list[str] = []
    joined = False
    for word in words:
        breaks = word in ("=", ":")
        if found and (joined or breaks):
            found[-1] += word
        else:
            found.append(word)
        joined = breaks
    return found


def _unquoted(word: str) -> str:
    for end in ("", "'", '"'):  # a quote may still be open
        try:
            return "".join(shlex.split(word + end)[:1])
        except ValueError:
            continue
    return word


def _for_bash(word: str, current: str, raw: str) -> str:
    """A candidate as bash puts it in: without what stands before the last `=` or `:`, and safe."""
    cut = max(current.rfind("="), current.rfind(":")) + 1
    return word[cut:] if raw[:1] in ("'", '"') else re.sub(r"([^\w@%+=:,./~^-])", r"\\\1", word[cut:])
