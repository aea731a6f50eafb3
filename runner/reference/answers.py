"""What `--json` prints: schema/answers.json, a definition for each command, and the page of them.

Keys that stand here stay; others may come.
"""

from __future__ import annotations

from typing import Any

from runner.model.schemas import DRAFT
from runner.reference.markdown import code, head, table

Table = dict[str, Any]
LEAD = """\
What each verb prints with `--json`. A run (`up`, `retry`, `show`) is as [run.json](../../schema/run.json) says, a plan
(`plan`) as [plan.json](../../schema/plan.json); the rest stands here, and as a JSON Schema with a definition for each
command in [answers.json](../../schema/answers.json). Tests hold the answers against them. Keys that are named stay;
others may come. Times are seconds since the epoch where they are numbers, sizes are bytes. Nothing else is printed to
stdout; the exit code is that of the verb without it."""

TEXT, WHOLE, FLAG = ({"type": kind} for kind in ("string", "integer", "boolean"))
ANY: Table = {}
TIME = {"type": ["number", "null"], "description": "seconds since the epoch"}
OR_NOTHING = {"type": ["string", "null"]}
TEXTS = {"type": "array", "items": TEXT}


def of(about: str, value: Table) -> Table:
    """A value with words about it."""
    return {**value, "description": about}


def keys(told: str = "", /, **properties: Table) -> Table:
    """A table that has all of these keys; a `_` at the end of one is none of it."""
    names = {name.rstrip("_"): value for name, value in properties.items()}
    return {"type": "object", "description": told, "required": list(names), "properties": names}


def many(item: Table, about: str = "") -> Table:
    """A list."""
    return {"type": "array", "items": item, "description": about}


def by_name(value: Table, about: str = "") -> Table:
    """A table with names of somebody's own."""
    return {"type": "object", "additionalProperties": value, "description": about}


