"""Attempts of shell and command steps: processes, ends, timeouts, what a step sees."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest

from runner.agent import spawn
from runner.agent.command import plain_words


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_a_script_succeeds_and_leaves_a_whole_record(project: Any) -> None:
    end = project.shell("echo hello; echo there >&2")
    assert end["status"] == "succeeded" and end["exit"] == 0 and end["reason"] is None
    assert project.log() == "hello\nthere\n"
    assert end["log"] == {"bytes": 12, "truncated": False}
    assert end["run_s"] >= 0 and end["max_rss"] > 0 and end["end"] >= end["start"]
    assert json.loads(json.dumps(end)) == end


@pytest.mark.parametrize("script", ["false\ntrue", "false | true", "echo $UNSET_NAME; true"])
def test_scripts_are_strict(project: Any, script: str) -> None:
    end = project.shell(script)
    assert (end["status"], end["reason"]) == ("failed", "exit")
    assert "exit code" in end["error"]["message"]


def test_a_script_of_plain_words_runs_without_a_shell(project: Any) -> None:
    project.shell("readlink /proc/self/exe")
    assert "readlink" in project.log() or "coreutils" in project.log() or "busybox" in project.log()
    end = project.shell("cat /proc/self/stat")
    assert f"{end['pid']} (cat)" in project.log()


@pytest.mark.parametrize("script", ["true", "false\n", "true x", "echo a", "kill -9 0", "X=1", "test -e x"])
def test_what_a_shell_has_itself_runs_in_it_but_for_true_and_false(project: Any, script: str) -> None:
    words = plain_words(script)
    assert words == (script.split() if script.strip() in ("true", "false") else None)
    if words:
        assert project.shell(script)["exit"] == ["true", "false"].index(words[0])
        assert project.shell(script, env={"BASH_FUNC_true%%": "() { exit 9; }"})["exit"] == (
            9 if "true" in words else 1
        )


def test_a_command_that_is_not_there_is_said_by_name(project: Any) -> None:
    end = project.run("command", argv=["no-such-tool", "x"])
    assert (end["status"], end["exit"], end["reason"]) == ("failed", 127, "exit")
    assert "no-such-tool" in end["error"]["message"]
    end = project.shell("no-such-tool x")
    assert (end["status"], end["exit"]) == ("failed", 127)
    assert "no-such-tool" in project.log()


def test_n39_a_missing_interpreter_shows_the_key_to_set(project: Any) -> None:
    end = project.shell("echo hi | cat", interpreter=["no-such-shell"])
    assert (end["status"], end["reason"]) == ("failed", "no-interpreter")
    assert "interpreter" in end["error"]["message"] and "no-such-shell" in end["error"]["message"]


def test_another_interpreter_gets_the_script_as_a_file(project: Any) -> None:
    end = project.shell("import sys\nprint(len(sys.argv))\n", interpreter=[sys.executable])
    assert end["status"] == "succeeded" and project.log() == "1\n"


def test_a_script_longer_than_an_argument(project: Any) -> None:
    end = project.shell("# " + "x" * 200_000 + "\necho long | cat")
    assert end["status"] == "succeeded" and project.log() == "long\n"


def test_n41_dispositions_mask_descriptors_and_stdin(project: Any) -> None:
    """field A1: what the runner's own process has must not leak into the step."""
    read, write = os.pipe()
    os.set_inheritable(write, True)
    spawn.seal()
    before = {s: signal.signal(s, signal.SIG_IGN) for s in (signal.SIGINT, signal.SIGPIPE, signal.SIGUSR1)}
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2})
    try:
        end = project.shell(
            """
            bash -c 'kill -PIPE $$; echo survived >> log' || true
            grep -E '^Sig(Blk|Ign)' /proc/self/status > sig
            ls /proc/self/fd > fds
            cat > stdin
            """
        )
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGUSR2})
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(read)
        os.close(write)
    assert end["status"] == "succeeded"
    assert not (project.root / "log").exists()
    masks = [int(line.split()[1], 16) for line in project.text("sig").splitlines()]
    glibc = 0b11 << 31  # 32 and 33, its own and out of everybody's reach: its posix_spawn leaves them ignored
    assert [mask & ~glibc for mask in masks] == [0, 0]
    assert project.text("fds").split() == ["0", "1", "2", "3"]
    assert project.text("stdin") == ""


