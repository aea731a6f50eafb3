"""The `buffered` run log: in memory, gone with the process."""

from __future__ import annotations

import attrs

from runner.plugins import Flavor


@attrs.frozen(kw_only=True)
class Settings:
    """Settings of the `buffered` run log: none."""


FLAVOR = Flavor(
    "buffered",
    "runner_executors.buffered:Settings",
    "runner.store.memory:Memory",
    about="In memory, gone with the process.",
    reach=("driver",),
)
