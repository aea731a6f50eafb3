"""`runner init`: a small pipeline that works, two profiles for it, and the schemas that make editors help."""

from __future__ import annotations

import argparse
import re
import shlex
from pathlib import Path
from typing import Any

from runner.commands import schema
from runner.text.diagnostics import Refused, diagnose

OPTIONS: list[Any] = [
    (("folder",), {"nargs": "?", "default": ".", "metavar": "DIR", "help": "where to write it (the current folder)"}),
]

PIPELINE = """\
#:schema ./.runner/schema/pipeline.json
name = "{name}"
description = "Greet somebody, count the words, report them"

[params]
who = "world"

[steps.greet]
shell = 'echo "Hello, $RUNNER_PARAM_who!" > "$RUNNER_PARAM_greeting"'
outputs = {{ greeting = "made/greeting.txt" }}

[steps.count]                       # after greet: it reads what greet writes
shell = 'echo "words=$(wc -w < "$RUNNER_PARAM_greeting" | tr -d " ")" >> "$RUNNER_RETURNS"'
inputs = {{ greeting = "${{steps.greet.greeting}}" }}
returns = ["words"]

[steps.report]                      # after count: it asks for words
when = "words > 1"
command = ["echo", "${{who}} was greeted with ${{words}} words"]
"""
DEV = """\
#:schema ../.runner/schema/profile.json
description = "Try things out: nothing is kept"

[params]
who = "developer"

[run-log]
type = "buffered"
"""
CI = """\
#:schema ../.runner/schema/profile.json
description = "On a build server: bounded, and tried twice"
max-parallel = 2

[defaults]
timeout = "10m"
retry = { attempts = 2, delay = "1s" }
"""
IGNORED = (".runner/*", "!.runner/schema/", "made/")


def run(args: argparse.Namespace) -> int:
    """Write the files and say what to type next. Raises Refused when one of them is there already."""
    folder = Path(args.folder)
    name = re.sub("[^A-Za-z0-9_-]+", "-", folder.absolute().name).strip("-") or "pipeline"
    texts = {
        folder / "pipeline.toml": PIPELINE.format(name=name),
        folder / "profiles" / "dev.toml": DEV,
        folder / "profiles" / "ci.toml": CI,
    }
    there = [path for path in texts if path.exists() or path.is_symlink()]
    if there:
        raise Refused([diagnose("E960", None, path=path) for path in there])
    for path, text in texts.items():
        _write(path, text)
    _ignore(folder / ".gitignore")
    built, problems = schema.schemas(folder.absolute())
    written = [*texts, folder / ".gitignore", *schema.write(built, folder / ".runner" / "schema")]
    print("\n".join(str(path) for path in written))
    there_first = "" if args.folder == "." else f"cd {shlex.quote(args.folder)} && "
    print(f"\nnext: {there_first}runner up pipeline.toml --profile dev")
    if problems:
        raise Refused(problems)
    return 0


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Refused([diagnose("E961", None, path=path, why=error.strerror or type(error).__name__)]) from None


def _ignore(path: Path) -> None:
    """Keep runs out of git and the schemas in, below what a `.gitignore` says already."""
    said = path.read_text(encoding="utf-8", errors="surrogateescape") if path.is_file() else ""
    missing = [line for line in IGNORED if line not in said.splitlines()]
    if missing:
        gap = "" if not said or said.endswith("\n") else "\n"
        try:
            path.write_text(said + gap + "\n".join(missing) + "\n", encoding="utf-8", errors="surrogateescape")
        except OSError as error:
            raise Refused([diagnose("E961", None, path=path, why=error.strerror or type(error).__name__)]) from None
