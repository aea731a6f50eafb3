"""Options of a verb: command line, then RUNNER_UP_<OPTION>, then default (N17)."""

from __future__ import annotations

import argparse

import pytest

from runner import options
from runner.text.diagnostics import Refused

OPTIONS = [
    (("file",), {"nargs": "?", "default": "pipeline.toml", "metavar": "FILE"}),
    (("--profile",), {"metavar": "NAME"}),
    (("-j", "--jobs"), {"type": int}),
    (("--fail-fast",), {"action": "store_true"}),
    (("--isolate",), {"action": argparse.BooleanOptionalAction}),
    (("--only",), {"action": "append", "default": [], "metavar": "STEP"}),
    (("--format",), {"choices": ("tree", "mermaid"), "default": "tree"}),
    (("--param",), {"action": "append", "default": []}),
]


def read(*words, **env):
    return options.read("up", "run a pipeline", OPTIONS, list(words), env)


def refused(*words, **env):
    with pytest.raises(Refused) as caught:
        read(*words, **env)
    return [(problem.code, problem.message, problem.hint) for problem in caught.value.problems]


def test_defaults_stand_when_nothing_is_said():
    args = read()
    assert (args.file, args.profile, args.jobs, args.fail_fast, args.isolate) == (
        "pipeline.toml",
        None,
        None,
        False,
        None,
    )
    assert (args.only, args.format) == ([], "tree")


def test_n17_every_flag_can_be_set_by_runner_up_flag():
    env = {"PROFILE": "argo", "JOBS": "4", "FAIL_FAST": "true", "ISOLATE": "false", "ONLY": "a b", "FORMAT": "mermaid"}
    args = read(**{f"RUNNER_UP_{name}": value for name, value in env.items()})
    assert (args.profile, args.jobs, args.fail_fast, args.isolate) == ("argo", 4, True, False)
    assert (args.only, args.format) == (["a", "b"], "mermaid")


def test_n17_other_runner_variables_are_read_by_nobody():
    args = read(RUNNER_PROFILE="argo", RUNNER_NAME="GitHub Actions 3", RUNNER_DEBUG="1", RUNNER_JOBS="9")
    assert (args.profile, args.jobs) == (None, None)


def test_the_command_line_wins_also_with_the_default_and_with_lists():
    args = read("--format", "tree", "--only", "c", RUNNER_UP_FORMAT="mermaid", RUNNER_UP_ONLY="a b")
    assert (args.format, args.only) == ("tree", ["c"])
    assert read("--no-isolate", RUNNER_UP_ISOLATE="true").isolate is False


def test_an_empty_variable_is_not_set():
    assert read(RUNNER_UP_PROFILE="", RUNNER_UP_FAIL_FAST="").profile is None


def test_n17_parameters_have_a_channel_of_their_own():
    assert read(RUNNER_UP_PARAM="a=1").param == []


@pytest.mark.parametrize("text", ["1", "yes", "True", "TRUE", "on", "0", " true"])
def test_a_boolean_is_exactly_true_or_false(text):
    message = f"the variable RUNNER_UP_FAIL_FAST is `{text}`: must be `true` or `false`"
    assert refused(RUNNER_UP_FAIL_FAST=text) == [("E913", message, None)]


def test_a_bad_value_names_the_variable():
    assert refused(RUNNER_UP_JOBS="many") == [
        ("E913", "the variable RUNNER_UP_JOBS is `many`: must be a whole number", None)
    ]
    message = "the variable RUNNER_UP_FORMAT is `mermaidd`: must be one of `tree`, `mermaid`"
    assert refused(RUNNER_UP_FORMAT="mermaidd") == [("E913", message, "did you mean `mermaid`?")]


def test_an_unknown_option_is_told_with_its_neighbour():
    assert refused("p.toml", "--profil", "x") == [
        ("E911", "`up` has no option `--profil`", "did you mean `--profile`?")
    ]


def test_prefixes_of_options_are_not_options():
    assert refused("p.toml", "--prof=x")[0][0] == "E911"


def test_a_word_too_many_is_told():
    assert refused("a.toml", "b.toml")[0][:2] == ("E914", "`up` has no use for the word `b.toml`")


def test_a_missing_value_is_told_with_where_to_look():
    code, message, hint = refused("--profile")[0]
    assert (code, message) == ("E912", "up: `--profile` takes a value, and none follows")
    assert hint == "`runner up --help` says what each option takes"


def test_a_value_of_another_type_is_told_in_words():
    assert refused("-j", "many")[0][:2] == ("E912", "up: `--jobs` takes a whole number, and this is 'many'")
    assert refused("--format", "x")[0][1] == "up: `--format` takes one of 'tree', 'mermaid', and this is 'x'"


def test_options_may_stand_between_the_words():
    two = [(("run",), {"nargs": "?"}), (("step",), {"nargs": "*"}), (("--tail",), {"type": int})]
    args = options.read("logs", "print logs", two, ["@last", "--tail", "3", "train", "fit"], {})
    assert (args.run, args.tail, args.step) == ("@last", 3, ["train", "fit"])


def test_lists_of_two_calls_are_two_lists():
    read().only.append("x")
    assert read().only == []


def test_help_is_printed_and_nothing_runs(capsys):
    with pytest.raises(options.Helped):
        read("--help")
    assert "usage: runner up" in capsys.readouterr().out
