"""Processes of steps: start one in a session of its own, wait for it, end all that it left (N41, N42)."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import signal
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

_DEFAULTS = [s for s in signal.valid_signals() if s not in (signal.SIGKILL, signal.SIGSTOP)]
_LINUX = sys.platform.startswith("linux")


class Process(NamedTuple):
    """A started command: its pid is also the id of its session and process group; pidfd is -1 where there is none."""

    pid: int
    pidfd: int
    via: str = "fresh"

    def reap(self) -> Exit | None:
        """The end of the command itself, None while it runs. Must not be called again after an end."""
        return reap(self)

    def withdrawn(self) -> bool:
        """Take the start back; False: it has begun."""
        return False

    def result(self) -> bytes | None:
        """What a Python step gave, where that is no file."""
        return None

    def closed(self) -> Process:
        """Give the descriptor back; what is still to be known of it."""
        if self.pidfd >= 0:
            os.close(self.pidfd)
        return self._replace(pidfd=-1)


class Exit(NamedTuple):
    """How a command ended: code or signal, and what it used (seconds, bytes)."""

    code: int | None
    signal: int | None
    user_s: float
    sys_s: float
    max_rss: int


class Member(NamedTuple):
    """A line of the process table."""

    pid: int
    parent: int
    group: int
    session: int
    state: str
    started: int


def seal() -> None:
    """Make this process fit to start steps: 0, 1, 2 are open, nothing else is inherited, children can be waited for.

    Call it once, before the first spawn (N41: a step has no descriptors but 0, 1, 2).
    """
    while True:
        fd = os.open(os.devnull, os.O_RDWR)
        if fd > 2:
            os.close(fd)
            break
        os.set_inheritable(fd, True)
    for folder in ("/proc/self/fd", "/dev/fd"):
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        for name in names:
            if name.isdigit() and int(name) > 2:
                with contextlib.suppress(OSError):  # the descriptor of listdir itself is gone by now
                    os.set_inheritable(int(name), False)
        break
    if signal.getsignal(signal.SIGCHLD) == signal.SIG_IGN:  # else the kernel throws the exit codes away
        with contextlib.suppress(ValueError):  # not the main thread
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def spawn(
    program: str,
    argv: list[str],
    env: Mapping[str, str],
    out: int | str,
    cwd: str,
    more: tuple[int, int] | None = None,
) -> Process:
    """Start `program` in a new session with stdin at its end and `out` as stdout and stderr; raises OSError.

    out: a descriptor, or the path of a file that is there, to be appended to;
    more: a descriptor of ours that it has too, and under which number.

    posix_spawn has no working directory, so this process goes there for the moment of the call.
    """
    if isinstance(out, str):
        first: tuple[Any, ...] = (os.POSIX_SPAWN_OPEN, 1, out, os.O_WRONLY | os.O_APPEND, 0)
    else:
        first = (os.POSIX_SPAWN_DUP2, out, 1)
    actions = [(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0), first, (os.POSIX_SPAWN_DUP2, 1, 2)]
    if more is not None:
        actions.append((os.POSIX_SPAWN_DUP2, *more))
    back = _go(cwd)
    try:
        pid = os.posix_spawn(program, argv, env, file_actions=actions, setsid=True, setsigmask=(), setsigdef=_DEFAULTS)
    finally:
        if back >= 0:
            os.fchdir(back)
            os.close(back)
    pidfd = -1
    if hasattr(os, "pidfd_open"):
        with contextlib.suppress(OSError):
            pidfd = os.pidfd_open(pid)
    return Process(pid, pidfd)


def _go(cwd: str) -> int:
    """Change to `cwd`; a descriptor of the folder to come back to, or -1 when we are there already."""
    with contextlib.suppress(OSError):
        if os.getcwd() == cwd:
            return -1
    back = os.open(".", os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    try:
        os.chdir(cwd)
    except OSError:
        os.close(back)
        raise
    return back


def reap(process: Process) -> Exit | None:
    """The end of the command itself, None while it runs. Must not be called again after an end."""
    try:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
    except ChildProcessError:  # somebody else waited for it: it ended, nobody knows how
        return Exit(None, None, 0.0, 0.0, 0)
    if pid == 0:
        return None
    return exit_of(status, usage.ru_utime, usage.ru_stime, usage.ru_maxrss)


def exit_of(status: int, user_s: float, sys_s: float, rss: int) -> Exit:
    """An end as the system tells it."""
    rss = rss if sys.platform == "darwin" else rss * 1024
    if os.WIFSIGNALED(status):
        return Exit(None, os.WTERMSIG(status), user_s, sys_s, rss)
    return Exit(os.WEXITSTATUS(status), None, user_s, sys_s, rss)


def anything_left(session: int, probe: int) -> bool:
    """May there be processes in the session or group of an ended leader? False is certain, True may be zombies.

    probe: a descriptor of /dev/null that serves nothing else.

    Linux refuses F_SETOWN to a number that no process, group or session bears: one call instead of a look at all of
    /proc, and unlike killpg it sees a child that changed its group.
    """
    if not _LINUX:
        with contextlib.suppress(OSError):
            os.killpg(session, 0)
            return True
        return False
    try:
        fcntl.fcntl(probe, fcntl.F_SETOWN, session)
    except OSError as error:
        return error.errno != errno.ESRCH
    return True


def table() -> list[Member]:
    """All processes; empty where there is no /proc."""
    found: list[Member] = []
    try:
        names = os.listdir("/proc")
    except OSError:
        return found
    for name in names:
        if not name.isdigit():
            continue
        try:
            fd = os.open("/proc/" + name + "/stat", os.O_RDONLY)
        except OSError:
            continue
        try:
            text = os.read(fd, 4096)
        except OSError:
            continue
        finally:
            os.close(fd)
        part = text[text.rfind(b")") + 2 :].split()
        if len(part) > 19:
            found.append(
                Member(int(name), int(part[1]), int(part[2]), int(part[3]), part[0].decode("ascii"), int(part[19]))
            )
    return found


def of_session(session: int, members: Iterable[Member]) -> list[Member]:
    """The living members of a session or group (a zombie is not alive)."""
    return [m for m in members if (m.session == session or m.group == session) and m.state not in "ZX"]


def descendants(roots: Iterable[int], members: Sequence[Member]) -> list[Member]:
    """The living processes below `roots`, those that started a session of their own included."""
    below: dict[int, list[Member]] = {}
    for member in members:
        below.setdefault(member.parent, []).append(member)
    found: list[Member] = []
    seen = set(roots)
    todo = list(seen)
    while todo:
        for member in below.get(todo.pop(), ()):
            if member.pid not in seen:
                seen.add(member.pid)
                todo.append(member.pid)
                if member.state not in "ZX":
                    found.append(member)
    return found


def still(members: Iterable[Member], now: Sequence[Member]) -> list[Member]:
    """Those of `members` that are still the same living process."""
    alive = {(m.pid, m.started) for m in now if m.state not in "ZX"}
    return [m for m in members if (m.pid, m.started) in alive]


def send(members: Iterable[Member], number: int) -> None:
    """Send a signal to each; who is gone or not ours is passed over."""
    for member in members:
        with contextlib.suppress(OSError):
            os.kill(member.pid, number)


def send_group(group: int, number: int) -> None:
    """Send a signal to a process group, each member once."""
    with contextlib.suppress(OSError):
        os.killpg(group, number)


def oom_kills(groups: str = "/proc/self/cgroup", root: str = "/sys/fs/cgroup") -> int:
    """How many processes of our control group the kernel has killed for want of memory; 0 where it does not say."""
    try:
        with open(groups, encoding="utf-8") as file:
            lines = [line.rstrip("\n").split(":", 2) for line in file]
    except OSError:
        return 0
    for _, kinds, group in lines:
        if kinds and "memory" not in kinds.split(","):
            continue
        above, name = (os.path.join(root, "memory"), "memory.oom_control") if kinds else (root, "memory.events")
        for place in (above + group, above):  # in a container ours is the topmost
            with contextlib.suppress(OSError, ValueError, StopIteration), open(os.path.join(place, name)) as file:
                return next(int(line.split()[1]) for line in file if line.startswith("oom_kill "))
    return 0


def marked(variable: str, members: Iterable[Member]) -> list[Member]:
    """Those of the processes that were started with a variable, written NAME=value; foreign ones are passed over."""
    mark = b"\0" + os.fsencode(variable) + b"\0"
    found = []
    for member in members:
        try:
            with open(f"/proc/{member.pid}/environ", "rb") as file:
                if mark in b"\0" + file.read():
                    found.append(member)
        except OSError:
            continue
    return found


def far(leader: int, now: Sequence[Member], variable: str) -> list[Member]:
    """What a command started outside its session, orphans included: those still carry the variable NAME=value."""
    found = {m.pid: m for m in descendants([leader], now) if m.session != leader}
    since = next((m.started for m in now if m.pid == leader), 0)
    rest = [m for m in now if m.session != leader and m.started >= since and m.pid not in found]
    return [*found.values(), *marked(variable, rest)]


def survivors(run: str) -> list[Member]:
    """Living processes of a run whose driver is gone: its steps carry RUNNER_RUN_ID, their sessions and children go
    with them (N42: `--resume` ends them before it starts anything)."""
    members = [m for m in table() if m.pid != os.getpid() and not _contained(m.pid)]
    ours = {m.pid: m for m in marked(f"RUNNER_RUN_ID={run}", members)}
    own = os.getsid(0)
    sessions = {m.session for m in ours.values() if m.session != own}
    found = {m.pid: m for m in members if m.state not in "ZX" and (m.pid in ours or m.session in sessions)}
    for member in descendants(list(found), members):
        found[member.pid] = member
    above = _ancestors(os.getpid(), {m.pid: m for m in table()})
    return [m for m in found.values() if m.pid not in above]


def _contained(pid: int) -> bool:
    """Whether a process is that of a container, which others end."""
    try:
        return os.readlink(f"/proc/{pid}/ns/pid") != os.readlink("/proc/self/ns/pid")
    except OSError:
        return False


def _ancestors(pid: int, members: Mapping[int, Member]) -> set[int]:
    found = {pid}
    while pid in members and members[pid].parent not in found:
        pid = members[pid].parent
        found.add(pid)
    return found


def end_run(run: str, grace: float = 5.0) -> int:
    """End what is still alive of a run (TERM, grace, KILL) and wait until it is gone; how many there were."""
    import time

    found = survivors(run)
    count = len(found)
    send(found, signal.SIGTERM)
    limit = time.monotonic() + grace
    while found:
        time.sleep(0.02)
        found = survivors(run)
        if time.monotonic() > limit:
            send(found, signal.SIGKILL)
    return count
