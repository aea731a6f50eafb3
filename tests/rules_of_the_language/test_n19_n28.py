"""N19 to N28 in real runs: groups, files, addresses. More stands beside the code it tests."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

from runner.testing.project import Outcome, Project

Make = Callable[..., Project]


def up(made: Project, *words: str, **env: str) -> Outcome:
    return made.cli("up", "pipeline.toml", "--json", *words, env=env)


def given(outcome: Outcome, label: str, name: str) -> Any:
    return outcome.nodes()[label]["returns"][name]["json"]


def log(made: Project, label: str) -> str:
    return made.cli("logs", "@last", label).ok().out


# groups and choices


def test_n19_a_group_a_choice_and_a_map_of_groups_give_exactly_their_returns(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "x"
                [steps.g]
                for-each = { i = [1, 2] }
                returns = ["v", { name = "w", from = "b.hidden" }]
                [steps.g.steps.a]
                python = "w:ten"
                returns = ["v"]
                [steps.g.steps.b]
                stub = { returns = { hidden = "h" } }
                [steps.c]
                choose = "'two'"
                returns = ["k"]
                [steps.c.cases.one]
                stub = { returns = { k = 1 } }
                [steps.c.default]
                stub = { returns = { k = 2 } }
                [steps.j]
                params = { v = "${steps.g.v}", w = "${steps.g.w}", k = "${steps.c.k}" }
                python = "w:all"
                returns = ["all"]
                """,
            "w.py": "def ten(i): return i * 10\ndef all(v, w, k): return [v, w, k]\n",
        }
    )
    assert given(up(made).ok(), "j", "all") == [[10, 20], ["h", "h"], 2]


@pytest.mark.parametrize(
    ("case", "says"), [("stub = true", "k"), ('shell = "true"', "k"), ("stub = { returns = { k = 1 } }", "")]
)
def test_n19_every_case_returns_all_that_the_choice_does(project: Make, case: str, says: str) -> None:
    last = "[steps.c.default]\nstub = { returns = { k = 2 } }\n"
    text = f'[steps.c]\nchoose = "true"\nreturns = ["k"]\n[steps.c.cases.true]\n{case}\n{last}'
    made = project({"pipeline.toml": text})
    made.cli("check", "pipeline.toml").exits(3 if says else 0).says(says)


# files


def test_n20_paths_are_of_the_root_and_workdir_only_says_where_to_start(project: Make) -> None:
    made = project(
        {
            "runner.toml": "",
            "sub/pipeline.toml": """
                name = "x"
                [steps.a]
                workdir = "here"
                inputs = { src = "data/in.txt" }
                outputs = { out = "out/o.txt" }
                shell = 'pwd; cp "$RUNNER_PARAM_src" "$RUNNER_PARAM_out"'
                """,
            "data/in.txt": "x",
            "here/keep": "",
        }
    )
    made.cli("up", "sub/pipeline.toml").ok()
    assert log(made, "a") == f"{made.path('here')}\n" and made.read("out/o.txt") == "x"
    assert made.exists(".runner/runs") and not made.exists("sub/.runner")


def test_n20_extends_is_relative_to_the_file_that_says_it(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": "[params]\nn = 1\n[steps.a]\nshell = 'test \"$RUNNER_PARAM_n\" = 3'\n",
            "profiles/here.toml": 'extends = "../base/one.toml"\n',
            "base/one.toml": 'extends = "two.toml"\n',
            "base/two.toml": "[params]\nn = 3\n",
        }
    )
    made.cli("up", "pipeline.toml", "--profile", "here").ok()