def test_n41_a_step_is_in_a_session_of_its_own(project: Any) -> None:
    end = project.shell("ps -o sid= -p $$ || cut -d' ' -f6 /proc/$$/stat")
    assert int(project.log()) == end["pid"]


def test_n42_a_step_ends_when_its_command_ends(project: Any) -> None:
    """field A2: a server in the background holds the log, with and without a pipe."""
    for secrets in ({}, {"TOKEN": "abcd1234"}):
        began = time.monotonic()
        end = project.shell("sleep 300 & echo started $!", secrets=secrets)
        assert end["status"] == "succeeded" and time.monotonic() - began < 10
        word, pid = project.log().split()
        assert word == "started" and not alive(int(pid))


def test_n42_children_that_changed_their_group_end_too(project: Any) -> None:
    end = project.shell("set -m; sleep 300 & echo $!")
    assert end["status"] == "succeeded" and not alive(int(project.log()))


def test_n42_children_of_a_python_step_end_too(project: Any) -> None:
    end = project.python("import subprocess\ndef f():\n    print(subprocess.Popen(['sleep', '300']).pid)\n")
    assert end["status"] == "succeeded" and not alive(int(project.log()))


def test_n42_what_ignores_term_is_killed_after_the_grace(project: Any) -> None:
    deaf = "bash -c 'trap \"\" TERM; touch up; sleep 300 & wait; sleep 300'"
    script = deaf + " & until test -e up; do sleep 0.01; done; echo $!"
    end = project.shell(script)
    assert end["status"] == "succeeded" and not alive(int(project.log()))


def test_n42_cancelled_whatever_the_exit_code(project: Any) -> None:
    handle = project.start("shell", script="trap 'exit 0' TERM; touch up; while :; do sleep 0.05; done")
    assert project.eventually((project.root / "up").exists)
    project.local.stop(handle, "cancelled")
    end = project.wait(handle)
    assert (end["status"], end["reason"], end["exit"]) == ("cancelled", "cancelled", 0)


def test_term_reaches_a_step_once(project: Any) -> None:
    script = "n=0; trap 'n=$((n+1))' TERM; touch up; for i in 1 2 3 4 5 6; do sleep 0.05 || true; done; echo $n"
    handle = project.start("shell", script=script, grace=5)
    assert project.eventually((project.root / "up").exists)
    project.local.stop(handle, "cancelled")
    project.local.stop(handle, "cancelled")
    assert project.wait(handle)["status"] == "cancelled"
    assert project.log().splitlines()[-1] == "1"


def test_a_step_that_ignores_term_is_killed(project: Any) -> None:
    script = "trap '' TERM; touch up; setsid sleep 300 & echo $!; while :; do sleep 0.05; done"
    handle = project.start("shell", script=script)
    assert project.eventually((project.root / "up").exists)
    assert project.eventually(lambda: project.log().strip() != "")
    project.local.stop(handle, "cancelled")
    end = project.wait(handle)
    assert (end["status"], end["signal"]) == ("cancelled", signal.SIGKILL)
    assert not alive(int(project.log().split()[0])), "a child in a session of its own is ended as well"


def test_a_hard_stop_does_not_wait(project: Any) -> None:
    handle = project.start("shell", script="trap '' TERM; touch up; while :; do sleep 0.05; done", grace=60)
    assert project.eventually((project.root / "up").exists)
    project.local.stop(handle, "cancelled", hard=True)
    assert project.wait(handle, 5)["status"] == "cancelled"


def test_n3_a_timeout_ends_the_command(project: Any) -> None:
    end = project.shell("sleep 300 | cat", timeout=0.3)
    assert (end["status"], end["reason"], end["signal"]) == ("failed", "timeout", signal.SIGTERM)
    assert "0.3" in end["error"]["message"]


def test_a_step_that_kills_itself(project: Any) -> None:
    end = project.shell("kill -9 $$")
    assert (end["status"], end["reason"], end["signal"], end["exit"]) == ("failed", "signal", 9, None)
    assert end["error"]["message"] == "killed by SIGKILL"


