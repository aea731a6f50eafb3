"""Python steps out of a fork server: each finds what a fresh interpreter would give it, and disturbs no other."""

from __future__ import annotations

import os
import signal
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest

from runner.agent import spawn
from runner.agent.forks import Forks

R = [{"name": "r", "kind": "json"}]
MODES = ("fresh", "fork0", "fork1")


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest, project: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """How the steps of the project are started."""
    use(request.param, project, monkeypatch)
    return str(request.param)


def use(mode: str, project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    project.local._host.environ.pop("PYTHONUNBUFFERED", None)
    monkeypatch.setattr(project.local._host, "_may_fork", mode != "fresh")
    monkeypatch.setattr(Forks, "after", 1 if mode == "fork1" else 1 << 30)
    monkeypatch.setattr(Forks, "patience", 20.0 if mode == "fork1" else 0.0)


@pytest.fixture
def warm(project: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A project whose steps come from a server that has imported their module, where that is safe."""
    use("fork1", project, monkeypatch)
    return project


def module(project: Any, text: str, name: str = "m") -> None:
    path = project.root / f"{name}.py"
    before = path.read_text() if path.exists() else None
    path.write_text(textwrap.dedent(text))
    if before is not None and path.stat().st_size == len(before):  # as an editor would, some time later
        os.utime(path, ns=(path.stat().st_mtime_ns + 10**7,) * 2)


def run(project: Any, name: str = "m", function: str = "f", **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = project.run("python", module=name, function=function, **more)
    return found


def value(end: dict[str, Any]) -> Any:
    assert end["status"] == "succeeded", end
    return end["returns"]["r"]["json"]


def servers(project: Any) -> list[int]:
    """The pids of all fork servers below this process; descriptor 3 is their socket."""
    found = []
    for member in spawn.descendants([os.getpid()], spawn.table()):
        try:
            words = Path(f"/proc/{member.pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"--serve" in words and os.path.exists(f"/proc/{member.pid}/fd/3"):
            found.append(member.pid)
    return found


def stopped_server(project: Any) -> int:
    """Stop the only server; its pid."""
    assert project.eventually(lambda: len(servers(project)) == 1)  # what it has forked may be on its way out
    (pid,) = servers(project)
    os.kill(pid, signal.SIGSTOP)
    assert project.eventually(lambda: any(m.pid == pid and m.state == "T" for m in spawn.table()))
    return pid


# What a step finds and leaves is the same, however it is started.


def test_the_record_says_how_it_was_started(project: Any, mode: str) -> None:
    module(project, "def f():\n    return 1\n")
    end = run(project, returns=R)
    assert (value(end), end["via"]) == (1, mode)
    assert end["max_rss"] > 1 << 20 and end["pid"] > 1


def test_each_is_a_process_of_its_own(project: Any, mode: str) -> None:
    text = """
        import os
        count = 0
        def f():
            global count
            count += 1
            os.environ["LEFT"] = "x"
            os.chdir("/")
            return [count, os.getpid() == os.getsid(0), "LEFT" in os.environ]
    """
    module(project, text)
    pids = set()
    for _ in range(3):
        end = run(project, returns=R)
        assert value(end) == [1, True, True]
        pids.add(end["pid"])
    assert len(pids) == 3
    module(project, "import os\ndef f():\n    return [os.getcwd(), 'LEFT' in os.environ]\n", "other")
    assert value(run(project, "other", returns=R)) == [str(project.root), False]


def test_environment_streams_and_signals_are_those_of_a_start(
    project: Any, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    text = """
        import os, signal, sys
        def f():
            status = open("/proc/self/status").read().splitlines()
            masks = [line for line in status if line.startswith(("SigBlk", "SigIgn", "SigCgt", "Umask"))]
            streams = [(s.name, s.mode, s.encoding, s.errors, s.line_buffering, s.isatty(), s.fileno())
                       for s in (sys.stdin, sys.stdout, sys.stderr)]
            main = sys.modules["__main__"]
            return {
                "environ": {k: v for k, v in os.environ.items()
                            if k not in ("RUNNER_METRICS", "RUNNER_PROGRESS", "RUNNER_RETURNS", "RUNNER_PARAMS")},
                "masks": masks, "streams": streams, "argv": sys.argv, "path": sys.path, "flags": str(sys.flags),
                "limit": sys.getrecursionlimit(), "main": [main.__name__, main.__file__], "exe": sys.executable,
                "fds": sorted(os.listdir("/proc/self/fd"))[:3], "count": len(os.listdir("/proc/self/fd")),
                "stdin": sys.stdin.read(), "main thread": signal.getsignal(signal.SIGINT).__name__,
                "modules": sorted(m for m in ("runner", "random", "typing", "select", "socket") if m in sys.modules),
            }
    """
    module(project, text)
    module(project, text, "n")
    use("fresh", project, monkeypatch)
    fresh = value(run(project, returns=R, env={"OWN": "\udcff"}, params={"x": 1}))
    use(mode, project, monkeypatch)
    if mode == "fork1":
        fresh["environ"].pop("OWN")
    found = value(run(project, returns=R, params={"x": 1}, **({} if mode == "fork1" else {"env": {"OWN": "\udcff"}})))
    for name in fresh:
        assert found[name] == fresh[name], name


def test_the_depth_of_the_stack_is_that_of_a_start(project: Any, monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    text = """
        def f():
            def down(n):
                try:
                    return down(n + 1)
                except RecursionError:
                    return n
            return down(0)
    """
    module(project, text)
    found = value(run(project, returns=R))
    use("fresh", project, monkeypatch)
    assert found == value(run(project, returns=R))


@pytest.mark.parametrize(
    ("body", "status", "exit", "number", "log"),
    [
        ("sys.exit('no data')", "failed", 1, None, "no data\n"),
        ("sys.exit(7)", "failed", 7, None, ""),
        ("sys.exit()", "succeeded", 0, None, ""),
        ("print('lost', end=''); os._exit(3)", "failed", 3, None, ""),
        ("ctypes.string_at(0)", "failed", None, signal.SIGSEGV, None),
        ("os.kill(os.getpid(), 9)", "failed", None, signal.SIGKILL, ""),
        ("print('kept', end='')", "succeeded", 0, None, "kept"),
        ("sys.stdout.buffer.write(b'kept')", "succeeded", 0, None, "kept"),
        ("sys.stderr.write('kept')", "succeeded", 0, None, "kept"),
        ("os.write(1, b'a'); os.system('echo b')", "succeeded", 0, None, "ab\n"),
        ("print('a'); subprocess.run(['echo', 'b']); print('c')", "succeeded", 0, None, "a\nb\nc\n"),
        ("raise KeyboardInterrupt", "failed", 130, None, None),
        ("os.rmdir(os.getcwd()) if os.getcwd() == '/' else os.chdir('/')", "succeeded", 0, None, ""),
        ("os.close(1); print('x')", "failed", 120, None, None),
        ("sys.stdout.close()", "succeeded", 0, None, ""),
        ("sys.stdout = None", "succeeded", 0, None, ""),
    ],
)
def test_ends(
    project: Any, mode: str, body: str, status: str, exit: int | None, number: int | None, log: str | None
) -> None:
    ctypes = "import ctypes\n    " if "ctypes" in body else ""  # with it an interpreter is taken down at its end
    module(project, f"import os, subprocess, sys\ndef f():\n    {ctypes}{body}\ndef g():\n    return 1\n")
    end = run(project)
    assert (end["status"], end["exit"], end["signal"]) == (status, exit, number)
    assert log is None or project.log() == log
    assert value(run(project, function="g", returns=R)) == 1, "the next one is not disturbed"


def test_errors_are_told_without_our_frames(project: Any, mode: str) -> None:
    module(project, "def g():\n    raise ValueError('bad')\ndef f():\n    g()\n")
    end = run(project)
    assert (end["error"]["type"], end["error"]["line"], end["error"]["file"]) == ("ValueError", 2, "m.py")
    lines = end["error"]["traceback"].splitlines()
    assert [line for line in lines if line.startswith("  File")] == [
        f'  File "{project.root}/m.py", line 4, in f',
        f'  File "{project.root}/m.py", line 2, in g',
    ]
    module(project, "def f():\n    return lambda: 0\n", "o")
    end = run(project, "o", returns=[{"name": "r", "kind": "object"}])
    assert (end["status"], end["reason"]) == ("failed", "bad-return")


@pytest.mark.parametrize("broken", ["def f(:\n", "import no_such_module\n", "1 / 0\n", "import sys; sys.exit(4)\n"])
def test_a_module_that_cannot_be_imported(
    project: Any, monkeypatch: pytest.MonkeyPatch, mode: str, broken: str
) -> None:
    module(project, broken)
    end = run(project)
    use("fresh", project, monkeypatch)
    fresh = run(project)
    for name in ("status", "exit", "reason", "error"):
        assert end[name] == fresh[name]
    assert end["via"] in ("fresh", "fork0")


def test_what_waits_for_the_end_of_an_interpreter_happens(project: Any, mode: str) -> None:
    text = """
        import atexit, os, threading, time
        atexit.register(lambda: print("at import"))
        kept = []
        class Last:
            def __del__(self):
                os.write(1, b"gone\\n")
        def f(what):
            if what == "atexit":
                atexit.register(print, "at exit")
            if what == "file":
                kept.append(open("left.txt", "w"))
                kept[0].write("all of it")
            if what == "object":
                kept.append(Last())
            if what == "generator":
                def steps():
                    try:
                        yield 1
                    finally:
                        os.write(1, b"closed\\n")
                kept.append(steps())
                next(kept[0])
            if what == "thread":
                def late():
                    time.sleep(0.1)
                    print("late")
                threading.Thread(target=late).start()
            if what == "daemon":
                threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
            if what == "failing":
                atexit.register(lambda: 1 / 0)
    """
    module(project, text)
    expected = {
        "nothing": "at import\n",
        "atexit": "at exit\nat import\n",
        "file": "at import\n",
        "object": "at import\ngone\n",
        "generator": "at import\nclosed\n",
        "thread": "late\nat import\n",
        "daemon": "at import\n",
    }
    for what, log in expected.items():
        assert run(project, params={"what": what})["status"] == "succeeded"
        assert project.log() == log, what
    assert (project.root / "left.txt").read_text() == "all of it"
    assert run(project, params={"what": "failing"})["status"] == "succeeded"
    assert "ZeroDivisionError" in project.log() and project.log().endswith("at import\n")


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_multiprocessing_works_in_a_step(project: Any, mode: str, method: str) -> None:
    text = """
        import multiprocessing
        def double(n):
            return 2 * n
        def f(method):
            with multiprocessing.get_context(method).Pool(2) as pool:
                return pool.map(double, [1, 2, 3])
    """
    module(project, text)
    end = run(project, params={"method": method}, returns=R)
    assert (value(end), end["via"]) == ([2, 4, 6], mode)


def test_steps_run_at_once(project: Any, mode: str) -> None:
    text = """
        import pathlib, time
        def f(n):
            pathlib.Path(str(n)).touch()
            while len(list(pathlib.Path(".").glob("[0-9]"))) < 4:
                time.sleep(0.01)
    """
    module(project, text)
    handles = [project.start("python", module="m", function="f", params={"n": n}) for n in range(4)]
    ends = []
    until = time.monotonic() + 20
    while len(ends) < 4 and time.monotonic() < until:
        ends += [end for _, end in project.local.poll(0.2)]
    assert [end["status"] for end in ends] == ["succeeded"] * 4, handles


def test_random_numbers_are_its_own(project: Any, mode: str) -> None:
    module(project, "import random, uuid\ndef f():\n    return [random.random(), str(uuid.uuid4())]\n")
    found = [value(run(project, returns=R)) for _ in range(3)]
    assert len({one[0] for one in found}) == 3 and len({one[1] for one in found}) == 3


def test_random_numbers_of_numpy_are_its_own(project: Any, mode: str) -> None:
    pytest.importorskip("numpy")
    module(project, "import numpy\ndef f():\n    return float(numpy.random.rand())\n")
    ends = [run(project, returns=R) for _ in range(2)]
    assert value(ends[0]) != value(ends[1])
    assert {end["via"] for end in ends} == {mode}


# Whether a module is imported in a server is decided by what its import does.


@pytest.mark.parametrize(
    "text",
    [
        "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
        "import socket\ns = socket.socket()",
        "file = open(__file__)",
        "import subprocess, sys\np = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])",
        "import subprocess\nout = subprocess.check_output(['true'])",
        "import os\nos.environ['SET_AT_IMPORT'] = '1'",
        "import os\nos.chdir('/')",
        "print('hello')",
        "import sys\nsys.stderr.write('hello')",
        "import sys\nsys.argv.append('x')",
        "import random\nrandom.seed(0)",
        "import random\nR = random.random()",
        "import random\nR = random.Random()",
        "import os\nPID = os.getpid()",
        "import time\nSTART = time.time()",
        "from time import time\nclass A:\n    start = time()",
        "import datetime\ndef g(day=datetime.date.today()):\n    pass",
        "import os\nSTEP = os.environ.get('RUNNER_STEP')",
        "import os\nALL = dict(os.environ)",
        "from runner import step\nP = step.params",
        "open('trace.txt', 'a').write('x')",
        "import os\nos.makedirs('made', exist_ok=True)",
        "import signal\nsignal.signal(signal.SIGTERM, lambda *a: None)",
        "import signal\nsignal.alarm(1000)",
        "import sys\nsys.setprofile(lambda *a: None)",
        "import io, sys\nsys.stdout = io.StringIO()",
        "import tempfile\nd = tempfile.mkdtemp()",
    ],
)
def test_what_an_import_must_not_do(warm: Any, text: str) -> None:
    module(warm, text + "\ndef f():\n    return 1\n")
    end = run(warm, returns=R)
    assert (value(end), end["via"]) == (1, "fork0")


@pytest.mark.parametrize(
    "text",
    [
        "import time\ndef g():\n    return time.time()",
        "from time import perf_counter",
        "import json, re, logging, dataclasses, collections\nlog = logging.getLogger(__name__)",
        "import random\ndef g():\n    return random.random()",
        "import os\nHOME = os.environ.get('HOME')",
        "data = open('data.txt').read()",
        "from runner import step",
        "try:\n    import no_such_module\nexcept ImportError:\n    no_such_module = None",
        "import asyncio, concurrent.futures, multiprocessing",
    ],
)
def test_what_an_import_may_do(warm: Any, text: str) -> None:
    (warm.root / "data.txt").write_text("x")
    module(warm, text + "\ndef f():\n    return 1\n")
    end = run(warm, returns=R)
    assert (value(end), end["via"]) == (1, "fork1")


@pytest.mark.parametrize("end_of_it", ["os._exit(0)", "os.kill(os.getpid(), 9)", "ctypes.string_at(0)"])
def test_a_server_that_dies_of_an_import_disturbs_nobody(warm: Any, end_of_it: str) -> None:
    module(warm, f"import ctypes, os\n{end_of_it}\ndef f():\n    pass\n")
    end = run(warm)
    assert end["via"] == "fork0" and end["status"] == ("succeeded" if "_exit" in end_of_it else "failed")
    module(warm, "def f():\n    return 1\n", "good")
    end = run(warm, "good", returns=R)
    assert (value(end), end["via"]) == (1, "fork1")


def test_a_slow_import_makes_nobody_wait(project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    use("fork0", project, monkeypatch)
    monkeypatch.setattr(Forks, "after", 1)
    text = """
        import os, time
        if type(os.environ._data) is not dict:  # in the server
            time.sleep(1000)
        def f():
            return 1
    """
    module(project, text)
    ends = [run(project, returns=R) for _ in range(3)]
    assert [(value(end), end["via"]) for end in ends] == [(1, "fork0")] * 3
    project.local._host._forks.close()
    assert not servers(project)


def test_own_variables_and_secrets(warm: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    module(warm, "import os\ndef f():\n    return os.environ.get('OWN')\n")
    end = run(warm, env={"OWN": "x"}, returns=R)
    assert (value(end), end["via"]) == ("x", "fork0")
    handle = warm.begin(
        warm.call("python", module="m", function="f", secrets=[{"env": "OWN", "name": "S"}]), {"S": "long-secret"}
    )
    assert warm.wait(handle)["via"] == "fork0"
    module(
        warm, "import os, sys\ndef f():\n    return [sys.flags.hash_randomization, os.environ['PYTHONHASHSEED']]\n", "n"
    )
    end = run(warm, "n", env={"PYTHONHASHSEED": "0"}, returns=R)
    assert (value(end), end["via"]) == ([0, "0"], "fresh"), "an interpreter reads it when it starts"


def test_tracers_want_a_start_of_their_own(warm: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    warm.local._host.environ["PYTHONTRACEMALLOC"] = "1"
    module(warm, "import tracemalloc\ndef f():\n    return tracemalloc.is_tracing()\n")
    end = run(warm, returns=R)
    assert (value(end), end["via"]) == (True, "fresh")


# A step runs the code as it lies when it starts (N37).


def test_n37_edits_count_from_the_next_step_on(warm: Any) -> None:
    module(warm, "VALUE = 1\n", "inner")
    module(warm, "import inner\ndef f():\n    return inner.VALUE\n")
    ends = [run(warm, returns=R) for _ in range(2)]
    module(warm, "VALUE = 2\n", "inner")
    ends += [run(warm, returns=R) for _ in range(2)]
    assert [value(end) for end in ends] == [1, 1, 2, 2]
    assert {end["via"] for end in ends} <= {"fork0", "fork1"}  # a new server may not be ready yet


def test_n37_data_that_an_import_reads_counts_too(warm: Any) -> None:
    module(warm, "import json\nCONFIG = json.load(open('config.json'))\ndef f():\n    return CONFIG\n")
    for number in range(2):
        (warm.root / "config.json").write_text(f"[{number}, {number * 10}]")
        end = run(warm, returns=R)
        assert value(end) == [number, number * 10]
    for number in range(5):  # rewritten again and again: not worth a server
        (warm.root / "config.json").write_text("[" + "0," * number + "0]")
        assert value(run(warm, returns=R)) == [0] * (number + 1)
    assert warm.local._host._forks._warm == {}


def test_n37_a_module_that_a_step_writes(warm: Any) -> None:
    module(warm, "try:\n    import late\nexcept ImportError:\n    late = None\ndef f():\n    return late and late.X\n")
    assert value(run(warm, returns=R)) is None
    module(warm, "X = 5\n", "late")
    assert value(run(warm, returns=R)) == 5
    module(warm, "def f(n):\n    import importlib\n    return importlib.import_module(f'made{n}').X\n", "user")
    for n in range(3):
        module(warm, f"X = {n}\n", f"made{n}")
        assert value(run(warm, "user", params={"n": n}, returns=R)) == n


@pytest.mark.parametrize("written", ["parts/__init__.py", "parts/inner/__init__.py", "parts/inner.py"])
def test_n37_a_folder_that_becomes_a_package(warm: Any, written: str) -> None:
    (warm.root / "parts/inner").mkdir(parents=True)
    module(warm, "from . import help\ndef f():\n    return help.X\n", "parts/inner/m")
    module(warm, "X = 1\n", "parts/inner/help")
    ends = [run(warm, "parts.inner.m", returns=R) for _ in range(3)]
    assert [value(end) for end in ends] == [1, 1, 1]
    assert ends[-1]["via"] == "fork1"
    module(warm, "X = 2\n", "parts/inner/help")
    assert value(run(warm, "parts.inner.m", returns=R)) == 2
    (warm.root / written).write_text("raise RuntimeError('found me')\n")
    assert run(warm, "parts.inner.m", returns=R)["status"] == "failed"
    assert "found me" in warm.log()


def test_n37_packages_that_a_step_installs(project: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import venv

    use("fork0", project, monkeypatch)
    venv.create(tmp_path / "env", symlinks=True)
    python = [str(tmp_path / "env" / "bin" / "python")]
    module(
        project,
        "def f():\n    try:\n        import extra\n        return extra.X\n    except ImportError:\n        pass\n",
    )
    end = run(project, python=python, returns=R)
    assert (value(end), end["via"]) == (None, "fork0")
    (tmp_path / "else").mkdir()
    (tmp_path / "else" / "extra.py").write_text("X = 7\n")
    site = next((tmp_path / "env").glob("lib/python*/site-packages"))
    (site / "extra.pth").write_text(str(tmp_path / "else"))
    end = run(project, python=python, returns=R)
    assert (value(end), end["via"]) == (7, "fork0")


def test_names_of_the_project_win_over_what_the_server_uses(project: Any, mode: str) -> None:
    for name in ("select", "socket", "dis", "random"):
        module(project, "mine = True\n", name)
    module(
        project,
        "import select, socket, dis, random\ndef f():\n    return [m.mine for m in (select, socket, dis, random)]\n",
    )
    assert value(run(project, returns=R)) == [True] * 4


# Nobody is lost when a server is.


@pytest.mark.parametrize("mode", MODES[1:], indirect=True)
def test_a_server_that_is_killed(project: Any, mode: str) -> None:
    module(project, "import time\ndef f(s):\n    open('up', 'w').close()\n    time.sleep(s)\n    return s\n")
    handle = project.start("python", module="m", function="f", params={"s": 100}, returns=R)
    assert project.eventually((project.root / "up").exists)
    for pid in servers(project):
        os.kill(pid, signal.SIGKILL)
    end = project.wait(handle)
    assert (end["status"], end["reason"]) == ("errored", "lost")
    assert project.eventually(lambda: spawn.still([spawn.Member(end["pid"], 0, 0, 0, "", 0)], spawn.table()) == [])
    ends = [run(project, params={"s": 0}, returns=R) for _ in range(3)]
    assert [value(end) for end in ends] == [0, 0, 0], "one that a dying server took is started afresh"
    assert ends[-1]["via"] == mode, "another server takes over"


def test_a_step_that_was_not_forked_yet_starts_afresh(project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    use("fork0", project, monkeypatch)
    module(project, "def f():\n    open('ran', 'a').write('x')\n    return 1\n")
    run(project)
    server = stopped_server(project)
    handle = project.start("python", module="m", function="f", returns=R)
    os.kill(server, signal.SIGKILL)
    end = project.wait(handle)
    assert (value(end), end["via"]) == (1, "fresh")
    assert project.text("ran") == "xx"


def test_a_step_that_was_not_forked_yet_can_be_stopped(project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    use("fork0", project, monkeypatch)
    module(project, "def f():\n    open('ran', 'a').write('x')\n")
    run(project)
    server = stopped_server(project)
    handle = project.start("python", module="m", function="f")
    project.local.stop(handle)
    end = project.wait(handle)
    assert (end["status"], end["reason"]) == ("cancelled", "cancelled")
    os.kill(server, signal.SIGCONT)
    assert run(project)["status"] == "succeeded"
    assert project.text("ran") == "xx", "it never ran"


def test_an_interpreter_that_does_not_start(project: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use("fork0", project, monkeypatch)
    fake = tmp_path / "python"
    fake.write_text("#!/bin/sh\necho broken\nexit 9\n")
    fake.chmod(0o755)
    module(project, "def f():\n    pass\n")
    for _ in range(5):
        end = run(project, python=[str(fake)])
        assert (end["status"], end["exit"], end["via"]) == ("failed", 9, "fresh")
        assert project.log() == "broken\n"


def test_n42_stopping_finds_all_that_a_forked_step_started(project: Any, mode: str) -> None:
    text = """
        import os, time
        def f():
            if not os.fork():
                os.setsid()
                if os.fork():
                    os._exit(0)
                open("pid", "w").write(str(os.getpid()))
                os.rename("pid", "far")
                time.sleep(100)
            time.sleep(100)
    """
    module(project, text)
    handle = project.start("python", module="m", function="f")
    assert project.eventually((project.root / "far").exists)
    far = int(project.text("far"))
    project.local.stop(handle)
    assert project.wait(handle)["status"] == "cancelled"
    assert project.eventually(lambda: all(m.pid != far or m.state in "ZX" for m in spawn.table()))


def test_the_driver_is_killed(project: Any, tmp_path: Path) -> None:
    """The servers go by themselves; the step goes on until `--resume` finds it by the run."""
    module(project, "import time\ndef f():\n    open('up', 'w').close()\n    time.sleep(100)\n")
    module(project, "import time\ntime.sleep(0.5 if __name__ else 0)\ndef f():\n    pass\n", "slow")
    id = f"r-{tmp_path}"
    pid = os.fork()
    if not pid:
        Forks.after = 1
        project.start("python", module="m", function="f", run={"id": id, "name": "x"})
        project.start("python", module="slow", function="f", run={"id": id, "name": "x"})
        time.sleep(100)
    until = time.monotonic() + 20
    while not (project.root / "up").exists() and time.monotonic() < until:
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    while len(spawn.survivors(id)) > 1 and time.monotonic() < until:
        time.sleep(0.01)
    found = spawn.survivors(id)
    ended = spawn.end_run(id, 1.0)
    assert len(found) == ended == 1 and found[0].session == found[0].pid
    assert spawn.survivors(id) == []


def test_a_server_without_descriptors_to_spare(project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import resource

    use("fork0", project, monkeypatch)
    module(project, "import time\ndef f(s):\n    time.sleep(s)\n    return s\n")
    run(project, params={"s": 0})
    (server,) = servers(project)
    resource.prlimit(server, resource.RLIMIT_NOFILE, (9, 9))
    handles = {project.start("python", module="m", function="f", params={"s": 0.3}, returns=R) for _ in range(6)}
    ends = []
    while len(ends) < len(handles):
        ends += [end for _, end in project.local.poll(0.2)]
    assert [value(end) for end in ends] == [0.3] * 6
    assert {end["via"] for end in ends} == {"fork0", "fresh"}
    assert servers(project) == [server]


def test_a_server_that_hangs_is_not_waited_for(project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    use("fork0", project, monkeypatch)
    module(project, "def f():\n    pass\n")
    run(project)
    stopped_server(project)
    project.local._host._forks.close()
    assert not servers(project)


def test_a_process_in_reserve_that_is_killed(project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    use("fork0", project, monkeypatch)
    module(project, "def f():\n    return 1\n")
    for _ in range(3):
        assert value(run(project, returns=R)) == 1
        assert project.eventually(lambda: len(servers(project)) == 1)  # who was just forked looks like one
        (server,) = servers(project)
        for member in spawn.descendants([server], spawn.table()):
            os.kill(member.pid, signal.SIGKILL)
        assert project.eventually(lambda: not spawn.descendants([server], spawn.table()))  # noqa: B023
    assert run(project, returns=R)["via"] == "fork0"


def test_servers_are_few_and_end_with_the_driver(warm: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Forks, "most", 2)
    for name in ("a", "b", "c", "d"):
        module(warm, "def f():\n    return 1\n", name)
        assert run(warm, name, returns=R)["via"] == "fork1"
    assert warm.eventually(lambda: len(servers(warm)) == 3)
    assert run(warm, "a", returns=R)["via"] == "fork1", "the first one was let go, and comes again"
    warm.local._host._forks.close()
    assert not servers(warm)


@pytest.mark.skipif(not os.environ.get("PYTHON39"), reason="PYTHON39 names no interpreter")
def test_the_users_python_may_be_older(project: Any, mode: str) -> None:
    module(project, "import sys\ndef f():\n    return list(sys.version_info[:2])\n")
    end = run(project, python=[os.environ["PYTHON39"]], returns=R)
    assert (value(end), end["via"]) == ([3, 9], mode)


def test_no_module_of_ours_is_in_the_way(project: Any, mode: str) -> None:
    module(project, "import sys\ndef f():\n    return [m for m in sys.modules if m.startswith('runner')]\n")
    assert value(run(project, returns=R)) == []
    assert sys.modules