def test_n21_an_unknown_part_meets_what_it_may_name(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "x"
                [steps.reader]
                inputs = ["out/*.txt"]
                shell = "cat out/*.txt"
                [steps.free]
                shell = "true"
                env = { F = "${steps.name.first}" }
                outputs = ["${steps.name.first}/x.txt"]
                script = "true"
                [steps.writer]
                outputs = ["out/${steps.name.first}.txt"]
                env = { N = "${steps.name.first}" }
                shell = 'sleep 0.1; echo "$N" > "out/$N.txt"'
                [steps.name]
                stub = { returns = { first = "deep" } }
                """.replace('script = "true"\n', "").replace(
                'shell = "true"\n', 'shell = \'mkdir -p "$F"; touch "$F/x.txt"\'\n'
            )
        }
    )
    plan = made.cli("plan", "pipeline.toml", "--json").ok().json()
    needs = {node["path"]: {plan["nodes"][id]["path"] for id in node["needs"]} for node in plan["nodes"].values()}
    assert needs["reader"] == {"writer"}, "the first part of the other path is unknown: it infers nothing"
    up(made, "-j", "4").ok()
    assert log(made, "reader") == "deep\n"


def test_n22_one_path_two_writers(project: Make) -> None:
    two = '[steps.a]\noutputs = ["o"]\nshell = "echo a > o"\n[steps.b]\noutputs = ["o"]\nshell = "echo b > o"\n'
    project({"pipeline.toml": two}).cli("check", "pipeline.toml").exits(3).says("`o`", "`a`", "`b`")
    up(project({"pipeline.toml": two + 'needs = ["a"]\n'})).ok()
    cases = two.replace("[steps.a]", '[steps.c]\nchoose = "true"\n[steps.c.cases.true]').replace(
        "[steps.b]", "[steps.c.default]"
    )
    made = project({"pipeline.toml": cases})
    up(made).ok()
    assert made.read("o") == "a\n"


def test_n23_outputs_before_and_after_an_attempt(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "x"
                [steps.a]
                outputs = ["new/deep/o.txt", { path = "maybe.txt", optional = true }, "some/*.txt"]
                shell = 'test ! -e maybe.txt && test ! -e some/old.txt && touch new/deep/o.txt some/new.txt'
                [steps.both]
                inputs = ["state.txt"]
                outputs = ["state.txt"]
                shell = 'grep -q before state.txt; echo after >> state.txt'
                [steps.glob]
                outputs = ["nothing/*.txt"]
                shell = "true"
                [steps.kept]
                outputs = ["lost.txt", { path = "kept.log", always = true }]
                shell = "touch lost.txt kept.log; exit 1"
                """,
            "maybe.txt": "",
            "some/old.txt": "",
            "state.txt": "before\n",
        }
    )
    nodes = up(made).exits(1).nodes()
    assert {name: node["status"] for name, node in nodes.items()} == {
        "a": "succeeded", "both": "succeeded", "glob": "failed", "kept": "failed",
    }  # fmt: skip
    assert [file["path"] for file in nodes["a"]["files"]] == ["new/deep/o.txt", "some/new.txt"]
    assert nodes["glob"]["reason"] == "missing-output"
    assert [file["path"] for file in nodes["kept"]["files"]] == ["kept.log"]


