"""Reported in the field: values that changed on their way, were taken for something else, or were too large."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from runner.testing.project import Outcome, Project

Make = Callable[..., Project]
PLACES = pytest.mark.parametrize("place", [(), ("--isolate",)], ids=["in-place", "isolated"])
TEXTS = {
    "a": "7e013608", "b": "08", "c": "1_2344_5678", "d": "1.10", "e": "-0", "g": "", "h": "x=y:z,w", "i": "True",
    "j": "NaN", "k": "Infinity", "l": "1e5", "m": "+1", "n": " 1", "o": "0x10", "p": "null ", "q": "yes", "r": "1.",
}  # fmt: skip
BIG = 123456789012345678901234567890


def up(made: Project, *words: str, **env: str) -> Outcome:
    return made.cli("up", "pipeline.toml", "--json", *words, env=env)


def test_field_17_text_that_looks_like_a_number(project: Make) -> None:
    lines = "".join(f"{name}={text}\n" for name, text in TEXTS.items()) + f"f={BIG}\n"
    names = json.dumps([*TEXTS, "f"])
    made = project(
        {
            "pipeline.toml": f"""
                name = "x"
                [steps.one]
                returns = {names}
                command = ["bash", "-c", 'cat lines >> "$RUNNER_RETURNS"']
                [steps.shell]
                params = {names}
                shell = 'for n in {" ".join([*TEXTS, "f"])}; do v=RUNNER_PARAM_$n; echo "$n=${{!v}}"; done > got'
                [steps.argv]
                params = {names}
                command = ["printf", '%s\\n', "${{f}}", {", ".join(f'"${{{name}}}"' for name in TEXTS)}]
                [steps.py]
                python = "w:take"
                """,
            "lines": lines,
            "w.py": """
                import json
                def take(a, b, c, d, e, f, g, h, i, j, k):
                    json.dump([a, b, c, d, e, f, g, h, i, j, k], open("py", "w"))
                """,
        }
    )
    up(made).ok()
    assert made.read("got") == lines
    assert json.loads(made.read("py")) == [*[TEXTS[n] for n in "abcde"], BIG, *[TEXTS[n] for n in "ghijk"]]
    made.cli("logs", "@last", "argv").says("\n".join([str(BIG), *TEXTS.values()]))


@pytest.mark.parametrize("way", ["param", "variable"])
def test_field_17_text_from_outside_stays_text(project: Make, way: str) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "x"
                [params]
                tag = ""
                url = "none"
                [steps.a]
                shell = 'echo "$RUNNER_PARAM_tag $RUNNER_PARAM_url" > got'
                """
        }
    )
    given = {"tag": "7e013608", "url": "http://h/?a=1&b=x:y,z"}
    if way == "param":
        up(made, *(word for name, text in given.items() for word in ("--param", f"{name}={text}"))).ok()
    else:
        up(made, **{f"RUNNER_UP_SET_{name}": text for name, text in given.items()}).ok()
    assert made.read("got") == "7e013608 http://h/?a=1&b=x:y,z\n"


