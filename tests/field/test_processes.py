"""Reported in the field: what of the runner's own process, of a step's children and of its environment went wrong."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.testing.processes import alive
from runner.testing.project import MARK, Project

Make = Callable[..., Project]
SECRET = "abcd1234-efgh"
LIBC = 3 << 31  # signals 32 and 33, which glibc keeps to itself
KINDS = ["shell", "command", "python"]
WAYS = pytest.mark.parametrize("secret", [False, True], ids=["plain", "with-secrets"])


def step(kind: str, script: str) -> str:
    """Text of a step of a kind that has bash run `script`, a file of the project."""
    if kind == "shell":
        return f"shell = 'bash {script}; true'"
    if kind == "command":
        return f'command = ["bash", "{script}"]'
    return f'python = "w:{script.removesuffix(".sh")}"'


PROBE = """
bash -c 'kill -PIPE $$; echo survived' >> pipe.$RUNNER_STEP || true
grep -E '^Sig(Blk|Ign)' /proc/self/status | cut -f 2 > sig.$RUNNER_STEP
ls /proc/self/fd | tr '\\n' ' ' > fds.$RUNNER_STEP
cat > stdin.$RUNNER_STEP
umask > umask.$RUNNER_STEP
ulimit -n > limit.$RUNNER_STEP
ps -o pgid= -o sid= $$ > session.$RUNNER_STEP
"""


def disturbed() -> None:
    """What a careless parent leaves: signals ignored and blocked."""
    os.umask(0o027)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGQUIT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1, signal.SIGCHLD})


@WAYS
def test_field_1_step_process_state(project: Make, secret: bool) -> None:
    token = 'secrets = ["TOKEN"]' if secret else ""
    steps = "\n".join(f"[steps.{kind}]\n{step(kind, 'probe.sh')}\n{token}" for kind in KINDS)
    made = project(
        {
            "pipeline.toml": f'name = "x"\n{steps}\n',
            "probe.sh": PROBE,
            "w.py": """
                import subprocess
                def probe():
                    subprocess.run(["bash", "probe.sh"], check=True, close_fds=False)
                """,
        }
    )
    never, holds = os.pipe()  # a stdin that never ends
    extra = os.open(os.devnull, os.O_RDONLY)
    process = made.popen(
        "up", "pipeline.toml", env={"TOKEN": SECRET}, stdin=never, pass_fds=(extra,), preexec_fn=disturbed
    )
    _, err = process.communicate(timeout=20)
    for fd in (never, holds, extra):
        os.close(fd)
    assert process.returncode == 0, err
    for kind in KINDS:
        assert made.read(f"pipe.{kind}") == "", kind
        assert not any(int(mask, 16) & ~LIBC for mask in made.read(f"sig.{kind}").split()), kind
        assert made.read(f"fds.{kind}").split() == ["0", "1", "2", "3"], kind  # 3 is that of `ls`
        assert made.read(f"stdin.{kind}") == "", kind
        assert made.read(f"umask.{kind}").strip() == "0027", kind
        _, session = made.read(f"session.{kind}").split()
        assert session not in (str(os.getsid(0)), str(process.pid)), kind
    assert len({made.read(f"session.{kind}").split()[1] for kind in KINDS}) == 3


BACKGROUND = {
    "shell": "shell = 'sleep 300 & echo started'",
    "command": """command = ["bash", "-c", "sleep 300 & echo started"]""",
    "python": 'python = "w:serve"',
}


@WAYS
@pytest.mark.parametrize("kind", BACKGROUND)
def test_field_2_background_child_holds_the_log(project: Make, kind: str, secret: bool) -> None:
    made = project(
        {
            "pipeline.toml": f"""
                name = "x"
                [steps.a]
                {BACKGROUND[kind]}
                {'secrets = ["TOKEN"]' if secret else ""}
                [steps.b]
                needs = ["a"]
                shell = 'echo b > got; pgrep -f "[s]leep 300" > alive || true'
                """,
            "w.py": "import subprocess\ndef serve():\n    subprocess.Popen(['sleep', '300'])\n    print('started')\n",
        }
    )
    began = time.monotonic()
    made.run("up", "pipeline.toml", env={"TOKEN": SECRET}).ok()
    assert time.monotonic() - began < 10
    assert made.read("got") == "b\n"
    made.cli("logs", "@last", "a").ok().says("started")
    assert not alive(f"{MARK}={made._mark}", made.base)


@pytest.mark.parametrize("name", ["INT", "TERM", "HUP"])
@WAYS
def test_field_3_driver_gets_term_or_hup(project: Make, name: str, secret: bool) -> None:
    number = signal.Signals[f"SIG{name}"]
    made = project(
        {
            "pipeline.toml": f"""
                name = "x"
                [steps.a]
                shell = "echo start >> log; sleep 60; echo end >> log"
                {'secrets = ["TOKEN"]' if secret else ""}
                [steps.b]
                needs = ["a"]
                shell = "echo b >> log"
                [finally.f]
                shell = 'echo "last $RUNNER_RUN_STATUS" >> log'
                """
        }
    )
    process = made.popen("up", "pipeline.toml", env={"TOKEN": SECRET})
    made.wait(lambda: made.exists("log"))
    process.send_signal(number)
    process.communicate(timeout=10)
    assert process.returncode == 128 + number
    assert made.read("log") == "start\nlast cancelled\n"
    shown = made.cli("show", "@last", "--json").ok()
    assert shown.json()["status"] == "cancelled"
    assert shown.statuses() == {"a": "cancelled", "b": "blocked", "f!finally": "succeeded"}


def test_field_a_ctrl_c_ends_a_script_and_a_second_one_ends_all(project: Make) -> None:
    """Its next line does not run, TERM comes to it once, no handler is called; `[finally]` is ended by the second."""
    made = project(
        {
            "pipeline.toml": """
                name = "x"
                [steps.a]
                on-failure = "h"
                shell = "trap 'echo term >> log' TERM; echo start >> log; sleep 60; false; echo next >> log"
                [handlers.h]
                shell = "echo handled >> log"
                [finally.f]
                shell = "echo last >> log; exec sleep 60"
                """
        }
    )
    process = made.popen("up", "pipeline.toml")
    for line in ("start", "last"):
        made.wait(lambda line=line: made.exists("log") and line in made.read("log"))
        process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=10)
    assert (process.returncode, made.read("log")) == (130, "start\nterm\nlast\n")
    assert "failed" not in err
    assert made.cli("show", "@last", "--json").ok().statuses() == {"a": "cancelled", "f!finally": "cancelled"}


def test_field_3_nohup_keeps_a_hup_away(project: Make) -> None:
    made = project({"pipeline.toml": 'name = "x"\n[steps.a]\nshell = "touch began; sleep 0.5; echo end > log"\n'})
    process = made.popen("up", "pipeline.toml", preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    made.wait(lambda: made.exists("began"))
    process.send_signal(signal.SIGHUP)
    process.communicate(timeout=10)
    assert (process.returncode, made.read("log")) == (0, "end\n")


@WAYS
def test_field_6_many_items_few_descriptors(project: Make, secret: bool) -> None:
    made = project(
        {
            "pipeline.toml": f"""
                name = "x"
                [steps.m]
                for-each = {{ i = {{ range = 200 }} }}
                shell = "sleep 0.02"
                {'secrets = ["TOKEN"]' if secret else ""}
                """
        }
    )
    words = shlex.join([*made.command(), "up", "pipeline.toml", "-j", "300", "--json"])
    ended = subprocess.run(
        ["bash", "-c", f"ulimit -Sn 96; ulimit -Hn 96; exec {words}"],
        cwd=made.root, env=made.environment({"TOKEN": SECRET}), capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert "warning[W705]" in ended.stderr and "300" in ended.stderr
    assert ended.stdout.count('"succeeded"') >= 200


ENVIRONMENT = """
{ command -v python3; echo "$PYTHONPATH"; echo "${VIRTUAL_ENV-unset}"; hello me; echo "$NL"; echo "$PATH"; } > seen
"""


def test_field_20_whose_environment(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "x"
                [steps.a]
                shell = "source ./seen.sh"
                [steps.b]
                runtime = "mine"
                python = "w:f"
                """,
            "seen.sh": ENVIRONMENT,
            "w.py": """
                def f():
                    import sys
                    from runner import step
                    import runner_up
                    step.params
                    try:
                        import tomlkit
                        found = "tomlkit"
                    except ImportError:
                        found = "none"
                    open("which", "w").write(sys.prefix + " " + found)
                """,
        }
    )
    venv.create(made.path("mine"), symlinks=True)
    system = os.pathsep.join(["/usr/local/bin", "/usr/bin", "/bin"])
    env = made.environment({"NL": "a\nb", "PATH": system, "BASH_FUNC_hello%%": '() { echo "hi $1"; }'})
    env["PYTHONPATH"] = "/x"
    mine = subprocess.run(["bash", "-c", "source ./seen.sh; cat seen"], cwd=made.root, env=env, capture_output=True)
    start = f"import sys; sys.path[:0] = {sys.path}; from runner.cli import main; sys.exit(main())"
    words = [sys.executable, "-c", start, "up", "pipeline.toml"]
    ended = subprocess.run(words, cwd=made.root, env=env, capture_output=True, timeout=60)
    assert ended.returncode == 0, ended.stderr
    assert Path(made.path("seen")).read_bytes() == mine.stdout
    assert b"hi me\na\nb\n" in mine.stdout and b"unset" in mine.stdout
    assert made.read("which") == f"{made.path('mine')} none"
