"""Secrets from a `.env` file."""

from __future__ import annotations

import attrs

from runner.model.forms import PlainText, key
from runner.plugins import Flavor


@attrs.frozen(kw_only=True)
class Settings:
    """Settings of `dotenv` secrets."""

    path: PlainText | None = key("The file, from the project's root.", default=".env", example="secrets.env")
    map: dict[PlainText, PlainText] | None = key(
        "Where a secret lives: secret = its name there.", example={"API_TOKEN": "PENGUINS_API_TOKEN"}
    )


FLAVOR = Flavor(
    "dotenv",
    "runner_executors.dotenv_secrets:Settings",
    "runner.resolve.secrets:Dotenv",
    about="Lines of a `.env` file.",
    reach=("submitter",),
)
