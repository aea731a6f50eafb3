"""N1 to N11 in real runs: order, references, conditions. What is told apart further stands beside the code it tests."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from runner.testing.project import Outcome, Project

Make = Callable[..., Project]


def up(made: Project, *words: str, **env: str) -> Outcome:
    return made.cli("up", "pipeline.toml", "--json", *words, env=env)


def run(project: Make, text: str, code: int = 0, *words: str, **files: str) -> Outcome:
    made = project({"pipeline.toml": text, **{name.replace("__", "."): content for name, content in files.items()}})
    return up(made, *words).exits(code)


def check(project: Make, text: str, *says: str, **files: str) -> None:
    made = project({"pipeline.toml": text, **{name.replace("__", "."): content for name, content in files.items()}})
    made.cli("check", "pipeline.toml").exits(3).says(*says)


def given(outcome: Outcome, label: str, name: str) -> Any:
    return outcome.nodes()[label]["returns"][name]["json"]


# order


def test_n1_the_reason_of_what_did_not_run_is_recorded(project: Make) -> None:
    text = """
        [steps.bad]
        shell = "exit 1"
        [steps.off]
        when = "1 == 2"
        shell = "true"
        [steps.behind-bad]
        needs = ["bad"]
        shell = "true"
        [steps.behind-that]
        needs = ["behind-bad", "off"]
        shell = "true"
        [steps.behind-off]
        needs = ["off"]
        shell = "true"
        [steps.after-all]
        after = ["bad", "off", "behind-that"]
        shell = "true"
        """
    nodes = run(project, text, 1).nodes()
    assert {name: (node["status"], node["reason"]) for name, node in nodes.items()} == {
        "bad": ("failed", "exit"),
        "off": ("skipped", "when"),
        "behind-bad": ("blocked", "needs"),
        "behind-that": ("blocked", "needs"),
        "behind-off": ("skipped", "needs"),
        "after-all": ("succeeded", None),
    }


def test_n1_a_recovered_need_counts_as_a_success(project: Make) -> None:
    text = """
        [steps.a]
        shell = "exit 1"
        on-failure = { run = "mend", recover = "continue" }
        [steps.b]
        needs = ["a"]
        shell = "true"
        [handlers.mend]
        shell = "true"
        """
    assert run(project, text).statuses() == {"a": "failed", "a!on-failure": "succeeded", "b": "succeeded"}


def test_n2_needs_adds_to_what_is_inferred(project: Make) -> None:
    text = """
        [steps.c]
        needs = ["a"]
        inputs = ["b.txt"]
        shell = 'test -e a.txt && test -e b.txt'
        [steps.b]
        outputs = ["b.txt"]
        shell = "sleep 0.1; touch b.txt"
        [steps.a]
        shell = "sleep 0.1; touch a.txt"
        """
    run(project, text, 0, "-j", "3")


def test_n2_an_inferred_edge_to_a_step_in_after_is_order_only(project: Make) -> None:
    text = """
        [steps.a]
        shell = "echo 1 > made.txt; exit 1"
        outputs = [{ path = "made.txt", always = true }]
        returns = ["n"]
        [steps.b]
        after = ["a"]
        inputs = [{ path = "made.txt", optional = true }]
        shell = "cat made.txt"
        [steps.c]
        env = { N = "${steps.a.n:-7}" }
        shell = 'test "$N" = 7'
        """
    assert run(project, text, 1).statuses() == {"a": "failed", "b": "succeeded", "c": "succeeded"}


def test_n3_a_timeout_limits_one_attempt_of_one_item_and_not_the_waits_between(project: Make) -> None:
    text = """
        [steps.m]
        for-each = { i = [1, 2, 3] }
        timeout = "2s"
        retry = { attempts = 2, delay = "1500ms" }
        shell = 'sleep 0.8; test "$RUNNER_ATTEMPT" = 2'
        """
    nodes = run(project, text, 0, "-j", "1").nodes()
    first, second = nodes["m[i=1]"]["attempts"]
    assert second["start"] - first["end"] >= 1.5 and second["status"] == "succeeded"


def test_n3_a_batch_changes_no_record(project: Make) -> None:
    text = 'name = "x"\n[steps.m]\nfor-each = { i = { range = 5 } }\nBATCHretry = { attempts = 2 }\nshell = "true"\n'
    alone = run(project, text.replace("BATCH", "")).statuses()
    assert run(project, text.replace("BATCH", "batch = 2\n")).statuses() == alone


def test_n4_an_item_that_when_refuses_does_not_exist_and_any_other_when_is_asked_once(project: Make) -> None:
    text = """
        [params]
        big = 2
        [steps.m]
        for-each = { i = [1, 2, 3] }
        when = "i >= big"
        python = "w:same"
        returns = ["r"]
        [steps.once]
        for-each = { i = [1, 2, 3] }
        when = "big > 2"
        shell = "true"
        [steps.j]
        params = { r = "${steps.m.r}", i = "${steps.m.i}" }
        python = "w:both"
        returns = ["all"]
        """
    ended = run(project, text, w__py="def same(i): return i * 10\ndef both(r, i): return [r, i]\n")
    assert given(ended, "j", "all") == [[20, 30], [2, 3]]
    assert list(ended.statuses()) == ["m", "m[i=2]", "m[i=3]", "once", "j"]
    assert ended.statuses()["once"] == "skipped"


@pytest.mark.parametrize(
    ("source", "items"),
    [
        ("{ range = 5 }", [0, 1, 2, 3, 4]),
        ("{ range = [2, 5] }", [2, 3, 4]),
        ("{ range = [5, 0, -2] }", [5, 3, 1]),
        ("{ range = 0 }", []),
        ('{ glob = "d/*.txt" }', ["a", "b.c"]),
        ('{ glob = "*/*.txt" }', ["d/a.txt", "d/b.c.txt", "e/a.txt"]),
        ('{ file = "list" }', ["one", "two words"]),
        ('"${l}"', [1.5, "x"]),
    ],
)
def test_n5_sources_of_items(project: Make, source: str, items: list[Any]) -> None:
    text = f"""
