"""N31 to N54 in real runs, as far as they concern this machine. More stands beside the code it tests."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.testing.project import Outcome, Project

Make = Callable[..., Project]


def up(made: Project, *words: str, **env: str) -> Outcome:
    return made.cli("up", "pipeline.toml", "--json", *words, env=env)


def log(made: Project, label: str) -> str:
    return made.cli("logs", "@last", label).ok().out


LOOP = """
name = "x"
[steps.a]
repeat = { until = "total > 5 and k == 3", max = MAX, as = "k", delay = "10ms"EXHAUSTED }
returns = ["total"]
python = "w:f"
[steps.b]
params = ["total"]
shell = 'echo "$RUNNER_PARAM_total"'
"""
ROUNDS = "def f(k):\n    if k == FAILS: raise ValueError\n    return k * (k + 1) // 2\n"


@pytest.mark.parametrize(
    ("max", "exhausted", "fails", "rounds", "status", "reason"),
    [
        (9, "", 0, 3, "succeeded", None),
        (2, "", 0, 2, "failed", "not-converged"),
        (2, ', exhausted = "succeed"', 0, 2, "succeeded", None),
        (9, "", 2, 2, "failed", "exit"),
    ],
)
def test_n31_rounds_see_the_round_before(
    project: Make, max: int, exhausted: str, fails: int, rounds: int, status: str, reason: str | None
) -> None:
    made = project(
        {
            "pipeline.toml": LOOP.replace("MAX", str(max)).replace("EXHAUSTED", exhausted),
            "w.py": ROUNDS.replace("FAILS", str(fails)),
        }
    )
    nodes = up(made).exits(0 if status == "succeeded" else 1).nodes()
    assert (nodes["a"]["status"], len([name for name in nodes if name.startswith("a#")])) == (status, rounds)
    assert nodes["a"]["reason"] == reason or reason == "exit"
    if status == "succeeded":
        assert log(made, "b") == ("6\n" if rounds == 3 else "3\n")


# layers


def test_n32_to_n34_layers_reach_the_process(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "x"
                [params]
                p = "pipeline"
                [defaults]
                env = { A = "pipeline", B = "pipeline", C = "pipeline", D = "pipeline" }
                [steps.g]
                defaults = { env = { C = "group" } }
                [steps.g.steps.s]
                tags = ["t"]
                env = { D = "step" }
                shell = 'echo "$A $B $C $D ${E-unset} $RUNNER_PARAM_p"'
                """,
            "profiles/base.toml": '[defaults]\nenv = { A = "base", E = "base" }\n[params]\np = "base"\n',
            "profiles/p.toml": """
                extends = "base"
                [defaults]
                env = { B = "profile", C = "profile" }
                [tags.t]
                env = { D = "tag" }
                [steps."g.*"]
                unset = ["env.E"]
                """,
        }
    )
    up(made, "--profile", "p", "--param", "p=word").ok()
    assert log(made, "g.s") == "pipeline profile group tag unset word\n"
    made.cli("explain", "pipeline.toml", "steps.g.s.env", "--profile", "p").ok().says(
        "profiles/p.toml:5", "pipeline.toml"
    )


# isolation and secrets