@pytest.mark.parametrize("place", [(), ("--isolate",)], ids=["in-place", "isolated"])
def test_n24_a_glob_that_meets_outputs_has_what_this_run_put_and_nothing_else(
    project: Make, place: tuple[str, ...]
) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "x"
                [params]
                names = ["b", "a"]
                [steps.m]
                for-each = { n = "${names}" }
                outputs = ["out/${n}.txt"]
                command = ["touch", "out/${n}.txt"]
                [steps.j]
                inputs = { files = "out/*.txt" }
                shell = 'echo "$RUNNER_PARAM_files"'
                """,
            "out/stray.txt": "",
        }
    )
    up(made, *place).ok()
    assert log(made, "j").split() == ["out/a.txt", "out/b.txt"]
    up(made, *place, "--param", 'names=["c"]').ok()
    assert log(made, "j").split() == ["out/c.txt"]


def test_n24_project_files_exist_at_plan_time_and_their_content_is_outside_the_digest(project: Make) -> None:
    made = project({"pipeline.toml": '[steps.a]\ninputs = ["d/*.txt"]\nshell = "true"\n', "d/a.txt": "1"})
    first = made.cli("plan", "pipeline.toml", "--json").ok().json()
    made.write({"d/a.txt": "2"})
    assert made.cli("plan", "pipeline.toml", "--json").ok().json()["digest"] == first["digest"]
    made.write({"d/b.txt": "2"})
    assert made.cli("plan", "pipeline.toml", "--json").ok().json()["digest"] != first["digest"]


@pytest.mark.parametrize("target", ["nowhere", ".."])
def test_n24_a_link_to_nothing_or_upward_is_an_error_of_check(project: Make, target: str) -> None:
    made = project({"pipeline.toml": '[steps.a]\ninputs = ["d/"]\nshell = "true"\n', "d/a.txt": ""})
    os.symlink(target, made.path("d/link"))
    made.cli("check", "pipeline.toml").exits(3).says("d/link")


def test_n25_a_named_file_is_text_or_a_list_and_is_its_own_steps(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "x"
                [steps.m]
                for-each = { i = [1, 2] }
                outputs = { out = "out/${i}.txt" }
                command = ["touch", "${out}"]
                [steps.j]
                inputs = { one = "d/a.txt", glob = "d/*.txt", items = "${steps.m.out}" }
                python = "w:seen"
                returns = ["seen"]
                """,
            "d/a.txt": "",
            "w.py": "def seen(one, glob, items): return [one, glob, items]\n",
        }
    )
    assert given(up(made).ok(), "j", "seen") == ["d/a.txt", ["d/a.txt"], ["out/1.txt", "out/2.txt"]]
    text = (
        '[steps.a]\noutputs = { out = "o" }\nshell = "touch o"\n[steps.b]\nneeds = ["a"]\ncommand = ["cat", "${out}"]\n'
    )
    project({"pipeline.toml": text}).cli("check", "pipeline.toml").exits(3).says("out", "steps.a.out")


def test_n25_each_path_of_a_list_is_an_input(project: Make) -> None:
    text = """
        [params]
        lists = ["made/a.txt", "d/b.txt"]
        [steps.taker]
        inputs = { all = "${lists}" }
        shell = 'cat $RUNNER_PARAM_all'
        [steps.items]
        inputs = { all = "${steps.each.out}" }
        shell = 'cat $RUNNER_PARAM_all'
        [steps.writer]
        outputs = ["made/a.txt"]
        shell = "sleep 0.1; echo made > made/a.txt"
        [steps.names]
        stub = { returns = { name = ["p", "q"] } }
        [steps.each]
        for-each = { n = "${name}" }
        outputs = { out = "out/${n}" }
        command = ["sh", "-c", "echo $0 > out/$0", "${n}"]
        """
    made = project({"pipeline.toml": text, "d/b.txt": "there\n"})
    up(made).ok()
    assert log(made, "taker") == "made\nthere\n"
    assert log(made, "items") == "p\nq\n", "a path that ends in a value is the path of one file"
    made.path("d/b.txt").unlink()
    made.cli("check", "pipeline.toml").exits(3).says("E314", "no step writes `d/b.txt`", "pipeline.toml:4:")


@pytest.mark.parametrize("profile", ["local", "std:emulated"])
def test_n25_a_folder_that_a_value_names_is_all_that_is_in_it(project: Make, profile: str) -> None:
    text = """
        [params]
        folder = "made/d/"
        lists = ["data/d/", "made/d/"]
        [steps.taker]
        inputs = { all = "${folder}" }
        shell = 'find "$RUNNER_PARAM_all" -type f | sort'
        [steps.both]
        inputs = { all = "${lists}" }
        shell = 'find $RUNNER_PARAM_all -type f | sort'
        [steps.writer]
        outputs = { all = "${folder}" }
        shell = "mkdir -p made/d/e; touch made/d/a made/d/e/b"
        """
    made = project({"pipeline.toml": text, "data/d/c": "", ".gitignore": "data/"})
    up(made, "--profile", profile).ok()
    assert log(made, "taker") == "made/d/a\nmade/d/e/b\n"
    assert log(made, "both") == "data/d/c\nmade/d/a\nmade/d/e/b\n"
    made.write({"pipeline.toml": text.replace('["data/d/"', '["data/e/"')})
    made.cli("check", "pipeline.toml").exits(3).says("data/e/")


