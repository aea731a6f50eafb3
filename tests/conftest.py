"""The fixture `project`, and the table of conformance."""

from __future__ import annotations

from runner.testing.fixtures import _cell, project, pytest_terminal_summary

__all__ = ["_cell", "project", "pytest_terminal_summary"]
