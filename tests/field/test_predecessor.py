"""What a runner of this field got wrong, and ours must not: names, kinds, choices, items, nests."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from runner.testing.project import Outcome, Project

Make = Callable[..., Project]
LOGS = pytest.mark.parametrize("log", ["file-system", "chunked-fs", "buffered"])


def up(made: Project, *words: str, **env: str) -> Outcome:
    return made.cli("up", "pipeline.toml", "--json", *words, env=env)


def returned(outcome: Outcome, label: str) -> Any:
    """The values that a step gave back; an object shows as its kind."""
    given = outcome.nodes()[label]["returns"]
    return {name: value.get("json", value["kind"]) for name, value in given.items()}


def taken(outcome: Outcome, label: str) -> Any:
    return outcome.nodes()[label]["params_in"]


# parameters and scope

INSIDE = """
name = "x"
[params]
outer = [1, 2]
MyKey = "case"
[steps.first]
shell = 'echo "kinds=[\\"a\\",\\"b\\"]" > "$RUNNER_RETURNS"'
returns = ["kinds"]
[steps.group.steps.inner]
python = "w:see"
[steps.map]
for-each = { i = "${outer}" }
python = "w:see"
[steps.choice]
choose = "MyKey"
[steps.choice.cases.case]
python = "w:see"
[steps.deep]
needs = ["first"]
for-each = { kind = "${kinds}" }
[steps.deep.steps.more]
for-each = { i = "${outer}" }
[steps.deep.steps.more.steps.pick]
choose = "kind"
[steps.deep.steps.more.steps.pick.cases.a]
python = "w:see_all"
[steps.deep.steps.more.steps.pick.default]
python = "w:see_all"
[steps.loop]
repeat = { until = "done", max = 3, as = "round" }
returns = ["done"]
python = "w:again"
"""
SEES = """
def see(outer, MyKey): assert (outer, MyKey) == ([1, 2], "case")
def see_all(outer, MyKey, kind, i): assert (outer, MyKey) == ([1, 2], "case") and kind in "ab" and i in outer
def again(outer, MyKey, round): return round == 2 and outer == [1, 2]
"""


def test_steps_inside_groups_maps_choices_and_loops_see_what_stands_around_them(project: Make) -> None:
    ended = up(project({"pipeline.toml": INSIDE, "w.py": SEES})).ok()
    assert taken(ended, "group.inner") == {"outer": [1, 2], "MyKey": "case"}
    assert taken(ended, "deep[kind=b].more[i=2].pick.default")["kind"] == "b"
    assert ended.statuses()["deep[kind=b].more[i=2].pick.a"] == "skipped"


def test_unordered_branches_never_see_each_others_values(project: Make) -> None:
    """A script without `params` takes all in scope: what a branch returns is not, for whom nothing orders behind it."""
    made = project(
        {
            "pipeline.toml": """
                name = "x"
                [params]
                v = "from the start"
                [steps.a]
                shell = 'echo v=changed > "$RUNNER_RETURNS"; touch a'
                returns = ["v"]
                [steps.a2]
                needs = ["a"]
                shell = 'echo "$RUNNER_PARAM_v" > a2'
                [steps.b]
                shell = 'until test -e a; do sleep 0.01; done; sleep 0.1; echo "$RUNNER_PARAM_v" > b'
                [steps.b2]
                needs = ["b"]
                shell = 'echo "$RUNNER_PARAM_v" > b2'
                """
        }
    )
    up(made, "-j", "4").ok()
    assert [made.read(name).strip() for name in ("a2", "b", "b2")] == ["changed", *["from the start"] * 2]


def test_two_branches_that_give_one_name_are_told_apart_by_the_taker(project: Make) -> None:
    text = """
        name = "x"
        [steps.left]
        returns = ["v"]
        shell = 'echo v=1 > "$RUNNER_RETURNS"'
        [steps.right]
        returns = ["v"]
        shell = 'echo v=2 > "$RUNNER_RETURNS"'
        [steps.join]
        params = PARAMS
        python = "w:join"
        returns = ["said"]
        """
    code = {"w.py": "def join(v): return v\n"}
    made = project({"pipeline.toml": text.replace("PARAMS", '["v"]'), **code})
    made.cli("check", "pipeline.toml").exits(3).says("steps.left.v", "steps.right.v")
    made = project({"pipeline.toml": text.replace("PARAMS", '{ v = "${steps.right.v}" }'), **code})
    assert returned(up(made).ok(), "join") == {"said": 2}


KINDS = {
    "t": True,
    "f": False,
    "one": 1,
    "zero": 0,
    "half": 0.5,
    "text": "1",
    "word": "false",
    "empty": "",
    "l": [True, 1],
}


def test_true_and_one_keep_their_kinds_all_the_way(project: Make) -> None:
    params = "\n".join(f"{name} = {json.dumps(value)}" for name, value in KINDS.items())
    made = project(
        {
            "pipeline.toml": f"""
