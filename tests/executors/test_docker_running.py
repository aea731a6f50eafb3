"""A container in place of a process: its streams taken apart, its end as that of a command."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from runner_executors.docker_running import Frames, Running

PRINTED = [(1, b"one\n"), (2, b"two\n"), (1, b""), (1, b"x" * 300)]
SENT = b"".join(bytes([kind, 0, 0, 0]) + len(text).to_bytes(4, "big") + text for kind, text in PRINTED)


@pytest.mark.parametrize("size", [1, 3, 8, 11, 1000])
def test_what_was_printed_comes_whole_however_it_is_cut(size: int) -> None:
    frames = Frames()
    pieces = [SENT[at : at + size] for at in range(0, len(SENT), size)]
    assert b"".join(map(frames.feed, pieces)) == b"".join(text for _, text in PRINTED)


@pytest.fixture
def running() -> Iterator[Callable[..., tuple[Running, socket.socket]]]:
    """running(code, shell): a container that ends with that code, and the engine's end of its streams."""
    ends: list[socket.socket] = []

    def make(code: int | None, shell: bool = False) -> tuple[Running, socket.socket]:
        near, far = socket.socketpair()
        ends.extend((near, far))
        engine: Any = SimpleNamespace(ended=lambda id: (code, False))
        stream: Any = SimpleNamespace(socket=near)
        return Running(engine, "id", stream, shell), far

    yield make
    for end in ends:
        end.close()


def test_it_has_ended_when_its_streams_have(running: Any) -> None:
    made, far = running(3)
    assert made.heard() is None and made.reap() is None
    far.sendall(b"on")
    assert made.heard() == b"on" and made.reap() is None
    far.close()
    assert made.heard() is None and made.reap()[:2] == (3, None)


@pytest.mark.parametrize(
    "code, shell, end",
    [
        (0, False, (0, None)),
        (139, False, (None, 11)),
        (139, True, (139, None)),
        (128, False, (128, None)),
        (255, False, (255, None)),
        (None, False, (None, None)),
    ],
)
def test_a_number_above_128_is_a_signal_unless_a_shell_said_it(
    running: Any, code: int | None, shell: bool, end: tuple[int | None, int | None]
) -> None:
    made, far = running(code, shell)
    far.close()
    made.heard()
    assert made.reap()[:2] == end
