"""The `file-system` catalog: files by their content, in a folder."""

from __future__ import annotations

import attrs

from runner.model.forms import PlainText, key
from runner.plugins import Flavor


@attrs.frozen(kw_only=True)
class Settings:
    """Settings of the `file-system` catalog."""

    path: PlainText | None = key(
        "The folder, from the project's root, or where it is mounted.",
        default=".runner/catalog",
        example="/mnt/team/catalog",
    )


FLAVOR = Flavor(
    "file-system",
    "runner_executors.file_catalog:Settings",
    "runner.agent.catalog:FileCatalog",
    about="By content, in a folder.",
    reach=("driver", "step"),
)
