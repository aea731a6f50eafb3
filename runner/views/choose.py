"""Which view a run gets: what was asked for, else what the place can show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO

from runner.views.terminal import is_terminal
from runner.views.view import View

MODES = ("auto", "live", "plain", "quiet", "github", "gitlab", "json")


def detect(stream: IO[str], env: Mapping[str, str]) -> str:
    """GitHub and GitLab by their own variables; a board on a terminal that can move its cursor; else plain lines."""
    if env.get("GITHUB_ACTIONS") == "true":
        return "github"
    if env.get("GITLAB_CI") == "true":
        return "gitlab"
    if is_terminal(stream) and env.get("TERM", "dumb") != "dumb" and env.get("CI", "") in ("", "false", "0"):
        return "live"
    return "plain"


def choose(stream: IO[str], env: Mapping[str, str], mode: str = "auto") -> View:
    """The view for one run; raises KeyError for a mode that is not in MODES."""
    if mode == "auto":
        mode = detect(stream, env)
    if mode == "live":
        from runner.views.live import Live

        return Live(stream, env)
    if mode in ("github", "gitlab"):
        from runner.views.ci import GitHub, GitLab

        return GitHub(stream, env) if mode == "github" else GitLab(stream, env)
    if mode == "json":
        from runner.views.jsonl import JsonLines

        return JsonLines(stream)
    if mode in ("plain", "quiet"):
        from runner.views.plain import Plain

        return Plain(stream, env, quiet=mode == "quiet")
    raise KeyError(mode)
