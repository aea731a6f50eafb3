"""Groups and choices in the plan: N19, N26; what a definition holds: N35; what leaves no trace: N51; same bytes."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runner.testing.project import Project
from runner.testing.shapes import FOLDER

Plan = Callable[..., Any]
Made = Callable[..., Project]


def test_n19_a_group_exports_exactly_its_returns(planned: Plan) -> None:
    found = planned("""
name = "x"
[steps.g]
returns = ["score", { name = "best", from = "b.top" }]
[steps.g.steps.a]
shell = "true"
returns = ["score", "hidden"]
[steps.g.steps.b]
shell = "true"
returns = ["top"]
[steps.after]
params = ["score", "best"]
shell = "true"
[steps.wrong]
params = ["hidden"]
shell = "true"
""")
    assert found.codes == ["E460"]
    assert found.problem("E460").place.line == 15


def test_n19_from_names_an_inner_step_and_its_return(planned: Plan) -> None:
    found = planned("""
name = "x"
[steps.g]
returns = [{ name = "best", from = "b.top" }]
[steps.g.steps.b]
shell = "true"
returns = ["top"]
[steps.after]
params = ["best"]
shell = "true"
""")
    inner = found.node("g.b")["id"]
    assert found.node("g")["returns"] == {"best": ["return", inner, 0, "top"]}
    assert found.takes("after")["best"] == ["return", found.node("g")["id"], 0, "best"]
    assert found.needs("after") == {"g"}


def test_n26_inner_names_hide_outer_ones_and_needs_names_siblings(planned: Plan) -> None:
    found = planned("""
name = "x"
[steps.a]
shell = "true"
returns = ["n"]
[steps.g.steps.a]
shell = "true"
returns = ["n"]
[steps.g.steps.b]
params = ["n"]
shell = "true"
[steps.g.steps.c]
needs = ["other"]
shell = "true"
[steps.other]
shell = "true"
""")
    assert found.codes == ["E250"]


def test_n26_an_edge_into_a_group_belongs_to_the_outermost_group_that_does_not_hold_both(planned: Plan) -> None:
    found = planned("""
name = "x"
[steps.first]
outputs = ["a.txt"]
shell = "true"
[steps.outer.steps.inner.steps.deep]
inputs = ["a.txt"]
outputs = ["b.txt"]
shell = "true"
[steps.outer.steps.beside]
inputs = ["b.txt"]
shell = "true"
[steps.last]
inputs = ["b.txt"]
shell = "true"
""")
    assert found.needs("outer") == {"first"}
    assert found.needs("outer.beside") == {"outer.inner"}
    assert found.needs("last") == {"outer"}
    assert found.needs("outer.inner.deep") == set()


STEP = """
name = "x"
[steps.a]
shell = "{script}"
{more}
"""


@pytest.mark.parametrize(
    "more",
    [
        'description = "d"\ntags = ["t"]\nresources = { memory = "1Gi" }\nretry = { attempts = 3 }\ntimeout = "1h"',
        'on-failure = "h"\n[handlers.h]\nshell = "true"',
        'secrets = ["T"]\ncache = true',
    ],
)
def test_n35_a_definition_never_holds_what_changes_no_result(planned: Plan, more: str) -> None:
    plain = planned(STEP.format(script="true", more="")).node("a")["definition"]
    assert planned(STEP.format(script="true", more=more)).node("a")["definition"] == plain


@pytest.mark.parametrize(
    "more",
    ['env = { A = "1" }', 'interpreter = "sh"', 'workdir = "."', 'outputs = ["o"]', 'returns = ["r"]', "isolate = true",
     'params = { p = 1 }', 'image = "i:1"', 'runtime = "venv"'],
)  # fmt: skip
def test_n35_a_definition_holds_what_the_step_does(planned: Plan, more: str) -> None:
    plain = planned(STEP.format(script="true", more="")).node("a")["definition"]
    assert planned(STEP.format(script="false", more="")).node("a")["definition"] != plain
    assert planned(STEP.format(script="true", more=more)).node("a")["definition"] != plain


@pytest.mark.parametrize(
    "words",
    [("check", "pipeline.toml"), ("plan", "pipeline.toml"), ("plan", "pipeline.toml", "--json"), ("graph",),
     ("list",), ("explain", "pipeline.toml"), ("up", "pipeline.toml", "--dry-run")],
    ids=lambda words: " ".join(words),
)  # fmt: skip
def test_n51_looking_leaves_no_trace(project: Made, words: tuple[str, ...]) -> None:
    found = project(
        {"pipeline.toml": 'name = "x"\n[steps.a]\ninputs = ["in.txt"]\noutputs = ["out.txt"]\nshell = "true"\n',
         "in.txt": "1", "out.txt": "kept"}
    )  # fmt: skip
    before = {path: (found.path(path).stat().st_mtime_ns, found.read(path)) for path in found.files()}
    found.cli(*words).ok()
    assert {path: (found.path(path).stat().st_mtime_ns, found.read(path)) for path in found.files()} == before


def test_a_plan_is_the_same_bytes_in_another_folder_for_another_user_in_another_time_zone(
    project: Made, tmp_path: Path
) -> None:
    shapes = FOLDER
    for shape in sorted(shapes.glob("*.toml")):
        texts = []
        for env in ({"TZ": "UTC", "USER": "ann"}, {"TZ": "Asia/Kathmandu", "USER": "bob", "LANG": "C"}):
            beside = [*shapes.glob("*.py"), *shapes.glob("*/*.toml")]
            modules = {str(path.relative_to(shapes)): path.read_text() for path in beside}
            found = project({"pipeline.toml": shape.read_text(), **modules})
            texts.append(found.cli("plan", "pipeline.toml", "--json", env=env).ok().out)
        assert texts[0] == texts[1], shape.stem
        plan = json.loads(texts[0])
        assert json.dumps(plan, indent=2, ensure_ascii=False) + "\n" == texts[0]  # a round trip changes nothing
        assert str(os.sep + "tmp") not in texts[0]


def test_a_plan_knows_its_digest_and_what_it_was_told_by_environment_and_git(project: Made) -> None:
    found = project({"pipeline.toml": 'name = "x"\n[steps.a]\nenv = { H = "${env.WHERE:-x}" }\nshell = "true"\n'})
    one = found.cli("plan", "pipeline.toml", "--json", env={"WHERE": "here"}).json()
    two = found.cli("plan", "pipeline.toml", "--json").json()
    assert one["inputs"]["env"] == {"WHERE": "here"}
    assert one["digest"] != two["digest"]


@pytest.mark.parametrize("wanted", [">=0.1", ">=0.1, <1", "~=0.1.0", "==0.1.0", ">0.1", ">=2.0", "<0.1", "!=0.1"])
def test_a_file_may_refuse_an_older_or_newer_runner(planned: Plan, wanted: str) -> None:
    found = planned(f'name = "x"\nrequires-runner = "{wanted}"\n[steps.a]\nshell = "true"\n')
    fits = wanted in (">=0.1", ">=0.1, <1", "~=0.1.0", "==0.1.0")
    assert found.codes == ([] if fits else ["E603"])


def test_the_version_is_that_of_the_package() -> None:
    import tomllib

    from runner import __version__

    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert project["version"] == __version__
