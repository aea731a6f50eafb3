"""Syncs a file in groups, behind the back of who writes it: a power cut loses at most the last tenth of a second."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable

EVERY = 0.1  # seconds


class Syncer:
    """A thread that syncs a descriptor some time after `soon`; it begins with the first call, then sleeps between."""

    def __init__(self, fd: int, amiss: Callable[[], bool] = lambda: False) -> None:
        """amiss: asked with each sync; once it said so, `found` is true."""
        self._fd, self._amiss = fd, amiss
        self.found = False
        self._dirty, self._over = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._fault: OSError | None = None

    def soon(self) -> None:
        """Something was written. Raises OSError: what was written before could not be brought to the disk."""
        self._tell()
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="journal-sync", daemon=True)
            self._thread.start()
        if not self._dirty.is_set():  # to set it wakes the thread
            self._dirty.set()

    def now(self) -> None:
        """Sync, and come back when it is done. Raises OSError."""
        self._tell()
        self._dirty.clear()
        os.fdatasync(self._fd)

    def _tell(self) -> None:
        """The kernel tells of a failed sync once: whoever asks afterwards would hear that all is well."""
        if self._fault is not None:
            raise self._fault

    def stop(self) -> None:
        """End the thread; what it had not synced yet is left to `now`."""
        self._over.set()
        self._dirty.set()
        if self._thread is not None:
            self._thread.join()

    def _work(self) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())  # signals are the main thread's
        while not self._over.is_set():
            self._dirty.wait()
            if self._over.wait(EVERY):
                return
            self._dirty.clear()
            try:
                os.fdatasync(self._fd)
                self.found = self.found or self._amiss()
            except OSError as error:  # for the writer, who comes by next
                self._fault = error
                return
