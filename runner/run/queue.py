"""`Queue`: what an executor derives from that hands command lines to a batch system; three methods are left to write.

Steps run on machines that see storage which this machine sees too: run log and catalog lie there. A volume of the
profile says where each of them sees it (`mount` the steps, `here` this machine), so `[run-log]` and `[catalog]` name
paths below `mount`. An agent that the queue starts reads the plan there, and writes there how its step ended.
"""

from __future__ import annotations

import hashlib
import json
import os
import posixpath
import shutil
import time
from base64 import b64encode
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from zlib import compress

from runner.agent.unstarted import not_started
from runner.plan.nearby import OWN
from runner.rules.keys import attempt_key, done_key, key_of
from runner.run.packed import packed
from runner.run.services import open_store
from runner.text.diagnostics import Refused, diagnose

Table = dict[str, Any]
TOLD = ("attempt", "n", "fingerprint", "code_digest", "failed", "finally", "grace", "facts", "statuses")


class Job(NamedTuple):
    """One attempt of one step, as a queue takes it.

    name: readable, another for each attempt. argv: does all of it, on any machine that sees the storage and has a
    Python 3.9; it may be wrapped. root: the project's files on this machine; run argv where the place has them.
    resources: `cpu`, `memory` (bytes), `gpu` of the step, as far as it says so. image: the step's, or "". timeout: of
    the step's command in seconds, or None; the agent minds it. labels: `run`, `step`, `node`, `attempt`.
    """

    name: str
    argv: list[str]
    root: str
    resources: Table
    image: str
    timeout: float | None
    labels: dict[str, str]


class Sent:
    """The handle of an attempt."""

    def __init__(self, call: Table) -> None:
        self.call = call
        self.stopped = ""
        self.gone: float | None = None  # since when the queue has said that it is over


