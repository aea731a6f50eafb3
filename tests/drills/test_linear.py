"""A step costs in a large run what it costs in a small one: calls of functions are counted in the whole of a verb, not
timed.

How often the loop turns depends on the machine, but hardly: counts of two runs differ by a hundredth."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest

from runner.testing.project import Project

Make = Callable[..., Project]
SMALL, LARGE = 60, 240
COUNTED = """
import sys
from runner.cli import main
calls = 0
def note(frame, event, arg):
    global calls
    calls += event in ("call", "c_call")
sys.setprofile(note)
try:
    main(sys.argv[1:])
finally:
    sys.setprofile(None)
    print(calls)
"""
TRUE, FALSE = "command = ['true']\n", "command = ['false']\n"


def each(count: int, text: str) -> str:
    return "".join(text.replace("N", str(n)) for n in range(count))


def chain(n: int) -> str:
    return f"[steps.s0]\n{TRUE}" + "".join(f"[steps.s{i}]\nneeds = ['s{i - 1}']\n{TRUE}" for i in range(1, n))


def wide(n: int) -> str:
    return (
        each(n, f"[steps.sN]\n{TRUE}") + f"[steps.join]\nneeds = [{each(n, chr(39) + 'sN' + chr(39) + ', ')}]\n{TRUE}"
    )


def items(n: int) -> str:
    return f"[steps.m]\nfor-each = {{ i = {{ range = {n} }} }}\n{TRUE}"


def flowing(n: int) -> str:
    items = f"[steps.m]\nfor-each = {{ i = {{ range = {n // 2} }} }}\n"
    return f"{items}[steps.m.steps.a]\nresources = {{ cpu = 1 }}\n{TRUE}[steps.m.steps.b]\nneeds = ['a']\n{TRUE}"


def waiting(n: int) -> str:
    return each(n, f"[steps.sN]\nresources = {{ cpu = 9, memory = '1Mi' }}\n{TRUE}")


def rounds(n: int) -> str:
    return f"[steps.l]\nrepeat = {{ until = 'false', max = {n}, exhausted = 'succeed' }}\n{TRUE}"


def handled(n: int) -> str:
    return f"[handlers.h]\n{TRUE}" + each(n // 2, f"[steps.sN]\non-failure = 'h'\n{FALSE}")


def tried_again(n: int) -> str:
    return each(n // 2, f"[steps.sN]\nretry = {{ attempts = 2 }}\n{FALSE}")


def last(n: int) -> str:
    return f"{items(n // 2)}[finally.f]\nfor-each = {{ i = {{ range = {n // 2} }} }}\n{TRUE}"


def blocked(n: int) -> str:
    return chain(n).replace("true", "false", 1)


def returning(n: int) -> str:
    return items(n).replace(TRUE, "shell = 'echo r=1 >> $RUNNER_RETURNS'\nreturns = ['r']\n")


GIVES = "stub = { returns = { r = 1 } }\n"
TAKES = "[steps.j]\nparams = ['r']\nstub = true\n"


def mapped(n: int, more: str = "") -> str:
    return f"[steps.m]\nfor-each = {{ i = {{ range = {n} }} }}\nreturns = ['r']\n{more}"


def given_on(n: int) -> str:
    inside = (
        f"[steps.m.steps.a]\n{GIVES}[steps.m.steps.b]\nparams = {{ x = '${{steps.a.r}}', i = '${{i}}' }}\nstub = true\n"
    )
    return mapped(n // 2, "reduce = { r = 'sum' }\n") + inside + TAKES


def mapped_rounds(n: int) -> str:
    return mapped(n // 2, "repeat = { until = 'k == 2', max = 3, as = 'k' }\n") + f"[steps.m.steps.a]\n{GIVES}" + TAKES


def rounds_that_look_back(n: int) -> str:
    loop = f"[steps.l]\nrepeat = {{ until = 'r == 2', max = {n}, exhausted = 'succeed' }}\nreturns = ['r']\n"
    recovers = "on-failure = { run = 'h', recover = 'continue' }\n"
    inside = f"[steps.l.steps.a]\nparams = ['r']\nreturns = ['r']\n{recovers}{FALSE}"
    return loop + inside + f"[handlers.h]\n{GIVES}" + TAKES


def mapped_choices(n: int) -> str:
    return mapped(n, "choose = 'i'\n") + f"[steps.m.cases.0]\n{GIVES}[steps.m.default]\n{GIVES}" + TAKES


def maps_of_maps(n: int) -> str:
    return mapped(n // 6) + f"[steps.m.steps.k]\nfor-each = {{ j = {{ range = 6 }} }}\n{GIVES}" + TAKES


def stopping(n: int) -> str:
    return mapped(n, "when = 'i != 3'\nmax-parallel = 2\nstop-when = 'r == 2'\n") + GIVES


USED = {"used.toml": f"[params]\nx = 0\n[steps.a]\n{TRUE}[steps.b]\nneeds = ['a']\n{TRUE}[finally.c]\n{TRUE}"}


def used(n: int) -> str:
    return each(max(1, n // 3), "[steps.sN]\nuses = 'used.toml'\nparams = { x = N }\n")


def used_by_items(n: int) -> str:
    return f"[steps.m]\nfor-each = {{ x = {{ range = {n // 3} }} }}\nuses = 'used.toml'\nparams = ['x']\n"


SHAPES = [chain, wide, items, flowing, waiting, rounds, handled, tried_again, last, blocked, returning]
SHAPES += [given_on, mapped_rounds, rounds_that_look_back, mapped_choices, maps_of_maps, stopping, used, used_by_items]


def calls(made: Project, text: str) -> int:
    made.write({"pipeline.toml": f"name = 'x'\n{text}"})
    return counted(made, "up", "pipeline.toml", "-j", "2", "--output", "quiet")


def counted(made: Project, *verb: str) -> int:
    words = [made.command()[0], "-c", COUNTED, *verb]
    said = subprocess.run(words, cwd=made.root, env=made.environment(), capture_output=True, text=True).stdout
    return int(said.split()[-1])


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_a_step_among_many_costs_what_it_costs_among_few(project: Make, shape: Callable[[int], str]) -> None:
    made = project(USED)
    none, few, many = (calls(made, shape(n)) for n in (2, SMALL, LARGE))
    assert (many - none) / LARGE < 1.05 * (few - none) / SMALL


@pytest.mark.parametrize("change", ["true", "false", "true;"])
@pytest.mark.parametrize("shape", [chain, items], ids=lambda shape: shape.__name__)
def test_an_item_that_is_gone_on_with_costs_the_same_too(
    project: Make, shape: Callable[[int], str], change: str
) -> None:
    def going_on(n: int) -> int:
        calls(made, shape(n))
        made.write({"pipeline.toml": f"name = 'x'\n{shape(n).replace('true', change)}"})
        return counted(made, "plan", "--resume")

    made = project()
    none, few, many = (going_on(n) for n in (2, SMALL, LARGE))
    assert (many - none) / LARGE < 1.05 * (few - none) / SMALL


READING = {  # calls for each record, with some room; indents of JSON, which only Python makes, take 1,600
    ("show", "@last"): 165,
    ("show", "@last", "--json"): 150,
    ("show", "@last", "m[i=7]"): 150,
    ("logs", "@last", "m[i=7]"): 150,
    ("runs",): 3,
    ("runs", "--json"): 3,
}


def test_each_record_of_a_run_costs_a_few_calls_when_it_is_read(project: Make) -> None:
    made = project()
    found = {}
    for n in (SMALL, LARGE):
        calls(made, returning(n))
        found[n] = {verb: counted(made, *verb) for verb in READING}
    costs = {verb: (found[LARGE][verb] - found[SMALL][verb]) / (LARGE - SMALL) for verb in READING}
    assert {verb: cost for verb, cost in costs.items() if cost > READING[verb]} == {}


WALKED = """
import gc, sys
from runner.cli import main
walked = 0
def note(phase, info):
    global walked
    if phase == "start":
        walked += sum(len(gc.get_objects(one)) for one in range(info["generation"] + 1))
gc.callbacks.append(note)
code = main(sys.argv[1:])
print(code, walked)
"""


def test_nobody_looks_for_garbage_among_the_records_of_a_run(project: Make) -> None:
    made = project()
    found = []
    for n in (SMALL, 10 * LARGE):
        made.write({"pipeline.toml": f"name = 'x'\n{items(n).replace(TRUE, 'stub = true')}"})
        made.cli("up", "--output", "quiet").ok()
        words = [made.command()[0], "-c", WALKED, "show", "@last"]
        said = subprocess.run(words, cwd=made.root, env=made.environment(), capture_output=True, text=True).stdout
        code, walked = map(int, said.split()[-2:])
        found.append(walked)
        assert code == 0
    assert found[1] - found[0] < 10 * LARGE, "a record is made of many objects"
