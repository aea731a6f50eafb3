"""The verbs that read: what list, show, runs and logs print of hand-made plans and runs."""

from __future__ import annotations

import json
import os
import sys
import time
import types
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from runner import cli
from runner.commands import list as listing
from runner.commands.logs import pieces
from runner.commands.show import one, whole
from runner.resolve.packages import names
from runner.run import index
from runner.views.doing import doing
from runner.views.nest import Nest
from runner.views.reasons import Reasons
from runner.views.sizes import amount

PLAN: dict[str, Any] = {
    "name": "penguins",
    "params": {"rate": 0.1, "islands": ["lit", ["Biscoe", "Dream"]], "day": ["run", "date"]},
    "nodes": {
        "fetch": {
            "path": "fetch", "type": "task", "depth": 0, "parent": None, "needs": [],
            "description": "Download the table",
            "do": {
                "kind": "shell", "takes": {}, "outputs": [{"path": "data.csv"}],
                "secrets": [{"env": "T", "name": "TOKEN"}],
            },
        },
        "train": {
            "path": "train", "type": "map", "depth": 0, "parent": None, "needs": ["fetch"], "tags": ["gpu"],
            "each": {"island": ["lit", ["Biscoe", "Dream"]]}, "when": [">", ["param", "rate"], 0],
            "body": {"type": "task", "depth": 1, "do": {
                "kind": "python", "takes": {"rate": ["param", "rate"], "island": ["item", "train", 0, "island"]},
                "inputs": [{"path": "data.csv"}], "returns": [{"name": "accuracy"}],
                "outputs": [{"path": ["text", ["models/", ["item", "train", 0, "island"], ".pkl"]]}],
            }},
        },
        "train!reduce": {"path": "train!reduce", "type": "task", "depth": 0, "parent": None, "needs": [], "do": {}},
    },
}  # fmt: skip


def end(n=1, **more):
    return {"n": n, "status": "failed", "exit": 3, "reason": "exit", "run_s": 2.0, "start": 1e9, **more}


RUN: dict[str, Any] = {
    "run": "01R", "name": "brisk-otter-3", "status": "failed", "start": 1e9, "end": 1e9 + 31, "params": {"rate": 0.1},
    "nodes": {
        "fetch -": {
            "path": "fetch", "label": "fetch", "status": "succeeded", "start": 1e9, "end": 1e9 + 2.1,
            "attempts": [end(status="succeeded", exit=0, warnings=["it was \x1b[31mred"])],
            "params_in": {"rate": 0.1, "name": "é"},
            "returns": {
                "n": {"kind": "json", "json": 3},
                "m": {"kind": "object", "sha256": "ab" * 32, "size": 12345, "serialiser": "pickle"},
            },
            "files": [{"path": "data.csv", "size": 1234, "sha256": "cd" * 32}],
        },
        "train -": {"path": "train", "label": "train", "status": "failed", "reason": "too-many-failed", "attempts": []},
        "train 0": {
            "path": "train", "label": "train[island=Biscoe]", "status": "failed", "start": 1e9 + 2, "end": 1e9 + 9,
            "attempts": [
                end(),
                end(2, exit=141, error={"type": "ValueError", "message": "no rows", "traceback": "..."}),
            ],
        },
    },
}  # fmt: skip


def test_list_tells_what_each_step_takes_and_gives():
    assert listing.text(PLAN) == (
        "penguins\n"
        "\n"
        "fetch  (shell)  Download the table\n"
        "  outputs  data.csv\n"
        "  secrets  TOKEN\n"
        "\n"
        "train  (python)\n"
        "  when rate > 0\n"
        "  for each island (2)\n"
        "  needs    fetch\n"
        "  params   island, rate\n"
        "  inputs   data.csv\n"
        "  outputs  models/${island}.pkl\n"
        "  returns  accuracy\n"
        "  tags     gpu\n"
        "\n"
        "parameters\n"
        "  rate = 0.1\n"
        '  islands = ["Biscoe", "Dream"]\n'
        '  day = "${run.date}"\n'
    )


def test_list_as_json_has_the_same_facts():
    summary = json.loads(json.dumps(listing.summary(PLAN)))
    assert [step["step"] for step in summary["steps"]] == ["fetch", "train"]
    assert summary["steps"][1]["needs"] == ["fetch"]
    assert summary["steps"][1]["outputs"] == ["models/${island}.pkl"]


