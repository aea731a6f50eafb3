"""`runner schema` writes the schemas of this project: its plug-ins' settings, and the names that it uses."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from runner.testing.project import Project

PLUGIN = """
import attrs
from runner.model.forms import PlainText, key

class Batch:
    '''Runs steps on the company's machines.'''

    @attrs.frozen(kw_only=True)
    class Settings:
        '''Settings.'''
        queue: PlainText | None = key("Where jobs wait.")
"""


def test_it_writes_into_the_project(project: Callable[..., Project]) -> None:
    made = project({"runner.toml": "", "sub/x": ""})
    done = made.run("schema", cwd=made.path("sub")).ok()
    assert made.files(".runner/**/*") == [
        f".runner/schema/{kind}.json" for kind in ("included", "pipeline", "profile", "project")
    ]
    assert len(done.out.splitlines()) == 4


def test_it_writes_elsewhere_when_asked(project: Callable[..., Project]) -> None:
    made = project()
    made.cli("schema", "-o", "out").ok()
    assert made.files() == ["out/included.json", "out/pipeline.json", "out/profile.json", "out/project.json"]


def test_it_prints_one(project: Callable[..., Project]) -> None:
    made = project()
    assert made.cli("schema", "--print", "profile").ok().json()["title"] == "runner-up profile"
    assert made.files() == []


def test_it_offers_the_names_of_the_project(project: Callable[..., Project]) -> None:
    text = '[steps.fetch]\nshell = "true"\n[steps.group.steps.inner]\nshell = "true"\n[handlers.tell]\nshell = "true"\n'
    made = project({"pipeline.toml": text, "broken.toml": "[", "profiles/night.toml": ""})
    step = made.cli("schema", "--print", "pipeline").ok().json()["definitions"]["Step"]["properties"]
    assert step["needs"]["items"]["anyOf"][0] == {"enum": ["fetch", "group", "inner"]}
    assert "pattern" in step["needs"]["items"]["anyOf"][1]
    assert step["on-failure"]["anyOf"][0]["anyOf"][0] == {"enum": ["tell"]}
    profile = made.cli("schema", "--print", "project").ok().json()["properties"]["profile"]
    assert profile["anyOf"][0]["enum"][:3] == ["local", "night", "std:argo"]


def test_it_offers_the_names_of_included_files(project: Callable[..., Project]) -> None:
    made = project(
        {
            "pipeline.toml": 'include = ["parts/*.toml"]\n',
            "parts/a.toml": "[steps.fetch]\nstub = true\n[templates.small]\n[handlers.mend]\nstub = true\n",
        }
    )
    shown = made.cli("schema", "--print", "pipeline").ok().out
    assert all(f'"{name}"' in shown for name in ("fetch", "small", "mend"))


def test_it_offers_the_files_that_a_step_may_use(project: Callable[..., Project]) -> None:
    step = "[steps.a]\nstub = true\n"
    made = project(
        {"pipeline.toml": step, "flows/a/load.toml": step, "profiles/night.toml": '[steps.a]\ntimeout = "1s"\n'}
    )
    uses = made.cli("schema", "--print", "pipeline").ok().json()["definitions"]["Step"]["properties"]["uses"]
    offered = uses["anyOf"][0]["enum"]
    assert "std:fetch" in offered
    assert [name for name in offered if not name.startswith("std:")] == ["./flows/a/load.toml"]


def test_it_offers_parameters_secrets_tags_and_the_paths_of_steps(project: Callable[..., Project]) -> None:
    text = """
        [params]
        rate = 0.1
        [types]
        mode = { type = "text" }
        [steps.fetch]
        shell = "true"
        secrets = ["TOKEN"]
        tags = ["gpu"]
        returns = ["rows"]
        [steps.group.steps.inner]
        shell = "true"
        for-each = { island = ["Biscoe"] }
        [steps.pick]
        choose = "rows > 1"
        cases = { true = { shell = "true", secrets = { KEY = "key" } } }
        [finally.tidy]
        shell = "true"
    """
    made = project(
        {"pipeline.toml": text, "profiles/night.toml": '[secrets]\ntype = "env"\nmap = { PASSWORD = "P" }\n'}
    )
    step = made.cli("schema", "--print", "pipeline").ok().json()["definitions"]["Step"]["properties"]
    keys = made.cli("schema", "--print", "profile").ok().json()["properties"]
    assert step["params"]["anyOf"][0]["items"]["anyOf"][0] == {"enum": ["rate", "mode", "rows", "island"]}
    assert step["secrets"]["anyOf"][0]["items"]["anyOf"][0] == {"enum": ["TOKEN", "KEY", "PASSWORD"]}
    assert step["tags"]["items"]["anyOf"][0] == {"enum": ["gpu"]}
    assert "tidy" in step["after"]["items"]["anyOf"][0]["enum"]
    assert list(keys["params"]["properties"]) == ["rate", "mode"]
    assert list(keys["tags"]["properties"]) == ["gpu"]
    assert list(keys["steps"]["properties"]) == ["fetch", "group", "pick", "group.inner"]
    assert keys["steps"]["properties"]["group.inner"]["$ref"] == "#/definitions/Overlay"


def test_only_so_many_folders_are_searched_for_files(project: Callable[..., Project]) -> None:
    step = "[steps.a]\nstub = true\n"
    made = project({"pipeline.toml": step, "flows/a.toml": step, ".venv/b.toml": step, "x/y/z/c.toml": step})
    made.write({"x/y/z/deep/d.toml": step, "few/e.toml": step} | {f"data/{n:03}/e.toml": step for n in range(200)})
    uses = made.cli("schema", "--print", "pipeline").ok().json()["definitions"]["Step"]["properties"]["uses"]
    own = [name for name in uses["anyOf"][0]["enum"] if name.startswith("./")]
    assert own[:2] == ["./few/e.toml", "./flows/a.toml"]
    assert 150 < len(own) < 200


def test_new_names_are_no_errors_in_it(project: Callable[..., Project]) -> None:
    from runner.model.gate import gate

    made = project({"pipeline.toml": '[steps.fetch]\nshell = "true"\n[handlers.call]\nshell = "true"\n'})
    schema: dict[str, Any] = made.cli("schema", "--print", "pipeline").ok().json()
    accepts = gate(schema)
    assert accepts({"steps": {"new": {"shell": "x", "needs": ["another"], "on-failure": "tell"}}})
    assert accepts({"steps": {"new": {"shell": "x", "on-failure": {"run": "tell"}}}})
    assert not accepts({"steps": {"new": {"shell": "x", "needs": ["an other"]}}})
    assert not accepts({"steps": {"new": {"shell": "x", "on-failure": 3}}})


def test_plug_ins_of_the_project_are_in_it(project: Callable[..., Project]) -> None:
    made = project({"company.py": PLUGIN, "runner.toml": '[plugins.executors]\nbatch = "company:Batch"\n'})
    executor = json.loads(made.run("schema", "--print", "profile").ok().out)["definitions"]["executor"]["properties"]
    assert {"batch", "docker", "local-container", "local"} <= set(executor["type"]["enum"])
    assert executor["queue"]["description"] == "Where jobs wait.\n\nOnly for `batch`."


def test_a_broken_plug_in_is_named_and_the_rest_is_written(project: Callable[..., Project]) -> None:
    made = project(
        {"company.py": "import nowhere_to_be_found", "runner.toml": '[plugins.executors]\nbatch = "company:B"\n'}
    )
    made.run("schema").exits(5).says("the plug-in `company:B` of runner.toml cannot be used", "nowhere_to_be_found")
    assert len(made.files(".runner/schema/*.json")) == 4
