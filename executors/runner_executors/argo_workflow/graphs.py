"""A graph: siblings in one DAG, each with its gate, its condition and its handler."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from runner_executors.argo_workflow.chunks import graph_of
from runner_executors.argo_workflow.handlers import recovering, told
from runner_executors.argo_workflow.making import Making
from runner_executors.argo_workflow.tasks import END, FAIL, NEED, Call, Task, Term, every, name_of, output

Table = dict[str, Any]
EXPRESSION = re.compile(r"tasks\['(.+)'\]\.outputs\.parameters\.(\w+)")


def graph(make: Making, id: str, part: Table, key: str, answers: Mapping[str, str]) -> Call:
    """The DAG of a group."""
    tasks = siblings(make, part["steps"], "{{inputs.parameters.key}}" if key else "", {})
    return graph_of(make, f"g-{id}", tasks, {"key": key}, parallelism=part.get("max_parallel"))


def siblings(make: Making, ids: Sequence[str], key: str, only: Mapping[str, str]) -> list[Task]:
    """The tasks of nodes that stand side by side, in their order. only: conditions of some, beside their own."""
    inside = set(ids)
    for id in ids:
        _hand_out(make, id, inside)
    needed = {id: (name_of(id), NEED) for id in ids}
    ended = {id: (name_of(id), END) for id in ids}
    passed = {id for id in ids if _passed_over(make, id)}
    tasks: list[Task] = []
    for id in ids:
        node = make.nodes[id]
        terms: list[Term] = [needed[other] for other in node["needs"] if other in inside]
        terms += [ended[other] for other in node["after"] if other in inside]
        conditions = [only[id]] if id in only else []
        conditions += [output(name_of(other), "ok") for other in node["needs"] if other in passed] if passed else []
        tasks += placed(make, id, key, tuple(terms), conditions)
    return tasks


def placed(make: Making, id: str, key: str, terms: tuple[Term, ...], conditions: Sequence[str]) -> list[Task]:
    """The tasks of one node in a DAG: who decides, itself, its handler. terms, conditions: of its start."""
    from runner_executors.argo_workflow.shapes import call

    node, name = make.nodes[id], name_of(id)
    own = {"key": key} if key else {}
    answers, asked = _answers(make, id)
    tasks: list[Task] = []
    if asked:
        asking = make.deciding(id, asked)
        tasks.append(
            Task(name_of(asking), Call(make.small(len(asked)), {"node": asking, **own}), terms, every(conditions))
        )
        answers.update({what: output(name_of(asking), f"c{number}") for number, what in enumerate(asked)})
        terms, conditions = ((name_of(asking), NEED),), []
    when = answers.pop("when", "")
    if when and when != "true":
        conditions = [*conditions, when]
    run = call(make, id, node, key, {what: _text(answer) for what, answer in answers.items()})
    handler = node.get("handler")
    if handler and handler["recover"]:
        run = recovering(make, handler, run, key)
    tasks.append(Task(name, run, terms, every(conditions)))
    if handler and not handler["recover"]:
        tasks += placed(make, handler["node"], key, ((name, FAIL),), told(when))
    return tasks


def _answers(make: Making, id: str) -> tuple[dict[str, str], list[str]]:
    """Answers as expressions or words, and what a task of its own must be asked."""
    node = make.nodes[id]
    found: dict[str, str] = {}
    asked: list[str] = []
    for what in _whats(node):
        known = make.asked.known(id, node, what)
        giver = make.asked.giver(id, node, what) if known is None else None
        if known is not None:
            found[what] = known
        elif giver is not None and [what, id] in make.wire.get(giver, {}).get("c", ()):
            found[what] = output(name_of(giver), make.reports(giver, what, id))
        else:
            asked.append(what)
    if asked and "when" in found and found["when"] not in ("true", "false", "error"):
        asked.insert(0, "when")  # who counts must know whether there is anything to count
        del found["when"]
    return found, asked


def _hand_out(make: Making, id: str, inside: set[str]) -> None:
    """Have the steps that a node needs answer for it, before any of them is written."""
    from runner_executors.argo_workflow.decisions import MOST

    node = make.nodes[id]
    for what in _whats(node):
        if make.asked.known(id, node, what) is None:
            giver = make.asked.giver(id, node, what)
            if giver is not None and giver in inside and make.outs(giver) < MOST:
                make.reports(giver, what, id)


def _whats(node: Table) -> list[str]:
    from runner_executors.argo_workflow.shapes import ASKS

    own = ["when"] if "when" in node else []
    return [*own, ASKS[node["type"]]] if node["type"] in ASKS else own


def _passed_over(make: Making, id: str) -> bool:
    """Whether followers of a node are skipped when its handler stood in for it."""
    return (make.nodes[id].get("handler") or {}).get("recover") == "skip"


def _text(answer: str) -> str:
    """An answer as the value of an argument."""
    found = EXPRESSION.fullmatch(answer)
    return f"{{{{tasks.{found[1]}.outputs.parameters.{found[2]}}}}}" if found else answer
