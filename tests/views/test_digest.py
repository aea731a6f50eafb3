"""The end of a run: what failed and why, what did not run and why, what to type next."""

import pytest

from runner.views.digest import digest
from runner.views.reasons import Reasons
from runner.views.words import advice, detail, why


def entry(path, status, label=None, **more):
    classes = {"succeeded": "ok", "cached": "ok", "skipped": "skip"}
    told = {"path": path, "label": label or path, "status": status, "class": classes.get(status, "bad")}
    return {**told, "reason": None, "handled": None, "attempts": [], "returns": {}, "files": [], **more}


def attempt(n=1, status="failed", **more):
    return {"n": n, "status": status, "exit": 1, "signal": None, "reason": "exit", "error": None, **more}


def run(nodes, status="failed", **more):
    return {
        "run": "01R",
        "name": "brisk-otter-3",
        "status": status,
        "start": 100.0,
        "end": 352.0,
        "nodes": nodes,
        **more,
    }


def tail(id, key, n):
    return [f"{id} {key} line {i}" for i in range(12)]


@pytest.fixture
def failed_run():
    dream = attempt(2, exit=141, warnings=["a metric is nan"])
    return run(
        {
            "fetch -": entry("fetch", "cached", attempts=[attempt(status="cached")]),
            "lint -": entry("lint", "succeeded", attempts=[attempt(status="succeeded", warnings=["a metric is nan"])]),
            "prepare -": entry("prepare", "succeeded"),
            "train -": entry("train", "failed", reason="too-many-failed"),
            "train 0": entry("train", "succeeded", "train[island=Biscoe]"),
            "train 1": entry(
                "train", "failed", "train[island=Dream]", attempts=[attempt(1), dream], start=100.0, end=106.1
            ),
            "report -": entry("report", "blocked"),
            "publish -": entry("publish", "blocked"),
            "train!on-failure -": entry("train!on-failure", "succeeded"),
            "notify!finally -": entry("notify!finally", "succeeded"),
        }
    )


def test_of_a_failed_run(failed_run, plan, golden):
    golden(
        "digest-failed.txt", digest(failed_run, plan, tail, again=["up", "pipeline.toml", "--resume", "brisk-otter-3"])
    )


def test_of_a_good_run_it_names_reports_and_what_was_skipped(plan, golden):
    good = run(
        {
            "fetch -": entry("fetch", "succeeded", files=[{"path": "data.csv", "kind": "file"}]),
            "train -": entry("train", "succeeded"),
            "train 0": entry("train", "succeeded", files=[{"path": "figs/a.svg", "kind": "figure"}]),
            "report -": entry("report", "skipped", reason="when"),
            "publish -": entry("publish", "skipped"),
            "lint -": entry("lint", "succeeded", files=[{"path": "lint.html", "kind": "report"}]),
        },
        "succeeded",
    )
    golden("digest-succeeded.txt", digest(good, plan, tail, again=["up", "pipeline.toml", "--resume", "brisk-otter-3"]))


def test_a_group_that_did_not_run_is_told_itself():
    def group(path, **more):
        return {"path": path, "type": "graph", "depth": 0, "parent": None, **more}

    task = {"type": "task", "depth": 1}
    nodes = {
        "a": group("a"),
        "b": group("b"),
        "m": group("m", type="map", body={"type": "graph"}),
        "m.x": {**task, "path": "m.x", "parent": "m"},
    }
    told = {
        "a -": entry("a", "blocked"),
        "b -": entry("b", "skipped", reason="when"),
        "m -": entry("m", "failed"),
        "m 0": entry("m[0]", "failed"),
        "m.x 0": entry("m[0].x", "failed"),
        "m 1": entry("m[1]", "blocked"),
    }
    text = digest(run(told, "failed"), {"nodes": nodes}, tail)
    assert "1 failed, 2 blocked, 1 skipped" in text.splitlines()[0]
    assert {"blocked: a, m[1]", "skipped: b"} <= {line.split("  ")[0] for line in text.splitlines()}


def test_cases_that_were_not_chosen_are_no_news(plan):
    nodes = {"fetch -": entry("fetch", "succeeded"), "train -": entry("train", "skipped", reason="not-chosen")}
    assert len(digest(run(nodes, "succeeded"), plan, tail).splitlines()) == 1


def test_a_report_that_a_failed_step_left_is_named_beneath_it(plan):
    nodes = {
        "fetch -": entry("fetch", "succeeded", files=[{"path": "fetched.html", "kind": "report"}]),
        "train -": entry("train", "failed", files=[{"path": "why.html", "kind": "report"}], attempts=[attempt()]),
    }
    text = digest(run(nodes), plan, lambda *_: ["no"])
    assert text.splitlines()[2:5] == ["failed: train exited 1", "  │ no", "  report  why.html"]
    assert "fetched.html" not in text
    assert digest(run(nodes, "succeeded"), plan, lambda *_: ["no"]).count("why.html") == 1


def test_what_a_pod_waited_for_is_not_told_twice(plan):
    end = attempt(status="errored", reason="no-image", exit=None, error={"message": "Pull: no such host"})
    text = digest(
        run({"train -": entry("train", "errored", attempts=[end])}), plan, lambda *_: ["waiting: Pull: no such host"]
    )
    assert text.count("no such host") == 1


def test_of_a_thousand_failures_it_stays_short(plan):
    nodes = {f"train {i}": entry("train", "failed", f"train[{i}]", attempts=[attempt()]) for i in range(1000)}
    text = digest(run(nodes), plan, tail, again=["up", "pipeline.toml", "--resume", "brisk-otter-3"])
    assert "995 more failed: runner show brisk-otter-3" in text
    assert len(text.splitlines()) < 80


