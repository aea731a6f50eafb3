"""The machine, rule by rule."""

from __future__ import annotations

from typing import Any

import pytest

CHAIN = {"a": {}, "b": {"needs": ["a"]}, "c": {"needs": ["b"]}}


def test_n1_a_step_runs_when_all_it_needs_has_succeeded(ran: Any) -> None:
    run = ran({"a": {}, "b": {}, "c": {"needs": ["a", "b"]}}, {"a": "cached"})
    assert run.words == {"a": "cached", "b": "succeeded", "c": "succeeded"}
    assert run.started[-1] == "c"


def test_n1_behind_a_failure_a_step_is_blocked_and_so_is_what_follows(ran: Any) -> None:
    run = ran(CHAIN, {"a": "failed"})
    assert run.words == {"a": "failed", "b": "blocked", "c": "blocked"}
    assert run.started == ["a"]
    assert run.status == "failed"


def test_n1_behind_a_skip_a_step_is_skipped(ran: Any) -> None:
    run = ran({**CHAIN, "a": {"when": ["x"]}}, {"when a": False})
    assert run.words == {"a": "skipped", "b": "skipped", "c": "skipped"}
    assert run.statuses["a"].reason == "when"
    assert run.statuses["b"].reason == "needs"
    assert run.status == "succeeded"


@pytest.mark.parametrize("end", ["succeeded", "failed", "errored"])
def test_n1_after_only_waits(ran: Any, end: str) -> None:
    run = ran({"a": {}, "b": {"after": ["a"]}}, {"a": end})
    assert run.words["b"] == "succeeded"
    assert run.started == ["a", "b"]


def test_r4_a_failed_need_wins_over_a_skipped_one(ran: Any) -> None:
    steps = {"a": {}, "s": {"when": ["x"]}, "b": {"needs": ["s", "a"]}}
    assert ran(steps, {"a": "failed", "when s": False}).words["b"] == "blocked"
    assert ran(steps, {"when s": False}).words["b"] == "skipped"


def test_n1_steps_that_are_not_selected_are_not_in_the_run_and_do_not_gate(ran: Any) -> None:
    run = ran(CHAIN, {"c": "failed"}, selected={"b", "c"})
    assert run.words == {"b": "succeeded", "c": "failed"}


def test_n1_a_selected_inner_step_brings_the_group_around_it_and_none_beside(ran: Any) -> None:
    steps = {"g": {"steps": CHAIN}, "h": {"steps": CHAIN}}
    assert set(ran(steps, selected={"g.b"}).words) == {"g", "g.b"}
    assert set(ran(steps, selected={"g"}).words) == {"g", "g.a", "g.b", "g.c"}


def test_n3_when_is_asked_after_the_gate_and_only_then(ran: Any) -> None:
    run = ran({"a": {}, "b": {"needs": ["a"], "when": ["x"]}}, {"a": "failed", "when b": "fault"})
    assert run.words["b"] == "blocked"


def test_n11_a_condition_that_is_neither_makes_the_step_errored(ran: Any) -> None:
    run = ran({"a": {"when": ["x"]}, "b": {"needs": ["a"]}}, {"when a": "fault"})
    assert run.statuses["a"][:2] == ("errored", "bad-param")
    assert run.words["b"] == "blocked"
    assert list(run.machine.faults.values()) == [{"message": "no"}]


def test_n3_the_handler_belongs_to_the_whole_map_and_retry_to_each_item(ran: Any) -> None:
    steps = {"m": {"each": {}, "retry": {"attempts": 2}, "handler": {}}}
    run = ran(steps, {"m 0": "failed"})
    assert run.started == ["m 0", "m 1", "m 0", "m!on-failure"]
    assert run.words == {"m 0": "failed", "m 1": "succeeded", "m": "failed", "m!on-failure": "succeeded"}


def test_n3_a_loop_stands_inside_a_map(ran: Any) -> None:
    run = ran({"m": {"each": {}, "loop": {"max": 3}}}, {"until m 1.1": False})
    assert run.started == ["m 0.1", "m 1.1", "m 1.2"]
    assert run.words["m 1"] == "succeeded"


def test_n5_an_empty_list_is_a_success_and_the_reducer_is_called(ran: Any) -> None:
    run = ran({"m": {"each": {"reduce": True}}, "b": {"needs": ["m"]}}, {"expand m": 0})
    assert run.started == ["m!reduce", "b"]
    assert run.words == {"m": "succeeded", "m!reduce": "succeeded", "b": "succeeded"}
    assert ran({"m": {"each": {}}}, {"expand m": 0}).words == {"m": "succeeded"}