@pytest.mark.parametrize("git", [True, False], ids=["git", "no-git"])
def test_n38_an_isolated_step_sees_the_projects_files_and_its_inputs(project: Make, git: bool) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "x"
                [steps.a]
                outputs = ["made/a.txt"]
                shell = "touch made/a.txt made/b.txt"
                [steps.b]
                isolate = true
                inputs = ["made/a.txt"]
                outputs = ["out.txt"]
                shell = "find . -type f -not -path './.runner/*' | sort > out.txt; touch stray.txt; cat out.txt"
                """,
            "code.py": "",
            "ignored.log": "",
            ".hidden/x": "",
            ".gitignore": "*.log\n",
        }
    )
    if git:
        os.system(f"git -C {made.root} init -q")
    up(made).ok()
    seen = set(log(made, "b").split()) - {"./out.txt"}
    assert {"./code.py", "./made/a.txt", "./pipeline.toml"} <= seen and (git or "./made/b.txt" in seen)
    assert ("./ignored.log" in seen) == (not git)
    assert not made.exists("stray.txt") and made.exists("out.txt")


def test_n40_secrets_by_environment_or_by_file_and_never_by_reference(project: Make) -> None:
    text = """
        name = "x"
        [steps.a]
        secrets = { T = "TOKEN", F = { name = "TOKEN", file = true } }
        shell = 'test -z "${TOKEN-}"; test "$T" = "$(cat "$F")"; echo "${#T}"'
        """
    made = project({"pipeline.toml": text})
    up(made, TOKEN="abcd-1234").ok()
    assert log(made, "a") == "9\n"
    up(made, TOKEN="").says("TOKEN").silent("Traceback")
    assert up(made, TOKEN="abc").ok().err.count("TOKEN") >= 1
    made = project({"pipeline.toml": text + '[steps.b]\ncommand = ["echo", "${env.TOKEN}"]\n'})
    made.cli("check", "pipeline.toml").exits(3).says("env.TOKEN")
    made = project({"pipeline.toml": '[steps.b]\ncommand = ["echo", "${env.MY_PASSWORD:-}"]\n'})
    made.cli("check", "pipeline.toml").ok().says("warning", "MY_PASSWORD")


# processes


def test_n41_a_step_has_the_callers_umask_and_limits_and_nothing_else(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "x"
                [steps.a]
                shell = '''
                umask; ulimit -n; ls /proc/self/fd | wc -l; wc -c
                ps -o sid= -p $$ | tr -d ' ' | grep -qx $$ && echo leads
                '''
                """
        }
    )
    words = f"umask 027; ulimit -n 200; exec {' '.join(made.command())} up pipeline.toml"
    done = subprocess.run(["bash", "-c", words], cwd=made.root, env=made.environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert log(made, "a").split() == ["0027", "200", "4", "0", "leads"]


def test_n41_j_is_lowered_to_what_the_limits_allow(project: Make) -> None:
    made = project({"pipeline.toml": '[steps.m]\nfor-each = { i = { range = 60 } }\nshell = "sleep 0.1"\n'})
    words = f"ulimit -n 64; exec {' '.join(made.command())} up pipeline.toml -j 60 --json"
    done = subprocess.run(["bash", "-c", words], cwd=made.root, env=made.environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "warning" in done.stderr and "-j" in done.stderr


def test_n43_which_python_a_python_step_has(project: Make, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for each in (one, two):
        venv.create(each, symlinks=True)
    text = """
        name = "x"
        [steps.plain]
        python = "w:f"
        [steps.own]
        RUNTIME
        python = "w:f"
        [steps.shell]
        shell = 'echo "$PATH"; echo "${PYTHONPATH-}"'
        """
    code = "import sys\ndef f(): print(sys.prefix)\n"
    made = project({"pipeline.toml": text.replace("RUNTIME", f"runtime = '{one}'"), "w.py": code})
    up(made).ok()
    assert (log(made, "plain").strip(), log(made, "own").strip()) == (sys.prefix, str(one))
    before = made.environment()["PATH"]
    assert log(made, "shell").split("\n")[0] == before
    up(made, VIRTUAL_ENV=str(two), PATH=f"{two}/bin:{before}").ok()
    assert (log(made, "plain").strip(), log(made, "own").strip()) == (str(two), str(one))


def test_n43_our_api_is_there_under_both_names(project: Make) -> None:
    code = "import runner, runner_up\ndef f(n): assert runner_up.step.params['n'] == n == 1 and runner.step.params\n"
    made = project({"pipeline.toml": '[params]\nn = 1\n[steps.a]\npython = "w:f"\n', "w.py": code})
    up(made).ok()
    made.write({"runner.py": "mine = 1\n", "w.py": code.replace("and runner.step.params", "and runner.mine")})
    up(made).ok()


@pytest.mark.parametrize("value", ["../out", "a\nb", "/etc/x"])
def test_n46_a_path_made_of_values_stays_inside(project: Make, value: str) -> None:
    text = """
        name = "x"
        [steps.give]
        python = "w:give"
        returns = ["names"]
        [steps.m]
        for-each = { n = "${names}" }
        outputs = { o = "out/${n}.txt" }
        shell = 'touch "$RUNNER_PARAM_o"'
        """
    made = project({"pipeline.toml": text, "w.py": f"def give(): return ['fine', 'sub/fine', {'../' * 3 + value!r}]\n"})
    ended = up(made).exits(1)
    nodes = [node for node in ended.json()["nodes"].values() if node["path"] == "m" and node["attempts"]]
    assert [node["status"] for node in nodes] == ["succeeded", "succeeded", "failed"]
    assert nodes[2]["reason"] == "bad-param" and made.exists("out/sub/fine.txt")


def test_n46_items_that_would_write_one_path(project: Make) -> None:
    text = '[steps.m]\nfor-each = { n = ["a", "./a"] }\noutputs = ["out/${n}.txt"]\nshell = "true"\n'
    project({"pipeline.toml": text}).cli("check", "pipeline.toml").exits(3).says("out/a.txt")
    late = '[steps.g]\nstub = { returns = { l = ["a", "a"] } }\n[steps.m]\nfor-each = { n = "${steps.g.l}" }\n'
    made = project(
        {"pipeline.toml": f'{late}outputs = {{ o = "out/${{n}}.txt" }}\nshell = \'touch "$RUNNER_PARAM_o"\'\n'}
    )
    ended = up(made).exits(1)
    assert "bad-param" in {node["reason"] for node in ended.json()["nodes"].values()}


def test_n47_folders_on_the_way_may_be_links_that_were_there_before(project: Make, tmp_path: Path) -> None:
    made = project({"pipeline.toml": '[steps.a]\noutputs = ["out/x.txt"]\nshell = "echo new > out/x.txt"\n'})
    (tmp_path / "x.txt").write_text("old")
    os.symlink(tmp_path, made.path("out"))
    up(made).ok()
    assert made.path("out").is_symlink() and (tmp_path / "x.txt").read_text() == "new\n"


def test_n51_looking_touches_nothing(project: Make) -> None:
    made = project({"pipeline.toml": '[steps.a]\noutputs = ["o"]\nshell = "echo ran > o"\n', "o": "before"})
    for words in ("check", "plan", "graph", "list", "explain", "up --dry-run"):
        verb, *more = words.split()
        made.cli(verb, "pipeline.toml", *more).ok()
    assert made.files() == ["o", "pipeline.toml"] and made.read("o") == "before"


def test_n52_the_date_of_a_run_is_a_day_in_utc(project: Make) -> None:
    made = project({"pipeline.toml": '[steps.a]\ncommand = ["echo", "${run.date}", "${run.scheduled:-none}"]\n'})
    up(made, TZ="Pacific/Kiritimati").ok()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d none\n", log(made, "a"))


def test_n54_attempts_are_the_budget_of_the_commands_own_failures(project: Make) -> None:
    text = """
        name = "x"
        [steps.three]
        retry = { attempts = 3 }
        shell = "exit 1"
        [steps.seventy-eight]
        retry = { attempts = 3 }
        shell = "exit 78"
        [steps.other]
        retry = { attempts = 3, on = [4] }
        shell = "exit 1"
        [steps.on]
        retry = { attempts = 3, on = [4] }
        shell = "exit 4"
        """
    nodes = up(project({"pipeline.toml": text})).exits(1).nodes()
    assert {name: len(node["attempts"]) for name, node in nodes.items()} == {
        "three": 3, "seventy-eight": 1, "other": 1, "on": 3,
    }  # fmt: skip
