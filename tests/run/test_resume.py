"""`up --resume`: what was committed is kept, what was not runs, what was asked is asked again (R1, R8, N42, N49)."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

from runner.testing.project import Project

Made = Callable[..., Project]

FAILING = """
name = "resume"
[params]
table = "dev"
day = "${run.date}"
[steps.a]
params = ["table", "day"]
shell = 'echo "a $RUNNER_PARAM_table $RUNNER_PARAM_day" >> log'
[steps.b]
needs = ["a"]
params = ["table", "day"]
shell = 'echo "b $RUNNER_PARAM_table $RUNNER_PARAM_day" >> log; test -e ok'
"""


def log(found: Project) -> list[str]:
    return found.read("log").splitlines()


def test_n49_a_resumed_run_keeps_parameters_and_the_date(project: Made) -> None:
    found = project({"pipeline.toml": FAILING})
    found.cli("up", "--param", "table=prod", "--param", "day=2020-02-03").exits(1).says("--resume")
    found.write({"ok": ""})
    found.cli("up", "--resume").ok()
    assert log(found) == ["a prod 2020-02-03", "b prod 2020-02-03", "b prod 2020-02-03"]


def test_n49_what_is_said_anew_changes(project: Made) -> None:
    found = project({"pipeline.toml": FAILING})
    found.cli("up", "--param", "table=prod", "--param", "day=D").exits(1)
    found.write({"ok": ""})
    found.cli("up", "--resume", "--param", "table=x").ok()
    assert log(found) == ["a prod D", "b prod D", "a x D", "b x D"]


def test_n49_profile_and_set_are_taken_from_the_parent(project: Made) -> None:
    text = 'name = "x"\n[steps.a]\nshell = \'echo "$WHO $MORE" >> log; test -e ok\'\n'
    found = project({"pipeline.toml": text, "profiles/p.toml": '[defaults]\nenv = { WHO = "profile" }\n'})
    found.cli("up", "--profile", "p", "--set", "defaults.env.MORE=said").exits(1)
    found.write({"ok": ""})
    found.cli("up", "--resume").ok()
    assert log(found) == ["profile said"] * 2


def test_n49_another_profile_is_not_held_to_what_was_said_of_the_places_of_the_first(project: Made) -> None:
    text = 'name = "x"\n[steps.a]\nshell = "test -e ok && test $X = 1"\n'
    found = project({"pipeline.toml": text, "profiles/p.toml": ""})
    found.cli("up", "--profile", "p", "--set", "executor.cpu=2", "--set", "steps.a.env.X=1").exits(1)
    found.write({"ok": ""})
    found.cli("up", "--resume", "--profile", "std:emulated").ok()


def test_n49_a_parameter_that_is_set_anew_changes_however_it_is_said(project: Made) -> None:
    found = project({"pipeline.toml": FAILING})
    found.cli("up", "--param", "table=prod", "--param", "day=D").exits(1)
    found.write({"ok": ""})
    found.cli("up", "--resume", "--set", "params.table=x").ok()
    assert log(found) == ["a prod D", "b prod D", "a x D", "b x D"]


def test_n49_references_keep_the_name_of_the_first_run_and_the_variable_is_the_runs_own(project: Made) -> None:
    text = """
name = "x"
[steps.a]
env = { FIRST = "${run.name}" }
shell = 'echo "$FIRST $RUNNER_RUN_NAME" >> log; test -e ok'
"""
    found = project({"pipeline.toml": text})
    found.cli("up", "--name", "one").exits(1)
    found.cli("up", "--resume", "--name", "two").exits(1)
    found.write({"ok": ""})
    found.cli("up", "--resume", "--name", "three").ok()
    assert log(found) == ["one one", "one two", "one three"]


def test_n49_finally_and_handlers_are_each_runs_own(project: Made) -> None:
    text = """