def test_n5_a_list_that_is_none_fails_the_map(ran: Any) -> None:
    run = ran({"m": {"each": {}}}, {"expand m": "fault"})
    assert run.statuses["m"][:2] == ("failed", "bad-param")


def test_n6_failed_items_within_tolerate_make_a_success(ran: Any) -> None:
    steps = {"m": {"each": {"tolerate": 1, "reduce": True}}}
    good = ran(steps, {"expand m": 3, "m 1": "failed"})
    assert good.words["m"] == good.words["m!reduce"] == "succeeded"
    assert good.status == "succeeded"
    bad = ran(steps, {"expand m": 3, "m 1": "failed", "m 2": "failed"})
    assert bad.statuses["m"][:2] == ("failed", "too-many-failed")
    assert bad.words["m!reduce"] == "blocked"


def test_a_reducer_that_fails_fails_its_map(ran: Any) -> None:
    run = ran({"m": {"each": {"reduce": True}}}, {"m!reduce": {"status": "failed", "reason": "bad-return"}})
    assert run.statuses["m"][:2] == ("failed", "bad-return")


def test_stop_when_starts_no_further_item(ran: Any) -> None:
    steps = {"m": {"each": {"stop_when": ["x"], "reduce": True}, "max_parallel": 1}}
    run = ran(steps, {"expand m": 5, "stop m": True})
    assert run.started == ["m 0", "m!reduce"]
    assert run.words["m 4"] == "skipped"
    assert run.words["m"] == "succeeded"


def test_max_parallel_counts_items_of_a_map_and_inner_steps_of_a_group(ran: Any) -> None:
    items = ran({"m": {"each": {}, "max_parallel": 2}}, {"expand m": 9}, limit=8)
    assert items.run.peak == 2
    inner = ran({"g": {"steps": {name: {} for name in "abcdef"}, "max_parallel": 3}}, limit=8)
    assert inner.run.peak == 3
    both = ran({"m": {"each": {}, "max_parallel": 2, "steps": {"x": {}, "y": {}}}}, {"expand m": 9}, limit=8)
    assert both.run.peak == 4


def test_the_limit_counts_running_attempts(ran: Any) -> None:
    assert ran({"m": {"each": {}}, "n": {"each": {}}}, {"expand m": 20, "expand n": 20}, limit=3).run.peak == 3


def test_samples_flow_through_a_group_in_plan_order_depth_first(ran: Any) -> None:
    steps = {"s": {"each": {}, "steps": CHAIN}, "z": {}}
    run = ran(steps, {"expand s": 2}, limit=1)
    assert run.started == ["s.a 0", "s.b 0", "s.c 0", "s.a 1", "s.b 1", "s.c 1", "z"]


def test_r4_a_group_is_bad_when_an_inner_step_is_and_succeeded_when_all_are_skipped(ran: Any) -> None:
    steps = {"g": {"steps": {"a": {"when": ["x"]}, "b": {"needs": ["a"]}}}, "h": {"needs": ["g"]}}
    assert ran(steps, {"when g.a": False}).words["g"] == "succeeded"
    bad = ran(steps, {"g.a": "errored"})
    assert bad.words == {"g.a": "errored", "g.b": "blocked", "g": "errored", "h": "blocked"}


def test_a_choice_runs_one_case_and_skips_the_others(ran: Any) -> None:
    steps = {"c": {"cases": {"x": {}, "y": {}}, "default": {"steps": {"a": {}}}}, "z": {"needs": ["c"]}}
    run = ran(steps, {"choose c": 1})
    assert run.words == {
        "c.x": "skipped",
        "c.y": "succeeded",
        "c.default": "skipped",
        "c": "succeeded",
        "z": "succeeded",
    }
    assert run.statuses["c.x"].reason == "not-chosen"
    assert ran(steps, {"choose c": 2}).words["c.default.a"] == "succeeded"


@pytest.mark.parametrize("answer", [-1, 1, "fault"])
def test_a_choice_without_a_matching_case_fails(ran: Any, answer: Any) -> None:
    run = ran({"c": {"cases": {"x": {}}}, "z": {"needs": ["c"]}}, {"choose c": answer})
    assert run.statuses["c"][:2] == ("failed", "bad-param")
    assert (run.words["c.x"], run.words["z"]) == ("skipped", "blocked")


# Handlers


