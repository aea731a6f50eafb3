"""The steps of a run as a page lists them: groups, maps and loops each above what is in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.rules.last import LAST, is_last
from runner.views import given, words
from runner.views.doing import runs
from runner.views.nest import Nest
from runner.views.outline import inner, tags
from runner.views.reasons import Reasons
from runner.views.report.charts import metrics, numbers, plot, series
from runner.views.report.excerpt import Excerpts
from runner.views.report.files import Files
from runner.views.report.seen import Seen
from runner.views.waiting import Waiting

Table = dict[str, Any]
TEXT = 4000  # characters of a value, a script, a traceback
INPUTS = 100  # files that a step was given, by name: all items of a large map may be given all files
SEPARATE = " · "  # a page makes one blank of two
READ = 4 << 20  # bytes of a file of numbers


class Rows:
    """Makes the rows. `table`: in tree order; `nodes`: what the pipeline says of each, once."""

    def __init__(self, seen: Seen, nest: Nest, waiting: Waiting, files: Files) -> None:
        self.seen, self.nest, self.waiting, self.files = seen, nest, waiting, files
        self.told, self.plan = seen.run["nodes"], seen.plan["nodes"]
        self.reasons = Reasons(seen.run, self.plan, seen.names, seen.state in ("running", "detached"))
        self.order = list(nest.below())
        self.places = {address: place for place, address in enumerate(self.order)}
        ids = dict.fromkeys(address.partition(" ")[0] for address in self.order)
        self.nodes = [self._node(id) for id in ids]
        self._ids = {id: place for place, id in enumerate(ids)}
        self.logs = self._logs()
        self.table = [self._row(address) for address in self.order]

    def _node(self, id: str) -> Table:
        node, part = self.plan[id], inner(self.plan[id])
        do = part.get("do") or {}
        found = {
            "kind": str(do.get("kind") or part.get("type")),
            "runs": "\n".join(runs(do, self.plan))[:TEXT],
            "tags": tags(self.plan, id),
        }
        about = node.get("description") or part.get("description")
        return {**found, "about": str(about)} if about else found

    def _logs(self) -> dict[str, list[Table]]:
        """Excerpts by address; what went wrong is read first."""
        excerpts, found = Excerpts(), dict[str, list[Table]]()
        for address in sorted(self.order, key=lambda one: self.told[one].get("class") != "bad"):
            for attempt in reversed(self.told[address].get("attempts") or ()):
                n = int(attempt.get("n") or 1)
                text = excerpts.of(self.seen.log(address, n))
                if text is not None:
                    found.setdefault(address, []).insert(0, {"n": n, **text})
        return found

    def _row(self, address: str) -> Table:
        entry, id = self.told[address], address.partition(" ")[0]
        around, ready = self.nest.around(address), self.waiting.ready(address)
        label, kind = str(entry.get("label")), self.nest.kind(address)
        attempts = [self._attempt(one) for one in entry.get("attempts") or ()]
        kept = next((one["kept"] for one in attempts if "kept" in one), None)
        before = [self.places[one] for one in self.waiting.before(address) if one in self.places]
        found: Table = {
            "label": label,
            "name": _short(label, str(self.told[around].get("label")) if around else ""),
            "up": self.places[around] if around else -1,
            "node": self._ids[id],
            "kind": kind,
            "status": str(entry.get("status")),
            "why": self.reasons.told_of(address, SEPARATE),
            "handled": entry.get("handled"),
            "start": None if kept else self._at(entry.get("start")),
            "end": None if kept else self._at(self.waiting.end(address)),
            "ready": self._at(ready.at),
            "needs": before,
            "attempts": attempts,
            "kept": kept,
            "item": around.partition(" ")[0] == id,
            "last": is_last(self.plan[id]["path"]),
            "handler": self._handler(address),
            "params": [[name, given.value(value)[:TEXT]] for name, value in self._own(entry)],
            "returns": [[name, given.returned(value)[:TEXT]] for name, value in (entry.get("returns") or {}).items()],
            "files": self.files.made(address),
            "logs": self.logs.get(address),
            "error": str(((entry.get("error") or {}) if attempts else {}).get("traceback") or "")[-TEXT:],
        }
        if kind == "task" and attempts:
            self._results(entry, found, id, address)
        return {name: value for name, value in found.items() if value or (value == 0 and value is not False)}

    def _results(self, entry: Mapping[str, Any], found: Table, id: str, address: str) -> None:
        inputs = self.files.given(address, inner(self.plan[id]).get("do") or {})
        found["inputs"], found["more"] = inputs[:INPUTS], max(0, len(inputs) - INPUTS)
        found["cpu"] = round(sum(one.get("cpu") or 0.0 for one in found["attempts"]), 3)
        found["rss"] = max((one.get("rss") or 0 for one in found["attempts"]), default=0)
        found["metrics"], found["curves"] = metrics(entry), []
        end = (entry.get("attempts") or [{}])[-1]
        kept = (end.get("series") or {}).get("sha256")
        data = self.seen.blob(kept, READ) if kept else None
        if data:
            found["curves"] += series(data)
        for file in entry.get("files") or ():
            if file.get("kind") not in ("plot", "metrics") or self.files.table[found["files"][0]].get("private"):
                continue
            text = self.files.text(file, READ)
            if text and file["kind"] == "metrics":
                found["metrics"].update(numbers(text[0]))
            curve = plot(file, *text) if text and "x" in file and "y" in file else None
            found["curves"] += [curve] if curve else []

    def _attempt(self, attempt: Mapping[str, Any]) -> Table:
        end = attempt.get("end")
        found: Table = {
            "n": int(attempt.get("n") or 1),
            "status": str(attempt.get("status")),
            "why": SEPARATE.join(
                one for one in (words.why(attempt), words.detail(attempt), words.advice(attempt)) if one
            ),
            "cpu": round((attempt.get("user_s") or 0.0) + (attempt.get("sys_s") or 0.0), 3),
            "rss": attempt.get("max_rss"),
            "warnings": [str(text)[:TEXT] for text in attempt.get("warnings") or ()],
        }
        if attempt.get("adopted"):
            found["kept"] = self.reasons.kept(attempt)
        else:
            found["start"] = self._at(attempt.get("start", attempt.get("at")))
            found["end"] = self._at(end)
        if found["why"] == found["status"]:
            del found["why"]
        return {name: value for name, value in found.items() if value not in (None, "", [], 0)}

    def _own(self, entry: Mapping[str, Any]) -> list[tuple[str, Any]]:
        """The parameters of a step that are not those of the run: a shell step is given all of them."""
        params = self.seen.run.get("params") or {}
        found = (entry.get("params_in") or {}).items()
        return [(name, value) for name, value in found if name not in params or params[name] != value]

    def _at(self, moment: float | None) -> float | None:
        """Seconds since the run began."""
        return None if moment is None else round(max(0.0, float(moment) - self.waiting.start), 3)

    def _handler(self, address: str) -> str:
        """`reduce` or `failure` where it stands for what is done after others, as no step that anybody wrote."""
        path = str(self.plan[address.partition(" ")[0]]["path"])
        return "reduce" if path.endswith("!reduce") else "failure" if path.endswith("!on-failure") else ""


def _short(label: str, around: str) -> str:
    """What is left of a label inside of what has this one."""
    if label.endswith("!on-failure"):
        return "on failure"
    rest = label.removeprefix(around) if around else label
    rest = rest.removesuffix(LAST).lstrip(".!")
    return rest[1:-1] if rest.startswith("[") and rest.endswith("]") and "=" in rest else rest or label
