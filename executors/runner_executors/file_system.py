"""The `file-system` run log: one journal a run."""

from __future__ import annotations

import attrs

from runner.model.forms import PlainText, key
from runner.plugins import Flavor


@attrs.frozen(kw_only=True)
class Settings:
    """Settings of the `file-system` run log."""

    path: PlainText | None = key(
        "The folder, from the project's root.", default=".runner/runs", example="/mnt/team/runs"
    )


FLAVOR = Flavor(
    "file-system",
    "runner_executors.file_system:Settings",
    "runner.store.journal:Journal",
    about="One journal a run, in a folder.",
    reach=("driver",),
)
