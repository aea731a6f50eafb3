"""What somebody takes away while a run goes on: put back, or told; never a run that is lost in silence."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable

import pytest

from runner.testing.project import Outcome, Project

Make = Callable[..., Project]
PIPELINE = """
name = "x"
[steps.a]
shell = '''echo a >> $LOG; BODY; echo words'''
[steps.b]
needs = ["a"]
returns = ["r"]
shell = 'echo b >> $LOG; echo r=1 >> "$RUNNER_RETURNS"; echo words'
[steps.c]
needs = ["b"]
python = "work:f"
params = ["r"]
[finally.f]
shell = 'echo f >> $LOG'
"""
WORK = "import os\ndef f(r): print('c', file=open(os.environ['LOG'], 'a'))\n"


def taken(project: Make, body: str, *words: str) -> tuple[Project, Outcome, list[str]]:
    """A run whose first step does `body`, how it ended, and the steps that ran."""
    made = project({"pipeline.toml": PIPELINE.replace("BODY", body), "work.py": WORK}).allow("home")
    log = made.home / "log"
    outcome = made.run("up", "pipeline.toml", *words, env={"LOG": str(log)})
    outcome.silent("Traceback", "a fault of runner")
    return made, outcome, log.read_text(encoding="utf-8").split()


@pytest.mark.parametrize("what", [".runner", ".runner/runs", ".runner/runs/*/journal"])
def test_records_that_a_step_removes_are_put_back(project: Make, what: str) -> None:
    made, outcome, ran = taken(project, f"rm -rf {what}")
    outcome.ok().says("warning[W709]", "/journal` while the run went on")
    assert ran == ["a", "b", "c", "f"]
    shown = made.cli("show", "@last", "--json").ok()
    assert set(shown.statuses().values()) == {"succeeded"} and len(shown.statuses()) == 4
    env = {"LOG": str(made.home / "log")}
    made.run("up", "pipeline.toml", "--resume", env=env).ok().silent("W709")
    assert (made.home / "log").read_text(encoding="utf-8").split() == [*ran, "f"]


def test_records_that_a_step_moves_are_put_back(project: Make) -> None:
    made, outcome, _ = taken(project, "mv .runner elsewhere")
    outcome.ok().says("warning[W709]")
    made.cli("show", "@last").ok()


def test_a_journal_that_was_cut_off_is_told(project: Make) -> None:
    _, outcome, _ = taken(project, "for j in .runner/runs/*/journal; do : > $j; done")
    outcome.exits(4).says("error[E712]", "cut off", "journal")


def test_a_folder_of_records_that_a_step_removes_is_told(project: Make) -> None:
    _, outcome, _ = taken(project, "rm -rf .runner", "--set", "run-log.type=chunked-fs")
    outcome.exits(4).says("error[E712]", "removed what the run log held")


def test_an_index_that_a_step_removes_holds_the_run_again(project: Make) -> None:
    made, outcome, _ = taken(project, "rm .runner/index.jsonl")
    outcome.ok()
    assert [entry["status"] for entry in made.cli("runs", "--json").json()] == ["succeeded"]


@pytest.mark.parametrize("what", ["logs", "work"])
def test_a_folder_of_the_run_that_a_step_removes_is_made_anew(project: Make, what: str) -> None:
    made, outcome, ran = taken(project, f"rm -rf .runner/runs/*/{what}")
    outcome.ok()
    assert ran == ["a", "b", "c", "f"]
    made.cli("logs", "@last", "b").ok().says("words")


def test_something_in_the_way_of_the_records_ends_the_run(project: Make) -> None:
    _, outcome, ran = taken(project, "rm -rf .runner; touch .runner")
    outcome.exits(4).says("error[E704]", ".runner", "--resume")
    assert "f" not in ran


def test_a_step_that_removes_the_project(project: Make) -> None:
    _, outcome, _ = taken(project, 'rm -rf "$PWD"')
    assert outcome.code in (1, 4)
    outcome.says("W709" if outcome.code == 1 else "E704")


def test_the_folder_of_the_shell_is_removed_while_the_run_goes_on(project: Make) -> None:
    made = project(
        {"sub/x": "", "runner.toml": "", "pipeline.toml": PIPELINE.replace("BODY", "rm -rf sub"), "work.py": WORK}
    )
    made.allow("home").run("up", "../pipeline.toml", cwd=made.path("sub"), env={"LOG": str(made.home / "log")}).ok()
    made.cli("show", "@last").ok()


@pytest.mark.parametrize("verb", ["up", "up x.toml", "check", "plan", "runs", "show", "logs @last a", "list", "init"])
def test_the_folder_of_the_shell_is_gone_already(project: Make, verb: str) -> None:
    made = project()
    made.path("gone").mkdir()
    script = f'cd gone && rmdir "$PWD" && exec "$@" {verb}'
    done = subprocess.run(
        ["bash", "-c", script, "bash", *made.command()],
        cwd=made.root, env=made.environment(), capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 4, done.stderr
    assert "error[E705]: the folder that you are in is gone" in done.stderr


CHATTY = """
name = "x"
[steps.a]
secrets = ["TOKEN"]
shell = "for i in $(seq 8000); do echo words words words words words; done; echo made > made"
"""


def test_a_log_that_finds_no_room_does_not_stop_its_step_and_says_so(project: Make) -> None:
    made = project({"pipeline.toml": CHATTY})
    script = 'ulimit -f 64; exec "$@" up --json'  # in kB: a real limit, which the log meets and the records do not
    done = subprocess.run(
        ["bash", "-c", script, "bash", *made.command()],
        cwd=made.root, env=made.environment({"TOKEN": "abcd1234"}), capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert made.exists("made")
    (end,) = Outcome(0, done.stdout, "").nodes()["a"]["attempts"]
    assert end["log"] == {"bytes": 65536, "truncated": True}
    assert end["warnings"] == ["a part of the log could not be written: File too large"]


def test_records_that_the_disk_spoilt_are_told_and_their_steps_run_again(project: Make) -> None:
    made, _, _ = taken(project, "true")
    (journal,) = made.root.glob(".runner/runs/*/journal")
    data = bytearray(journal.read_bytes())
    (done,) = (line for line in data.split(b"\n") if b"/n/b-" in line and b"/done.json" in line)
    data[data.index(done) + len(done) // 2] ^= 1
    journal.write_bytes(data)
    made.cli("show", "@last").ok().says("warning[W710]")
    before = (made.home / "log").read_text(encoding="utf-8").split()
    made.run("up", "--resume", env={"LOG": str(made.home / "log")}).ok().says("warning[W710]")
    assert (made.home / "log").read_text(encoding="utf-8").split() == [*before, "b", "f"]


def test_a_log_that_is_gone_is_told(project: Make) -> None:
    made, outcome, _ = taken(project, "true")
    outcome.ok()
    shutil.rmtree(next(made.root.glob(".runner/runs/*/logs")))
    made.cli("logs", "@last", "b").ok().says("warning[W711]: the log of `b~1` is gone (6 bytes)")
    made.cli("logs", "@last", "f").ok().silent("W711")


def test_a_note_of_files_to_keep_that_is_cut_off_is_told(project: Make) -> None:
    half = 'printf \'"half\' >> "$(dirname "$RUNNER_METRICS")/puts"'
    made = project({"pipeline.toml": f"name = \"x\"\n[steps.a]\nshell = '''{half}'''\n"})
    made.run("up").exits(1).says("errored", "`step.put`", "cut off")


KILLED = """
name = "x"
[steps.runs]
python = "w:runs"
[steps.gate]
shell = "while ! test -s server; do sleep 0.01; done"
[steps.waits]                       # asked of a server that does nothing any more
needs = ["gate"]
python = "w:small"
[steps.kill]
needs = ["gate"]
shell = 'kill -9 "$(cat server)"'
[steps.later]
needs = ["waits", "kill"]
python = "w:small"
"""
STOPS = """
import os, signal, time

