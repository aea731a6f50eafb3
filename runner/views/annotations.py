"""Problems as services of continuous integration take them: marks at the line, in GitHub's words and in GitLab's."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from runner.text.diagnostics import Diagnostic


def github(problems: Iterable[Diagnostic], env: Mapping[str, str]) -> str:
    """Workflow commands, a line each; "" where no GitHub Actions (or one of its re-implementations) reads them."""
    if env.get("GITHUB_ACTIONS") != "true":
        return ""
    return "".join(_command(problem, env) for problem in problems)


def _command(problem: Diagnostic, env: Mapping[str, str]) -> str:
    place = problem.place
    where: dict[str, Any] = {}
    if place is not None:
        where = {"file": in_checkout(place.file, env), "line": place.line, "col": place.col}
        if place.end > place.col:
            where["endColumn"] = place.end
    message = problem.message + (f"\n{problem.hint}" if problem.hint else "")
    return command(problem.severity, {**where, "title": problem.code}, message) + "\n"


def code_quality(problems: Iterable[Diagnostic], env: Mapping[str, str], file: str) -> list[dict[str, Any]]:
    """Entries of GitLab's Code Quality report. file: of those without a place. A fingerprint outlives moved lines."""
    from hashlib import sha256  # few reports are asked for

    out, seen = [], set()
    for problem in problems:
        place = problem.place
        path = in_checkout(place.file if place else file, env)
        about = f"{problem.code} {path} {problem.message}"
        while about in seen:
            about += "+"
        seen.add(about)
        out.append(
            {
                "description": problem.message + (f" ({problem.hint})" if problem.hint else ""),
                "check_name": problem.code,
                "fingerprint": sha256(about.encode("utf-8", "backslashreplace")).hexdigest(),
                "severity": "minor" if problem.severity == "warning" else "major",
                "location": {"path": path, "lines": {"begin": place.line if place else 1}},
            }
        )
    return out


def in_checkout(path: str, env: Mapping[str, str]) -> str:
    """A path as annotations want it: relative to the checkout, where it lies in it."""
    base = env.get("GITHUB_WORKSPACE") or env.get("CI_PROJECT_DIR")
    if not base:
        return path
    inside = os.path.relpath(os.path.abspath(path), base)
    return path if inside.startswith("..") else inside


def command(name: str, properties: Mapping[str, Any], message: str) -> str:
    """A workflow command, on one line."""
    given = ",".join(f"{key}={_escaped(str(value), True)}" for key, value in properties.items())
    return f"::{name} {given}::{_escaped(message)}"


def _escaped(text: str, inside_property: bool = False) -> str:
    """A value of a workflow command: it can neither end the command nor start another one."""
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if inside_property else text
