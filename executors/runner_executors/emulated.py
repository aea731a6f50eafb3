"""The `emulated` executor: each step as a pod would run it, in a process of this machine."""

from __future__ import annotations

import attrs

from runner.model.forms import FixedDuration, key
from runner.plugins import Flavor


@attrs.frozen(kw_only=True)
class Settings:
    """Settings of the `emulated` executor."""

    grace: FixedDuration | None = key(
        "How long a step that is stopped may take to end before it is killed.", default="10s"
    )


FLAVOR = Flavor(
    "emulated",
    "runner_executors.emulated:Settings",
    "runner_executors.emulated_executor:Emulated",
    about="Each step gets only what run log and catalog give, as in a pod, and runs on this machine.",
    reach=("step",),
)
