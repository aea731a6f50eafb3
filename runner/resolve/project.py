"""Which files speak: the pipeline, its project's root, the profile and what that extends (DESIGN 2, N20)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from runner.resolve import packages
from runner.resolve.ask import Ask
from runner.resolve.hints import FEW, like, listed
from runner.resolve.kinds import is_profile
from runner.resolve.library import Library, library
from runner.text.diagnostics import Diagnostic, Refused, diagnose
from runner.text.document import Document, load
from runner.text.sources import Sources

BUILT_IN = "local"


class Profile(NamedTuple):
    """One profile file: its name as it was asked for, its text, and the place that asked."""

    name: str
    doc: Document


class Files(NamedTuple):
    """What was read. pipeline: with what it includes. profiles: weakest first, the chosen one last; empty for the
    built-in `local`. library: the pipeline and all that it is made of."""

    root: Path
    pipeline: Document
    project: Document | None
    profile: str
    profiles: tuple[Profile, ...]
    library: Library

    @property
    def plugins(self) -> dict[str, dict[str, str]] | None:
        """`[plugins]` of `runner.toml`."""
        found = self.project.data.get("plugins") if self.project else None
        return found if isinstance(found, dict) else None


def read_files(ask: Ask, sources: Sources, pipeline: Document | None = None) -> Files:
    """Load the pipeline, `runner.toml` and the chain of profiles. Raises Refused with every problem that is found."""
    pipeline = pipeline or load(ask.file, sources, "pipeline")
    if is_profile(pipeline.data) and ask.file.name != "pipeline.toml":
        raise Refused([diagnose("E507", None, path=pipeline.path, name=ask.file.stem)])
    made_of = library(pipeline, sources)
    root = sources.root
    project = load(root / "runner.toml", sources) if sources.exists(root / "runner.toml") else None
    name = ask.profile or (project.data.get("profile") if project else None) or BUILT_IN
    said = (project, ("profile",)) if project and not ask.profile and "profile" in project.data else None
    if not isinstance(name, str):
        name = BUILT_IN
    profiles = tuple(chain(name, said, ask, sources))
    return Files(root, made_of.pipeline, project, name, profiles, made_of)


def folders(ask: Ask, root: Path) -> list[Path]:
    """Where a profile's name is looked up, in order."""
    home = ask.env.get("XDG_CONFIG_HOME") or os.path.join(ask.env.get("HOME") or os.path.expanduser("~"), ".config")
    beside = ask.file.absolute().parent / "profiles"
    return list(dict.fromkeys([beside, root / "profiles", root, Path(home) / "runner-up" / "profiles"]))


def profile_names(ask: Ask, root: Path, sources: Sources) -> list[str]:
    """Every name that `--profile` would find in a folder, for suggestions and `list --profiles`."""
    names = {BUILT_IN}
    for folder in folders(ask, root):
        if sources.isdir(folder):
            found = [entry for entry in sources.listdir(folder) if entry.endswith((".toml", ".cue"))]
            names.update(
                entry.rpartition(".")[0]
                for entry in found
                if folder != root or (entry.endswith(".toml") and _speaks_as_profile(folder / entry, sources))
            )
    return sorted(names)


def _speaks_as_profile(path: Path, sources: Sources) -> bool:
    """The root holds files of all kinds: which of them a profile is, only its tables tell."""
    try:
        return path.name != "runner.toml" and is_profile(load(path, sources).data)
    except Refused:
        return False


def locate(name: str, said_in: Path | None, ask: Ask, sources: Sources) -> Path | None:
    """The file of a profile: `std:X`, `PACKAGE:NAME`, a path (relative to the file that says it), or a name."""
    if ":" in name:
        return packages.find(name, "profiles")
    if name.endswith((".toml", ".cue")) or "/" in name:
        path = (said_in.parent if said_in else Path.cwd()) / name
        return path if sources.exists(path) else None
    for folder in folders(ask, sources.root):
        for path in (folder / f"{name}.toml", folder / f"{name}.cue"):
            if sources.exists(path):
                return path
    return None


Said = tuple[Document, tuple[str | int, ...]] | None  # the document and key that ask for a profile


def chain(name: str, said: Said, ask: Ask, sources: Sources) -> Iterator[Profile]:
    """The profile and all that it extends, each file once, weakest first. said: who asks for it. Raises Refused."""
    found: list[Profile] = []
    problems: list[Diagnostic] = []
    # depth first, post order: what a profile extends comes before it; a stack, since files may be chained deep
    stack: list[tuple[str, Said, tuple[str, ...], bool]] = [(name, said, (), False)]
    loaded: dict[str, Profile] = {}
    while stack:
        current, asker, trail, ready = stack.pop()
        if ready:
            found.append(loaded[trail[-1]])
            continue
        path = locate(current, Path(asker[0].path) if asker else None, ask, sources)
        if path is None:
            if current != BUILT_IN:
                problems.append(_missing(current, asker, ask, sources))
            continue
        key = str(path.absolute())
        if key in trail:
            names = [Path(step).name for step in trail[trail.index(key) :]] + [Path(key).name]
            problems.append(diagnose("E502", asker and asker[0].place(asker[1]), path=" -> ".join(names)))
            continue
        if key in loaded:
            continue
        try:
            loaded[key] = Profile(current, load(path, sources))
        except Refused as refused:
            problems.extend(refused.problems)
            continue
        stack.append((current, asker, (*trail, key), True))
        doc = loaded[key].doc
        base = doc.data.get("extends", [])
        bases = [base] if isinstance(base, str) else base if isinstance(base, list) else []
        for index, item in reversed(list(enumerate(bases))):
            if isinstance(item, str):
                keys: tuple[str | int, ...] = ("extends",) if isinstance(base, str) else ("extends", index)
                stack.append((item, (doc, keys), (*trail, key), False))
    if problems:
        raise Refused(problems)
    yield from found


def _missing(name: str, asker: Said, ask: Ask, sources: Sources) -> Diagnostic:
    """No such profile: where it was looked for, and what is there."""
    place = asker and asker[0].place(asker[1])
    shipped = packages.names("std", "profiles")
    if ":" in name:
        package, _, rest = name.partition(":")
        known = packages.names(package, "profiles")
        hint = like(name, known) or (
            {"hint": "`runner list --profiles` names those of `std`"} if package == "std" else {}
        )
        return diagnose("E506", place, package=package, name=rest, **hint)
    if name.endswith((".toml", ".cue")) or "/" in name:
        path = (Path(asker[0].path).parent if asker else Path()) / name
        if Path(name).stem in profile_names(ask, sources.root, sources):
            return diagnose("E505", place, path=os.path.normpath(path), hint=f"did you mean `{Path(name).stem}`?")
        return diagnose("E505", place, path=os.path.normpath(path))
    looked = listed((_shown(folder, ask) for folder in folders(ask, sources.root)), "and")
    names = profile_names(ask, sources.root, sources)
    hints = {"near": f"std:{name}"} if f"std:{name}" in shipped else like(name, [*names, *shipped])
    few = f"there is {listed(names)}, and of the standard library {listed(shipped)}"
    hints = hints or {"hint": few if len(names) <= FEW else "`runner list --profiles` lists them"}
    return diagnose("E501", place, name=name, folders=looked, **hints)


def _shown(folder: Path, ask: Ask) -> str:
    """A folder as short as a user would write it."""
    near_by = os.path.relpath(folder)
    if not near_by.startswith(".."):
        return near_by
    home = ask.env.get("HOME") or os.path.expanduser("~")
    return str(folder).replace(home, "~", 1) if str(folder).startswith(home + os.sep) else str(folder)
