"""A pipeline of a few lines, planned in a folder of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runner.commands.making import Made, make
from runner.resolve.ask import Ask
from runner.text.diagnostics import Diagnostic, Refused


class Planned:
    """What came of planning: the plan by step path, or the problems."""

    def __init__(self, made: Made | None, problems: list[Diagnostic]) -> None:
        self.made, self.problems = made, problems

    @property
    def plan(self) -> dict[str, Any]:
        assert self.made is not None and self.made.plan is not None, [p.message for p in self.problems]
        return self.made.plan

    def node(self, path: str) -> dict[str, Any]:
        return next(node for node in self.plan["nodes"].values() if node["path"] == path)

    def needs(self, path: str) -> set[str]:
        return {self.plan["nodes"][id]["path"] for id in self.node(path)["needs"]}

    def after(self, path: str) -> set[str]:
        return {self.plan["nodes"][id]["path"] for id in self.node(path)["after"]}

    def takes(self, path: str) -> dict[str, Any]:
        part = self.node(path)
        while "body" in part:
            part = part["body"]
        taken: dict[str, Any] = part["do"]["takes"]
        return taken

    @property
    def codes(self) -> list[str]:
        return [problem.code for problem in self.problems]

    def problem(self, code: str) -> Diagnostic:
        return next(problem for problem in self.problems if problem.code == code)


@pytest.fixture
def planned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Planned]:
    def plan(
        text: str,
        files: dict[str, str] | None = None,
        profile: str | None = None,
        params: tuple[str, ...] = (),
        sets: tuple[str, ...] = (),
        env: dict[str, str] | None = None,
    ) -> Planned:
        monkeypatch.chdir(tmp_path)
        for name, content in {"pipeline.toml": text, **(files or {})}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        try:
            made = make(Ask(Path("pipeline.toml"), profile, params, sets, env or {}))
        except Refused as refused:
            return Planned(None, refused.problems)
        return Planned(made, list(made.problems))

    return plan
