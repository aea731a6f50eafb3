"""What a run has on a volume that this machine does not see: its executor brings it here (PROTOCOL 3)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from runner.agent.catalog import FileCatalog, MissingBlob
from runner.plan.nearby import BEYOND, OWN, away, holder, nearby
from runner.plugins import Asked, find, load
from runner.run.hashes import Hashes
from runner.text.diagnostics import Diagnostic, Refused, diagnose

Table = dict[str, Any]
WHAT = {"run-log": "run log", "catalog": "catalog"}


class Unread(Exception):
    """What an executor raises who can't say, or bring, what lies at its place; why, in words."""


def unseen(profile: Mapping[str, Any], service: str, plugins: Asked | None = None) -> bool:
    """Whether the run log or catalog of a profile, as a plan holds it, is one that this machine does not see."""
    return away(profile["executor"], plugins) and nearby(profile, plugins)[service] in (OWN, BEYOND)


class Reach:
    """A run that is elsewhere. entry: its line of the index; run: its `run.json`; plan: its plan. What can't be had is
    refused (E741)."""

    def __init__(
        self, entry: Table, run: Table, plan: Table, plugins: Asked | None, environ: Mapping[str, str]
    ) -> None:
        self.entry, self.run, self.environ = entry, run, environ
        settings = {**plan["profile"]["executor"]}
        settings["image"] = settings.get("image") or next(iter(_images(plan)), None)
        settings["namespace"] = (run.get("own") or {}).get("namespace") or settings.get("namespace")
        self.profile = {**plan["profile"], "executor": settings}
        self.kind = load(find("executors", str(settings["type"]), plugins)).remote

    @property
    def place(self) -> str:
        """What its pods call the run; known once its place was asked for something else."""
        return str(self.kind.place(self.entry))

    def progress(self) -> str:
        """`running`, `over`, `cancelled`."""
        with self._asking("run-log") as there:
            return str(there.progress(self.entry))

    def bring(self, service: str, below: str, names: Iterable[str], into: Path) -> None:
        """Files and folders from below a store of the run into a folder of this machine; some may not be there."""
        base = os.path.join(str(self.profile[service].get("path") or ""), below)
        with self._asking(service) as there:
            there.fetch(self.profile, base, list(names), into)

    def cancel(self) -> tuple[str, bool]:
        """End it where it is: what becomes of it in words, and whether it is over. Raises Refused (E745)."""
        try:
            with closing(self.kind(self.profile["executor"], self.environ)) as there:
                self.entry = there.known(self.entry)
                words, over = there.cancel(self.entry)
                return str(words), bool(over)
        except Refused as refused:
            raise Refused([*self._unended(refused.problems[0].message)]) from None
        except Unread as error:
            raise Refused([*self._unended(str(error))]) from None

    def _unended(self, why: str) -> list[Diagnostic]:
        return [diagnose("E745", None, name=self.entry.get("name"), why=why)]

    @contextmanager
    def _asking(self, service: str) -> Iterator[Any]:
        try:
            with closing(self.kind(self.profile["executor"], self.environ)) as there:
                self.entry = there.known(self.entry)
                yield there
        except Refused as refused:
            raise self.refusal(service, refused.problems[0].message) from None
        except Unread as error:
            raise self.refusal(service, str(error)) from None

    def refusal(self, service: str, why: str) -> Refused:
        """That it can't be had from here, and what can be done instead."""
        volume = holder(self.profile, str(self.profile[service].get("path") or "")) or {}
        name, profile = self.entry.get("name"), (self.run.get("ask") or {}).get("profile") or self.run.get("profile")
        claim = volume.get("claim") or "none"
        words = f"runner up {self.entry.get('file')} --profile {profile} --resume {name}"
        hint = f"what it has done is kept there, and gone on with there: `{words}`"
        return Refused([diagnose("E741", None, name=name, what=WHAT[service], claim=claim, why=why, hint=hint)])


class Reached:
    """The catalog of a run that is elsewhere, for reading: what is asked for is brought into a catalog that is here."""

    def __init__(self, reach: Reach, here: Any) -> None:
        self.reach, self.here = reach, here

    def has(self, sha: str) -> bool:
        """What it has is believed."""
        return True

    def bring(self, shas: Iterable[str]) -> None:
        """Have these at hand, as far as they are there. Raises Refused, OSError."""
        wanted = [sha for sha in dict.fromkeys(shas) if not self.here.has(sha)]
        if not wanted:
            return
        with TemporaryDirectory(prefix="runner-") as folder:
            self.reach.bring("catalog", "blobs", [f"{sha[:2]}/{sha}" for sha in wanted], Path(folder))
            for sha in wanted:
                path = os.path.join(folder, sha[:2], sha)
                if os.path.exists(path):
                    self.here.put(path)

    def get(self, sha: str, dest: str, mode: int | None = None) -> None:
        """As of a catalog. Raises MissingBlob, Refused, OSError."""
        self.bring([sha])
        self.here.get(sha, dest, mode)

    def read(self, sha: str) -> bytes:
        """As of a catalog. Raises MissingBlob, Refused, OSError."""
        self.bring([sha])
        if not self.here.has(sha):
            raise MissingBlob(sha)
        return bytes(self.here.read(sha))


def reached(reach: Reach, root: Path) -> Reached:
    """The catalog of a run that is elsewhere, by way of that of its project. Raises OSError."""
    return Reached(reach, FileCatalog.open({"type": "file-system"}, str(root)))


def lacking(records: Iterable[Table], hashes: Hashes, catalog: Any) -> list[str]:
    """Hashes of files and values of records that neither lie in their places nor in a catalog."""
    found: dict[str, None] = {}
    for record in records:
        for file in record.get("files") or ():
            if hashes.of(file["path"]) != file["sha256"]:
                found[file["sha256"]] = None
        for one in (record.get("returns") or {}).values():
            if "sha256" in one:
                found[one["sha256"]] = None
    return [sha for sha in found if not catalog.has(sha)]


def _images(plan: Table) -> Iterable[str]:
    """Images that steps name, in order."""
    for node in plan["nodes"].values():
        part = node
        while "body" in part:
            part = part["body"]
        image = (part.get("do") or {}).get("image")
        if image:
            yield str(image[1] if isinstance(image, list) else image)
