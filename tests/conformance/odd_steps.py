"""What a run of odd steps is made of: functions that do what functions should not, and steps that watch them."""

import ctypes
import os
import random
import resource
import signal
import sys
import threading
import time

STATE: list[str] = []  # what one step leaves here, no other may see


def calm() -> dict[str, object]:
    """What of a process another step must not have touched."""
    limits = [resource.getrlimit(kind) for kind in (resource.RLIMIT_AS, resource.RLIMIT_NOFILE, resource.RLIMIT_CORE)]
    mask = os.umask(0)
    os.umask(mask)
    return {
        "cwd": os.getcwd(),
        "environment": {k: v for k, v in os.environ.items() if not k.startswith("RUNNER_") and k != "_"},
        "umask": mask,
        "limits": limits,
        "terminating": str(signal.getsignal(signal.SIGTERM)),
        "threads": threading.active_count(),
        "recursion": sys.getrecursionlimit(),
        "state": list(STATE),
        "path": list(sys.path),
        "stdout": sys.stdout.fileno(),
    }


def beside() -> object:
    """Lives before, during and after all odd steps."""
    before = calm()
    end = time.monotonic() + 60
    while not os.path.exists("all-have-ended"):
        assert time.monotonic() < end, "the odd steps did not end"
        time.sleep(0.02)
    assert calm() == before, (before, calm())
    return before


def later(beside: object) -> bool:
    """Begins when they all have ended: a process like the one that began before them."""
    import json

    return json.loads(json.dumps(calm())) == beside


def leaves_through_os_exit() -> None:
    print("before it left")
    os._exit(3)


def leaves_through_os_exit_with_0() -> None:
    os._exit(0)


def leaves_with_0_but_owes_a_return() -> int:
    os._exit(0)


def leaves_through_a_thread() -> None:
    thread = threading.Thread(target=lambda: os._exit(5))
    thread.start()
    thread.join()


def reads_address_0() -> None:
    ctypes.string_at(0)


def aborts() -> None:
    os.abort()


def crashes_on_the_way_out() -> None:
    import atexit

    atexit.register(ctypes.string_at, 0)


def wants_it_all() -> bytes:
    return b"a" * (1 << 60)


def fills_its_address_space() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (200 << 20, 200 << 20))
    found = []
    while True:
        found.append(f"x{len(found)}")  # small pieces: at the end there is none left


def fills_its_descriptors() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
    found = []
    while True:
        found.append(open(os.devnull))


def changes_its_folder() -> str:
    STATE.append("folder")
    os.chdir("/")
    sys.path.insert(0, "/nowhere")
    return os.getcwd()


def changes_its_environment() -> None:
    os.environ.clear()
    os.environ["MARK"] = "changed"
    os.environ["PATH"] = "/nowhere"


def changes_its_process() -> None:
    os.umask(0o777)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.setrecursionlimit(200)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    random.seed(1)


def exits_with_text() -> None:
    sys.exit("no data for 2026")


def returns_a_lock() -> object:
    return threading.Lock()


def returns_a_generator() -> object:
    return (n for n in range(3))


def returns_a_set() -> object:
    return {1, 2}


def returns_while_a_thread_works() -> int:
    def work() -> None:
        time.sleep(0.1)
        print("the thread is done")

    threading.Thread(target=work).start()
    return 1


def returns_while_a_daemon_works() -> int:
    threading.Thread(target=time.sleep, args=(300,), daemon=True).start()
    return 1


def has_a_thread_that_raises() -> None:
    def work() -> None:
        raise ValueError("raised in a thread")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def forks_and_returns_twice() -> int:
    return os.getpid() if os.fork() else 0


def closes_its_streams() -> None:
    sys.stdout.close()
    sys.stderr.close()
    os.close(1)
    os.close(2)
    raise ValueError("said to nobody")


class Mute(Exception):
    def __str__(self) -> str:
        raise TypeError


def raises_what_has_no_text() -> None:
    raise Mute


def computes_with_numpy() -> tuple[object, object]:
    import numpy

    square = numpy.ones((300, 300))
    return numpy.float32(0.5), (square @ square)[0, 0]
