"""Every question to the outside on the way to a plan, and its answer."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

GIT = {
    "sha": ("rev-parse", "HEAD"),
    "short": ("rev-parse", "--short", "HEAD"),
    "branch": ("symbolic-ref", "--quiet", "--short", "HEAD"),
    "tag": ("describe", "--tags", "--exact-match"),
    "describe": ("describe", "--tags", "--always", "--dirty"),
    "dirty": ("status", "--porcelain", "--untracked-files=no"),
}
"""What can be asked of git: the words of `${git.WORD}`."""
CUE = "RUNNER_UP_CUE"
"""The variable that names the program `cue`, where it is not on the path."""
CUE_TIME = 60


class Sources:
    """Disk, environment and git of one project. `asked` holds each question with its answer, for a plan to be kept."""

    def __init__(
        self, root: Path | str, environ: Mapping[str, str] | None = None, instead: Mapping[str, bytes] | None = None
    ) -> None:
        """instead: what files are to hold that are not written yet, by their absolute paths."""
        self.root = Path(root).absolute()
        self.instead = instead or {}
        self.asked: dict[tuple[str, str], Any] = {}
        self.environ = os.environ if environ is None else environ

    def read(self, path: Path | str, limit: int | None = None) -> bytes:
        """The bytes of a file, at most `limit` + 1 of them. OSError: it cannot be read."""
        question = ("read", os.path.abspath(path))
        self.asked[question] = None
        if question[1] in self.instead:
            found = self.instead[question[1]]
        else:
            with open(path, "rb") as file:
                found = file.read() if limit is None else file.read(limit + 1)
        self.asked[question] = found
        return found

    def exists(self, path: Path | str) -> bool:
        """Whether something is at `path`."""
        return bool(self._note("exists", os.path.abspath(path), _exists(path)))

    def isdir(self, path: Path | str) -> bool:
        """Whether `path` is a directory."""
        try:
            found = os.path.isdir(path)
        except ValueError:  # a NUL in the name
            found = False
        return bool(self._note("isdir", os.path.abspath(path), found))

    def listdir(self, path: Path | str) -> list[str]:
        """The names in a directory, sorted; none where there is no directory that can be read."""
        try:
            with os.scandir(path) as entries:
                names = {entry.name: _folder(entry) for entry in entries}
        except (OSError, ValueError):
            names = {}
        # a name may become that of a folder: that is another answer
        self._note("listdir", os.path.abspath(path), sorted(name + "/" * folder for name, folder in names.items()))
        return sorted(names)

    def env(self, name: str) -> str | None:
        """A variable of the environment."""
        value = self.environ.get(name)
        self._note("env", name, value)
        return value

    def git(self, what: str) -> str | None:
        """What git says of the project (a word of GIT); None: it does not know, or there is no git."""
        question = ("git", what)
        if question not in self.asked:
            self.asked[question] = self._git(what)
        answer: str | None = self.asked[question]
        return answer

    def listed(self, folder: str = "") -> list[str] | None:
        """The files that git lists (N38), sorted; None where there is no git."""
        if ("listed", folder) not in self.asked:
            from runner.agent.stage import listed

            self._note("listed", folder, listed(os.path.join(self.root, folder)))
        found: list[str] | None = self.asked["listed", folder]
        return found

    def cue(self, path: Path | str, *more: str) -> tuple[int, bytes, str]:
        """What `cue export` makes of a file, with more of its package: exit code, JSON, and what it says of mistakes.

        What a file imports is not known here, so nobody can tell whether the answer would be the same today.
        FileNotFoundError: there is no such program; TimeoutError: it gave no answer for CUE_TIME seconds; OSError."""
        import subprocess

        program = self.environ.get(CUE) or "cue"
        program = os.path.abspath(program) if os.sep in program else program
        folder, name = os.path.split(os.path.abspath(path))
        self.asked["cue", os.path.join(folder, name)] = True
        try:
            done = subprocess.run(
                [program, "export", "--all-errors", "--out", "json", f"./{name}", *more],
                cwd=folder,
                env=dict(self.environ),
                capture_output=True,
                stdin=subprocess.DEVNULL,
                timeout=CUE_TIME,
            )
        except subprocess.TimeoutExpired:
            raise TimeoutError from None
        return done.returncode, done.stdout, done.stderr.decode("utf-8", "replace")

    def again(self) -> bool:
        """Whether all that was asked can be asked again, to find out if it is the same."""
        return not any(what == "cue" for what, _ in self.asked)

    def answers(self) -> list[list[Any]]:
        """All questions and answers as JSON, sorted; the bytes of a file as their digest."""
        return [[what, name, _short(answer)] for (what, name), answer in sorted(self.asked.items())]

    def same(self, answers: list[list[Any]]) -> bool:
        """Whether all these questions are answered today as they were."""
        return all(self._again(what, name) == answer for what, name, answer in answers)

    def _again(self, what: str, name: str) -> Any:
        if what not in ("read", "exists", "isdir", "listdir", "env", "git", "listed"):
            return None
        try:
            getattr(self, what)(name)
        except OSError:
            return None
        return _short(self.asked[what, name])

    def _note(self, what: str, name: str, answer: Any) -> Any:
        self.asked[what, name] = answer
        return answer

    def _git(self, what: str) -> str | None:
        if what not in GIT:
            return None
        import subprocess

        try:
            done = subprocess.run(
                ["git", "-C", str(self.root), *GIT[what]], capture_output=True, text=True, stdin=subprocess.DEVNULL
            )
        except OSError:
            return None
        if done.returncode != 0:
            return None
        said = done.stdout.strip()
        return ("true" if said else "false") if what == "dirty" else said


def _folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _exists(path: Path | str) -> bool:
    try:
        return os.path.exists(path)
    except ValueError:  # a NUL in the name
        return False


def _short(answer: Any) -> Any:
    if not isinstance(answer, bytes):
        return answer
    import hashlib

    return hashlib.sha256(answer).hexdigest()
