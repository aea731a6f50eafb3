"""The `chunked-fs` run log: one object a record, safe for many writers."""

from __future__ import annotations

import attrs

from runner.model.forms import PlainText, key
from runner.plugins import Flavor


@attrs.frozen(kw_only=True)
class Settings:
    """Settings of the `chunked-fs` run log."""

    path: PlainText | None = key(
        "The folder, from the project's root, or where it is mounted.", default=".runner", example="/mnt/team/runs"
    )


FLAVOR = Flavor(
    "chunked-fs", "runner_executors.chunked_fs:Settings", "runner.agent.folder:Folder",
    about="One file a record, in a folder that many machines may write to.",
    reach=("driver", "step"),
)  # fmt: skip
