"""`runner check FILE...`: every mistake of pipelines and their profile at once; nothing runs, nothing is written."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runner.commands.asking import JSON
from runner.resolve.ask import Ask
from runner.text.diagnostics import Diagnostic, Place, Refused

OPTIONS: list[Any] = [
    (
        ("file",),
        {
            "nargs": "*",
            "default": ["pipeline.toml"],
            "metavar": "FILE",
            "help": "pipelines, jobs, profiles (pipeline.toml)",
        },
    ),
    (("--profile",), {"metavar": "NAME", "help": "the profile to check them with (local)"}),
    (("--param",), {"action": "append", "default": [], "metavar": "NAME=VALUE", "help": "set a parameter"}),
    (("--set",), {"action": "append", "default": [], "metavar": "KEY=VALUE", "help": "set a key of the profile"}),
    (("--strict",), {"action": "store_true", "help": "exit 3 for warnings, too"}),
    (("--code-quality",), {"action": "store_true", "help": "print a Code Quality report of GitLab"}),
    JSON,
]


def run(args: argparse.Namespace) -> int:
    """0 when there is no error; the exit code of the errors' family otherwise."""
    from runner.commands.collecting import uncollected
    from runner.text.allow import unsilenced
    from runner.text.diagnostics import FILES, exit_code
    from runner.views.problems import show

    problems: list[Diagnostic] = []
    for name in args.file or ["pipeline.toml"]:
        try:
            with uncollected():
                problems += problems_of(Ask(Path(name), args.profile, tuple(args.param), tuple(args.set), os.environ))
        except Refused as refused:
            problems += refused.problems
    problems = unsilenced(dict.fromkeys(problems))
    if args.code_quality:
        from runner.views.annotations import code_quality

        show(problems)
        print(json.dumps(code_quality(problems, os.environ, (args.file or ["pipeline.toml"])[0]), indent=2))
    elif args.json:
        print(json.dumps([as_json(problem) for problem in problems], indent=2, ensure_ascii=False))
    elif problems:
        show(problems)
    bad = [problem for problem in problems if args.strict or problem.severity == "error"]
    if not bad and not args.json and not args.code_quality:
        files = args.file or ["pipeline.toml"]
        sys.stdout.write(f"{files[0] if len(files) == 1 else f'{len(files)} files'}: ok\n")
    return (exit_code(problems) or FILES) if bad else 0


def problems_of(ask: Ask, instead: Mapping[str, bytes] | None = None) -> list[Diagnostic]:
    """All problems of one file: a pipeline or job with its profile, or a profile by itself; `instead` as Sources has
    it."""
    from runner.commands.making import make
    from runner.model.check import check
    from runner.resolve.kinds import is_profile
    from runner.resolve.resolved import profiles as profiles_of
    from runner.text.allow import misread
    from runner.text.directive import directive
    from runner.text.document import Document, load
    from runner.text.sources import Sources

    def comments(doc: Document) -> list[Diagnostic]:
        return [*directive(doc, sources), *misread(doc)]

    sources = Sources(ask.file.absolute().parent, instead=instead)
    doc = load(ask.file, sources)
    if (is_profile(doc.data) and ask.file.name != "pipeline.toml") or ask.file.absolute().parent.name == "profiles":
        return comments(doc) + check(doc, "profile")
    if ask.file.name == "runner.toml":
        return comments(doc) + check(doc, "project")
    try:
        made = make(ask, doc if doc.data else None, instead)
    except Refused as refused:
        raise Refused([*comments(doc), *refused.problems]) from None
    found = [*comments(doc), *made.problems]
    files = made.resolved.files
    profiles = [profile.doc for profile in files.profiles]
    profiles += profiles_of((layers.files for layers in made.resolved.layers.others.values()), files)
    for other in (*files.library.texts[1:], *profiles):
        found += comments(other)
    # a required parameter is given when the pipeline runs; a check may go without
    return [problem for problem in found if problem.code != "E454"]


def as_json(problem: Diagnostic) -> dict[str, Any]:
    """A diagnostic for machines."""
    return {
        "code": problem.code,
        "severity": problem.severity,
        "place": _place(problem.place) if problem.place else None,
        "message": problem.message,
        "hint": problem.hint,
        "related": [{**_place(place), "message": words} for place, words in problem.related],
    }


def _place(place: Place) -> dict[str, Any]:
    found = {"file": place.file, "line": place.line, "column": place.col, "end_column": place.end}
    return found | ({"key": place.key} if place.key else {})
