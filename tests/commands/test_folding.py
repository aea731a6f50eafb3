"""A group, a map or a loop is one line with counts, opened on demand; its logs are those of all inside."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from runner.testing.project import Project

Make = Callable[..., Project]

TEXT = """
    name = "folds"
    [steps.g]
    for-each = { i = ["a", "b", "c"] }
    tolerate = 1
    [steps.g.steps.load]
    shell = 'echo "load $RUNNER_PARAM_i"'
    [steps.g.steps.deep.steps.fit]
    for-each = { j = [1, 2] }
    shell = 'echo "fit $RUNNER_PARAM_i $RUNNER_PARAM_j"; test "$RUNNER_PARAM_i" != b'
    [steps.g.steps.way]
    choose = "i"
    [steps.g.steps.way.cases.a]
    shell = "echo first"
    [steps.g.steps.way.default]
    shell = "echo other"
    [steps.l]
    repeat = { until = "k == 3", max = 4, as = "k" }
    shell = 'echo "round $RUNNER_PARAM_k"'
    [steps.sum]
    for-each = { i = [1, 2] }
    returns = ["v"]
    reduce = { v = "sum" }
    stub = { returns = { v = 2 } }
    """


@pytest.fixture
def ran(project: Make) -> Project:
    made: Project = project({"pipeline.toml": TEXT})
    made.cli("up", "pipeline.toml", "--name", "one", "-j", "1").ok()
    return made


def rows(made: Project, *words: str) -> list[str]:
    """The lines of the table, without times."""
    lines = made.cli("show", "one", *words).ok().out.splitlines()
    table = lines[lines.index(next(line for line in lines if line.startswith("STEP"))) + 1 :]
    return [
        " ".join(word for word in line.split() if not word.endswith(("ms", "s")) or word.isalpha()) for line in table
    ]


def test_a_whole_is_one_line_that_counts_what_is_inside(ran: Project) -> None:
    assert rows(ran) == [
        "g succeeded 3 items: 2 succeeded, 1 failed",
        "l succeeded 3 rounds",
        "sum succeeded 2 items",
    ]


def test_it_is_opened_by_its_name_one_level_at_a_time(ran: Project) -> None:
    assert rows(ran, "g") == ["g[i=a] succeeded 3 steps", "g[i=b] failed 3 steps: 2 succeeded, 1 failed",
                              "g[i=c] succeeded 3 steps"]  # fmt: skip
    assert rows(ran, "g[1]") == ["g[i=b].load succeeded 1", "g[i=b].deep failed 1 step: 1 failed",
                                 "g[i=b].way succeeded case default"]  # fmt: skip
    assert rows(ran, "g[i=b].deep.fit") == [
        "g[i=b].deep.fit[j=1] failed 1 exited 1",
        "g[i=b].deep.fit[j=2] failed 1 exited 1",
    ]
    assert rows(ran, "g.way") == ["g[i=a].way succeeded case a", "g[i=b].way succeeded case default",
                                  "g[i=c].way succeeded case default"]  # fmt: skip
    assert [row.split()[0] for row in rows(ran, "sum")] == ["sum[i=1]", "sum[i=2]", "sum!reduce"]
    ran.cli("show", "one", "g[i=b].deep.fit[j=1]").ok().says("exited 1", "j = 1")


def test_all_of_it_stands_in_the_order_in_which_it_is_nested(ran: Project) -> None:
    names = [row.split()[0] for row in rows(ran, "--all")]
    item = ["", ".load", ".deep", ".deep.fit", ".deep.fit[j=1]", ".deep.fit[j=2]", ".way", ".way.a", ".way.default"]
    nested = ["g", *(f"g[i={i}]{rest}" for i in "abc" for rest in item)]
    assert names == [*nested, "l", "l#1", "l#2", "l#3", "sum", "sum[i=1]", "sum[i=2]", "sum!reduce"]
    assert [row.split()[0] for row in rows(ran, "g[i=c]", "--all")] == [f"g[i=c]{rest}" for rest in item[1:]]


def test_its_logs_are_those_of_all_inside(ran: Project) -> None:
    def printed(step: str) -> list[str]:
        return [line for line in ran.cli("logs", "one", step).ok().out.splitlines() if not line.startswith("==")]

    assert printed("g[i=b]") == ["load b", "fit b 1", "fit b 2", "other"]
    assert printed("g.deep") == [f"fit {i} {j}" for i in "abc" for j in (1, 2)]
    assert printed("l") == ["round 1", "round 2", "round 3"]
    assert printed("l#2") == ["round 2"] and printed("g[0].load") == ["load a"]


def test_steps_inside_are_selected_and_retried_by_their_addresses(ran: Project) -> None:
    only = ran.cli("up", "pipeline.toml", "--only", "g.deep.fit", "--json").ok().nodes()
    assert sum(bool(node["attempts"]) for node in only.values()) == 6
    again = ran.cli("retry", "one", "g[i=c].load", "--json").ok().nodes()
    anew = {name for name, node in again.items() if node["attempts"] and "adopted" not in node["attempts"][-1]}
    assert anew == {"g[i=c].load", "g[i=b].deep.fit[j=1]", "g[i=b].deep.fit[j=2]", *anew & {"sum!reduce"}}


def test_an_item_can_not_be_selected_and_the_error_says_what_can(ran: Project) -> None:
    said = ran.cli("up", "pipeline.toml", "--only", "g[i=b]").exits(2)
    said.says("g[i=b]", "`runner retry RUN 'g[i=b]'`")
