"""Images with a project or its environment: made by the engine when an ingredient has changed, else found again."""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from typing import IO, Any, NamedTuple

from runner.agent.catalog import digest_of
from runner.run.joints import Image, NotBuilt
from runner.run.recipe import NAME, Recipe, recipe
from runner_executors.docker_engine import Engine, Failed

Table = dict[str, Any]
LABEL = "run.runner.build"
TIME = 315532800  # 1980, of every file: what an image is made of has no time
LAST = 12  # lines of a failed build that are shown
STEP = re.compile(r"(?i)step (\d+)/\d+ ?: ")  # Docker's and Podman's
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
OURS = (" ---> ", "--> ", "Removing intermediate container ")  # lines of the engine, of no step
Say = Callable[[str], None]
Files = dict[str, tuple[str, int]]  # path in the context -> sha256, mode


class Sum(NamedTuple):
    """What a recipe comes to on one engine. keys: of `[build]`, for each instruction of a generated Dockerfile."""

    name: str  # with a tag
    mark: str
    text: str
    keys: list[str]
    files: Files
    ingredients: Table


class Builder:
    """Builds on one engine, for an executor with these settings."""

    def __init__(self, engine: Engine, settings: Table) -> None:
        self.engine, self.settings = engine, settings
        self.pull, self.platform = settings.get("pull") or "missing", settings.get("platform")

    def build(self, recipe: Recipe, say: Callable[[str], None], fresh: bool = False) -> Image:
        """The image of a recipe. say: takes each line that the engine tells. fresh: nothing made before is used.

        Raises NotBuilt and OSError."""
        found = self._sum(recipe)
        id = "" if fresh else self._made(found)
        made = id or self._make(recipe, found, say, fresh)
        name, tag = _named(recipe.build.get("tag") or NAME)
        if tag:
            self.engine.client.api.tag(made, name, tag)
        return Image(f"{name}:{tag}" if tag else found.name, made, not id, found.ingredients)

    def there(self, build: Table, root: str) -> str:
        """The id of the image of `[build]`, "" where it would have to be made."""
        try:
            return self._made(self._sum(recipe(build, self.settings, root)))
        except (NotBuilt, OSError, ValueError):
            return ""

    def _sum(self, recipe: Recipe) -> Sum:
        try:
            ids = {name: self.engine.image(name, self.pull, self.platform) for name in recipe.bases}
        except Failed as failed:
            raise NotBuilt("dockerfile" if recipe.text else "base", str(failed)) from None
        own = "" if recipe.text else str(self._inspected(ids[recipe.bases[0]])["Config"].get("User") or "")
        text = recipe.dockerfile(own)
        keys = [] if recipe.text else [key for key, _ in recipe.instructions(own)]
        files = {path: _digest(where) for path, where in self._files(recipe)}
        sum = hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
        listed = {path: {"sha256": sha, "mode": mode} for path, (sha, mode) in files.items()}
        ingredients: Table = {"bases": ids, "dockerfile": sum, "files": listed, "platform": self.platform}
        mark = hashlib.sha256(json.dumps(ingredients, sort_keys=True).encode()).hexdigest()
        name, _ = _named(recipe.build.get("tag") or NAME)
        return Sum(f"{name}:{mark[:20]}", mark, text, keys, files, ingredients)

    def _made(self, found: Sum) -> str:
        """The id of the image that was made of this, if it is here."""
        there = self._inspected(found.name)
        same = there and (there["Config"].get("Labels") or {}).get(LABEL) == found.mark
        return str(there["Id"]) if same else ""

    def close(self) -> None:
        """Give the connections back."""
        self.engine.close()

    def _inspected(self, name: str) -> Table:
        """What the engine knows of an image; nothing of one that is not there."""
        try:
            found: Table = self.engine.client.api.inspect_image(name)
            return found
        except self.engine.errors.ImageNotFound:
            return {}

    def _files(self, recipe: Recipe) -> Iterator[tuple[str, str | bytes]]:
        """What goes into the context; of a Dockerfile of the user's own, less what `.dockerignore` says."""
        ignored = recipe.files.get(".dockerignore") if recipe.text else None
        if not isinstance(ignored, str):
            yield from recipe.files.items()
            return
        from docker.utils.build import PatternMatcher

        with open(ignored, encoding="utf-8", errors="surrogateescape") as file:
            lines = [line.strip() for line in file]
        matcher = PatternMatcher([line for line in lines if line and not line.startswith("#")])
        for path, where in recipe.files.items():
            if path == recipe.path or not matcher.matches(path):
                yield path, where

    def _make(self, recipe: Recipe, found: Sum, say: Say, fresh: bool) -> str:
        said = _Said(say)
        more = {"rm": True, "forcerm": True, "decode": True, "custom_context": True, "nocache": fresh}
        with tempfile.TemporaryFile() as context:
            self._pack(context, recipe, found.text, found.files)
            context.seek(0)
            try:
                with self.engine.told("no-image"):
                    for part in self.engine.client.api.build(
                        fileobj=context, dockerfile=recipe.path, tag=found.name, platform=self.platform,
                        labels={LABEL: found.mark}, **more,
                    ):  # fmt: skip
                        said.heard(part)
            except Failed as failed:
                raise said.refused(str(failed), found.keys) from None
        if said.error or not said.id:
            raise said.refused(said.error or "the engine names no image", found.keys)
        return said.id

    def _pack(self, context: IO[bytes], recipe: Recipe, text: str, files: Files) -> None:
        """The context as a tar archive: the same files give the same bytes."""
        with tarfile.open(fileobj=context, mode="w", format=tarfile.PAX_FORMAT) as tar:
            for path, (sha, mode) in files.items():
                if path == recipe.path:
                    continue
                where = recipe.files[path]
                with io.BytesIO(where) if isinstance(where, bytes) else open(where, "rb") as file:
                    reader = _Reader(file)
                    tar.addfile(_entry(path, mode, file.seek(0, io.SEEK_END)), reader.rewound())
                if reader.sha.hexdigest() != sha:
                    raise NotBuilt("", f"`{path}` has changed while the image was made")
            data = text.encode("utf-8", "surrogateescape")
            tar.addfile(_entry(recipe.path, 0o644, len(data)), io.BytesIO(data))


