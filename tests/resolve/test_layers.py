"""Who wins, what merges, what replaces, what matches nothing: N32 to N34."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from runner.resolve.merge import drop, lay, merge
from runner.testing.project import Project

Made = Callable[..., Project]

PIPELINE = """
name = "layers"

[params]
level = "pipeline"

[defaults]
env = { WHO = "pipeline-defaults", A = "1" }

[templates.base]
env = { WHO = "template", C = "1" }

[steps.g.steps.one]
extends = "base"
tags = ["hot", "big"]
env = { D = "1" }
shell = "true"

[steps.g]
defaults = { env = { WHO = "group-defaults", B = "1" } }

[steps.two]
shell = "true"
"""


def explained(found: Project, *words: str) -> dict[str, tuple[Any, str, str]]:
    rows = found.cli("explain", "pipeline.toml", *words, "--json").ok().json()
    return {row["key"]: (row["value"], row["layer"], row["place"]) for row in rows}


def who(found: Project, *words: str, step: str = "g.one") -> tuple[Any, str]:
    value, layer, _ = explained(found, *words)[f"steps.{step}.env.WHO"]
    return value, layer


def test_n32_each_layer_beats_the_weaker_ones(project: Made) -> None:
    found = project({"pipeline.toml": PIPELINE})
    assert who(found, step="two") == ("pipeline-defaults", "pipeline [defaults]")
    assert who(found) == ("template", "template base")
    found.write({"profiles/p.toml": '[defaults]\nenv = { WHO = "profile-defaults" }\n'})
    assert who(found, "--profile", "p", step="two") == ("profile-defaults", "profile p [defaults]")
    assert who(found, "--profile", "p") == ("template", "template base")
    found.write({"profiles/p.toml": '[tags.big]\nenv = { WHO = "big" }\n[tags.hot]\nenv = { WHO = "hot" }\n'})
    assert who(found, "--profile", "p") == ("big", "profile p")  # the step's tag order: hot, then big
    found.write({"profiles/p.toml": '[tags.big]\nenv = { WHO = "big" }\n[steps."g.*"]\nenv = { WHO = "glob" }\n'})
    assert who(found, "--profile", "p") == ("glob", "profile p")
    found.write(
        {"profiles/p.toml": '[steps."g.one"]\nenv = { WHO = "exact" }\n[steps."g.*"]\nenv = { WHO = "glob" }\n'}
    )
    assert who(found, "--profile", "p") == ("exact", "profile p")
    assert who(found, "--profile", "p", "--set", "steps.g.one.env.WHO=said") == ("said", "--set")


def test_n32_a_group_default_beats_the_defaults_of_file_and_profile(project: Made) -> None:
    text = PIPELINE.replace('extends = "base"\n', "")
    found = project({"pipeline.toml": text, "profiles/p.toml": '[defaults]\nenv = { WHO = "profile" }\n'})
    assert who(found, "--profile", "p") == ("group-defaults", "group g defaults")


def test_n32_extended_profiles_come_first_and_their_defaults_are_weaker_than_the_pipelines(project: Made) -> None:
    found = project(
        {
            "pipeline.toml": PIPELINE,
            "profiles/base.toml": '[defaults]\nenv = { WHO = "base" }\ntimeout = "1h"\n[steps.two]\ntimeout = "2h"\n',
            "profiles/p.toml": 'extends = "base"\n[steps.two]\ntimeout = "3h"\n',
        }
    )
    rows = explained(found, "--profile", "p")
    assert rows["steps.two.env.WHO"][0] == "pipeline-defaults"
    assert rows["steps.two.timeout"][:2] == ("3h", "profile p")
    assert rows["steps.g.one.timeout"][:2] == ("1h", "profile base [defaults]")


def test_n32_tables_of_settings_merge_and_lists_replace() -> None:
    weak = {"env": {"A": "1", "B": "2"}, "retry": {"on": [1, 2]}}
    strong = {"env": {"B": "3"}, "retry": {"on": [5]}}
    assert merge(weak, strong) == {"env": {"A": "1", "B": "3"}, "retry": {"on": [5]}}
    assert weak == {"env": {"A": "1", "B": "2"}, "retry": {"on": [1, 2]}}


def test_n32_a_parameter_is_one_value_and_is_replaced_whole(project: Made) -> None:
    text = 'name = "x"\n[params]\nloss = { physical = { weight = 1 } }\n[steps.s]\nshell = "true"\n'
    found = project({"pipeline.toml": text, "profiles/p.toml": "[params]\nloss = { latent = { weight = 5 } }\n"})
    rows = found.cli("explain", "pipeline.toml", "params", "--profile", "p", "--json").ok().json()
    assert [row["value"] for row in rows] == [{"latent": {"weight": 5}}]


def test_n32_unset_drops_what_weaker_layers_said(project: Made) -> None:
    found = project(
        {"pipeline.toml": PIPELINE, "profiles/p.toml": '[steps.two]\nunset = ["env.A"]\nenv = { E = "1" }\n'}
    )
    rows = explained(found, "--profile", "p")
    assert "steps.two.env.A" not in rows and rows["steps.two.env.E"][0] == "1"
    assert drop({"env": {"A": 1}, "timeout": "1h"}, "timeout") == {"env": {"A": 1}}


@pytest.mark.parametrize("first", ["defaults.env.A=1", "defaults.env={ A = 1, Z = 2 }"])
def test_n32_of_what_set_says_twice_the_last_word_holds(project: Made, first: str) -> None:
    found = project({"pipeline.toml": PIPELINE})
    last = "defaults.env={ A = 3 }" if "{" in first else "defaults.env.A=3"
    rows = explained(found, "--set", first, "--set", "defaults.timeout=1h", "--set", last)
    assert rows["steps.two.env.A"][:2] == (3, "--set [defaults]")
    assert "steps.two.env.Z" not in rows
    found.cli("check", "--set", last, "--set", "defaults.no-such=1").exits(3).says("`--set defaults.no-such=1`")


def test_n32_param_beats_the_environment_beats_the_profile(project: Made) -> None:
    found = project({"pipeline.toml": PIPELINE, "profiles/p.toml": '[params]\nlevel = "profile"\n'})

    def level(*words: str, env: dict[str, str] | None = None) -> tuple[Any, str]:
        rows = found.cli("explain", "pipeline.toml", "params.level", *words, "--json", env=env).ok().json()
        return rows[0]["value"], rows[0]["layer"]

    outside = {"RUNNER_UP_SET_level": "environment"}
    assert level() == ("pipeline", "pipeline [params]")
    assert level("--profile", "p") == ("profile", "profile p")
    assert level("--profile", "p", env=outside) == ("environment", "RUNNER_UP_SET_level")
    assert level("--profile", "p", "--param", "level=said", env=outside) == ("said", "--param")


@pytest.mark.parametrize(
    ("weak", "strong", "out"),
    [
        ({"type": "conda", "file": "e.yaml"}, {"type": "venv"}, {"type": "venv"}),
        ({"glob": "in/*.txt"}, {"file": "list.txt"}, {"file": "list.txt"}),
        (".venv", {"type": "venv"}, {"type": "venv"}),
        ({"type": "venv"}, ".venv", ".venv"),
    ],
)
def test_n33_another_type_source_or_shape_drops_what_was_said(weak: Any, strong: Any, out: Any) -> None:
    assert merge({"runtime": weak}, {"runtime": strong}) == {"runtime": out}


def test_n33_list_forms_become_tables_before_they_merge() -> None:
    assert lay([{"secrets": ["TOKEN"]}, {"secrets": {"KEY": "OTHER"}}]) == {
        "secrets": {"TOKEN": "TOKEN", "KEY": "OTHER"}
    }
    assert lay([{"params": ["a"]}, {"params": {"b": 1}}]) == {"params": {"a": "${a}", "b": 1}}


def test_n33_a_service_of_another_type_drops_the_settings_of_the_first(project: Made) -> None:
    found = project(
        {
            "pipeline.toml": PIPELINE,
            "profiles/base.toml": '[secrets]\ntype = "dotenv"\npath = "x.env"\n',
            "profiles/p.toml": 'extends = "base"\n[secrets]\ntype = "env"\n',
        }
    )
    rows = explained(found, "--profile", "p")
    assert rows["secrets.type"][0] == "env" and "secrets.path" not in rows


def test_n34_what_matches_nothing_is_an_error_a_glob_a_warning_and_shared_is_passed_over(project: Made) -> None:
    said = '[steps.twoo]\ntimeout = "1h"\n[tags.warm]\ntimeout = "1h"\n[params]\nlevell = 1\n'
    found = project({"pipeline.toml": PIPELINE, "profiles/p.toml": said})
    outcome = found.cli("check", "pipeline.toml", "--profile", "p").exits(3)
    outcome.says("E503", "did you mean `two`?", "E504", "E450", "did you mean `level`?")
    found.write({"profiles/p.toml": '[steps."x.*"]\ntimeout = "1h"\n'})
    found.cli("check", "pipeline.toml", "--profile", "p").ok().says("W503")
    found.write({"profiles/p.toml": "shared = true\n" + said})
    found.cli("check", "pipeline.toml", "--profile", "p").ok().silent("E5", "W5")
    assert any("passed over" in layer for _, layer, _ in explained(found, "--profile", "p").values())


def test_n34_a_step_that_is_not_selected_does_match(project: Made) -> None:
    found = project({"pipeline.toml": PIPELINE, "profiles/p.toml": '[steps."g.one"]\ntimeout = "1h"\n'})
    found.cli("up", "pipeline.toml", "--profile", "p", "--only", "two").ok().silent("E503")


def test_every_value_of_a_three_layer_profile_shows_its_origin(project: Made) -> None:
    found = project(
        {
            "pipeline.toml": PIPELINE,
            "profiles/company.toml": 'shared = true\n[executor]\ntype = "local"\ngrace = "5s"\n',
            "profiles/team.toml": 'extends = "company"\n[defaults]\nresources = { cpu = 1 }\n',
            "profiles/mine.toml": 'extends = "team"\n[params]\nlevel = "mine"\n[steps.two]\nresources = { cpu = 2 }\n',
        }
    )
    rows = explained(found, "--profile", "mine")
    assert rows["executor.grace"] == ("5s", "profile company", "profiles/company.toml:4")
    assert rows["steps.g.one.resources.cpu"] == (1, "profile team [defaults]", "profiles/team.toml:3")
    assert rows["steps.two.resources.cpu"] == (2, "profile mine", "profiles/mine.toml:5")
    assert rows["params.level"] == ("mine", "profile mine", "profiles/mine.toml:3")
    assert rows["run-log.type"] == ("file-system", "built in", "")
    for key, (_, layer, place) in rows.items():
        assert layer, key
        assert place or layer == "built in", key


def test_only_files_that_speak_as_a_profile_are_offered_as_one(project: Made) -> None:
    files = {
        "pipeline.toml": PIPELINE,
        "job.toml": 'name = "j"\n[job]\nshell = "true"\n',
        "here.toml": '[executor]\ntype = "local"\n',
        "profiles/there.toml": "shared = true\n",
        "broken.toml": "x = \n",
    }
    outcome = project(files).cli("check", "pipeline.toml", "--profile", "elsewhere").exits(3)
    outcome.says("`here`", "`local`", "`there`").silent("job", "broken")