name = "x"
[params]
{params}
[steps.give]
python = "w:give"
returns = {json.dumps([name + "_" for name in KINDS])}
[steps.take]
python = "w:take"
returns = ["seen"]
[steps.stub]
stub = {{ returns = {{ on = true, n = 1 }} }}
[steps.after]
when = "on == true and n == 1 and t_ and not f_ and one_ == 1"
env = {{ ON = "${{on}}", N = "${{n}}", FLAG = true, W = "${{word}}" }}
command = ["bash", "-c", 'echo "$ON $N $FLAG $W"', "x"]
""",
            "w.py": f"""
def give({", ".join(KINDS)}): return {", ".join(KINDS)}
def take({", ".join(name + "_" for name in KINDS)}): return [repr(v) for v in locals().values()]
""",
        }
    )
    ended = up(made).ok()
    assert returned(ended, "take") == {"seen": [repr(value) for value in KINDS.values()]}
    made.cli("logs", "@last", "after").says("true 1 true false\n")


@pytest.mark.parametrize("way", ["param", "variable"])
def test_the_case_of_a_name_is_kept(project: Make, way: str) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "x"
                [params]
                MyKey = 1
                mykey = 2
                [steps.a]
                shell = 'echo "$RUNNER_PARAM_MyKey $RUNNER_PARAM_mykey" > got'
                """
        }
    )
    if way == "param":
        up(made, "--param", "MyKey=7").ok()
    else:
        up(made, RUNNER_UP_SET_MyKey="7").ok()
    assert made.read("got") == "7 2\n"


@pytest.mark.parametrize(("hint", "text"), [("bool", "no"), ("bool", "False"), ("bool", "0"), ("int", "1.5")])
def test_an_annotation_is_no_cast(project: Make, hint: str, text: str) -> None:
    made = project(
        {
            "pipeline.toml": f'name = "x"\n[params]\nv = "{text}"\n[steps.a]\npython = "w:f"\n',
            "w.py": f"def f(v: {hint}): open('ran', 'w')\n",
        }
    )
    up(made).exits(3).says("error[E491]: `v` (w.py:1)")  # where it is known before the run
    given = f'[steps.say]\nstub = {{ returns = {{ v = "{text}" }} }}\n'
    made.write({"pipeline.toml": f'name = "x"\n{given}[steps.a]\nneeds = ["say"]\npython = "w:f"\n'})
    node = up(made).exits(1).nodes()["a"]
    assert (node["status"], node["reason"]) == ("failed", "bad-param")
    assert "`v`" in node["attempts"][-1]["error"]["message"] and not made.exists("ran")


def test_an_argument_that_nobody_gives_is_told_before_anything_runs(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": 'name = "x"\n[steps.a]\nshell = "touch ran"\n[steps.b]\nneeds = ["a"]\npython = "w:f"\n',
            "w.py": "def f(nobody): pass\n",
        }
    )
    up(made).exits(3).says("nobody", "pipeline.toml:6")
    assert not made.exists("ran")


def test_a_reference_that_nobody_fills_is_no_text(project: Make) -> None:
    made = project({"pipeline.toml": 'name = "x"\n[steps.a]\ncommand = ["echo", "${image}", "${env.NO_SUCH}"]\n'})
    up(made).exits(3).says("image", "NO_SUCH").silent("Traceback")


# choices

