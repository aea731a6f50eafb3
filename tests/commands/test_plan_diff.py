"""`runner plan --diff`: what changed since a run, against a profile, and in files that were rendered."""

from __future__ import annotations

from collections.abc import Callable

from runner.testing.project import Project

Made = Callable[..., Project]
TEXT = """
name = "x"
[steps.a]
shell = 'echo one'
[steps.b]
needs = ["a"]
shell = 'true'
"""
ARGO = """
extends = "std:argo"
[executor]
image = "box:1"
"""


def test_what_changed_since_the_newest_run(project: Made) -> None:
    found = project({"pipeline.toml": TEXT})
    found.cli("plan", "--diff").exits(2).says("no run of `x` yet")
    found.cli("up").ok()
    found.cli("plan", "--diff", "--exit-code").ok().says("no differences from")
    name = found.cli("runs", "--json").ok().json()[0]["name"]
    found.write({"pipeline.toml": TEXT.replace("one", "two")})
    said = found.cli("plan", "--exit-code").exits(6)
    assert [line for line in said.out.splitlines() if line[0] in "+-"] == [
        f"--- {name}/plan.yaml", "+++ now/plan.yaml", '-      script: echo one', '+      script: echo two',
    ]  # fmt: skip
    assert found.cli("plan", "--diff", name).ok().out == said.out, "0 where nobody asks"
    told = found.cli("plan", "--diff", "--json").ok().json()
    assert (told["against"], told["differs"], list(told["files"])) == (name, True, ["plan.yaml"])


def test_against_another_profile(project: Made) -> None:
    found = project(
        {"pipeline.toml": TEXT, "profiles/k.toml": ARGO, "profiles/l.toml": ARGO + "priority-class = 'low'\n"}
    )
    said = found.cli("plan", "--profile", "l", "--diff", "k").ok()
    said.says("--- k/plan.yaml", "--- k/workflow.yaml", "+  podPriorityClassName: low", "--- k/configmaps.yaml")
    assert max(map(len, said.out.splitlines())) < 400, "what ConfigMaps bring is told by digest"
    found.cli("plan", "--diff", "nobody").exits(2).says("error[E930]")


def test_against_files_that_were_rendered(project: Made) -> None:
    found = project({"pipeline.toml": TEXT, "profiles/k.toml": ARGO})
    words = ("plan", "--profile", "k", "--diff", "made", "--exit-code")
    found.cli("render", "--profile", "k", "-o", "made").ok()
    found.cli(*words).ok().says("no differences from made")
    found.path("made/configmaps.yaml").unlink()
    found.write({"profiles/k.toml": ARGO + "service-account = 'me'\n"})
    found.cli(*words).exits(6).says("+  serviceAccountName: me", "+++ now/configmaps.yaml")
    found.cli("plan", "--diff", "made").exits(2).says("error[E950]")
