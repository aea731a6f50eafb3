"""`runner set KEY VALUE`: a key of a pipeline or profile, in its file; all else there stays as it was written."""

from __future__ import annotations

import argparse
import os
import shlex
from functools import partial
from pathlib import Path
from typing import Any

from runner.commands.editing import edit, order, target, values
from runner.options import Typed
from runner.resolve.ask import Ask
from runner.text.diagnostics import Refused, diagnose
from runner.text.document import Document
from runner.text.edit import assigned, keys_of, removed

OPTIONS: list[Any] = [
    (("key",), {"metavar": "KEY", "help": "names with dots between them, as in TOML: steps.train.timeout"}),
    (("value",), {"nargs": "?", "metavar": "VALUE", "help": "a value of TOML, else a text"}),
    (("file",), {"nargs": "?", "metavar": "FILE", "help": "the pipeline (pipeline.toml)"}),
    (("--profile",), {"metavar": "NAME", "action": Typed, "help": "set it in the file of this profile"}),
    (("--unset",), {"action": "store_true", "help": "take the key out of the file; no VALUE then"}),
]


def run(args: argparse.Namespace) -> int:
    """0, or the exit code of the errors that the file would have. Raises Refused."""
    name = (args.file or args.value if args.unset else args.file) or "pipeline.toml"
    if args.value is None and not args.unset:
        key, equals, value = args.key.partition("=")
        hint = f"write `runner set {key} {shlex.quote(value)}`" if equals else None
        raise Refused([diagnose("E912", None, message="set: it takes VALUE, and that is not said", hint=hint)])
    ask = Ask(Path(name), args.profile, env=os.environ)
    path = target(ask)
    keys = keys_of(args.key)
    tried: list[str] = []

    def assign(value: str, doc: Document) -> str:
        tried.append(value)
        return assigned(doc, keys, value, order(doc))

    if args.unset:
        code = edit(ask, path, [lambda doc: removed(doc, keys)])
    else:
        code = edit(ask, path, [partial(assign, value) for value in values(args.value)])
    if code == 0:
        print(f"{path}: {args.key}{f' = {tried[-1]}' if tried else ' is unset'}")
    return code