def test_field_17_text_is_no_truth_value(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "x"
                [steps.a]
                returns = ["i"]
                shell = 'echo i=True > "$RUNNER_RETURNS"'
                [steps.b]
                when = "i == true"
                shell = "touch ran"
                """
        }
    )
    ended = up(made).exits(1).says("'True'", "true")
    assert ended.statuses()["b"] == "errored" and not made.exists("ran")


@pytest.mark.parametrize("text", ["nan", "NaN", "inf", "-inf"])
def test_field_17_a_diverged_metric_costs_no_work(project: Make, text: str) -> None:
    made = project(
        {
            "pipeline.toml": f"""
                name = "x"
                [steps.a]
                returns = [{{ name = "loss", kind = "metric" }}]
                python = "w:f"
                [steps.b]
                returns = [{{ name = "other", kind = "metric" }}]
                shell = 'echo other={text} > "$RUNNER_RETURNS"'
                [steps.c]
                when = "loss == none and other == none"
                shell = "touch ran"
                """,
            "w.py": f"def f(): return float('{text}')\n",
        }
    )
    ended = up(made).ok()
    assert made.exists("ran")
    for name in "ab":
        assert any("nan" in text or "inf" in text for text in warned(ended, name)), name


def warned(ended: Outcome, name: str) -> list[str]:
    found: list[str] = ended.nodes()[name]["attempts"][-1]["warnings"]
    return [text.lower() for text in found]


def test_field_17_nan_elsewhere_is_a_bad_return(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": 'name = "x"\n[steps.a]\nreturns = ["n"]\npython = "w:f"\n',
            "w.py": "def f(): return {'x': [float('nan')]}\n",
        }
    )
    node = up(made).exits(1).says("`n`").nodes()["a"]
    assert (node["status"], node["reason"]) == ("failed", "bad-return")


NUMPY = """
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import NamedTuple

class F32:
    def __init__(self, v): self.v = v
    def item(self): return self.v

@dataclass
class Point:
    x: int
    at: date

class Pair(NamedTuple):
    a: int
    b: Path

def f(): return F32(0.5), Path("a/b"), date(2026, 2, 3), (1, 2), Point(1, date(2026, 1, 1)), Pair(1, Path("p")), None
def g(): return {1, 2}
def h(): return {1: "number key"}
def i(): return {"deep": [{"x": {1}}]}
def j(): return b"bytes"
def k(): return object()
"""


def test_field_18_numpy_scalar(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "x"
                [steps.give]
                returns = ["a", "b", "c", "d", "e", "f", "g"]
                python = "w:f"
                [steps.take]
                params = ["a", "b", "c", "d", "e", "f", "g"]
                shell = 'for n in a b c d e f g; do v=RUNNER_PARAM_$n; echo "${!v-unset}"; done > got'
                """,
            "w.py": NUMPY,
        }
    )
    up(made).ok()
    assert made.read("got").splitlines() == [
        "0.5", "a/b", "2026-02-03", "[1,2]", '{"x":1,"at":"2026-01-01"}', '{"a":1,"b":"p"}', "unset",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("function", "kind"), [("g", "set"), ("h", "key"), ("i", "set"), ("j", "bytes"), ("k", "object")]
)
def test_field_18_what_is_not_json_names_return_type_and_way_out(project: Make, function: str, kind: str) -> None:
    made = project(
        {"pipeline.toml": f'name = "x"\n[steps.a]\nreturns = ["s"]\npython = "w:{function}"\n', "w.py": NUMPY}
    )
    node = up(made).exits(1).nodes()["a"]
    assert (node["status"], node["reason"]) == ("failed", "bad-return")
    said = node["attempts"][-1]["error"]["message"]
    assert "`s`" in said and kind in said and 'kind = "object"' in said, said


def test_field_19_sys_exit_and_argparse(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "x"
                [steps.a]
                python = "w:a"
                [steps.b]
                python = "w:b"
                [steps.c]
                python = "w:c"
                on-failure = "h"
                [steps.d]
                python = "w:d"
                returns = ["n"]
                [handlers.h]
                shell = 'echo "$RUNNER_FAILED_STEP $RUNNER_FAILED_EXIT_CODE" > failed'
                """,
            "w.py": """
                import argparse, sys
                def a(): argparse.ArgumentParser().parse_args(); sys.exit(0)
                def b(): sys.exit("no data")
                def c(): sys.exit(7)
                def d(): sys.exit(0)
                """,
        }
    )
    nodes = up(made, "-j", "1").exits(1).says("no data").nodes()
    told = {
        name: (nodes[name]["status"], nodes[name]["reason"], nodes[name]["attempts"][-1]["exit"]) for name in "abcd"
    }
    assert told == {
        "a": ("succeeded", None, 0),
        "b": ("failed", "exit", 1),
        "c": ("failed", "exit", 7),
        "d": ("failed", "missing-return", 0),
    }
    assert made.read("failed") == "c 7\n"
    made.cli("logs", "@last", "b").says("no data")


def test_field_21_big_list(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "x"
                [steps.give]
                python = "w:give"
                returns = ["xs"]
                [steps.take]
                params = ["xs"]
                shell = '''
                python3 -c "import json, os; print(len(json.load(open(os.environ['RUNNER_PARAMS']))['xs']))" > got
                test -z "${RUNNER_PARAM_xs+set}"
                '''
                [steps.py]
                python = "w:count"
                [steps.argv]
                params = { xs = "${steps.give.xs}" }
                command = ["true", "${xs}"]
                """,
            "w.py": """
                def give(): return ["x" * 40] * 60000
                def count(xs): open("py", "w").write(str(len(xs)))
                """,
        }
    )
    ended = up(made).exits(1)
    assert (made.read("got"), made.read("py")) == ("60000\n", "60000")
    error = ended.nodes()["argv"]["attempts"][-1]["error"]["message"]
    assert "`xs`" in error and "2,640,000 bytes" in error and "Errno" not in error, error


