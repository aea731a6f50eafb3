"""`runner init --editor NAME` adds what an editor needs, in a fresh folder and in a project, and never takes away."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable
from xml.etree import ElementTree

import pytest

from runner.commands.init_editor import EDITORS
from runner.testing.project import Project

STEP = '[steps.a]\nshell = "true"\n'
OWN = {
    "vscode": [".taplo.toml", ".vscode/extensions.json", ".vscode/settings.json", ".vscode/tasks.json", "tombi.toml"],
    "neovim": [".nvim.lua", "tombi.toml"],
    "helix": [".helix/languages.toml", "tombi.toml"],
    "zed": [".zed/settings.json", "tombi.toml"],
    "pycharm": [".idea/jsonSchemas.xml"],
}
SCHEMAS = [f".runner/schema/{kind}.json" for kind in ("included", "pipeline", "profile", "project")]


def test_each_editor_gets_its_files_in_a_project_that_is_there(project: Callable[..., Project]) -> None:
    assert set(OWN) == set(EDITORS)
    for editor, own in OWN.items():
        made = project({"etl.toml": STEP})
        done = made.cli("init", "--editor", editor).ok()
        assert made.files() == sorted([".gitignore", "etl.toml", *SCHEMAS, *own]), editor
        assert made.read("etl.toml") == STEP
        for path in own:
            assert path in done.out.splitlines()
        made.cli("init", "--editor", editor).ok().silent(*own)  # nothing is left to do


def test_a_fresh_folder_gets_a_pipeline_too(project: Callable[..., Project]) -> None:
    made = project()
    made.cli("init", "new", "--editor", "helix", "--editor", "vscode").ok().says(
        "next: cd new && runner up pipeline.toml", "Helix: `pip install tombi`", "VS Code: "
    )
    assert {*OWN["helix"], *OWN["vscode"]} < {path.removeprefix("new/") for path in made.files()}
    assert made.exists("new/pipeline.toml")


def test_an_editor_that_nobody_knows_is_answered(project: Callable[..., Project]) -> None:
    made = project()
    made.cli("init", "--editor", "emacs").exits(2).says("vscode", "neovim", "helix", "zed", "pycharm")
    assert made.files() == []


def test_the_schemas_that_are_named_are_there(project: Callable[..., Project]) -> None:
    made = project({"etl.toml": STEP, "profiles/night.toml": ""})
    made.cli("init", *(word for editor in EDITORS for word in ("--editor", editor))).ok()
    tombi = tomllib.loads(made.read("tombi.toml"))["schemas"]
    taplo = tomllib.loads(made.read(".taplo.toml"))["rule"]
    assert [row["include"] for row in tombi] == [row["include"] for row in taplo]
    assert tombi[0]["include"] == ["pipeline.toml", "etl.toml"]
    idea = ElementTree.fromstring(made.read(".idea/jsonSchemas.xml"))
    mapped = [option.get("value") for option in idea.iter("option") if option.get("name") == "relativePathToSchema"]
    named = [*(row["path"] for row in tombi), *(row["schema"]["path"] for row in taplo), *mapped]
    assert len(named) == 9
    assert all(made.exists(str(path)) for path in named)


def test_what_is_there_is_added_to_and_kept(project: Callable[..., Project]) -> None:
    settings = '{\n    "editor.rulers": [88],\n    "[toml]": {"editor.tabSize": 2, "editor.quickSuggestions": {}}\n}'
    tombi = '# ours\nformat.rules.line-width = 100\n\n[[schemas]]\npath = "x.json"\ninclude = ["x.toml"]\n'
    idea = (
        '<project version="4"><!-- mine --><component name="JsonSchemaMappingsProjectConfiguration"><state><map>'
        '<entry key="x" /></map></state></component></project>'
    )
    tasks = '{"tasks": [{"label": "runner check", "command": "mine"}, {"label": "b"}]}'
    extensions = '{"recommendations": ["a.b"], "unwantedRecommendations": ["c.d"]}'
    made = project(
        {
            "pipeline.toml": STEP,
            ".vscode/settings.json": settings,
            ".vscode/tasks.json": tasks,
            ".vscode/extensions.json": extensions,
            "tombi.toml": tombi,
            ".idea/jsonSchemas.xml": idea,
        }
    )
    made.cli("init", "--editor", "vscode", "--editor", "pycharm").ok()
    text = made.read(".vscode/settings.json")
    assert text.startswith('{\n    "editor.rulers"')  # the indent is kept, too
    said = json.loads(text)
    assert said["[toml]"] == {"editor.tabSize": 2, "editor.quickSuggestions": {"strings": "on"}}
    assert [task["command"] for task in json.loads(made.read(".vscode/tasks.json"))["tasks"][:1]] == ["mine"]
    assert json.loads(made.read(".vscode/extensions.json")) == {
        "recommendations": ["a.b", "tombi-toml.tombi"],
        "unwantedRecommendations": ["c.d"],
    }
    assert made.read("tombi.toml").startswith(tombi.rstrip("\n"))
    assert len(tomllib.loads(made.read("tombi.toml"))["schemas"]) == 4
    xml = made.read(".idea/jsonSchemas.xml")
    assert "<!-- mine -->" in xml
    assert [entry.get("key") for entry in ElementTree.fromstring(xml).iter("entry")] == [
        "x", "runner-up pipeline", "runner-up profile", "runner-up project",
    ]  # fmt: skip


def test_tombi_is_told_where_it_is_told_already(project: Callable[..., Project]) -> None:
    pyproject = '[project]\nname = "x"\n\n[tool.tombi]\ntoml-version = "v1.0.0"  # ours\n'
    made = project({"pipeline.toml": STEP, "pyproject.toml": pyproject})
    made.cli("init", "--editor", "helix").ok()
    assert not made.exists("tombi.toml")
    assert made.read("pyproject.toml").startswith(pyproject)
    assert len(tomllib.loads(made.read("pyproject.toml"))["tool"]["tombi"]["schemas"]) == 3
    made = project({"pipeline.toml": STEP, ".tombi.toml": ""})
    made.cli("init", "--editor", "helix").ok()
    assert not made.exists("tombi.toml")
    assert len(tomllib.loads(made.read(".tombi.toml"))["schemas"]) == 3


@pytest.mark.parametrize(
    ("editor", "path", "text", "why"),
    [
        ("vscode", ".vscode/settings.json", '{\n// tabs\n"a": 1}', "line 2 is no plain JSON"),
        ("vscode", ".vscode/extensions.json", '{"recommendations": "all"}', "`recommendations` is no list"),
        ("zed", ".zed/settings.json", "[]", "it is no table"),
        ("helix", ".helix/languages.toml", "[", "Unexpected"),
        ("neovim", ".nvim.lua", "return {}", "it has a program of yours"),
        ("pycharm", ".idea/jsonSchemas.xml", "<project", "it is no XML"),
        ("pycharm", ".idea/jsonSchemas.xml", "<project />", "it has no `JsonSchemaMappingsProjectConfiguration`"),
    ],
)
def test_what_cannot_be_added_to_is_left_alone(
    project: Callable[..., Project], editor: str, path: str, text: str, why: str
) -> None:
    made = project({"pipeline.toml": STEP, path: text})
    made.cli("init", "--editor", editor).exits(2).says(
        f"error[E963]: `{path}` can't be added to, nothing was written", why, "put in yourself: "
    )
    assert made.files() == sorted([path, "pipeline.toml"])
    assert made.read(path) == text


def test_the_task_of_vs_code_finds_what_check_says(project: Callable[..., Project]) -> None:
    made = project({"pipeline.toml": '[steps.a]\nshell = "true"\nneedz = []\n'})
    made.cli("init", "--editor", "vscode").ok()
    (task,) = json.loads(made.read(".vscode/tasks.json"))["tasks"]
    first, second = task["problemMatcher"]["pattern"]
    lines = made.cli("check", "pipeline.toml").exits(3).err.splitlines()
    (at,) = [number for number, line in enumerate(lines) if re.match(first["regexp"], line)]
    told, place = re.match(first["regexp"], lines[at]), re.match(second["regexp"], lines[at + 1])
    assert told and told.groups() == ("error", "E230", "unknown key `needz` in `[steps.a]`")
    assert place and place.groups() == ("pipeline.toml", "3", "1")
