"""A map: items by a sequence over their count, then what makes one value of theirs or counts the failed ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.rules.keys import node_id
from runner_executors.argo_workflow.lifting import Lifted
from runner_executors.argo_workflow.making import Making
from runner_executors.argo_workflow.tasks import DONE, END, Call, Task

Table = dict[str, Any]


def items(make: Making, id: str, part: Table, key: str, answers: Mapping[str, str]) -> Call:
    """The wrapper of a map: `i` the items, `r` what follows them."""
    from runner_executors.argo_workflow.shapes import inner

    lift = Lifted()
    item = "{{inputs.parameters.key}}.{{item}}" if key else "{{item}}"
    tasks = [Task("i", lift.call(inner(make, id, part["body"], item)), times="{{inputs.parameters.count}}")]
    tolerate, reducer = part.get("tolerate", 0), (part.get("reduce") or {}).get("node")
    if reducer or tolerate:
        do: Table = make.nodes[reducer]["do"] if reducer else {}
        reducer = reducer or node_id(make.nodes[id]["path"] + "!reduce")
        make.wire.setdefault(reducer, {"c": []}).update({"role": "reduce", "of": id})
        given = {"node": reducer, **({"key": "{{inputs.parameters.key}}"} if key else {})}
        behind = lift.call(Call(make.leaf(do, {}, make.outs(reducer)), given))
        tasks.append(Task("r", behind, (("i", END if tolerate else DONE),)))
    limit = part.get("max_parallel")
    return make.dag(
        "m", tasks, {**lift.given, "key": key, **answers}, forgiven=("i",) if tolerate else (), parallelism=limit
    )
