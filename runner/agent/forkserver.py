"""The server of Python steps: a started interpreter that forks a process for each of them (`python child.py --serve`).

It runs in the user's Python and says one line of JSON on its socket (descriptor 3) when it is ready: `unsafe`, why it
must not be used or null; `watch`, files whose change makes it stale. What it is asked is one byte with descriptors:

R  run a step: where it prints, the pipe for its end, its slip (all that it must know, a file in memory)
W  fork into a server that has imported the module of a step: its socket, its slip
Q  end when the last step has ended; when the socket closes: at once

A slip is 16 bytes for the pid, 8 for `withdrawn`, 8 for the size of the result, and a table: `task`, `cwd`, `set`,
`unset`, `slip` (its path); the result takes the place of that. Level 0 has imported our code alone, level 1 the
user's module.
"""

from __future__ import annotations

import _socket
import contextlib
import gc
import json
import marshal
import os
import select
import stat
import sys

from runner.agent import ending, interpreter
from runner.agent.stamp import PADDING, Stamp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SIZE = 24  # where in a slip the size of the result stands
HEAD = 32  # where its table begins, as marshal writes it
_LONG = 1 << 20  # bytes of a result that is better a file
CONTROL = 3
_TOO_MANY = 1500  # files to watch


class Start:
    """The process of a step."""

    def __init__(self, child: Any, asked: dict[str, Any], plain: bool, since: str) -> None:
        self.task: dict[str, Any] = asked["task"]
        self._child, self._slip = child, asked["slip"]
        self._plain, self._since = plain, since

    def write(self, task: dict[str, Any], result: dict[str, Any]) -> None:
        """Leave the result in the slip of the driver; where it can't be reached, in the file."""
        data = json.dumps(result).encode("ascii")
        try:
            fd = os.open(self._slip, os.O_WRONLY) if len(data) < _LONG else -1
        except OSError:
            fd = -1
        if fd < 0:
            self._child.write(task, result)
            return
        os.pwrite(fd, data, HEAD)
        os.pwrite(fd, b"%d" % len(data), SIZE)  # last: a part of a result is none
        os.close(fd)

    def end(self, code: int) -> int:
        """End with a code: at once where nothing can be lost by it, else by what this gives to sys.exit."""
        return ending.end(code, self._plain, self._since)


