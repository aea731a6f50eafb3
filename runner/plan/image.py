"""What can be found wrong in `[build]` of a profile before an image is built."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from typing import Any

from runner.resolve.layers import Layers
from runner.text.diagnostics import Diagnostic, diagnose, near
from runner.text.sources import Sources

Table = dict[str, Any]
INSTEAD = ("base", "apt", "requirements", "pyproject", "extras", "user")  # what a Dockerfile says itself
WORDS = {
    "base": (re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:@-]*"), "name of an image"),
    "tag": (re.compile(r"[a-z0-9][A-Za-z0-9._/:-]*"), "name of an image"),
    "apt": (re.compile(r"[a-z0-9][A-Za-z0-9+.~:=*/_-]*"), "name of a package"),
    "user": (re.compile(r"[A-Za-z0-9_][\w.-]*(:[A-Za-z0-9_][\w.-]*)?", re.ASCII), "name or number of a user"),
}


def image(layers: Layers, sources: Sources, profile: Table) -> Iterator[Diagnostic]:
    """All problems of the table, as the plan holds it."""
    build: Table = profile.get("build") or {}
    laid = layers.service("build")
    if not build:
        return
    if "dockerfile" in build:
        for key in INSTEAD:
            if key in build:
                hint = "the Dockerfile says it itself: leave one of the two out"
                yield diagnose("E510", laid.place((key,), "key"), key=key, where="beside `dockerfile`", hint=hint)
    elif "extras" in build and "pyproject" not in build:
        hint = 'write `pyproject = "pyproject.toml"`'
        yield diagnose("E510", laid.place(("extras",), "key"), key="extras", where="without `pyproject`", hint=hint)
    if not build.get("base") and not build.get("dockerfile"):
        yield diagnose("E511", laid.place((), "header"))
    for keys, text in _texts(build, ("base", "tag", "apt", "user")):
        pattern, what = WORDS[keys[0]]
        if not pattern.fullmatch(text):
            yield diagnose("E513", laid.place(keys), text=text, what=what)
    for keys, path in _texts(build, ("requirements", "pyproject", "dockerfile")):
        inside = not os.path.isabs(path) and os.path.normpath(path).split("/")[0] != ".."
        if not inside or not sources.exists(sources.root / path) or sources.isdir(sources.root / path):
            beside = sources.listdir(sources.root / os.path.dirname(path)) if inside else []
            like = near(os.path.basename(path), beside)
            near_by: Table = {"near": os.path.join(os.path.dirname(path), like)} if like else {}
            yield diagnose("E512", laid.place(keys), path=path, **near_by)
        elif keys == ("pyproject",):
            yield from _pyproject(path, build, sources, laid)


def dependencies(text: str, extras: Sequence[str]) -> list[str]:
    """What a pyproject.toml wants to be installed. Raises ValueError with a sentence where it does not say."""
    import tomllib

    try:
        project: Table = tomllib.loads(text)["project"]
        found = list(project.get("dependencies", []))
        if "dependencies" in project.get("dynamic", []):
            raise ValueError("its dependencies are `dynamic`: only its build backend knows them")
        optional: Table = project.get("optional-dependencies", {})
        for extra in extras:
            if extra not in optional:
                raise ValueError(f"it has no extra `{extra}`")
            found += optional[extra]
    except (KeyError, AttributeError):
        raise ValueError("it has no `[project]`") from None
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"it is no TOML: {error}") from None
    return [" ".join(str(line).split()) for line in found]


def _pyproject(path: str, build: Table, sources: Sources, laid: Any) -> Iterator[Diagnostic]:
    try:
        dependencies(sources.read(sources.root / path).decode("utf-8", "replace"), build.get("extras") or ())
    except (ValueError, OSError) as error:
        yield diagnose("E514", laid.place(("pyproject",)), path=path, why=str(error))


def _texts(build: Table, names: tuple[str, ...]) -> Iterator[tuple[tuple[Any, ...], str]]:
    for name in names:
        given = build.get(name)
        for keys, text in enumerate(given) if isinstance(given, list) else [(None, given)]:
            if isinstance(text, str) and (text or name != "tag"):
                yield (name,) if keys is None else (name, keys), text
