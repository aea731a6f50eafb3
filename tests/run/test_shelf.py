"""Files that runs put, as their records tell of them."""

from __future__ import annotations

from typing import Any

from runner.rules.keys import attempt_key, done_key, run_key
from runner.run.records import Records
from runner.run.shelf import Put, changes, chosen, newest, puts


def record(path: str, sha: str, end: float, **more: Any) -> dict[str, Any]:
    file = {"path": path, "sha256": sha, "size": 1, "mode": 0o644}
    return {"node": "step", "files": [file], "end": end, "status": "succeeded", **more}


def put(path: str, sha: str) -> Put:
    return Put(path, sha, 1, 0o644, "a-1 -", "step", "r")


def shas(found: dict[str, Put]) -> dict[str, str]:
    return {path: one.sha256 for path, one in found.items()}


def test_of_a_path_put_twice_the_later_one_counts_and_no_loser_does() -> None:
    records = Records(
        {
            run_key("r", "run"): {"run": "r"},
            done_key("r", "late-1", ()): record("o", "2", 20.0),
            done_key("r", "early-1", ()): record("o", "1", 10.0),
            done_key("r", "item-1", (3,)): record("i", "5", 11.0),
            attempt_key("r", "late-1", (), "01"): record("o", "3", 30.0, superseded_by="an earlier attempt"),
            attempt_key("r", "bad-1", (), "01"): record("log", "4", 5.0, status="failed"),
        }
    )
    found = puts(records)
    assert shas(found) == {"o": "2", "log": "4", "i": "5"}
    assert (found["i"].address, found["i"].node, found["i"].run) == ("item-1 3", "step", "r")


def test_the_newest_run_of_a_path_counts() -> None:
    assert shas(newest([{"a": put("a", "2")}, {"a": put("a", "1"), "b": put("b", "1")}])) == {"a": "2", "b": "1"}


def test_a_path_a_folder_and_a_pattern_choose() -> None:
    paths = ["made/x.txt", "made/.hidden", "made/y/z.csv", "made*", "other"]
    assert chosen(paths, "made/x.txt") == ["made/x.txt"]
    assert chosen(paths, "made*") == ["made*"]  # a file of that name
    for folder in ("made", "made/"):
        assert chosen(paths, folder) == ["made/.hidden", "made/x.txt", "made/y/z.csv"]
    assert chosen(paths, "**/*.csv") == ["made/y/z.csv"]
    assert chosen(paths, "mad") == []


def test_two_runs_differ_by_what_one_lacks_and_by_content() -> None:
    before = {"same": put("same", "1"), "gone": put("gone", "1"), "new": put("new", "1")}
    after = {"same": put("same", "1"), "more": put("more", "1"), "new": put("new", "2")}
    found = changes(before, after)
    assert [one.path for one in found.added] == ["more"]
    assert [one.path for one in found.removed] == ["gone"]
    assert [(one.sha256, two.sha256) for one, two in found.changed] == [("1", "2")]
