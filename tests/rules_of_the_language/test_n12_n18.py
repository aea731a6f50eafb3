"""N12 to N18 in real runs: parameters and returns. What is told apart further stands beside the code it tests."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from runner.testing.project import Outcome, Project

Make = Callable[..., Project]


def up(made: Project, *words: str, **env: str) -> Outcome:
    return made.cli("up", "pipeline.toml", "--json", *words, env=env)


def given(outcome: Outcome, label: str, name: str) -> Any:
    return outcome.nodes()[label]["returns"][name]["json"]


SEEN = 'import json, os\nprint(json.dumps(sorted(json.load(open(os.environ["RUNNER_PARAMS"])))))\n'


def test_n12_with_params_those_its_items_and_its_files_and_without_all_in_scope(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "x"
                [params]
                a = 1
                b = 2
                [steps.list]
                params = ["a"]
                for-each = { i = [1] }
                inputs = { src = "seen.py" }
                command = ["python", "seen.py"]
                [steps.table]
                params = { c = "${a}", d = 4 }
                interpreter = "python"
                shell = 'exec(open("seen.py").read())'
                [steps.all]
                command = ["python", "seen.py"]
                """,
            "seen.py": SEEN,
        }
    )
    ended = up(made).ok()
    seen = {name: json.loads(made.cli("logs", "@last", name).out) for name in ("list[i=1]", "table", "all")}
    assert seen == {"list[i=1]": ["a", "i", "src"], "table": ["c", "d"], "all": ["a", "b"]}
    assert ended.nodes()["table"]["params_in"] == {"c": 1, "d": 4}


def test_n12_only_what_a_step_takes_is_in_its_definition(project: Make) -> None:
    def definitions(b: int) -> dict[str, str]:
        text = f'[params]\na = 1\nb = {b}\n[steps.few]\nparams = ["a"]\nshell = ":"\n[steps.all]\nshell = ":"\n'
        nodes = up(project({"pipeline.toml": text})).ok().nodes()
        return {
            name: json.dumps([node["params_in"], node["attempts"][0]["definition"]]) for name, node in nodes.items()
        }

    one, two = definitions(1), definitions(2)
    assert one["few"] == two["few"] and one["all"] != two["all"]


