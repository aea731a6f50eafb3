"""The end of a run in a few lines: what failed and its last lines, what did not run and why, what to type next."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from runner.views import words
from runner.views.reasons import Reasons
from runner.views.story import STATUSES
from runner.views.terminal import UNICODE, Symbols, clean, paint
from runner.views.times import took

Tail = Callable[[str, str, int], Iterable[str]]  # (id, key, attempt's number) -> the last lines of its log
More = Callable[[str, str], Iterable[str]]  # (id, key) -> what else there is to say of its failure

SHOWN = 5  # failures that are told in full
GROUPS = 12  # lines of what did not run
LAST = 10  # lines of a log
FAILED = ("failed", "errored")
SHOW_KINDS = ("report", "figure", "plot")


def digest(
    run: Mapping[str, Any],
    plan: Mapping[str, Any],
    tail: Tail,
    *,
    more: More = lambda id, key: (),
    again: Sequence[str] = (),
    colour: bool = False,
    signs: Symbols = UNICODE,
) -> str:
    """The digest of a folded Run. `again`: the words behind `runner` that go on from this run."""
    nodes: Mapping[str, Mapping[str, Any]] = plan.get("nodes", {})
    told: Mapping[str, Mapping[str, Any]] = run.get("nodes", {})
    parents = above(told) | around(told, nodes)
    counted = {a: entry for a, entry in told.items() if not contains(a, entry, nodes, parents)}
    name = str(run.get("name") or run.get("run") or "")
    lines = [_headline(run, counted, colour)]
    if run.get("status") == "succeeded":
        lines += _made(counted)
    lines += _failures(run, told, counted, tail, more, colour, signs)
    lines += _not_run(run, counted, nodes, colour)
    lines += _warnings(counted, colour)
    lines += _other_code(counted, name, colour)
    lines += _next(run, counted, name, again)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def above(addresses: Iterable[str]) -> set[str]:
    """The addresses of maps and loops of which an item or a round is among `addresses`."""
    found: set[str] = set()
    for address in addresses:
        id, _, key = address.partition(" ")
        if key != "-":
            parts = key.split(".")
            found.update(f"{id} {'.'.join(parts[:n]) or '-'}" for n in range(len(parts)))
    return found


def around(addresses: Iterable[str], nodes: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """The addresses of groups and choices of which a step is among `addresses`."""
    found: set[str] = set()
    for address in addresses:
        id, _, key = address.partition(" ")
        node = nodes.get(id, {})
        if node.get("parent"):
            numbers = [] if key == "-" else key.split(".")
            found.add(f"{node['parent']} {'.'.join(numbers[: int(node.get('depth', 0))]) or '-'}")
    return found


def contains(address: str, entry: Mapping[str, Any], nodes: Mapping[str, Mapping[str, Any]], parents: set[str]) -> bool:
    """Whether an address only stands for others, `parents` says of which: a group or choice, a map that has items and
    did not fail itself."""
    if entry.get("error") or entry.get("reason") == "not-converged":  # it failed of itself, not of what is in it
        return False
    id, _, key = address.partition(" ")
    node = nodes.get(id, {})
    numbers = 0 if key == "-" else key.count(".") + 1
    whole = numbers == node.get("depth", 0) and node.get("type") in ("map", "loop")
    return address in parents or (whole and entry.get("status") == "succeeded")


def _headline(run: Mapping[str, Any], counted: Mapping[str, Mapping[str, Any]], colour: bool) -> str:
    status = str(run.get("status") or "unfinished")
    counts: dict[str, int] = {}
    for entry in counted.values():
        counts[str(entry.get("status"))] = counts.get(str(entry.get("status")), 0) + 1
    parts = [f"{counts[one]:,} {one}" for one in STATUSES if counts.get(one)]
    head = f"{paint(status, status, colour)}: {run.get('name') or run.get('run')}"
    return "  ".join(part for part in (head, ", ".join(parts), took(run)) if part)


def failed(told: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The addresses that failed."""
    return [address for address, entry in told.items() if entry.get("status") in FAILED]


