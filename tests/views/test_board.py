"""What the board says of a run: progress, retries, groups, how it stops, and how much it reads for that."""

from pathlib import Path

import pytest

from runner.run.events import Address, Event
from runner.run.pace import Pace
from runner.views import frame, row
from runner.views.board import FAILURES, MANY, Board
from runner.views.frame import Frame
from runner.views.row import progress_of
from runner.views.terminal import UNICODE


def task(path, parent=None, **more):
    return {"path": path, "type": "task", "parent": parent, "depth": 0, "do": {"kind": "shell"}, **more}


def group(path, parent=None, **more):
    return {"path": path, "type": "graph", "parent": parent, "depth": 0, **more}


def begun(*nodes):
    """A board that has seen a run of these nodes begin at 100; ids are the paths."""
    board = Board()
    plan = {"name": "p", "nodes": {node["path"]: node for node in nodes}}
    board.see(Event(100.0, "run-start", None, {"name": "otter", "run": "R", "plan": plan, "root": "/nowhere"}))
    above(board)
    return board


def above(board, width=80):
    return Frame(board, UNICODE).above(width)


def start(board, id, at=100.0, key=(), **more):
    board.see(Event(at, "start", Address(id, key), {"n": 1, **more}))


def end(board, id, at, status="succeeded", key=(), **more):
    told = {"status": status, "n": 1, "run_s": at - 100.0, "final": True, **more}
    board.see(Event(at, "end", Address(id, key), told))


def lines(board, now, width=80, height=24):
    return Frame(board, UNICODE).lines(now, width, height, "*")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("4 10\n", 0.4),
        ("12.5 100   ", 0.125),
        ("11 10", 1.0),
        ("-1 10", 0.0),
        ("1 0", None),
        ("nan 10", None),
        ("1", None),
        ("a b", None),
        ("4 10 3", None),
        ("", None),
    ],
)
def test_progress_is_what_the_step_told_last_and_nonsense_is_none(tmp_path, text, told):
    path = tmp_path / "progress"
    path.write_text(text)
    assert progress_of(str(path)) == told


def test_a_step_that_tells_its_progress_has_a_bar(tmp_path, monkeypatch):
    from runner.agent import step

    monkeypatch.setenv("RUNNER_PROGRESS", str(tmp_path / "progress"))
    board = begun(task("train"))
    start(board, "train", scratch=str(tmp_path))
    assert lines(board, 101.0)[0] == "  * train     1s"
    step.progress(1, 3)
    assert lines(board, 102.0)[0] == "  * train     2s  ████░░░░░░░░ 33%"
    assert lines(board, 102.0, width=40)[0] == "  * train     2s  ██░░░░ 33%"
    (tmp_path / "progress").write_text("")  # it is being written anew
    assert lines(board, 103.0)[0] == "  * train     3s  ████░░░░░░░░ 33%"


def test_between_two_attempts_a_step_says_when_the_next_one_starts():
    board = begun(task("fetch", retry={"attempts": 3}))
    start(board, "fetch")
    end(board, "fetch", 101.0, "failed", final=False, reason="exit", exit=7)
    board.see(Event(101.0, "retry", Address("fetch", ()), {"n": 2, "at": 111.0}))
    assert lines(board, 103.5)[0] == "  ↻ fetch     3s  attempt 2/3 in 8s  exited 7"
    board.see(Event(111.0, "start", Address("fetch", ()), {"n": 2}))
    assert lines(board, 112.0)[0].startswith("  * fetch    12s  attempt 2/3")
    end(board, "fetch", 113.0, n=2)
    assert above(board) == ["  ✓ fetch  13s  attempt 2"]


def test_what_a_step_printed_last_stays_beside_its_success(tmp_path):
    log = tmp_path / "log"
    log.write_text("one\n" + "344 rows " * 20)
    board = begun(task("fetch"))
    start(board, "fetch", log=str(log))
    end(board, "fetch", 102.0)
    (line,) = above(board, 40)
    assert line.startswith("  ✓ fetch  2.0s  344 rows") and line.endswith("…") and len(line) == 39


