"""What a file speaks as: a pipeline, a job or a profile; and what a step may be."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from runner.text.document import Document

KINDS = ("shell", "command", "python", "notebook", "container", "steps", "choose", "uses", "stub")
STEP = re.compile("[A-Za-z][A-Za-z0-9_-]*")
GROUPS = ("steps", "choose", "uses")


def kind_of_file(doc: Document) -> str:
    """Whether a file is a pipeline or a job."""
    return "job" if "job" in doc.data and "steps" not in doc.data else "pipeline"


def roots(doc: Document) -> dict[str, Any]:
    """The steps at the top of a file: its `[steps]`, or the one step of a job, by the job's name."""
    job = doc.data.get("job")
    found = doc.data.get("steps", {}) if job is None else {job_name(doc): job}
    return found if isinstance(found, dict) else {}


def job_name(doc: Document) -> str:
    """The name of a job's step: the file's `name`, else that of the file or its folder, where that may name a step."""
    given = doc.data.get("name")
    if isinstance(given, str):
        return given
    file = Path(doc.path).absolute()
    name = file.parent.name if file.stem == "pipeline" else file.stem
    return name if STEP.fullmatch(name) else "job"


def of_steps(key: str, doc: Document) -> str:
    """A dotted key by which a user means a setting; `job.X` of a job file is `steps.NAME.X`."""
    head, dot, rest = key.partition(".")
    return f"steps.{job_name(doc)}{dot}{rest}" if head == "job" and "job" in doc.data else key


def is_profile(data: dict[str, Any]) -> bool:
    """Whether a file speaks as a profile: it has no steps, but a service or `extends`."""
    if any(key in data for key in ("job", "name", "handlers", "finally", "include")):
        return False
    steps = data.get("steps") if "extends" not in data else None
    if isinstance(steps, dict) and any(
        isinstance(step, dict) and not step.keys().isdisjoint(KINDS) for step in steps.values()
    ):
        return False
    marks = ("extends", "executor", "run-log", "catalog", "secrets", "volumes", "build", "schedule", "tags", "shared")
    return any(key in data for key in marks) or bool("defaults" in data and "steps" not in data)
