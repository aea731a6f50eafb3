"""Logs read from their ends."""

import io

import pytest

from runner.views import logfile


@pytest.fixture
def log(tmp_path):
    def write(content):
        path = tmp_path / "log"
        path.write_bytes(content)
        return path

    return write


@pytest.mark.parametrize(
    ("content", "lines", "wanted"),
    [
        (b"a\nb\nc\n", 2, ["b", "c"]),
        (b"a\nb\nc", 2, ["b", "c"]),
        (b"a\n", 5, ["a"]),
        (b"", 5, []),
        (b"\n\n", 1, [""]),
        (b"a\nb\n", 0, []),
        (b"\xff\n", 1, ["\ufffd"]),
    ],
)
def test_the_last_lines(log, content, lines, wanted):
    assert logfile.tail(log(content), lines) == wanted


def test_the_last_lines_of_a_log_larger_than_a_piece(log, monkeypatch):
    monkeypatch.setattr(logfile, "PIECE", 7)
    content = b"".join(b"line %d\n" % i for i in range(100))
    out = io.BytesIO()
    assert logfile.copy(log(content), out, 3)
    assert out.getvalue() == b"line 97\nline 98\nline 99\n"


def test_one_line_without_end_is_not_read_whole(log):
    assert logfile.tail(log(b"x" * 5000 + b"end"), 10, most=5) == ["xxend"]


def test_a_log_that_does_not_exist_is_empty(tmp_path):
    out = io.BytesIO()
    assert logfile.copy(tmp_path / "no", out)
    assert logfile.tail(tmp_path / "no", 3) == []
    assert logfile.last_line(tmp_path / "no") == ""


@pytest.mark.parametrize(
    ("content", "line"),
    [(b"a\nb\n", "b"), (b"a\nhalf", "half"), (b"a\n\n  \n", "a"), (b"", ""), (b"10 %\r99 %", "10 %\r99 %")],
)
def test_the_line_that_is_being_printed(log, content, line):
    assert logfile.last_line(log(content)) == line