def test_groups_are_folded_with_counts_when_there_is_no_room_for_their_steps():
    inside = [task(f"prepare.s{n}", "prepare") for n in range(6)]
    board = begun(group("prepare"), *inside, task("other"), group("later", needs=["prepare"]), task("later.x", "later"))
    assert lines(board, 100.0)[0] == "  · prepare            6 steps  waits for a free slot"
    for node in (*inside[:5], inside[-1]):
        start(board, node["path"])
    start(board, "other")
    end(board, "prepare.s0", 101.0)
    end(board, "prepare.s1", 101.0, "failed")
    assert [line.split()[1] for line in lines(board, 102.0)[:5]] == [*(f"prepare.s{n}" for n in (2, 3, 4, 5)), "other"]
    assert lines(board, 102.0, height=6) == [
        "  * prepare        2s  ████░░░░░░░░ 2/6  1 failed  4 running",
        "  * other          2s",
        "  · later              1 step  waits for prepare",
        "1 done  1 failed  5 running  1 waiting  2s",
    ]


def test_of_many_steps_a_group_has_one_line_that_tells_its_end_too():
    inside = [task(f"big.s{n}", "big") for n in range(MANY + 1)]
    board = begun(group("big"), *inside)
    for node in inside:
        start(board, node["path"])
        end(board, node["path"], 101.0)
        if node is inside[49]:
            assert lines(board, 101.0) == ["█████░░░░░░░ 50/101 done  0 running  51 waiting  1s"]
    assert above(board) == []
    board.see(Event(102.0, "state", Address("big", ()), {"status": "succeeded"}))
    assert above(board) == ["  ✓ big       101 steps  2.0s"]


def test_of_a_thousand_failures_in_a_map_the_first_are_told_and_all_are_counted():
    board = begun({**task("m"), "type": "map", "body": task("m", depth=1)})
    board.see(Event(100.0, "expand", Address("m", ()), {"count": 1000}))
    for n in range(1000):
        start(board, "m", key=(n,))
        end(board, "m", 101.0, "failed", key=(n,), reason="exit", exit=3)
    told = above(board)
    assert told[0] == "  ✗ m[0]  failed  exited 3  1.0s" and told[-1] == "  · more failures of m are only counted"
    assert len(told) == FAILURES + 1
    board.see(Event(102.5, "state", Address("m", ()), {"status": "failed", "reason": "too-many-failed"}))
    assert above(board) == ["  ✗ m  failed  too many items failed  1,000 items  1,000 failed  2.5s"]


def test_a_run_that_was_asked_to_stop_says_what_it_waits_for_and_how_to_hurry():
    board = begun(task("train"), task("more"))
    start(board, "train")
    told = {"why": "cancelled", "hard": False, "grace": 10.0}
    board.see(Event(103.0, "stop", None, told))
    assert lines(board, 104.0)[1:] == [
        "stopping: train has 9s to end",
        "Ctrl-C again ends it at once",
        "0 done  1 running  1 waiting  4s",
    ]
    assert "stopping: train is killed" in lines(board, 114.0)
    board.see(Event(105.0, "stop", None, {**told, "hard": True}))
    assert "stopping: train is killed" in lines(board, 106.0)
    end(board, "train", 106.0, "cancelled")
    assert lines(board, 107.0)[0] == "stopping"


def test_a_run_that_is_out_of_time_says_so_above():
    board = begun(task("train"))
    start(board, "train")
    board.see(Event(103.0, "stop", None, {"why": "timeout", "hard": False, "grace": 10.0}))
    assert above(board) == ["  ■ stopping  the time of the run is over"]
    assert "stopping: train has 9s to end" in lines(board, 104.0)


