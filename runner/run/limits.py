"""How many attempts this machine lets one driver run at once (N41)."""

from __future__ import annotations

import os
import resource

SPARE = 48  # descriptors that the driver itself needs, with its fork servers
EACH = 6  # descriptors of one attempt: log to read and to write, pipe twice; pidfd, or two of a forked one


def processors() -> int:
    """Processors that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS
        return os.cpu_count() or 1


def allowed(wanted: int) -> int:
    """`wanted`, or less where descriptors or processes would not suffice; at least 1."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted
    if soft != resource.RLIM_INFINITY:
        most = min(most, (soft - SPARE) // EACH)
    procs, _ = resource.getrlimit(resource.RLIMIT_NPROC)
    if procs != resource.RLIM_INFINITY and os.getuid() != 0:
        most = min(most, procs // 4)
    return max(1, most)
