"""From what the user wrote to what is executed: words run without a shell, scripts by their interpreter."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+:@,%=- \t")
_BUILTINS = (
    ". : [ alias bg bind break builtin caller cd command compgen complete compopt continue coproc declare dirs disown "
    "echo enable eval exec exit export false fc fg getopts hash help history jobs kill let local logout mapfile popd "
    "printf pushd pwd read readarray readonly return select set shift shopt source suspend test time times trap true "
    "type typeset ulimit umask unalias unset wait if then else elif fi for while until do done case esac function in"
)
_SHELL_WORDS = frozenset(_BUILTINS.split())
_SAME = (["true"], ["false"])  # as programs they do what they do in a shell, for half a millisecond less
_STRICT = {
    "bash": ("-euo", "pipefail"),
    "zsh": ("-euo", "pipefail"),
    "ksh": ("-euo", "pipefail"),
    "sh": ("-eu",),
    "dash": ("-eu",),
}
LONGEST = 128 * 1024 - 1  # bytes in one argument or variable, the kernel's MAX_ARG_STRLEN


def plain_words(script: str) -> list[str] | None:
    """The words of a script that means the same without a shell, else None."""
    text = script.strip(" \t\n")
    if not text or not _PLAIN.issuperset(text):
        return None
    words = text.split()
    if words in _SAME:
        return words
    if words[0] in _SHELL_WORDS or "=" in words[0] or words[0][0] in "%-+":
        return None
    return words


def needs_shell(word: str, env: Mapping[str, str]) -> bool:
    """Would a shell in this environment not simply execute `word` (exported functions, start files)?"""
    return "BASH_ENV" in env or "ENV" in env or ("BASH_FUNC_" + word + "%%") in env


def shell_of(interpreter: Sequence[str]) -> str | None:
    """The shell that an interpreter names (`bash`, `/usr/bin/env bash`), None for another language."""
    for word in interpreter[:2]:
        name = os.path.basename(word)
        if name in _STRICT:
            return name
    return None


def interpreted(interpreter: Sequence[str], script: str, keep: str) -> list[str]:
    """The argv that runs a script: strict flags and `-c` for a shell, else the script as a file at the path `keep`.

    A script too long for one argument is written to the file for a shell too.
    """
    shell = shell_of(interpreter)
    flags = _STRICT[shell] if shell else ()
    if shell and len(script) < LONGEST and len(script.encode("utf-8", "surrogateescape")) < LONGEST:
        return [*interpreter, *flags, "-c", script]
    with open(keep, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
        file.write(script)
    return [*interpreter, *flags, keep]


class Finder:
    """Looks words up in PATH and remembers the answers."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], str] = {}

    def which(self, word: str, path: str, cwd: str) -> str | None:
        """The program that `word` names; a word with a slash is taken from `cwd`. None when there is none."""
        if "/" in word:
            return word if _runs(os.path.join(cwd, word)) else None
        known = self._known.get((word, path))
        if known is not None and os.access(known, os.X_OK):
            return known
        for folder in path.split(os.pathsep):
            full = os.path.join(folder or ".", word)
            if folder.startswith("/"):
                if _runs(full):
                    self._known[word, path] = full
                    return full
            elif _runs(os.path.join(cwd, full)):  # depends on the folder: not remembered
                return full
        return None


def _runs(path: str) -> bool:
    return os.path.isfile(path) and os.access(path, os.X_OK)


def missing(word: str, cwd: str) -> tuple[str, int]:
    """Why no program is found for a word, and the exit code that a shell gives then."""
    if "/" not in word:
        return f"`{word}`: no such command on PATH of this step", 127
    path = os.path.join(cwd, word)
    if os.path.isdir(path):
        return f"`{word}` is a folder, no program", 126
    if os.path.exists(path):
        return f"`{word}` may not be executed: `chmod +x {word}`, or name its interpreter before it", 126
    return f"`{word}`: there is no such file to execute", 127
