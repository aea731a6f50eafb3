"""What a step prints, once more for whoever reads the log of its container."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from runner.agent.echo import LINE, Echo


def echoed(path: Path, text: bytes) -> bytes:
    log, out = path / "log", path / "out"
    log.write_bytes(text)
    fd = os.open(out, os.O_WRONLY | os.O_CREAT)
    Echo(SimpleNamespace(log=SimpleNamespace(path=str(log))), fd).close()
    os.close(fd)
    return out.read_bytes()


@pytest.mark.parametrize("text", [b"", b"no end of line", b"a\nb\n"])
def test_what_is_short_comes_whole(tmp_path: Path, text: bytes) -> None:
    assert echoed(tmp_path, text) == text


@pytest.mark.parametrize("width", [0, 3, 100, 200_000])
def test_of_what_is_long_beginning_and_end_come(tmp_path: Path, width: int) -> None:
    """A node keeps so many bytes, and adds some to each line."""
    lines = [b"%d %s" % (number, b"x" * width) for number in range(12_000_000 // (width + 8 + LINE))]
    text = b"\n".join([b"first", *lines, b"last"]) + b"\n"
    found = echoed(tmp_path, text)
    assert found.startswith(b"first\n") and found.endswith(b"last\n")
    assert len(found) + LINE * found.count(b"\n") < 10 << 20
    (told,) = [line for line in found.split(b"\n") if b"left out" in line]
    assert int(told.split()[1]) == len(text) - len(found) + len(told) + 2
