"""`runner set` and `runner add step`: one change of a file, written if `check` finds nothing new in it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from runner.testing.project import Project

PIPELINE = """\
name = "small"   # why

[params]
who = "world"

# what it is for
[steps.say]
shell = 'echo "$RUNNER_PARAM_who"'
"""


@pytest.fixture
def small(project: Callable[..., Project]) -> Project:
    return project({"pipeline.toml": PIPELINE, "profiles/far.toml": "# far\n[defaults]\ntimeout = '1h'\n"})


@pytest.mark.parametrize(
    ("key", "value", "line"),
    [
        ("steps.say.timeout", "30m", 'timeout = "30m"'),
        ("steps.say.retry.attempts", "3", "retry = { attempts = 3 }"),
        ("steps.say.tags", '["a", "b"]', 'tags = ["a", "b"]'),
        ("params.who", "you and me", 'who = "you and me"'),
        ("params.who", "1.0", "who = 1.0"),
        ("description", "7", 'description = "7"'),
        ("steps.say.shell", "one\ntwo\n", "shell = '''\none\ntwo\n'''"),
    ],
)
def test_a_value_is_what_it_is_in_toml_if_the_key_takes_that_else_a_text(
    small: Project, key: str, value: str, line: str
) -> None:
    small.cli("set", key, value).ok().says(f"pipeline.toml: {key} = ")
    text = small.read("pipeline.toml")
    assert f"\n{line}\n" in text
    assert 'name = "small"   # why\n' in text
    assert "# what it is for\n[steps.say]\n" in text


def test_a_step_that_is_not_there_is_not_begun(small: Project) -> None:
    small.cli("set", "steps.sya.timeout", "1m").exits(3).says("E234", "did you mean `say`?")
    small.cli("add", "step", "more", "--shell", "echo", "hi").exits(3).says("E101", "`--shell 'echo hi'`")
    assert small.read("pipeline.toml") == PIPELINE


def test_a_profile_has_keys_of_its_own(small: Project) -> None:
    small.cli("set", "executor.image", "python:3.12", "--profile", "far").exits(3).says("E233", "far.toml:2:1")
    switched = small.cli("set", "executor.type", "docker", "--profile", "far").ok()
    switched.says('profiles/far.toml: executor.type = "docker"', "pipeline.toml:8:1")  # no image yet, but that is said
    small.cli("set", "executor.image", "python:3.12", "--profile", "far").ok()
    text = "# far\n[defaults]\ntimeout = '1h'\n"
    assert small.read("profiles/far.toml") == f'[executor]\ntype = "docker"\nimage = "python:3.12"\n\n{text}'
    small.cli("set", "params.whoo", "x", "--profile", "far").exits(3).says("unknown parameter `whoo`")
    small.cli("set", "shared", "true", "--profile", "std:docker").exits(2).says("it comes with std")
    small.cli("set", "shared", "true", "--profile", "fra").exits(3).says("profiles/fra.toml")


def test_what_check_would_refuse_is_not_written(small: Project) -> None:
    small.cli("set", "steps.say.tiemout", "3m").exits(3).says(
        "pipeline.toml:9:1", 'tiemout = "3m"', "did you mean `timeout`?", "pipeline.toml: nothing was written"
    )
    small.cli("set", "steps.say.timeout", "30").exits(3).says('write `timeout = "30s"`')
    small.cli("add", "step", "say", "--stub").exits(2).says("there is a step `say` already", "pipeline.toml:7:8")
    small.cli("add", "step", "a.b", "--stub").exits(3).says("[steps.a.steps.b]")
    small.cli("add", "step", "a", "--shell", "true", "--needs", "sya").exits(3).says("did you mean `say`?")
    assert small.read("pipeline.toml") == PIPELINE


def test_what_was_wrong_before_is_no_reason(small: Project) -> None:
    small.write({"pipeline.toml": PIPELINE + "tiemout = 1\nretyr = 2\n"})
    small.cli("set", "--unset", "steps.say.tiemout").ok().says("steps.say.tiemout is unset")
    small.cli("set", "--unset", "steps.say.retyr", "pipeline.toml").ok()
    assert small.read("pipeline.toml") == PIPELINE
    small.write({"pipeline.toml": "a = "}).cli("set", "a", "1").exits(3).says("pipeline.toml:1:")


def test_a_step_is_added_with_all_that_is_said_of_it(small: Project) -> None:
    small.cli(
        "add", "step", "count", "--command", "wc -w 'a file' ${text}", "--needs", "say", "--when", "who != 'me'",
        "--input", "text=pipeline.toml", "--output", "out=made/n.txt", "--returns", "words",
    ).ok().says("pipeline.toml: step count")  # fmt: skip
    assert small.read("pipeline.toml") == PIPELINE + (
        '\n[steps.count]\nneeds = ["say"]\nwhen = "who != \'me\'"\ncommand = ["wc", "-w", "a file", "${text}"]\n'
        'inputs = { text = "pipeline.toml" }\noutputs = { out = "made/n.txt" }\nreturns = ["words"]\n'
    )
    small.cli("fmt", "--check").ok()


def test_words_that_are_missing_or_too_many_are_told(small: Project) -> None:
    small.cli("set", "params.who=me").exits(2).says("write `runner set params.who me`")
    small.cli("set", "params.nobody", "--unset").exits(2).says("nothing says `params.nobody`")
    small.cli("add", "step", "x").exits(2).says("E996", "does none")
    small.cli("add", "step", "x", "--stub", "--shell", "true").exits(2).says("`--shell` and `--stub`")
    small.cli("add", "step", "x", "--command", "'").exits(2).says("no closing quotation")
    small.cli("add", "step", "x", "--stub", "--input", "a=b", "--input", "c").exits(2).says("NAME=PATH")
    assert small.read("pipeline.toml") == PIPELINE


def test_no_variable_says_which_file_is_written(small: Project) -> None:
    small.cli("set", "params.who", "me", env={"RUNNER_UP_PROFILE": "far"}).ok().says("pipeline.toml: params.who")


def test_line_ends_stay(small: Project) -> None:
    small.write({"pipeline.toml": PIPELINE.replace("\n", "\r\n").encode()})
    small.cli("set", "params.who", "me").ok()
    small.cli("add", "step", "x", "--stub").ok()
    after = PIPELINE.replace("world", "me") + "\n[steps.x]\nstub = true\n"
    assert small.path("pipeline.toml").read_bytes() == after.replace("\n", "\r\n").encode()
