"""`runner graph`: a pipeline, or a run with what became of its steps, to the terminal or into a file."""

from __future__ import annotations

from collections.abc import Callable

from runner.testing.project import Project

TEXT = """
name = "walk"
[steps.b]
needs = ["a"]
shell = 'exit 3'
[steps.a]
shell = 'true'
[steps.c]
needs = ["b"]
shell = 'true'
"""


def test_a_run_is_drawn_as_it_was_planned_and_as_it_ended(project: Callable[..., Project]) -> None:
    made = project({"pipeline.toml": TEXT})
    made.cli("graph", "--run").exits(2).says("no run yet")
    made.cli("up").exits(1)
    name = made.cli("runs", "--json").json()[0]["name"]
    made.write({"pipeline.toml": "what is drawn is the run"})
    said = made.cli("graph", "--run").ok().out.splitlines()
    assert said[0].startswith(f"walk  {name}  failed  ")
    assert [word for word in said[1].split() if len(word) == 1] == ["✓", "a", "→", "✗", "b", "→", "×", "c"]
    assert f": {name}  failed" in made.cli("graph", "--run", name, "--format", "svg").ok().out


def test_the_end_of_a_file_says_its_format(project: Callable[..., Project]) -> None:
    made = project({"pipeline.toml": TEXT})
    starts = {
        "g.svg": "<svg ",
        "g.html": "<!doctype html>",
        "g.dot": 'digraph "walk"',
        "g.mmd": "flowchart",
        "g": "walk\n",
    }
    for file, start in starts.items():
        assert made.cli("graph", "-o", file).ok().out == ""
        assert made.read(file).startswith(start)
    assert made.cli("graph", "-o", "g.txt", "--format", "dot").ok()
    assert made.read("g.txt") == made.read("g.dot")
    made.cli("graph", "-o", "g.png").exits(2).says("no format is known by `.png`", "say it by `--format`")
    assert not made.exists("g.png")
    made.cli("graph", "-o", "none/g.svg").exits(2).says("error[E961]", "none/g.svg")
    assert not made.exists(".runner")


def test_as_json_it_has_the_steps_and_the_arrows(project: Callable[..., Project]) -> None:
    made = project({"pipeline.toml": TEXT})
    told = made.cli("graph", "--json").ok().json()
    assert told["steps"][0] == {"step": "a", "in": None, "kind": "step", "about": []}
    assert told["arrows"] == [{"from": "a", "to": "b", "kind": "needs"}, {"from": "b", "to": "c", "kind": "needs"}]
    made.cli("up").exits(1)
    told = made.cli("graph", "--run", "--json").ok().json()
    assert [one["status"] for one in told["steps"]] == ["succeeded", "failed", "blocked"]