@pytest.mark.parametrize("end", ["failed", "errored"])
def test_n29_a_handler_runs_after_the_last_attempt_and_recovers_nothing_by_itself(ran: Any, end: str) -> None:
    steps = {"a": {"retry": {"attempts": 3}, "handler": {}}, "b": {"needs": ["a"]}}
    run = ran(steps, {"a": end}, lost_attempts=2)
    assert run.started == ["a", "a", "a", "a!on-failure"]
    assert run.statuses["a"] == (end, None, False)
    assert run.words["b"] == "blocked"
    assert run.status == "failed"


def test_n29_continue_counts_as_success_and_skip_as_a_skip(ran: Any) -> None:
    for recover, after in (("continue", "succeeded"), ("skip", "skipped")):
        run = ran({"a": {"handler": {}, "recover": recover}, "b": {"needs": ["a"]}}, {"a": "failed"})
        assert run.statuses["a"] == ("failed", None, recover)
        assert run.words["b"] == after
        assert run.status == "succeeded"


def test_n29_a_handler_that_fails_or_is_skipped_recovers_nothing(ran: Any) -> None:
    steps = {"a": {"handler": {"when": ["x"]}, "recover": "continue"}}
    for said in ({"a!on-failure": "failed"}, {"when a!on-failure": False}):
        run = ran(steps, {"a": "failed", **said})
        assert run.statuses["a"].handled is False
        assert run.status == "failed"


def test_n29_no_handler_runs_for_what_was_blocked_skipped_or_fine(ran: Any) -> None:
    steps = {"a": {}, "b": {"needs": ["a"], "handler": {}}, "c": {"when": ["x"], "handler": {}}, "d": {"handler": {}}}
    run = ran(steps, {"a": "failed", "when c": False})
    assert not [name for name in run.words if "!" in name]


def test_n29_a_handler_may_be_a_group_and_guard_a_group(ran: Any) -> None:
    steps = {"g": {"steps": CHAIN, "handler": {"steps": CHAIN}, "recover": "continue"}, "z": {"needs": ["g"]}}
    run = ran(steps, {"g.b": "failed"})
    assert run.started == ["g.a", "g.b", "g!on-failure.a", "g!on-failure.b", "g!on-failure.c", "z"]
    assert run.statuses["g"] == ("failed", None, "continue")


# [finally]


def test_n30_finally_runs_last_whatever_happened(ran: Any) -> None:
    for said in ({}, {"a": "failed"}):
        run = ran(CHAIN, said, {"n": {}, "m": {"needs": ["n"]}})
        assert run.started[-2:] == ["n!finally", "m!finally"]


def test_n30_a_failure_in_finally_makes_a_green_run_red_and_never_a_red_one_green(ran: Any) -> None:
    assert ran(CHAIN, {"n!finally": "failed"}, {"n": {}}).status == "failed"
    assert ran(CHAIN, {"a": "failed"}, {"n": {}}).status == "failed"
    assert ran(CHAIN, {}, {"n": {}}).status == "succeeded"


def test_n30_finally_runs_after_one_cancel_and_a_timeout_but_not_after_two(ran: Any) -> None:
    for why, status in (("cancelled", "cancelled"), ("timeout", "failed")):  # nobody asked a late run to end
        run = ran(CHAIN, {"b": "cancelled"}, {"n": {}}, cancel={1: False}, why=why)
        assert run.words["n!finally"] == "succeeded"
        assert run.machine.main_status == run.status == status
    hard = ran(CHAIN, {"b": "cancelled"}, {"n": {}}, cancel={1: True})
    assert hard.words["n!finally"] == "cancelled"
    assert "n!finally" not in hard.started


def test_n52_a_timeout_does_not_hold_for_finally(ran: Any) -> None:
    run = ran({"a": {}}, {}, {"n": {}, "m": {"needs": ["n"]}}, cancel={2: False}, why="timeout")
    assert run.status == "succeeded"
    assert ran({"a": {}}, {}, {"n": {}, "m": {"needs": ["n"]}}, cancel={2: False}).status == "cancelled"


# Loops


def test_n31_rounds_count_from_one_until_the_condition_holds(ran: Any) -> None:
    run = ran({"l": {"loop": {"max": 9}}}, {"until l 1": False, "until l 2": False})
    assert run.started == ["l 1", "l 2", "l 3"]
    assert run.words["l"] == "succeeded"


