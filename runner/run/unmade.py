"""What only a run makes: values and files of steps that have yet to run, each with the reason why it is not known."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from runner.rules.bind import Key
from runner.rules.expr import ABSENT, evaluate
from runner.rules.paths import is_pattern, matches

Table = dict[str, Any]


class Later(Exception):
    """A question that only the run can answer; why: `{what, name}`."""

    def __init__(self, why: Table) -> None:
        super().__init__(why)
        self.why = why


class Facts(dict[str, Any]):
    """Facts of a run that has not begun: `id` and `name` are not known, unless it goes on from another."""

    def get(self, name: str, default: Any = None) -> Any:
        """As of a dict. Raises Later."""
        if name in ("id", "name") and name not in self:
            raise Later({"what": "run", "name": f"run.{name}"})
        return super().get(name, default)


class Params(dict[str, Any]):
    """The parameters of a pipeline, each worked out when it is asked for."""

    def __init__(self, plan: Mapping[str, Any], facts: Facts) -> None:
        super().__init__()
        self._plan, self._facts = plan, facts

    def get(self, name: str, default: Any = None) -> Any:
        """As of a dict. Raises Later, ExprError."""
        if name not in self._plan:
            return default
        if name not in self:
            value = evaluate(self._plan[name], lambda ref: self._facts.get(ref[1]) if ref[0] == "run" else ABSENT)
            self[name] = None if value is ABSENT else value
        return self[name]


class Records(dict[str, Any]):
    """Done-records by node id and key; those of instances that would run can't be read."""

    def __init__(self, known: Mapping[str, Any], path: Callable[[str], str]) -> None:
        super().__init__(known)
        self._open: dict[str, set[Key]] = {}
        self._path = path

    def open(self, id: str, key: Key) -> None:
        """Note an instance that would run."""
        self._open.setdefault(id, set()).add(key)

    def would_run(self, id: str, key: Key) -> bool:
        """Whether an instance was noted."""
        return key in self._open.get(id, ())

    def get(self, id: str, default: Any = None) -> Any:
        """As of a dict; what it gives raises Later where it would tell of what is open."""
        found = super().get(id, default)
        return _Some(found, self._open[id], {"what": "gives", "name": self._path(id)}) if id in self._open else found


class _Some(dict[Key, Table]):
    """Records of a node of which some are open."""

    def __init__(self, known: Mapping[Key, Table], open: set[Key], why: Table) -> None:
        super().__init__(known)
        self._open, self._why = open, why

    def get(self, key: Key, default: Any = None) -> Any:
        if key in self._open:
            raise Later(self._why)
        return super().get(key, default)

    def values(self) -> Any:
        raise Later(self._why)

    def __iter__(self) -> Iterator[Key]:
        raise Later(self._why)


class Unmade:
    """Files that would be written. known: hashes of what lies ready, by path."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self._known = known
        self._paths: dict[str, Table] = {}
        self._above: dict[str, Table] = {}  # folders around these
        self._patterns: dict[str, dict[str, Table]] = {}  # by the folder where they begin
        self._anywhere: Table | None = None
        self._order: list[str] = []
        self._met: dict[str, int] = {}  # patterns of readers -> how many paths they were held against

    def add(self, path: str | None, pattern: bool, why: Table) -> None:
        """Note an output; path: None where not even that is known."""
        if path is None:
            self._anywhere = self._anywhere or why
        elif pattern or is_pattern(path):
            head = path.split("*")[0].rpartition("/")[0]
            self._patterns.setdefault(head, {}).setdefault(path, why)
        else:
            path = os.path.normpath(path)
            if path not in self._paths:
                self._order.append(path)
            self._paths.setdefault(path, why)
            for folder in _around(path):
                self._above.setdefault(folder, why)

    def see(self, path: str) -> None:
        """Raises Later where a path, something around it or in it would be written."""
        path = os.path.normpath(path)
        why = self._paths.get(path) or self._above.get(path)
        for folder in _around(path):
            why = why or self._paths.get(folder)
            patterns = self._patterns.get(folder) or {}
            why = why or next((found for pattern, found in patterns.items() if matches(pattern, path)), None)
        why = why or (self._anywhere if path not in self._known else None)
        if why is not None:
            raise Later(why)

    def meet(self, pattern: str) -> None:
        """Raises Later where a path that a pattern names would be written."""
        for number in range(self._met.get(pattern, 0), len(self._order)):
            self._met[pattern] = number
            if matches(pattern, self._order[number]):
                raise Later(self._paths[self._order[number]])
        self._met[pattern] = len(self._order)
        head = pattern.split("*")[0].rpartition("/")[0]
        for folder in (head, *_around(head)) if head else ("",):
            for why in (self._patterns.get(folder) or {}).values():
                raise Later(why)


def _around(path: str) -> Iterator[str]:
    """The folders around a path, the project last."""
    while path:
        path = path.rpartition("/")[0]
        yield path
