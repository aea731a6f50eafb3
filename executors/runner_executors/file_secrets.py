"""Secrets from mounted files: one file a secret."""

from __future__ import annotations

import attrs

from runner.model.forms import PlainText, key
from runner.plugins import Flavor


@attrs.frozen(kw_only=True)
class Settings:
    """Settings of `file` secrets."""

    path: PlainText | None = key(
        "The folder with one file a secret.", default="/run/secrets", example="/etc/team/secrets"
    )
    map: dict[PlainText, PlainText] | None = key(
        "Where a secret lives: secret = its name there.", example={"API_TOKEN": "penguins-token"}
    )


FLAVOR = Flavor(
    "file",
    "runner_executors.file_secrets:Settings",
    "runner.resolve.secrets:File",
    about="One file a secret, in a folder.",
    reach=("submitter",),
)
