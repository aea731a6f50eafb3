"""The board, read off a small terminal."""

import fcntl
import importlib.util
import io
import os
import pty
import struct
import termios
from pathlib import Path

import pytest

from runner.views.choose import choose, detect
from runner.views.live import HIDE, HOLD, SHOW, Live

spec = importlib.util.spec_from_file_location("screen", Path(__file__).parent / "screen.py")
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
Screen = module.Screen


def text_stream(encoding="utf-8"):
    return io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="", write_through=True)


def written(stream):
    return stream.buffer.getvalue().decode(stream.encoding)


class Board:
    """A board of 80 x 24 unless told otherwise, and the screen behind it."""

    def __init__(self, columns=80, lines=24, encoding="utf-8", **env):
        self.env = {"COLUMNS": str(columns), "LINES": str(lines), "TERM": "xterm", **env}
        self.stream = text_stream(encoding)
        self.view = Live(self.stream, self.env)
        self.screen = Screen(columns)
        self.read = 0

    def show(self):
        text = written(self.stream)
        self.screen.feed(text[self.read :])
        self.read = len(text)
        return self.screen.text()


def test_one_line_a_step_and_a_map_on_one_line(story, golden):
    board = Board()
    pictures = []
    with board.view as view:
        for event in story:
            view.see(event)
            if event.at in (101.0, 104.0, 104.1, 106.1, 108.2):
                view.tick(event.at + 0.5)
                pictures.append(f"--- {event.at}\n{board.show()}")
            view._next = 0.0
    pictures.append(f"--- end\n{board.show()}")
    golden("board.txt", "".join(pictures))


def test_the_cursor_is_hidden_and_given_back(story):
    board = Board()
    with board.view:
        assert written(board.stream) == HIDE
    assert written(board.stream).endswith(SHOW)


def test_the_cursor_is_given_back_after_a_crash_and_the_board_is_gone(story):
    board = Board()
    with pytest.raises(ZeroDivisionError), board.view as view:
        for event in story[:3]:
            view.see(event)
        view.tick(100.5)
        assert "1 running" not in board.show()
        raise ZeroDivisionError
    text = board.show()
    assert board.screen.cursor
    assert text == "penguins  run brisk-otter-3  profile local\n"


def test_it_is_drawn_ten_times_a_second_at_most(story):
    board = Board()
    with board.view as view:
        for event in story[:3]:
            view.see(event)
        view.tick(100.0)
        once = len(written(board.stream))
        view.tick(100.05)
        assert len(written(board.stream)) == once
        view.tick(100.1)
        assert len(written(board.stream)) > once


def test_a_picture_is_one_write_and_events_write_nothing(plan, story):
    class Counting(io.StringIO):
        writes = 0

        def write(self, text):
            self.writes += 1
            return super().write(text)

    stream, events = Counting(), wide(plan, story, 1000)
    with Live(stream, {"COLUMNS": "80", "LINES": "24"}) as view:
        for n, event in enumerate(events):
            view.see(event)
            view.see(story[4]._replace(address=event.address) if n else event)
            view.tick(100.0 + n / 1000)  # all of them in one second
    assert stream.writes <= 2 + 11
    assert len(stream.getvalue()) < 11 * 80 * 8


def test_without_unicode_every_sign_has_an_ascii_twin(story):
    board = Board(encoding="ascii")
    with board.view as view:
        for event in story:
            view.see(event)
            view._next = 0.0
            view.tick(event.at)
    assert written(board.stream).isascii()


def test_lines_are_cut_to_the_width_of_the_terminal(story):
    board = Board(columns=30)
    with board.view as view:
        for event in story[:10]:
            view.see(event)
        view.tick(104.0)
        lines = board.show().splitlines()
        assert lines[3:] and all(len(line) < 30 for line in lines[3:])
        assert any(line.endswith("…") for line in lines)