class Server:
    """What the loop knows: its socket, and by pidfd the processes that it forked and the pipes to tell their ends."""

    def __init__(self, child: Any, ours: Any) -> None:
        self.child, self.ours = child, ours
        self.level = 0
        self.plain = True  # nothing was made before the fork that only a full end would care for
        self.retired = False
        self.libraries = interpreter.libraries()
        self.finders: list[Any] = []
        self.last = ending.last()
        self.stamp = Stamp()
        self._listen()

    def _listen(self) -> None:
        self.control = _socket.socket(fileno=CONTROL)
        self.children: dict[int, tuple[int, int]] = {}
        self.reserve: tuple[int, Any] = (0, None)
        self.poll = select.poll()
        self.poll.register(CONTROL, select.POLLIN)

    def greet(self, unsafe: str | None, watch: list[str]) -> None:
        """Say the line; who is unsafe ends."""
        if unsafe is None and len(watch) > _TOO_MANY:
            unsafe = "it imports more files of the project than can be watched"
        line = {"unsafe": unsafe, "watch": [] if unsafe else [[path, signature(path)] for path in watch]}
        try:
            self.control.sendall(json.dumps(line).encode("ascii") + b"\n")
        except OSError:
            os._exit(0)
        if unsafe is not None:
            os._exit(0)

    def turn(self) -> Start | None:
        """Wait and do what there is; in the process of a step: its start."""
        ready = [fd for fd, _ in self.poll.poll()]
        for fd in ready:
            if fd != CONTROL:
                self.reap(fd)
        if self.retired and not self.children:
            os._exit(0)
        start = self.asked() if CONTROL in ready else None  # from here on this may be another process
        return start or self.prepare()

    def asked(self) -> Start | None:
        """Do what the driver asks."""
        what, fds = received(self.control)
        if not what and not self.retired:
            self._abandoned()
        if not what:
            self.poll.unregister(CONTROL)
        self.retired = self.retired or what == b"Q"
        if (what, len(fds)) == (b"R", 3) and spare():
            return self.run(*fds)
        if (what, len(fds)) == (b"W", 2) and spare():
            self.warm(*fds)
        else:  # too many files are open here: the driver sees the pipe close, the step has never run
            for fd in fds:
                os.close(fd)
        return None

    def _abandoned(self) -> None:
        """The driver is gone: steps go on without us; who may still be importing a module must not."""
        for pid, report in self.children.values():
            if report < 0:
                os.kill(pid, 9)
        os._exit(0)

    def run(self, out: int, report: int, slip: int) -> Start | None:
        """Hand a step to the process in reserve, or fork one."""
        pid = self.hand(out, slip)
        try:
            pid = pid or os.fork()
        except OSError:
            for fd in (out, report, slip):
                os.close(fd)
            return None
        if pid:
            os.close(out)
            os.close(slip)
            self.keep(pid, report)
            return None
        os.setsid()
        self.shut(report)
        return self.begin(out, slip)

    def hand(self, out: int, slip: int) -> int:
        """Wake the process in reserve; its pid, 0 where there is none."""
        pid, line = self.reserve
        if line is None:
            return 0
        self.reserve = 0, None
        try:
            packed = b"".join(fd.to_bytes(4, sys.byteorder) for fd in (out, slip))
            line.sendmsg([b"R"], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, packed)])
        except OSError:  # somebody killed it
            os.waitpid(pid, 0)
            pid = 0
        line.close()
        return pid

    def prepare(self) -> Start | None:
        """Fork a process in reserve, while nobody waits: the next step need not wait for that. It waits for its own."""
        if self.reserve[1] is not None or self.retired or not spare():
            return None
        try:
            line, theirs = _socket.socketpair(_socket.AF_UNIX, _socket.SOCK_STREAM)
        except OSError:
            return None
        try:
            pid = os.fork()
        except OSError:
            pid = -1
        if pid:
            theirs.close()
            if pid > 0:
                self.reserve = pid, line
            else:
                line.close()
            return None
        os.setsid()
        line.close()
        self.shut()
        self.rehearse()
        fds = received(theirs)[1]
        if len(fds) != 2:
            os._exit(0)
        theirs.close()
        return self.begin(*fds)

    def rehearse(self) -> None:
        """In the process in reserve: run a task that does nothing, so that the pages it needs are its own by then."""
        known, argv = type(sys)("rehearsal"), sys.argv
        known.__file__, known.same = "", same  # type: ignore[attr-defined]
        sys.modules["rehearsal"], sys.argv = known, [""]
        returns = [{"name": "n", "kind": "json"}]
        task = {"module": "rehearsal", "function": "same", "params": {"n": 1}, "objects": {}, "returns": returns}
        self.child.main(marshal.loads(marshal.dumps(task)), lambda _, result: json.dumps(result), self.ours, True)
        del sys.modules["rehearsal"]
        sys.argv = argv
        self.stamp.write(b"")
        ending.foreign(self.last)
        ending.finalised(gc.get_objects())

    def begin(self, out: int, slip: int) -> Start:
        """In the process of a step: become what it needs."""
        asked = told(slip)
        os.dup2(out, 1)
        os.dup2(out, 2)
        os.close(out)
        os.close(slip)
        if stat.S_ISFIFO(os.fstat(1).st_mode):
            for fd, name in ((1, "stdout"), (2, "stderr")):
                made = interpreter.stream(fd, getattr(sys, name))
                setattr(sys, name, made)
                setattr(sys, f"__{name}__", made)
        self.dress(asked)
        if self.level:
            self.renew()
            for finder in self.finders:
                finder.invalidate_caches()
        else:
            self.child.find_from(asked["task"])
        return Start(self.child, asked, self.plain, self.last)

    def warm(self, socket: int, slip: int) -> None:
        """Fork a server of level 1."""
        try:
            pid = os.fork()
        except OSError:
            pid = -1
        if pid:
            os.close(socket)
            os.close(slip)
            if pid > 0:
                self.keep(pid, -1)
            return
        os.setsid()
        asked = told(slip)
        os.dup2(socket, CONTROL)
        self.shut(socket, slip, control=False)
        self._listen()
        self.level = 1
        self.dress(asked)
        out = os.memfd_create("runner-import")
        os.dup2(out, 1)
        os.dup2(out, 2)
        os.close(out)
        known = set(sys.modules)
        imports = self.ours.imports
        interpreter.hide(known)
        found = imports.bring(self.child, asked["task"], self.libraries)
        printed = "its import prints" if os.fstat(1).st_size else None
        interpreter.silence()
        self.plain, self.finders = found.plain, imports.finders(asked["task"]["root"])
        self.last = ending.last()
        self.renew = self.ours.evidence.reseed
        self.greet(found.unsafe or printed, [*interpreter.sites(self.libraries), *found.watch])
        gc.freeze()

    def keep(self, pid: int, report: int) -> None:
        """Wait for the end of a process."""
        pidfd = os.pidfd_open(pid)
        self.children[pidfd] = pid, report
        self.poll.register(pidfd, select.POLLIN)

    def reap(self, pidfd: int) -> None:
        """Tell how a process ended, in one short line."""
        pid, report = self.children.pop(pidfd)
        self.poll.unregister(pidfd)
        os.close(pidfd)
        _, status, usage = os.wait4(pid, 0)
        if report < 0:
            return
        line = f"{pid} {status} {usage.ru_utime} {usage.ru_stime} {usage.ru_maxrss}\n"
        with contextlib.suppress(OSError):  # nobody wants to know any more
            os.write(report, line.encode("ascii"))
        os.close(report)

    def shut(self, *fds: int, control: bool = True) -> None:
        """In a forked process: close what is the server's."""
        self.control.detach()
        if self.reserve[1] is not None:
            self.reserve[1].close()
            self.reserve = 0, None
        for fd in (*fds, *self.children, *(report for _, report in self.children.values() if report >= 0)):
            os.close(fd)
        if control:
            os.close(CONTROL)

    def dress(self, asked: dict[str, Any]) -> None:
        """In a forked process: environment and folder of a step."""
        data: Any = os.environ._data  # type: ignore[attr-defined]
        for name in asked["unset"]:
            os.unsetenv(name)
            data.pop(name, None)
        for name, text in asked["set"].items():
            os.putenv(name, text)
        data.update(asked["set"])
        self.stamp.write(data.get(PADDING, b""))
        try:
            os.chdir(asked["cwd"])
        except OSError as error:
            os.write(2, f"{error.strerror}: {error.filename}\n".encode("utf-8", "replace"))
            os._exit(127)


