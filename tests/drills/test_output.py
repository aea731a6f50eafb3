"""Steps that print too much, the wrong bytes, or close what they print to; steps that kill what they run in."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.testing.project import Project

Make = Callable[..., Project]
WAYS = pytest.mark.parametrize("secret", [False, True], ids=["plain", "with-secrets"])
ENV = {"TOKEN": "abcd1234-efgh"}
MEGABYTE = 1 << 20


def made_of(project: Make, pipeline: str, secret: bool, **files: str) -> Project:
    text = 'name = "x"\n[defaults]\nsecrets = ["TOKEN"]\n' if secret else 'name = "x"\n'
    return project({"pipeline.toml": text + pipeline, **files})


def peak(pid: int) -> int:
    """Bytes of memory that a process has had at most."""
    text = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", text)
    return int(found[1]) * 1024 if found else 0


def log_of(made: Project, step: str = "a") -> bytes:
    found = sorted(made.path(".runner").glob(f"runs/*/logs/{step}-*"))
    return found[-1].read_bytes()


@WAYS
@pytest.mark.parametrize("lines", [True, False], ids=["lines", "one-line"])
def test_200_mb_of_output_in_little_memory(project: Make, secret: bool, lines: bool) -> None:
    source = "yes abcdefghijklmnopqrstuvwxyz" if lines else "cat /dev/zero | tr '\\\\0' x"
    made = made_of(
        project,
        f"""
