"""What Argo's controller does with a Workflow of ours, its pods as processes of this machine.

Phases are worked out as its DAGs do: a task starts when all that it names have ended, the phase of a DAG is that of its
leaves, a leaf that did not run takes over the phase of what it waited for, and a failure on any way wins."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from runner.testing.argo.expressions import evaluate, filled, holds

Table = dict[str, Any]
SUCCEEDED, FAILED, ERROR, SKIPPED, OMITTED = "Succeeded", "Failed", "Error", "Skipped", "Omitted"
RESULT = {FAILED: "Failed", ERROR: "Errored"}
TERM = re.compile(r"([-\w]+)\.(Succeeded|Failed|Errored|Skipped|Omitted|Daemoned)")
# starts a pod: template filled in, attempt from 0 -> what gives None while it runs, then its exit code and outputs
Start = Callable[[Table, int], Callable[[], "tuple[int, dict[str, str]] | None"]]


class Node:
    """Something that runs or has run. children: what follows it, for the phase of the DAG around it."""

    def __init__(self, phase: str | None = None) -> None:
        self.phase = phase
        self.children: list[Node] = []
        self.outputs: dict[str, str] = {}

    def step(self) -> None:
        """Go on as far as it goes now."""

    def outbound(self) -> list[Node]:
        """What those that wait for it stand behind."""
        return [self]


class Pod(Node):
    """A leaf template: attempts until one is good, or final, or the last."""

    def __init__(self, world: Controller, template: Table) -> None:
        super().__init__()
        self.world, self.template = world, template
        self.n = 0
        self.poll: Callable[[], tuple[int, dict[str, str]] | None] | None = None

    def step(self) -> None:
        if self.poll is None:
            if self.world.running >= self.world.limit:
                return
            self.world.running += 1
            self.poll = self.world.start(_filled(self.template, {"retries": str(self.n)}.get), self.n)
        ended = self.poll()
        if ended is None:
            return
        self.world.running -= 1
        code, self.outputs = ended
        retry = self.template.get("retryStrategy") or {}
        if code == 0:
            self.phase = SUCCEEDED
        elif code != 78 and self.n < int(retry.get("limit", 0)):
            self.n, self.poll = self.n + 1, None
        else:
            self.phase = FAILED


class Group(Node):
    """The items of a sequence."""

    def __init__(self, items: list[Node]) -> None:
        super().__init__()
        self.items = items

    def step(self) -> None:
        for item in self.items:
            if item.phase is None:
                item.step()
        if all(item.phase is not None for item in self.items):
            bad = [item.phase for item in self.items if item.phase in RESULT]
            self.phase = bad[0] if bad else SUCCEEDED

    def outbound(self) -> list[Node]:
        return [node for item in self.items for node in item.outbound()]


class Dag(Node):
    """A DAG template."""

    def __init__(self, world: Controller, template: Table, inputs: Mapping[str, str]) -> None:
        super().__init__()
        self.world, self.template, self.inputs = world, template, inputs
        self.tasks: dict[str, Table] = {task["name"]: task for task in template["dag"]["tasks"]}
        self.nodes: dict[str, Node] = {}

    def step(self) -> None:
        for name, task in self.tasks.items():
            if name not in self.nodes and all(self._ended(other) for other in _behind(task)):
                self._begin(name, task)
        limit = self.template.get("parallelism") or len(self.tasks) + 1
        active = [node for node in self._active() if node.phase is None]
        for node in active[:limit]:
            node.step()
        if len(self.nodes) == len(self.tasks) and all(map(self._ended, self.tasks)):
            self._assess()

    def outbound(self) -> list[Node]:
        return [node for name in self._leaves() for node in self.nodes[name].outbound()]

    def look(self, name: str) -> str | None:
        """A variable as the tasks of this DAG know it."""
        found = re.fullmatch(r"tasks\.(.+?)\.(?:outputs\.parameters\.(\w+)|(status))", name)
        if found is None:
            return self._input(name)
        node = self.nodes.get(found[1])
        if node is None:
            return None
        return node.phase if found[3] else node.outputs.get(found[2])

    def _input(self, name: str) -> str | None:
        found = re.fullmatch(r"inputs\.parameters\.(\w+)", name)
        return self.inputs.get(found[1]) if found else self.world.variables.get(name)

    def _active(self) -> Iterator[Node]:
        for node in self.nodes.values():
            yield from node.items if isinstance(node, Group) else [node]

    def _ended(self, name: str) -> bool:
        node = self.nodes.get(name)
        if node is not None and node.phase is None and isinstance(node, Group):
            node.step() if all(item.phase is not None for item in node.items) else None
        return node is not None and node.phase is not None

    def _begin(self, name: str, task: Table) -> None:
        node = self.nodes[name] = self._made(task)
        for parent in [one for other in _behind(task) for one in self.nodes[other].outbound()] or [self]:
            parent.children.append(node)

    def _made(self, task: Table) -> Node:
        if not self._depends(task):
            return Node(OMITTED)
        wanted = holds(filled(task.get("when", "true"), self.look))
        if wanted is not True:
            return Node(ERROR if wanted is None else SKIPPED)
        if "withSequence" not in task:
            return self._run(task, {})
        count = filled(task["withSequence"]["count"], self.look)
        if not count.isdigit():
            return Node(ERROR)
        items = [self._run(task, {"item": str(index)}) for index in range(int(count))]
        return Group(items) if items else Node(SKIPPED)

    def _run(self, task: Table, more: Mapping[str, str]) -> Node:
        given = {
            one["name"]: filled(one["value"], lambda name: more.get(name) or self.look(name))
            for one in task.get("arguments", {}).get("parameters", ())
        }
        return self.world.node(task["template"], given, task["name"])

    def _depends(self, task: Table) -> bool:
        text = task.get("depends", "")
        if not text:
            return True

        def one(found: re.Match[str]) -> str:
            phase = str(self.nodes[found[1]].phase)
            return str(RESULT.get(phase, phase) == found[2])

        words = TERM.sub(one, text).replace("&&", " and ").replace("||", " or ").replace("!", " not ")
        assert re.fullmatch(r"(True|False|and|or|not|[ ()])+", words), text
        return bool(eval(words))

    def _leaves(self) -> list[str]:
        waited = {other for task in self.tasks.values() for other in _behind(task)}
        return [name for name in self.tasks if name not in waited]

    def _assess(self) -> None:
        """The phase of the DAG: that of its leaves, by every way that leads to them."""
        leaves = {id(self.nodes[name]): "" for name in self._leaves()}
        pending = [(child, SUCCEEDED) for child in self.children]
        seen: set[tuple[int, str]] = set()
        while pending:
            node, phase = pending.pop(0)
            if (id(node), phase) in seen:
                continue
            seen.add((id(node), phase))
            phase = node.phase if node.phase in (SUCCEEDED, FAILED, ERROR) else phase
            if id(node) in leaves and leaves[id(node)] not in RESULT:
                leaves[id(node)] = phase
            pending += [(child, phase) for one in node.outbound() for child in one.children]
        bad = [phase for phase in leaves.values() if phase in RESULT]
        self.phase = bad[-1] if bad else SUCCEEDED
        if self.phase == SUCCEEDED:
            for one in self.template.get("outputs", {}).get("parameters", ()):
                source = one["valueFrom"]
                if "expression" in source:
                    value = evaluate(source["expression"], self.look)
                else:
                    value = filled(source["parameter"], self.look)
                self.outputs[one["name"]] = str(value)


class Controller:
    """One Workflow. start: starts a pod; variables: such as `workflow.uid`; limit: pods at once."""

    def __init__(
        self, workflow: Table, start: Start, variables: Mapping[str, str], limit: int = 4, pause: float = 0.002
    ) -> None:
        self.spec: Table = workflow["spec"]
        self.templates: dict[str, Table] = {one["name"]: one for one in self.spec["templates"]}
        given = {f"workflow.parameters.{one['name']}": one["value"] for one in self.spec["arguments"]["parameters"]}
        self.start, self.variables = start, {**given, **variables}
        self.limit, self.running = min(limit, self.spec.get("parallelism", limit)), 0
        self.pause = pause  # seconds between two looks
        self.main: Node | None = None
        self.exit: Node | None = None

    def run(self) -> str:
        """To the end; the phase of the Workflow."""
        self.main = self._whole(self.spec["entrypoint"])
        phase = str(self.main.phase)
        if "onExit" in self.spec:
            self.variables = {**self.variables, "workflow.status": phase}
            self.exit = self._whole(self.spec["onExit"])
            phase = str(self.exit.phase) if phase == SUCCEEDED else phase
        return phase

    def node(self, name: str, given: Mapping[str, str], task: str) -> Node:
        """A template called by a task."""
        template = self.templates[name]
        inputs = {one["name"]: one.get("value", "") for one in template.get("inputs", {}).get("parameters", ())}
        inputs = {key: value.replace("{{tasks.name}}", task) for key, value in (inputs | dict(given)).items()}
        if "dag" in template:
            return Dag(self, template, inputs)
        if "suspend" in template:
            return Node(SUCCEEDED)
        known = {**self.variables, **{f"inputs.parameters.{key}": value for key, value in inputs.items()}}
        return Pod(self, _filled(template, known.get))

    def _whole(self, name: str) -> Node:
        node = self.node(name, {}, name)
        while node.phase is None:
            node.step()
            time.sleep(self.pause)
        return node


def _behind(task: Table) -> list[str]:
    return list(dict.fromkeys(found[1] for found in TERM.finditer(task.get("depends", ""))))


def _filled(value: Any, look: Callable[[str], str | None]) -> Any:
    if isinstance(value, str):
        return filled(value, look)
    if isinstance(value, dict):
        return {key: _filled(item, look) for key, item in value.items()}
    return [_filled(item, look) for item in value] if isinstance(value, list) else value
