"""Steps inside steps: what goes in, what comes out, and what becomes of it when something inside fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from runner.testing.project import Outcome, Project

Make = Callable[..., Project]


def up(project: Make, text: str, *words: str, **files: str) -> Outcome:
    made = project({"pipeline.toml": text, **{f"{name}.py": code for name, code in files.items()}})
    return made.cli("up", "pipeline.toml", "--json", *words)


def handed(outcome: Outcome, label: str) -> Any:
    """What a step was handed."""
    return outcome.nodes()[label]["params_in"]


def test_n19_the_case_that_was_chosen_gives_the_values_whatever_kind_the_others_are(project: Make) -> None:
    text = """
        [steps.c]
        choose = "'other'"
        returns = ["v"]
        [steps.c.cases.many]
        for-each = { i = [1, 2] }
        returns = ["v"]
        stub = { returns = { v = 1 } }
        [steps.c.default]
        stub = { returns = { v = 7 } }
        [steps.j]
        params = ["v"]
        shell = ":"
        """
    assert handed(up(project, text).ok(), "j") == {"v": 7}


def test_n26_what_a_group_is_given_is_asked_for_whether_it_is_used_or_not(project: Make) -> None:
    text = """
        [steps.bad]
        returns = ["v"]
        shell = "exit 1"
        [steps.g]
        params = { given = "GIVEN" }
        [steps.g.steps.a]
        shell = ":"
        """
    assert up(project, text.replace("GIVEN", "${v}")).exits(1).statuses()["g"] == "blocked"
    up(project, text.replace("GIVEN", "${w}")).exits(3).says("pipeline.toml:5", "`w`")


@pytest.mark.parametrize("order", ["af", "fa"], ids=["default-first", "default-last"])
def test_n2_a_default_gives_order_only_if_nobody_asks_without_one(project: Make, order: str) -> None:
    soft = '[steps.b.steps.a]\nparams = { v = "${v:-0}" }\nshell = ":"\n'
    hard = '[steps.b.steps.f]\nparams = { v = "${v}" }\nshell = ":"\n'
    text = '[steps.s]\nreturns = ["v"]\nshell = "exit 1"\n' + (soft + hard if order == "af" else hard + soft)
    assert up(project, text).exits(1).statuses()["b"] == "blocked"


def test_n6_an_item_that_failed_leaves_none_even_if_a_part_of_it_went_well(project: Make) -> None:
    text = """
        [steps.m]
        for-each = { i = [1, 2] }
        tolerate = 1
        returns = ["v"]
        [steps.m.steps.good]
        command = ["echo", "${i}"]
        returns = ["v"]
        stub = { returns = { v = "${i}" } }
        [steps.m.steps.then]
        needs = ["good"]
        shell = 'test "$RUNNER_PARAM_i" = 2'
        [steps.j]
        params = ["v"]
        shell = ":"
        """.replace('        command = ["echo", "${i}"]\n', "")
    assert handed(up(project, text).ok(), "j") == {"v": [None, 2]}


@pytest.mark.parametrize("around", ["", "for-each = { i = [1, 2] }\n"], ids=["group", "map"])
def test_n29_a_handler_stands_for_a_whole_of_which_a_part_went_well(project: Make, around: str) -> None:
    text = f"""
