"""Why a step did not run, from the folded Run and the plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.views.expressions import written
from runner.views.words import detail, why, why_still

Nodes = Mapping[str, Mapping[str, Any]]
BAD, SKIP = ("failed", "errored", "cancelled", "blocked"), ("skipped",)


class Reasons:
    """Answers for one run; what was found once is remembered, so that a chain of 10,000 blocked steps stays linear."""

    def __init__(
        self, run: Mapping[str, Any], nodes: Nodes, names: Mapping[str, str] | None = None, live: bool = False
    ) -> None:
        """names: of runs by id; live: what waits may still run."""
        self.live = live
        self.told: Mapping[str, Mapping[str, Any]] = run.get("nodes", {})
        self.nodes, self.names = nodes, names or {}
        self._roots: dict[str, list[str]] = {}

    def why(self, address: str) -> str:
        """The reason of a skipped, blocked or cancelled address (`"<id> <key>"`) in words; empty when none is known."""
        entry = self.told[address]
        status = entry.get("status")
        if status == "blocked":
            roots = self.roots(address)
            return "needs " + ", ".join(roots) if roots else self._said(entry) or "needs a step that failed"
        if status == "skipped":
            return self._skipped(address, entry)
        if status == "cancelled":
            return why_still(entry) if entry.get("reason") else "the run was ended before"
        if status == "waiting" or status is None:
            return "" if self.live else "the run ended before"
        return self._said(entry)

    def told_of(self, address: str, between: str = "  ") -> str:
        """What there is to say of the end of an address beside its status, whatever that is. between: its parts."""
        entry = self.told[address]
        attempts = list(entry.get("attempts") or ())
        if entry.get("status") in ("succeeded", "cached") and not entry.get("error"):
            return self.kept(attempts[-1]) if attempts else ""
        if entry.get("status") in ("failed", "errored", "cancelled") and attempts:
            end = {**attempts[-1], "status": entry["status"]}
            return between.join(text for text in (why(end), detail(end)) if text)
        return between.join(text for text in (self.why(address), detail(entry)) if text)

    def kept(self, attempt: Mapping[str, Any]) -> str:
        """Which other run has done what this one kept; empty where it did it itself."""
        origin = (attempt.get("adopted") or {}).get("run")
        return f"done by {self.names.get(origin, origin)}" if origin else ""

    def _skipped(self, address: str, entry: Mapping[str, Any]) -> str:
        needs = self._needs(address, SKIP)
        if needs:
            return "needs " + ", ".join(str(self.told[need]["label"]) for need in needs) + ", which was skipped"
        node = self.nodes.get(address.split(" ")[0], {})
        said = self._said(entry)
        if "when" in node and entry.get("reason") in (None, "", "when"):
            return f"`when` was false: {written(node['when'], self.nodes)}"
        return said or "not chosen"

    def roots(self, address: str) -> list[str]:
        """The labels of the failed steps behind a blocked one: the ends of its chains of needs."""
        stack = [address]
        while stack:
            at = stack[-1]
            if at in self._roots:
                stack.pop()
                continue
            causes = self._needs(at, BAD)
            blocked = [cause for cause in causes if self.told[cause].get("status") == "blocked"]
            missing = [cause for cause in blocked if cause not in self._roots]
            if missing:
                stack.extend(missing)
                continue
            found: dict[str, None] = {}
            for cause in causes:
                names = self._roots[cause] if cause in self._roots else [str(self.told[cause]["label"])]
                found.update(dict.fromkeys(names))
                if len(found) > 3:
                    break
            self._roots[at] = list(found)[:3]
            stack.pop()
        return self._roots[address]

    def _needs(self, address: str, statuses: tuple[str, ...]) -> list[str]:
        """The needs of an address that ended in these statuses; where none did, those of the group around it."""
        id, _, key = address.partition(" ")
        seen = 0
        at: str | None = id
        while at is not None and at in self.nodes and seen < 100:
            node = self.nodes[at]
            depth = int(node.get("depth", 0))
            prefix = ".".join(key.split(".")[:depth]) if depth else "-"
            found = []
            for need in node.get("needs", ()):
                entry = self.told.get(f"{need} {prefix}")
                handled = entry is not None and entry.get("class") in ("ok", "skip") and statuses is BAD
                if entry is not None and entry.get("status") in statuses and not handled:
                    found.append(f"{need} {prefix}")
            if found:
                return found
            at = node.get("parent")
            seen += 1
        return []

    def _said(self, entry: Mapping[str, Any]) -> str:
        return why(entry) if entry.get("reason") else ""
