"""What a runner of this field got wrong, and ours must not: records, logs, what a run costs, what it leaves alone."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Callable

import pytest

from runner.testing.project import Outcome, Project

Make = Callable[..., Project]
FAILS = {
    "pipeline.toml": """
        name = "x"
        [steps.train]
        python = "w:train"
        [steps.count]
        command = ["bash", "-c", "sleep 0.2; echo counted; exit 3"]
        [steps.after]
        needs = ["train"]
        shell = "true"
        """,
    "w.py": """
        def train():
            table = {"a": 1}
            return table["absent"]
        """,
}


def up(made: Project, *words: str, **env: str) -> Outcome:
    return made.cli("up", "pipeline.toml", "--json", *words, env=env)


# records


def test_the_record_of_a_failure_has_the_error_with_its_place(project: Make) -> None:
    made = project(FAILS)
    end = up(made).exits(1).nodes()["train"]["attempts"][-1]
    error = end["error"]
    assert (error["type"], error["message"]) == ("KeyError", "'absent'")
    assert (error["file"], error["line"]) == ("w.py", 3)
    assert "table[" in error["traceback"] and "runner" not in error["traceback"]
    made.cli("show", "@last", "train").says("KeyError: 'absent'")


def test_an_import_that_fails_inside_a_step_is_told(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": 'name = "x"\n[steps.a]\npython = "w:f"\n',
            "w.py": "def f():\n    import no_such_module_of_anybody\n",
        }
    )
    error = up(made).exits(1).says("no_such_module_of_anybody").nodes()["a"]["attempts"][-1]["error"]
    assert (error["type"], error["line"]) == ("ModuleNotFoundError", 2)


def test_times_exit_codes_and_logs_are_on_record(project: Make) -> None:
    made = project(FAILS)
    ended = up(made).exits(1)
    run, end = ended.json(), ended.nodes()["count"]["attempts"][-1]
    assert (end["exit"], end["signal"], end["n"], end["log"]["bytes"]) == (3, None, 1, len("counted\n"))
    assert 0.2 <= end["run_s"] <= end["end"] - end["start"] + 0.05 and end["max_rss"] > 0 and end["pid"] > 0
    assert run["start"] <= end["start"] < end["end"] <= run["end"]
    assert made.read(f".runner/runs/{run['run']}/logs/{end['id']}.{end['key']}.{end['n']}") == "counted\n"
    assert made.cli("logs", "@last", "count").ok().out == "counted\n"


def test_what_holds_others_has_times_and_a_run_is_told_in_the_order_of_its_steps(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "x"
                [steps.z]
                for-each = { i = [1, 2] }
                [steps.z.steps.y.steps.x]
                shell = "sleep 0.02"
                [steps.a]
                needs = ["z"]
                shell = "true"
                """
        }
    )
    up(made).ok()
    nodes = made.cli("show", "@last", "--json").nodes()
    assert list(nodes) == ["z", "z[i=1]", "z[i=2]", "z[i=1].y", "z[i=2].y", "z[i=1].y.x", "z[i=2].y.x", "a"]
    inner = [nodes["z[i=1].y.x"], nodes["z[i=2].y.x"]]
    assert nodes["z"]["start"] == min(node["start"] for node in inner)
    assert nodes["z"]["end"] == max(node["end"] for node in inner)
    assert nodes["z[i=2].y"]["start"] == inner[1]["start"]


def test_who_ran_what_where_is_on_record(project: Make) -> None:
    made = project({"pipeline.toml": 'name = "x"\n[steps.a]\nshell = "true"\n'})
    made.cli("up", "pipeline.toml", "--set", "run-log.type=chunked-fs").ok()
    run = json.loads(made.read(next(path for path in made.files(".runner/runs/*/run.json"))))
    assert run["created"]["user"] and run["created"]["host"] and run["created"]["pid"]
    assert run["python"] == platform.python_version()
    assert run["executor"]["type"] == "local" and run["profile"] == "local" and run["plan"]


