"""Which view a run gets: what was asked for, else what the place can show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO

from runner.plugins import Asked, find, load
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
    make = load(find("views", detect(stream, env) if mode == AUTO else mode, plugins))
    found: View = make(Steady(stream), env)  # who watches may go away, the run goes on
    return found
