"""`runner diff`: what differs between two runs, what explains it first."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from runner.run.compare import Side, compare
from runner.testing.golden import golden
from runner.testing.project import Project
from runner.views.differences import text

GOLDEN = Path(__file__).parent / "goldens" / "diff.txt"
TEXT = """
name = "trip"

[params]
rate = 0.5

[steps.fetch]
shell = '''
cat raw.csv > table.csv
echo "rows=$(cat raw.csv | wc -l)" >> "$RUNNER_RETURNS"
'''
inputs = { raw = "raw.csv" }
outputs = { table = "table.csv" }
returns = ["rows"]

[steps.train]
python = "work:train"
inputs = { table = "table.csv" }
returns = ["accuracy"]

[steps.say]
shell = 'echo $RUNNER_PARAM_accuracy'
params = ["accuracy"]
"""
WORK = "def train(rate):\n    return rate / 2\n"


def test_each_kind_of_change_explains_what_it_led_to(project: Callable[..., Project]) -> None:
    """One run after the other, each with one more change; the differences of all in one golden."""
    made = project({"pipeline.toml": TEXT, "raw.csv": "1\n2\n", "work.py": WORK})
    failing = TEXT.replace("echo $RUNNER_PARAM_accuracy", "exit 3") + "[steps.more]\nshell = 'true'\n"
    made.cli("diff").exits(2).says("`@last`: no run yet")
    said = []
    for number, (change, words) in enumerate(
        [
            ({}, ()),
            ({}, ()),
            ({}, ("--param", "rate=0.75")),
            ({"raw.csv": "1\n2\n3\n"}, ("--param", "rate=0.75")),
            ({"work.py": WORK.replace("2", "40")}, ("--param", "rate=0.75")),
            ({"pipeline.toml": failing}, ("--param", "rate=0.75")),
        ],
        1,
    ):
        made.write(change)
        assert made.cli("up", "--name", f"run-{number}", *words).code == (1 if number == 6 else 0)
        if number == 1:
            made.cli("diff").exits(2).says("there is no run of `trip` before run-1")
        else:
            said.append(made.cli("diff").ok().out)
    golden(GOLDEN, "\n".join(said))
    assert made.cli("diff", "run-2", "run-3").ok().out == said[1]
    told = made.cli("diff", "run-2", "run-3", "--json").ok().json()
    assert told["why"] == [{"what": "parameter", "changes": [{"name": "rate", "before": 0.5, "after": 0.75}]}]
    returned = told["steps"]["train"]["returns"]["accuracy"]
    assert (told["same"], returned["before"]["json"], returned["after"]["json"]) == (False, 0.25, 0.375)
    assert made.cli("diff", "run-1", "run-2", "--json").json()["same"] is True


def side(*entries: dict[str, Any], profile: str = "local", image: str = "a", **do: Any) -> Side:
    """A run of steps a, b..., each of these nodes of a plan."""
    names = "abcdef"[: len(entries)]
    task = {"type": "task", "depth": 0, "do": {"kind": "shell", "script": "true", "inputs": [], **do}}
    nodes = {name: {**task, "path": name, "id": name} for name in names}
    told = {f"{name} -": {"label": name, "path": name, **one} for name, one in zip(names, entries, strict=True)}
    plan = {"name": "x", "nodes": nodes, "profile": {"name": profile, "executor": {"type": profile, "image": image}}}
    return Side(plan, {"name": "r", "nodes": told}, "succeeded")


def ended(status: str = "succeeded", seconds: float = 1.0, **attempt: Any) -> dict[str, Any]:
    return {"status": status, "start": 10.0, "end": 10.0 + seconds, "attempts": [attempt]}


def first(before: Side, after: Side) -> list[str]:
    return text(compare(before, after), ("one", "two"), "").split("\n\n")[0].splitlines()


def test_nothing_explains_what_is_chance() -> None:
    lines = first(side(ended(), ended(metrics={"loss": 1.0})), side(ended(), ended("failed", metrics={"loss": 2.0})))
    assert lines == [
        "nothing on record explains it: parameters, plan, code, inputs and profile are the same; "
        "`b` is the first that came to something else"
    ]


def test_what_a_step_may_take_explains_how_it_ended() -> None:
    """It is no part of what a result is, but of whether there is one."""
    small, large = (side(ended(status), resources={"memory": n}) for n, status in enumerate(("failed", "succeeded")))
    assert first(small, large)[1:] == ["  step a: `resources` changed"]


def test_an_input_that_an_earlier_step_made_is_explained_by_that() -> None:
    def of(sha: str, inputs: str, **path: Any) -> Side:
        put = {**ended(code={"digest": sha}), "files": [{"path": "t", "sha256": sha, "size": 1}]}
        return side(put, ended(inputs=inputs), inputs=[{"path": "t", **path}])

    assert first(of("1", "x", writers=["a"]), of("2", "y", writers=["a"]))[1:] == ["  step a: its code changed"]
    again = compare(of("1", "x", writers=["a"]), of("1", "y", writers=["a"]))
    assert [(one.what, one.step) for one in again.why] == [("input", "b")]


def test_another_profile_comes_last() -> None:
    assert first(side(ended(code={"digest": "1"})), side(ended("failed", code={"digest": "2"}), profile="k"))[1:] == [
        "  profile local -> k",
        "  code of a changed, or what it runs in",
    ]


def test_a_setting_of_the_same_profile() -> None:
    assert first(side(ended()), side(ended("failed"), image="b"))[1:] == ['  profile: executor.image: "a" -> "b"']


def test_a_result_that_was_kept_is_the_same_result() -> None:
    assert compare(side(ended()), side(ended("cached"))).same


def test_only_durations_that_are_to_be_noticed() -> None:
    found = compare(
        side(*map(ended, ["succeeded"] * 3, [0.001, 10.0, 10.0])),
        side(*map(ended, ["succeeded"] * 3, [0.9, 12.0, 90.0])),
    )
    assert [(one.label, one.seconds and one.seconds[1:]) for one in found.steps] == [("c", (10.0, 90.0))]
    assert found.same
    kept = compare(side(ended(seconds=9.0)), side(ended("succeeded", 90.0, adopted={"run": "x"})))
    assert kept.steps == []


def test_many_rows_are_cut_on_a_terminal_alone() -> None:
    files = [[{"path": f"f{n}", "sha256": sha, "size": 1} for n in range(100)] for sha in ("1" * 64, "2" * 64)]
    found = compare(*(side({**ended(), "files": some}) for some in files))
    assert "and 60 more; `--json` has all" in text(found, ("one", "two"), "", 100)
    assert text(found, ("one", "two"), "").count("changed  f") == 100
    assert json.dumps(found.files[0].after, sort_keys=True).startswith('{"id": "a"')