[params]
l = [1.5, "x"]
[steps.m]
for-each = {{ i = {source} }}
python = "w:same"
returns = ["r"]
[steps.j]
python = "w:all"
params = {{ r = "${{steps.m.r}}" }}
returns = ["all"]
"""
    files = {"d/a.txt": "", "d/b.c.txt": "", "e/a.txt": "", "list": "one\ntwo words\n"}
    made = project({"pipeline.toml": text, "w.py": "def same(i): return i\ndef all(r): return r\n", **files})
    assert given(up(made).ok(), "j", "all") == items


def test_n5_combinations_with_the_last_name_fastest_and_optional_globs(project: Make) -> None:
    text = """
        [steps.m]
        for-each = { a = [1, 2], b = ["x", "y"] }
        shell = "true"
        [steps.none]
        for-each = { f = { glob = "no/*.txt", optional = true } }
        shell = "true"
        """
    ended = run(project, text)
    assert [name for name in ended.statuses() if name.startswith("m[")] == [
        "m[a=1,b=x]", "m[a=1,b=y]", "m[a=2,b=x]", "m[a=2,b=y]",
    ]  # fmt: skip
    assert ended.statuses()["none"] == "succeeded"


def test_n6_lists_stand_in_item_order_with_none_for_what_failed_within_tolerate(project: Make) -> None:
    text = """
        [steps.m]
        for-each = { i = [3, 2, 1] }
        tolerate = 1
        python = "w:slow"
        returns = ["r"]
        [steps.j]
        params = { r = "${steps.m.r}", items = "${steps.m.i}" }
        python = "w:all"
        returns = ["all"]
        """
    code = "import time\ndef slow(i): time.sleep(i / 20); return 1 // (i - 2)\ndef all(r, items): return [r, items]\n"
    assert given(run(project, text, 0, "-j", "3", w__py=code), "j", "all") == [[1, None, -1], [3, 2, 1]]


def test_n6_a_for_each_name_is_not_visible_outside(project: Make) -> None:
    text = '[steps.m]\nfor-each = { i = [1] }\nshell = "true"\n[steps.b]\nneeds = ["m"]\ncommand = ["echo", "${i}"]\n'
    check(project, text, "`i`", "steps.m.i")


# references


def test_n7_the_status_of_a_step_and_of_the_run(project: Make) -> None:
    text = """
        [steps.a]
        shell = "exit 1"
        [steps.b]
        after = ["a"]
        when = "steps.a.status == 'failed'"
        env = { S = "${steps.a.status}", R = "${run.name}", H = "${env.HOME}" }
        shell = 'test "$S" = failed && test "$R" = "$RUNNER_RUN_NAME" && test "$H" = "$HOME"'
        """
    assert run(project, text, 1).statuses()["b"] == "succeeded"


def test_n7_a_step_is_looked_up_in_its_own_graph_first(project: Make) -> None:
    text = """
        [steps.a]
        stub = { returns = { v = "outer" } }
        [steps.g.steps.a]
        stub = { returns = { v = "inner" } }
        [steps.g.steps.b]
        env = { V = "${steps.a.v}" }
        shell = 'test "$V" = inner'
        [steps.c]
        env = { V = "${steps.a.v}" }
        shell = 'test "$V" = outer'
        """
    run(project, text)


def test_n8_until_and_stop_when_see_the_steps_own_return_first(project: Make) -> None:
    text = """
        [params]
        n = 100
        [steps.loop]
        repeat = { until = "n == 2", max = 5, as = "k" }
        returns = ["n"]
        shell = 'echo "n=$RUNNER_PARAM_k" > "$RUNNER_RETURNS"'
        [steps.map]
        for-each = { i = [1, 2, 3, 4] }
        max-parallel = 1
        stop-when = "found == 2"
        returns = ["found"]
        shell = 'echo "found=$RUNNER_PARAM_i" > "$RUNNER_RETURNS"'
        """
    statuses = run(project, text, 0, "-j", "1").statuses()
    assert [name for name in statuses if "loop" in name] == ["loop", "loop#1", "loop#2"]
    assert [statuses[f"map[i={i}]"] for i in (1, 2, 3, 4)] == ["succeeded", "succeeded", "skipped", "skipped"]


def test_n8_own_params_then_needs_then_the_only_giver_then_the_pipelines(project: Make) -> None:
    text = """
        [params]
        v = "pipeline"
        [steps.giver]
        stub = { returns = { v = "need", only = "giver" } }
        [steps.own]
        needs = ["giver"]
        params = { v = "own" }
        shell = 'test "$RUNNER_PARAM_v" = own'
        [steps.need]
        needs = ["giver"]
        params = ["v"]
        shell = 'test "$RUNNER_PARAM_v" = need'
        [steps.plain]
        params = ["v"]
        shell = 'test "$RUNNER_PARAM_v" = pipeline'
        [steps.edge]
        params = ["only"]
        shell = 'test "$RUNNER_PARAM_only" = giver'
        """
    run(project, text)


def test_n8_what_a_skipped_step_owes_is_none(project: Make) -> None:
    text = """
        [params]
        go = false
        [steps.a]
        when = "go"
        shell = "true"
        returns = ["v"]
        [steps.b]
        after = ["a"]
        python = "w:f"
        [steps.c]
        after = ["a"]
        python = "w:g"
        """
    ended = run(project, text, 1, w__py="def f(v=3): assert v == 3\ndef g(v): pass\n")
    assert ended.statuses() == {"a": "skipped", "b": "succeeded", "c": "failed"}
    assert ended.nodes()["c"]["reason"] == "bad-param"


def test_n9_what_text_makes_of_values(project: Make) -> None:
    text = """
        [params]
        d = 2026-02-03
        t = 2026-02-03T04:05:06Z
        l = [1, "x"]
        big = 1e22
        small = 0.00001
        [steps.a]
        command = [
            "printf", '%s\\n', "<${d}>", "<${t}>", "<${l}>", "<${big}>", "<${small}>", "$${d}", "$d", "${env.NO:-x}",
        ]
        """
    made = project({"pipeline.toml": text})
    up(made).ok()
    assert made.cli("logs", "@last", "a").out.splitlines() == [
        "<2026-02-03>", "<2026-02-03T04:05:06+00:00>", '<[1,"x"]>', "<10000000000000000000000.0>", "<0.00001>",
        "${d}", "$d", "x",
    ]  # fmt: skip


def test_n10_what_is_known_too_late_can_not_stand_where_the_plan_needs_it(project: Make) -> None:
    giver = '[steps.a]\nstub = { returns = { n = 2, t = "1s" } }\n[steps.b]\nshell = "true"\n'
    for line in (
        'timeout = "${t}"',
        "retry = { attempts = '${n}' }",
        'resources = { cpu = "${n}" }',
        'secrets = ["${t}"]',
    ):
        check(project, f"{giver}{line}\n", ":5:")
    check(project, f"{giver}for-each = {{ i = [1] }}\nmax-parallel = '${{n}}'\n", ":6:")


def test_n10_facts_of_the_run_are_known_at_its_start(project: Make) -> None:
    text = """
        [params]
        day = "${run.date}"
        tag = "${run.name}-${env.WHO:-nobody}"
        [steps.a]
        env = { ID = "${run.id}", AT = "${run.scheduled:-never}" }
        shell = 'echo "$RUNNER_PARAM_day $RUNNER_PARAM_tag $AT"; test "$ID" = "$RUNNER_RUN_ID"'
        """
    made = project({"pipeline.toml": text})
    found = up(made, WHO="me").ok().json()
    assert found["params"]["tag"] == f"{found['name']}-me"
    assert made.cli("logs", "@last", "a").out.split()[2] == "never" and found["params"]["day"].count("-") == 2


def test_n11_everything_of_a_condition_in_one_run(project: Make) -> None:
    true = [
        "1 == 1.0", "a < b and not b < a", "'x' in l", '"y" not in l', "len(l) == 2", "none == nothing",
        "(1 > 2) or true", "l == ['x', 2]", "t.k[1] == 5", "'a' < 'b'", "steps.off.v == none",
    ]  # fmt: skip
    steps = "".join(
        f"[steps.s{n}]\nafter = ['off']\nwhen = {json.dumps(one)}\nstub = true\n" for n, one in enumerate(true)
    )
    text = (
        "[params]\na = 1\nb = 1.5\nl = ['x', 2]\nt = { k = [4, 5] }\n"
        "[steps.off]\nwhen = 'false'\nshell = ':'\nreturns = ['v', 'nothing']\n" + steps
    )
    statuses = run(project, text).statuses()
    assert {true[int(name[1:])]: status for name, status in statuses.items() if name != "off"} == dict.fromkeys(
        true, "succeeded"
    )