[steps.g]
{around}returns = ["v"]
on-failure = {{ run = "mend", recover = "continue" }}
[steps.g.steps.good]
stub = {{ returns = {{ v = 1 }} }}
[steps.g.steps.bad]
shell = "exit 1"
[steps.j]
params = ["v"]
shell = ":"
[handlers.mend]
stub = {{ returns = {{ v = 9 }} }}
"""
    assert handed(up(project, text).ok(), "j") == {"v": 9}


def test_n31_a_loop_over_a_group_gives_what_its_last_round_gave(project: Make) -> None:
    text = """
        [steps.l]
        repeat = { until = "v == 3", max = 5, as = "k" }
        returns = ["v"]
        [steps.l.steps.a]
        returns = ["v"]
        shell = 'echo "v=$RUNNER_PARAM_k" > "$RUNNER_RETURNS"'
        [steps.j]
        params = ["v"]
        shell = ":"
        """
    ended = up(project, text).ok()
    assert "l#3" in ended.nodes() and "l#4" not in ended.nodes() and handed(ended, "j") == {"v": 3}


STOP = """
[steps.m]
for-each = { i = { range = 6 } }
max-parallel = AT_ONCE
stop-when = "v > 1"
returns = ["v"]
shell = 'echo "v=$RUNNER_PARAM_i" > "$RUNNER_RETURNS"; sleep 0.$((3 - RUNNER_PARAM_i % 3))'
"""


@pytest.mark.parametrize(("at_once", "ran"), [(1, 3), (3, 3)])
def test_n8_stop_when_is_asked_of_each_item_that_ended(project: Make, at_once: int, ran: int) -> None:
    """With three at once the third ends first; the two that run are waited for, and the fold says the same."""
    made = project({"pipeline.toml": STOP.replace("AT_ONCE", str(at_once))})
    ended = made.cli("up", "pipeline.toml", "--json", "-j", "6").ok()
    statuses = ended.statuses()
    assert [statuses[f"m[i={i}]"] for i in range(6)] == ["succeeded"] * ran + ["skipped"] * (6 - ran)
    assert made.cli("show", "@last", "--json").ok().statuses() == statuses


def test_n28_items_are_called_the_same_while_they_run_at_the_end_and_later(project: Make) -> None:
    text = """
        [steps.make]
        outputs = { l = "made.json" }
        shell = 'echo "[3, 4]" > made.json'
        [steps.file]
        for-each = { s = { file = "made.json" } }
        shell = ":"
        [steps.some]
        for-each = { a = [1, 2], b = ["x", "y"] }
        when = "a == 1 or b == 'y'"
        shell = ":"
        """
    made = project({"pipeline.toml": text})
    ended = made.cli("up", "pipeline.toml", "--json").ok()
    names = {"file[s=3]", "file[s=4]", "some[a=1,b=x]", "some[a=1,b=y]", "some[a=2,b=y]"}
    assert {name for name in ended.statuses() if "[" in name} == names
    assert {word for word in ended.err.split() if "[" in word} == names
    assert made.cli("show", "@last", "--json").ok().statuses() == ended.statuses()


def test_n3_batch_packs_items_and_changes_nothing_of_an_item(project: Make) -> None:
    text = """
        [steps.m]
        for-each = { i = { range = 5 } }
        batch = 2
        tolerate = 1
        retry = { attempts = 2 }
        shell = 'test "$RUNNER_PARAM_i" != 3'
        """
    nodes = up(project, text).ok().nodes()
    assert [len(nodes[f"m[i={i}]"]["attempts"]) for i in range(5)] == [1, 1, 1, 2, 1]


def test_n3_max_parallel_and_tolerate_hold_at_their_own_level(project: Make) -> None:
    text = """
        [steps.g]
        for-each = { i = [1, 2, 3] }
        max-parallel = 1
        tolerate = 1
        [steps.g.steps.m]
        for-each = { j = [1, 2, 3] }
        max-parallel = 2
        tolerate = 1
        shell = '''
        mkdir "running-$RUNNER_PARAM_i-$RUNNER_PARAM_j"
        ls -d running-* > "seen-$RUNNER_PARAM_i-$RUNNER_PARAM_j" || true
        sleep 0.05; rmdir "running-$RUNNER_PARAM_i-$RUNNER_PARAM_j"
        test "$RUNNER_PARAM_i" != 3 -a "$RUNNER_PARAM_j" != "$RUNNER_PARAM_i" -o "$RUNNER_PARAM_i$RUNNER_PARAM_j" = 31
        '''
        """
    made = project({"pipeline.toml": text})
    statuses = made.cli("up", "pipeline.toml", "--json", "-j", "8").ok().statuses()
    assert [statuses[f"g[i={i}].m"] for i in (1, 2, 3)] == ["succeeded", "succeeded", "failed"]
    assert (statuses["g"], statuses["g[i=3]"]) == ("succeeded", "failed")
    sights = [made.read(name).split() for name in made.files() if name.startswith("seen")]
    assert max(map(len, sights)) == 2
    assert all(len({name.split("-")[1] for name in sight}) <= 1 for sight in sights)


def test_n8_a_file_may_bear_the_name_of_the_parameter_that_says_its_path(project: Make) -> None:
    text = """
        [params]
        src = "in.txt"
        [steps.a]
        inputs = { src = "${src}" }
        outputs = { dst = "${src}.copy", again = "${dst}.again" }
        shell = 'cp "$RUNNER_PARAM_src" "$RUNNER_PARAM_dst"; cp "$RUNNER_PARAM_src" "$RUNNER_PARAM_again"'
        """
    made = project({"pipeline.toml": text, "in.txt": "x"})
    made.cli("up", "pipeline.toml").ok()
    assert made.read("in.txt.copy.again") == "x"


LATE = """
[steps.g]
timeout = "400ms"
on-failure = "tell"
[steps.g.steps.quick]
shell = ":"
[steps.g.steps.slow]
needs = ["quick"]
retry = { attempts = 3 }
shell = "sleep 5"
[steps.g.steps.beside]
after = ["slow"]
shell = "echo never"
[steps.g.steps.then]
needs = ["slow"]
shell = ":"
[steps.j]
after = ["g"]
shell = ":"
[handlers.tell]
shell = 'echo "$RUNNER_FAILED_STEP"'
"""


def test_n3_the_timeout_of_a_group_is_one_for_all_inside(project: Make) -> None:
    made = project({"pipeline.toml": LATE})
    ended = made.cli("up", "pipeline.toml", "--json").exits(1)
    assert ended.statuses() == {
        "g": "failed", "g.quick": "succeeded", "g.slow": "failed", "g.beside": "failed", "g.then": "blocked",
        "g!on-failure": "succeeded", "j": "succeeded",
    }  # fmt: skip
    nodes = ended.nodes()
    assert (nodes["g.slow"]["reason"], nodes["g.beside"]["reason"]) == ("timeout", "timeout")
    assert len(nodes["g.slow"]["attempts"]) == 1, "there is no time for another"
    ended.says("`g` had a timeout of 0.4 s for all that is inside")
    assert made.cli("logs", "@last", "g.beside").ok().out == ""
    assert made.cli("show", "@last", "--json").ok().statuses() == ended.statuses()


def test_n3_the_timeout_of_a_map_of_groups_is_that_of_each_item(project: Make) -> None:
    text = """
        [steps.m]
        for-each = { i = [1, 2, 3] }
        max-parallel = 1
        timeout = "900ms"
        [steps.m.steps.a]
        shell = "sleep 0.4"
        [steps.m.steps.b]
        needs = ["a"]
        shell = 'test "$RUNNER_PARAM_i" != 2 || sleep 5'
        """
    statuses = up(project, text).exits(1).statuses()
    assert [statuses[f"m[i={i}]"] for i in (1, 2, 3)] == ["succeeded", "failed", "succeeded"]


def test_n29_a_handler_of_a_whole_is_told_of_what_failed_inside(project: Make) -> None:
    text = """
        [steps.g]
        for-each = { i = [1, 2] }
        max-parallel = 1
        on-failure = "tell"
        [steps.g.steps.again]
        retry = { attempts = 2 }
        shell = 'echo again; test -e "tried-$RUNNER_PARAM_i" || { touch "tried-$RUNNER_PARAM_i"; exit 9; }'
        [steps.g.steps.bad]
        shell = 'echo "oops $RUNNER_PARAM_i"; exit 4'
        [steps.g.steps.saved]
        after = ["bad"]
        on-failure = { run = "mend", recover = "continue" }
        shell = "echo saved; exit 5"
        [handlers.mend]
        shell = ":"
        [handlers.tell.steps.first]
        shell = 'echo "$RUNNER_FAILED_STEP $RUNNER_FAILED_EXIT_CODE $(cat "$RUNNER_FAILED_LOG")"'
        """
    made = project({"pipeline.toml": text})
    made.cli("up", "pipeline.toml", "--json").exits(1)
    assert made.cli("logs", "@last", "g!on-failure.first").ok().out == "g 4 oops 2\n"


def test_n29_a_file_of_a_handler_stands_for_that_of_its_step(project: Make) -> None:
    text = """
        [steps.a]
        outputs = { o = "a.txt" }
        on-failure = { run = "mend", recover = "continue" }
        shell = 'test -e fine && touch a.txt'
        [steps.b]
        inputs = { o = "${steps.a.o}" }
        shell = 'echo "$RUNNER_PARAM_o"'
        [handlers.mend]
        outputs = { o = "b.txt" }
        shell = "touch b.txt"
        """
    made = project({"pipeline.toml": text})
    made.cli("up", "pipeline.toml").ok()
    assert made.cli("logs", "@last", "b").ok().out == "b.txt\n"
    made.write({"fine": ""})
    made.cli("up", "pipeline.toml").ok()
    assert made.cli("logs", "@last", "b").ok().out == "a.txt\n"