def test_list_profiles_names_what_profile_would_find(tmp_path, monkeypatch, capsys):
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "quick.toml").write_text('description = "fast"\n')
    (tmp_path / "profiles" / "odd.toml").write_text("= = =")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))
    assert cli.main(["list", "--profiles"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[:4] == [
        "PROFILE         FILE                 DESCRIPTION",
        "local           (built in)",
        "odd             profiles/odd.toml    (cannot be read: `runner check` says why)",
        "quick           profiles/quick.toml  fast",
    ]
    shipped = {name.rstrip(): about for name, _, about in (line.partition("(built in)") for line in said[4:])}
    assert list(shipped) == names("std", "profiles")
    assert "container" in shipped["std:docker"]


def test_show_a_run():
    nest = Nest(RUN["nodes"], PLAN["nodes"])
    assert whole(RUN, list(nest.below()), nest, Reasons(RUN, PLAN["nodes"])) == (
        "run       brisk-otter-3  (01R)\n"
        "status    failed\n"
        "started   2001-09-09T01:46:40Z  took 31s\n"
        "rate = 0.1\n"
        "\n"
        "STEP                  STATUS     TOOK  ATTEMPTS  WHY\n"
        "fetch                 succeeded  2.1s         1\n"
        "train                 failed                     too many items failed  1 item: 1 failed\n"
        "train[island=Biscoe]  failed     7.0s         2  exited 141  ValueError: no rows\n"
    )


def test_show_a_step():
    assert one(RUN, PLAN["nodes"], "fetch -", Reasons(RUN, PLAN["nodes"])) == (
        "step      fetch\n"
        "status    succeeded\n"
        "attempts\n"
        "  1  succeeded  2.0s  2001-09-09T01:46:40Z\n"
        "     warning: it was red\n"
        "params\n"
        "  rate = 0.1\n"
        '  name = "é"\n'
        "returns\n"
        "  n = 3\n"
        "  m = object  12,345 bytes  abababababab  pickle\n"
        "files\n"
        "  data.csv  1,234 bytes  cdcdcdcdcdcd\n"
    )


def test_show_a_step_that_failed_twice():
    text = one(RUN, PLAN["nodes"], "train 0", Reasons(RUN, PLAN["nodes"]))
    assert "why       exited 141  ValueError: no rows\n" in text
    assert "  1  exited 3  2.0s" in text
    assert "     SIGPIPE: the reader of a pipe ended first" in text


def test_show_an_attempt(project, capsys):
    assert cli.main(["show", "@last", "train[0]~1"]) == 0
    said = capsys.readouterr().out
    assert "status    failed\nwhy       exited 3\n" in said
    assert "\n  2  " not in said
    cli.main(["show", "@last", "train[0]~1", "--json"])
    assert [one["n"] for one in json.loads(capsys.readouterr().out)["train 0"]["attempts"]] == [1]
    assert cli.main(["show", "@last", "fetch~3"]) == 2
    assert "error[E917]: `fetch` has no attempt 3; the last one is 1" in capsys.readouterr().err


DO: dict[str, Any] = {"kind": "shell", "script": "one\ntwo\n", "inputs": [{"path": "t.csv", "writers": ["a"]}]}


@pytest.mark.parametrize(
    ("do", "more", "lines"),
    [
        (DO, {}, ["does      shell", "          one", "          two", "inputs    t.csv (from a)"]),
        ({"kind": "python", "module": "m", "function": "f"}, {}, ["does      python  m:f"]),
        (
            {"kind": "command", "argv": ["printf", "%s\n", ["param", "x"], ["text", ["a ", ["param", "x"]]]]},
            {},
            ["does      command  printf '%s\\n' ${x} 'a ${x}'"],
        ),
        ({"kind": "stub"}, {}, ["does      stub"]),
        (
            {"kind": "shell", "script": "true", "resources": {"cpu": 2, "memory": 3 << 29}},
            {"timeout": 90, "retry": {"attempts": 3}},
            ["does      shell  true", "may take  cpu 2, memory 1.5 GiB, 1m30s an attempt, 3 attempts"],
        ),
        (
            {"kind": "shell", "script": "true\n" * 20},
            {},
            [*["does      shell"], *["          true"] * 8, "          ... 12 more lines"],
        ),
    ],
)
def test_what_a_step_does(do, more, lines):
    nodes = {"a": {"path": "a"}, "b": {"path": "b", "type": "map", "body": {"type": "task", "do": do, **more}}}
    plan = {"nodes": nodes, "profile": {"name": "p", "executor": {"type": "docker", "image": "box:1"}}}
    where = "where     profile p (docker), image box:1"
    assert sorted([*lines, where]) == sorted(doing(plan, "b"))


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (25 << 20, "25 MiB"), (2 << 50, "2048 TiB")]
)
def test_amounts(size, text):
    assert amount(size) == text


