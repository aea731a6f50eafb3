"""A loop, unrolled: each round waits for the one before, and starts if that one asks for more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner_executors.argo_workflow.lifting import Lifted
from runner_executors.argo_workflow.making import Making
from runner_executors.argo_workflow.tasks import NEED, NOTHING, Call, Task, name_of, output

Table = dict[str, Any]


def loop(make: Making, id: str, part: Table, key: str, answers: Mapping[str, str]) -> Call:
    """Rounds `k1`, `k2`...; `none` fails without a pod where they came to no end that counts as one."""
    lift = Lifted()
    until = part.get("until") is not None
    start = "{{inputs.parameters.key}}." if key else ""
    tasks: list[Task] = []
    for number in range(1, part["max"] + 1):
        run = lift.call(_round(make, id, part, f"{start}{number}", number))
        behind = ((f"k{number - 1}", NEED),) if tasks else ()
        tasks.append(Task(f"k{number}", run, behind, output(f"k{number - 1}", "c0") if tasks and until else ""))
    last = tasks[-1].name
    if until:
        more, ends = output(last, "c0"), part.get("exhausted") == "succeed"
        bad = f"{more} == 'error' ? 'error' : 'false'" if ends else f"{more} == 'false' ? 'false' : 'error'"
        tasks.append(Task("none", Call(NOTHING, {}), ((last, NEED),), bad))
    elif part.get("exhausted") != "succeed":
        tasks.append(Task("none", Call(NOTHING, {}), ((last, NEED),), "error"))
    return make.dag("l", tasks, {**lift.given, "key": key})


def _round(make: Making, id: str, part: Table, key: str, number: int) -> Call:
    """One round: the task itself, if it can say whether there is more, else a DAG of what it takes."""
    from runner_executors.argo_workflow.shapes import inner

    body, until = part["body"], part.get("until") is not None
    wait = part.get("delay") and number > 1
    if body["type"] == "task" and not wait:
        if until:
            make.reports(id, "more", id)
        return inner(make, id, body, key)
    tasks: list[Task] = []
    if wait:
        pause = make.template("w", {"suspend": {"duration": f"{part['delay']:g}s"}})
        tasks.append(Task("wait", Call(pause, {})))
    own = "{{inputs.parameters.key}}"
    if body["type"] == "task" and until:
        make.reports(id, "more", id)
    lift = Lifted()
    run = lift.call(inner(make, id, body, own))
    tasks.append(Task("run", run, (("wait", NEED),) if wait else ()))
    asking = "run"
    if until and body["type"] != "task":
        decider = make.deciding(id, ["more"])
        asking = name_of(decider)
        asked = lift.call(Call(make.small(1), {"node": decider, "key": own}))
        tasks.append(Task(asking, asked, (("run", NEED),)))
    outputs = {
        "parameters": [{"name": "c0", "valueFrom": {"parameter": f"{{{{tasks.{asking}.outputs.parameters.c0}}}}"}}]
    }
    return make.dag("o", tasks, {**lift.given, "key": key}, **({"outputs": outputs} if until else {}))
