"""Steps that do not run: each ends at once, as its patch says. Nothing is written but what the run log keeps."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from runner.agent.inline import given

Table = dict[str, Any]


class Mock:
    """Traverser of nothing."""

    def __init__(
        self,
        settings: Any = None,
        catalog: Any = None,
        lines: Callable[[Any, str], None] | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.patches: Mapping[str, Table] = (settings or {}).get("steps") or {}
        self.catalog = catalog
        self._calls: list[Table] = []
        self._ended: list[tuple[int, Table]] = []

    @staticmethod
    def room() -> int:
        """How many steps at once."""
        return 1 << 16

    def stock(self) -> None:
        """None: steps take nothing."""

    def image(self, call: Table) -> None:
        """None: steps run in none."""

    def prepare(self, call: Table, secrets: Mapping[str, str]) -> int:
        """An attempt that may be started."""
        self._calls.append(call)
        return len(self._calls) - 1

    def start(self, handle: int) -> None:
        """Begin, and end."""
        self._ended.append((handle, self._end(self._calls[handle])))
        self._calls[handle] = {}

    def poll(self, timeout: float) -> list[tuple[int, Table]]:
        """What has ended; waits only where nothing has."""
        if not self._ended and timeout > 0:
            time.sleep(timeout)
        ends, self._ended = self._ended, []
        return ends

    def waits(self, timeout: float) -> tuple[list[int], float]:
        """What to wait for instead of `poll`: nothing, a mock has ended already."""
        return [], 0.0 if self._ended else timeout

    def stop(self, handle: int, why: str = "cancelled", hard: bool = False) -> None:
        """Nothing goes on that could be stopped."""

    def close(self) -> None:
        """Nothing is open."""

    def _end(self, call: Table) -> Table:
        patch = patch_of(self.patches, call["path"], call["label"])
        if call["n"] > patch.get("times", call["n"]):
            patch = {name: value for name, value in patch.items() if name not in ("status", "exit")}
        status = patch.get("status") or ("failed" if "exit" in patch else "succeeded")
        good, now = status == "succeeded", time.time()
        code = {"succeeded": 0, "failed": patch.get("exit", 1), "errored": None}[status]
        reason = {"succeeded": None, "failed": "exit", "errored": "lost"}[status]
        why = f"exit code {code}" if code is not None else "its place was lost"
        return {
            "v": 1,
            "node": call["path"],
            **{name: call[name] for name in ("id", "key", "n", "attempt")},
            "run": call["run"]["id"],
            "status": status,
            "exit": code,
            "signal": None,
            "reason": reason,
            "error": None if good else {"type": reason, "message": f"{why}, as `[executor.steps]` says"},
            "start": now,
            "end": now,
            "run_s": 0.0,
            "params_in": call["params"],
            "returns": returned(call, patch.get("returns") or {}) if good else {},
            "files": self._files(patch) if good else [],
            "definition": None,  # what was not run is nobody's to keep
            "inputs": None,
            "via": "mock",
            "log": {"bytes": 0, "truncated": False},
            "warnings": [],
        }

    def _files(self, patch: Table) -> list[Table]:
        paths = patch.get("outputs") or []
        return [{"path": path, **self.catalog.put_bytes(b"")} for path in paths]


def patch_of(patches: Mapping[str, Table], path: str, label: str) -> Table:
    """The patch of a step: by the label of the item, by its path, else the first pattern that meets it; {}: none."""
    for name in (label, path):
        if name in patches:
            return patches[name]
    return next((patch for name, patch in patches.items() if "*" in name and fnmatchcase(path, name)), {})


def returned(call: Table, patched: Mapping[str, Any]) -> Table:
    """What a step returns: as the patch says, or as a stub or built-in reducer does, else `none`."""
    found: Table = {}
    if call["kind"] in ("stub", "reduce"):
        try:
            found = given(call)
        except (TypeError, ValueError):  # of lists of `none`
            found = {}
    for entry in call["returns"]:
        name, kind = entry["name"], entry.get("kind", "json")
        if name in patched or name not in found:
            found[name] = {"kind": "json" if kind == "object" else kind, "json": patched.get(name)}
    return found