# composition


def test_n26_edges_of_inner_steps_belong_to_the_outermost_group_that_does_not_hold_both(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "x"
                [params]
                v = 0
                [steps.g]
                params = { v = 5, own = 6 }
                [steps.g.steps.first]
                shell = 'test -z "$(ls made 2> /dev/null)"; echo first'
                [steps.g.steps.h.steps.reads]
                inputs = ["made/x.txt"]
                shell = 'test "$RUNNER_PARAM_own $RUNNER_PARAM_v" = "6 5"'
                [steps.writes]
                outputs = ["made/x.txt"]
                shell = "touch made/x.txt"
                """
        }
    )
    plan = made.cli("plan", "pipeline.toml", "--json").ok().json()
    needs = {node["path"]: [plan["nodes"][id]["path"] for id in node["needs"]] for node in plan["nodes"].values()}
    assert (needs["g"], needs["g.h"], needs["g.h.reads"]) == (["writes"], [], [])


def test_n26_needs_names_siblings(project: Make) -> None:
    text = '[steps.a]\nshell = ":"\n[steps.g.steps.b]\nneeds = ["a"]\nshell = ":"\n'
    project({"pipeline.toml": text}).cli("check", "pipeline.toml").exits(3).says("pipeline.toml:4", "`a`")


def test_n28_addresses_and_attempts(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "x"
                [steps.arch]
                for-each = { arch = ["vit_b", "vit_l"] }
                [steps.arch.steps.fit]
                for-each = { lr = ["a b", "c"] }
                retry = { attempts = 2 }
                shell = 'echo "$RUNNER_STEP try $RUNNER_ATTEMPT"; test "$RUNNER_ATTEMPT" = 2'
                [steps.loop]
                repeat = { until = "done", max = 3, as = "n" }
                returns = ["done"]
                shell = '''
                [ "$RUNNER_PARAM_n$RUNNER_ROUND" = 22 ] && done=true || done=false
                echo done=$done > "$RUNNER_RETURNS"
                '''
                """
        }
    )
    labels = list(up(made).ok().statuses())
    assert {"arch[arch=vit_b].fit[1]", "arch[arch=vit_l].fit[0]", "loop#1", "loop#2"} <= set(labels)
    assert log(made, "arch[arch=vit_b].fit[1]~1").split()[-1] == "1"
    assert "loop#3" not in labels


def test_n23_the_kind_of_an_output_is_on_record_and_shown(project: Make) -> None:
    text = """
        [steps.a]
        outputs = [
          "plain.txt",
          { path = "m.json", kind = "metrics" },
          { path = "p.csv", kind = "plot", x = "step", y = "loss" },
          { path = "f.svg", kind = "figure" },
          { path = "t.csv", kind = "table" },
          { path = "r.html", kind = "report" },
        ]
        shell = "touch plain.txt m.json p.csv f.svg t.csv r.html"
        """
    made = project({"pipeline.toml": text})
    files = {file["path"]: file for file in up(made).ok().nodes()["a"]["files"]}
    kinds = {path: file["kind"] for path, file in files.items()}
    assert kinds == {"plain.txt": "file", "m.json": "metrics", "p.csv": "plot", "f.svg": "figure", "t.csv": "table",
                     "r.html": "report"}  # fmt: skip
    assert (files["p.csv"]["x"], files["p.csv"]["y"]) == ("step", "loss")
    shown = made.cli("show", "@last", "a").ok()
    shown.says("p.csv  plot of loss over step  ", "r.html  report  ", "plain.txt  0 bytes")
