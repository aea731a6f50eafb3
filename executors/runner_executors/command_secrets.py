"""Secrets from a command's standard output: any password manager."""

from __future__ import annotations

import attrs

from runner.model.forms import PlainText, key
from runner.plugins import Flavor


@attrs.frozen(kw_only=True)
class Settings:
    """Settings of `command` secrets."""

    command: list[PlainText] = key(
        "The program and its arguments; {name} stands for the secret.",
        required=True,
        at_least=1,
        example=["pass", "show", "team/{name}"],
    )
    map: dict[PlainText, PlainText] | None = key(
        "Where a secret lives: secret = its name there.", example={"API_TOKEN": "penguins-token"}
    )


FLAVOR = Flavor(
    "command",
    "runner_executors.command_secrets:Settings",
    "runner.resolve.secrets:Command",
    about="What a command prints.",
    reach=("submitter",),
)
