"""Warnings that several verbs have for a run that they read."""

from __future__ import annotations

from typing import Any


def warn_of_damage(name: Any, damaged: int) -> None:
    """Say that a run log holds less than was written to it."""
    if damaged:
        from runner.text.diagnostics import diagnose
        from runner.views.problems import show

        show([diagnose("W710", None, name=name, count=damaged)])