def test_a_retry_tries_again_and_every_attempt_is_kept(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "x"
                [steps.a]
                retry = { attempts = 4 }
                shell = 'echo "try $RUNNER_ATTEMPT"; test "$RUNNER_ATTEMPT" = 3'
                [steps.b]
                for-each = { i = [1, 2] }
                retry = { attempts = 2 }
                python = "w:f"
                """,
            "w.py": "import os\ndef f(i):\n    if os.environ['RUNNER_ATTEMPT'] == '1': raise OSError('again')\n",
        }
    )
    nodes = up(made).ok().nodes()
    assert [(end["n"], end["exit"]) for end in nodes["a"]["attempts"]] == [(1, 1), (2, 1), (3, 0)]
    assert [len(nodes[f"b[i={i}]"]["attempts"]) for i in (1, 2)] == [2, 2]
    made.cli("logs", "@last", "a~2").says("try 2")


# what people see


def test_a_failing_step_says_one_clear_error(project: Make) -> None:
    made = project(FAILS)
    said = made.run("up", "pipeline.toml", "--output", "quiet").exits(1)
    text = said.out + said.err
    assert text.count("Traceback") == 1 and text.count("KeyError: 'absent'") <= 3
    said = made.run("up", "pipeline.toml").exits(1)  # where the step printed it, and at the end
    text = said.out + said.err
    assert text.count("Traceback") == 2
    assert "site-packages" not in text and "runner/" not in text
    assert len(text.splitlines()) < 35


def test_a_run_that_is_fine_is_quiet(project: Make) -> None:
    made = project({"pipeline.toml": 'name = "x"\n[steps.hello]\nshell = "echo hello"\n'})
    said = made.run("up", "pipeline.toml").ok()
    assert said.out == "" and len(said.err.splitlines()) < 8
    json.loads(made.run("up", "pipeline.toml", "--json").ok().out)


def test_a_job_file_goes_all_the_way(project: Make) -> None:
    made = project(
        {
            "job.toml": """
                name = "count"
                [params]
                n = 2
                [job]
                shell = 'echo "$RUNNER_PARAM_n" > out.txt; echo lines=1 > "$RUNNER_RETURNS"; exit $RUNNER_PARAM_n'
                outputs = ["out.txt"]
                returns = ["lines"]
                """
        }
    )
    made.cli("check", "job.toml").ok()
    made.cli("plan", "job.toml").ok().says("count")
    made.cli("explain", "job.toml").ok()
    made.cli("graph", "job.toml").ok().says("count")
    ended = made.cli("up", "job.toml", "--json").exits(1)
    assert ended.statuses() == {"count": "failed"}
    ended = made.cli("up", "job.toml", "--json", "--param", "n=0").ok()
    assert len(ended.json()["nodes"]) == 1 and len(ended.nodes()["count"]["files"]) == 1
    made.cli("show", "@last", "count").ok().says("lines = 1", "out.txt")
    made.cli("show", "@failed").ok().says("exited 2")
    made.cli("logs", "@last", "count").ok()


@pytest.mark.parametrize("words", ["show nobody-1", "logs nobody-1", "show @last", "up nothing.toml", "check no.toml"])
def test_what_is_not_there_is_no_success(project: Make, words: str) -> None:
    outcome = project({"pipeline.toml": 'name = "x"\n[steps.a]\nshell = "true"\n'}).cli(*words.split())
    assert outcome.code in (2, 3) and outcome.err and "Traceback" not in outcome.err


HANDLER = """
name = "x"
[steps.GUARD]
on-failure = "mend"
BODY
[handlers.mend]
shell = 'echo "$RUNNER_FAILED_STEP" > mended; exit HOW'
"""


@pytest.mark.parametrize(
    "body",
    [
        'shell = "exit 3"',
        'for-each = { i = [1, 2] }\nshell = "exit 3"',
        "[steps.GUARD.steps.inner]\nshell = 'exit 3'",
        'choose = "true"\n[steps.GUARD.cases.true]\nshell = "exit 3"',
        'repeat = { until = "r", max = 2 }\nreturns = ["r"]\nshell = "exit 3"',
    ],
    ids=["task", "map", "group", "choice", "loop"],
)
def test_a_handler_guards_whatever_names_it(project: Make, body: str) -> None:
    text = HANDLER.replace("BODY", body).replace("GUARD", "guarded").replace("HOW", "0")
    if "[steps.guarded.steps" in text:  # keys of a table stand before its sub-tables
        text = text.replace('on-failure = "mend"\n[', 'on-failure = "mend"\n\n[')
    made = project({"pipeline.toml": text})
    ended = up(made).exits(1)
    assert made.read("mended") == "guarded\n" and ended.statuses()["guarded"] == "failed"
    assert len([node for node in ended.json()["nodes"].values() if "!on-failure" in node["path"]]) == 1


def test_a_handler_that_fails_is_told_beside_what_it_guards(project: Make) -> None:
    made = project(
        {"pipeline.toml": HANDLER.replace("BODY", 'shell = "exit 3"').replace("GUARD", "a").replace("HOW", "4")}
    )
    ended = up(made).exits(1).says("exited 3", "exited 4").silent("Traceback")
    assert ended.statuses() == {"a": "failed", "a!on-failure": "failed"}


# logs


def test_all_that_a_step_prints_is_in_its_log(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": 'name = "x"\n[steps.a]\npython = "w:f"\n',
            "w.py": """
                import ctypes, logging, os, subprocess, sys, warnings
                def f():
                    print("from python")
                    print("from stderr", file=sys.stderr)
                    os.write(1, b"from the descriptor\\n")
                    libc = ctypes.CDLL(None)
                    libc.puts(b"from c")
                    libc.fflush(None)
                    subprocess.run(["bash", "-c", "echo from a child; echo its error >&2"])
                    logging.basicConfig(level="INFO")
                    logging.getLogger("w").info("from logging")
                    sys.__stdout__.write("from the first stdout\\n")
                """,
        }
    )
    up(made).ok()
    said = made.cli("logs", "@last", "a").out
    for text in ("python", "stderr", "the descriptor", "c", "a child", "logging", "the first stdout"):
        assert f"from {text}\n" in said or f"INFO:w:from {text}\n" in said, (text, said)
    assert "its error\n" in said


def test_output_is_there_while_a_step_runs(project: Make) -> None:
    made = project(
        {"pipeline.toml": "name = 'x'\n[steps.a]\nshell = 'echo early; until test -e go; do sleep 0.02; done'\n"}
    )
    process = made.popen("up", "pipeline.toml")
    made.wait(lambda: made.cli("logs", "@last", "a").out == "early\n")
    made.write({"go": ""})
    assert process.wait(20) == 0


SHELL = """
name = "x"
[steps.a]
returns = ["lines", "n"]
shell = '''
cat > /dev/null
printf 'lines<<END\\none\\ntwo = 2\\nEND\\nn=%s\\n' "$HOME" > "$RUNNER_RETURNS"
python -c "import sys; print(sys.prefix)"
LAST'''
"""


@pytest.mark.parametrize("last", ["exit 0\n", "true # a comment", "true &&\ntrue", "(exit 0)\n"])
def test_a_script_may_end_as_it_likes(project: Make, last: str) -> None:
    made = project({"pipeline.toml": SHELL.replace("LAST", last)})
    ended = up(made).ok()
    given = {name: value["json"] for name, value in ended.nodes()["a"]["returns"].items()}
    assert given == {"lines": "one\ntwo = 2", "n": str(made.home)}
    assert made.cli("logs", "@last", "a").out.strip() == sys.prefix


# secrets

SECRETS = """
name = "x"
[steps.a]
secrets = ["TOKEN"]
shell = 'test "${#TOKEN}" = 9; env; echo "$TOKEN"'
[steps.b]
needs = ["a"]
secrets = ["TOKEN"]
python = "w:f"
[steps.c]
needs = ["b"]
secrets = { OTHER = "TOKEN" }
command = ["bash", "-c", 'test $(printf %s "$OTHER" | wc -c) = 9']
"""
TAKES = "import os\ndef f(): assert len(os.environ.pop('TOKEN')) == 9\n"


def test_a_secret_may_be_declared_by_many_steps(project: Make) -> None:
    made = project({"pipeline.toml": SECRETS, "w.py": TAKES})
    for _ in range(2):
        up(made, "-j", "1", TOKEN="abcd-1234").ok().silent("abcd-1234")
    assert "abcd-1234" not in made.cli("logs", "@last", "a").out
    assert not [path for path in made.files(".runner/**/*") if b"abcd-1234" in made.path(path).read_bytes()]


def test_a_secret_that_is_missing_is_told_before_anything_runs(project: Make) -> None:
    made = project({"pipeline.toml": SECRETS + '[steps.z]\nshell = "touch ran"\n', "w.py": TAKES})
    assert up(made).says("TOKEN").silent("Traceback").code in (3, 4)
    assert not made.exists("ran")