@pytest.mark.parametrize("height", [1, 2, 3, 5, 10, 24])
@pytest.mark.parametrize("width", [10, 40, 80, 200])
def test_it_fits_into_every_window(width, height):
    board = begun(*(task(f"a-rather-long-name-{n}", retry={"attempts": 2}) for n in range(50)))
    for n in range(30):
        start(board, f"a-rather-long-name-{n}")
    board.see(Event(101.0, "stop", None, {"why": "cancelled", "hard": False, "grace": 10.0}))
    drawn = lines(board, 102.0, width, height)
    assert len(drawn) <= max(3, height - 1) and all(len(line) < width for line in drawn)


def test_only_the_logs_that_are_shown_are_read(monkeypatch):
    read = []
    for module in (row, frame):
        monkeypatch.setattr(module, "last_line", lambda path: read.append(path) or "")
    board = begun(*(task(f"s{n}") for n in range(1000)))
    for n in range(1000):
        start(board, f"s{n}", log=f"/logs/{n}")
    lines(board, 101.0)
    assert len(read) <= 24
    read.clear()
    for n in range(1000):
        end(board, f"s{n}", 102.0)
    above(board)
    lines(board, 103.0)
    assert read == []  # of so many steps successes are counted


def guess(monkeypatch, board, seconds, at_once=1.0, counts=None):
    """Let earlier runs have taken so long; how often they were asked for."""
    asked = []
    told = Pace(seconds, counts or {}, at_once)
    monkeypatch.setattr("runner.run.pace.pace", lambda *words: asked.append(words) or told)
    return asked


def test_the_time_that_is_left_is_guessed_from_earlier_runs_once_it_matters(monkeypatch):
    board = begun(task("a"), task("b"), task("c"))
    asked = guess(monkeypatch, board, {"a": 60.0, "b": 100.0, "c": 100.0})
    start(board, "a")
    assert "left" not in lines(board, 101.0)[-1] and asked == []
    assert lines(board, 102.0)[-1].endswith("about 4m left")
    end(board, "a", 130.0)
    start(board, "b", 130.0)
    start(board, "c", 130.0)
    assert lines(board, 200.0)[-1].endswith("about 1m left")
    assert lines(board, 210.5)[-1].endswith("about 40s left")
    assert asked == [(Path("/nowhere"), "p", "R")]


def test_what_a_step_tells_of_its_progress_counts_more_than_its_time(monkeypatch, tmp_path):
    (tmp_path / "progress").write_text("9 10")
    board = begun(task("a"))
    guess(monkeypatch, board, {"a": 100.0})
    start(board, "a", scratch=str(tmp_path))
    assert lines(board, 103.0)[-1].endswith("about 10s left")


def test_a_map_takes_as_long_as_its_items_do_and_as_many_at_once_as_before(monkeypatch):
    board = begun({**task("m"), "type": "map", "body": task("m", depth=1)})
    guess(monkeypatch, board, {"m": 100.0}, at_once=4.0, counts={"m": 10})
    board.see(Event(100.0, "expand", Address("m", ()), {"count": 20}))
    for n in range(10):
        start(board, "m", key=(n,))
        end(board, "m", 101.0, key=(n,))
    assert lines(board, 103.0)[-1].endswith("about 25s left")


def test_where_there_is_little_to_go_by_nothing_is_guessed(monkeypatch):
    board = begun(task("a"), task("new"))
    guess(monkeypatch, board, {"a": 100.0})
    start(board, "a")
    assert "left" not in lines(board, 103.0)[-1]


def test_however_many_ran_at_once_before_the_longest_step_has_to_end(monkeypatch):
    board = begun(task("a"), task("b"))
    guess(monkeypatch, board, {"a": 100.0, "b": 20.0}, at_once=8.0)
    start(board, "a")
    start(board, "b")
    assert lines(board, 103.0)[-1].endswith("about 2m left")
