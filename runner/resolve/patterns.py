"""Paths of a project as files say them: `*`, `**`, folders, and the files that a pattern names now (N5, N20, N21)."""

from __future__ import annotations

import os
from pathlib import Path

from runner.resolve.meeting import ESCAPED, Index, fits, inside, meets
from runner.rules import paths
from runner.text.sources import Sources

__all__ = ["Index", "escape", "expand", "inside", "is_pattern", "item_of", "matches", "meets", "unescape"]

OURS = ".runner"


def escape(value: str) -> str:
    """A value as it is filled into a pattern: its wildcards are literal (N21)."""
    return value.replace("*", ESCAPED)


def unescape(pattern: str) -> str:
    """The path that a pattern without wildcards names."""
    return pattern.replace(ESCAPED, "*")


def is_pattern(path: str) -> bool:
    """Whether a path holds a wildcard or names a folder."""
    return paths.is_pattern(path)


def matches(pattern: str, path: str) -> bool:
    """Whether a file's path is one that the pattern names."""
    return paths.matches(pattern, escape(path))


def item_of(pattern: str, path: str) -> str:
    """What the one wildcard of a pattern stands for in a path; the whole path where it has several (N5)."""
    return unescape(paths.item_of(pattern, escape(path)))


def expand(root: Path | str, pattern: str, sources: Sources, astray: list[str] | None = None) -> list[str]:
    """The project's files that a pattern names now, sorted; folders are walked, never named.

    Links are followed, but not to a folder above themselves. What is asked of the disk is noted in `sources`. astray:
    links that lead to nothing or to a folder above themselves are added to it (N24).
    """
    short = inside(pattern)
    if short is None:
        return []
    parts = short.split("/")
    if parts[-1] == "":
        parts[-1] = "**"
    if parts[-1] == "**":
        parts.append("*")
    walk = _Walk(Path(root), parts, sources)
    found = sorted(walk.run())
    if astray is not None:
        astray += sorted(walk.astray)
    return found


class _Walk:
    """One walk over the folders that may hold what the parts name."""

    def __init__(self, root: Path, parts: list[str], sources: Sources) -> None:
        self.root, self.parts, self.sources = root, parts, sources
        self.found: set[str] = set()
        self.astray: set[str] = set()
        self.seen: set[tuple[str, int]] = set()
        self.todo: list[tuple[str, int, tuple[str, ...]]] = [("", 0, ())]  # folder, part, real folders above

    def run(self) -> set[str]:
        while self.todo:
            folder, index, above = self.todo.pop()
            if (folder, index) in self.seen:
                continue
            self.seen.add((folder, index))
            part = self.parts[index]
            if "*" not in part:
                self._step(folder, unescape(part), index + 1, above)
                continue
            deep = part == "**"
            if deep:
                self.todo.append((folder, index + 1, above))
            for name in self.sources.listdir(self.root / folder):
                if deep:
                    if not name.startswith("."):
                        self._step(folder, name, index, above)
                elif fits(part, escape(name)):
                    self._step(folder, name, index + 1, above)
        return self.found

    def _step(self, folder: str, name: str, index: int, above: tuple[str, ...]) -> None:
        """Take a name in a folder: a file when all parts are used up, else a folder to look into for part `index`."""
        path = f"{folder}/{name}" if folder else name
        if not folder and name == OURS:
            return
        full = self.root / path
        if index == len(self.parts):
            # whether a name is a folder is not noted: that changes with its folder's list of names, which is
            if not os.path.isdir(full) and ("*" in self.parts[-1] or self.sources.exists(full)):
                self.found.add(path)
                if os.path.islink(full) and not os.path.exists(full):
                    self.astray.add(path)
        elif os.path.isdir(full):
            if os.path.islink(full) or above:
                real = os.path.realpath(full)
                inner = os.path.realpath(self.root / folder)
                if real in above or inner == real or inner.startswith(real + os.sep):
                    self.astray.add(path)
                    return
                above = (*above, real)
            self.todo.append((path, index, above))
