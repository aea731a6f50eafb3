"""A file in CUE: what `cue export` says of it becomes a document, or problems with places in its text."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from typing import Any

import pytest

from runner.testing.project import Project
from runner.text.allow import allowed
from runner.text.sources import Sources

REAL = shutil.which("cue")
real = pytest.mark.skipif(REAL is None, reason="there is no `cue` here")
STUB = """\
#!/bin/sh
echo "$PWD $*" >> calls
cat > left
cat answer
cat said >&2
exit "$(cat code)"
"""
GRID = r"""// a grid
_sizes: [1, 2, 3]
name: "gríd"
steps: {
	for s in _sizes {
		"train-\(s)": {
			shell: "echo \(s)"
		}
	}
	report: {
		command: ["echo", "x"]
	}
}
"""
OF_GRID = {"steps": {**{f"train-{n}": {"shell": f"echo {n}"} for n in (1, 2, 3)}, "report": {"command": ["echo", "x"]}}}


@pytest.fixture
def stub(project: Callable[..., Project]) -> Callable[..., Project]:
    """A project whose `cue` gives one answer."""

    def made(answer: Any, code: int = 0, said: str = "", text: str = GRID) -> Project:
        files = {"answer": answer if isinstance(answer, str) else json.dumps(answer), "said": said, "code": str(code)}
        return project({"grid.cue": text, "cue": STUB, **files})

    return made


CUE = {"RUNNER_UP_CUE": "./cue"}


def test_cue_is_called_in_the_folder_of_the_file_with_nothing_to_read(stub: Callable[..., Project]) -> None:
    made = stub({**OF_GRID, "name": "grid"})
    assert made.cli("list", "grid.cue", "--json", env=CUE).ok().json()["name"] == "grid"
    assert made.read("calls") == f"{made.root} export --all-errors --out json ./grid.cue\n"
    assert made.read("left") == ""


def test_a_file_of_our_package_is_read_with_our_definitions(stub: Callable[..., Project]) -> None:
    made = stub(OF_GRID, text="// why\n\npackage runner // ours\n" + GRID)
    made.cli("check", "grid.cue", env=CUE).ok()
    assert made.read("calls").endswith("./grid.cue " + made.read("calls").split()[-1] + "\n")
    assert made.read("calls").split()[-1].endswith("/schema/runner.cue")


def test_a_problem_stands_where_its_key_is_and_says_which_it_is(stub: Callable[..., Project]) -> None:
    wrong = json.loads(json.dumps(OF_GRID).replace('"shell"', '"shel"'))
    said = stub(wrong, text=GRID.replace("shell", "shel")).cli("check", "grid.cue", env=CUE).exits(3)
    said.says(" --> grid.cue:7:4 (steps.train-1.shel and 2 more)", "did you mean `shell`?", "1 problem in grid.cue")
    as_json = stub({**OF_GRID, "timeout": 30}).cli("check", "grid.cue", "--json", env=CUE).exits(3).json()
    assert as_json[0]["place"] == {"file": "grid.cue", "line": 1, "column": 1, "end_column": 2, "key": "timeout"}


MISTAKES = """\
name: conflicting values "x" and 3:
    ./grid.cue:3:7
    ./other.cue:1:2
steps: 2 errors in empty disjunction:
steps.report.command: field not allowed:
    ./grid.cue:4:8
    ./grid.cue:11:3
