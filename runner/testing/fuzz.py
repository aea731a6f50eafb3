"""`check`, `explain`, `plan` and `render` of files that nobody meant: problems or an answer, never a fault.

`python -m runner.testing.fuzz --count 100000`, in a checkout. Every number is a case, the same each time; it is a fault
when the verb raises what is no problem, takes longer than SECONDS, writes, starts a program other than git, talks to
anybody but a Docker Engine, or runs a line of Python of the project.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import signal
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from typing import Any, NamedTuple

from runner.testing.mutate import Case, case

SECONDS = 10  # no case may take longer; the slowest of all take tenths of one
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
ACTS = (
    *("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod", "os.utime"),
    *("os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.system", "os.startfile", "os.kill"),
    *("subprocess.Popen", "socket.connect", "socket.sendto"),
)
"""What none of these verbs does: words of the interpreter's own audit."""
CLUSTER = """
extends = "std:argo"
[executor]
image = "example.org/image:1"
"""


class Stop(BaseException):
    """What a verb may not do, or not for so long; no `except Exception` may swallow it."""


class Fault(NamedTuple):
    """A number whose verb did what it may not: the words, the file, and how it ended."""

    number: int
    words: tuple[str, ...]
    made_of: str
    text: str


class Guard:
    """Watches what the process does while a verb is at work in a folder. One a process: a hook can't be taken out."""

    _one: Guard | None = None

    def __init__(self) -> None:
        self.home: str | None = None
        self.own = True  # whether Python of the project counts as the user's
        sys.addaudithook(self._hear)

    @classmethod
    def of_process(cls) -> Guard:
        """The guard of this process."""
        if cls._one is None:
            cls._one = cls()
        return cls._one

    @contextmanager
    def over(self, home: Path) -> Iterator[None]:
        """Stop whatever the work inside does beside reading. Plug-ins that the project has registered are imported."""
        self.home = str(home) + os.sep
        project = home / "runner.toml"
        self.own = not (project.exists() and "[plugins" in project.read_text("utf-8"))
        try:
            yield
        finally:
            self.home = None

    def _hear(self, event: str, given: tuple[Any, ...]) -> None:
        if self.home is None:
            return
        if event == "open":
            path, _, flags = given
            if isinstance(flags, int) and flags & WRITES and path != os.devnull and not str(path).endswith(".pyc"):
                raise Stop(f"writes {path}")
        elif event == "exec" and self.own:
            name = str(getattr(given[0], "co_filename", ""))
            if name.startswith(self.home):
                raise Stop(f"runs {name}")
        elif event in ACTS and not _asks(event, given):
            raise Stop(f"does {event}: {given!r:.300}")


def _asks(event: str, given: tuple[Any, ...]) -> bool:
    """Whether it only asks: git for `${git.X}`, the engine for the images of steps that may be cached."""
    if event == "subprocess.Popen":
        return os.path.basename(str(given[0])) == "git"
    return event == "socket.connect" and str(given[1]).endswith("docker.sock")


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Stop what takes longer. Only for the main thread of a process."""

    def stop(*_: Any) -> None:
        raise Stop(f"takes longer than {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class Fuzz:
    """Runs cases in copies of the projects that they were made of, below `home`."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.ends: dict[str, int] = {}  # "verb exit code" -> how many
        self._copies: dict[Path | None, Path] = {}

    def run(self, number: int) -> Fault | None:
        """One case; the fault, if it is one."""
        verb = ("check", "check", "check", "explain", "plan", "render")[number % 6]
        made = case(number, mild=verb != "check" and number % 4 != 3)
        project = self._project(made.seed.folder)
        words = self._words(number, verb, made, project)
        os.chdir(project)
        try:
            with Guard.of_process().over(project), limited(SECONDS):
                code = _said(words)
            self.ends[f"{words[0]} {code}"] = self.ends.get(f"{words[0]} {code}", 0) + 1
            return None
        except (Exception, Stop):
            return Fault(number, words, made.seed.name, traceback.format_exc())

    def _project(self, folder: Path | None) -> Path:
        if folder not in self._copies:
            copy = self._copies[folder] = self.home / str(len(self._copies))
            if folder is None:
                copy.mkdir(parents=True)
            else:
                skipped = shutil.ignore_patterns(".runner", ".venv", "__pycache__")
                shutil.copytree(folder, copy, ignore=skipped, symlinks=True)
            (copy / "profiles").mkdir(exist_ok=True)
            (copy / "profiles" / "fuzzed-cluster.toml").write_text(CLUSTER)
        return self._copies[folder]

    def _words(self, number: int, verb: str, made: Case, project: Path) -> tuple[str, ...]:
        """Put the files there; the words that ask for them."""
        others = sorted(path.name for path in project.glob("*.toml") if path.name not in ("fuzzed.toml", "runner.toml"))
        where: tuple[str, ...] = ("--profile", "fuzzed-cluster") if verb == "render" else ()
        more = ("--json",) if number % 4 == 0 and verb != "render" else ()
        if made.seed.role == "profile" and others and number % 12 < 10:
            (project / "profiles" / "fuzzed.toml").write_bytes(made.data)
            cluster = ("--set", "executor.type=argo", "--set", "executor.image=a") if verb == "render" else ()
            return verb, others[number % len(others)], "--profile", "fuzzed", *cluster, *more
        (project / "fuzzed.toml").write_bytes(made.data)
        return verb, "fuzzed.toml", *where, *more


def _said(words: tuple[str, ...]) -> int:
    """The exit code of the verb, as the command gives it; raises what the command would call a fault of its own."""
    from runner import cli
    from runner.text.diagnostics import Refused
    from runner.text.trouble import trouble

    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            code = cli._dispatch(list(words))
        except Refused as refused:
            cli.show(refused.problems)
            code = refused.exit_code
        except OSError as refusal:
            if trouble(refusal) is None:
                raise
            code = cli.ENVIRONMENT
    if "--json" in words and code == 0:
        import json

        json.loads(out.getvalue())
    if code not in (0, 2, 3, 4, 5):
        raise Stop(f"exit code {code}")
    if code and not err.getvalue() and "--json" not in words:
        raise Stop(f"exit code {code} without a word")
    return code


def main() -> int:
    """Run the numbers that were asked for; prints each fault, then how the verbs ended; 1 if there was a fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="how many cases (1000)")
    parser.add_argument("--from", type=int, default=0, dest="first", help="the first number (0)")
    args = parser.parse_args()
    faults = 0
    with tempfile.TemporaryDirectory() as below:
        os.environ.update(HOME=f"{below}/nobody", XDG_CONFIG_HOME=f"{below}/nobody", NO_COLOR="1")
        fuzz = Fuzz(Path(below))
        for number in range(args.first, args.first + args.count):
            if fault := fuzz.run(number):
                faults += 1
                print(f"case {number}: runner {' '.join(fault.words)} ({fault.made_of})\n{fault.text}", flush=True)
            if number % 5000 == 4999:
                print(f"{number + 1 - args.first} cases, {faults} faults", file=sys.stderr, flush=True)
        os.chdir("/")
    ends = ", ".join(f"{end}: {count}" for end, count in sorted(fuzz.ends.items()))
    print(f"{args.count} cases, {faults} faults; {ends}")
    return 1 if faults else 0


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        sys.exit(main())