name = "x"
[steps.a]
shell = "test -e ok"
[finally.f]
shell = 'echo "$RUNNER_RUN_STATUS" >> log'
"""
    found = project({"pipeline.toml": text})
    found.cli("up").exits(1)
    found.write({"ok": ""})
    found.cli("up", "--resume").ok()
    assert log(found) == ["failed", "succeeded"]


@pytest.mark.parametrize("store", ["file-system", "chunked-fs"])
def test_r8_a_resumed_run_is_a_run_of_its_own_that_holds_what_it_adopted(project: Made, store: str) -> None:
    found = project({"pipeline.toml": FAILING})
    found.cli("up", "--set", f"run-log.type={store}", "--name", "one").exits(1)
    found.write({"ok": ""})
    found.cli("up", "--resume", "--name", "two").ok()
    told = {e["path"]: e for e in found.cli("show", "two", "--json").json()["nodes"].values()}
    assert [told[path]["status"] for path in ("a", "b")] == ["succeeded", "succeeded"]
    assert told["a"]["attempts"][0]["adopted"]["run"] and "adopted" not in told["b"]["attempts"][0]
    assert found.cli("show", "one", "--json").json()["status"] == "failed"


def test_n35_raising_memory_or_adding_a_step_runs_nothing_again_and_a_new_text_does(project: Made) -> None:
    text = 'name = "x"\n{defaults}\n[steps.a]\nshell = "echo {a} >> log"\n[steps.b]\nneeds = ["a"]\nshell = "{b}"\n'
    found = project({"pipeline.toml": text.format(defaults="", a="a", b="echo b >> log; exit 1")})
    found.cli("up").exits(1)
    more = '[defaults]\nresources = { memory = "4Gi" }\nretry = { attempts = 2 }\ntimeout = "1h"\n'
    found.write(
        {"pipeline.toml": text.format(defaults=more, a="a", b="echo b >> log") + '[steps.c]\nshell = "echo c >> log"\n'}
    )
    found.cli("up", "--resume").ok()
    assert sorted(log(found)) == ["a", "b", "b", "c"]
    found.write({"pipeline.toml": text.format(defaults=more, a="A", b="echo b >> log")})
    found.cli("up", "--resume").ok()
    assert sorted(log(found)) == ["A", "a", "b", "b", "c"]


def test_a_changed_input_runs_its_readers_again(project: Made) -> None:
    text = """
name = "x"
[steps.a]
inputs = ["in.txt"]
outputs = ["mid.txt"]
shell = "cp in.txt mid.txt; echo a >> log"
[steps.b]
inputs = ["mid.txt"]
shell = "echo b >> log"
[steps.c]
needs = ["b"]
shell = "exit 1"
"""
    found = project({"pipeline.toml": text, "in.txt": "1"})
    found.cli("up").exits(1)
    found.cli("up", "--resume").exits(1)
    assert log(found) == ["a", "b"]
    found.write({"in.txt": "2"})
    found.cli("up", "--resume").exits(1)
    assert log(found) == ["a", "b", "a", "b"]


def test_outputs_that_are_gone_or_changed_come_back_from_the_catalog(project: Made) -> None:
    text = """
name = "x"
[steps.a]
outputs = ["sub/out.txt"]
shell = "mkdir -p sub; echo right > sub/out.txt; echo a >> log"
[steps.b]
inputs = ["sub/out.txt"]
shell = "cat sub/out.txt > got; test -e ok"
"""
    found = project({"pipeline.toml": text})
    found.cli("up").exits(1)
    found.write({"ok": "", "sub/out.txt": "wrong"})
    found.cli("up", "--resume").ok()
    assert (log(found), found.read("got")) == (["a"], "right\n")
    found.path("sub/out.txt").unlink()
    found.cli("up", "--resume").ok()
    assert (log(found), found.read("sub/out.txt")) == (["a"], "right\n")


def test_without_a_catalog_what_is_gone_is_made_again(project: Made) -> None:
    text = """
