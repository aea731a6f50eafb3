"""No secrets: a step that declares one can't run."""

from __future__ import annotations

import attrs

from runner.plugins import Flavor


@attrs.frozen(kw_only=True)
class Settings:
    """Settings of `do-nothing` secrets: none."""


FLAVOR = Flavor(
    "do-nothing", "runner_executors.no_secrets:Settings", "runner.resolve.secrets:Nothing", about="No secrets at all."
)