def told(slip: int) -> dict[str, Any]:
    """In a forked process: say our pid, and read what to do; ends where that was withdrawn.

    The pid is written before the mark is read, and by the driver the mark before the pid is read: one sees the other.
    """
    os.pwrite(slip, b"%d" % os.getpid(), 0)
    data = os.pread(slip, os.fstat(slip).st_size, 0)
    if data[16:17] == b"w":
        os._exit(0)
    found: dict[str, Any] = marshal.loads(data[HEAD:])
    return found


def same(n: int) -> int:
    """What a rehearsal calls."""
    return n


def received(socket: Any) -> tuple[bytes, list[int]]:
    """A request and its descriptors; empty when the other side is gone."""
    try:
        what, packed, _, _ = socket.recvmsg(1, _socket.CMSG_SPACE(12), _socket.MSG_CMSG_CLOEXEC)
    except OSError:
        return b"", []
    given = [data for level, kind, data in packed if kind == _socket.SCM_RIGHTS]
    return what, [int.from_bytes(data[i : i + 4], sys.byteorder) for data in given for i in range(0, len(data) - 3, 4)]


def spare() -> bool:
    """Is there a descriptor left, for the pidfd?"""
    try:
        os.close(os.dup(CONTROL))
    except OSError:
        return False
    return True


def signature(path: str) -> list[int] | None:
    """What changes when a file does; None when there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return [found.st_mtime_ns, found.st_size, found.st_ino]


def serve(child: Any, ours: Any, known: set[str]) -> Start:
    """Serve until the driver is gone. Comes back in the process of a step. known: modules loaded before ours."""
    for name in ("convert", "values"):  # once, not in each step
        getattr(ours, name)
    interpreter.hide(known)
    try:
        unsafe = interpreter.unfit()
    except OSError:
        unsafe = "there is no /proc"
    interpreter.silence()
    child.prepare()
    server = Server(child, ours)
    server.greet(unsafe, interpreter.sites(server.libraries))
    gc.freeze()
    while True:
        start = server.turn()
        if start is not None:
            return start
