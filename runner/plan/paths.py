"""Files between steps: named files, patterns, who reads what another writes, two writers (N20 to N25)."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

from runner.plan.compile import Compiler, Unknown
from runner.plan.order import reaches
from runner.plan.scope import View, between
from runner.plan.steps import Step
from runner.plan.walk import WRONG, wrong
from runner.resolve import patterns
from runner.resolve.layers import Keys
from runner.rules.expr import ExprError
from runner.rules.paths import is_pattern
from runner.rules.values import compact
from runner.text.diagnostics import diagnose

Entry = dict[str, Any]
WRITTEN = re.compile(r"\$\{[^}]*\}")
MOST = 2000  # items whose inputs are looked for
MARKS = ("optional", "always", "carry", "keep", "kind", "x", "y")


def declare(step: Step) -> None:
    """Read `inputs` and `outputs` of a task into one form; a named file is a parameter of its step (N25)."""
    for key, entries in (("inputs", step.reads), ("outputs", step.writes)):
        given = step.table.get(key, [])
        named = given.items() if isinstance(given, dict) else enumerate(given)
        for spot, value in named:
            entry: Entry = {"keys": (key, spot)}
            if isinstance(spot, str) and not spot.startswith("/"):
                entry["name"] = spot
            if isinstance(value, dict):
                entry["raw"] = value["path"]
                entry["keys"] = (key, spot, "path")
                entry.update({mark: value[mark] for mark in MARKS if mark in value})
            else:
                entry["raw"] = value
            if key == "outputs":
                entry.setdefault("kind", "file")
            entries.append(entry)
            if "name" in entry:
                step.files[entry["name"]] = entry


class Paths:
    """Compiles every path of the tree once, then joins readers and writers."""

    def __init__(self, compiler: Compiler) -> None:
        self.compiler = compiler
        self.tasks = [step for step in compiler.tree.steps if step.task]
        self._ids = {step.id: step for step in self.tasks}
        for step in self.tasks:
            for entry in step.reads + step.writes:
                entry["path"] = compiler.value(step, entry["keys"], entry["raw"], View(hidden=entry.get("name", "")))
        for step in self.tasks:
            for entry in step.reads + step.writes:
                broken = entry["path"] == WRONG and not isinstance(entry["raw"], list)
                entry["pattern"] = (
                    WRITTEN.sub("*", str(entry["raw"])) if broken else self.pattern_of(step, entry["path"])
                )
                entry["glob"] = is_pattern(WRITTEN.sub("x", str(entry["raw"])))  # a value brings no wildcard
                self._inside(step, entry)
        self.writers = [(step, entry) for step in self.tasks for entry in step.writes]
        self.index = patterns.Index()
        for number, (_, entry) in enumerate(self.writers):
            if not _unknown_start(entry["pattern"]):
                self.index.add(entry["pattern"], number)

    def writers_of(self, pattern: str) -> list[Step]:
        """The steps that may write a path that the pattern names; none where its first part is unknown (N21)."""
        if _unknown_start(pattern):
            return []
        return list(dict.fromkeys(self.writers[number][0] for number in self.index.meeting(pattern)))

    def pattern_of(self, step: Step, expr: Any, depth: int = 0) -> str:
        """A path with all that is known filled in and `*` for the rest (N21)."""
        if isinstance(expr, str):
            return expr
        if not isinstance(expr, list):
            return str(expr)
        if expr[0] == "text":
            return "".join(self.pattern_of(step, item, depth) for item in expr[1])
        if expr[0] == "own" and expr[1] in step.files and depth < 20:
            return self.pattern_of(step, step.files[expr[1]]["path"], depth + 1)
        if expr[0] == "path" and depth < 20:
            giver = self._ids.get(expr[1])
            if giver is not None and expr[3] in giver.files:
                return self.pattern_of(giver, giver.files[expr[3]]["path"], depth + 1)
        try:
            value = self.compiler.known(expr)
        except (Unknown, ExprError):
            return "*"
        return patterns.escape(value) if isinstance(value, str) else "*"

    def _inside(self, step: Step, entry: Entry) -> None:
        if self.outside(step, entry["keys"], str(entry["raw"]), entry["path"], entry["pattern"]):
            entry["bad"] = True

    def outside(self, step: Step, keys: Keys, raw: str, path: Any, pattern: str) -> bool:
        """Whether a path is no path of the project (N20, N46), which is said then."""
        short = patterns.inside(pattern)
        hint = None
        if short is None:
            root = not pattern.startswith("/") and not any(part not in ("", ".") for part in pattern.split("/"))
            code = "E312" if "\0" in pattern or "\n" in pattern else "E318" if root else "E311"
        elif pattern.startswith("~/"):
            code, hint = "E311", "`~` is not filled in: paths are relative to the project's root and stay below it"
        elif short.split("/")[0] == ".runner" and keys[0] == "outputs":
            code = "E313"
        else:
            return False
        if wrong(path):
            return False
        shown = patterns.unescape(pattern)
        said = "" if shown == raw else f" (written `{raw}`)"
        self.compiler.problems.append(diagnose(code, step.place(keys), path=shown, said=said, hint=hint))
        return True

    def join(self) -> None:
        """Infer edges from files; inputs that nobody makes, outputs that two may write are problems."""
        for step in self.tasks:
            for entry in step.reads:
                entry["writers"] = []
                found: dict[str, None] = {}
                for one in self._each(entry):
                    met = self.writers_of(one["pattern"])
                    found |= dict.fromkeys(writer.id for writer in met if writer is not step)
                    for writer in met:
                        if writer is not step and between(step, writer) is not None:
                            self.compiler.link(step, writer, entry["keys"], False)
                    if not _unknown_start(one["pattern"]):
                        self._project(step, one, bool(met))
                    if one is not entry and "project" in one:
                        entry["project"] = [*entry.get("project", ()), *one["project"]]
                entry["writers"] = list(found)

    def _each(self, entry: Entry) -> list[Entry]:
        """An input as it is written; where values fill it in that the plan knows, each path that they come to."""
        if isinstance(entry["path"], str) or wrong(entry["path"]):
            return [entry]
        try:
            paths = self.compiler.known(entry["path"])
        except (Unknown, ExprError):
            return [entry]
        each = paths if isinstance(paths, list) else [paths]
        if any(not isinstance(one, str) for one in each) or (entry["glob"] and each == [paths]):
            return [entry]
        known = [{**entry, "path": one, "raw": one, "pattern": patterns.escape(one)} for one in each]
        return [{**one, "glob": one["raw"].endswith("/")} for one in known]

    def two_writers(self, index_of: dict[str, dict[str, int]]) -> None:
        """N22: who can write one path must be ordered, or be cases of one `choose`; items must not share one.

        index_of: topological order of the siblings of each graph, by the graph's name.
        """
        groups: dict[str, list[int]] = {}
        for number, (step, entry) in enumerate(self.writers):
            if self._per_item(step, entry):
                self._items_apart(step, entry)
            if not _unknown_start(entry["pattern"]) and not entry.get("bad"):
                groups.setdefault(patterns.inside(entry["pattern"]) or "", []).append(number)
        order = {number: self._order(self.writers[number][0], index_of) for some in groups.values() for number in some}
        said: set[tuple[int, int]] = set()
        for pattern, numbers in groups.items():
            others: dict[str, None] = {}
            for number in self.index.meeting(pattern):
                if number in order:
                    others[patterns.inside(self.writers[number][1]["pattern"]) or ""] = None
            for other in others:
                if other < pattern and other in groups:
                    continue  # asked when it was its turn, or will be
                both = numbers if other == pattern else numbers + groups[other]
                # all are ordered when each is ordered after the one before
                both = sorted(both, key=lambda number: (order[number], number))
                for one, two in pairwise(both):
                    if (one, two) not in said and not self._apart(self.writers[one][0], self.writers[two][0], index_of):
                        said.add((one, two))
                        self._two(*sorted((one, two)))

    def _two(self, one: int, two: int) -> None:
        """Two writers of one path; the later one of the file is shown."""
        (first, before), (second, entry) = self.writers[one], self.writers[two]
        place, there = first.place(before["keys"]), second.place(entry["keys"])
        related = [(place, f"`{first.path}` writes it here")] if place and place != there else []
        if first.home is not second.home:  # one file, perhaps, that is used twice
            users = [(step.path, step.home.user) for step in (second, first) if step.home.user is not None]
            spots = [(user.place(("uses",)), f"`{path}` comes of this") for path, user in users]
            related += [(spot, words) for spot, words in spots if spot is not None]
        code = "E317" if first is second else "E310"
        pair = between(second, first)
        path = str(entry["raw"]) if first.home is second.home else patterns.unescape(entry["pattern"])
        hint = f'order them: `needs = ["{pair[1].name}"]` in `{pair[0].path}`' if pair else None
        self.compiler.problems.append(
            diagnose(
                code,
                there,
                hint=hint,
                related=related,
                path=path,
                one=first.path,
                two=second.path,
            )
        )

    def _order(self, step: Step, index_of: dict[str, dict[str, int]]) -> tuple[int, ...]:
        """Where a step stands when all steps are put in topological order, group by group."""
        out: list[int] = []
        current: Step | None = step
        while current is not None:
            current = current.guarded or current
            out.append(index_of.get(f"{current.graph.role} {current.graph.name}", {}).get(current.name, 0))
            current = current.graph.owner
        return tuple(reversed(out))

    def _apart(self, one: Step, two: Step, index_of: dict[str, dict[str, int]]) -> bool:
        """Whether two steps are ordered, or can't both run."""
        pair = between(two, one)
        if self._unsure(one) or self._unsure(two):
            return True
        if pair is None:
            return one.guarded is not None or two.guarded is not None or "finally" in (one.graph.role, two.graph.role)
        second, first = pair
        graph = second.graph
        if graph.role == "cases":
            return True
        order = index_of.get(f"{graph.role} {graph.name}", {})
        if first.name not in order or second.name not in order:
            return True  # part of a circle, or behind one
        if order.get(first.name, 0) > order.get(second.name, 0):
            first, second = second, first
        return reaches(first, second, order)

    def _unsure(self, step: Step) -> bool:
        """Whether a step or one around it names something unknown: an edge of it may be missing, which was said."""
        current: Step | None = step
        while current is not None:
            if current.id in self.compiler.tree.unsure:
                return True
            current = current.guarded or current.graph.owner
        return False

    def _per_item(self, step: Step, entry: Entry) -> bool:
        """The path of an output of a for-each names all for-each names (N22); whether there are such names."""
        found: set[str] = set()
        pending: list[Any] = [entry["path"]]
        while pending:
            expr = pending.pop()
            if isinstance(expr, list):
                if expr and expr[0] in ("item", "round"):
                    found.add(f"{expr[1]} {expr[3]}")
                pending += [] if expr[:1] == ["lit"] else expr
            elif isinstance(expr, dict):
                pending += expr.values()
        if entry["path"] != entry["raw"] and ("own" in str(entry["path"]) or wrong(entry["path"])):
            return False
        current: Step | None = step
        while current is not None:
            missing = [name for name in current.each if f"{current.id} {name}" not in found]
            if missing and not entry.get("carry"):
                self.compiler.problems.append(
                    diagnose(
                        "E315",
                        step.place(entry["keys"]),
                        path=str(entry["raw"]),
                        names=" and ".join(f"`${{{name}}}`" for name in missing),
                    )
                )
                return False
            current = current.guarded or current.graph.owner
        return bool(found)

    def _items_apart(self, step: Step, entry: Entry) -> None:
        """Items that are known now write paths of their own (N46)."""
        seen: dict[str, dict[tuple[str, str], Any]] = {}
        for item in self._items(step):
            try:
                path = self.compiler.known(entry["path"], item)
            except (Unknown, ExprError):
                return
            short = patterns.inside(str(path))
            if short is not None and short in seen:
                one, two = (", ".join(f"{n} = {compact(v)}" for (_, n), v in i.items()) for i in (seen[short], item))
                place = step.place(entry["keys"])
                self.compiler.problems.append(diagnose("E323", place, path=short, one=one, two=two))
                return
            seen[short or str(path)] = item

    def _project(self, step: Step, entry: Entry, made: bool) -> None:
        """N24: an input that no step writes is a project file and must be there now."""
        sources, pattern = self.compiler.sources, entry["pattern"]
        if entry.get("optional") or entry.get("bad") or patterns.inside(pattern) is None or wrong(entry["path"]):
            return
        if "*" in pattern or pattern.endswith("/"):
            if entry["glob"] and entry["path"] == entry["raw"]:
                astray: list[str] = []
                entry["project"] = [] if made else patterns.expand(sources.root, pattern, sources, astray)
                if astray:
                    place = step.place(entry["keys"])
                    self.compiler.problems.append(diagnose("E322", place, path=patterns.unescape(astray[0])))
                elif not made and not entry["project"]:
                    self._nothing(step, entry)
            elif not made and not entry["glob"]:
                self._per_item_there(step, entry)
            elif not made and "**" not in pattern and not patterns.expand(sources.root, pattern, sources):
                self._nothing(step, entry)
            return
        if made or sources.exists(sources.root / patterns.unescape(pattern)):
            return
        known = [str(other["raw"]) for task in self.tasks for other in task.writes] if len(self.tasks) < 2000 else []
        folder = pattern.rpartition("/")[0]
        if sources.isdir(sources.root / folder):
            known += [f"{folder}/{name}" if folder else name for name in sources.listdir(sources.root / folder)]
        self.compiler.tree.unsure.add(step.id)
        close = self.compiler.tree.guess(pattern, known).get("near")
        hint = (
            f"did you mean `{close}`?"
            if close
            else "put it there, or name it in the `outputs` of the step that makes it"
        )
        path = patterns.unescape(pattern)
        self.compiler.problems.append(diagnose("E314", step.place(entry["keys"]), path=path, hint=hint))

    def _per_item_there(self, step: Step, entry: Entry) -> None:
        """The input of every item that is known now must be there now (N24)."""
        sources = self.compiler.sources
        for item in self._items(step):
            try:
                path = self.compiler.known(entry["path"], item)
            except (Unknown, ExprError):
                return
            if isinstance(path, str) and not is_pattern(path) and not sources.exists(sources.root / path):
                said = ", ".join(f"{name} = {compact(value)}" for (_, name), value in item.items())
                place = step.place(entry["keys"])
                self.compiler.problems.append(diagnose("E329", place, path=path, item=said))
                return

    def _items(self, step: Step) -> list[dict[tuple[str, str], Any]]:
        """Items of a step and the maps around it, all combinations, where the plan knows them all; else one empty."""
        found: list[dict[tuple[str, str], Any]] = [{}]
        current: Step | None = step
        while current is not None:
            for name, said in current.each.items():
                expr = self.compiler.value(current, ("for-each", name), said, View(items=False, files=False))
                try:
                    values = self.compiler.known(expr) if isinstance(said, str | list) else None
                except (Unknown, ExprError):
                    values = None
                if not isinstance(values, list) or len(values) * len(found) > MOST:
                    return [{}]
                found = [{**item, (current.id, name): value} for item in found for value in values]
            current = current.guarded or current.graph.owner
        return found

    def _nothing(self, step: Step, entry: Entry) -> None:
        """A pattern that matches neither files nor outputs."""
        path = str(entry["raw"])
        write = f'{{ path = "{path}", optional = true }}'
        self.compiler.problems.append(diagnose("E316", step.place(entry["keys"]), path=path, write=write))


def _unknown_start(pattern: str) -> bool:
    """A path whose first part is unknown infers nothing (N21)."""
    return ("*" in pattern.split("/")[0] and "/" in pattern and not pattern.startswith("**/")) or pattern == "*"
