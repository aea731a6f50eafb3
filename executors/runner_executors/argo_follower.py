"""A Workflow followed: what the driver would start it waits for, and learns its end from the pods that Argo made.

The driver walks the plan beside the Workflow, by the same records and rules, so it sees, keeps and tells the run as one
of its own. Argo decides what runs; what it never starts has no end until the Workflow has one."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
from collections.abc import Callable, Mapping
from heapq import heappop, heappush
from itertools import count
from tempfile import mkdtemp
from typing import Any

from runner.model.units import seconds
from runner.rules.keys import Key, key_of, key_text
from runner.text.diagnostics import Refused, diagnose
from runner_executors.argo_printed import Printed, printed
from runner_executors.argo_remote import OVER, WORKFLOW, ArgoRemote
from runner_executors.argo_submit import submit
from runner_executors.argo_workflow.emitter import Argo as Emitter
from runner_executors.kubernetes_cluster import Cluster, Refusal
from runner_executors.kubernetes_crew import Change, Crew, Told
from runner_executors.kubernetes_end import State, end_of, state, unborn
from runner_executors.kubernetes_patience import USUAL, Patience, fail, note, reason, words
from runner_executors.kubernetes_pod import LABEL, MAIN
from runner_executors.kubernetes_preflight import preflight

Table = dict[str, Any]
NODE = "workflows.argoproj.io/node-id"  # its annotation of pods
ANSWER = 60.0  # seconds within which a pod that was given up is to end
TELLS = "workflowtaskresults"  # by which a pod says that it has ended
NEEDED = (
    ("create", "workflows", "argoproj.io"), ("list", "workflows", "argoproj.io"), ("watch", "workflows", "argoproj.io"),
    ("patch", "workflows", "argoproj.io"), ("create", "configmaps", ""), ("patch", "configmaps", ""),
    ("list", "pods", ""), ("watch", "pods", ""), ("get", "pods/log", ""),
)  # fmt: skip
Spot = tuple[str, str]  # the id of a node, and a key as text


class Waited:
    """The handle of an attempt: waited for until a pod has said how it ended."""

    def __init__(self, call: Table) -> None:
        self.call = call
        self.spot: Spot = (call["id"], call["key"])
        self.stopped: str | None = None


class Pod:
    """A pod of the Workflow. spots: the attempts that it is about, none of one that decides; batched: it is one of
    several items."""

    def __init__(self, name: str, said: Mapping[str, str], nodes: Mapping[str, Any], patience: Patience) -> None:
        self.name, self.id, self.n = name, said.get("node", "").removeprefix("n-"), int(said.get("attempt") or 0)
        self.patience = patience
        self.seen = State("waiting")
        self.given_up: tuple[str, str] | None = None  # why, by name and in words
        self.since = 0.0  # when that was
        self.taken = False  # its container has ended, and what it printed is on the way
        self.told = self.id not in nodes
        self.spots: list[Spot] = []
        self.batched = False
        if self.told:
            return
        self.key: Key = key_of(said.get("key", "-"))
        node = nodes[self.id]
        size = node.get("batch", 1) if node["type"] == "map" else 1
        self.batched = size > 1 and len(self.key) == node["depth"] + 1
        keys = [self.key]
        if self.batched:
            *outer, number = self.key
            keys = [(*outer, index) for index in range(number * size, (number + 1) * size)]
        self.spots = [(self.id, key_text(key)) for key in keys]


class Argo(Emitter):
    """Submits and follows. Raises Refused where there is no cluster."""

    follows = True
    remote = ArgoRemote

    def __init__(
        self,
        settings: Any = None,
        catalog: Any = None,
        environ: Mapping[str, str] | None = None,
        clock: Callable[[], float] = time.monotonic,
        **_: Any,
    ) -> None:
        super().__init__(settings)
        self.settings: Table = settings or {}
        self.cluster = Cluster.reached(self.settings, os.environ if environ is None else environ)
        self.lost_attempts = int(self.settings.get("lost-attempts", 3))
        self._limit = seconds(self.settings.get("start-timeout") or "15m")
        self._silence = seconds(self.settings.get("unreachable") or "10m")
        self._clock = clock
        self._nodes: Table = {}
        self._name = ""
        self._folder = mkdtemp(prefix="runner-")
        self._crew: Crew | None = None
        self._pods: dict[str, Pod] = {}  # by uid: one that is deleted before it runs is made again by its name
        self._made: set[str] = set()  # nodes of the Workflow that have had a pod
        self._unmade: dict[str, Pod] = {}  # those that have none, since the namespace lets no more in for instance
        self._waiting: dict[Spot, Waited] = {}
        self._ends: dict[Spot, list[Any]] = {}  # that nobody has waited for yet: a heap by pod and order
        self._seen: set[str] = set()  # ids of attempts that were told
        self._order = count()
        self._ended: list[tuple[Waited, Table]] = []
        self._shutdown = ""
        self._over: str | None = None  # what the Workflow said at its end, once all its pods have been heard
        self._last: Table | None = None  # the Workflow, once it has ended
        self._left = False

    @staticmethod
    def room() -> int:
        """How many steps at once: Argo has its own limits."""
        return 1 << 10

    def stock(self) -> dict[str, float] | None:
        """What steps may take in all: the cluster counts."""
        return None

    def image(self, call: Table) -> str:
        """Nobody here looks for what was done before: agents do."""
        return ""

    def place(self) -> str:
        """The cluster and the namespace. Raises Refused."""
        return self.cluster.place()

    def ready(self, plan: Table, secrets: list[str]) -> None:
        """Look for all that the run needs of the cluster. Raises Refused (exit 4)."""
        preflight(self.cluster, plan["profile"], secrets, NEEDED)
        try:
            self.cluster.list("workflow", f"{LABEL}/run=none")
        except Refusal as refusal:
            if refusal.status != 404:
                raise
            raise Refused([diagnose("E739", None, host=self.cluster.host)]) from None
        account = str(self.settings.get("service-account") or "default")
        if not all(self.cluster.may(verb, TELLS, "argoproj.io", account) for verb in ("create", "patch")):
            space = self.cluster.namespace
            raise Refused([diagnose("E748", None, what=TELLS, namespace=space, account=account)])

    def begin(self, plan: Table, text: bytes, run: Table, adopted: Any = None) -> Table:
        """Submit the Workflow; what `run.json` holds of it. Raises Refused."""
        profile = json.loads(text)["profile"]
        profile["schedule"] = {"timezone": (profile.get("schedule") or {}).get("timezone")}
        profile["executor"] = {**profile["executor"], "form": "workflow", "namespace": self.cluster.namespace}
        before = run.get("goes_on_from")
        given = {"run": before["uid"]} if before else None
        made = submit(self.cluster, self.emit({**plan, "profile": profile}, given), run)
        self._nodes, self._name = plan["nodes"], made["metadata"]["name"]
        self._crew = Crew(self.cluster)
        self._crew.watch(f"{WORKFLOW}={self._name}")
        self._crew.watch(f"{LABEL}/run={run['run']}", "workflow")
        uid = made["metadata"]["uid"]
        own = {"namespace": self.cluster.namespace, "workflow": self._name, "uid": uid}
        return {"own": own} if before else {"first": {"id": uid, "name": self._name}, "own": own}

    def prepare(self, call: Table, secrets: Mapping[str, str]) -> Waited:
        """An attempt that may be waited for."""
        return Waited(call)

    def start(self, waited: Waited) -> None:
        """Wait for the end of the next attempt at this place; it may have come already."""
        self._waiting[waited.spot] = waited
        for pod in self._pods.values():
            if waited.spot in pod.spots and not pod.taken:
                self._note(pod)
        self._match(waited)

    def poll(self, timeout: float) -> list[tuple[Waited, Table]]:
        """Wait for ends, at most `timeout` seconds. Raises Refused (E736) where the cluster is silent for too long."""
        assert self._crew is not None
        for told in self._crew.told(0.0 if self._ended else timeout):
            self._hear(told)
        for pod in self._pods.values():
            self._mind(pod)
        for id, pod in self._unmade.items():
            if id not in self._made:
                self._mind(pod)
        silent = self._crew.silent
        if silent is not None and self._clock() - silent > self._silence:
            self._left = True
            raise Refused([diagnose("E736", None, time=self.settings.get("unreachable") or "10m", why=self._crew.why)])
        if self._over is not None:
            for waited in list(self._waiting.values()):
                self._finish(waited, self._unstarted(waited))
        ends, self._ended = self._ended, []
        return ends

    def stop(self, waited: Waited, why: str = "cancelled", hard: bool = False) -> None:
        """Expect the end of an attempt: `halt` brings it about. One that has no pod gets none any more."""
        waited.stopped = waited.stopped or why
        if not any(waited.spot in pod.spots and not pod.told for pod in self._pods.values()):
            self._finish(waited, end_of(waited.call, State("waiting"), None, waited.stopped))

    def halt(self, hard: bool) -> None:
        """End the Workflow: what runs is stopped, then `[finally]` runs; hard: at once, without it."""
        assert self._crew is not None
        how = "Terminate" if hard else "Stop"
        if self._shutdown not in (how, "Terminate"):
            self._shutdown, part = how, {"spec": {"shutdown": how}}
            self._crew.call(_IGNORED, lambda: self.cluster.patch("workflow", self._name, part))

    def close(self) -> None:
        """End what is still waited for, and a Workflow some of whose pods could not start: its last one may not either,
        and then nobody sees it. A cluster that is silent is left to itself."""
        if self._crew is not None:
            pods = (*self._pods.values(), *self._unmade.values())
            stuck = self._last is None and any(pod.given_up for pod in pods)
            if (self._waiting or stuck) and not self._left:
                self.halt(hard=True)
            self._crew.close(wait=not self._left)
            self._crew = None
        self.cluster.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _hear(self, told: Told) -> None:
        if told.about is None:
            self._changed(told.value)
        elif told.about == "workflow":
            self._progressed(told.value)
        elif told.about == "pods" and told.value is not None:
            self._changed(Change("LISTED", told.value["items"]))
            self._settle()
        elif isinstance(told.about, Pod):
            self._learn(told.about, told.value)

    def _progressed(self, change: Change) -> None:
        """The Workflow has changed. At its end all pods are asked for: their watch may be late."""
        assert self._crew is not None
        for one in change.objects:
            self._look((one.get("status") or {}).get("nodes") or {})
            phase = (one.get("status") or {}).get("phase")
            if self._last is None and (phase in OVER or change.what == "DELETED"):
                gone = {"status": {"message": "somebody has deleted it"}}
                self._last = one if phase in OVER else gone
                self._crew.call("pods", lambda: self.cluster.list("pod", f"{WORKFLOW}={self._name}"))
        if change.what == "LISTED" and not change.objects and self._last is None:
            self._last = {"status": {"message": "somebody has deleted it"}}
            self._settle()

    def _look(self, nodes: Mapping[str, Any]) -> None:
        """Nodes of the Workflow that wait for a pod, and why."""
        waiting = {id: one for id, one in nodes.items() if one.get("type") == "Pod" and one.get("phase") == "Pending"}
        for id, one in waiting.items():
            if id not in self._made and one.get("message", "").partition(":")[0] not in ("", *USUAL):
                said = {
                    entry["name"]: entry.get("value") for entry in (one.get("inputs") or {}).get("parameters") or ()
                }
                pod = self._unmade.setdefault(id, Pod("", said, self._nodes, Patience(self._clock(), self._limit)))
                pod.seen = State("waiting", "", one["message"])
                self._note(pod)
        left = {id: pod for id, pod in self._unmade.items() if id in waiting or pod.given_up}
        self._unmade = {id: pod for id, pod in left.items() if id not in self._made}

    def _changed(self, change: Change) -> None:
        for one in change.objects:
            self._made.add((one["metadata"].get("annotations") or {}).get(NODE, ""))
            name, uid = one["metadata"]["name"], one["metadata"]["uid"]
            if uid not in self._pods:
                self._pods[uid] = Pod(name, _words(one), self._nodes, Patience(self._clock(), self._limit))
            pod = self._pods[uid]
            if pod.taken:
                continue
            pod.seen = state(one)
            if pod.seen.phase == "ended":
                self._take(pod)
            elif change.what == "DELETED" and pod.seen.phase == "waiting":
                del self._pods[uid]  # it has never run: Argo makes it again, or has no more use for it
                self._settle()
            elif change.what == "DELETED":
                self._take(pod)
            else:
                self._note(pod)
        if change.what == "LISTED":
            there = {one["metadata"]["uid"] for one in change.objects}
            for uid, pod in self._pods.items():
                if uid not in there and not pod.taken:
                    self._take(pod)

    def _note(self, pod: Pod) -> None:
        """Put down what it waits for where people look."""
        for spot in pod.spots if pod.seen.phase == "waiting" else ():
            if spot in self._waiting:
                pod.patience.note(pod.seen, self._waiting[spot].call["log"])

    def _mind(self, pod: Pod) -> None:
        """Have a pod that can't start fail, for Argo to go on; one that is deleted it would make again."""
        assert self._crew is not None
        now = self._clock()
        if pod.seen.phase != "waiting" or not pod.patience.over(pod.seen, now):
            return
        if pod.given_up is None:
            why = words(pod.seen) or "nobody says why it does not start"
            pod.given_up, pod.since = (reason(pod.seen), why), now
            if not pod.name:  # nothing is there that could fail
                pod.since -= ANSWER + 1
                return
            self._crew.call(_IGNORED, lambda: fail(self.cluster, pod.name, why))
        elif now - pod.since > ANSWER and all(one.seen.phase != "running" for one in self._pods.values()):
            self.halt(hard=bool(self._shutdown))  # we may not end it, and nothing else goes on

    def _take(self, pod: Pod) -> None:
        assert self._crew is not None
        pod.taken = True
        if pod.spots:
            self._crew.call(pod, lambda: self._bring(pod))

    def _bring(self, pod: Pod) -> list[Printed]:
        """What it has printed; nothing where its node has forgotten it."""
        prefix = os.path.join(self._folder, pod.name)
        try:
            return printed(self.cluster.log(pod.name, MAIN), pod.id, pod.batched, prefix)
        except Refusal:
            return [Printed(None, "")]

    def _learn(self, pod: Pod, found: list[Printed] | None) -> None:
        """Ends that a pod has told; an attempt that it has told nothing of is lost with it."""
        pod.told = True
        heard: set[Spot] = set()
        for one in found or ():
            if one.record is None:
                continue
            spot = (pod.id, str(one.record["key"]))
            heard.add(spot)
            if one.record["attempt"] not in self._seen:
                self._seen.add(one.record["attempt"])
                self._put(spot, pod, one)
        left = found[-1] if found else Printed(None, "")
        for spot in pod.spots:
            if spot not in heard:
                self._put(spot, pod, left)
        self._settle()

    def _put(self, spot: Spot, pod: Pod, one: Printed) -> None:
        heappush(self._ends.setdefault(spot, []), (pod.n, next(self._order), pod, one))
        if spot in self._waiting:
            self._match(self._waiting[spot])

    def _match(self, waited: Waited) -> None:
        """Give an attempt the first end that came for its place."""
        if not self._ends.get(waited.spot):
            return
        _, _, pod, one = heappop(self._ends[waited.spot])
        call, record = waited.call, one.record
        if pod.given_up is not None and record is None and waited.stopped is None:
            note(pod.given_up[1], call["log"])  # it may have been given up before anybody waited here
            self._finish(waited, unborn(call, *pod.given_up))
            return
        with contextlib.suppress(OSError):
            os.unlink(call["log"])  # it says what the pod has waited for
        if one.log and os.path.exists(one.log) and os.path.getsize(one.log):
            os.makedirs(os.path.dirname(call["log"]), exist_ok=True)
            shutil.move(one.log, call["log"])
        seen = pod.seen
        if record is None and seen.exit == 0:  # it has committed, and what it printed is gone
            seen = seen._replace(message=json.dumps({"status": "succeeded", "attempt": call["attempt"]}))
        end = end_of(call, seen, record, waited.stopped)
        self._finish(waited, {**end, "n": call["n"], "attempt": call["attempt"]})

    def _unstarted(self, waited: Waited) -> Table:
        """The end of what Argo has never started."""
        if waited.stopped is not None:
            return end_of(waited.call, State("waiting"), None, waited.stopped)
        why = f"the Workflow ended without it: {self._over}" if self._over else "the Workflow ended without it"
        given = [pod.given_up[1] for pod in self._unmade.values() if pod.given_up and waited.spot in pod.spots]
        return unborn(waited.call, "never-started", given[0] if given else why)

    def _settle(self) -> None:
        """It is over when the Workflow and what all its pods have printed are known."""
        if self._last is not None and all(pod.told for pod in self._pods.values()):
            self._over = str((self._last.get("status") or {}).get("message") or "")

    def _finish(self, waited: Waited, end: Table) -> None:
        if self._waiting.pop(waited.spot, None) is not None:
            self._ended.append((waited, end))


def _words(pod: Mapping[str, Any]) -> Table:
    """The options of the agent in a pod."""
    for one in (pod.get("spec") or {}).get("containers") or ():
        if one.get("name") == MAIN:
            return dict(
                word[2:].split("=", 1) for word in one.get("args") or () if word.startswith("--") and "=" in word
            )
    return {}


_IGNORED = object()  # about calls whose answer changes nothing
