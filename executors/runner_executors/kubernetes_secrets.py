"""Secrets that are keys of Kubernetes Secrets: pods refer to them, nobody else reads them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from runner.model.forms import PlainText, key
from runner.plugins import Flavor
from runner.resolve.secrets import SecretError


@attrs.frozen(kw_only=True)
class Reference:
    """Where a secret lives."""

    secret: PlainText | None = key("The name of the Secret.", example="team-secrets")
    key_: PlainText | None = key("Its key; the secret's own name.", example="api-token")


@attrs.frozen(kw_only=True)
class Settings:
    """Settings of `kubernetes` secrets."""

    secret: PlainText | None = key("The Secret of those that `map` says nothing of.", example="team-secrets")
    map: dict[PlainText, Reference] | None = key(
        "Where a secret lives: secret = { secret, key }.", example={"API_TOKEN": {"secret": "penguins", "key": "token"}}
    )


class Kubernetes:
    """Nothing is read on this machine."""

    where = "place"

    def __init__(self, settings: Mapping[str, Any], root: Path, env: Mapping[str, str]) -> None:
        pass

    def get(self, name: str) -> str:
        raise SecretError(f"secret `{name}`: it is known in the cluster only")


FLAVOR = Flavor(
    "kubernetes",
    "runner_executors.kubernetes_secrets:Settings",
    "runner_executors.kubernetes_secrets:Kubernetes",
    about="Keys of Kubernetes Secrets, which pods refer to.",
    reach=("place",),
)