name = "x"
[steps.a]
outputs = ["o"]
shell = "echo 1 > o; echo a >> log"
[steps.b]
needs = ["a"]
shell = "exit 1"
"""
    found = project({"pipeline.toml": text})
    found.cli("up", "--set", "catalog.type=do-nothing").exits(1)
    found.cli("up", "--resume").exits(1)
    assert log(found) == ["a"]
    found.path("o").unlink()
    found.cli("up", "--resume").exits(1)
    assert log(found) == ["a", "a"]


def test_n28_an_item_put_in_front_of_a_list_moves_nothing(project: Made) -> None:
    text = """
name = "x"
[params]
xs = {xs}
[steps.m]
for-each = {{ x = "${{xs}}" }}
shell = 'echo "$RUNNER_PARAM_x" >> log; echo "y=$RUNNER_PARAM_x" >> $RUNNER_RETURNS'
params = []
returns = ["y"]
[steps.after]
params = {{ ys = "${{steps.m.y}}" }}
shell = 'echo "$RUNNER_PARAM_ys" > got; test -e ok'
"""
    found = project({"pipeline.toml": text.format(xs='["b", "c", "b"]')})
    found.cli("up", "-j", "1").exits(1)
    found.write({"pipeline.toml": text.format(xs='["a", "b", "c", "b"]'), "ok": ""})
    found.cli("up", "--resume", "--param", 'xs=["a","b","c","b"]').ok()
    assert log(found) == ["b", "c", "b", "a"]
    assert json.loads(found.read("got")) == ["a", "b", "c", "b"]


def test_n42_a_killed_driver_loses_nothing_and_its_steps_are_ended_first(project: Made) -> None:
    text = """
name = "x"
[steps.first]
shell = "echo first >> log"
[steps.a]
needs = ["first"]
outputs = ["out.txt"]
shell = '''
echo start >> log
if test -e go; then echo fresh > out.txt; else sleep 4; echo late >> out.txt; fi
'''
"""
    found = project({"pipeline.toml": text})
    driver = found.popen("up")
    found.wait(lambda: found.exists("log") and "start" in found.read("log"))
    os.kill(driver.pid, signal.SIGKILL)
    driver.wait()
    found.write({"go": ""})
    found.run("up", "--resume").ok()
    assert log(found) == ["first", "start", "start"]
    time.sleep(4.2)
    assert found.read("out.txt") == "fresh\n"
    first = found.cli("runs", "--json").json()[1]["name"]
    lost = {e["path"]: e for e in found.cli("show", first, "--json").json()["nodes"].values()}
    assert (lost["a"]["status"], lost["a"]["reason"]) == ("errored", "lost")


def test_two_resumes_of_one_run_do_not_both_go_on_from_it(project: Made) -> None:
    found = project({"pipeline.toml": FAILING})
    found.cli("up", "--name", "one").exits(1)
    found.cli("up", "--resume", "one", "--name", "two").exits(1)
    found.write({"ok": ""})
    found.cli("up", "--resume", "one", "--name", "three").ok()  # goes on from the heir
    runs: dict[str, Any] = {entry["name"]: entry for entry in found.cli("runs", "--json").json()}
    assert runs["three"]["parent"] == runs["two"]["run"]


def test_a_run_that_goes_on_is_not_resumed(project: Made) -> None:
    found = project({"pipeline.toml": 'name = "x"\n[steps.a]\nshell = "touch began; sleep 30"\n'})
    driver = found.popen("up")
    found.wait(lambda: found.exists("began"))
    found.cli("up", "--resume").exits(4).says("E707", str(driver.pid))
    driver.send_signal(signal.SIGINT)
    assert driver.wait(20) == 130


def test_there_is_nothing_to_resume(project: Made) -> None:
    found = project({"pipeline.toml": FAILING, "other.toml": 'name = "other"\n[steps.a]\nshell = "true"\n'})
    found.cli("up", "--resume").exits(2).says("E930", "no run of `resume` yet")
    found.cli("up", "other.toml", "--name", "else").ok()
    found.cli("up", "--resume", "else").exits(2).says("E935")
