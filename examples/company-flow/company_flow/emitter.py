"""A plan as a flow: a task for each step of the pipeline, which comes after others however those have ended."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from runner.run.parts import Part, files, parts

LARGE = 4  # processors from which a task asks for a large machine


class CompanyFlow:
    """Emitter of flows; the engine fills in `{{files}}` and `{{flow-run}}`."""

    @staticmethod
    def emit(plan: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
        """One document: the flow, with the agent and the plan in it."""
        settings = plan["profile"]["executor"]
        own = parts(dict(plan), "{{files}}", "{{flow-run}}", settings.get("python") or "python3")
        flow = {
            "flow": plan["name"],
            "version": 2,
            "team": settings["team"],
            "alerts": settings.get("alerts") or {},
            "files": {name: b64encode(data).decode() for name, data in files(dict(plan)).items()},
            "tasks": [task(part) for part in own],
        }
        return {"flow.yaml": [flow]}


def task(part: Part) -> dict[str, Any]:
    """A part as the engine calls it."""
    size = "large" if part.resources.get("cpu", 0) >= LARGE else "small"
    return {"task": part.name, "title": part.about, "after": part.after, "machine": size, "run": part.argv}