def test_field_a19_value_larger_than_a_variable(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "big"
                [steps.list]
                python = "w:names"
                returns = ["xs", "text"]
                [steps.sh]
                needs = ["list"]
                shell = "echo ok > got"
                [steps.py]
                python = "w:count"
                [steps.env]
                env = { T = "${text}" }
                command = ["true"]
                [steps.unset]
                needs = ["list"]
                shell = 'echo "$RUNNER_PARAM_text"'
                """,
            "w.py": """
                def names(): return ["y" * 20] * 20000, "z" * 140000
                def count(xs, text): open("py", "w").write(f"{len(xs)} {len(text)}")
                """,
        }
    )
    ended = up(made).exits(1)
    assert (made.read("got"), made.read("py")) == ("ok\n", "20000 140000")
    nodes = ended.nodes()
    assert {name: nodes[name]["status"] for name in ("sh", "py", "env", "unset")} == {
        "sh": "succeeded", "py": "succeeded", "env": "failed", "unset": "failed",
    }  # fmt: skip
    assert "`T`" in nodes["env"]["attempts"][-1]["error"]["message"]
    hint = nodes["unset"]["attempts"][-1]["error"]["message"]
    assert "$RUNNER_PARAMS" in hint and "`text`" in hint, hint


OUTSIDE = """
name = "out"
[params]
sha = ""
lr = 0.1
big = 9007199254740993
[types]
tag = { type = "text" }
[steps.s]
command = ["python3", "-c", CODE, "${sha}", "${tag}", "${lr}", "id=${big}"]
[steps.t]
shell = 'echo "$RUNNER_PARAM_lr" > lr'
""".replace("CODE", "\"import sys, json; json.dump(sys.argv[1:], open('got', 'w'))\"")


@pytest.mark.parametrize("way", ["param", "variable"])
def test_field_a2_outside_text(project: Make, way: str) -> None:
    made = project({"pipeline.toml": OUTSIDE})
    given = {"sha": "12e4567", "tag": "1_1_1", "lr": "0.00002"}
    if way == "param":
        up(made, *(word for name, text in given.items() for word in ("--param", f"{name}={text}"))).ok()
    else:
        up(made, **{f"RUNNER_UP_SET_{name}": text for name, text in given.items()}).ok()
    assert json.loads(made.read("got")) == ["12e4567", "1_1_1", "0.00002", "id=9007199254740993"]
    assert made.read("lr") == "0.00002\n"


@pytest.mark.parametrize(
    ("said", "says"), [("lr=nan", "nan"), ("lr=Infinity", "Infinity"), ("debug=False", "false"), ("debug=1", "true")]
)
def test_field_a2_what_is_no_value_of_its_kind(project: Make, said: str, says: str) -> None:
    text = 'name = "x"\n[params]\nlr = 0.1\ndebug = false\n[steps.s]\nwhen = "debug"\nshell = "touch ran"\n'
    made = project({"pipeline.toml": text})
    ended = made.cli("up", "pipeline.toml", "--param", said).says(says)
    assert ended.code in (2, 3)
    assert not made.exists("ran")


def test_field_a3_value_is_no_template(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "lit"
                [params]
                pw = ""
                n = 3
                [steps.give]
                python = "w:give"
                returns = ["r", "rs"]
                [steps.take]
                python = "w:take"
                params = ["r", "pw"]
                env = { A = "${r}", B = "p=${pw}", C = "${env.FROM}", D = "${steps.give.rs[0]}" }
                [steps.items]
                for-each = { x = "${rs}" }
                env = { X = "<${x}>" }
                shell = 'printf %s "$X$RUNNER_PARAM_x" > item'
                [steps.file]
                for-each = { x = { file = "list.txt" } }
                command = ["bash", "-c", 'printf %s "$0" > line', "${x}"]
                """,
            "list.txt": "${n} $${n}\n",
            "w.py": """
                import json, os
                def give(): return "x${n}y$${z}$(id)", ["${n}"]
                def take(r, pw): json.dump([r, pw] + [os.environ[k] for k in "ABCD"], open("got", "w"))
                """,
        }
    )
    up(made, "--param", "pw=a$b${n}$$c", FROM="q${n}").ok()
    said = "x${n}y$${z}$(id)"
    assert json.loads(made.read("got")) == [said, "a$b${n}$$c", said, "p=a$b${n}$$c", "q${n}", "${n}"]
    assert made.read("item") == "<${n}>${n}"
    assert made.read("line") == "${n} $${n}"


@pytest.mark.parametrize(("given", "seen"), [({"FROM": ""}, "d"), ({}, "d"), ({"FROM": "x"}, "x")])
def test_field_a3_a_default_stands_in_for_unset_or_empty(project: Make, given: dict[str, Any], seen: str) -> None:
    made = project(
        {"pipeline.toml": 'name = "x"\n[steps.a]\nenv = { V = "${env.FROM:-d}" }\nshell = \'printf "$V" > got\'\n'}
    )
    up(made, **given).ok()
    assert made.read("got") == seen
