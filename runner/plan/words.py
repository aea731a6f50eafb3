"""Words of scripts and commands that stay as they are, where something else was surely meant: warnings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runner.plan import scope
from runner.plan.steps import Step
from runner.plan.tasks import of_shell, program, set_in
from runner.text.diagnostics import Diagnostic, diagnose

OF_A_SHELL = frozenset(("|", "||", "&&", ">", ">>", "<", "2>&1", "2>"))
COMPARE = frozenset(("expr", "test", "[", "jq", "sh", "bash"))  # programs that take such a word
BRACES = re.compile(r"(?<![$\w{])\{(input|output|threads|wildcards\.\w+|params\.\w+)\}")
QUOTED = re.compile(r"\"(?:\\.|[^\"\\])*\"|'[^']*'|\\.|#[^\n]*")
PYTHON = re.compile(r"\s*(?:import [A-Za-z_][\w.]*(?: as \w+)?|from [\w.]+ import \w[^\n]*|def \w+\([^\n]*\):)[ \t]*\n")
NAMED = re.compile(r"\$(?!RUNNER_)([A-Za-z_]\w*)")


def words(step: Step) -> Iterator[Diagnostic]:
    """Of one step."""
    if step.kind == "command":
        yield from _of_command(step, [str(word) for word in step.table["command"]])
    elif step.kind == "shell" and of_shell(step):
        yield from _of_script(step, step.table["shell"])


def _of_script(step: Step, script: str) -> Iterator[Diagnostic]:
    if found := PYTHON.match(script):
        start = len(found[0]) - len(found[0].lstrip())
        place = step.place(("shell",), part=(start, len(found[0].rstrip())))
        yield diagnose("W497", place, interpreter=program(step))
        return
    if "{" in script and (step.reads or step.writes or step.params):
        for found in BRACES.finditer(script):
            place = step.place(("shell",), part=found.span())
            yield diagnose("W493", place, text=found[0], hint='a named file is there as `"$RUNNER_PARAM_name"`')
    if NAMED.search(script) is None:
        return
    hidden = QUOTED.sub(lambda found: found[0] if found[0][0] == '"' else " " * len(found[0]), script)
    for found in NAMED.finditer(hidden):
        name = found[1]
        mine = name in step.table.get("env", {}) or name.isupper() or set_in(script, name)
        if hidden[found.start() - 1 : found.start()] != "\\" and not mine and scope.look(step, name, scope.View()):
            yield diagnose("W474", step.place(("shell",), part=found.span()), name=name, text=found[0])


def _of_command(step: Step, argv: list[str]) -> Iterator[Diagnostic]:
    if len(argv) == 1 and re.search(r"\S\s+\S", argv[0]) and "$" not in argv[0]:
        yield diagnose("W495", step.place(("command", 0)), hint=f"the words: `command = {_listed(argv[0].split())}`")
    name = argv[0].rpartition("/")[2]
    for index, word in enumerate(argv[1:], 1):
        if word in OF_A_SHELL and name not in COMPARE:
            yield diagnose("W494", step.place(("command", index)), text=word)
            return
        braces = re.fullmatch(r"\{(\w+)\}", word)
        if braces and braces[1] in step.each:
            yield diagnose("W493", step.place(("command", index)), text=word, hint=f"write `${word}`")


def _listed(parts: list[str]) -> str:
    return "[" + ", ".join(f'"{part}"' for part in parts) + "]"
