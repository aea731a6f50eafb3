"""The image of a profile: made where `[build]` says of what and `executor.image` names none."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.rules.keys import digest, written
from runner.run.joints import Image, NotBuilt
from runner.text.diagnostics import Diagnostic, Place, Refused, diagnose

if TYPE_CHECKING:
    from runner.commands.planning import Planned

Table = dict[str, Any]
Say = Callable[[str], None]


def pinned(made: Planned, quiet: bool) -> Planned:
    """The plan with the ids of the images that its steps run in, which are made if need be; others as they are.

    Raises Refused (E722). What is made is told on stderr, unless quiet."""

    def say(line: str) -> None:
        if not quiet and line.lower().startswith("step "):
            sys.stderr.write(f"image: {line}\n")
            sys.stderr.flush()

    def with_image(profile: Table) -> Table:
        executor = profile["executor"]
        if "build" not in profile or executor.get("image") or not builds(made, profile):
            return profile
        found = built(made, profile, say)
        if found.made and not quiet:
            sys.stderr.write(f"image: {found.name}\n")
        return {**profile, "executor": {**executor, "image": found.id}}

    plan = {**made.plan, "profile": with_image(made.plan["profile"])}
    if "profiles" in plan:
        plan["profiles"] = {name: with_image(profile) for name, profile in plan["profiles"].items()}
    if plan == made.plan:
        return made
    del plan["digest"]
    plan["digest"] = digest(plan)
    return made._replace(plan=plan, text=written(plan))


def builds(made: Planned, profile: Table) -> bool:
    """Whether the executor of a profile of the plan makes images."""
    from runner.plugins import find

    return "build" in find("executors", profile["executor"]["type"], made.plugins).more


def built(made: Planned, profile: Table, say: Say, fresh: bool = False) -> Image:
    """The image of a profile of the plan. Raises Refused: E722, or no engine."""
    from runner.run.recipe import recipe
    from runner.run.services import implementation

    builder = implementation("executors", profile["executor"], made.plugins).builder(profile["executor"], os.environ)
    try:
        image: Image = builder.build(recipe(profile["build"], profile["executor"], str(made.root)), say, fresh)
    except NotBuilt as refused:
        raise Refused([_explained(made, profile, refused)]) from None
    finally:
        builder.close()
    return image


def _explained(made: Planned, profile: Table, refused: NotBuilt) -> Diagnostic:
    layers = made.behind().resolved.layers
    laid = layers.others.get(profile["name"], layers).service("build")
    place = laid.place((refused.key,)) if refused.key in laid.table else laid.place((), "header")
    related = []
    if refused.step:
        path = Path(profile["build"]["dockerfile"])
        line, width = _line(made.root / path, refused.step)
        related = [(Place(os.path.relpath(made.root / path), line, 1, width + 1), "this instruction")]
    hint = "\n".join(refused.said) or None
    return diagnose("E722", place, why=str(refused), hint=hint, related=related)


def _line(path: Path, step: int) -> tuple[int, int]:
    """Line and width of an instruction of a Dockerfile, counted from 1; a comment or empty line is none."""
    mark = "\\"
    continued = False
    with open(path, encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, 1):
            text = line.strip()
            said = re.fullmatch(r"#\s*escape\s*=\s*([\\`])", text)
            mark = said.group(1) if said else mark
            if not text or text.startswith("#"):
                continue
            if not continued:
                step -= 1
                if not step:
                    return number, len(line.rstrip())
            continued = text.endswith(mark)
    return 1, 1
