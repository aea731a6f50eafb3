"""Steps that crash, leave, run out of memory or change their process: each ends as it should, in words, and alone."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from runner.agent.forks import Forks
from runner.testing.project import Outcome, Project

HERE = Path(__file__).parent
F = "def f():\n    pass\n"
AT_IMPORT = {
    "leaves.py": "import os\nprint('imported')\nos._exit(4)\n" + F,
    "crashes.py": "import ctypes\nctypes.string_at(0)\n" + F,
    "gives_up.py": "import sys\nsys.exit('no licence')\n" + F,
    "ends_itself.py": "import os, signal\nos.kill(os.getpid(), signal.SIGTERM)\nimport time\ntime.sleep(60)\n" + F,
    "matrix.py": "import numpy\nONES = numpy.ones((300, 300))\ndef f():\n    return (ONES @ ONES)[0, 0]\n",
}
MODULES = {name: (HERE / name).read_text() for name in ("odd_steps.py", "heavy.py")} | AT_IMPORT
N = 'returns = ["n"]'
OBJECT = 'returns = [{ name = "n", kind = "object" }]'
LOCK = "can't? pickle".replace("?", "")  # of CPython's sentence


class Case(NamedTuple):
    """How a step is written and how it must end."""

    kind: str
    status: str = "succeeded"
    reason: str | None = None
    exit: int | None = 0
    says: tuple[str, ...] = ()
    more: str = ""  # further lines of the step
    returns: dict[str, Any] | None = None
    signal: int | None = None
    logs: str = ""


def python(name: str, *end: Any, **more: Any) -> Case:
    return Case(f'python = "odd_steps:{name}"', *end, **more)


def crash(kind: str, number: int, *says: str) -> Case:
    return Case(kind, "failed", "signal", None, says, signal=number)


def at_import(module: str, reason: str, exit: int | None, number: int | None, *says: str) -> Case:
    return Case(f'python = "{module}:f"', "failed", reason, exit, says, signal=number)


SEGV = "was killed by SIGSEGV (segmentation fault)"
CASES = {
    # ways to leave
    "os-exit": python(
        "leaves_through_os_exit",
        "failed",
        "exit",
        3,
        ("exited 3", "its process ended before `odd_steps:leaves_through_os_exit` returned", "os._exit(3)"),
        logs="before it left",
    ),
    "os-exit-0": python("leaves_through_os_exit_with_0", says=("exit code 0: its process ended before", "os._exit(0)")),
    "os-exit-0-owing": python(
        "leaves_with_0_but_owes_a_return", "failed", "missing-return", 0, ("did not give `n`",), N
    ),
    "thread-exits": python("leaves_through_a_thread", "failed", "exit", 5, ("exited 5", "os._exit(5)")),
    "exit-with-text": python("exits_with_text", "failed", "exit", 1, ("exited 1", "no data for 2026")),
    # crashes
    "segfault": crash(
        'python = "odd_steps:reads_address_0"', signal.SIGSEGV, SEGV, "before `odd_steps:reads_address_0` returned"
    )._replace(logs="in reads_address_0"),  # the line of Python that led to it
    "abort": crash('python = "odd_steps:aborts"', signal.SIGABRT, "was killed by SIGABRT")._replace(logs="in aborts"),
    "crash-on-the-way-out": crash(
        'python = "odd_steps:crashes_on_the_way_out"', signal.SIGSEGV, SEGV, "_way_out` had returned"
    ),
    "segfault-of-a-command": crash('command = ["bash", "-c", "kill -SEGV $$"]', signal.SIGSEGV, SEGV),
    "segfault-in-a-script": Case(
        "shell = 'bash -c \"kill -SEGV \\$\\$\"; true'",
        "failed",
        "exit",
        139,
        ("exited 139", "128 + 11: a process of it was killed by SIGSEGV (segmentation fault)"),
    ),
    "kill-9": crash("shell = 'kill -9 $$; true'", signal.SIGKILL, "was killed by SIGKILL"),
    # memory and descriptors
    "too-large": python("wants_it_all", "failed", "oom", 1, ("ran out of memory", "MemoryError: no memory was left")),
    "address-space": python(
        "fills_its_address_space", "failed", "oom", 1, ("its address space is limited to 200 MiB (ulimit -v)",)
    ),
    "address-space-of-a-script": Case(
        """shell = 'ulimit -v 200000; python3 -c "bytearray(1 << 30)"'""",
        "failed",
        "exit",
        1,
        ("exited 1",),
        logs="MemoryError",
    ),
    "descriptors": python("fills_its_descriptors", "failed", "exit", 1, ("OSError: [Errno 24] Too many open files",)),
    # its own process
    "folder": python("changes_its_folder", more=N, returns={"n": "/"}),
    "environment": python("changes_its_environment"),
    "environment-of-a-script": Case("shell = 'cd /; export MARK=changed; umask 077; ulimit -n 10'"),
    "process": python("changes_its_process"),
    "streams": python("closes_its_streams", "failed", "exit", 1, ("ValueError: said to nobody",)),
    "fork": python("forks_and_returns_twice", more=N),
    "no-text": python("raises_what_has_no_text", "failed", "exit", 1, ("Mute: (this Mute can't say what it is)",)),
    # threads and large libraries
    "thread": python("returns_while_a_thread_works", more=N, returns={"n": 1}, logs="the thread is done"),
    "daemon": python("returns_while_a_daemon_works", more=N, returns={"n": 1}),
    "thread-raises": python("has_a_thread_that_raises", logs="ValueError: raised in a thread"),
    "numpy": python("computes_with_numpy", more='returns = ["x", "y"]', returns={"x": 0.5, "y": 300.0}),
    "heavy": Case('python = "heavy:works"', more=N, returns={"n": 3}, logs="heavy: loading"),
    "numpy-at-import": Case('python = "matrix:f"', more=N, returns={"n": 300.0}),
    "numpy-at-import-again": Case('python = "matrix:f"', more=N, returns={"n": 300.0}),
    # modules that end the process when they are imported, each twice: no server of ours may go with them
    **{f"leaves-at-import-{n}": at_import("leaves", "exit", 4, None, "exited 4", "os._exit(4)") for n in (1, 2)},
    **{f"crashes-at-import-{n}": at_import("crashes", "signal", None, signal.SIGSEGV, SEGV) for n in (1, 2)},
    **{f"gives-up-at-import-{n}": at_import("gives_up", "exit", 1, None, "no licence") for n in (1, 2)},
    **{
        f"ends-itself-at-import-{n}": at_import("ends_itself", "signal", None, signal.SIGTERM, "SIGTERM")
        for n in (1, 2)
    },
    # what can't be handed on
    "lock": python(
        "returns_a_lock",
        "failed",
        "bad-return",
        1,
        (
            "the return `n` is of type _thread.lock",
            "that fails too (cannot pickle '_thread.lock' object)",
            "return plain data",
        ),
        N,
    ),
    "generator": python(
        "returns_a_generator",
        "failed",
        "bad-return",
        1,
        ("the return `n` is of type generator", "that fails too (cannot pickle", "return plain data"),
        N,
    ),
    "lock-as-object": python(
        "returns_a_lock",
        "failed",
        "bad-return",
        1,
        ("the return `n` (lock) can't be kept as an object", "cannot pickle", "return plain data", "`serialiser`"),
        OBJECT,
    ),
    "set": python(
        "returns_a_set",
        "failed",
        "bad-return",
        1,
        ('the return `n` is of type set, which JSON lacks; write `kind = "object"` for it',),
        N,
    ),
}


def pipeline() -> str:
    steps = [f"[steps.{name}]\n{case.kind}\n{case.more}\n" for name, case in CASES.items()]
    return "\n".join(
        [
            'name = "odd"\n[steps.beside]\npython = "odd_steps:beside"\nreturns = ["beside"]\n',
            *steps,
            f'[steps.all]\nafter = {list(CASES)}\nshell = "touch all-have-ended"\n',
            '[steps.later]\nneeds = ["all"]\npython = "odd_steps:later"\nreturns = ["same"]\n',
        ]
    )


class Run(NamedTuple):
    """One run of all of them at once."""

    outcome: Outcome
    nodes: dict[str, Any]
    project: Project
    mode: str


VIA = {"fresh": {"fresh"}, "fork0": {"fork0"}, "fork1": {"fork1", "fork0"}}


@pytest.fixture(scope="module", params=VIA)
def mode(request: pytest.FixtureRequest) -> str:
    """How the processes of Python steps are made."""
    return str(request.param)


@pytest.fixture(scope="module")
def run(mode: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    pytest.importorskip("numpy")
    project = Project(tmp_path_factory.mktemp("odd"), {"pipeline.toml": pipeline(), **MODULES})
    words = ["--set", "executor.python=fresh"] if mode == "fresh" else []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Forks, "after", 1 if mode == "fork1" else 1 << 30)
        patch.setattr(Forks, "patience", 20.0 if mode == "fork1" else 0.0)
        outcome = project.cli("up", "-j", "4", *words, env={"MARK": "as it was"}).exits(1)
    yield Run(outcome, project.cli("show", "--json").nodes(), project, mode)
    project.close()


@pytest.mark.parametrize("name", CASES)
def test_an_odd_step_ends_as_it_should_and_says_why(run: Run, name: str) -> None:
    case, node = CASES[name], run.nodes[name]
    end = node["attempts"][-1]
    assert (node["status"], end["reason"], end["exit"], end["signal"]) == (
        case.status,
        case.reason,
        case.exit,
        case.signal,
    ), (end, run.outcome)
    told = run.project.cli("show", "@last", name).ok()
    told.says(*case.says).silent("runner/agent")
    if case.status == "failed":
        line = next(line for line in run.outcome.err.splitlines() if line.split()[:2] == ["failed", name])
        assert all(text in line for text in case.says), line
    if case.returns is not None:
        assert {key: given["json"] for key, given in node["returns"].items()} == case.returns
    run.project.cli("logs", "@last", name).says(case.logs)


def test_who_began_before_and_who_begins_after_them_see_nothing_of_it(run: Run) -> None:
    assert run.nodes["beside"]["status"] == "succeeded", run.outcome
    assert run.nodes["beside"]["returns"]["beside"]["json"]["environment"]["MARK"] == "as it was"
    assert run.nodes["later"]["returns"]["same"]["json"] is True


def test_of_a_function_that_forks_the_process_of_the_step_gives_the_return(run: Run) -> None:
    node = run.nodes["fork"]
    assert node["returns"]["n"]["json"] == node["attempts"][-1]["pid"]


def test_the_processes_were_made_as_they_should(run: Run) -> None:
    of_python = [name for name, case in CASES.items() if case.kind.startswith("python")]
    via = {name: run.nodes[name]["attempts"][-1]["via"] for name in of_python}
    assert run.mode in via.values() and set(via.values()) <= VIA[run.mode], via
    assert via["heavy"] != "fork1"  # its import is seen


def test_nobody_shares_a_process(run: Run) -> None:
    pids = [node["attempts"][-1]["pid"] for node in run.nodes.values()]
    assert len(set(pids)) == len(pids)


def test_what_was_returned_by_others_is_unharmed_and_the_run_can_go_on(run: Run) -> None:
    again = run.project.run("up", "--resume", env={"MARK": "as it was"}).exits(1)
    again.says(f"{sum(case.status == 'failed' for case in CASES.values())} failed")
