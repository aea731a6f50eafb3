"""The `local` executor: every step is a process of this machine."""

from __future__ import annotations

import attrs

from runner.model.forms import FixedDuration, key
from runner.plugins import Flavor


@attrs.frozen(kw_only=True)
class Settings:
    """Settings of the `local` executor."""

    grace: FixedDuration | None = key(
        "How long a step that is stopped may take to end before it is killed.", default="10s"
    )


FLAVOR = Flavor(
    "local",
    "runner_executors.local:Settings",
    "runner_executors.local_executor:Local",
    about="Each step is a process of this machine.",
)