def runs():
    if os.path.exists("server"):
        return
    os.kill(os.getppid(), signal.SIGSTOP)
    with open("made", "w") as file:
        file.write(str(os.getppid()))
    os.rename("made", "server")
    time.sleep(100)

def small():
    print("small", file=open("log", "a"))
"""


def test_a_server_of_python_steps_that_is_killed_is_told_and_takes_only_what_ran_along(project: Make) -> None:
    made = project({"pipeline.toml": KILLED, "w.py": STOPS})
    ended = made.run("up", "-j", "3", "--name", "first").exits(1)
    ended.says("runs was lost", "the server that it was forked from was killed").silent("a fault of runner")
    nodes = {node["path"]: node for node in made.cli("show", "@last", "--json").ok().json()["nodes"].values()}
    assert {path: node["status"] for path, node in nodes.items()} == {
        "runs": "errored",
        "gate": "succeeded",
        "waits": "succeeded",
        "kill": "succeeded",
        "later": "succeeded",
    }
    via = {path: nodes[path]["attempts"][-1]["via"] for path in ("runs", "waits", "later")}
    assert via == {"runs": "fork0", "waits": "fresh", "later": "fork0"}, "one that had not begun starts without it"
    assert made.read("log").split() == ["small", "small"], "and none twice"
    made.run("retry", "first", "--name", "second").ok()
    adopted = {node["path"] for node in made.cli("show", "@last", "--json").ok().json()["nodes"].values()
               if node["attempts"][-1].get("adopted")}  # fmt: skip
    assert adopted == {"gate", "waits", "kill", "later"}