def test_a_narrower_window_leaves_no_rest_of_the_board(story):
    board = Board(columns=80)
    with board.view as view:
        for event in story[:10]:
            view.see(event)
        view.tick(104.0)
        before = written(board.stream)
        # a terminal that reflows shows each of the board's lines on two or more lines of 20 columns now
        drawn = [max(1, -(-width // 20)) for width in view._drawn]
        board.env["COLUMNS"] = "20"
        view.tick(105.0)
        after = written(board.stream)[len(before) :]
    assert after.startswith(f"{HOLD}\x1b[{sum(drawn)}A\r")


def wide(plan, story, n):
    """n more steps, all of them running."""
    more = {f"s{i}": {"id": f"s{i}", "path": f"s{i}", "type": "task", "parent": None, "depth": 0} for i in range(n)}
    plan["nodes"].update(more)
    start = story[1]
    return [story[0], *(start._replace(address=type(start.address)(id, ())) for id in more)]


def test_more_running_steps_than_lines_are_folded(plan, story):
    board = Board(lines=10)
    with board.view as view:
        for event in wide(plan, story, 100):
            view.see(event)
        view.tick(101.0)
        lines = board.show().splitlines()
    assert len(lines) - 1 <= 9
    assert "  … 93 more running" in lines
    assert lines[-1] == "░░░░░░░░░░░░ 0/106 done  100 running  6 waiting  1s"


def test_a_line_with_wide_characters_and_escapes_stays_on_its_line(story):
    board = Board(columns=40)
    with board.view as view:
        for event in story[:3]:
            view.see(event)
        view.see(story[3]._replace(data={"text": "\x1b]0;title\x07" + "漢字" * 40 + "\x1b[2J"}))
        view.tick(102.0)
        text = written(board.stream)
    assert "\x1b]0" not in text and "\x1b[2J" not in text
    fetch = next(line for line in text.splitlines() if "漢" in line)
    assert fetch.count("漢") < 12


def test_of_many_steps_only_what_failed_is_told_and_the_others_are_counted(plan, story):
    events = wide(plan, story, 10_000)
    board = Board()
    with board.view as view:
        for event in events:
            view.see(event)
        for event in events[1:10_000]:
            view.see(story[4]._replace(address=event.address))
        view.see(story[17]._replace(address=events[-1].address))
        view.tick(103.0)
        text = board.show()
    assert text.splitlines()[1].startswith("  ✗ s9999             failed  exited 3 after 2 attempts")
    assert text.splitlines()[-1] == "███████████░ 9,999/10,006 done  1 failed  0 running  6 waiting  3s"
    assert len(written(board.stream)) < 2000


def test_on_a_real_terminal_its_size_is_asked_and_heeded(story):
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 7, 50, 0, 0))
    attributes = termios.tcgetattr(slave)
    attributes[1] &= ~termios.OPOST  # newlines stay as they were written
    termios.tcsetattr(slave, termios.TCSANOW, attributes)
    with open(slave, "w", encoding="utf-8") as stream:
        env = {"TERM": "xterm", "NO_COLOR": "1", "COLUMNS": "200"}
        with choose(stream, env) as view:
            assert isinstance(view, Live)
            for event in story[:10]:
                view.see(event)
            view.tick(104.0)
            read = b""
            while b"waiting" not in read:
                read += os.read(master, 65536)
            text = read.decode()
    os.close(master)
    lines = text.replace("\x1b[K", "").splitlines()
    assert len(lines) <= 3 + 6
    assert max(map(len, lines[1:])) <= 50


@pytest.mark.parametrize(
    ("env", "terminal", "wanted"),
    [
        ({"TERM": "xterm"}, True, "live"),
        ({"TERM": "dumb"}, True, "plain"),
        ({}, True, "plain"),
        ({"TERM": "xterm"}, False, "plain"),
        ({"TERM": "xterm", "CI": "true"}, True, "plain"),
        ({"GITHUB_ACTIONS": "true", "TERM": "xterm"}, False, "github"),
        ({"GITLAB_CI": "true"}, False, "gitlab"),
    ],
)
def test_the_view_follows_the_place(env, terminal, wanted):
    class Stream(io.StringIO):
        def isatty(self):
            return terminal

    assert detect(Stream(), env) == wanted


def test_the_last_line_is_read_off_the_log(story, tmp_path):
    log = tmp_path / "log"
    board = Board()
    with board.view as view:
        view.see(story[0])
        view.see(story[1]._replace(data={"n": 1, "log": str(log)}))
        view.tick(100.5)
        assert "fetch" in board.show()
        log.write_bytes(b"1 of 9\r5 of 9\n \n")
        view.tick(101.0)
        assert "  ⠹ fetch                1s  5 of 9\n" in board.show()


def test_a_step_that_waits_says_for_what(story):
    board = Board()
    with board.view as view:
        for event in story[:3]:
            view.see(event)
        view.tick(101.0)
        text = board.show()
    assert "· prepare                  waits for fetch" in text


def test_a_step_that_asks_for_parts_of_the_machine_waits_for_them(story, plan):
    plan["nodes"]["lint"]["do"]["resources"] = {"cpu": 1.5, "memory": 2 << 30, "gpu": 0, "disk": 5}
    board = Board()
    with board.view as view:
        view.see(story[0])
        view.tick(101.0)
        text = board.show()
    assert "waits for a free slot with 1.5 cpu, 2Gi of memory" in text