def test_only_the_last_ten_lines_of_a_log_are_shown(failed_run, plan):
    text = digest(failed_run, plan, tail)
    assert "line 1\n" not in text
    assert "train 1 line 2\n" in text


def test_what_the_user_types_is_quoted_for_the_shell(failed_run, plan):
    text = digest(failed_run, plan, tail, again=["up", "my pipeline.toml", "--resume", "brisk-otter-3"])
    assert "runner logs brisk-otter-3 'train[island=Dream]'" in text
    assert "runner up 'my pipeline.toml' --resume brisk-otter-3" in text


def test_a_run_that_was_cancelled_says_how_to_go_on(plan):
    told = run({"train -": entry("train", "cancelled")}, status="cancelled")
    text = digest(told, plan, tail, again=["up", "p.toml", "--resume", "brisk-otter-3"])
    assert text.endswith("\nnext: runner up p.toml --resume brisk-otter-3\n")


def test_what_printed_nothing_is_shown_not_logged(plan):
    silent = entry("train", "errored", attempts=[{**attempt(), "log": {"bytes": 0}}])
    assert "next: runner show brisk-otter-3 train" in digest(run({"train -": silent}), plan, tail)
    assert "next: runner show brisk-otter-3 train" in digest(run({"train -": entry("train", "errored")}), plan, tail)


def test_nothing_is_told_twice():
    lost = attempt(exit=127, error={"type": "exit", "message": "`mak`: no such command on PATH of this step"})
    assert detail(lost) and advice(lost) is None
    assert detail({"status": "cancelled", "reason": "cancelled", "error": {"message": "it was cancelled"}}) == ""
    mocked = {"type": "exit", "message": "exit code 75, as `[executor.steps]` says"}
    assert detail(attempt(exit=75, error=mocked)) == "as `[executor.steps]` says"


def test_141_is_explained_as_the_reader_that_ended_first():
    assert "the reader of a pipe ended first" in advice(attempt(exit=141))
    assert "the reader of a pipe ended first" in advice(attempt(exit=None, signal=13, reason="signal"))
    assert advice(attempt(exit=1)) is None


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (attempt(exit=3), "exited 3"),
        (attempt(exit=None, signal=9, reason="signal"), "was killed by SIGKILL"),
        (attempt(exit=124, reason="timeout"), "timed out"),
        (attempt(exit=0, reason="missing-output"), "did not make what it promised"),
        (attempt(status="errored", exit=None, reason="lost"), "was lost: its process went away without a word"),
        (attempt(status="cancelled", exit=None, reason=None), "was cancelled"),
        (attempt(status="succeeded", exit=0, reason=None), ""),
        (attempt(reason="something-new"), "something-new"),
    ],
)
def test_an_end_in_words(end, words):
    assert why(end) == words


def test_the_text_of_an_error_cannot_move_the_cursor():
    assert detail({"error": {"type": "E", "message": "a\x1b[2J\nb\x07"}}) == "a b"


def test_blocked_names_the_step_that_failed_not_the_one_between(failed_run, plan):
    reasons = Reasons(failed_run, plan["nodes"])
    assert reasons.why("publish -") == "needs train"


def test_skipped_shows_the_condition_that_was_false(plan):
    told = run({"train -": entry("train", "succeeded"), "report -": entry("report", "skipped")})
    assert Reasons(told, plan["nodes"]).why("report -") == "`when` was false: steps.train.accuracy > 0.9"


def test_a_blocked_step_inside_a_group_looks_at_what_the_group_needs(plan):
    plan["nodes"]["group"] = {
        "id": "group",
        "path": "group",
        "type": "graph",
        "parent": None,
        "depth": 0,
        "needs": ["fetch"],
    }
    inner = {"id": "group.a", "path": "group.a", "type": "task", "parent": "group", "depth": 0, "needs": []}
    plan["nodes"]["group.a"] = inner
    told = run({"fetch -": entry("fetch", "failed"), "group.a -": entry("group.a", "blocked")})
    assert Reasons(told, plan["nodes"]).why("group.a -") == "needs fetch"


def test_a_chain_of_ten_thousand_blocked_steps_and_a_join_of_them_all(plan):
    chain = {
        f"s{i}": {"path": f"s{i}", "type": "task", "depth": 0, "parent": None, "needs": [f"s{i - 1}"] if i else []}
        for i in range(10_000)
    }
    chain["join"] = {"path": "join", "type": "task", "depth": 0, "parent": None, "needs": list(chain)}
    told = run({f"{id} -": entry(id, "blocked" if id != "s0" else "failed") for id in chain})
    reasons = Reasons(told, chain)
    assert reasons.why("join -") == "needs s0"
    assert "blocked: s1, s2, s3" in digest(told, {"nodes": chain}, lambda *_: [])


def test_items_whose_map_a_handler_recovered_ask_for_nothing(plan):
    nodes = {
        "train -": entry("train", "failed", reason="too-many-failed", handled="continue"),
        "train 0": entry("train", "failed", "train[island=Biscoe]", attempts=[attempt()]),
        "train!on-failure -": entry("train!on-failure", "succeeded"),
    }
    said = digest(run(nodes, "succeeded"), plan, lambda *_: [], again=["up", "pipeline.toml"])
    assert "train[island=Biscoe] exited 1, recovered by its handler" in said and "next:" not in said


def test_a_log_that_only_repeats_the_error_is_left_out(plan):
    end = attempt(reason="bad-return", error={"type": "bad-return", "message": "it gave nothing"})
    nodes = {"fetch -": entry("fetch", "failed", attempts=[end])}
    assert digest(run(nodes), plan, lambda *_: ["it gave nothing"]).count("it gave nothing") == 1
    assert digest(run(nodes), plan, lambda *_: ["begun", "it gave nothing"]).count("it gave nothing") == 2