class Opened(NamedTuple):
    """A run on the disk, as far as the verbs look at it."""

    run: dict[str, Any]
    plan: dict[str, Any]
    folder: Path
    live: bool = False
    damaged: int = 0
    lost: bool = False
    state: str = "failed"
    root: Path = Path()

    def log_path(self, id: str, key: str, attempt: int) -> Path:
        return self.folder / f"{id}.{key}.{attempt}"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project whose only run is RUN, with logs."""
    (tmp_path / "fetch.-.1").write_bytes(b"fetched\n\xff\n")
    (tmp_path / "train.0.1").write_bytes(b"first try\n")
    (tmp_path / "train.0.2").write_bytes(b"line 1\nline 2\nno newline")
    common = types.ModuleType("runner.commands.common")
    common.open_run = lambda name, root: Opened(RUN, PLAN, tmp_path)
    common.list_runs = lambda root: iter(
        [
            {
                "run": "02",
                "name": "calm-heron-1",
                "pipeline": "other",
                "status": None,
                "start": time.time(),
                "pid": os.getpid(),
                "born": index.born(os.getpid()),
                "live": True,
            },
            {
                "run": "01R",
                "name": "brisk-otter-3",
                "pipeline": "penguins",
                "status": "failed",
                "start": 0.0,
                "end": 31.0,
            },
        ]
    )
    monkeypatch.setitem(sys.modules, "runner.commands.common", common)
    return tmp_path


def test_logs_of_one_step_are_its_bytes(project, capfdbinary):
    assert cli.main(["logs", "@last", "fetch"]) == 0
    assert capfdbinary.readouterr().out == b"fetched\n\xff\n"


def test_logs_are_those_of_the_last_attempt_unless_one_is_named(project, capfdbinary):
    cli.main(["logs", "@last", "train[0]"])
    assert capfdbinary.readouterr().out == b"line 1\nline 2\nno newline"
    cli.main(["logs", "@last", "train[0]~1"])
    assert capfdbinary.readouterr().out == b"first try\n"
    cli.main(["logs", "@last", "train[island=Biscoe]", "--attempt", "1"])
    assert capfdbinary.readouterr().out == b"first try\n"


def test_logs_of_several_steps_have_a_line_above_each(project, capfdbinary):
    assert cli.main(["logs"]) == 0
    assert capfdbinary.readouterr().out == (
        b"== fetch~1 ==\nfetched\n\xff\n== train[island=Biscoe]~2 ==\nline 1\nline 2\nno newline\n"
    )


def test_logs_tail(project, capfdbinary):
    cli.main(["logs", "@last", "train[0]", "--tail", "2"])
    assert capfdbinary.readouterr().out == b"line 2\nno newline"


def test_logs_as_json_say_of_each_line_whose_it_is(project, capfdbinary):
    assert cli.main(["logs", "@last", "train", "--json", "--tail", "2"]) == 0
    told = [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]
    assert told == [{"step": "train[island=Biscoe]", "attempt": 2, "text": text} for text in ("line 2", "no newline")]
    cli.main(["logs", "@last", "fetch", "--json"])
    assert json.loads(capfdbinary.readouterr().out.splitlines()[1])["text"] == "\ufffd"


def test_logs_an_attempt_that_never_was_exits_2(project, capsys):
    assert cli.main(["logs", "@last", "fetch~3"]) == 2
    assert "error[E917]: `fetch` has no attempt 3; the last one is 1" in capsys.readouterr().err


def test_logs_follow_goes_on_until_the_step_has_ended(project, monkeypatch):
    entry = {"path": "fetch", "label": "fetch", "status": "running", "attempts": []}
    run = {"name": "brisk-otter-3", "nodes": {"fetch -": entry}}
    log = project / "fetch.-.1"
    script = [
        lambda: log.write_bytes(b"one\ntwo\n"),
        lambda: entry.update(attempts=[end()]),
        lambda: entry.update(attempts=[end(), {"n": 2}]),
        lambda: (project / "fetch.-.2").write_bytes(b"again\n"),
        lambda: ((project / "fetch.-.2").write_bytes(b"again\ndone\n"), entry.update(status="succeeded")),
    ]

    def open_run(name, root):
        script.pop(0)()
        return Opened(run, PLAN, project, live=True)

    monkeypatch.setattr(sys.modules["runner.commands.common"], "open_run", open_run)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    log.write_bytes(b"one\n")
    read = list(pieces(Opened(run, PLAN, project, live=True), None, "fetch -", None))
    assert b"".join(piece for n, piece in read if n == 1) == b"one\ntwo\n"
    assert b"".join(piece for n, piece in read if n == 2) == b"again\ndone\n"
    assert script == []


def test_logs_follow_ends_when_nobody_runs_the_step_any_more(project):
    entry = {"path": "fetch", "label": "fetch", "status": "running", "attempts": []}
    opened = Opened({"name": "x", "nodes": {"fetch -": entry}}, PLAN, project, live=False)
    assert list(pieces(opened, None, "fetch -", None)) == [(1, b"fetched\n\xff\n")]


def test_runs_newest_first_with_filters(project, capsys):
    assert cli.main(["runs"]) == 0
    assert capsys.readouterr().out == (
        "RUN            STATUS   STARTED     TOOK  PIPELINE  PROFILE\n"
        "calm-heron-1   running  now               other\n"
        "brisk-otter-3  failed   1970-01-01   31s  penguins\n"
    )
    cli.main(["runs", "--status", "failed"])
    assert capsys.readouterr().out.count("\n") == 2
    cli.main(["runs", "--pipeline", "other", "--json"])
    assert [entry["name"] for entry in json.loads(capsys.readouterr().out)] == ["calm-heron-1"]
    cli.main(["runs", "-n", "1"])
    assert "brisk" not in capsys.readouterr().out
    cli.main(["runs", "--json"])
    assert [entry["status"] for entry in json.loads(capsys.readouterr().out)] == ["running", "failed"]
    assert cli.main(["runs", "--status", "faild"]) == 2
    assert "takes one of 'succeeded', 'failed'" in capsys.readouterr().err


def test_show_as_json_is_the_folded_run(project, capsys):
    assert cli.main(["show", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == RUN
    cli.main(["show", "@last", "fetch", "--json"])
    assert json.loads(capsys.readouterr().out) == {"fetch -": RUN["nodes"]["fetch -"]}


def test_graph_is_unfolded_when_piped(project, monkeypatch, capsys):
    making = types.ModuleType("runner.commands.making")
    nodes = {f"s{i}": {"path": f"s{i}", "type": "task", "depth": 0, "parent": None} for i in range(200)}
    making.make_plan = lambda args: {"name": "wide", "nodes": nodes}
    monkeypatch.setitem(sys.modules, "runner.commands.making", making)
    assert cli.main(["graph"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 201
    assert cli.main(["graph", "--format", "dot"]) == 0
    assert capsys.readouterr().out.startswith('digraph "wide" {')


WRITE = {"cancel", "init", "add", "set", "fmt", "schema", "catalog get", "plugins add", "plugins new"}
WRITE |= {"catalog", "plugins", "completion"}  # what stands behind them; a script for a shell


def test_every_verb_that_reads_has_json():
    commands = Path(listing.__file__).parent
    inner = [path.stem.replace("_", " ", 1) for of in ("catalog", "plugins") for path in commands.glob(f"{of}_*.py")]
    for verb in (*cli.VERBS, *inner):
        options = import_module(f"runner.commands.{verb.replace(' ', '_')}").OPTIONS
        flags = {flag for some, _ in options for flag in some}
        assert ("--json" in flags) == (verb not in WRITE), verb
