"""`runner retry`, and `up --resume --changed`: going on from a run by its name, and what runs again."""

from __future__ import annotations

import signal
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
    failed.run("retry", "first").ok().says("kept from first")
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


def test_a_step_that_has_another_name_by_now(failed: Project) -> None:
    failed.write({"flows/pipeline.toml": FILES["flows/pipeline.toml"].replace("steps.c]", "steps.d]")})
    failed.run("retry", "first", "c").exits(2).says("error[E921]: `retry`: there is no step `c`", "there is `a`")
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
    failed.run("up", "flows/pipeline.toml", "--resume").ok().says("kept from first, but its code has changed since")
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
    made.run("up", "pipeline.toml", "--resume", "--changed").ok().says("kept from")
    made.write({"do.py": "print(2)\n"})
    made.run("up", "pipeline.toml", "--resume", "--changed").ok().silent("kept from")
    assert made.run("logs", "@last", "a").out == "2\n"


def test_changed_without_a_run_to_compare_with(project: Made) -> None:
    made = project(FILES)
    made.run("up", "flows/pipeline.toml", "--changed").exits(2).says("error[E936]", "write `--resume --changed`")
    assert not made.exists("log")


def test_a_step_with_a_slip_of_the_pen(failed: Project) -> None:
    failed.run("retry", "first", "c[n=3]").exits(2).says("error[E915]")
    failed.run("retry", "c").exits(2).says("error[E930]", "for a step of the last: `@last c`")
    assert since(failed, 2) == []


def test_nothing_is_left_to_do_where_the_run_that_went_on_has_succeeded(failed: Project) -> None:
    failed.write({"ok": ""})
    failed.run("retry", "first", "--name", "second").ok()
    failed.run("retry", "first").exits(2).says("error[E937]: nothing of `second` is left to do")
    failed.run("retry", "first", "a", "--name", "third").ok().says("kept from second")
    assert since(failed, 5) == ["a"]


def test_a_run_that_goes_on_is_not_gone_on_with(project: Made) -> None:
    made = project({"pipeline.toml": 'name = "x"\n[steps.a]\nshell = "touch began; sleep 30"\n'})
    driver = made.popen("up", "--name", "first")
    made.wait(lambda: made.exists("began"))
    made.run("retry", "first").exits(4).says("error[E707]: `first` still runs", str(driver.pid))
    made.run("retry", "first", "a").exits(4).says("error[E707]")
    driver.send_signal(signal.SIGINT)
    assert driver.wait(20) == 130
    made.write({"pipeline.toml": 'name = "x"\n[steps.a]\nshell = "true"\n'})
    made.run("retry", "first").ok()


SHAPES = """
name = "x"
[steps.cached]
cache = true
inputs = ["in"]
outputs = ["out"]
shell = "echo cached >> log; cp in out"
[steps.g.steps.one]
shell = "echo g.one >> log"
[steps.g.steps.m]
for-each = { n = [1, 2] }
shell = 'echo "g.m$RUNNER_PARAM_n" >> log'
[steps.over]
for-each = { n = [1, 2] }
returns = ["size"]
reduce = "work:total"
[steps.over.steps.last]
returns = ["size"]
shell = 'echo "over$RUNNER_PARAM_n" >> log; echo "size=$RUNNER_PARAM_n" >> $RUNNER_RETURNS'
[steps.rounds]
repeat = { until = "round == 2", max = 3, as = "round" }
shell = 'echo "round$RUNNER_PARAM_round" >> log'
[steps.bad]
after = ["cached", "g", "over", "rounds"]
shell = "exit 1"
"""
WORK = """
def total(size):
    with open("log", "a") as file:
        file.write("total\\n")
    return sum(size)
"""
AGAIN: dict[str, list[str]] = {
    "cached": ["cached"],
    "g": ["g.m1", "g.m2", "g.one"],
    "g.one": ["g.one"],
    "g.m": ["g.m1", "g.m2"],
    "g.m[n=2]": ["g.m2"],
    "over": ["over1", "over2", "total"],
    "over[n=1]": ["over1"],
    "over[0].last": ["over1"],
    "rounds": ["round1", "round2"],
    "bad": [],
    "@failed": [],
}


def test_steps_of_every_shape_run_again_with_all_that_is_inside_them(project: Made) -> None:
    made = project({"pipeline.toml": SHAPES, "work.py": WORK, "in": "1"})
    made.run("up").exits(1)
    seen = len(since(made, 0))
    made.run("retry").exits(1)
    assert since(made, seen) == []
    ran = {}
    for step in AGAIN:
        made.run("retry", "@last", step).exits(1)
        ran[step] = sorted(since(made, seen))
        seen += len(ran[step])
    assert ran == AGAIN


