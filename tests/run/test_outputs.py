"""Where a run will write, as far as the plan, the parameters and the items that are known say it."""

from __future__ import annotations

from collections.abc import Callable

from runner.rules.keys import node_id
from runner.run.outputs import outputs
from runner.testing.project import Project

Made = Callable[..., Project]

PIPELINE = """
name = "x"
[params]
dir = "d*"
names = ["p", "q"]
[steps.plain]
outputs = { o = "made/${dir}/x.txt", g = "made/./*.csv", f = "fold/" }
shell = "true"
[steps.ask]
shell = "true"
returns = ["l", "word"]
[steps.known]
for-each = { n = "${names}", m = ["1", "2"] }
outputs = ["m/${n}-${m}.txt"]
shell = "true"
[steps.unknown]
for-each = { n = "${l}", m = ["1", "2"] }
outputs = ["k/${n}-${m}.txt"]
shell = "true"
[steps.returned]
outputs = ["r/${word}.txt"]
shell = "true"
[steps.named]
inputs = { i = "${steps.plain.o}" }
outputs = { copy = "copies/${i}.gz" }
shell = "true"
[steps.run]
outputs = ["of/${run.name}"]
shell = "true"
"""


def found(project: Project, name: str, selected: list[str] | None = None) -> list[str]:
    plan = project.cli("plan", "--json").ok().json()
    run = {"selected": selected, "first": {"id": "01", "name": "calm-yak-1"}, "date": "2020-01-01", "scheduled": None}
    params = {"dir": "d*", "names": ["p", "q"]}
    return [one.pattern for one in outputs(plan, {**run, "params": params}) if one.node == node_id(name)]


def test_what_is_known_is_filled_in_and_the_rest_is_a_star(project: Made) -> None:
    made = project({"pipeline.toml": PIPELINE})
    literal = "made/d\udc2a/x.txt"  # a star of a value is no wildcard
    assert found(made, "plain") == [literal, "made/./*.csv", "fold/"]
    assert found(made, "known") == ["m/p-1.txt", "m/p-2.txt", "m/q-1.txt", "m/q-2.txt"]
    assert found(made, "unknown") == ["k/*-1.txt", "k/*-2.txt"]
    assert found(made, "returned") == ["r/*.txt"]
    assert found(made, "named") == [f"copies/{literal}.gz"]
    assert found(made, "run") == ["of/calm-yak-1"]


def test_only_what_runs_writes(project: Made) -> None:
    made = project({"pipeline.toml": PIPELINE})
    assert found(made, "run", [node_id("plain")]) == []
    assert found(made, "plain", [node_id("plain")]) != []


def test_very_many_items_are_a_star(project: Made) -> None:
    text = 'name = "x"\n[steps.a]\nfor-each = { i = { range = 5000 } }\noutputs = ["o/${i}"]\nshell = "true"\n'
    assert found(project({"pipeline.toml": text}), "a") == ["o/*"]