PLACE = keys(file=TEXT, line=of("from 1", WHOLE), column=WHOLE, end_column=WHOLE)
PROBLEM = keys(
    "a mistake or a warning",
    code=TEXT, severity={"enum": ["error", "warning"]}, message=TEXT, hint=OR_NOTHING,
    place={"anyOf": [PLACE, {"type": "null"}]}, related=many({"type": "object"}),
)  # fmt: skip
SHORT = keys(run=TEXT, name=TEXT, pipeline=TEXT, status=TEXT)
STEP = keys(
    step=TEXT, kind=TEXT, description=TEXT, tags=TEXTS, needs=TEXTS, after=TEXTS, params=TEXTS, returns=TEXTS,
    inputs=TEXTS, outputs=TEXTS, secrets=TEXTS,
)  # fmt: skip
ANSWERS: dict[str, Table] = {
    "show RUN STEP": by_name(keys(path=TEXT, label=TEXT, status=TEXT, attempts=many(ANY)), "by address, as of a run"),
    "plan --diff": keys(against=TEXT, differs=FLAG, files={"type": "object"}),
    "check": many(PROBLEM),
    "explain": many(keys(key=TEXT, value=ANY, layer=TEXT, place=OR_NOTHING)),
    "explain CODE": keys(code=TEXT, severity=TEXT, about=TEXT, exit=WHOLE, sentence=TEXT, hint=OR_NOTHING, page=TEXT),
    "list": keys(name=TEXT, description=TEXT, params={"type": "object"}, steps=many(STEP)),
    "list --profiles": many(keys(profile=TEXT, description=OR_NOTHING, file=OR_NOTHING)),
    "list --blocks": many(keys(block=TEXT, description=TEXT, params=many(ANY), returns=TEXTS)),
    "runs": many(keys(run=TEXT, name=TEXT, pipeline=TEXT, profile=TEXT, start=TIME), "newest first"),
    "diff": keys(
        before=SHORT, after=SHORT, same=FLAG, why=many(ANY, "what explains the rest"), params={"type": "object"},
        steps={"type": "object"}, added=TEXTS, removed=TEXTS, files={"type": "object"},
    ),
    "logs": keys("a line of JSON for each line that was printed", step=TEXT, attempt=WHOLE, text=TEXT),
    "report": keys(
        "what the page shows; moments are seconds since the start of the run", v=WHOLE,
        run=keys(name=TEXT, pipeline=TEXT, profile=TEXT, status=TEXT, start=TIME, took={"type": ["number", "null"]}),
        params=many(ANY, "name and value"), nodes=many(keys("what the pipeline says of steps", kind=TEXT, runs=TEXT)),
        rows=many(keys(label=TEXT, up=of("what holds it; -1: nothing", {"type": "integer"}), node=WHOLE, status=TEXT)),
        critical=many(WHOLE, "rows, first to last"), crowded=of("how many of them waited for a place", WHOLE),
        files=many(keys(path=TEXT, kind=TEXT)), previews={"type": "object"},
        before=of("what `diff` says of it and the run before", {"type": ["object", "null"]}),
    ),
    "graph": keys(name=TEXT, steps=many(keys(step=TEXT, kind=TEXT, about=TEXTS))),
    "render": by_name(many({"type": "object"}), "by file, the documents in it"),
    "trace": many(keys(run=TEXT, step=TEXT, label=TEXT, attempt=WHOLE, status=TEXT, reason=OR_NOTHING)),
    "catalog ls": many(keys(path=TEXT, size=WHOLE, sha256=TEXT, step=TEXT, run=TEXT, kept=of("still there", FLAG))),
    "catalog diff": keys(added=many(ANY), removed=many(ANY), changed=many(ANY)),
    "catalog gc": keys(removed=of("false: shown only", FLAG), runs=many(ANY), cache=many(ANY), blobs=many(ANY)),
    "plugins list": many({"type": "object", "required": ["kind", "name", "from", "about"]}),
    "plugins check": keys(right=TEXTS, wrong=many(PROBLEM)),
    "doctor": many(keys(about=TEXT, state={"enum": ["ok", "note", "wrong"]}, what=TEXT, hint=OR_NOTHING)),
}  # fmt: skip
"""Command -> what it prints with `--json`."""


def schema() -> Table:
    """schema/answers.json."""
    about = "What `runner VERB --json` prints: a definition for each command"
    return {"$schema": DRAFT, "title": "runner-up answers", "description": about, "definitions": ANSWERS}


def page() -> str:
    """The page."""
    out = [head("Answers as JSON", LEAD)]
    for command, answer in ANSWERS.items():
        out.append(f"\n## {command}\n\n")
        rows = _rows(answer, "")
        names: tuple[str, ...] = ("key", "kind", "meaning")
        if not any(row[2] for row in rows):
            rows, names = [row[:2] for row in rows], names[:2]
        out.append(table(names, rows))
    return "".join(out)


def _rows(value: Table, at: str) -> list[tuple[str, ...]]:
    """A row for each key, those below it after it; `[]` is each entry of a list, `*` any name."""
    rows: list[tuple[str, ...]] = [(code(at), _kind(value), value.get("description", ""))] if at else []
    for name, inner in value.get("properties", {}).items():
        rows += _rows(inner, f"{at}.{name}" if at else name)
    if value.get("items"):
        rows += _rows(value["items"], f"{at}[]")
    if value.get("additionalProperties"):
        rows += _rows(value["additionalProperties"], f"{at}.*" if at else "*")
    for inner in value.get("anyOf", ()):
        rows += _rows(inner, at)[1:]
    return rows


def _kind(value: Table) -> str:
    words = {
        "object": "table",
        "array": "list",
        "string": "text",
        "boolean": "true or false",
        "integer": "whole number",
    }
    if "enum" in value:
        return ", ".join(code(word) for word in value["enum"])
    kinds = value.get("type", [one.get("type") for one in value.get("anyOf", ())])
    return " or ".join(words.get(kind, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds)) or "any value"
