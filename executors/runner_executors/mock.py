"""The `mock` executor: nothing runs, and steps end as a table of patches says."""

from __future__ import annotations

from typing import Any, Literal

import attrs

from runner.model.forms import ExitCode, Name, PlainText, Rounds, key
from runner.plugins import Flavor


@attrs.frozen(kw_only=True)
class Patch:
    """How a step ends that is mocked."""

    status: Literal["succeeded", "failed", "errored"] | None = key(
        "How it ends.",
        default="succeeded",
        values={
            "succeeded": "With its returns; those that nobody says are `none`, as of a `stub`.",
            "failed": "With an exit code.",
            "errored": "Lost by the place that ran it.",
        },
    )
    exit: ExitCode | None = key("The exit code with which it fails.", default=1, example=137)
    returns: dict[Name, Any] | None = key("What it returns.", example={"rows": 344})
    outputs: list[PlainText] | None = key(
        "Paths that patterns of later steps find; no such file is made.", example=["data/Dream.csv"]
    )
    times: Rounds | None = key("How many attempts end so, before one succeeds; all.", example=2)


@attrs.frozen(kw_only=True)
class Settings:
    """Settings of the `mock` executor."""

    steps: dict[PlainText, Patch] | None = key(
        'How steps end: by dotted path, pattern, or label of an item: `[executor.steps."train[island=Dream]"]`.',
        example={"train": {"status": "failed"}},
    )


FLAVOR = Flavor(
    "mock",
    "runner_executors.mock:Settings",
    "runner_executors.mock_executor:Mock",
    about="Nothing runs: steps end as `[executor.steps]` says, or succeed.",
    more=("containers", "environments", "pretend"),
)
