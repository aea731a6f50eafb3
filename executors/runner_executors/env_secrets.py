"""Secrets from the environment of `runner`."""

from __future__ import annotations

import attrs

from runner.model.forms import PlainText, key
from runner.plugins import Flavor


@attrs.frozen(kw_only=True)
class Settings:
    """Settings of `env` secrets."""

    map: dict[PlainText, PlainText] | None = key(
        "Where a secret lives: secret = its name there.", example={"API_TOKEN": "PENGUINS_API_TOKEN"}
    )


FLAVOR = Flavor(
    "env",
    "runner_executors.env_secrets:Settings",
    "runner.resolve.secrets:Env",
    about="Variables of the environment.",
    reach=("submitter",),
)