def test_n13_a_function_outside_the_project_takes_all_in_scope_and_names_not_asked_for_are_not_passed(
    project: Make,
) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "x"
                [params]
                a = 1
                b = 2
                [steps.installed]
                python = "builtins:dict"
                returns = ["a", "b"]
                [steps.own]
                python = "w:f"
                [steps.wrapped]
                python = "w:g"
                returns = ["seen"]
                """,
            "w.py": """
                import functools
                def deco(f):
                    @functools.wraps(f)
                    def inner(**values): return f(**values)
                    return inner
                def f(a, c="default"): assert (a, c) == (1, "default")
                def g(**rest): return rest
                raise_if_imported_by_check = 1
                """,
        }
    )
    ended = up(made).ok()
    assert {name: given(ended, "installed", name) for name in "ab"} == {"a": 1, "b": 2}
    assert given(ended, "wrapped", "seen") == {"a": 1, "b": 2}
    assert ended.nodes()["own"]["params_in"] == {"a": 1}


def test_n13_a_module_is_never_imported_to_read_it(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": 'name = "x"\n[params]\na = 1\n[steps.s]\npython = "w:f"\n',
            "w.py": "open('imported', 'a').write('x')\ndef f(a): pass\n",
        }
    )
    for verb in ("check", "plan", "list", "graph", "explain"):
        made.cli(verb, "pipeline.toml").ok()
    assert not made.exists("imported")
    up(made).ok()
    assert made.read("imported") == "x"


WAYS = {
    "a tuple": "return 1, 'x'",
    "a list": "return [1, 'x']",
    "a mapping": "return {'b': 'x', 'a': 1, 'more': 2}",
    "a dataclass": "return D(1, 'x')",
    "a named tuple": "return T(1, 'x')",
}


@pytest.mark.parametrize("way", WAYS)
def test_n14_several_returns_come_as(project: Make, way: str) -> None:
    code = (
        "from dataclasses import dataclass\nfrom typing import NamedTuple\n"
        "@dataclass\nclass D:\n    a: int\n    b: str\nclass T(NamedTuple):\n    a: int\n    b: str\n"
        f"def f():\n    {WAYS[way]}\n"
    )
    made = project({"pipeline.toml": '[steps.s]\npython = "w:f"\nreturns = ["a", "b"]\n', "w.py": code})
    ended = up(made).ok()
    assert (given(ended, "s", "a"), given(ended, "s", "b")) == (1, "x")


def test_n14_one_return_is_the_value_as_it_is(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": '[steps.s]\npython = "w:f"\nreturns = ["a"]\n[steps.t]\npython = "w:g"\nreturns = ["b"]\n',
            "w.py": "def f(): return [1]\ndef g(): return {'b': {'c': [None, True]}}\n",
        }
    )
    ended = up(made).ok()
    assert (given(ended, "s", "a"), given(ended, "t", "b")) == ([1], {"b": {"c": [None, True]}})


def test_n15_text_from_outside_takes_the_declared_kind_else_the_defaults_else_json(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "x"
                [params]
                declared = 1
                default = 0.5
                text = ""
                list = []
                [types]
                declared = { type = "text" }
                free = {}
                [steps.a]
                python = "w:f"
                returns = ["seen"]
                [steps.b]
                returns = [{ name = "t", type = "text" }, { name = "i", type = "integer" }, "j", "k"]
                shell = 'printf "t=1\\ni=2\\nj=3\\nk=03\\n" > "$RUNNER_RETURNS"'
                """,
            "w.py": "def f(declared, default, text, list, free): return [declared, default, text, list, free]\n",
        }
    )
    words = {"declared": "7", "default": "2", "text": "8", "list": "[1, 2]", "free": '{"a":1}'}
    ended = up(made, *(word for name, text in words.items() for word in ("--param", f"{name}={text}"))).ok()
    seen = given(ended, "a", "seen")
    assert seen == ["7", 2, "8", [1, 2], {"a": 1}]
    assert [given(ended, "b", name) for name in "tijk"] == ["1", 2, 3, "03"]


def test_n15_a_date_travels_as_text_and_is_turned_back_by_annotation_or_type(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "x"
                [params]
                d = 2026-02-03
                s = "2026-02-04"
                [types]
                s = { type = "date" }
                [steps.a]
                python = "w:f"
                returns = ["seen"]
                [steps.b]
                shell = 'test "$RUNNER_PARAM_d $RUNNER_PARAM_s" = "2026-02-03 2026-02-04"'
                """,
            "w.py": """
                from datetime import date
                def f(d: date, s: date): return [d.isoformat(), s.year, type(d).__name__]
                """,
        }
    )
    assert given(up(made).ok(), "a", "seen") == ["2026-02-03", 2026, "date"]


def test_n16_all_forms_in_which_a_script_gets_values(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "x"
                [params]
                Case = 1.50
                flag = true
                words = ["a b", 2]
                [steps.give]
                python = "w:give"
                returns = ["nothing", { name = "o", kind = "object" }]
                [steps.a]
                params = { Case = "${Case}", flag = "${flag}", words = "${words}", nothing = "${nothing}", o = "${o}" }
                inputs = { files = "d/*.txt" }
                shell = '''
                echo "$RUNNER_PARAM_Case|$RUNNER_PARAM_flag|$RUNNER_PARAM_words|${RUNNER_PARAM_nothing-unset}"
                echo "$RUNNER_PARAM_files"
                python -c "import os, pickle; print(pickle.load(open(os.environ['RUNNER_PARAM_o'], 'rb')))"
                python -c "import json, os; print(json.load(open(os.environ['RUNNER_PARAMS']))['nothing'])"
                '''
                """,
            "w.py": "def give(): return None, {1}\n",
            "d/a b.txt": "",
            "d/c.txt": "",
        }
    )
    up(made).ok()
    assert made.cli("logs", "@last", "a").out.splitlines() == [
        '1.5|true|["a b",2]|unset', "d/a b.txt", "d/c.txt", "{1}", "None",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "use", ['when = "o == none"', 'env = { X = "a ${o}" }', 'for-each = { i = "${o}" }', 'command = ["echo", "-${o}"]']
)
def test_n16_objects_stand_in_no_condition_text_or_for_each(project: Make, use: str) -> None:
    kind = "" if use.startswith("command") else 'shell = "true"\n'
    made = project(
        {
            "pipeline.toml": '[steps.a]\npython = "w:f"\nreturns = [{ name = "o", kind = "object" }]\n'
            f"[steps.b]\n{use}\n{kind}",
            "w.py": "def f(): return {1}\n",
        }
    )
    ended = made.cli("up", "pipeline.toml").says("object")
    assert ended.code in (1, 3) and "Traceback" not in ended.err