class _Said:
    """What the engine tells of one build."""

    def __init__(self, say: Say) -> None:
        self.say, self.step, self.id, self.error = say, 0, "", ""
        self.instruction: list[str] = []
        self.last = deque[str](maxlen=LAST)

    def heard(self, part: Table) -> None:
        """Take one part of the stream."""
        for line in str(part.get("stream") or part.get("status") or "").splitlines():
            text = COLOUR.sub("", line).rstrip()
            begun = STEP.match(text)
            if begun:
                self.step, self.instruction = int(begun.group(1)), [text]
                self.last.clear()
            elif text and not text.startswith(OURS):
                self.last.append(text)
            if text:
                self.say(text)
        self.id = (part.get("aux") or {}).get("ID") or self.id
        if "error" in part:
            code = (part.get("errorDetail") or {}).get("code")
            self.error = f"a command ended with exit code {code}" if code else " ".join(str(part["error"]).split())

    def refused(self, why: str, keys: list[str]) -> NotBuilt:
        """The end of a build that failed. keys: of each instruction; none of a Dockerfile of the user's own."""
        lines = (*self.instruction, *self.last)
        if not keys:
            return NotBuilt("dockerfile", why, lines, self.step)
        return NotBuilt(keys[self.step - 1] if 0 < self.step <= len(keys) else "", why, lines)


class _Reader:
    """A file that knows what was read of it."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.sha = file, hashlib.sha256()

    def rewound(self) -> Any:
        self.file.seek(0)
        return self

    def read(self, size: int = -1) -> bytes:
        data = self.file.read(size)
        self.sha.update(data)
        return data


def _entry(path: str, mode: int, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(path)
    entry.mode, entry.size, entry.mtime = mode, size, TIME
    return entry


def _digest(where: str | bytes) -> tuple[str, int]:
    """Content and mode: who may run it; all may read it, whoever a step is."""
    if isinstance(where, bytes):
        return hashlib.sha256(where).hexdigest(), 0o644
    found = digest_of(where)
    return found["sha256"], 0o755 if found["mode"] & 0o111 else 0o644


def _named(given: str) -> tuple[str, str | None]:
    """Name and tag of `name:tag`; a registry may have a port."""
    head, slash, last = given.rpartition("/")
    name, _, tag = last.partition(":")
    return f"{head}{slash}{name}", tag or None
