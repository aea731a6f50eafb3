"""`runner add step NAME`: a step at the end of those of a pipeline, in its file."""

from __future__ import annotations

import argparse
import os
import re
import shlex
from pathlib import Path
from typing import Any

from runner.commands.editing import edit, order, toml_text
from runner.resolve.ask import Ask
from runner.text.diagnostics import Refused, diagnose
from runner.text.document import Document
from runner.text.edit import keys_of, with_table
from runner.text.fault import quoted

KINDS = ("shell", "command", "python", "notebook", "uses", "stub")
MANY = {"action": "append", "default": []}


def words(text: str) -> list[str]:
    """The words of a command as a shell would split them."""
    try:
        return shlex.split(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error).lower()) from None


OPTIONS: list[Any] = [
    (("what",), {"choices": ("step",), "metavar": "step", "help": "what to add"}),
    (("name",), {"metavar": "NAME", "help": "what it is called"}),
    (("file",), {"nargs": "?", "default": "pipeline.toml", "metavar": "FILE", "help": "the pipeline (pipeline.toml)"}),
    (("--shell",), {"metavar": "TEXT", "help": "a script"}),
    (("--command",), {"metavar": "WORDS", "type": words, "help": "a program and its arguments, in one word here"}),
    (("--python",), {"metavar": "MODULE:FUNCTION", "help": "a function"}),
    (("--notebook",), {"metavar": "PATH", "help": "a notebook"}),
    (("--uses",), {"metavar": "FILE", "help": "another pipeline, or a block such as std:fetch"}),
    (("--stub",), {"action": "store_true", "help": "nothing yet"}),
    (("--needs",), {**MANY, "metavar": "STEP", "help": "a step that must have succeeded before"}),
    (("--after",), {**MANY, "metavar": "STEP", "help": "a step that must have ended before"}),
    (("--when",), {"metavar": "CONDITION", "help": "run it only if this is true"}),
    (("--input",), {**MANY, "metavar": "[NAME=]PATH", "help": "a file that it reads"}),
    (("--output",), {**MANY, "metavar": "[NAME=]PATH", "help": "a file that it writes"}),
    (("--returns",), {**MANY, "metavar": "NAME", "help": "a value that it gives back"}),
]


def run(args: argparse.Namespace) -> int:
    """0, or the exit code of the errors that the pipeline would have. Raises Refused."""
    keys = ("steps", *keys_of(args.name))
    script = args.shell or shlex.join(args.command or ())
    if script and not args.file.endswith((".toml", ".cue")) and not os.path.exists(args.file):
        flag = "--shell" if args.shell else "--command"
        hint = f"words with blanks between them stand in quotes: `{flag} '{script} {args.file}'`"
        raise Refused([diagnose("E101", None, path=args.file, hint=hint)])
    lines = _lines(args)

    def change(doc: Document) -> str:
        place = doc.place(keys, "key")
        if _there(doc, keys):
            raise Refused([diagnose("E993", place, name=args.name)])
        return with_table(doc, keys, lines, order(doc))

    code = edit(Ask(Path(args.file), env=os.environ), Path(args.file), [change])
    if code == 0:
        print(f"{args.file}: step {args.name}")
    return code


def _there(doc: Document, keys: tuple[str, ...]) -> bool:
    table: Any = doc.data
    for name in keys:
        if not isinstance(table, dict) or name not in table:
            return False
        table = table[name]
    return True


def _lines(args: argparse.Namespace) -> list[str]:
    """The keys of the step, a line each."""
    kinds = [kind for kind in KINDS if getattr(args, kind)]
    if len(kinds) != 1:
        told = "is to do " + " and ".join(f"`--{kind}`" for kind in kinds) if kinds else "does none"
        raise Refused([diagnose("E996", None, what=told, kinds=", ".join(f"`--{kind}`" for kind in KINDS))])
    given = getattr(args, kinds[0])
    does = "true" if given is True else _list(given) if isinstance(given, list) else toml_text(given)
    found = {
        "needs": _list(args.needs),
        "after": _list(args.after),
        "when": quoted(args.when) if args.when else "",
        kinds[0]: does,
        "inputs": _files("--input", args.input),
        "outputs": _files("--output", args.output),
        "returns": _list(args.returns),
    }
    return [f"{key} = {value}" for key, value in found.items() if value]


def _list(items: list[str]) -> str:
    return f"[{', '.join(map(quoted, items))}]" if items else ""


def _files(flag: str, items: list[str]) -> str:
    """Paths, or names with paths."""
    pairs = [found.groups() for item in items if (found := re.fullmatch(r"([A-Za-z_]\w*)=(.*)", item, re.DOTALL))]
    if len(pairs) not in (0, len(items)):
        message = f"either all files of `{flag}` have a name, or none"
        raise Refused([diagnose("E912", None, message=message, hint=f"write `{flag} NAME=PATH`")])
    if pairs:
        return "{ " + ", ".join(f"{name} = {quoted(path)}" for name, path in pairs) + " }"
    return _list(items)
