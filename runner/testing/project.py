"""A project for one test: files in a folder of its own, and the command run in it, as a process or in this one."""

from __future__ import annotations

import contextlib
import io
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from runner.testing.processes import left_over

MARK = "PROJECT_UNDER_TEST"  # not RUNNER_*: steps must inherit it
SOFTWARE = 70  # the exit code of a fault of the program itself
KEPT = ("PATH", "LD_LIBRARY_PATH", "SSL_CERT_FILE")  # what a project sees of the environment around the tests

Files = Mapping[str, str | bytes]


class Outcome(NamedTuple):
    """How a command ended and what it said. The helpers give the outcome itself, so that they can be chained."""

    code: int
    out: str
    err: str
    crash: str = ""  # the traceback of a fault of the program itself

    def exits(self, code: int) -> Outcome:
        assert self.code == code, f"exit code {self.code}, not {code}\n{self._said()}"
        return self

    def ok(self) -> Outcome:
        return self.exits(0)

    def says(self, *texts: str) -> Outcome:
        """Each text stands in stdout or stderr."""
        for text in texts:
            assert text in self.out or text in self.err, f"{text!r} was not said\n{self._said()}"
        return self

    def silent(self, *texts: str) -> Outcome:
        """None of the texts stands in stdout or stderr."""
        for text in texts:
            assert text not in self.out and text not in self.err, f"{text!r} was said\n{self._said()}"
        return self

    def json(self) -> Any:
        return json.loads(self.out)

    def nodes(self) -> dict[str, Any]:
        """Of a run as JSON: label -> what became of it."""
        return {node["label"]: node for node in self.json()["nodes"].values()}

    def statuses(self) -> dict[str, str]:
        """Of a run as JSON: label -> status."""
        return {label: node["status"] for label, node in self.nodes().items()}

    def _said(self) -> str:
        return f"--- stdout\n{self.out}\n--- stderr\n{self.err}\n{self.crash}"


