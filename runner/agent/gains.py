"""What a command gave beside its files: returns, metrics, what it put, the executed notebook; kept, or why not."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from runner.agent.outcome import Verdict, say
from runner.agent.stage import StageError

if TYPE_CHECKING:
    from runner.agent.attempt import Attempt

Table = dict[str, Any]
_LARGE = 1 << 18  # bytes of a value that goes to the catalog: a record stays below a megabyte


def result(attempt: Attempt) -> Table:
    """What the interpreter of a Python step told of it. Raises OSError."""
    given = attempt.process.result() if attempt.process is not None else None
    try:
        found: Table = json.loads(given or left(attempt.call["scratch"], "result.json") or b"{}")
        return found
    except ValueError:
        return {}


def left(scratch: str, name: str) -> bytes | None:
    """What the command left in a file of its scratch folder; None when there is none. Raises OSError: it can't be
    read, which is not the same."""
    try:
        with open(os.path.join(scratch, name), "rb") as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None


def take_returns(attempt: Attempt, verdict: Verdict, result: Table | None) -> None:
    """Returns from the function and from $RUNNER_RETURNS; the function's win."""
    call = attempt.call
    declared = list(call.get("returns") or ())
    try:
        data = (None if attempt.silent else left(call["scratch"], "returns")) or b""
    except OSError as error:
        verdict.fail("stage-out", say(error), "errored")
        return
    said: Table = {}
    if data:
        from runner.rules.returns import ReturnsError, parse_returns

        try:
            said, warnings = parse_returns(data, declared)
        except ReturnsError as error:
            verdict.fail("bad-return", str(error))
            return
        verdict.warnings += warnings
    given = (result or {}).get("returns", {})
    for entry in declared:
        name = entry["name"]
        if name in given:
            verdict.returns[name] = given[name]
        elif name in said:
            verdict.returns[name] = said[name]
    _keep_objects(attempt, verdict)
    missing = [f"`{entry['name']}`" for entry in declared if entry["name"] not in verdict.returns]
    if missing:
        verdict.fail("missing-return", f"it did not give {' and '.join(missing)}")


def _keep_objects(attempt: Attempt, verdict: Verdict) -> None:
    redactor = attempt.redactor
    for name, given in verdict.returns.items():
        if "path" in given:
            path = os.path.join(attempt.work.cwd, given["path"])
            try:
                if redactor is not None and _file_finds(attempt, path):
                    verdict.fail("secret-leak", f"the return `{name}` holds a secret")
                    continue
                kept = attempt.catalog.put(path)
            except OSError as error:
                if given.get("said"):
                    verdict.fail("bad-return", f"the return `{name}` names no file: {say(error)}")
                else:
                    verdict.fail("stage-out", say(error), "errored")
                continue
            verdict.returns[name] = {
                "kind": "object",
                "blob": kept["sha256"],
                "sha256": kept["sha256"],
                "size": kept["size"],
                "serialiser": given.get("serialiser") or "pickle",
            }
            continue
        text = json.dumps(given["json"]).encode("ascii")
        if redactor is not None and redactor.finds(text):
            verdict.fail("secret-leak", f"the return `{name}` holds a secret")
        elif len(text) > _LARGE:
            try:
                kept = attempt.catalog.put_bytes(text)
            except OSError as error:
                verdict.fail("stage-out", say(error), "errored")
                continue
            sha = kept["sha256"]
            verdict.returns[name] = {"kind": given["kind"], "blob": sha, "sha256": sha, "size": kept["size"]}
    if not verdict.ok:
        verdict.returns = {}


def _file_finds(attempt: Attempt, path: str) -> bool:
    """Whether a file holds a secret. Raises OSError: what can't be looked at is not kept."""
    assert attempt.redactor is not None
    with open(path, "rb") as file:
        return attempt.redactor.finds_in(file)


def take_metrics(attempt: Attempt, verdict: Verdict) -> None:
    if attempt.silent:
        return
    path = os.path.join(attempt.call["scratch"], "metrics")
    try:
        data = left(attempt.call["scratch"], "metrics")
        if data is None:
            return
        from runner.rules.returns import read_metrics

        lines, warnings = read_metrics(data)
        verdict.warnings += warnings
        if attempt.redactor is not None and _file_finds(attempt, path):
            verdict.fail("secret-leak", "the metrics hold a secret")
            return
    except OSError as error:
        verdict.warnings.append(f"the metrics could not be read: {say(error)}")
        return
    verdict.more["metrics"] = {line.name: line.value for line in lines}
    try:
        kept = attempt.catalog.put(path)
    except OSError as error:
        verdict.warnings.append(f"the metrics could not be kept: {say(error)}")
        return
    verdict.more["series"] = {"sha256": kept["sha256"], "size": kept["size"]}


def puts(attempt: Attempt, verdict: Verdict) -> list[str]:
    """Paths that `step.put` named, each once, from the root. Raises StageError."""
    if attempt.silent:
        return []
    try:
        named = dict.fromkeys(map(json.loads, (left(attempt.call["scratch"], "puts") or b"").splitlines()))
    except OSError as error:
        raise StageError("stage-out", say(error), "errored") from error
    except ValueError as error:
        raise StageError(
            "stage-out", "what `step.put` noted is cut off: a file of it may be missing", "errored"
        ) from error
    found = []
    for path in named:
        inner = os.path.relpath(os.path.realpath(path), os.path.realpath(attempt.work.root))
        if inner.startswith(".."):
            verdict.warnings.append(f"`{path}` lies outside the project and was not kept")
        else:
            found.append(inner)
    return found


def keep_notebook(attempt: Attempt, verdict: Verdict) -> None:
    """The executed copy of a notebook, at any end (N44)."""
    if attempt.call["kind"] != "notebook":
        return
    try:
        data = left(attempt.call["scratch"], "executed.ipynb")
        if data is None:
            return
        if attempt.redactor is not None:
            data = attempt.redactor.mask_bytes(data)
        kept = attempt.catalog.put_bytes(data)
    except OSError as error:
        verdict.warnings.append(f"the executed notebook could not be kept: {say(error)}")
        return
    stem, _ = os.path.splitext(attempt.call["notebook"])
    verdict.files.append({"path": stem + ".executed.ipynb", **kept, "kind": "report"})
