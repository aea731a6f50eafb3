"""`runner retry`, and `up --resume --changed`: going on from a run by its name, and what runs again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from runner.testing.project import Project

Made = Callable[..., Project]
FILES = {
    "runner.toml": "",
    "flows/pipeline.toml": """
        name = "x"
        [steps.a]
        python = "flows.work:a"
        [steps.b]
        needs = ["a"]
        shell = "echo b >> log; test -e ok"
        [steps.c]
        for-each = { n = [1, 2] }
        needs = ["b"]
        shell = 'echo "c$RUNNER_PARAM_n" >> log'
        """,
    "flows/work.py": """
        def note(text):
            with open("log", "a") as file:
                file.write(text + "\\n")


        def a():
            from flows import more

            note(more.word)
        """,
    "flows/more.py": "word = 'a'\n",
}


@pytest.fixture
def failed(project: Made) -> Project:
    """A project whose run `first` has failed in its second step."""
    made = project(FILES)
    made.run("up", "flows/pipeline.toml", "--name", "first").exits(1)
    assert made.read("log").split() == ["a", "b"]
    return made


def since(made: Project, count: int) -> list[str]:
    """What ran after the first `count` lines of the log."""
    return made.read("log").split()[count:]


def test_what_failed_runs_again_and_what_succeeded_does_not(failed: Project) -> None:
    failed.write({"ok": ""})
    failed.run("retry", "first").ok().says("done by first")
    assert sorted(since(failed, 2)) == ["b", "c1", "c2"]


def test_the_last_run_is_meant_where_none_is_named_from_any_folder(failed: Project) -> None:
    failed.write({"ok": ""})
    failed.run("retry", cwd=failed.path("flows")).ok()
    assert sorted(since(failed, 2)) == ["b", "c1", "c2"]


def test_a_run_that_was_gone_on_with_already_is_gone_on_with_from_there(failed: Project) -> None:
    failed.run("retry", "first").exits(1)
    failed.write({"ok": ""})
    failed.run("retry", "first").ok()
    assert sorted(since(failed, 2)) == ["b", "b", "c1", "c2"]


def test_nothing_is_left_to_do_of_a_success(failed: Project) -> None:
    failed.write({"ok": ""})
    failed.run("retry", "--name", "second").ok()
    failed.run("retry", "second").exits(2).says("error[E937]: nothing of `second` is left to do", "name the steps")
    assert len(since(failed, 2)) == 3


def test_a_step_that_is_named_runs_again_though_it_succeeded(failed: Project) -> None:
    failed.write({"ok": ""})
    failed.run("retry", "--name", "second").ok()
    failed.run("retry", "second", "a", "c[n=2]").ok()
    assert sorted(since(failed, 5)) == ["a", "c2"]


def test_a_step_that_is_not_there(failed: Project) -> None:
    failed.run("retry", "first", "train").exits(2).says("error[E915]: the run has no step `train`")
    assert since(failed, 2) == []


def test_a_pipeline_that_is_gone(failed: Project) -> None:
    failed.path("flows/pipeline.toml").unlink()
    failed.run("retry", "first").exits(2).says("error[E938]: the pipeline of `first`, `flows/pipeline.toml`")


def test_there_is_no_such_run(failed: Project) -> None:
    failed.run("retry", "furst").exits(2).says("error[E930]", "did you mean `first`?")


CODE = {
    "the module": ("flows/work.py", "note(more.word)", "note(more.word)\n            note('again')"),
    "a module that a function imports": ("flows/more.py", "'a'", "'again'"),
}


@pytest.mark.parametrize("what", CODE)
def test_code_that_changed_is_told_and_runs_again_when_that_is_asked_for(failed: Project, what: str) -> None:
    path, before, after = CODE[what]
    failed.write({path: FILES[path].replace(before, after), "ok": ""})
    failed.run("up", "flows/pipeline.toml", "--resume").ok().says("done by first, but its code has changed since")
    assert "again" not in since(failed, 2)
    failed.run("up", "flows/pipeline.toml", "--resume", "--changed").ok()
    assert "again" in since(failed, 5) and "b" not in since(failed, 5)


def test_nothing_changed_so_nothing_runs_again(failed: Project) -> None:
    failed.write({"ok": ""})
    failed.run("retry").ok()
    failed.run("up", "flows/pipeline.toml", "--resume", "--changed").ok()
    assert len(since(failed, 2)) == 3


def test_a_script_that_a_shell_step_names_is_its_code(project: Made) -> None:
    made = project({"pipeline.toml": 'name = "x"\n[steps.a]\nshell = "python3 do.py"\n', "do.py": "print(1)\n"})
    made.run("up", "pipeline.toml").ok()
    made.run("up", "pipeline.toml", "--resume", "--changed").ok().says("done by")
    made.write({"do.py": "print(2)\n"})
    made.run("up", "pipeline.toml", "--resume", "--changed").ok().silent("done by")
    assert made.run("logs", "@last", "a").out == "2\n"


def test_changed_without_a_run_to_compare_with(project: Made) -> None:
    made = project(FILES)
    made.run("up", "flows/pipeline.toml", "--changed").exits(2).says("error[E936]", "write `--resume --changed`")
    assert not made.exists("log")
