"""A module that does at its import what large libraries do: threads, variables, handlers, descriptors, output."""

import atexit
import os
import signal
import socket
import sys
import threading
import warnings

os.environ["OMP_NUM_THREADS"] = "1"
os.environ.setdefault("KMP_INIT_AT_FORK", "FALSE")
signal.signal(signal.SIGTERM, signal.SIG_IGN)
sys.setrecursionlimit(5000)
sys.path.append("/opt/heavy")
os.umask(0o077)
print("heavy: loading")
warnings.warn("heavy is old", stacklevel=1)
stop = threading.Event()
pool = [threading.Thread(target=stop.wait, daemon=True) for _ in range(4)]
for one in pool:
    one.start()
held = socket.socketpair()
lock = threading.Lock()
lock.acquire()
atexit.register(stop.set)


def works(size: int = 2) -> int:
    assert all(one.is_alive() for one in pool), "the threads of the import are gone"
    return size + 1