def test_an_item_is_found_where_it_stands_now(project: Made) -> None:
    text = """
        name = "x"
        [params]
        ns = [2, 3]
        [steps.m]
        for-each = { n = "${ns}" }
        params = []
        shell = 'echo "m$RUNNER_PARAM_n" >> log'
        """
    made = project({"pipeline.toml": text})
    made.run("up").ok()
    made.run("up", "--resume", "--param", "ns=[1, 2, 3]", "--name", "second").ok()
    assert sorted(since(made, 0)) == ["m1", "m2", "m3"]
    made.run("retry", "second", "m[n=2]").ok()
    assert since(made, 3) == ["m2"]


def test_what_depends_on_a_step_that_is_named_runs_when_it_gives_something_else(project: Made) -> None:
    text = """
        name = "x"
        [steps.make]
        outputs = ["made"]
        shell = "echo make >> log; cp in made"
        [steps.use]
        inputs = ["made"]
        shell = "echo use >> log"
        """
    made = project({"pipeline.toml": text, "in": "1"})
    made.run("up").ok()
    made.run("retry", "@last", "make").ok()
    assert since(made, 2) == ["make"]
    made.write({"in": "2"})
    made.run("retry", "@last", "make").ok()
    assert since(made, 3) == ["make", "use"]


def test_a_run_of_some_steps_is_gone_on_with_in_these(project: Made) -> None:
    text = """
        name = "x"
        [steps.a]
        shell = "echo a >> log; test -e ok"
        [steps.deploy]
        shell = "echo deploy >> log"
        [finally.f]
        shell = "echo f >> log"
        """
    made = project({"pipeline.toml": text})
    made.run("up", "--only", "a", "--name", "first").exits(1).says("runner retry first\n")
    made.run("retry", "first", "--name", "second").exits(1).says("runner retry second\n")
    made.write({"ok": "", "pipeline.toml": text + '        [steps.new]\n        shell = "echo new >> log"\n'})
    made.run("retry").ok()
    assert since(made, 0) == ["a", "f"] * 3
    made.run("retry").exits(2).says("error[E937]")


def test_changed_alone_goes_on_from_a_success(failed: Project) -> None:
    failed.write({"ok": ""})
    failed.run("retry").ok()
    failed.run("retry", "--changed").ok()
    assert len(since(failed, 2)) == 3
    failed.write({"flows/more.py": "word = 'other'\n"})
    failed.run("retry", "--changed").ok()
    assert since(failed, 5) == ["other"]


def test_show_names_the_run_that_did_what_was_kept(failed: Project) -> None:
    failed.run("retry", "first", "--name", "second").exits(1)
    failed.write({"ok": ""})
    failed.run("retry", "second", "--name", "third").ok()
    said = failed.run("show", "third").ok()
    (line,) = (line.split() for line in said.out.splitlines() if line.startswith("a "))
    assert line[1] == "succeeded" and line[-3:] == ["done", "by", "first"]
    failed.run("show", "third", "a").ok().says("why       done by first")
    failed.run("show", "first").ok().silent("done by")


def test_a_run_whose_process_is_gone_is_lost_wherever_it_is_named(project: Made) -> None:
    text = """
        name = "x"
        [steps.a]
        shell = "true"
        [steps.b]
        needs = ["a"]
        shell = "test -e ok || kill -9 $PPID"
        """
    made = project({"pipeline.toml": text})
    made.run("up", "--name", "first").exits(-9)
    made.run("show", "first").ok().says("status    lost", "`runner retry first` goes on from it")
    made.run("runs", "--status", "lost").ok().says("first")
    made.run("show", "@failed").ok().says("run       first")
    made.write({"ok": ""})
    made.run("retry", "@failed").ok()
    made.run("runs", "--status", "lost").ok().says("first")


def test_what_holds_steps_that_were_kept_took_the_time_of_those_that_ran(project: Made) -> None:
    text = """
        name = "x"
        [steps.half]
        steps.kept = { shell = "true" }
        steps.runs = { shell = "test -e ok", needs = ["kept"] }
        [steps.whole]
        steps.kept = { shell = "true" }
        """
    made = project({"pipeline.toml": text})
    made.run("up").exits(1)
    made.write({"ok": ""})
    made.run("retry").ok()
    run = made.cli("show", "@last", "--json").ok().json()
    times = {node["path"]: (node["start"], node["end"]) for node in run["nodes"].values()}
    assert times["half.kept"][1] < run["start"] <= times["half.runs"][0]
    assert times["half"] == times["half.runs"]
    assert times["whole"] == (None, None)
