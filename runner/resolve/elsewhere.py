"""Profiles to which a profile sends steps: `profile = "X"` of a step, or of all with a tag."""

from __future__ import annotations

from runner.resolve.ask import Ask
from runner.resolve.layers import tables
from runner.resolve.project import Files, chain
from runner.text.diagnostics import Diagnostic, Refused, diagnose
from runner.text.document import Document
from runner.text.sources import Sources


def elsewhere(files: Files, said: Document | None, ask: Ask, sources: Sources) -> dict[str, Files]:
    """The files of each, by its name, as if it were the chosen profile; none where all is mocked. said: `--set`.

    Raises Refused with every one that can't be read."""
    found: dict[str, Files] = {}
    problems: list[Diagnostic] = []
    speakers = [profile.doc for profile in files.profiles] + ([said] if said is not None else [])
    for doc in speakers if not ask.mock else ():
        for part in ("steps", "tags"):
            for path, table in tables(doc.data.get(part)):
                name, keys = table.get("profile"), (part, path, "profile")
                if not isinstance(name, str) or name in found or name == files.profile:
                    continue
                if "${" in name:
                    problems.append(diagnose("E516", doc.place(keys), name=name))
                    continue
                try:
                    profiles = tuple(chain(name, (doc, keys), ask, sources))
                except Refused as refused:
                    problems += refused.problems
                    continue
                found[name] = files._replace(profile=name, profiles=profiles)
    if problems:
        raise Refused(problems)
    return found
