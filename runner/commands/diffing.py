"""`runner plan --diff`: what changed since a run, against another profile, or in files that `render` has written."""

from __future__ import annotations

import argparse
import difflib
import hashlib
import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.plugins import find, load
from runner.text.diagnostics import Refused, diagnose
from runner.views.exits import DIFFERS
from runner.views.yaml import documents

if TYPE_CHECKING:
    from runner.commands.planning import Planned

Table = dict[str, Any]
UNTOLD = ("definition", "digest", "id", "depth")  # of a plan: follows from the rest
PACKED = re.compile(r"[A-Za-z0-9+/]{300,}={0,2}")  # what ConfigMaps bring


def diff(args: argparse.Namespace, made: Planned) -> int:
    """Print the differences, as `diff -u` does; the exit code is 0 unless `--exit-code` asks for it. Raises Refused."""
    name, before, after = _both(args, made)
    found = {}
    for file in dict.fromkeys((*before, *after)):
        old, new = (side.get(file, "").splitlines(keepends=True) for side in (before, after))
        lines = "".join(difflib.unified_diff(old, new, f"{name}/{file}", f"now/{file}"))
        if lines:
            found[file] = lines
    if args.json:
        print(json.dumps({"against": name, "differs": bool(found), "files": found}, indent=2, ensure_ascii=False))
    elif not found:
        print(f"no differences from {name}", file=sys.stderr)
    else:
        sys.stdout.writelines(found.values())
    return DIFFERS if found and args.exit_code else 0


def _both(args: argparse.Namespace, made: Planned) -> tuple[str, dict[str, str], dict[str, str]]:
    """What it is compared with, by name; the files there, and those of now."""
    what = args.diff or "@last"
    if os.path.isdir(what):
        now = _manifests(made.plan, made.plugins)
        if not now:
            raise Refused([diagnose("E950", None, executor=made.plan["profile"]["executor"]["type"])])
        return what, {file: _lying(Path(what, file)) for file in now}, now
    name, plan = _other(what, args, made)
    return name, _files(plan, made.plugins), _files(made.plan, made.plugins)


def _other(what: str, args: argparse.Namespace, made: Planned) -> tuple[str, Table]:
    """The plan of a run, or this pipeline with another profile."""
    from runner.commands.planning import planned
    from runner.resolve.project import profile_names
    from runner.run import index
    from runner.text.sources import Sources

    if (
        ":" in what
        or what.endswith((".toml", ".cue"))
        or what in profile_names(made.ask, made.root, Sources(made.root))
    ):
        other = argparse.Namespace(**{**vars(args), "profile": what})
        return what, planned(other).plan
    last = next(index.newest(made.root, made.plan["name"]), None) if what == "@last" else index.find(made.root, what)
    if last is None:
        raise Refused([diagnose("E930", None, text="--diff", why=f"no run of `{made.plan['name']}` yet")])
    return str(last["name"]), _kept(last, made)


def _kept(entry: Table, made: Planned) -> Table:
    """The plan of a run, as its log has it."""
    from runner.rules.keys import plan_key, run_key
    from runner.run.services import open_store

    store = open_store(entry["store"], made.root, entry["run"], made.plugins, write=False)
    try:
        digest = json.loads(store.get(run_key(entry["run"], "run")) or b"{}").get("plan")
        found = store.get(plan_key(str(digest)))
    finally:
        store.close()
    if found is None:
        raise Refused([diagnose("E706", None, name=entry["name"], why="its plan is missing")])
    plan: Table = json.loads(found)
    return plan


def _files(plan: Table, plugins: Any) -> dict[str, str]:
    """A plan for people, and what its executor would submit, where that is files."""
    return {"plan.yaml": documents([_told(plan)]), **_manifests(plan, plugins)}


def _told(plan: Table) -> Any:
    """A plan for people, steps by their paths."""
    paths = {id: node["path"] for id, node in plan["nodes"].items()}
    return _ordered({**plan, "nodes": {paths[id]: node for id, node in plan["nodes"].items()}}, paths)


def steps(before: Table, after: Table, names: tuple[str, str]) -> str:
    """How the steps of two plans differ, as `diff -u` says it, without what else is in a plan; "" where they don't."""
    old, new = (documents([_told(plan)["nodes"]]).splitlines(keepends=True) for plan in (before, after))
    one, two = (f"{name}/plan.yaml" for name in names)
    return "".join(difflib.unified_diff(old, new, one, two, n=1))


def _ordered(value: Any, paths: Table) -> Any:
    """With keys in order, without what follows from the rest."""
    if isinstance(value, dict):
        return {key: _ordered(one, paths) for key, one in sorted(value.items()) if key not in UNTOLD}
    if isinstance(value, list):
        return [_ordered(one, paths) for one in value]
    return paths.get(value, value) if isinstance(value, str) else value


def _manifests(plan: Table, plugins: Any) -> dict[str, str]:
    """What `render` writes; nothing where it can't."""
    implementation = load(find("executors", str(plan["profile"]["executor"]["type"]), plugins))
    try:
        found = implementation.emit(plan) if hasattr(implementation, "emit") else {}
    except Refused:  # a pipeline, where only a job can be written
        found = {}
    return {file: _short(documents(tables)) for file, tables in found.items()}


def _lying(path: Path) -> str:
    """A file that `render` has written, without the comment above it; nothing where there is none."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(
            [diagnose("E103", None, path=path, why=getattr(error, "strerror", None) or "not UTF-8")]
        ) from None
    while lines and lines[0].startswith("#"):
        del lines[0]
    return _short("".join(lines))


def _short(text: str) -> str:
    """What is packed is told by its digest and size."""
    return PACKED.sub(lambda one: f"({len(one[0])} characters, sha256 {_digest(one[0])})", text)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
