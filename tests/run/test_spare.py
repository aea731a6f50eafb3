"""Which runs may go, and what records refer to."""

from __future__ import annotations

from typing import Any

from runner.run.spare import expendable, horizon, references

NOW = 1000.0


def entry(run: str, end: float, status: str = "succeeded", pipeline: str = "p", **more: Any) -> dict[str, Any]:
    return {"run": run, "pipeline": pipeline, "end": end, "status": status, "live": False, "parent": None, **more}


def gone(runs: list[dict[str, Any]], keep: int | None = None, older: float | None = None) -> str:
    return " ".join(one["run"] for one in expendable(runs, keep, older, NOW))


RUNS = [entry("e", 900), entry("d", 800, pipeline="q"), entry("c", 700), entry("b", 600), entry("a", 500, pipeline="q")]


def test_no_rule_no_run_goes() -> None:
    assert gone(RUNS) == ""


def test_the_newest_of_each_pipeline_stay() -> None:
    assert gone(RUNS, keep=1) == "c b a"
    assert gone(RUNS, keep=0) == "e d c b a"


def test_what_ended_long_ago_goes_and_both_rules_must_hold() -> None:
    assert gone(RUNS, older=250) == "c b a"
    assert gone(RUNS, keep=2, older=250) == "b"


def test_a_live_run_stays_and_what_an_unfinished_one_goes_on_from() -> None:
    runs = [
        entry("f", 900, "failed", parent="e"),
        entry("e", 800, "failed", parent="d"),
        entry("d", 700),
        entry("c", 600, live=True),
        entry("b", 500, parent="a"),
        entry("a", 400),
    ]
    assert gone(runs, keep=1) == "b a"
    runs[0]["status"] = "succeeded"  # it holds all that it adopted
    assert gone(runs, keep=1) == "e d b a"


def test_a_run_that_never_ended_is_as_old_as_its_start() -> None:
    assert gone([{**entry("a", 0), "end": None, "start": 100.0, "status": None}], older=800) == "a"
    assert gone([{**entry("a", 0), "end": None, "start": 300.0, "status": None}], older=800) == ""


def test_every_hash_in_a_record_is_a_reference() -> None:
    sha, other = "a" * 64, "0123456789abcdef" * 4
    record = f'{{"files":[{{"sha256":"{sha}"}}],"deep":{{"x":["{other}"]}},"short":"{"b" * 63}","long":"{"c" * 65}"}}'
    assert references([record.encode(), memoryview(b"[]")]) == {sha, other}


def test_before_the_first_live_run_is_nobodys() -> None:
    assert horizon([], NOW) < NOW
    assert horizon([700.0, 300.0], NOW) == horizon([300.0], NOW) < 300.0