[steps.a]
shell = '''
{{ {source} || true; }} 2> /dev/null | head -c {200 * MEGABYTE} || true
'''
[steps.b]
needs = ["a"]
shell = "touch b; while ! test -e go; do sleep 0.05; done"
""",
        secret,
    )
    process = made.popen("up", "pipeline.toml", env=ENV, stderr=subprocess.DEVNULL)
    made.wait(lambda: made.exists("b") or process.poll() is not None, 60)
    used = peak(process.pid)
    made.write({"go": ""})
    process.communicate(timeout=20)
    assert process.returncode == 0
    assert 0 < used < 100 * MEGABYTE
    shown = made.cli("show", "@last", "--json").ok()
    assert shown.nodes()["a"]["attempts"][-1]["log"]["bytes"] == 200 * MEGABYTE == len(log_of(made))


def test_the_digest_of_a_failure_reads_only_the_end_of_a_large_log(project: Make) -> None:
    script = 'head -c 150000000 /dev/zero | tr "\\0" x; echo; echo last words; exit 3'
    made = made_of(project, f"[steps.a]\nshell = '{script}'\n", False)
    words = [*made.command(), "up", "pipeline.toml"]
    code = (
        "import resource, subprocess, sys; p = subprocess.run(sys.argv[1:], capture_output=True);"
        "print(p.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, b'last words' in p.stderr)"
    )
    ended = subprocess.run(
        [words[0], "-c", code, *words], cwd=made.root, env=made.environment(), capture_output=True, text=True
    )
    exit, rss, told = ended.stdout.split()
    assert (exit, told) == ("1", "True") and int(rss) < 100 * 1024


BYTES = r"printf 'caf\xe9 \xff\xfe\x00end \xc3\n\x1b[31mred\r\n'"


@WAYS
@pytest.mark.parametrize("kind", ["shell", "command", "python"])
def test_invalid_utf8(project: Make, kind: str, secret: bool) -> None:
    body = {
        "shell": f'shell = """\n{BYTES}\nexit 3\n"""'.replace("\\", "\\\\"),
        "command": f"command = ['bash', '-c', '''{BYTES}; exit 3''']",
        "python": 'python = "w:f"',
    }
    code = r"""
        import os
        def f():
            os.write(1, b'caf\xe9 \xff\xfe\x00end \xc3\n\x1b[31mred\r\n')
            raise ValueError("bad \udcff text \x1b[2J")
        """
    made = made_of(project, f"[steps.a]\n{body[kind]}\n", secret, **{"w.py": code})
    out = made.run("up", "pipeline.toml", env=ENV).exits(1).silent("\x1b[31m", "\x1b[2J", "runner/cli.py")
    raw = b"caf\xe9 \xff\xfe\x00end \xc3\n\x1b[31mred\r\n"
    assert raw in log_of(made)
    assert "crash" not in out.err
    for words in (["show", "@last", "--json"], ["show", "@last"], ["logs", "@last", "a"], ["runs", "--json"]):
        made.run(*words).ok()


@WAYS
def test_a_step_that_closes_its_output(project: Make, secret: bool) -> None:
    made = made_of(
        project,
        """
        [steps.a]
        shell = "echo before; exec >&- 2>&-; touch during; sleep 0.3; touch after"
        [steps.b]
        needs = ["a"]
        python = "w:f"
        [steps.c]
        needs = ["b"]
        shell = "test -e after"
        """,
        secret,
        **{"w.py": "import os\ndef f():\n    print('before')\n    os.close(1)\n    os.close(2)\n"},
    )
    made.run("up", "pipeline.toml", env=ENV).ok()
    shown = made.cli("show", "@last", "--json").ok()
    assert set(shown.statuses().values()) == {"succeeded"}
    assert b"before\n" in log_of(made, "a") and b"before\n" in log_of(made, "b")


@WAYS
@pytest.mark.parametrize("kind", ["shell", "python"])
def test_a_step_that_kills_itself(project: Make, kind: str, secret: bool) -> None:
    body = "shell = 'echo words; kill -9 $$'" if kind == "shell" else 'python = "w:f"'
    code = "import os\ndef f():\n    print('words', flush=True)\n    os.kill(os.getpid(), 9)\n"
    made = made_of(project, f"[steps.a]\n{body}\n", secret, **{"w.py": code})
    made.run("up", "pipeline.toml", env=ENV).exits(1).says("SIGKILL")
    last = made.cli("show", "@last", "--json").nodes()["a"]["attempts"][-1]
    assert (last["status"], last["reason"], last["signal"], last["exit"]) == ("failed", "signal", 9, None)
    assert b"words" in log_of(made)


def test_a_closed_pipe_of_our_own_output(project: Make) -> None:
    """`runner up --json | true`: who reads us may go; the run and its records stay whole."""
    made = made_of(project, '[steps.a]\nshell = "touch ran"\n', False)
    for words in ("up pipeline.toml --json", "show @last --json", "up pipeline.toml 2>&1", "logs @last a", "runs"):
        line = f"{' '.join(made.command())} {words} | true; exit ${{PIPESTATUS[0]}}"
        ended = subprocess.run(
            ["bash", "-c", line], cwd=made.root, env=made.environment(), capture_output=True, text=True
        )
        assert "Traceback" not in ended.stderr and "BrokenPipe" not in ended.stderr, (words, ended.stderr)
        assert ended.returncode in (0, 141), (words, ended)  # 141: as a shell counts a program that SIGPIPE ended
    assert made.exists("ran")


def test_our_own_output_may_be_closed_from_the_start(project: Make) -> None:
    made = made_of(project, '[steps.a]\nshell = "echo words; touch ran"\n', False)
    line = f"exec {' '.join(made.command())} up pipeline.toml <&- >&- 2>&-"
    assert subprocess.run(["bash", "-c", line], cwd=made.root, env=made.environment()).returncode == 0
    assert made.exists("ran") and log_of(made) == b"words\n"


def test_who_watches_a_run_may_go_away(project: Make) -> None:
    made = made_of(
        project, "[steps.a]\nshell = 'sleep 0.5; touch a'\n[steps.b]\nneeds = ['a']\nshell = 'touch b; exit 3'\n", False
    )
    line = f"{' '.join(made.command())} up pipeline.toml 2>&1 | head -n 1; exit ${{PIPESTATUS[0]}}"
    ended = subprocess.run(["bash", "-c", line], cwd=made.root, env=made.environment(), capture_output=True, text=True)
    assert ended.returncode == 1, ended
    assert made.cli("show", "@last", "--json").statuses() == {"a": "succeeded", "b": "failed"}


def test_a_terminal_that_hangs_up(project: Make) -> None:
    made = made_of(project, '[steps.a]\nshell = "touch began; sleep 60"\n[finally.f]\nshell = "touch last"\n', False)
    control, terminal = os.openpty()
    process = made.popen("up", "pipeline.toml", stdin=terminal, stdout=terminal, stderr=terminal, env={"TERM": "xterm"})
    os.close(terminal)
    made.wait(lambda: made.exists("began"))
    os.close(control)  # from here on every write to it fails
    process.send_signal(signal.SIGHUP)
    assert process.wait(10) == 129
    assert made.exists("last")
    assert made.cli("show", "@last", "--json").json()["status"] == "cancelled"
