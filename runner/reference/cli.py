"""The page of the command line: every verb with its words and options, and the variable that sets each."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from runner.cli import AGENT, VERBS, help_text
from runner.options import variable
from runner.reference.markdown import code, head, table
from runner.views.exits import EXITS

LEAD = """\
`runner VERB --help` prints the same. Answers go to stdout, progress to stderr; of a verb that reads, `--json` prints
the answer for scripts.

An option is taken from the command line, else from its variable, else it has the default that stands in brackets. What
`--set` and `--param` say is stronger than any file; where nobody says `--profile`, `profile` of `runner.toml` does."""


def page() -> str:
    """The page."""
    out = [head("The command line", LEAD), f"\n```text\n{help_text()}```\n"]
    for verb, about, options in verbs():
        out.append(f"\n## {verb}\n\n{about[:1].upper()}{about[1:]}.\n\n")
        out.append(table(("option", "variable", "meaning"), rows(verb, options)))
    out.append("\n## For authors of executors\n\n")
    out.append(table(("command", "meaning"), [(code(verb), about) for verb, about in AGENT.items()]))
    out.append("\n## Exit codes\n\n")
    out.append(table(("code", "name", "meaning"), [(str(number), name, about) for number, name, about in EXITS]))
    return "".join(out)


def verbs() -> Iterator[tuple[str, str, list[Any]]]:
    """Every verb, also each part of `catalog` and `plugins`, what it does, and its options."""
    for verb, about in VERBS.items():
        module = import_module(f"runner.commands.{verb}")
        if not hasattr(module, "PARTS"):
            yield verb, about, module.OPTIONS
        for part, words in getattr(module, "PARTS", {}).items():
            yield f"{verb} {part}", words, import_module(f"runner.commands.{verb}_{part}").OPTIONS


def rows(verb: str, options: list[Any]) -> Iterator[tuple[str, str, str]]:
    """A row for each word and option."""
    parser = argparse.ArgumentParser(add_help=False)
    for flags, keywords in options:
        action = parser.add_argument(*flags, **keywords)
        words = parser._get_formatter()._format_args(action, str(action.metavar or action.dest).upper())
        value = "" if action.nargs == 0 else f" {words}"
        named = ", ".join(action.option_strings) + value if action.option_strings else words
        about = str(keywords.get("help", "")).replace("%%", "%")
        yield code(named), code(variable(action, verb) or "") if action.option_strings else "", about
