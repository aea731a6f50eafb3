"""Classes, the gate, retries, statuses of what contains others."""

from __future__ import annotations

from typing import Any

import pytest

from runner.rules.decide import (
    BAD,
    OK,
    SKIP,
    Status,
    class_of,
    delay,
    gate,
    graph_status,
    map_status,
    retryable,
    run_status,
    worst,
)  # fmt: skip

CLASSES = {
    "succeeded": OK, "cached": OK, "skipped": SKIP, "failed": BAD, "errored": BAD, "cancelled": BAD, "blocked": BAD,
}  # fmt: skip


@pytest.mark.parametrize("status", CLASSES)
def test_r4_every_status_has_a_class(status: str) -> None:
    assert class_of(status) == class_of(status, False) == CLASSES[status]


def test_r4_only_a_failure_can_be_recovered() -> None:
    assert [class_of(status, "continue") for status in ("failed", "errored", "cancelled", "blocked")] == [
        OK,
        OK,
        BAD,
        BAD,
    ]
    assert class_of("failed", "skip") == SKIP


def test_r4_the_gate() -> None:
    assert gate([]) == gate([OK, OK]) == "run"
    assert gate([OK, SKIP]) == "skipped"
    assert gate(iter([SKIP, BAD, OK])) == "blocked"


def again(end: dict[str, Any], own: int = 1, lost: int = 0, allowed: int = 0, **retry: Any) -> bool:
    return retryable(
        {"status": "failed", "reason": "exit", "exit": 1, **end}, {"attempts": 3, **retry}, own, lost, allowed
    )


def test_a_failure_is_tried_again_within_its_attempts() -> None:
    assert [again({}, own) for own in (1, 2, 3)] == [True, True, False]
    assert not retryable({"status": "failed", "exit": 1}, {}, 1, 0, 9)


@pytest.mark.parametrize(
    "reason", ["secret-leak", "bad-param", "bad-return", "too-many-failed", "not-converged", "no-interpreter"]
)
def test_some_ends_may_never_be_tried_again(reason: str) -> None:
    assert not again({"reason": reason})
    assert not again({"reason": reason, "status": "errored"}, lost=1, allowed=9)


def test_exit_78_is_final_and_on_names_codes() -> None:
    assert not again({"exit": 78})
    assert not again({"exit": 78}, on=[78])
    assert again({"exit": 75}, on=[75, 137])
    assert not again({"exit": 1}, on=[75])
    assert again({"exit": None, "signal": 9, "reason": "signal"}, on=[137])
    assert again({"exit": None, "signal": 15, "reason": "timeout"}, on=[124])
    assert not again({"exit": None}, on=[1])


@pytest.mark.parametrize("status", ["cancelled", "succeeded", "cached"])
def test_other_ends_are_not_tried_again(status: str) -> None:
    assert not again({"status": status}, allowed=9)


def test_n54_what_the_place_ended_has_a_budget_of_its_own() -> None:
    lost = {"status": "errored", "reason": "lost", "exit": None}
    assert [again(lost, own=9, lost=n, allowed=2) for n in (1, 2, 3)] == [True, True, False]
    assert not again(lost, lost=1, allowed=0)
    assert again({}, own=1, lost=9)


def test_delays_grow_up_to_their_limit() -> None:
    retry = {"delay": 5, "factor": 2, "max_delay": 30}
    assert [delay(retry, n) for n in (1, 2, 3, 4)] == [5, 10, 20, 30]
    assert delay({}, 3) == 0
    assert delay({"delay": 1, "factor": 10, "max_delay": 60}, 10_000) == 60


def some(*words: str) -> list[Status]:
    return [Status(word) for word in words]


def test_r4_a_group_is_as_bad_as_its_worst_inner_step_unless_that_was_recovered() -> None:
    assert graph_status([]).status == "succeeded"
    assert graph_status(some("skipped", "skipped")).status == "succeeded"
    assert graph_status(some("blocked", "cancelled", "errored")).status == "errored"
    assert graph_status([*some("succeeded"), Status("failed", None, "continue"), Status("failed", None, "skip")]) == (
        "succeeded", None, None,
    )  # fmt: skip
    assert worst([Status("failed", None, False)]) == "failed"


def test_n3_tolerate_counts_items() -> None:
    assert map_status(2, 2).status == "succeeded"
    assert map_status(3, 2) == ("failed", "too-many-failed", None)
    assert map_status(0, 2, cancelled=1) == ("cancelled", "cancelled", None)


def test_the_status_of_a_run() -> None:
    assert run_status(some("succeeded", "skipped"), [], False) == "succeeded"
    assert run_status(some("failed"), some("succeeded"), False) == "failed"
    assert run_status(some("succeeded"), some("errored"), False) == "failed"
    assert run_status(some("failed", "cancelled"), [], True) == "cancelled"