CHOICE = """
name = "x"
[params]
model_kind = VALUE
[steps.pick]
choose = "model_kind"
returns = ["got"]
[steps.pick.cases.small]
stub = { returns = { got = "small" } }
[steps.pick.cases.true]
stub = { returns = { got = "yes" } }
[steps.pick.cases.3]
stub = { returns = { got = "three" } }
DEFAULT
[steps.after]
params = ["got"]
shell = 'echo "$RUNNER_PARAM_got" > got'
"""
DEFAULT = '[steps.pick.default]\nstub = { returns = { got = "default" } }\n'


@pytest.mark.parametrize(
    ("value", "got"), [('"small"', "small"), ("true", "yes"), ("3", "three"), ('"other"', "default"), ("4", "default")]
)
def test_a_choice_compares_values_and_its_default_runs(project: Make, value: str, got: str) -> None:
    made = project({"pipeline.toml": CHOICE.replace("VALUE", value).replace("DEFAULT", DEFAULT)})
    up(made).ok()
    assert made.read("got") == f"{got}\n"


def test_a_value_that_no_case_has_is_told_with_the_cases(project: Make) -> None:
    made = project({"pipeline.toml": CHOICE.replace("VALUE", '"other"').replace("DEFAULT", "")})
    ended = up(made).exits(1).says('no case stands for "other"')
    assert (ended.statuses()["pick"], ended.statuses()["after"]) == ("failed", "blocked")
    made.cli("show", "@last").says('no case stands for "other"')


def test_names_with_underscores_and_dashes_stand_in_conditions(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "x"
                [steps.two-words_1]
                shell = 'echo n_rows=3 > "$RUNNER_RETURNS"'
                returns = ["n_rows"]
                [steps.b]
                when = "steps.two-words_1.n_rows > 2 and n_rows < 4"
                shell = "touch ran"
                """
        }
    )
    up(made).ok()
    assert made.exists("ran")


# items

ITEMS = [
    [0.1, 0.25, 1e-07], ["a.csv", "b.tar.gz"], ["data/one.csv", "data/two.csv"], [{"lr": 0.1}, {"lr": 0.2}],
    ["same", "same"], [True, False], [None, 1], [[1, 2], []], ["ü ♥", "a b", "-rf", "..", "*", ""], [],
]  # fmt: skip


@LOGS
@pytest.mark.parametrize("items", ITEMS, ids=[json.dumps(items, ensure_ascii=True)[:24] for items in ITEMS])
def test_any_list_is_mapped(project: Make, log: str, items: list[Any]) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "x"
                [steps.list]
                python = "w:give"
                returns = ["items"]
                [steps.map]
                for-each = { x = "${items}" }
                python = "w:same"
                returns = ["y", { name = "o", kind = "object" }]
                [steps.join]
                python = "w:join"
                params = { x = "${steps.map.x}", y = "${steps.map.y}", o = "${steps.map.o}" }
                returns = ["said", "objects"]
                """,
            "w.py": f"""
                def give(): return {items!r}
                def same(x): return x, {{"set of": {{str(x)}}}}
                def join(x, y, o):
                    assert x == y, (x, y)
                    return y, [str(*value["set of"]) for value in o]
                """,
        }
    )
    ended = up(made, "--set", f"run-log.type={log}").ok()
    assert returned(ended, "join") == {"said": items, "objects": [str(item) for item in items]}
    assert len([node for node in ended.json()["nodes"].values() if node["path"] == "map"]) == len(items) + 1


def test_files_of_items_stand_beside_each_other(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "x"
                [steps.map]
                for-each = { f = { glob = "in/*.txt" } }
                inputs = { src = "in/${f}.txt" }
                outputs = { out = "out/${f}.txt" }
                shell = 'tr a-z A-Z < "$RUNNER_PARAM_src" > "$RUNNER_PARAM_out"'
                """,
            "in/a.b.txt": "one",
            "in/c d.txt": "two",
        }
    )
    files = [file for node in up(made).ok().json()["nodes"].values() for file in node["files"]]
    assert [file["path"] for file in files] == ["out/a.b.txt", "out/c d.txt"]
    assert len({file["sha256"] for file in files}) == 2
    assert (made.read("out/a.b.txt"), made.read("out/c d.txt")) == ("ONE", "TWO")
