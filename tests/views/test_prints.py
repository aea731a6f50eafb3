"""What steps print, as events that are read off their logs."""

import io
import json

from runner.run.events import Address, Event
from runner.views import prints
from runner.views.jsonl import JsonLines
from runner.views.plain import Plain, Quiet

FETCH = Address("fetch", ())


def started(story, log):
    return story[1]._replace(data={"n": 1, "log": str(log)})


def texts(events):
    return [event.data["text"] for event in events]


def test_plain_lines_show_what_a_step_prints_while_it_runs_behind_its_label(story, tmp_path):
    log, stream = tmp_path / "log", io.StringIO()
    with Plain(stream, {}) as view:
        view.see(story[0])
        view.see(started(story, log))
        view.tick(100.0)
        log.write_bytes(b"10 %\r50 %\none, not yet ended")
        view.tick(101.0)
        assert stream.getvalue().splitlines()[1:] == ["running   fetch", "fetch | 50 %"]
        with log.open("ab") as more:
            more.write(b" but now\nlast")
        view.see(story[4])
    assert stream.getvalue().splitlines()[3:] == [
        "fetch | one, not yet ended but now",
        "fetch | last",
        "succeeded fetch  2.1s",
    ]


def test_quiet_shows_none_of_it_and_reads_no_log(story, tmp_path):
    log, stream = tmp_path / "log", io.StringIO()
    log.write_bytes(b"noise\n")
    with Quiet(stream, {}) as view:
        for event in (story[0], started(story, log), story[4]):
            view.see(event)
            view.tick(event.at)
    assert stream.getvalue().splitlines() == ["penguins  run brisk-otter-3  profile local"]


def test_json_lines_have_them_too_before_the_end_of_the_attempt(story, tmp_path):
    log, stream = tmp_path / "log", io.StringIO()
    log.write_bytes(b"\xffone\n")
    with JsonLines(stream) as view:
        for event in (story[0], started(story, log), story[4]):
            view.see(event)
    told = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [one["what"] for one in told] == ["run-start", "start", "line", "end"]
    assert told[2]["label"] == "fetch" and told[2]["text"] == "\ufffdone"


def test_logs_are_looked_at_five_times_a_second_and_of_a_flood_the_last_bytes_are_told(story, tmp_path, monkeypatch):
    monkeypatch.setattr(prints, "MOST", 8)
    log, seen = tmp_path / "log", prints.Prints()
    assert not list(seen.before(started(story, log)))
    log.write_bytes(b"1234567\n")
    assert texts(seen.since(100.0)) == ["1234567"]
    with log.open("ab") as more:
        more.write(b"1234567\n" * 3 + b"abc\ndefg")
    assert texts(seen.since(100.1)) == []
    assert texts(seen.since(100.2)) == ["(24 bytes are in the log only)", "abc"]
    assert texts(seen.before(Event(101.0, "end", FETCH, {}))) == ["defg"]
    assert texts(seen.since(102.0)) == []


def test_a_line_without_end_takes_no_more_memory_and_room_than_others(story, tmp_path):
    log, seen = tmp_path / "log", prints.Prints()
    list(seen.before(started(story, log)))
    for now in range(100, 110):
        with log.open("ab") as more:
            more.write(b"x" * 60_000)
        assert texts(seen.since(now)) == []
    assert list(map(len, texts(seen.before(Event(111.0, "end", FETCH, {}))))) == [2000]


def test_a_log_whose_place_another_has_taken_is_read_from_its_beginning(tmp_path):
    log, other = tmp_path / "log", tmp_path / "other"
    log.write_text("waiting: a long line about the node\n")
    read = prints.Log(str(log))
    assert read.lines() == [b"waiting: a long line about the node"] and read.lines() == []
    other.write_text("what the step prints in the end is longer\n")
    other.replace(log)
    assert read.rest() == [b"what the step prints in the end is longer"] and read.rest() == []
