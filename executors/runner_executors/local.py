"""The `local` executor: every step is a process of this machine."""

from __future__ import annotations

from typing import Literal

import attrs

from runner.model.forms import Amount, FixedDuration, FixedSize, key
from runner.plugins import Flavor


@attrs.frozen(kw_only=True)
class Settings:
    """Settings of the `local` executor."""

    grace: FixedDuration | None = key(
        "How long a step that is stopped may take to end before it is killed.", default="10s"
    )
    cpu: Amount | None = key(
        "Processors that steps with `resources` may take at once; those of the machine.", example=4
    )
    memory: FixedSize | None = key("Memory that steps with `resources` may take at once; that of the machine.")
    gpu: Amount | None = key("Graphics processors that steps may take at once; those of the machine.", example=1)
    python: Literal["fork", "fresh"] | None = key(
        "How processes of Python steps are made: forked from an interpreter that has started, where that is safe, or "
        "each by a start of its own.",
        default="fork",
    )


FLAVOR = Flavor(
    "local",
    "runner_executors.local:Settings",
    "runner_executors.local_executor:Local",
    about="Each step is a process of this machine.",
    reach=("driver",),
)
