"""What tests of pipelines and of plug-ins stand on: a project in a folder of its own, and the command run in it."""

from __future__ import annotations

from runner.testing.project import Outcome, Project

__all__ = ["Outcome", "Project"]
