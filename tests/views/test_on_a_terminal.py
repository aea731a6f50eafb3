"""Whole runs on a real pseudo-terminal of 40, 80 and 200 columns: what stands on the screen while they go on, and then.

What a run waits for is said by named pipes, and each picture is taken once all that it shows has happened; durations
and the phase of the spinner are masked."""

import codecs
import fcntl
import importlib.util
import os
import re
import select
import struct
import termios
import time
from pathlib import Path

import pytest

from runner.run.events import Address, Event
from runner.views.live import FREE, Live
from runner.views.terminal import UNICODE

spec = importlib.util.spec_from_file_location("screen", Path(__file__).parent / "screen.py")
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)

WIDTHS = (40, 80, 200)
LINES = 24
TIME = re.compile(r" *\b(\d+ms|\d+\.\d+s|(\d+d)?(\d+h)?(\d+m)?\d+s|\d+h\d\dm|\d+m)(?!\w)")


def masked(text):
    return TIME.sub(" TIME", re.sub(f"[{UNICODE.spinner}]", UNICODE.spinner[0], text))


class Terminal:
    """A pseudo-terminal whose master is read by a small screen, a picture at a time."""

    def __init__(self, columns=80):
        self.master, self.slave = os.openpty()
        self.screen = module.Screen(columns)
        self.raw = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._unread = ""
        self.resize(columns)

    def resize(self, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, columns, 0, 0))
        self.screen.resize(columns)

    def run(self, project, *words, **env):
        """`runner up WORDS` with this terminal for its own."""
        streams = {"stdin": self.slave, "stdout": self.slave, "stderr": self.slave}
        own = {"preexec_fn": lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0)}
        self.process = project.popen("up", "--name", "otter", *words, env={"TERM": "xterm", **env}, **streams, **own)
        os.close(self.slave)
        return self

    def picture(self, *texts, without=()):
        """The screen, masked, once a whole picture of it has all of some texts."""
        end = time.monotonic() + 60
        while True:
            text = masked(self.screen.text())
            assert time.monotonic() < end and self._more(end), f"not seen: {texts}\n{text}"
            text = masked(self.screen.text())
            if all(one in text for one in texts) and not any(one in text for one in without):
                return text

    def end(self):
        """The screen after the run, masked, and its exit code."""
        while self._more(time.monotonic() + 60, whole=False):
            pass
        code = self.process.wait(60)
        os.close(self.master)
        assert self.screen.cursor and not self.screen.held
        return f"{masked(self.screen.text())}exit code {code}\n"

    def pictures(self, name):
        """At each width: the window changes while the run goes on. The first pictures may be those of the old width."""
        found = []
        for columns in WIDTHS:
            self.resize(columns)
            texts = [self.picture() for _ in range(4)]
            found.append(f"--- {name}, {columns} columns\n{texts[-1]}")
        return "".join(found)

    def _more(self, end, whole=True):
        """Read to the end of a picture, or what there is; False when nothing comes any more."""
        while not whole or FREE not in self._unread:
            if not select.select([self.master], [], [], max(0.0, end - time.monotonic()))[0]:
                return False
            try:
                data = os.read(self.master, 1 << 16)
            except OSError:  # nobody has its other side open
                data = b""
            if not data:
                return False
            self._unread += self._decoder.decode(data)
            if not whole:
                break
        at = self._unread.rfind(FREE) + len(FREE) if whole else len(self._unread)
        text, self._unread = self._unread[:at], self._unread[at:]
        self.raw += text
        self.screen.feed(text)
        return True


WORKS = {
    "pipeline.toml": """
        name = "penguins"

        [steps.fetch]
        shell = "echo 344 rows"

        [steps.flaky]
        needs = ["fetch"]
        shell = "exit 3"
        retry = { attempts = 3, delay = "1h" }

        [steps.train]
        needs = ["fetch"]
        python = "work:train"

        [steps.sample]
        needs = ["fetch"]
        for-each = { n = [1, 2, 3, 4] }
        shell = "echo sample $RUNNER_PARAM_n; test $RUNNER_PARAM_n = 1 || exec sleep 60"
        max-parallel = 1

        [steps.compare]
        needs = ["fetch"]

        [steps.compare.steps.table]
        shell = "true"

        [steps.compare.steps.figure]
        shell = "true"

        [steps.report]
        needs = ["train", "compare"]
        shell = "true"
        """,
    "work.py": """
        import os, signal, sys
        from runner import step

        def stop(*_):
            print("saving", flush=True)
            open("saved").read()
            sys.exit(1)

        def train():
            signal.signal(signal.SIGTERM, stop)
            step.progress(4, 10)
            print("epoch 4/10", flush=True)
            open("go").read()
        """,
}


