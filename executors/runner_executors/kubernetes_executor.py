"""A Job for every attempt: made, watched, its log and its record taken, deleted (PROTOCOL 3)."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from runner.model.units import seconds
from runner.text.diagnostics import Refused, diagnose
from runner_executors.kubernetes_cluster import Cluster, Refusal, Unreachable
from runner_executors.kubernetes_crew import Change, Crew, Told
from runner_executors.kubernetes_end import State, end_of, state, take_log, unborn
from runner_executors.kubernetes_hold import EVERY, Hold
from runner_executors.kubernetes_job import job, name_of, told_too_much
from runner_executors.kubernetes_orphans import Orphans, adopted
from runner_executors.kubernetes_patience import Patience, given_up
from runner_executors.kubernetes_pod import LABEL, MAIN, Maps
from runner_executors.kubernetes_preflight import preflight
from runner_executors.kubernetes_remote import Remote

Table = dict[str, Any]
NEW, MADE, ENDING, OVER = range(4)
ASK = 10.0  # seconds without a pod after which the Job is asked why


class Pod:
    """The handle of an attempt: where it is, and since when."""

    def __init__(self, call: Table) -> None:
        self.call, self.name = call, ""
        self.phase = NEW
        self.pod = ""  # the name of its pod, once there is one
        self.patience = Patience(0.0, 0.0)  # counts from when it is submitted
        self.asked = 0.0  # when its Job was asked last
        self.running = False
        self.seen = State("waiting")
        self.stopped: str | None = None
        self.adopted = False  # its Job is that of an earlier run
        self.told = 0  # so many commits of others went with it


class Orphan(NamedTuple):
    """A Job of an earlier run that does the work of an attempt, and its pods."""

    name: str
    attempt: str
    pods: list[Table]


class Kubernetes:
    """Traverser of Jobs in one namespace. Raises Refused where there is no cluster."""

    remote = Remote

    def __init__(
        self,
        settings: Any = None,
        catalog: Any = None,
        lines: Callable[[Pod, str], None] | None = None,
        environ: Mapping[str, str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings: Table = settings or {}
        self.cluster = Cluster.reached(self.settings, os.environ if environ is None else environ)
        self.lost_attempts = int(self.settings.get("lost-attempts", 3))
        self._limit = seconds(self.settings.get("start-timeout") or "15m")
        self._silence = seconds(self.settings.get("unreachable") or "10m")
        self._clock = clock
        self._profile: Table = {}
        self._maps = Maps("", ())
        self._hold: Hold | None = None
        self._crew: Crew | None = None
        self._pods: dict[str, Pod] = {}  # by the attempt
        self._ended: list[tuple[Pod, Table]] = []
        self._renewed = 0.0
        self._chain = ""  # the first of the runs that go on from each other
        self._orphans: Orphans | None = None
        self._owed: list[Table] = []  # commits that the run log on the claim may lack
        self._asked_at: str | None = None  # when somebody elsewhere asked for the end
        self._left = False  # the cluster is silent: what runs there is left to itself

    @staticmethod
    def emit(plan: Table) -> dict[str, list[Table]]:
        """The documents of a job file. Raises Refused."""
        from runner_executors.kubernetes_render import emit

        return emit(plan)

    @staticmethod
    def room() -> int:
        """How many steps at once: the cluster has its own limits."""
        return 1 << 10

    def stock(self) -> dict[str, float] | None:
        """What steps may take in all: the cluster counts."""
        return None

    def image(self, call: Table) -> str:
        """The digest of the image of an attempt where its name holds it; else nobody here knows it."""
        _, _, found = (call.get("image") or self.settings.get("image") or "").partition("@")
        return str(found)

    def place(self) -> str:
        """The cluster and the namespace. Raises Refused."""
        return self.cluster.place()

    def ready(self, plan: Table, secrets: list[str]) -> None:
        """Look for all that the run needs of the cluster. Raises Refused (exit 4)."""
        try:
            preflight(self.cluster, plan["profile"], secrets)
        except Refused:
            self.close()
            raise

    def begin(self, plan: Table, text: bytes, run: Table, adopted: Mapping[str, Mapping[Any, Table]]) -> None:
        """Bring plan and agent into the cluster. Raises Refused."""
        self._profile = plan["profile"]
        self._owed += [record for found in adopted.values() for record in found.values()]
        self._chain = str(run["first"]["id"])
        self._hold = Hold(self.cluster, run["run"])
        try:
            if run["parent"]:
                self._orphans = Orphans(self.cluster, self._chain, run["run"])
            self._maps = self._hold.take(text, run)
        except Refused:
            with contextlib.suppress(Unreachable, Refusal):
                self._hold.release()
            self.close()
            raise
        self._crew = Crew(self.cluster)
        self._renewed = self._clock()
        self._crew.call(_IGNORED, self._hold.sweep)
        self._crew.watch(f"{LABEL}/chain={self._chain}")

    def known(self, record: Table) -> None:
        """A commit that no agent of this run has made: those that start from now on are told, until one has ended."""
        self._owed.append(record)

    def prepare(self, call: Table, secrets: Mapping[str, str]) -> Pod:
        """An attempt that may be started; nothing is touched for it."""
        return Pod(call)

    def start(self, pod: Pod) -> None:
        """Submit the Job of an attempt; its end comes from `poll`."""
        assert self._crew is not None and self._hold is not None
        pod.asked = self._clock()
        pod.patience = Patience(pod.asked, self._limit)
        call = pod.call
        if not (call.get("image") or self.settings.get("image")):
            why = "no image is said: `image` of the step, or `executor.image` of the profile"
            self._finish(pod, unborn(call, "no-image", why))
            return
        self._pods[call["attempt"]] = pod
        pod.told = len(self._owed)
        run = {**call["run"], "first": self._chain}
        told = {**call, "run": run, "done": self._owed[:]}
        document = job(self._profile, told, self._maps, self._hold.owner, self.lost_attempts)
        pod.name = document["metadata"]["name"]
        if told_too_much(document):
            why = "what it would have to be told is larger than a cluster takes"
            self._finish(pod, unborn(call, "never-started", why))
            return
        self._crew.call(pod, lambda: self._make(pod, document))

    def _make(self, pod: Pod, document: Table) -> Orphan | None:
        """Make the Job. The one of that name may be there: an answer gets lost on its way. So may one of an earlier
        run that does the same: then that is told."""
        if pod.phase != NEW:  # it was seen meanwhile, or given up
            return None
        found = self._orphans.take(pod.call) if self._orphans is not None and pod.call["n"] == 1 else None
        if found is not None:
            pods = self.cluster.list("pod", f"{LABEL}/attempt={found[1]}").get("items") or []
            return Orphan(*found, pods)
        try:
            self.cluster.create("job", document)
        except Refusal as refusal:
            if refusal.status != 409 or self.cluster.get("job", pod.name) is None:
                raise
        return None

    def poll(self, timeout: float) -> list[tuple[Pod, Table]]:
        """Wait for ends, at most `timeout` seconds. Raises Refused (E736) where the cluster is silent for too long."""
        assert self._crew is not None and self._hold is not None
        for told in self._crew.told(0.0 if self._ended else timeout):
            self._hear(told)
        now = self._clock()
        if now - self._renewed > EVERY:
            self._renewed = now
            self._crew.call(_LIVE, self._hold.live)
        for pod in list(self._pods.values()):
            self._mind(pod, now)
        silent = self._crew.silent
        if silent is not None and now - silent > self._silence:
            self._left = True
            time_said = self.settings.get("unreachable") or "10m"
            raise Refused([diagnose("E736", None, time=time_said, why=self._crew.why)])
        ends, self._ended = self._ended, []
        return ends

    def stop(self, pod: Pod, why: str = "cancelled", hard: bool = False) -> None:
        """End an attempt: its agent gives the command its grace; hard: at once."""
        assert self._crew is not None
        pod.stopped = pod.stopped or why
        if pod.phase == NEW:
            return  # as soon as it is made
        if hard and pod.pod:
            self._crew.call(_IGNORED, lambda: self.cluster.delete("pod", pod.pod, 0))
        self._crew.call(_IGNORED, lambda: self.cluster.delete("job", pod.name))
        if not pod.pod and pod.phase == MADE:
            self._finish(pod, end_of(pod.call, pod.seen, None, pod.stopped))

    def close(self) -> None:
        """Delete what still runs, and all that the run had there; of a cluster that is silent nothing."""
        if self._crew is not None and self._hold is not None:
            if not self._left:
                self._crew.call(_IGNORED, self._hold.release)
                if self._orphans is not None:
                    self._crew.call(_IGNORED, self._orphans.release)
            self._crew.close(wait=not self._left)
            self._crew = None
        self.cluster.close()

    def _hear(self, told: Told) -> None:
        if told.about is None:
            self._changed(told.value)
        elif told.about is _LIVE and told.value not in (None, self._asked_at):  # as if somebody here had typed it
            self._asked_at = told.value
            signal.raise_signal(signal.SIGINT)
        elif isinstance(told.about, Pod):
            self._answered(told.about, told)
        elif isinstance(told.about, tuple):
            pod, what = told.about
            if what == "end":
                self._heard_of(pod, told.value)
                self._finish(pod, told.value or end_of(pod.call, pod.seen, None, pod.stopped))
            elif what == "job" and pod.phase == MADE:
                self._asked(pod, told)

    def _heard_of(self, pod: Pod, end: Table | None) -> None:
        """An agent that has ended by itself has committed what it was told."""
        if pod.adopted and end and "adopted" in end:
            self._owed.append(end)
        elif end and end["status"] == "succeeded" and pod.told:
            del self._owed[: pod.told]
            for other in self._pods.values():
                other.told = max(0, other.told - pod.told)
            pod.told = 0

    def _answered(self, pod: Pod, told: Told) -> None:
        """Its Job is made, or refused for good."""
        if pod.phase in (ENDING, OVER) and told.fault is None and self._crew is not None:
            self._crew.call(_IGNORED, lambda: self.cluster.delete("job", pod.name))
        if pod.phase != NEW:
            return
        pod.phase = MADE
        if told.value is not None:
            self._adopt(pod, told.value)
        if told.fault is not None:
            self._finish(pod, unborn(pod.call, "never-started", f"the cluster refused the Job: {told.fault}"))
        elif pod.stopped is not None:
            self.stop(pod, pod.stopped)

    def _adopt(self, pod: Pod, orphan: Orphan) -> None:
        """Go on with the Job of an earlier run."""
        self._pods.pop(pod.call["attempt"], None)
        pod.name, pod.adopted = orphan.name, True
        self._pods[orphan.attempt] = pod
        self._changed(Change("MODIFIED", orphan.pods))

    def _changed(self, change: Change) -> None:
        if change.what == "LISTED":
            there = {one["metadata"]["name"] for one in change.objects}
            for pod in list(self._pods.values()):
                if pod.phase == MADE and pod.pod and pod.pod not in there:
                    self._gone(pod)
        for one in change.objects:
            found = self._pods.get(one["metadata"].get("labels", {}).get(f"{LABEL}/attempt", ""))
            if found is None or found.phase in (ENDING, OVER):
                continue
            pod, unheard = found, found.phase == NEW
            pod.phase, pod.pod = MADE, one["metadata"]["name"]
            pod.seen = state(one)
            if unheard and pod.stopped is not None:  # it was to be stopped as soon as it is made
                self.stop(pod, pod.stopped)
            pod.running = pod.running or pod.seen.phase == "running"
            if pod.seen.phase == "waiting":
                pod.patience.note(pod.seen, pod.call["log"])
            if pod.seen.phase == "ended":
                self._take(pod)
            elif change.what == "DELETED":
                self._gone(pod)

    def _take(self, pod: Pod) -> None:
        """Its container has ended: bring log and record, then delete the Job."""
        assert self._crew is not None
        pod.phase = ENDING
        self._crew.call((pod, "end"), lambda: self._bring(pod))

    def _bring(self, pod: Pod) -> Table:
        record = None
        with contextlib.suppress(Refusal):  # its node has forgotten: the message has to do
            record = take_log(self.cluster.log(pod.pod, MAIN), pod.call["log"])
        if record is not None and record["id"] != pod.call["id"]:
            record = None
        end = end_of(pod.call, pod.seen, record, pod.stopped)
        self.cluster.delete("job", pod.name)
        return adopted(end, pod.call) if pod.adopted else end

    def _gone(self, pod: Pod) -> None:
        """Its pod is no more and has said nothing."""
        assert self._crew is not None
        name = pod.name
        self._crew.call(_IGNORED, lambda: self.cluster.delete("job", name))
        self._finish(pod, end_of(pod.call, State("ended", "", "somebody has deleted it"), None, pod.stopped))

    def _mind(self, pod: Pod, now: float) -> None:
        """What can't start is ended, sooner where it can't mend."""
        if pod.running or pod.phase not in (NEW, MADE):
            return
        if pod.patience.over(pod.seen, now):
            self._never(pod)
        elif pod.phase == MADE and not pod.pod and now - pod.asked > ASK and self._crew is not None:
            pod.asked = now
            self._crew.call((pod, "job"), lambda: self._why(pod))

    def _never(self, pod: Pod) -> None:
        """It has not started and won't: that is made sure of before anything else may start in its place."""
        assert self._crew is not None
        pod.phase, end = ENDING, given_up(pod.call, pod.seen, pod.stopped)
        self._crew.call((pod, "end"), lambda: self._withdrawn(pod, end))

    def _withdrawn(self, pod: Pod, end: Table) -> Table:
        self.cluster.delete("job", pod.name)
        if pod.pod:
            self.cluster.delete("pod", pod.pod, 0)
        return end

    def _why(self, pod: Pod) -> State | None:
        """What the cluster says of a Job that has no pod; None where there is no such Job."""
        if self.cluster.get("job", pod.name) is None:
            return None
        fields = f"involvedObject.name={pod.name}"
        try:
            events = self.cluster.list("event", fields=fields).get("items") or []
        except Refusal:
            events = []
        said: Table = next((one for one in reversed(events) if one.get("type") == "Warning"), {})
        return State("waiting", said.get("reason") or "", said.get("message") or "")

    def _asked(self, pod: Pod, told: Told) -> None:
        if told.fault is None and told.value is None:
            self._finish(pod, end_of(pod.call, State("ended", "", "its Job is gone"), None, pod.stopped))
        elif told.value is not None and not pod.pod:
            pod.seen = told.value
            pod.patience.note(pod.seen, pod.call["log"])

    def _finish(self, pod: Pod, end: Table) -> None:
        if pod.phase != OVER:
            pod.phase = OVER
            self._pods = {attempt: one for attempt, one in self._pods.items() if one is not pod}
            self._ended.append((pod, end))


_IGNORED = object()  # about calls whose answer changes nothing
_LIVE = object()  # about signs of life
__all__ = ["Kubernetes", "Pod", "Unreachable", "name_of"]
