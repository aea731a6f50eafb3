"""What a step sees without asking (N12): it depends on every edge, whoever made it, and never on a map outside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from runner.testing.project import Project

GIVES = """
    name = "scope"

    [steps.measure]
    shell = 'echo "size=3" >> "$RUNNER_RETURNS"'
    returns = ["size"]
"""


def takes(made: Project) -> dict[str, Any]:
    """Path of a task -> what it takes."""
    plan = made.cli("plan", "pipeline.toml", "--json").ok().json()
    return {node["path"]: node["do"]["takes"] for node in plan["nodes"].values() if "do" in node}


def test_n12_a_step_sees_what_its_condition_made_it_need(project: Callable[..., Project]) -> None:
    made = project({"pipeline.toml": f"{GIVES}\n    [steps.tell]\n    when = 'size > 0'\n    shell = 'true'\n"})
    assert list(takes(made)["tell"]) == ["size"]


def test_n12_a_step_sees_what_its_environment_made_it_need(project: Callable[..., Project]) -> None:
    made = project(
        {"pipeline.toml": f"{GIVES}\n    [steps.tell]\n    env = {{ X = '${{size}}' }}\n    shell = 'true'\n"}
    )
    assert list(takes(made)["tell"]) == ["size"]


def test_n12_a_step_in_a_group_sees_what_another_made_the_group_need(project: Callable[..., Project]) -> None:
    group = """
    [steps.group.steps.first]
    shell = 'true'

    [steps.group.steps.second]
    params = ["size"]
    shell = 'true'
    """
    assert list(takes(project({"pipeline.toml": GIVES + group}))["group.first"]) == ["size"]


def test_n29_a_handler_of_a_map_runs_once_and_sees_no_item(project: Callable[..., Project]) -> None:
    made = project({
        "pipeline.toml": """
            name = "scope"

            [steps.each]
            for-each = { item = ["a", "b"] }
            shell = 'exit 1'
            on-failure = "help"

            [handlers.help]
            shell = 'echo "${RUNNER_PARAM_item:-no item}"'
        """
    })  # fmt: skip
    assert takes(made)["each!on-failure"] == {}
    made.run("up", "pipeline.toml").exits(1)
