"""What this machine has for steps: processors, memory, graphics processors, as far as this process may use them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import PurePosixPath

from runner.run.limits import processors

CGROUPS, PROC, DEV = "/sys/fs/cgroup", "/proc", "/dev"
ENDLESS = 1 << 60  # bytes: a limit that cgroup v1 writes where there is none


def capacity(env: Mapping[str, str]) -> dict[str, float]:
    """`cpu` in processors, `memory` in bytes, `gpu` in devices; what can't be known is missing."""
    found: dict[str, float] = {"cpu": processors(), "gpu": devices(env)}
    quota = cpu_quota()
    if quota is not None:
        found["cpu"] = min(found["cpu"], quota)
    room = memory()
    if room is not None:
        found["memory"] = room
    return found


def jobs() -> int:
    """Attempts at once where nobody said how many: one a processor that we may use."""
    quota = cpu_quota()
    return processors() if quota is None else max(1, min(processors(), -int(-quota // 1)))


def devices(env: Mapping[str, str], dev: str = DEV) -> int:
    """Graphics processors: those that CUDA_VISIBLE_DEVICES shows (up to a -1, as CUDA reads it), else NVIDIA's."""
    shown = env.get("CUDA_VISIBLE_DEVICES")
    if shown is not None:
        count = 0
        for word in shown.split(","):
            if not word.strip() or word.strip().startswith("-"):
                break
            count += 1
        return count
    try:
        names = os.listdir(dev)
    except OSError:
        return 0
    return sum(name.startswith("nvidia") and name.removeprefix("nvidia").isdigit() for name in names)


def memory(cgroups: str = CGROUPS, proc: str = PROC) -> int | None:
    """Bytes of memory: the machine's, or the least that a control group around us allows."""
    found: list[int] = []
    with suppress(OSError, ValueError):
        found.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    for version, folder in groups("memory", cgroups, proc):
        text = _read(f"{folder}/memory.max" if version == 2 else f"{folder}/memory.limit_in_bytes")
        if text.isdigit() and int(text) < ENDLESS:
            found.append(int(text))
    return min((one for one in found if one > 0), default=None)


def cpu_quota(cgroups: str = CGROUPS, proc: str = PROC) -> float | None:
    """Processors' worth of time that control groups around us allow; None where they don't say."""
    found: list[float] = []
    for version, folder in groups("cpu", cgroups, proc):
        if version == 2:
            words = _read(f"{folder}/cpu.max").split()
        else:
            words = [_read(f"{folder}/cpu.cfs_quota_us"), _read(f"{folder}/cpu.cfs_period_us")]
        if len(words) == 2 and all(word.isdigit() and int(word) > 0 for word in words):
            found.append(int(words[0]) / int(words[1]))
    return min(found, default=None)


def groups(controller: str, cgroups: str = CGROUPS, proc: str = PROC) -> list[tuple[int, str]]:
    """(version, folder) of the control groups that we are in, inner ones first. In a container the path that the
    kernel tells may be one of the host; the folder at the top is ours then."""
    found: list[tuple[int, str]] = []
    for line in _read(f"{proc}/self/cgroup").splitlines():
        number, _, rest = line.partition(":")
        names, _, path = rest.partition(":")
        if number == "0" and not names:
            version, top = 2, cgroups
        elif controller in names.split(","):
            version, top = 1, f"{cgroups}/{names}" if os.path.isdir(f"{cgroups}/{names}") else f"{cgroups}/{controller}"
        else:
            continue
        inner = PurePosixPath(path.lstrip("/"))
        around = [part for part in (inner, *inner.parents) if ".." not in part.parts]
        found += [(version, top if str(part) == "." else f"{top}/{part}") for part in around]
    return found


def _read(path: str) -> str:
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return ""
