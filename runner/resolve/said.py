"""`--set KEY=VALUE` as a document of its own, so that it is checked, laid and explained like any profile."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from collections.abc import Iterable, Sequence

from runner.text.diagnostics import Diagnostic, Refused, diagnose
from runner.text.document import Document

NAME = "--set"


def spoken(problems: Iterable[Diagnostic], sets: Sequence[str]) -> list[Diagnostic]:
    """Problems that point into this document name the word instead: each word is one line of it."""
    out = []
    for problem in problems:
        if problem.place is not None and problem.place.file == NAME:
            word = sets[problem.place.line - 1]
            shown = word if len(word) <= 60 else word[:57] + "..."
            message, hint = (
                f"`{NAME} {shown}`: {problem.message.removesuffix(' in this file')}",
                _as_word(problem.hint, word),
            )
            if problem.code == "E230" and "." not in pair(word, NAME)[0] and (hint or "").startswith("the keys here"):
                hint = f"a parameter is set by `--param {word}`; keys of a profile are said whole, as `executor.cpu=2`"
            problem = problem._replace(place=None, message=message, hint=hint)
        out.append(problem)
    return out


def _as_word(hint: str | None, word: str) -> str | None:
    """A hint that says what to write in a file, as what to say here instead: other keys beside the last of the word's,
    or another value of it."""
    found = re.fullmatch(r"write `(.+)`", hint or "")
    if found is None:
        return hint
    key = pair(word, NAME)[0]
    try:
        table = tomllib.loads(found[1])
    except tomllib.TOMLDecodeError:
        try:
            table = tomllib.loads(f"x = {found[1]}")
        except tomllib.TOMLDecodeError:
            return hint
        keys, value = [key], table["x"]
    else:
        keys, value = key.split(".")[:-1], table
        while isinstance(value, dict) and len(value) == 1:
            name, value = next(iter(value.items()))
            keys.append(name)
    if isinstance(value, dict):
        return hint
    from runner.model.say import toml

    bare = isinstance(value, str) and as_toml(value) != value
    return f"write `{NAME} {shlex.quote('.'.join(keys) + '=' + (value if bare else toml(value)))}`"


def pair(word: str, flag: str) -> tuple[str, str]:
    """The two halves of `NAME=VALUE`. Raises Refused (usage)."""
    name, equals, value = word.partition("=")
    if not equals or not name.strip():
        hint = f"write `{flag} {word}=VALUE`" if re.fullmatch(r"[\w.-]+", word) else None
        raise Refused([diagnose("E920", None, flag=flag, word=word, hint=hint)])
    return name.strip(), value


def as_toml(text: str) -> str:
    """A value as it is written in TOML: itself where it is TOML on one line, else a quoted text."""
    if "\n" not in text and "\r" not in text:
        try:
            tomllib.loads(f"x = {text}")
            return text
        except tomllib.TOMLDecodeError:
            pass
    return json.dumps(text)


def split(dotted: str, paths: Iterable[str]) -> list[str]:
    """The parts of a dotted key; after `steps.` the longest known step path counts as one part."""
    if dotted.startswith("executor.steps."):
        return ["executor", *split(dotted.removeprefix("executor."), paths)]
    parts = dotted.split(".")
    if parts[0] != "steps" or len(parts) < 3:
        return parts
    known = set(paths)
    for size in range(len(parts) - 1, 1, -1):
        path = ".".join(parts[1:size])
        if path in known:
            return ["steps", path, *parts[size:]]
    return ["steps", parts[1], *parts[2:]]


def said(sets: Iterable[str], paths: Iterable[str]) -> Document | None:
    """The document that all `--set` words make together, a line each; None without any. Raises Refused.

    Of a key that is said twice the last word holds, also where `--resume` brings the first (N49).
    """
    known = list(paths)
    lines: list[str] = []
    keys: list[str] = []
    problems: list[Diagnostic] = []
    for word in sets:
        key, value = pair(word, NAME)
        dotted = ".".join(
            json.dumps(part) if not part.replace("-", "_").isidentifier() else part for part in split(key, known)
        )
        value = value.lstrip() if f"{key} =" in word else value  # as in a file
        line = f"{dotted} = {as_toml(value)}"
        again = [f"{earlier}.".startswith(f"{dotted}.") for earlier in keys]
        lines = ["" if replaced else old for replaced, old in zip(again, lines, strict=True)]
        try:
            tomllib.loads("\n".join([*lines, line]))
        except tomllib.TOMLDecodeError:
            problems.append(diagnose("E920", None, flag=NAME, word=word))
            continue
        lines.append(line)
        keys.append(dotted)
    if problems:
        raise Refused(problems)
    if not lines:
        return None
    text = "\n".join(lines) + "\n"
    return Document(NAME, text, tomllib.loads(text))