FAILS = {
    "pipeline.toml": """
        name = "penguins"

        [steps.fetch]
        shell = "echo 344 rows"

        [steps.train]
        needs = ["fetch"]
        shell = "echo epoch 1/10; echo out of data >&2; exit 3"

        [steps.report]
        needs = ["train"]
        shell = "true"
        """,
}


def test_while_steps_run_and_wait_for_their_next_attempt_and_once_ctrl_c_was_typed(project, golden):
    made = project(WORKS)
    for name in ("go", "saved"):
        os.mkfifo(made.path(name))
    terminal = Terminal().run(made, "-j", "2", "--set", "executor.grace=5m")
    terminal.picture("epoch 4/10", "attempt 2/3", "1/4  1 running  [n=2] sample 2", "2 steps", "344 rows")
    told = terminal.pictures("running, and a retry")
    os.write(terminal.master, b"\x03")
    terminal.picture("stopping: train has TIME to end", "saving", without=("sample 2",))
    told += terminal.pictures("Ctrl-C")
    with open(made.path("saved"), "w"):
        pass
    golden("terminal-running.txt", told + "--- end\n" + terminal.end())


@pytest.mark.parametrize(
    ("name", "columns", "env"),
    [
        ("40", 40, {"NO_COLOR": "1"}),
        ("80", 80, {}),
        ("200", 200, {}),
        ("ascii", 80, {"LANG": "C"}),
    ],
)
def test_of_a_run_that_failed_the_digest_stands_below(project, golden, name, columns, env):
    terminal = Terminal(columns).run(project(FAILS), **env)
    golden(f"terminal-failed-{name}.txt", terminal.end())
    assert ("\x1b[31mfailed\x1b[0m" in terminal.raw) is ("NO_COLOR" not in env)
    assert terminal.raw.isascii() is ("LANG" in env)


def test_a_map_of_a_thousand_is_one_line(golden):
    part = {"type": "task", "depth": 1, "do": {"kind": "shell"}}
    each = {"n": ["lit", list(range(1000))]}
    nodes = {
        "fetch": {"path": "fetch", "type": "task", "do": {"kind": "shell"}},
        "sample": {"path": "sample", "type": "map", "needs": ["fetch"], "each": each, "body": part},
        "report": {"path": "report", "type": "task", "needs": ["sample"], "do": {"kind": "shell"}},
    }
    plan = {"name": "penguins", "nodes": {id: {"parent": None, "depth": 0, **node} for id, node in nodes.items()}}
    good = {"status": "succeeded", "n": 1, "run_s": 1.0, "final": True}
    bad = {**good, "status": "failed", "exit": 3, "reason": "exit"}
    fetch, sample = Address("fetch", ()), Address("sample", ())
    events = [
        Event(100.0, "run-start", None, {"name": "otter", "run": "r", "plan": plan}),
        Event(100.0, "start", fetch, {"n": 1}),
        Event(102.0, "end", fetch, {**good, "run_s": 2.0}),
        Event(102.0, "expand", sample, {"count": 1000}),
    ]
    for n in range(500):
        events.append(Event(102.0 + n, "start", Address("sample", (n,)), {"n": 1}))
        if n < 496:
            end = bad if n in (7, 200) else good
            events.append(Event(103.0 + n, "end", Address("sample", (n,)), end))
    told = ""
    for columns in WIDTHS:
        terminal = Terminal(columns)
        with open(terminal.slave, "w", encoding="utf-8") as stream, Live(stream, {"TERM": "xterm"}) as view:
            for event in events:
                view.see(event)
            view.tick(602.0)
            told += f"--- {columns} columns\n{terminal.picture()}"
        os.close(terminal.master)
    golden("terminal-map.txt", told)