def test_n17_what_is_for_us_reaches_no_step_and_what_is_not_ours_all(project: Make) -> None:
    made = project(
        {"pipeline.toml": 'name = "x"\n[params]\nn = 1\n[steps.a]\nshell = "env | grep ^RUNNER | sort > seen"\n'}
    )
    around = {"RUNNER_UP_SET_n": "2", "RUNNER_UP_JOBS": "1", "RUNNER_PARAM_n": "9", "RUNNER_RUN_ID": "outer"}
    up(made, RUNNER_DEBUG="1", RUNNER_NAME="ci", **around).ok()
    seen = dict(line.split("=", 1) for line in made.read("seen").splitlines())
    assert seen["RUNNER_PARAM_n"] == "2" and seen["RUNNER_RUN_ID"] != "outer"
    assert (seen["RUNNER_DEBUG"], seen["RUNNER_NAME"]) == ("1", "ci")
    assert not [name for name in seen if name.startswith("RUNNER_UP")]


@pytest.mark.parametrize(
    ("old", "new", "fine"),
    [
        ("1", "2.5", True),
        ("1.5", "2", True),
        ('"a"', "1", False),
        ("1", '"a"', False),
        ("true", "1", False),
        ("[]", "{}", False),
    ],
)
def test_n18_a_parameter_keeps_its_kind_through_the_layers(project: Make, old: str, new: str, fine: bool) -> None:
    made = project(
        {
            "pipeline.toml": f'[params]\nv = {old}\n[steps.a]\nshell = "true"\n',
            "profiles/p.toml": f"[params]\nv = {new}\n",
        }
    )
    ended = made.cli("check", "pipeline.toml", "--profile", "p").exits(0 if fine else 3)
    if not fine:
        ended.says("`v`", "profiles/p.toml:2")


def test_n18_a_return_replaces_a_parameter_behind_it_only(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "x"
                [params]
                v = "first"
                [steps.a]
                shell = 'echo v=second > "$RUNNER_RETURNS"'
                returns = ["v"]
                [steps.b]
                needs = ["a"]
                python = "w:second"
                [steps.c]
                after = ["b"]
                python = "w:first"
                """,
            "w.py": "def first(v): assert v == 'first'\ndef second(v): assert v == 'second'\n",
        }
    )
    up(made).ok()


TYPES = """
    [params]
    n = 3
    mode = "fast"
    xs = ["a"]
    day = 2026-01-02
    [types]
    n = { type = "integer", minimum = 1, maximum = 5 }
    mode = { enum = ["fast", "slow"] }
    xs = { type = "list", items = { type = "text", pattern = "^[a-z]$" } }
    day = { enum = [2026-01-02, 2026-01-03] }
    ratio = { type = "number" }
    [steps.a]
    shell = ":"
    """


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("n=6", "6 is more than 5"),
        ("n=0", "0 is less than 1"),
        ("n=1.0", "not a whole number"),
        ("mode=medium", "'medium' is not one of 'fast', 'slow'"),
        ('xs=["a", "bb"]', "[1]: text 'bb' does not match"),
        ("xs=a", "is not a list"),
        ("day=2026-02-30", "not a date"),
        ("day=2026-01-04", "is not one of"),
        ("ratio=x", "'x' is not a number"),
        ("ratio=0.5", ""),
    ],
)
def test_n15_types_hold_for_what_is_given_on_the_command_line(project: Make, word: str, says: str) -> None:
    made = project({"pipeline.toml": TYPES})
    words = [] if word.startswith("ratio") else ["--param", "ratio=1"]
    said = made.cli("check", "pipeline.toml", *words, "--param", word).exits(3 if says else 0)
    assert not says or said.says(f"`--param {word}`", says)
