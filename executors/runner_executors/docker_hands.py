"""Threads that wait for the engine: who drives steps never does, and an engine is asked for several things at once."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any

COUNT = 4


class Hands:
    """What is given to `do` is done meanwhile; `fileno` is readable when some of it has been."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(COUNT, thread_name_prefix="docker")
        self._near, self._far = os.pipe()
        os.set_blocking(self._near, False)
        os.set_blocking(self._far, False)

    def fileno(self) -> int:
        """To wait for."""
        return self._near

    def do(self, what: Callable[..., Any], *given: Any) -> Future[Any]:
        """Have a function called; its result, or what it raised."""
        future = self._pool.submit(what, *given)
        future.add_done_callback(self._done)
        return future

    def heard(self) -> None:
        """The word of it has come."""
        with suppress(BlockingIOError):
            os.read(self._near, 1 << 10)

    def close(self) -> None:
        """Wait until all is done."""
        self._pool.shutdown()
        os.close(self._near)
        os.close(self._far)

    def _done(self, _: Future[Any]) -> None:
        with suppress(BlockingIOError):  # so full of words that one more says nothing new
            os.write(self._far, b".")
