"""What a pod says of its attempt: that it waits, that it runs, or how it has ended (PROTOCOL 2.5, 3)."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from runner.agent.unstarted import not_started
from runner.rules.keys import key_of
from runner_executors.kubernetes_carry import BRINGS
from runner_executors.kubernetes_pod import MAIN

Table = dict[str, Any]
RECORD = 1 << 21  # bytes at the end of a log in which a record is looked for
ARGO_FOUND_NONE = "failed to find name in PATH"  # of what starts the command in Argo's pods
NO_MEMORY = "the pod had no more memory: `resources.memory` is its limit"


class State(NamedTuple):
    """Of a pod. phase: `waiting`, `running`, `ended`. why: what it waits for, by name and in words."""

    phase: str
    why: str = ""
    words: str = ""
    exit: int | None = None
    message: str = ""


def state(pod: Mapping[str, Any]) -> State:
    """What a pod is at: its container alone counts, whatever others were put beside it."""
    status = pod.get("status") or {}
    ours = next((one for one in status.get("containerStatuses") or () if one.get("name") == MAIN), None)
    now: Table = (ours or {}).get("state") or {}
    if (now.get("waiting") or {}).get("reason") == "PodInitializing":  # who brings it a Python may wait for more
        now = next((one["state"] for one in status.get("initContainerStatuses") or () if _waits(one)), now)
    if "terminated" in now:
        end = now["terminated"]
        return State("ended", end.get("reason") or "", _words(end), end.get("exitCode"), end.get("message") or "")
    if status.get("phase") in ("Failed", "Succeeded"):
        return State("ended", status.get("reason") or "", status.get("message") or "")
    if "running" in now:
        return State("running")
    if "waiting" in now:
        return State("waiting", now["waiting"].get("reason") or "", now["waiting"].get("message") or "")
    for condition in status.get("conditions") or ():
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            return State("waiting", condition.get("reason") or "", condition.get("message") or "")
    return State("waiting")


def _waits(one: Mapping[str, Any]) -> bool:
    return one.get("name") == BRINGS and "waiting" in (one.get("state") or {})


def _words(end: Mapping[str, Any]) -> str:
    """What the runtime says of a container that could not be started; else its message is the agent's."""
    return str(end.get("message") or "") if end.get("reason") in ("StartError", "ContainerCannotRun") else ""


def unborn(call: Mapping[str, Any], reason: str, why: str, status: str = "errored") -> Table:
    """The end of an attempt that has no record of its own."""
    spot = (call["path"], call["id"], key_of(call["key"]), call["n"], call["attempt"], time.time())
    return not_started(*spot, status, reason, why)


def take_log(pieces: Iterable[bytes], path: str) -> Table | None:
    """Write what a container has printed into a file, and take the record off its end; an empty log is none. What
    stood there, as what it waited for, makes place."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    record: Table | None = None
    with open(f"{path}.new", "w+b") as file:
        file.writelines(pieces)
        size = file.tell()
        start = max(0, size - RECORD)
        file.seek(start)
        tail = file.read().rstrip(b"\n")
        cut = tail.rfind(b"\n")
        with contextlib.suppress(ValueError):
            found = json.loads(tail[cut + 1 :])
            if isinstance(found, dict) and {"status", "attempt", "id"} <= found.keys():
                record = found
                file.truncate(start + max(cut, 0))
        empty = file.seek(0, os.SEEK_END) == 0
    os.replace(f"{path}.new", path)
    if empty:
        os.unlink(path)
    return record


def end_of(call: Mapping[str, Any], seen: State, record: Table | None, stopped: str | None) -> Table:
    """The record of an attempt whose container has ended. stopped: why we ended it ourselves."""
    said = _message(seen)
    if record is None and "attempt" in said:
        record = unborn(call, said.get("reason") or "", said.get("error") or "", said["status"])
        record.update(exit=said.get("exit"), attempt=said["attempt"], reason=said.get("reason"))
        record["warnings"] = ["what it returned is not known here: its log could not be read"]
        if said["status"] == "succeeded":
            record["error"] = None
    if record is not None and record["status"] == "errored" and record["reason"] == "lost" and stopped:
        return {
            **record,
            "status": "cancelled",
            "reason": "cancelled",
            "error": {"type": "cancelled", "message": "stopped"},
        }
    if record is not None:
        if seen.why == "OOMKilled" and record["reason"] == "signal":  # its agent may not see its own control group
            words = f"{(record.get('error') or {}).get('message', '')}; {NO_MEMORY}"
            return {**record, "reason": "oom", "error": {"type": "oom", "message": words}}
        return {**record, "via": "container"}
    if stopped is not None:
        return unborn(call, stopped, "its pod was ended", "failed" if stopped == "timeout" else "cancelled")
    if seen.why == "OOMKilled":
        return unborn(call, "oom", NO_MEMORY, "failed")
    if seen.why in ("StartError", "ContainerCannotRun") or ARGO_FOUND_NONE in seen.message:
        why = f"the image has no such Python (`executor.python`): {seen.words or seen.message}"
        return unborn(call, "no-interpreter", why, "failed")
    if "status" in said:
        return unborn(call, said.get("reason") or "lost", said.get("error") or "", said["status"])
    told = [f"exit code {seen.exit}" if seen.exit is not None else "", seen.why, seen.words or seen.message]
    return unborn(
        call, "lost", f"its pod ended without a record: {', '.join(one for one in told if one) or 'it is gone'}"
    )


def _message(seen: State) -> Table:
    """What the agent said at its end; empty where it said nothing that we understand."""
    try:
        found = json.loads(seen.message)
    except ValueError:
        return {}
    return found if isinstance(found, dict) and "status" in found else {}
