"""Functions that do to their process what a process of its own must bear."""

from __future__ import annotations

import ctypes
import os
import sys
import threading
import time
from collections.abc import Callable

seen = 0


def count(n: int = 0) -> int:
    global seen
    seen += 1
    return n + seen


def moves() -> str:
    os.environ["MOVED"] = "yes"
    os.chdir("/")
    return os.getcwd()


def stays() -> bool:
    return "MOVED" not in os.environ and os.path.exists("pipeline.toml")


def crash() -> None:
    ctypes.string_at(0)


def gone() -> None:
    os._exit(9)


def says() -> None:
    sys.exit("no data")


def unkept() -> Callable[[], int]:
    return lambda: 0


def slow() -> None:
    time.sleep(100)


def threads() -> int:
    found: list[int] = []
    made = [threading.Thread(target=found.append, args=(n,)) for n in range(4)]
    for each in made:
        each.start()
    for each in made:
        each.join()
    threading.Thread(target=time.sleep, args=(100,), daemon=True).start()
    return len(found)


def square(number: int) -> int:
    return number * number


def total(square: list[int]) -> int:
    return sum(square)


def own() -> str:
    return os.environ["OWN"]


def note() -> None:
    print(os.environ["RUNNER_FAILED_STEP"])
