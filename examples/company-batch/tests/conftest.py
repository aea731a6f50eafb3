"""The batch service of a test, and the storage that it mounts for its jobs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

pytest_plugins = ["runner.testing.fixtures"]

SERVICE = Path(__file__).parents[1] / "service" / "batch_service.py"


class Batch(NamedTuple):
    """Where the service answers, where jobs see the storage, and where this machine does."""

    url: str
    mount: Path
    here: Path

    def profile(self) -> str:
        """What a team says beside the template of the package."""
        return f"""
extends = "company_batch:nightly"
[executor]
url = "{self.url}"
cost-center = "research"
python = "{sys.executable}"
[volumes.storage]
mount = "{self.mount}"
here = "{self.here}"
[run-log]
path = "{self.mount}/runs"
[catalog]
path = "{self.mount}/catalog"
"""


@pytest.fixture(scope="session")
def batch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Batch]:
    base = tmp_path_factory.mktemp("batch")
    here, mount = base / "storage", base / "only-jobs-see-this"
    here.mkdir()
    words = [sys.executable, str(SERVICE), "--port", "0", "--mount", f"{mount}={here}"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield Batch(process.stdout.readline().strip(), mount, here)
        process.terminate()
