"""Which view a run gets: what was asked for, else what the place can show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from runner.plugins import OURS, Asked, find, load
from runner.text.diagnostics import Diagnostic, Refused
from runner.views.steady import Steady
from runner.views.terminal import is_terminal
from runner.views.view import View

AUTO = "auto"


def detect(stream: IO[str], env: Mapping[str, str]) -> str:
    """GitHub and GitLab by their own variables; a board on a terminal that can move its cursor; else plain lines."""
    if env.get("GITHUB_ACTIONS") == "true":
        return "github"
    if env.get("GITLAB_CI") == "true":
        return "gitlab"
    if is_terminal(stream) and env.get("TERM", "dumb") != "dumb" and env.get("CI", "") in ("", "false", "0"):
        return "live"
    return "plain"


def choose(stream: IO[str], env: Mapping[str, str], mode: str = AUTO, plugins: Asked | None = None) -> View:
    """The view for one run, by the name of its flavor. Raises Refused (E801) for a name that nobody registers."""
    flavor = find("views", detect(stream, env) if mode == AUTO else mode, plugins)
    found: View = load(flavor)(Steady(stream), env)  # who watches may go away, the run goes on
    return found if flavor.origin == OURS else Doubted(found)


class Doubted:
    """A view that a stranger wrote: once it fails it is not asked again, and the run goes on."""

    def __init__(self, view: Any) -> None:
        self._view = view
        self._failed = False

    def __enter__(self) -> Doubted:
        self._ask("__enter__")
        return self

    def __exit__(self, *how: Any) -> None:
        self._ask("__exit__", *how)

    def see(self, event: Any) -> None:
        self._ask("see", event)

    def tick(self, now: float) -> None:
        self._ask("tick", now)

    def _ask(self, method: str, *args: Any) -> None:
        if self._failed:
            return
        try:
            getattr(self._view, method)(*args)
        except (AttributeError, Refused) as fault:
            self._failed = True
            from runner.views.problems import show

            show([_milder(one) for one in getattr(fault, "problems", ())])


def _milder(problem: Diagnostic) -> Diagnostic:
    """A failure that ends nothing."""
    return problem._replace(code="W801", hint="the run goes on without it")
