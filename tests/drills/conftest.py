"""The drill, made once: its unbroken run is what all others are compared with."""

from __future__ import annotations

import pytest

from runner.testing.drill import Drill


@pytest.fixture(scope="session")
def drill(tmp_path_factory: pytest.TempPathFactory) -> Drill:
    """The reference pipeline and how an unbroken run of it ends."""
    return Drill(tmp_path_factory.mktemp("whole"))
