"""Reads the options of one verb: from the command line, else from RUNNER_UP_<OPTION> (N17), else their defaults.

A verb declares `OPTIONS`, a list of (flags, keywords of argparse's add_argument).
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from runner.text.diagnostics import Refused, diagnose, near

Option = tuple[tuple[str, ...], dict[str, Any]]

PREFIX = "RUNNER_UP_"
TYPED = ("add",)  # what a new step is like is said of that one: `RUNNER_UP_OUTPUT=plain` would be a file of it
NOT_FROM_OUTSIDE = {"help", "set", "param"}  # parameters have a channel of their own: RUNNER_UP_SET_<name>


class Typed(argparse._StoreAction):
    """The action of an option that no variable sets: which file is written, for instance."""


class Helped(Exception):
    """The help of the verb was asked for, and printed."""


# what argparse says, and how it is said here
SAYINGS = (
    (r"argument \S*?([^/ ]+): invalid int value: (.*)", r"`\1` takes a whole number, and this is \2"),
    (r"argument \S*?([^/ ]+): invalid float value: (.*)", r"`\1` takes a number, and this is \2"),
    (r"argument \S*?([^/ ]+): expected (?:one|at least one) argument", r"`\1` takes a value, and none follows"),
    (r"argument [^-]\S*: invalid choice: (.*) \(choose from (.*)\)", r"it takes one of \2, and this is \1"),
    (r"argument \S*?([^/ ]+): invalid choice: (.*) \(choose from (.*)\)", r"`\1` takes one of \3, and this is \2"),
    (r"argument \S*?([^/ ]+): (.*)", r"`\1`: \2"),
    (r"the following arguments are required: (.*?)(?:, \.\.\.)?", r"it takes \1, and that is not said"),
)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        for pattern, words in SAYINGS:
            if found := re.fullmatch(pattern, message):
                message = f"{self.prog.partition(' ')[2]}: {found.expand(words)}"
                break
        lacks = message.endswith("and that is not said")
        hint = _usage(self) if lacks else f"`{self.prog} --help` says what each option takes"
        raise Refused([diagnose("E912", None, message=message, hint=hint)])

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        raise Helped


def _unasked(prog: str) -> argparse.HelpFormatter:
    """For adding options: each makes a formatter, which would ask for the terminal's size."""
    return argparse.HelpFormatter(prog, width=80)


def read(
    verb: str, about: str, options: Sequence[Option], words: Sequence[str], env: Mapping[str, str]
) -> argparse.Namespace:
    """The values of all options of `verb`; raises Refused (E91x) for what is wrong and Helped after `--help`."""
    parser = _Parser(
        prog=f"runner {verb}",
        description=about[:1].upper() + about[1:] + ".",
        epilog=None if verb in TYPED else f"Each option --xy-z can also be set by {PREFIX}XY_Z.",
        allow_abbrev=False,
        formatter_class=_unasked,
    )
    defaults: list[tuple[argparse.Action, Any]] = []
    for flags, keywords in options:
        action = parser.add_argument(*flags, **keywords)
        if action.option_strings:
            defaults.append((action, action.default))
            action.default = argparse.SUPPRESS
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    args, unknown = parser.parse_known_args(list(words))
    if any(not word.startswith("-") for word in unknown) and not any(
        action.nargs == "..." for action in parser._actions
    ):
        args, unknown = parser.parse_known_intermixed_args(list(words))  # `logs @last --tail 3 train`
    if unknown:
        _refuse(parser, verb, unknown)
    for action, default in defaults:
        if not hasattr(args, action.dest):
            setattr(args, action.dest, _outside(action, default, env, verb))
    return args


def variable(action: argparse.Action, verb: str) -> str | None:
    """The name of the variable that sets an option of a verb; None if there is none."""
    flag = next((flag[2:] for flag in action.option_strings if flag.startswith("--")), "help")
    typed = verb in TYPED or flag in NOT_FROM_OUTSIDE or isinstance(action, Typed)
    return None if typed else PREFIX + flag.upper().replace("-", "_")


def _outside(action: argparse.Action, default: Any, env: Mapping[str, str], verb: str) -> Any:
    name = variable(action, verb)
    text = env.get(name, "") if name else ""
    if name is None or text == "":
        return list(default) if isinstance(default, list) else default
    if action.nargs == 0:
        if text not in ("true", "false"):
            raise Refused([diagnose("E913", None, variable=name, value=text, problem="must be `true` or `false`")])
        if isinstance(action, argparse.BooleanOptionalAction):
            return text == "true"
        return action.const if text == "true" else default
    many = isinstance(action, argparse._AppendAction) or action.nargs in ("*", "+")
    values = [_value(action, name, word) for word in (text.split() if many else [text])]
    return values if many else values[0]


def _value(action: argparse.Action, name: str, word: str) -> Any:
    value: Any = word
    if callable(action.type):
        try:
            value = action.type(word)
        except (ValueError, TypeError, argparse.ArgumentTypeError) as fault:
            kind = getattr(action.type, "__name__", "value")
            kind = {"int": "whole number", "float": "number"}.get(kind, kind)
            said = str(fault) if isinstance(fault, argparse.ArgumentTypeError) else f"must be a {kind}"
            raise Refused([diagnose("E913", None, variable=name, value=word, problem=said)]) from None
    if action.choices is not None and value not in action.choices:
        problem = "must be one of " + ", ".join(f"`{choice}`" for choice in action.choices)
        like = near(word, [str(choice) for choice in action.choices])
        hint = f"did you mean `{like}`?" if like else None
        raise Refused([diagnose("E913", None, variable=name, value=word, problem=problem, hint=hint)])
    return value


def _refuse(parser: argparse.ArgumentParser, verb: str, words: Sequence[str]) -> NoReturn:
    known = [flag for action in parser._actions for flag in action.option_strings]
    problems = []
    for word in words:
        if word.startswith("-") and word != "-":
            flag = word.split("=", 1)[0]
            like = near(flag, known) if len(flag) > 2 else None
            short = [f"`{one}`" for one in known if one.startswith(f"-{flag}")] if len(flag) == 2 else []
            longer = [one for one in known if one.startswith(flag) and len(flag) > 3]
            like = longer[0] if like is None and len(longer) == 1 else like
            named = [action.metavar or action.dest.upper() for action in parser._actions if not action.option_strings]
            every = f"`runner {verb} --help` lists all"
            if flag[2:].upper() in named:
                every = f"it is said without it: `runner {verb} {' '.join(map(str, named))}`"
            elif verb == "retry" and flag in ("--profile", "--param", "--set"):
                every = f"`runner up --resume RUN {flag} ...` goes on with another"
            hint = f"did you mean `{like}`?" if like else f"there is {', '.join(short)}" if short else every
            problems.append(diagnose("E911", None, option=flag, verb=verb, hint=hint))
        else:
            step = "--only" in known and not word.endswith(".toml")
            meant = "--param" if "=" in word and "--param" in known else "--only" if step else None
            what = "parameter" if meant == "--param" else "step"
            hint = f"if that is a {what}: `{meant} {word}`" if meant else _usage(parser)
            problems.append(diagnose("E914", None, word=word, verb=verb, hint=hint))
    flags = [problem for problem in problems if problem.code == "E911"]
    raise Refused(flags or problems)  # a word after an unknown option is most likely its value


def _usage(parser: argparse.ArgumentParser) -> str:
    return " ".join(parser.format_usage().split())