@pytest.mark.parametrize("script", ["kill -9 $$; true", "bash -c 'kill -9 $$'; true"])
def test_a_kill_of_the_kernel_for_want_of_memory(project: Any, script: str) -> None:
    project.local._host.oom_kills = -1  # since the last look the count has grown
    end = project.shell(script)
    assert (end["status"], end["reason"]) == ("failed", "oom")
    assert "out of memory" in end["error"]["message"]
    assert project.shell(script)["reason"] in ("signal", "exit")


def test_a_step_that_covers_up_a_kill_for_want_of_memory_is_told_of_it(project: Any) -> None:
    project.local._host.oom_kills = -1
    end = project.shell("exit 7", remote=True, resources={"memory": float(64 << 20)})
    assert (end["reason"], end["exit"]) == ("exit", 7)
    assert "the kernel killed a process: out of memory; it may take 64Mi" in end["error"]["message"]


@pytest.mark.parametrize(
    ("groups", "path"),
    [
        ("0::/user.slice/one\n", "user.slice/one/memory.events"),
        ("0::/\n", "memory.events"),
        ("9:name=systemd:/\n4:cpu,memory:/one\n0::/\n", "memory/one/memory.oom_control"),
        ("4:cpu,memory:/docker/one\n0::/\n", "memory/memory.oom_control"),  # in the container itself
    ],
)
def test_kills_are_counted_by_either_kind_of_control_group(tmp_path: Path, groups: str, path: str) -> None:
    (tmp_path / "groups").write_text(groups)
    assert spawn.oom_kills(str(tmp_path / "groups"), str(tmp_path)) == 0
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_text("oom 5\noom_kill 3\n")
    assert spawn.oom_kills(str(tmp_path / "groups"), str(tmp_path)) == 3


def test_141_is_explained(project: Any) -> None:
    end = project.shell("exit 141")
    assert end["exit"] == 141 and "reader of a pipe ended first" in end["error"]["message"]


def test_a_step_that_closes_its_stdout(project: Any) -> None:
    end = project.shell("exec >&- 2>&-; sleep 0.1; touch done", secrets={"TOKEN": "abcd1234"})
    assert end["status"] == "succeeded" and (project.root / "done").exists()


def test_invalid_utf8_is_kept_as_it_is(project: Any) -> None:
    for secrets in ({}, {"TOKEN": "abcd1234"}):
        end = project.shell(r"printf '\377\000ok\n'", secrets=secrets)
        assert end["status"] == "succeeded"
        assert Path(project.last["log"]).read_bytes() == b"\xff\x00ok\n"


@pytest.mark.parametrize("secrets", [{}, {"TOKEN": "abcd1234"}])
def test_200_mb_of_output_in_little_memory(tmp_path: Path, secrets: dict[str, str]) -> None:
    script = textwrap.dedent(f"""
        from runner_executors.local_executor import Local
        local = Local()
        call = {{"kind": "shell", "script": "head -c 200000000 /dev/zero | tr '\\\\0' x", "root": {str(tmp_path)!r},
                 "scratch": {str(tmp_path / "s")!r},
                 "log": {str(tmp_path / "log")!r}, "catalog": {{"type": "do-nothing"}}}}
        local.start(local.prepare(call, {secrets!r}))
        ends = []
        while not ends:
            ends = local.poll(1)
        assert ends[0][1]["log"]["bytes"] == 200_000_000, ends
        status = open("/proc/self/status").read()  # rusage would count the process that we were started from
        print(status.partition("VmHWM:")[2].split()[0])
    """)
    paths = os.pathsep.join(str(Path(p)) for p in sys.path)
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": paths},
    )
    assert int(done.stdout) < 100_000
    (tmp_path / "log").unlink()