class Project:
    """Files below `root`. Beside it, in the same `base`, an empty home and an empty folder for temporary files.

    `close` fails when a process was left behind or something was written outside `root`. Folders that a test expects to
    be written to, such as the home of a notebook's kernel, are named by `allow`."""

    def __init__(self, base: Path, files: Files | None = None, *, home: Files | None = None, folder: str = ".") -> None:
        """`folder`: where in a larger checkout the root is, such as `examples/one`."""
        self.base = base.resolve()
        self.checkout, self.home, self.tmp = (self.base / name for name in ("project", "home", "tmp"))
        self.root = self.checkout / folder
        for each in (self.root, self.home, self.tmp):
            each.mkdir(parents=True)
        self._mark = secrets.token_hex(8)
        self._running: list[subprocess.Popen[str]] = []
        self._allowed: set[str] = set()
        self.write(files or {})
        self._write(self.home, home or {})
        self._outside = self._seen()

    # files

    def write(self, files: Files) -> Project:
        """Write files below the root. Text that begins with a line break loses it and its indent; `#!`
        at the start makes a file executable."""
        self._write(self.root, files)
        return self

    def path(self, path: str) -> Path:
        return self.root / path

    def read(self, path: str) -> str:
        return self.path(path).read_text(encoding="utf-8")

    def exists(self, path: str) -> bool:
        return self.path(path).exists()

    def files(self, pattern: str = "**/*") -> list[str]:
        """The paths of all files that match, relative to the root, sorted."""
        return sorted(str(path.relative_to(self.root)) for path in self.root.glob(pattern) if path.is_file())

    def allow(self, *folders: str) -> Project:
        """`home` or `tmp`: may be written to."""
        self._allowed.update(folders)
        return self

    # commands

    def environment(self, env: Mapping[str, str | None] | None = None) -> dict[str, str]:
        """What a command sees: little of the environment around the tests, then `env`, where None takes a name away."""
        seen = {name: os.environ[name] for name in KEPT if name in os.environ}
        seen["PATH"] = os.path.dirname(sys.executable) + os.pathsep + seen.get("PATH", os.defpath)
        seen |= {
            "HOME": str(self.home),
            "TMPDIR": str(self.tmp),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            MARK: self._mark,
        }
        for name, value in (env or {}).items():
            if value is None:
                seen.pop(name, None)
            else:
                seen[name] = value
        return seen

    def popen(self, *words: str, env: Mapping[str, str | None] | None = None, **more: Any) -> subprocess.Popen[str]:
        """`runner WORDS` as a process in a session of its own; its streams are pipes, stdin is at its end.

        `more` goes to Popen."""
        options: dict[str, Any] = {
            "cwd": self.root,
            "env": self.environment(env),
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "text": True,
            "encoding": "utf-8",
            "errors": "backslashreplace",
            "start_new_session": True,
        } | more
        process: subprocess.Popen[str] = subprocess.Popen([*self.command(), *words], **options)
        self._running.append(process)
        return process

    def run(
        self,
        *words: str,
        env: Mapping[str, str | None] | None = None,
        stdin: str | None = None,
        timeout: float = 120,
        **more: Any,
    ) -> Outcome:
        """`runner WORDS` as a process, to its end."""
        if stdin is not None:
            more["stdin"] = subprocess.PIPE
        with self.popen(*words, env=env, **more) as process:
            try:
                out, err = process.communicate(stdin, timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                out, err = process.communicate()
                raise AssertionError(f"`runner {' '.join(words)}` ran for {timeout} s\n{out}\n{err}") from None
        return Outcome(process.returncode, out or "", err or "", self._crash(process.returncode))

    def cli(self, *words: str, env: Mapping[str, str | None] | None = None) -> Outcome:
        """`runner WORDS` in this process: quicker, for verbs that start nothing."""
        from runner.cli import main

        with self._inside(env), _Captured() as captured:
            code = main(list(words))
        return Outcome(code, captured.out, captured.err, self._crash(code))

    @staticmethod
    def command() -> list[str]:
        """The words that start the program; its own warnings are errors."""
        return [sys.executable, "-W", "error", "-m", "runner"]

    def wait(self, true: Callable[[], object], timeout: float = 30) -> None:
        """Until `true()`; fails after `timeout` seconds."""
        end = time.monotonic() + timeout
        while not true():
            assert time.monotonic() < end, f"still not so after {timeout} s"
            time.sleep(0.01)

    # the end

    def close(self) -> None:
        """Fails when processes were left behind or something was written outside the root."""
        leaked = [process.pid for process in self._running if process.poll() is None]
        for process in self._running:
            if process.pid in leaked:
                process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream is not None:
                    stream.close()
        left = left_over(f"{MARK}={self._mark}", self.base)
        written = sorted(path for path, stamp in self._seen().items() if self._outside.get(path) != stamp)
        shutil.rmtree(self.base, ignore_errors=True)
        assert not leaked, f"commands still ran at the end of the test: {leaked}"
        assert not left, f"processes were left behind: {left}"
        assert not written, f"written outside the project: {written}"

    def _seen(self) -> dict[str, int]:
        """What lies in the base outside the root and the allowed folders, with the time of its last change."""
        seen: dict[str, int] = {}
        for folder, names, files in os.walk(self.base):
            if Path(folder) == self.base:
                names[:] = [name for name in names if name != "project" and name not in self._allowed]
            for name in [*names, *files]:
                path = Path(folder, name)
                seen[str(path.relative_to(self.base))] = 0 if name in names else path.lstat().st_mtime_ns
        return seen

    @staticmethod
    def _write(folder: Path, files: Files) -> None:
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, str):
                text = textwrap.dedent(content[1:]) if content.startswith("\n") else content
                content = text.encode("utf-8")
            path.write_bytes(content)
            if content.startswith(b"#!"):
                path.chmod(0o755)

    def _crash(self, code: int) -> str:
        kept = sorted(self.root.glob("**/.runner/crash-*.txt")) if code == SOFTWARE else []
        return "".join(path.read_text(encoding="utf-8", errors="replace") for path in kept[-1:])

    @contextlib.contextmanager
    def _inside(self, env: Mapping[str, str | None] | None) -> Iterator[None]:
        """This process as the command would see it: working directory and environment."""
        folder, before, seen = os.getcwd(), dict(os.environ), self.environment(env)
        os.chdir(self.root)
        os.environ.clear()
        os.environ.update(seen)
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)
            os.chdir(folder)


class _Captured:
    """stdout and stderr of this process, in files: code under test may ask them for a descriptor."""

    out = err = ""

    def __enter__(self) -> _Captured:
        self._streams = sys.stdout, sys.stderr
        self._files = [io.TextIOWrapper(tempfile.TemporaryFile(), encoding="utf-8", newline="") for _ in range(2)]
        sys.stdout, sys.stderr = self._files
        return self

    def __exit__(self, *_: object) -> None:
        sys.stdout, sys.stderr = self._streams
        texts = []
        for file in self._files:
            file.flush()
            file.seek(0)
            texts.append(file.read())
            file.close()
        self.out, self.err = texts