def forgiven(address: str, told: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether a failure does no harm: a handler recovered it, or what is around it tolerated it."""
    return bool(_handled(address, told)) or any(
        told[one].get("status") == "succeeded" for one in _around(address, told)
    )


def _around(address: str, told: Mapping[str, Mapping[str, Any]]) -> list[str]:
    return [one for one in above([address]) if one in told]


def _handled(address: str, told: Mapping[str, Mapping[str, Any]]) -> str:
    """What a handler made of a failure: its own, or that of the map around it."""
    return next(
        (str(told[one]["handled"]) for one in (address, *_around(address, told)) if told[one].get("handled")), ""
    )


def _failures(
    run: Mapping[str, Any],
    told: Mapping[str, Mapping[str, Any]],
    counted: Mapping[str, Mapping[str, Any]],
    tail: Tail,
    more: More,
    colour: bool,
    signs: Symbols,
) -> list[str]:
    lines = []
    addresses = sorted(failed(counted), key=lambda address: forgiven(address, told))
    for address in addresses[:SHOWN]:
        entry = counted[address]
        attempts = list(entry.get("attempts") or ())
        end = attempts[-1] if attempts else entry
        status = str(entry["status"])
        tries = int(end.get("n") or len(attempts) or 1)
        time = took(entry)
        handled = {"continue": ", recovered by its handler", "skip": ", its dependants are skipped"}
        note = handled.get(_handled(address, told), ", tolerated" if forgiven(address, told) else "")
        said = f"{words.why({**end, 'status': status})}{words.attempts(tries)}{f' ({time})' if time else ''}{note}"
        lines += ["", f"{paint(status, status, colour)}: {entry.get('label')} {said}"]
        id, _, key = address.partition(" ")
        lines += [f"  {text}" for text in (words.detail(end), words.advice(end), *more(id, key)) if text]
        if attempts:
            log = list(tail(id, key, tries))
            told_twice = [clean(line).removeprefix("waiting: ") for line in log] == [words.detail(end)]
            lines += [] if told_twice else _tail(log, signs)
        if run.get("status") != "succeeded":  # of a good run all were told further above
            lines += _made({address: entry})
    if len(addresses) > SHOWN:
        lines += ["", f"{len(addresses) - SHOWN:,} more failed: runner show {run.get('name')}"]
    return lines


def _tail(log: Iterable[str], signs: Symbols) -> list[str]:
    last = [clean(line) for line in log][-LAST:]
    return [f"  {signs.bar} {line}" for line in last]


def _not_run(
    run: Mapping[str, Any],
    counted: Mapping[str, Mapping[str, Any]],
    nodes: Mapping[str, Mapping[str, Any]],
    colour: bool,
) -> list[str]:
    """What did not run, less the cases that no choice was for: one line for each status and reason, with all that
    share it."""
    reasons = Reasons(run, nodes)
    groups: dict[tuple[str, str], list[str]] = {}
    for address, entry in counted.items():
        status = str(entry.get("status"))
        if status in ("blocked", "skipped", "cancelled") and entry.get("reason") != "not-chosen":
            groups.setdefault((status, reasons.why(address)), []).append(str(entry.get("label")))
    lines = []
    for (status, why), labels in sorted(groups.items(), key=lambda group: STATUSES.index(group[0][0])):
        lines.append(f"{paint(status, status, colour)}: {words.listed(labels)}{f'  ({why})' if why else ''}")
    if len(lines) > GROUPS:
        lines = [*lines[:GROUPS], f"and {len(lines) - GROUPS:,} more reasons: runner show {run.get('name')}"]
    return ["", *lines] if lines else []


def _warnings(counted: Mapping[str, Mapping[str, Any]], colour: bool) -> list[str]:
    found: dict[str, list[str]] = {}
    for entry in counted.values():
        for attempt in list(entry.get("attempts") or ())[-1:]:
            for text in attempt.get("warnings") or ():
                labels = found.setdefault(clean(str(text)), [])
                labels.append(str(entry.get("label")))
    lines = [f"{paint('warning', 'warning', colour)}: {words.listed(labels)}: {text}" for text, labels in found.items()]
    if len(lines) > GROUPS:
        lines = [*lines[:GROUPS], f"and {len(lines) - GROUPS:,} more warnings"]
    return ["", *lines] if lines else []


def _other_code(counted: Mapping[str, Mapping[str, Any]], name: str, colour: bool) -> list[str]:
    """The steps that were kept although their code is another now, in one line."""
    paths: dict[str, None] = {}
    for entry in counted.values():
        for attempt in list(entry.get("attempts") or ())[-1:]:
            if (attempt.get("code") or {}).get("changed"):
                paths[clean(str(entry.get("path")).partition("!")[0])] = None
    if not paths:
        return []
    import shlex

    again = shlex.join(["runner", "retry", name, "--changed"])
    return [
        "",
        f"{paint('kept', 'warning', colour)}: {words.listed(list(paths))}: code has changed since; again: {again}",
    ]


def _made(counted: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The files that somebody will want to open now."""
    lines, paths = [], set()
    for entry in counted.values():
        for file in entry.get("files") or ():
            if file.get("kind") in SHOW_KINDS and file.get("path") not in paths:
                paths.add(file["path"])
                lines.append(f"  {file['kind']:<6}  {file['path']}")
    if len(lines) > GROUPS:
        lines = [*lines[:GROUPS], f"  and {len(lines) - GROUPS:,} more"]
    return lines


def _next(
    run: Mapping[str, Any], counted: Mapping[str, Mapping[str, Any]], name: str, again: Sequence[str]
) -> list[str]:
    """What to type next: what the first failure printed, or else all of it, how to go on from there, a page
    about all of it."""
    told: Mapping[str, Mapping[str, Any]] = run.get("nodes", {})
    bad = [address for address in failed(counted) if not forgiven(address, told)]
    if not bad and run.get("status") != "cancelled":
        return []
    import shlex

    lines = []
    if bad:
        entry = counted[bad[0]]
        lines.append(shlex.join(["runner", "logs" if _printed(entry) else "show", name, str(entry.get("label"))]))
    if again:
        lines.append(shlex.join(["runner", *again]))
    if bad:
        lines.append(shlex.join(["runner", "report", name]))
    return ["", *(f"{'next:' if n == 0 else '     '} {line}" for n, line in enumerate(lines))] if lines else []


def _printed(entry: Mapping[str, Any]) -> bool:
    """Whether the last attempt has a log to read; one that does not say may have."""
    attempts = list(entry.get("attempts") or ())
    return bool(attempts) and (attempts[-1].get("log") or {}).get("bytes") != 0