def test_n43_the_callers_environment_less_an_outer_runs(project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """field part 2, 1: CI services own RUNNER_*; only our own names are taken away (N17)."""
    from runner.agent.environ import inherited

    outer = {
        "RUNNER_NAME": "GitHub Actions 3",
        "RUNNER_TEMP": "/tmp/t",
        "RUNNER_UP_SET_n": "5",
        "RUNNER_PARAM_x": "1",
        "RUNNER_PARAMS": "/p",
        "RUNNER_RUN_ID": "outer",
        "RUNNER_FAILED_LOG": "/l",
        "PYTHONPATH": "/x",
    }
    assert inherited(outer) == {"RUNNER_NAME": "GitHub Actions 3", "RUNNER_TEMP": "/tmp/t", "PYTHONPATH": "/x"}


def test_n43_exported_functions_and_odd_variables(project: Any) -> None:
    """field D20: bash functions of the caller and values with newlines arrive."""
    project.local._host.environ["BASH_FUNC_hello%%"] = '() { echo "hi $1"; }'
    project.local._host.environ["NL"] = "a\nb"
    end = project.shell("hello me\n")
    assert end["status"] == "succeeded" and project.log() == "hi me\n"
    project.shell('echo "$NL" | cat')
    assert project.log() == "a\nb\n"


def test_n16_parameters_reach_a_script(project: Any) -> None:
    params = {"text": "a b$c", "n": 3, "flag": True, "none": None, "list": [1, "x"], "Case": 0.5}
    end = project.shell(
        'echo "$RUNNER_PARAM_text|$RUNNER_PARAM_n|$RUNNER_PARAM_flag|${RUNNER_PARAM_none-unset}"\n'
        'echo "$RUNNER_PARAM_list|$RUNNER_PARAM_Case"\n'
        'cp "$RUNNER_PARAMS" got.json',
        params=params,
    )
    assert end["status"] == "succeeded"
    assert project.log() == 'a b$c|3|true|unset\n[1,"x"]|0.5\n'
    assert json.loads(project.text("got.json")) == params


def test_n16_lists_of_paths_one_a_line(project: Any) -> None:
    project.shell('printf "%s" "$RUNNER_PARAM_files" | cat', files={"files": ["a b.txt", "c.txt"]})
    assert project.log() == "a b.txt\nc.txt"


def test_n16_a_big_value_stands_in_the_file_only(project: Any) -> None:
    """field D21."""
    end = project.shell(
        'test -z "${RUNNER_PARAM_xs+set}"; cp "$RUNNER_PARAMS" got.json', params={"xs": ["x" * 40] * 6000}
    )
    assert end["status"] == "succeeded"
    assert len(json.loads(project.text("got.json"))["xs"]) == 6000


def test_arguments_that_the_kernel_refuses_are_named(project: Any) -> None:
    """field D21: never a bare errno."""
    xs = ["x" * 40] * 60000
    end = project.run("command", argv=["true", *xs], params={"xs": xs})
    assert (end["status"], end["reason"]) == ("failed", "bad-param")
    assert "`xs`" in end["error"]["message"] and "2," in end["error"]["message"]


def test_n28_and_section_3_variables(project: Any) -> None:
    project.shell(
        "env | grep ^RUNNER_ | sort > got",
        n=2,
        item={"island": "Dream"},
        round=3,
        resources={"cpu": 2, "memory": "2Gi"},
        failed={"step": "b", "exit_code": 7, "log": "/l"},
    )
    got = dict(line.split("=", 1) for line in project.text("got").splitlines())
    assert got["RUNNER_ATTEMPT"] == "2" and got["RUNNER_ROUND"] == "3" and got["RUNNER_CPU"] == "2"
    assert got["RUNNER_RUN_ID"] == "r-1" and got["RUNNER_RUN_NAME"] == "brisk-otter-1" and got["RUNNER_STEP"] == "a"
    assert json.loads(got["RUNNER_ITEM"]) == {"island": "Dream"}
    assert (
        got["RUNNER_FAILED_STEP"] == "b" and got["RUNNER_FAILED_EXIT_CODE"] == "7" and got["RUNNER_FAILED_LOG"] == "/l"
    )


def test_n45_paths_open_from_where_the_command_starts(project: Any) -> None:
    """field C12."""
    (project.root / "data").mkdir()
    (project.root / "data/raw.txt").write_text("raw")
    (project.root / "sub").mkdir()
    end = project.shell(
        'cp "$RUNNER_PARAM_raw" "$RUNNER_PARAM_out"; pwd > "$RUNNER_PARAM_out.pwd"\n'
        'case "$RUNNER_PARAMS" in /*) ;; *) exit 3;; esac',
        workdir="sub",
        files={"raw": "data/raw.txt", "out": "made/out.txt"},
        inputs=["data/raw.txt"],
        outputs=[{"name": "out", "path": "made/out.txt", "kind": "file"}],
    )
    assert end["status"] == "succeeded", end
    assert project.text("made/out.txt") == "raw" and project.text("made/out.txt.pwd").strip() == str(
        project.root / "sub"
    )
    assert not (project.root / "sub/made").exists()
    assert [f["path"] for f in end["files"]] == ["made/out.txt"]


def test_n46_a_nul_is_refused(project: Any) -> None:
    """field C16."""
    end = project.shell("true", params={"x": "nul\0"})
    assert (end["status"], end["reason"]) == ("failed", "bad-param") and "`x`" in end["error"]["message"]
    end = project.run("command", argv=["true", "a\0b"])
    assert (end["status"], end["reason"]) == ("failed", "bad-param")


@pytest.mark.parametrize("path", ["../../evil.txt", "/etc/evil", "out/two\nlines.txt", "nul\0.txt"])
def test_n46_a_path_stays_inside_the_project(project: Any, path: str) -> None:
    end = project.shell("true", outputs=[{"path": path, "kind": "file"}])
    assert (end["status"], end["reason"]) == ("failed", "bad-param")
    assert repr(path) in end["error"]["message"]


def test_many_steps_with_few_descriptors(project: Any) -> None:
    """field A6: a waiting item holds no descriptor, a running one few."""
    before = len(os.listdir("/proc/self/fd"))
    handles = [project.start("shell", script="sleep 0.3") for _ in range(40)]
    assert len(os.listdir("/proc/self/fd")) - before <= 2 * 40 + 1  # its pidfd and its log
    ends: list[Any] = []
    until = time.monotonic() + 20
    while len(ends) < len(handles) and time.monotonic() < until:
        ends += project.local.poll(0.1)
    assert len(ends) == len(handles)
    assert {end["status"] for _, end in ends} == {"succeeded"}
    project.local.poll(0)  # what ended last is put away
    assert len(os.listdir("/proc/self/fd")) - before <= 40  # empty logs wait for the next steps


def test_the_last_line_is_told_to_who_asks(project: Any) -> None:
    lines: list[str] = []
    project.local.lines = lambda handle, line: lines.append(line)
    handle = project.start("shell", script="echo one; echo 'two'; sleep 0.4")
    assert project.wait(handle)["status"] == "succeeded"
    assert "two" in lines


def test_survivors_of_a_dead_run_are_found_and_ended(project: Any) -> None:
    """field A4: also a grandchild in a session of its own."""
    handle = project.start("shell", script="setsid sleep 300 & sleep 300", run={"id": "r-dead", "name": "x"})
    assert project.eventually(lambda: len(spawn.survivors("r-dead")) >= 3)
    assert spawn.end_run("r-dead", grace=2) >= 3
    assert spawn.survivors("r-dead") == []
    assert project.wait(handle)["status"] == "failed"


def test_stub_runs_nothing_and_gives_its_returns(project: Any) -> None:
    end = project.run("stub", stub={"n": 3}, returns=[{"name": "n", "kind": "metric"}, {"name": "m", "kind": "json"}])
    assert end["status"] == "succeeded" and end["pid"] is None
    assert end["returns"] == {"n": {"kind": "metric", "json": 3}, "m": {"kind": "json", "json": None}}


def test_n6_built_in_reducers(project: Any) -> None:
    end = project.run(
        "reduce", builtins={"rows": "sum", "names": "concat"}, params={"rows": [1, None, 2], "names": [["a"], ["b"]]}
    )
    assert end["returns"]["rows"]["json"] == 3 and end["returns"]["names"]["json"] == ["a", "b"]
    end = project.run("reduce", builtins={"rows": "sum"}, params={"rows": ["a"]})
    assert (end["status"], end["reason"]) == ("failed", "bad-return") and "sum" in end["error"]["message"]
