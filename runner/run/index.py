"""The index of a project's runs: `.runner/index.jsonl`, only ever appended to; and the names that people type."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from runner.agent.named import Named
from runner.text.diagnostics import Refused, diagnose, near

Table = dict[str, Any]

ADJECTIVES = """
amber brave brisk calm clever cosy crisp daring dusty eager early fair fancy fleet fresh gentle glad golden grand happy
hardy honest jolly keen kind lively lucky merry mild misty modest neat nimble noble plain proud quick quiet rapid ready
rosy round sandy sharp shiny silent silver smart smooth snowy solid spry steady still sturdy sunny swift tidy tiny vivid
warm wise witty young
""".split()  # noqa: SIM905
ANIMALS = """
badger beaver bison camel cat crane crow deer dingo dove duck eagle egret elk falcon ferret finch fox frog gecko goose
gull hare hawk heron hippo horse ibis jackal jay kiwi koala lark lemur lion llama lynx magpie marten mole moose moth
mouse newt ocelot orca osprey otter owl panda parrot perch pigeon puffin quail rabbit raven robin salmon seal shrew
sloth snail sparrow stoat stork swan tapir tern tiger toad trout turtle viper vole walrus weasel whale wolf wombat wren
yak zebra
""".split()  # noqa: SIM905


def path(root: Path) -> Path:
    """Where the index stands."""
    return root / ".runner" / "index.jsonl"


def note(root: Path, entry: Table) -> None:
    """Append a line. Call it inside `mutex`: what a full disk cut off is gone on with, and must not mix."""
    line = json.dumps(entry, ensure_ascii=False, separators=(",", ":")) + "\n"
    path(root).parent.mkdir(exist_ok=True)  # a project that is gone is not made again
    with Named(path(root)), open(path(root), "a+b", buffering=0) as file:
        if file.tell():
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":  # a line that a crash cut off
                line = "\n" + line
        rest = memoryview(line.encode())
        while rest:
            rest = rest[file.write(rest) or 0 :]


def forget(root: Path, gone: set[str]) -> None:
    """Take runs out of the index, at once or not at all. Call it inside `mutex`. Raises OSError."""
    kept = []
    for line in path(root).read_bytes().split(b"\n"):
        try:
            if json.loads(line)["run"] not in gone:
                kept.append(line + b"\n")
        except (ValueError, TypeError, KeyError):  # torn: nobody reads it
            continue
    temporary = path(root).with_suffix(f".{os.getpid()}")
    with open(temporary, "wb") as file:
        file.writelines(kept)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path(root))


def runs(root: Path) -> list[Table]:
    """Every run that the index knows, newest first; what is said later of a run is laid over what was said before.

    Lines that are torn or not JSON are passed over, as is a run whose beginning somebody has removed.
    """
    found: dict[str, Table] = {}
    try:
        lines = path(root).read_bytes().split(b"\n")
    except OSError:
        return []
    for line in lines:
        try:
            entry = json.loads(line)
            found.setdefault(entry["run"], {}).update(entry)
        except (ValueError, TypeError, KeyError):
            continue
    return [entry for entry in found.values() if "name" in entry][::-1]


def new_name(root: Path) -> str:
    """A name that no run of the project has, such as `brisk-otter-3`."""
    taken = {entry.get("name") for entry in runs(root)}
    number = len(taken)
    while True:
        dice = int.from_bytes(os.urandom(8))
        adjective, animal = ADJECTIVES[dice % len(ADJECTIVES)], ANIMALS[(dice >> 32) % len(ANIMALS)]
        name = f"{adjective}-{animal}-{number % 100 + 1}"
        if name not in taken:
            return name
        number += 1


def find(root: Path, text: str) -> Table:
    """The run that a name, an id, a unique prefix, `@last` or `@failed` means. Raises Refused (E930, E931)."""
    known = runs(root)
    if text in ("@last", "@failed"):
        for entry in known:
            if text == "@last" or status(entry) not in ("running", "detached", "succeeded"):
                return entry
        what = "no run yet" if text == "@last" else "no run has failed"
        raise Refused([diagnose("E930", None, text=text, why=what)])
    exact = [entry for entry in known if text in (entry.get("name"), entry["run"])]
    if exact:
        return exact[0]
    begun = [entry for entry in known if str(entry.get("name", "")).startswith(text) or entry["run"].startswith(text)]
    if len(begun) == 1:
        return begun[0]
    if begun:
        names = ", ".join(f"`{entry.get('name')}`" for entry in begun[:8])
        raise Refused([diagnose("E931", None, text=text, names=names)])
    close = near(text, ("@last", "@failed", *(str(entry.get("name")) for entry in known)))
    hint = f"did you mean `{close}`?" if close else f"`runner runs` lists them; for a step of the last: `@last {text}`"
    raise Refused([diagnose("E930", None, text=text, why="no run has that name", hint=hint)])


def alive(entry: Table) -> bool:
    """Whether the process that drives a run is still there: its pid, and that it was born when the index says."""
    pid = None if entry.get("detached") else entry.get("pid")
    return isinstance(pid, int) and entry.get("born") == born(pid) and entry.get("status") is None


def status(entry: Table) -> str:
    """How a run ended; `running`, `detached` where nobody here follows it, `lost` where its process is gone without a
    word."""
    if entry.get("status") is None and entry.get("detached"):
        return "detached"
    said = entry.get("status") or ("running" if alive(entry) or elsewhere(entry) else "lost")
    return str(said)


def elsewhere(entry: Table) -> bool:
    """Whether a run has not ended, and goes on, or began, on another machine: nobody here can say if it is alive."""
    away = entry.get("detached") or entry.get("host", os.uname().nodename) != os.uname().nodename
    return entry.get("status") is None and bool(away)


def born(pid: int) -> str | None:
    """When a process began, in the kernel's ticks since boot; None when it is gone. Where there is no /proc: "?"."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[19].decode()
    except OSError:
        if os.path.isdir("/proc/self"):
            return None
    try:
        os.kill(pid, 0)
    except OSError:
        return None
    return "?"


def newest(root: Path, pipeline: str) -> Iterator[Table]:
    """Runs of one pipeline (by the name in its file) that did something, newest first."""
    return (entry for entry in runs(root) if entry.get("pipeline") == pipeline and not entry.get("mock"))