def test_n31_max_rounds_without_it_fail_or_succeed_as_told(ran: Any) -> None:
    assert ran({"l": {"loop": {"max": 2}}}, {"until l": False}).statuses["l"][:2] == ("failed", "not-converged")
    assert ran({"l": {"loop": {"max": 2, "exhausted": "succeed"}}}, {"until l": False}).words["l"] == "succeeded"


def test_n31_a_failed_round_ends_the_loop(ran: Any) -> None:
    run = ran({"l": {"loop": {"max": 9}}}, {"until l": False, "l 2": {"status": "failed", "reason": "oom"}})
    assert run.started == ["l 1", "l 2"]
    assert run.statuses["l"][:2] == ("failed", "oom")


# Retries


def test_n54_lost_attempts_do_not_count_against_the_commands_own(ran: Any) -> None:
    said = {"a": ["errored", "failed", "errored", "failed", "succeeded"]}
    steps = {"a": {"retry": {"attempts": 3}}}
    assert ran(steps, said, lost_attempts=2).started == ["a"] * 5
    assert ran(steps, said, lost_attempts=1).words["a"] == "errored"
    assert ran({"a": {"retry": {"attempts": 2}}}, said, lost_attempts=3).words["a"] == "failed"


@pytest.mark.parametrize("end", [{"exit": 78}, {"reason": "bad-return"}, {"reason": "secret-leak"}, {"exit": 3}])
def test_ends_that_may_not_be_tried_again_are_not(ran: Any, end: Any) -> None:
    run = ran({"a": {"retry": {"attempts": 5, "on": [75, 78]}}}, {"a": {"status": "failed", **end}})
    assert run.started == ["a"]


def test_a_retry_waits_and_the_waits_grow(ran: Any) -> None:
    steps = {"a": {"retry": {"attempts": 4, "delay": 10, "factor": 2, "max_delay": 25}}, "b": {}}
    run = ran(steps, {"a": "failed"}, limit=1)
    waits = [event.data["at"] - event.at for event in run.run.events if event.what == "retry"]
    assert waits == [10, 20, 25]
    assert run.started[:2] == ["a", "b"]


# Cancel


def test_a_cancel_stops_what_runs_starts_nothing_and_tries_nothing_again(ran: Any) -> None:
    steps = {"a": {}, "b": {"retry": {"attempts": 3}}, "c": {"needs": ["b"]}, "d": {"needs": ["a"]}, "m": {"each": {}}}
    run = ran(steps, {"b": {"status": "cancelled", "reason": "cancelled"}}, limit=2, cancel={1: False})
    assert run.started == ["a", "b"]
    assert run.words == {
        "a": "succeeded", "b": "cancelled", "c": "blocked", "d": "cancelled", "m": "cancelled", "m 0": "cancelled",
        "m 1": "cancelled",
    }  # fmt: skip
    assert run.status == "cancelled"


def test_a_cancel_when_all_is_done_changes_nothing(ran: Any) -> None:
    assert ran({"a": {}}, {}, cancel={1: False}).status == "succeeded"


def test_fail_fast_stops_at_the_first_failure_that_nothing_can_mend(ran: Any) -> None:
    steps = {"m": {"each": {"tolerate": 1}}, "b": {"after": ["m"]}, "c": {"after": ["b"]}}
    one = ran(steps, {"m 0": "failed"}, fail_fast=True)
    assert one.status == "succeeded"
    two = ran(steps, {"expand m": 5, "m 0": "failed", "m 1": "failed"}, fail_fast=True, limit=1)
    assert two.started == ["m 0", "m 1"]
    assert two.status == "failed"
    assert two.machine.why == "fail-fast"


def test_fail_fast_lets_the_handler_of_the_failure_run(ran: Any) -> None:
    run = ran({"a": {"handler": {}}, "b": {"after": ["a"]}}, {"a": "failed"}, fail_fast=True)
    assert run.started == ["a", "a!on-failure"]
    assert run.words["b"] == "cancelled"


# What it tells


def test_events_tell_ends_states_and_the_run(ran: Any) -> None:
    run = ran({"a": {"retry": {"attempts": 2}}, "b": {"needs": ["a"]}}, {"a": "failed"})
    told = [(event.what, event.data.get("status"), event.data.get("final")) for event in run.run.events]
    assert told == [
        ("end", "failed", False),
        ("retry", None, None),
        ("end", "failed", True),
        ("state", "blocked", None),
        ("run-end", "failed", None),
    ]
    assert run.run.events[-1].data["counts"] == {"failed": 1, "blocked": 1}
