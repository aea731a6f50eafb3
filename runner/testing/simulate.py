"""Small plans without values, and a driver without processes: what the machine is tested with.

A plan is written as nested tables, name -> step. Keys of a step: `needs`, `after`, `when` (asked of the world), one of
`steps`, `cases` (with `default`), nothing (a task, with `retry`, `resources`); `each`, `loop` around it; `handler` (a
step, with `recover`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Any, NamedTuple, Protocol

from runner.run.events import Address, Event
from runner.run.instructions import Decide, Expand, Start, Stop, Wake
from runner.run.machine import Machine

Table = dict[str, Any]
Steps = Mapping[str, Mapping[str, Any]]


class World(Protocol):
    """What comes of attempts and decisions: a function of the address alone, so that any order gives the same."""

    def end(self, address: Address, n: int) -> Table: ...
    def decide(self, what: str, address: Address) -> Any: ...


# What happened, to which instance, a number, when, in which machine.
Watch = Callable[[str, Address | None, int, float, Machine], None]


def plan_of(steps: Steps, last: Steps | None = None) -> Table:
    """The plan; ids are paths."""
    nodes: Table = {}
    top = _graph(nodes, steps, None, "", 0)
    final = [_node(nodes, f"{name}!finally", step, None, "!finally", 0) for name, step in (last or {}).items()]
    return {"v": 1, "name": "p", "params": {}, "steps": top, "finally": final, "nodes": nodes}


def _graph(nodes: Table, steps: Steps, parent: str | None, after: str, depth: int) -> list[str]:
    start = f"{parent}." if parent else ""
    return [_node(nodes, f"{start}{name}", step, parent, after, depth) for name, step in steps.items()]


def _node(nodes: Table, path: str, step: Mapping[str, Any], parent: str | None, tail: str, depth: int) -> str:
    start = f"{parent}." if parent else ""
    node: Table = {"id": path, "path": path, "parent": parent, "depth": depth}
    nodes[path] = node
    for key in ("needs", "after"):
        node[key] = [f"{start}{name}{tail}" for name in step.get(key, ())]
    if "when" in step:
        node["when"] = step["when"]
    inner = depth + ("each" in step) + ("loop" in step)
    do = {"returns": [], "inputs": [], "outputs": [], "resources": step.get("resources", {})}
    part: Table = {"type": "task", "retry": step.get("retry", {}), "do": do}
    if "steps" in step:
        part = {"type": "graph", "steps": _graph(nodes, step["steps"], path, "", inner), "returns": {}}
    elif "cases" in step:
        cases = [
            [name, id] for name, id in zip(step["cases"], _graph(nodes, step["cases"], path, "", inner), strict=True)
        ]
        default = _node(nodes, f"{path}.default", step["default"], path, "", inner) if "default" in step else None
        part = {"type": "choice", "subject": ["param", "x"], "cases": cases, "default": default, "returns": []}
    if "steps" in part and "max_parallel" in step:
        part["max_parallel"] = step["max_parallel"]
    if "loop" in step:
        part = {"type": "loop", "delay": 0, "exhausted": "fail", "until": ["param", "x"], **step["loop"],
                "body": {**part, "depth": inner}}  # fmt: skip
        inner -= 1
    if "each" in step:
        part = {"type": "map", "tolerate": 0, **step["each"], "body": {**part, "depth": inner}}
        if step["each"].get("reduce"):
            part["reduce"] = {"node": f"{path}!reduce", "names": []}
            _node(nodes, f"{path}!reduce", {}, parent, "", depth)
        if "max_parallel" in step:
            part["max_parallel"] = step["max_parallel"]
    node.update({key: value for key, value in part.items() if key != "depth"})
    if "handler" in step:
        node["handler"] = {"node": f"{path}!on-failure", "recover": step.get("recover", False)}
        _node(nodes, f"{path}!on-failure", step["handler"], parent, "", depth)
    return path


class Simulated(NamedTuple):
    """What a simulated run left. starts: attempts in the order in which they began; ends: each of them by number."""

    machine: Machine
    records: Table
    starts: list[tuple[Address, int]]
    ends: dict[tuple[Address, int], Table]
    peak: int
    events: list[Event]
    instructions: int


def simulate(
    plan: Table,
    world: World,
    *,
    limit: int = 4,
    random: Random | None = None,
    cancel: Mapping[int, bool] | None = None,
    why: str = "cancelled",
    watch: Watch | None = None,
    **options: Any,
) -> Simulated:
    """Run a plan: attempts end in a random order, and some of those that are stopped end `cancelled`.

    cancel: after that many ends, softly or hard (true). watch: told of each `start`, `stop` (1: hard) and `end` of an
    attempt, before each `cancel` (1: hard), and, when all that the machine said is done, `turn` (how many run)."""
    from runner.rules.keys import attempt_key, done_key, items_key, run_key, start_key

    machine = Machine(plan, limit=limit, **options)
    selected = options.get("selected")
    records: Table = {
        run_key("r", "run"): {"run": "r", "selected": sorted(selected) if selected else None, "params": {}}
    }
    running: dict[Address, tuple[int, str]] = {}
    starts: list[tuple[Address, int]] = []
    ends: dict[tuple[Address, int], Table] = {}
    stopped: set[Address] = set()
    events: list[Event] = []
    peak = ended = instructions = 0
    now, wake = 0.0, None
    cancel = dict(cancel or {})
    see = watch or (lambda what, address, n, now, machine: None)
    while not machine.done:
        for count in [count for count in cancel if count <= ended]:
            hard = cancel.pop(count)
            see("cancel", None, int(hard), now, machine)
            machine.cancel(now, hard=hard, why=why)
        todo = machine.next(now)
        instructions += len(todo)
        for one in todo:
            if isinstance(one, Start):
                starts.append((one.address, one.n))
                name = f"{len(starts):06}"
                running[one.address] = one.n, name
                records[start_key("r", *one.address, name)] = {"n": one.n, "at": now}
                see("start", one.address, one.n, now, machine)
            elif isinstance(one, Decide):
                machine.decided(one.address, world.decide(one.what, one.address), now)
            elif isinstance(one, Expand):
                machine.expanded(one.address, count := world.decide("expand", one.address), now)
                if isinstance(count, int):
                    records[items_key("r", *one.address)] = {"count": count}
                    records[items_key("r", *one.address, "0")] = [{"i": index} for index in range(count)]
            elif isinstance(one, Wake):
                wake = one.at
            else:
                assert isinstance(one, Stop)
                assert one.address in running
                stopped.add(one.address)
                see("stop", one.address, int(one.hard), now, machine)
        events += machine.events()
        peak = max(peak, len(running))
        if any(isinstance(one, Decide | Expand) for one in todo):
            continue
        see("turn", None, len(running), now, machine)
        if running:
            address = random.choice(list(running)) if random else next(iter(running))
            n, attempt = running.pop(address)
            now += 1.0
            end = {"n": n, "attempt": attempt, "start": now, "end": now, **world.end(address, n)}
            if address in stopped and random and random.random() < 0.5:
                end.update(status="cancelled", reason="cancelled")
            ends[address, n] = end
            key = done_key if end["status"] in ("succeeded", "cached") else attempt_key
            extra = () if key is done_key else (attempt,)
            records[key("r", *address, *extra)] = end
            ended += 1
            machine.ended(address, end, now)
            see("end", address, n, now, machine)
        elif wake is not None:
            now, wake = max(now, wake), None
        else:
            assert machine.done, f"stuck: {machine.pending()[:5]}"
    events += machine.events()
    if machine.why:
        records[run_key("r", "cancel")] = {"why": machine.why, "hard": bool(cancel is not None and machine.hard)}
    records[run_key("r", "end")] = {"status": machine.status, "at": now}
    return Simulated(machine, records, starts, ends, peak, events, instructions)
