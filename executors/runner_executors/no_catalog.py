"""The `do-nothing` catalog: files stay where steps leave them."""

from __future__ import annotations

import attrs

from runner.plugins import Flavor


@attrs.frozen(kw_only=True)
class Settings:
    """Settings of the `do-nothing` catalog: none."""


FLAVOR = Flavor(
    "do-nothing",
    "runner_executors.no_catalog:Settings",
    "runner.agent.catalog:NoCatalog",
    about="Nothing is stored.",
    reach=("driver",),
)
