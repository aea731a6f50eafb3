"""Steps as jobs of the batch service, which speaks JSON over HTTP."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

from runner.run.queue import Job, Queue


class CompanyBatch(Queue):
    """Submits, asks, cancels; writes down what each step has cost."""

    interval = 0.2

    def submit(self, job: Job) -> str:
        """Every job bears the tags of the profile, and says whose it is."""
        wanted = {
            "name": job.name,
            "queue": self.settings["queue"],
            "command": job.argv,
            "folder": self.settings.get("project") or job.root,
            "tags": {**self.settings.get("tags", {}), **job.labels, "cost-center": self.settings["cost-center"]},
            "cpu": job.resources.get("cpu", 1),
        }
        return str(self._ask("POST", "/jobs", wanted)["id"])

    def ended(self, ids: list[str]) -> Mapping[str, str]:
        """One question for all; while the service is away nothing is over."""
        try:
            jobs = self._ask("GET", f"/jobs?ids={','.join(ids)}")
        except URLError:
            return {}
        return {
            id: jobs[id]["why"] if id in jobs else "the service has forgotten it" for id in ids if self._over(jobs, id)
        }

    def cancel(self, id: str) -> None:
        """The service sends SIGTERM to the job."""
        self._ask("DELETE", f"/jobs/{id}")

    def after(self, record: dict[str, Any]) -> None:
        """A line a step, beside the run log."""
        hours = (record.get("run_s") or 0.0) / 3600
        cost = {
            "step": record["node"],
            "status": record["status"],
            "cost-center": self.settings["cost-center"],
            "cost": round(hours * self.settings.get("price", 0.04), 6),
        }
        with Path(self.here, "costs.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(cost) + "\n")

    @staticmethod
    def _over(jobs: Mapping[str, Any], id: str) -> bool:
        return id not in jobs or jobs[id]["state"] == "over"

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(self.settings["url"] + path, data, method=method), timeout=10) as answer:
            return json.load(answer)
