"""What is to be said of the machine and the project, whatever the profile: for `runner doctor`."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

from runner import __version__
from runner.text.diagnostics import Refused
from runner.views.findings import Finding
from runner.views.sizes import amount

LITTLE = 2**30  # bytes of free disk space below which it is said
PROGRAMS = {
    "git": "for `${git.sha}` and the like",
    "docker": "for you: the executor does not use it",
    "kubectl": "for you: the executors do not use it",
    "cue": "for pipelines in CUE",
    "tombi": "completion in editors",
    "taplo": "completion in editors",
}
CLIENTS = {"docker": "docker", "kubernetes": "kubernetes"}  # library -> the extra that brings it


def machine(env: Mapping[str, str]) -> Iterator[Finding]:
    """Versions, what steps may take, programs and libraries."""
    from runner.run.capacity import capacity

    python = f"Python {platform.python_version()} ({sys.executable})"
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    yield Finding("runner", "ok", f"runner-up {__version__}, {python}, {system}")
    there = capacity(env)
    parts = [f"{there['cpu']:g} processors", f"{amount(there['memory'])} of memory" if "memory" in there else ""]
    parts.append(f"{there['gpu']:g} graphics processors" if there["gpu"] else "")
    yield Finding("machine", "ok", ", ".join(filter(None, parts)))
    yield terminal(env)
    have = [name for name in PROGRAMS if shutil.which(name, path=env.get("PATH"))]
    lack = [f"{name} ({what})" for name, what in PROGRAMS.items() if name not in have]
    yield Finding("programs", "ok", f"{', '.join(have) or 'none'}" + (f"; without {', '.join(lack)}" if lack else ""))
    here = [name for name in CLIENTS if find_spec(name)]
    for name in CLIENTS:
        if name not in here:
            hint = f"to run there: pip install 'runner-up[{CLIENTS[name]}]'"
            yield Finding("libraries", "note", f"`{name}` is not installed", hint)
    if here:
        yield Finding("libraries", "ok", ", ".join(f"`{name}`" for name in here))


def terminal(env: Mapping[str, str]) -> Finding:
    """What our output can show here."""
    from runner.views.terminal import UNICODE, coloured, is_terminal, size, symbols

    columns, rows = size(sys.stdout, env)
    words = [f"{columns} x {rows}" if is_terminal(sys.stdout) else "stdout is no terminal"]
    words.append("colour" if coloured(sys.stdout, env) else "no colour")
    words.append("Unicode" if symbols(sys.stdout, os.environ) is UNICODE else "ASCII")
    words += [f"{name}={env[name]}" for name in ("TERM", "NO_COLOR", "FORCE_COLOR", "CI") if env.get(name)]
    return Finding("terminal", "ok", ", ".join(words))


def project(root: Path) -> Iterator[Finding]:
    """The project's root, what of it is ours, its runs, its schemas, its plug-ins."""
    marked = "runner.toml" if (root / "runner.toml").is_file() else "no runner.toml: the folder of the pipeline"
    yield Finding("project", "ok", f"{root} ({marked})")
    yield folder(".runner", root / ".runner", root)
    yield from runs(root)
    yield from schema(root)
    yield from plug_ins(root)


def folder(about: str, path: Path, root: Path) -> Finding:
    """Whether a folder can be written to, or made, and how much room it has."""

    def named(one: Path) -> Path:
        return one.relative_to(root) if one != root and one.is_relative_to(root) else one

    near = next(each for each in (path, *path.parents) if os.path.lexists(each))
    if not near.is_dir():
        return Finding(
            about, "wrong", f"`{named(path)}` can't be made: `{named(near)}` is no folder", f"move `{named(near)}` away"
        )
    if not os.access(near, os.W_OK | os.X_OK):
        return Finding(about, "wrong", f"`{named(path)}` can't be written to", f"whose it is: `ls -ld {named(near)}`")
    free = shutil.disk_usage(near).free
    words = f"`{named(path)}` {'can be written to' if near == path else 'will be made'}, {amount(free)} free"
    hint = "`runner catalog gc` shows what can go" if free < LITTLE else None
    return Finding(about, "note" if hint else "ok", words, hint)


def runs(root: Path) -> Iterator[Finding]:
    """Those that hold paths now, those whose process went away, and what faults of our own have left."""
    from runner.run import index

    known = index.runs(root)
    states = {str(entry["name"]): index.status(entry) for entry in known}
    live = [name for name, state in states.items() if state == "running"]
    lost = [name for name, state in states.items() if state == "lost"]
    words = f"{len(known):,} known, {len(live)} at work{': ' if live else ''}{', '.join(live[:3])}"
    yield Finding("runs", "ok", words)
    if lost:
        hint = f"to go on from it: `runner retry {lost[0]}`"
        yield Finding("runs", "note", f"{len(lost)} ended without a word, the newest: {lost[0]}", hint)
    crashes = sorted((root / ".runner").glob("crash-*.txt"))
    if crashes:
        hint = "put it into your report of the fault; then it can go"
        yield Finding(
            "faults", "note", f"{len(crashes)} of runner itself, the newest: `.runner/{crashes[-1].name}`", hint
        )


def schema(root: Path) -> Iterator[Finding]:
    """Whether the schemas for editors, where there are any, are those of this version and project."""
    from runner.commands.schema import schemas

    home = root / ".runner" / "schema"
    if not home.is_dir():
        yield Finding("schema", "note", "none for editors yet", "`runner schema` writes them")
        return
    built, _ = schemas(root)  # what is wrong with plug-ins is told once
    old = [name for name, text in built.items() if not same(home / f"{name}.json", text)]
    hint = "`runner schema` writes them anew" if old else None
    words = f"{', '.join(old)}: of another version, or other names" if old else "`.runner/schema` is fresh"
    yield Finding("schema", "note" if old else "ok", words, hint)


def same(path: Path, text: str) -> bool:
    """Whether a file holds this text."""
    try:
        return path.read_text(encoding="utf-8") == text
    except (OSError, ValueError):
        return False


def plug_ins(root: Path) -> Iterator[Finding]:
    """Those that are not ours: whether they can be imported and have what it takes."""
    from runner.commands.common import plugins_of
    from runner.commands.plugins import KINDS
    from runner.commands.plugins_check import right
    from runner.plugins import names

    plugins = plugins_of(root)
    good = []
    for kind, group in KINDS.items():
        for name in names(group, plugins):
            try:
                line = right(kind, name, plugins)
            except Refused as refused:
                for problem in refused.problems:
                    yield Finding("plug-ins", "note", problem.message, problem.hint)
            else:
                good += [line] if line else []
    for line in good:
        yield Finding("plug-ins", "ok", line)