class Queue:
    """A Traverser over a queue. settings: those of `[executor]`; environ: what the steps may see of ours.

    To be written: `submit`, `ended`, `cancel`; they must not wait. `after(record)` may be: it is called with the record
    of each attempt once that is kept, for costs, audits, alerts. What any of them raises ends the run, and says so.
    `self.settings` are those of `[executor]`; once a run has begun `self.here` is the folder of the run log, as this
    machine sees it.

    The flavor says `reach=("step",)` and `volumes` among `more`.
    """

    interval = 0.5  # seconds between two questions to the queue
    lag = 5.0  # seconds until what one machine has written is seen by another
    lost_attempts = 3  # how often a step is tried again whose job went without a record

    def __init__(self, settings: Any = None, catalog: Any = None, environ: Mapping[str, str] | None = None) -> None:
        self.settings: Table = settings or {}
        self.environ = dict(os.environ if environ is None else environ)
        self._running: dict[str, Sent] = {}
        self._agent: list[str] = []
        self._log: Table = {}  # the settings of the run log, as steps see it
        self.here = ""
        self._store: Any = None

    def submit(self, job: Job) -> str:
        """Hand it over; what the queue calls it."""
        raise NotImplementedError

    def ended(self, ids: list[str]) -> Mapping[str, str]:
        """Those that are over, however, or are not known any more: id -> how, in a few words for people.

        The words count where an agent had no time to write a record; else the record does."""
        raise NotImplementedError

    def cancel(self, id: str) -> None:
        """End it: SIGTERM to its process group, so that its step is stopped; of one that is over, nothing."""
        raise NotImplementedError

    def room(self) -> int:
        """How many attempts it takes at once."""
        return 1 << 10

    def stock(self) -> Mapping[str, float] | None:
        """Nothing is counted here: the queue has its own limits."""
        return None

    def image(self, call: Table) -> str | None:
        """Nobody here knows what a step's image is made of."""
        return "" if call.get("image") else None

    def ready(self, plan: Table, secrets: list[str]) -> None:
        """Raises Refused (E751) where this machine does not see what steps write."""
        if plan["profile"]["run-log"]["type"] == OWN["type"]:
            raise Refused([diagnose("E751", None, executor=plan["profile"]["executor"]["type"])])

    def begin(self, plan: Table, text: bytes, run: Table, adopted: Any = None) -> None:
        """Put the agent beside the run log."""
        own = plan["profile"]["run-log"]
        self.here, self._log = own["path"], json.loads(text)["profile"]["run-log"]
        self._store = open_store(own, Path("/"), run["run"], write=False)
        name = f"agent-{hashlib.sha256(packed()).hexdigest()[:16]}.pyz"
        path = Path(self.here, name)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(f".{os.getpid()}")
            part.write_bytes(packed())
            part.rename(path)
        self._agent = [str(self.settings.get("python") or "python3"), posixpath.join(self._log["path"], name)]

    def prepare(self, call: Table, secrets: Mapping[str, str]) -> Sent:
        """An attempt that may be submitted."""
        return Sent(call)

    def start(self, sent: Sent) -> None:
        """Submit it."""
        self._running[self.submit(self._job(sent.call))] = sent

    def poll(self, timeout: float) -> list[tuple[Sent, Table]]:
        """Ends that have come, waiting for some at most `timeout` seconds."""
        limit = time.monotonic() + timeout
        while True:
            ends = list(self._look())
            rest = limit - time.monotonic()
            if ends or rest <= 0:
                return ends
            time.sleep(min(rest, self.interval))

    def stop(self, sent: Sent, why: str = "cancelled", hard: bool = False) -> None:
        """Cancel it; its end comes from `poll`."""
        sent.stopped = sent.stopped or why
        for id, one in self._running.items():
            if one is sent:
                self.cancel(id)

    def close(self) -> None:
        """Cancel what still runs."""
        for id in self._running:
            self.cancel(id)
        self._running.clear()

    def _job(self, call: Table) -> Job:
        run = call["run"]
        told = {name: call[name] for name in TOLD if call.get(name) is not None}
        told |= {"run-log": self._log, "plan": run["plan"], "lost_attempts": self.lost_attempts}
        words = {"run": run["id"], "node": call["id"], "key": call["key"]}
        words["told"] = b64encode(compress(json.dumps(told).encode(), 9)).decode()
        argv = [*self._agent, "execute-node", *(word for name in words for word in (f"--{name}", words[name]))]
        labels = {"run": run["name"], "step": call["path"], "node": call["id"], "attempt": call["attempt"]}
        name = f"{run['name']}-{call['id']}-{call['key']}-{call['n']}"
        needs = dict(call.get("resources") or {})
        return Job(name, argv, call["root"], needs, call.get("image") or "", call.get("timeout"), labels)

    def _look(self) -> Iterable[tuple[Sent, Table]]:
        now = time.monotonic()
        for id, why in (self.ended(list(self._running)) if self._running else {}).items():
            sent = self._running[id]
            sent.gone = now if sent.gone is None else sent.gone
            end = self._end(sent.call)
            if end is None and not sent.stopped and now - sent.gone < self.lag:
                continue
            del self._running[id]
            self._take_log(sent.call)
            yield sent, end or self._silent(sent, why)

    def _end(self, call: Table) -> Table | None:
        """What its agent has written."""
        spot = (call["run"]["id"], call["id"], key_of(call["key"]))
        for key in (done_key(*spot), attempt_key(*spot, call["attempt"])):
            found = self._store.get(key)
            if found is not None:
                end: Table = json.loads(found)
                return end
        return None

    def _silent(self, sent: Sent, why: str) -> Table:
        call = sent.call
        spot = (call["path"], call["id"], key_of(call["key"]), call["n"], call["attempt"], time.time())
        if sent.stopped:
            return not_started(*spot, "failed" if sent.stopped == "timeout" else "cancelled", sent.stopped, why)
        return not_started(*spot, "errored", "lost", f"its job is over without a record: {why}")

    def _take_log(self, call: Table) -> None:
        """What it has printed, to where this machine looks for it."""
        there = os.path.join(self.here, "runs", call["run"]["id"], "logs", os.path.basename(call["log"]))
        if os.path.exists(there) and os.path.abspath(there) != os.path.abspath(call["log"]):
            os.makedirs(os.path.dirname(call["log"]), exist_ok=True)
            shutil.copyfile(there, call["log"])
