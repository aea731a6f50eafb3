"""A Run from records: statuses that nobody wrote, attempts that have no end, values that decide again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from runner.rules.keys import attempt_key, done_key, items_key, run_key, start_key
from runner.run.fold import fold, gone, projection
from runner.run.records import read
from runner.store.memory import Memory
from runner.testing.simulate import plan_of

CHAIN = plan_of({"a": {}, "b": {"needs": ["a"]}, "c": {"after": ["b"]}})


def yes(what: str, address: Any) -> Any:
    return {"expand": 3, "stop": False}.get(what, True)


def records(*found: tuple[str, Any]) -> dict[str, Any]:
    return {run_key("r", "run"): {"run": "r", "name": "brisk-otter-1"}, **dict(found)}


def done(id: str, key: tuple[int, ...] = (), **more: Any) -> tuple[str, Any]:
    return done_key("r", id, key), {"status": "succeeded", "n": 1, "attempt": "1", "start": 1.0, "end": 2.0, **more}


def ended(id: str, status: str, n: int = 1, key: tuple[int, ...] = (), **more: Any) -> tuple[str, Any]:
    record = {"status": status, "n": n, "attempt": str(n), "start": float(n), "end": n + 0.5, **more}
    return attempt_key("r", id, key, str(n)), record


def started(id: str, n: int = 1, key: tuple[int, ...] = ()) -> tuple[str, Any]:
    return start_key("r", id, key, str(n)), {"n": n, "at": float(n)}


def cancelled(hard: bool = False) -> tuple[str, Any]:
    return run_key("r", "cancel"), {"why": "cancelled", "hard": hard}


def over() -> tuple[str, Any]:
    return run_key("r", "end"), {"at": 9.0}


def words(told: dict[str, Any]) -> dict[str, str]:
    return {name.split(" ")[0]: node["status"] for name, node in told["nodes"].items()}


def test_r9_skipped_and_blocked_are_derived() -> None:
    told = fold(CHAIN, records(ended("a", "failed", reason="exit", exit=3), done("c"), over()), yes)
    assert words(told) == {"a": "failed", "b": "blocked", "c": "succeeded"}
    assert told["status"] == "failed"
    assert told["nodes"]["b -"]["class"] == "bad"
    assert told["nodes"]["a -"]["attempts"][0]["exit"] == 3
    assert (told["start"], told["end"]) == (None, 9.0)


def test_r1_a_success_is_a_commit_whatever_other_attempts_say() -> None:
    superseded = ended("a", "succeeded", 2, superseded_by="1")
    told = fold(CHAIN, records(done("a"), superseded, ended("b", "failed", 1), ended("b", "succeeded", 2)), yes)
    assert words(told)["a"] == "succeeded"
    assert words(told)["b"] == "failed"


def test_the_last_attempt_by_number_counts() -> None:
    told = fold(CHAIN, records(ended("a", "errored", 2), ended("a", "failed", 1), over()), yes)
    assert told["nodes"]["a -"]["status"] == "errored"
    assert [attempt["n"] for attempt in told["nodes"]["a -"]["attempts"]] == [1, 2]


def test_a_run_that_goes_on_has_running_and_waiting_steps() -> None:
    told = fold(CHAIN, records(done("a"), started("b")), yes)
    assert words(told) == {"a": "succeeded", "b": "running", "c": "waiting"}
    assert told["status"] is None
    assert told["nodes"]["b -"]["attempts"][0]["status"] == "running"
    assert set(projection(told)) == {"a -"}


def test_a_start_without_an_end_is_lost_when_its_driver_is_gone() -> None:
    for platform, more in ((gone, []), (None, [over()])):
        told = fold(CHAIN, records(done("a"), started("b"), *more), yes, platform)
        assert told["nodes"]["b -"]["status"] == "errored"
        assert told["nodes"]["b -"]["reason"] == "lost"


def test_a_lost_attempt_before_one_that_ended_changes_nothing() -> None:
    some = records(started("a", 1), started("a", 2), ended("a", "failed", 2), over())
    assert fold(CHAIN, some, yes, gone)["nodes"]["a -"]["status"] == "failed"
    assert (
        fold(CHAIN, records(started("a", 1), started("a", 2), done("a", n=2, attempt="2")), yes)["nodes"]["a -"][
            "status"
        ]
        == "succeeded"
    )


def test_what_the_platform_knows_of_attempts_without_records() -> None:
    told = fold(CHAIN, records(), yes, lambda address, started: "no-image")
    assert told["nodes"]["a -"]["status"] == "errored"
    assert told["nodes"]["a -"]["reason"] == "no-image"


def test_what_never_started_in_a_run_that_is_over() -> None:
    assert fold(CHAIN, records(over()), yes)["nodes"]["a -"]["reason"] == "never-started"
    told = fold(CHAIN, records(done("a"), cancelled(), over()), yes)
    assert words(told) == {"a": "succeeded", "b": "cancelled", "c": "cancelled"}
    assert told["status"] == "cancelled"


def test_n30_finally_waits_after_one_cancel_and_is_cancelled_by_two() -> None:
    plan = plan_of({"a": {}}, {"n": {}})
    assert words(fold(plan, records(cancelled()), yes)) == {"a": "cancelled", "n!finally": "waiting"}
    assert words(fold(plan, records(cancelled(hard=True)), yes)) == {"a": "cancelled", "n!finally": "cancelled"}


def test_items_after_a_stop_are_skipped_and_those_on_record_never() -> None:
    plan = plan_of({"m": {"each": {"stop_when": ["x"]}, "max_parallel": 1}})
    told = fold(plan, records(done("m", (0,)), done("m", (1,)), over()), lambda what, a: True if what == "stop" else 3)
    assert [node["status"] for node in told["nodes"].values()] == ["succeeded", "succeeded", "succeeded", "skipped"]


def test_what_was_selected_is_all_there_is() -> None:
    some = records(done("b"), over())
    some[run_key("r", "run")]["selected"] = ["b"]
    assert words(fold(CHAIN, some, yes)) == {"b": "succeeded"}


def test_a_decision_that_nobody_can_make_yet_leaves_its_step_waiting() -> None:
    plan = plan_of({"m": {"each": {}}, "b": {"needs": ["m"]}})
    assert words(fold(plan, records(), lambda what, address: None)) == {"m": "waiting", "b": "waiting"}


@pytest.fixture
def valued() -> dict[str, Any]:
    """fetch gives `rows`; big when rows > 10; a map over a list that fetch gave; a choice; [finally] on failure."""
    plan = plan_of(
        {
            "fetch": {},
            "big": {"needs": ["fetch"], "when": [">", ["return", "fetch", 0, "rows"], 10]},
            "each": {"needs": ["fetch"], "each": {}},
            "pick": {"needs": ["fetch"], "cases": {"x": {}, "y": {}}},
        },
        {"alarm": {"when": ["!=", ["run", "status"], "succeeded"]}},
    )
    nodes = plan["nodes"]
    nodes["each"]["each"] = {"name": ["return", "fetch", 0, "names"]}
    nodes["each"]["returns"] = []
    nodes["pick"]["subject"] = ["return", "fetch", 0, "kind"]
    return plan


def returned(**values: Any) -> dict[str, Any]:
    return {name: {"kind": "json", "json": value} for name, value in values.items()}


def test_r3_decisions_are_evaluated_from_done_records(valued: dict[str, Any]) -> None:
    some = records(
        done("fetch", returns=returned(rows=3, names=["u", "v"], kind="y")),
        done("each", (0,)), ended("each", "failed", key=(1,)),
        done("pick.y"), done("alarm!finally"), over(),
    )  # fmt: skip
    told = fold(valued, some)
    assert words(told)["big"] == "skipped"
    assert told["nodes"]["big -"]["reason"] == "when"
    assert told["nodes"]["each 1"]["label"] == "each[name=v]"
    assert words(told)["pick.x"] == "skipped"
    assert words(told)["alarm!finally"] == "succeeded"
    assert projection(told)["fetch -"]["returns"] == {"rows": 3, "names": ["u", "v"], "kind": "y"}


def test_items_on_record_stand_even_when_their_source_is_gone(valued: dict[str, Any]) -> None:
    some = records(
        done("fetch", returns=returned(rows=3, kind="y")),
        (items_key("r", "each", ()), {"count": 2}),
        (items_key("r", "each", (), "0"), [{"name": "p"}, {"name": "q"}]),
    )
    told = fold(valued, some)
    assert told["nodes"]["each 1"]["label"] == "each[name=q]"


def test_a_condition_of_unlike_kinds_says_what_it_got(valued: dict[str, Any]) -> None:
    told = fold(valued, records(done("fetch", returns=returned(rows="many", names=[], kind="z"))))
    assert told["nodes"]["big -"]["status"] == "errored"
    assert told["nodes"]["big -"]["error"]["message"]
    assert 'no case stands for "z"' in told["nodes"]["pick -"]["error"]["message"]


def test_records_are_read_from_any_store_and_half_written_ones_are_none() -> None:
    store = Memory()
    for key, record in records(done("a")).items():
        store.put(key, json.dumps(record).encode())
    store.put(done_key("r", "b", ()), b'{"status": "succ')
    store.put(run_key("other", "run"), b"{}")
    assert read(store, "r") == records(done("a"))
