"""One rendering of one plan: templates by content, the smallest that can be shared, and what pods must be told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from math import ceil
from typing import Any

from runner.model.units import seconds
from runner.rules.keys import digest, node_id
from runner_executors.argo_workflow.decisions import WORDS, Asked
from runner_executors.argo_workflow.forms import ticks
from runner_executors.argo_workflow.tasks import NOTHING, Call, Task, dag, inputs_of
from runner_executors.kubernetes_carry import carries
from runner_executors.kubernetes_pod import LABEL, OUT, PLAN, SECRETS, Maps, Task as PodTask, pod

Table = dict[str, Any]
BACKSTOP = 600  # seconds that the platform grants an attempt beside its own timeout: images, staging
FINAL = "lastRetry.status == 'Error' || asInt(lastRetry.exitCode) != 78"


class Making:
    """templates: name -> what it is, in order of need; wire: id -> what its pod decides for others, and its role."""

    def __init__(self, plan: Table, maps: Maps) -> None:
        self.plan, self.nodes, self.maps = plan, plan["nodes"], maps
        self.profile: Table = plan["profile"]
        self.settings: Table = self.profile["executor"]
        self.asked = Asked(plan)
        self.templates: dict[str, Table] = {NOTHING: {"suspend": {"duration": "0"}}}
        self.wire: dict[str, Table] = {}
        self.leaves: set[str] = set()
        self.last = False  # inside `onExit`
        self._known: dict[str, str] = {}  # what is asked of a pod -> its template
        self.base = pod(self.profile, PodTask("", (), {}, ()), maps)["spec"]

    def template(self, name: str, content: Table) -> str:
        """Keep a template. name: its own, or one letter where all with this content are one."""
        name = f"{name}-{digest(content)[:8]}" if len(name) == 1 else name
        self.templates.setdefault(name, content)
        return name

    def dag(self, name: str, tasks: Sequence[Task], given: Mapping[str, str] | None = None, **more: Any) -> Call:
        """A DAG template and the call of it. given: values of its inputs; those that it does not take are left out."""
        content = dag(tasks, self.leaves, **more)
        taken = {key: value for key, value in (given or {}).items() if key in inputs_of(content)}
        return Call(self.template(name, content), taken)

    def leaf(self, do: Mapping[str, Any], part: Mapping[str, Any], outs: int) -> str:
        """The template of pods with such needs. do: of a task; part: what says `retry` and `timeout`; outs: how many
        control values it reports."""
        carried = do.get("kind") if carries(self.settings, do.get("kind") or "") else None
        asked = [carried, *map(do.get, ("image", "resources", "secrets")), *map(part.get, ("retry", "timeout"))]
        mark = repr((asked, outs, self.last))
        if mark not in self._known:
            self._known[mark] = self._leaf(do, part, outs)
        return self._known[mark]

    def _leaf(self, do: Mapping[str, Any], part: Mapping[str, Any], outs: int) -> str:
        made = pod(self.profile, PodTask(do.get("image") or "", self._argv(), do.get("resources") or {},
                                         do.get("secrets") or (), do.get("kind") or ""), self.maps)  # fmt: skip
        spec = made["spec"]
        content: Table = {
            "metadata": {**made["metadata"], "labels": {**made["metadata"].get("labels", {}),
                                                        f"{LABEL}/node": "{{inputs.parameters.node}}"}},
            "inputs": {"parameters": [{"name": "node", "value": "{{tasks.name}}"}, {"name": "key", "value": "-"}]},
        }  # fmt: skip
        if outs:
            content["outputs"] = {"parameters": [_reported(number) for number in range(outs)]}
        if part.get("timeout"):
            content["activeDeadlineSeconds"] = str(ceil(part["timeout"]) + self.grace + BACKSTOP)
        content["retryStrategy"] = self._retry(part.get("retry") or {})
        for key in ("nodeSelector", "tolerations", "affinity"):
            if spec.get(key) != self.base.get(key):
                content[key] = spec[key]
        own = [volume for volume in spec["volumes"] if volume not in self.base["volumes"]]
        if own:
            content["volumes"] = own
        if spec.get("initContainers"):
            content["initContainers"] = spec["initContainers"]
        (main,) = spec["containers"]
        content["container"] = {key: value for key, value in main.items() if key != "name" and value not in ({}, [])}
        name = self.template("r", content)
        self.leaves.add(name)
        return name

    def small(self, outs: int = 0) -> str:
        """The template of pods that decide: the smallest."""
        return self.leaf({} if self.settings.get("image") else {"image": self.image}, {}, outs)

    @cached_property
    def image(self) -> str:
        """That of the first step that names one, for what is no step where the profile names none."""
        return next((str(do["image"]) for do in map(_do, self.nodes.values()) if do.get("image")), "")

    @property
    def grace(self) -> int:
        """Seconds."""
        return ceil(seconds(self.settings.get("grace") or "10s"))

    def deciding(self, id: str, whats: Sequence[str]) -> str:
        """The id of the task that answers for a node, in this order."""
        made = node_id(self.nodes[id]["path"] + WORDS[whats[0]])
        self.wire[made] = {"role": "decide", "of": id, "c": [[what, id] for what in whats]}
        return made

    def reports(self, giver: str, what: str, id: str) -> str:
        """The control value in which a step answers for a follower."""
        said = self.wire.setdefault(giver, {"c": []})["c"]
        if [what, id] not in said:
            said.append([what, id])
        return f"c{said.index([what, id])}"

    def outs(self, id: str) -> int:
        """How many control values a node reports."""
        return len(self.wire.get(id, {}).get("c", ()))

    def _argv(self) -> list[str]:
        words = {
            "plan": PLAN,
            "run": "{{workflow.uid}}",
            "node": "{{inputs.parameters.node}}",
            "key": "{{inputs.parameters.key}}",
            "attempt": "{{retries}}",
            "report": OUT,
            "secrets": SECRETS,
            "name": "{{workflow.name}}",
            "parent": "{{workflow.parameters.parent}}",
            **({"scheduled": "{{workflow.scheduledTime}}"} if ticks(self.profile) else {}),
            **({"status": "{{workflow.status}}"} if self.last else {}),
        }
        return ["execute-task", *(f"--{name}={value}" for name, value in words.items())]

    def _retry(self, retry: Mapping[str, Any]) -> Table:
        """Argo tries again whatever the agent does not call final; it counts what the place has ended as well (N54)."""
        limit = retry.get("attempts", 1) - 1 + self.settings.get("lost-attempts", 3)
        out: Table = {"limit": str(limit), "retryPolicy": "Always", "expression": FINAL}
        if retry.get("delay"):
            out["backoff"] = {"duration": f"{retry['delay']:g}s", "factor": str(int(retry.get("factor", 1)))}
            if capped(retry):
                out["backoff"]["cap"] = f"{retry['max_delay']:g}s"
        return out


def _do(part: Mapping[str, Any]) -> Mapping[str, Any]:
    while "body" in part:
        part = part["body"]
    found: Mapping[str, Any] = part.get("do", {})
    return found


def capped(retry: Mapping[str, Any]) -> bool:
    """Whether the wait before some attempt would be above `max-delay`."""
    last: float = (retry.get("delay") or 0) * (retry.get("factor") or 1) ** max(0, retry.get("attempts", 1) - 2)
    return bool(retry.get("max_delay")) and last > retry["max_delay"]


def _reported(number: int) -> Table:
    return {"name": f"c{number}", "valueFrom": {"path": f"{OUT}/c{number}", "default": "error"}}