import failed: no such package
"""


def test_mistakes_that_cue_finds_have_its_places(stub: Callable[..., Project]) -> None:
    said = stub("", 1, MISTAKES).cli("check", "grid.cue", "--json", env=CUE).exits(3).json()
    assert [(one["code"], one["message"]) for one in said] == [
        ("E141", 'name: conflicting values "x" and 3'),
        ("E141", "steps.report.command: field not allowed"),
        ("E141", "import failed: no such package"),
    ]
    name, command, whole = said
    assert name["place"] == {"file": "grid.cue", "line": 3, "column": 7, "end_column": 13}
    assert [one["file"] for one in name["related"]] == ["other.cue"]
    assert (command["place"]["line"], command["place"]["column"], command["place"]["end_column"]) == (11, 3, 10)
    assert whole["place"] is None


@pytest.mark.parametrize(
    ("answer", "code", "exits", "says"),
    [
        ("[1]", 0, 3, "`grid.cue` gives a list"),
        ("3", 0, 3, "`grid.cue` gives a single value"),
        ('{"steps": {"report": {"command": null}}}', 0, 3, "grid.cue:11:12"),
        ('{"name": 1e999}', 0, 3, "`name` is inf"),
        ("{}", 0, 3, "has no step yet"),
        ('{"a": ' * 150 + "1" + "}" * 150, 0, 3, "more than 100 levels"),
        ("{", 0, 4, "gave no JSON"),
        ("", 2, 4, "`cue export grid.cue` ended with 2"),
    ],
)
def test_what_is_no_pipeline_is_told(
    stub: Callable[..., Project], answer: str, code: int, exits: int, says: str
) -> None:
    stub(answer, code).cli("plan", "grid.cue", env=CUE).exits(exits).says(says)


def test_without_cue_it_is_said_what_to_do(stub: Callable[..., Project], monkeypatch: pytest.MonkeyPatch) -> None:
    made = stub(OF_GRID)
    nothing = {"PATH": str(made.home)}
    made.cli("check", "grid.cue", env=nothing).exits(4).says("there is no program `cue`", "install it", "RUNNER_UP_CUE")
    made.cli("check", "grid.cue", env={"RUNNER_UP_CUE": "./no"}).exits(4).says("there is no program `./no`")
    made.cli("check", "grid.cue", env={"RUNNER_UP_CUE": "./code"}).exits(4).says("can't be called: permission denied")
    monkeypatch.setattr("runner.text.sources.CUE_TIME", 0.1)
    made.write({"cue": "#!/bin/sh\nexec sleep 60\n"})
    made.cli("check", "grid.cue", env=CUE).exits(4).says("gave no answer")


def test_a_plan_of_cue_is_never_kept(stub: Callable[..., Project]) -> None:
    """What a file imports is known to CUE alone."""
    made = stub(OF_GRID)
    made.run("up", "grid.cue", env=CUE).ok()
    assert not made.files(".runner/plans/*")
    made.write({"answer": json.dumps({"steps": {"other": {"stub": True}}})})
    assert list(made.run("up", "grid.cue", "--json", env=CUE).ok().statuses()) == ["other"]


def test_a_profile_may_be_in_cue(stub: Callable[..., Project]) -> None:
    made = stub({"description": "far", "params": {"nobody": 1}})
    made.write({"p.toml": "steps.a.stub = true\n[params]\nx = 1\n", "profiles/far.cue": "params: nobody: 1\n"})
    for file in ("answer", "said", "code"):
        made.write({f"profiles/{file}": made.read(file)})
    said = made.cli("check", "p.toml", "--profile", "far", env={"RUNNER_UP_CUE": str(made.path("cue"))}).exits(3)
    said.says("unknown parameter `nobody`", "profiles/far.cue:1:9 (params.nobody)")
    made.cli("list", "--profiles", env={"RUNNER_UP_CUE": str(made.path("cue"))}).ok().says("profiles/far.cue  far")
    made.cli("set", "params.x", "1", "p.toml", "--profile", "far", env=CUE).exits(2).says("`profiles/far.cue` is CUE")


def test_an_answer_of_cue_can_not_be_asked_again(stub: Callable[..., Project]) -> None:
    made = stub(OF_GRID)
    sources = Sources(made.root, {"RUNNER_UP_CUE": str(made.path("cue")), "PATH": "/usr/bin:/bin"})
    assert sources.again()
    sources.cue(made.path("grid.cue"))
    assert not sources.again() and not sources.same(sources.answers())


@real
def test_the_real_program_computes_and_finds_mistakes(project: Callable[..., Project]) -> None:
    made = project(
        {
            "grid.cue": GRID,
            "typed.cue": "package runner\n#Pipeline\nsteps: [string]: #Step\n" + GRID.replace("shell", "shel"),
        }
    )
    made.cli("plan", "grid.cue").ok().says("train-1 ", "train-2 ", "train-3 ", "report ")
    made.cli("check", "typed.cue").exits(3).says("E141", "shel: field not allowed", "typed.cue:10:4")
    made.write({"bad.cue": 'name: "é" & 3\nsteps: a: shell: string\n'})
    said = made.cli("check", "bad.cue").exits(3)
    said.says("bad.cue:1:", "conflicting values")
    made.write({"bad.cue": "steps: {\n"}).cli("check", "bad.cue").exits(3).says("bad.cue:1:9", "expected '}'")


def test_a_comment_of_cue_allows_a_warning_too() -> None:
    assert allowed("a: 1\n  // runner: allow W476, for a reason\n# runner: allow W318\n") == {"W476", "W318"}


@real
def test_files_in_cue_and_toml_use_and_include_each_other(project: Callable[..., Project]) -> None:
    made = project(
        {
            "main.toml": """
                include = ["more.cue"]
                [steps.a]
                uses = "./flow.cue"
                [steps.b]
                needs = ["made"]
                stub = true
            """,
            "more.cue": "// runner: allow W476\nsteps: made: stub: true\n",
            "flow.cue": 'include: ["inner.toml"]\nsteps: x: command: ["echo", "hi"]\n',
            "inner.toml": "[steps.y]\nstub = true\n",
        }
    )
    ends = made.run("up", "main.toml", "--json").ok().statuses()
    assert set(ends) >= {"a.x", "a.y", "b", "made"} and set(ends.values()) == {"succeeded"}
    assert not made.files(".runner/plans/*")
    made.write({"flow.cue": 'steps: x: comand: ["echo"]\n'})
    made.cli("check", "main.toml").exits(3).says("flow.cue:1:11 (steps.x.comand)", "main.toml:3:8")
