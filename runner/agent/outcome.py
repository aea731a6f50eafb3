"""The end record of an attempt: what its exit, its returns and its files make of it (PROTOCOL 2.2)."""

from __future__ import annotations

import errno
import json
import signal
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from runner.agent.environ import Parameter
from runner.agent.exits import limit_of, meaning, no_room, signal_words
from runner.agent.stage import StageError, collect

if TYPE_CHECKING:
    from runner.agent.attempt import Attempt
    from runner.agent.spawn import Exit

Table = dict[str, Any]


class Verdict:
    """How an attempt ends, while it is being found out: it starts as a success and can only get worse."""

    def __init__(self) -> None:
        self.status = "succeeded"
        self.reason: str | None = None
        self.error: Table | None = None
        self.warnings: list[str] = []
        self.returns: Table = {}
        self.files: list[Table] = []
        self.more: Table = {}

    @property
    def ok(self) -> bool:
        return self.status == "succeeded"

    def fail(self, reason: str, message: str, status: str = "failed", error: Table | None = None) -> None:
        """Note the first thing that went wrong; what follows from it is not told."""
        if self.ok:
            self.status, self.reason = status, reason
            self.error = error or {"type": reason, "message": message}


def never_ran(attempt: Attempt, problem: StageError) -> Table:
    """The end of an attempt whose command could not be started."""
    verdict = Verdict()
    verdict.fail(problem.reason, str(problem), problem.status)
    return _record(attempt, verdict, problem.exit, None)


def without_process(attempt: Attempt) -> Table:
    """The end of a stub or of a built-in reducer: nothing is run."""
    from runner.agent import inline

    verdict = Verdict()
    try:
        verdict.returns.update(inline.given(attempt.call))
    except (TypeError, ValueError) as error:
        verdict.fail("bad-return", str(error))
    return _record(attempt, verdict, None, None)


def of_process(attempt: Attempt) -> Table:
    """The end of an attempt whose command has ended: returns and files are judged and kept."""
    assert attempt.exit is not None
    call, verdict = attempt.call, Verdict()
    if _plain(attempt, attempt.exit):
        return _record(attempt, verdict, 0, None)
    from runner.agent import gains  # most steps give nothing but an end

    try:
        result = gains.result(attempt) if call["kind"] in ("python", "notebook") else None
    except OSError as error:
        result = None
        verdict.fail("stage-out", say(error), "errored")
    _judge_exit(attempt, verdict, result)
    if verdict.error is not None and attempt.log is not None and no_room(attempt.log.path):
        verdict.error["message"] += "; there is no room left on the disk of its log"
    if verdict.ok:
        gains.take_returns(attempt, verdict, result)
    verdict.warnings += (result or {}).get("warnings", [])
    gains.take_metrics(attempt, verdict)
    was_ok = verdict.ok
    try:
        verdict.files = collect(
            call, attempt.work, attempt.catalog, was_ok, gains.puts(attempt, verdict) if was_ok else ()
        )
    except StageError as error:
        verdict.fail(error.reason, str(error), error.status)
        try:  # what is to be kept at any end is kept
            verdict.files = collect(call, attempt.work, attempt.catalog, False)
        except StageError as second:
            verdict.warnings.append(str(second))
    gains.keep_notebook(attempt, verdict)
    if attempt.cut is not None:
        verdict.warnings.append(f"a part of the log could not be written: {say(attempt.cut)}")
    _mask(attempt, verdict)
    return _record(attempt, verdict, attempt.exit.code, attempt.exit.signal)


def _plain(attempt: Attempt, exit: Exit) -> bool:
    """A success that gave nothing and owes nothing, as most are: what follows would find nothing to do."""
    call = attempt.call
    return (
        exit.code == 0
        and attempt.silent
        and attempt.why is None
        and attempt.cut is None
        and call["kind"] in ("shell", "command")
        and not call.get("returns")
        and not call.get("outputs")
    )


def not_spawned(
    error: OSError, argv: Sequence[str], params: Mapping[str, Parameter], env: Mapping[str, str]
) -> StageError:
    """Why a command could not be executed, in words."""
    if error.errno == errno.E2BIG:
        words = set(argv)
        sizes = {name: len(text) for name, text in env.items()}
        for name, param in params.items():  # those that are in the arguments: as one word, or spread
            if isinstance(param.value, list) and len(param.value) < len(argv):
                sizes[name] = len(json.dumps(param.value))
            elif param.text in words:
                sizes[name] = len(param.text or "")
        name = max(sizes, key=lambda n: sizes[n], default="")
        which = f": `{name}` alone has {sizes[name]:,} bytes" if name else ""
        return StageError(
            "bad-param", f"the arguments and environment are larger than the kernel takes{which}; read $RUNNER_PARAMS"
        )
    if error.errno == errno.ENOEXEC:
        return StageError("exit", f"`{argv[0]}` is neither a program nor does it begin with #!", exit=126)
    if error.errno in (errno.ENOENT, errno.EACCES):
        return StageError("exit", say(error), exit=127 if error.errno == errno.ENOENT else 126)
    return StageError("never-started", say(error), "errored")


def say(error: OSError) -> str:
    """An OSError for people."""
    return (
        f"{error.strerror}: `{error.filename}`" if error.strerror and error.filename else error.strerror or str(error)
    )


def _judge_exit(attempt: Attempt, verdict: Verdict, result: Table | None) -> None:
    exit = attempt.exit
    assert exit is not None
    if attempt.why == "timeout":
        limit, around = attempt.call.get("timeout"), attempt.call.get("late")
        why = around or f"it ran longer than its timeout of {limit} s"
        verdict.fail("timeout", why if limit else "the run timed out")
    elif attempt.why is not None:
        verdict.fail("cancelled", "it was cancelled", "cancelled")
    elif exit.code is None and exit.signal is None:
        verdict.fail("lost", _LOST[attempt.via != "fresh"], "errored")
    elif exit.signal is not None:
        if exit.signal == signal.SIGKILL and attempt.host.out_of_memory():
            verdict.fail("oom", f"the kernel killed it: out of memory{limit_of(attempt.call)}")
        verdict.fail("signal", f"killed by {signal_words(exit.signal)}{_where(attempt, result, '; ')}")
    elif exit.code:
        short = attempt.host.out_of_memory()
        if exit.code == 128 + signal.SIGKILL and short:
            verdict.fail("oom", f"the kernel killed a part of it: out of memory{limit_of(attempt.call)}")
        reason = (result or {}).get("reason") or "exit"
        known = meaning(exit.code)
        said = f"exit code {exit.code}{f': {known}' if known else ''}{_where(attempt, result, '; ' if known else ': ')}"
        if attempt.unset:
            names = ", ".join(f"`{name}`" for name in attempt.unset)
            said += f"; too large for a variable, only in the file $RUNNER_PARAMS: {names}"
        if short:
            said += f"; meanwhile the kernel killed a process: out of memory{limit_of(attempt.call)}"
        verdict.fail(reason, said, error=(result or {}).get("error"))
    elif result is not None and not result and attempt.call["kind"] == "python":
        verdict.warnings.append(f"exit code 0{_where(attempt, result, ': ')}")


_LOST = (
    "somebody else took its exit code",
    "the server that it was forked from was killed, so how it ended is not known; what was left of it was ended too",
)


def _where(attempt: Attempt, result: Table | None, joint: str) -> str:
    """Of a Python step: how far it had come when its process ended, where nothing else tells it."""
    call = attempt.call
    if result is None or call["kind"] != "python":
        return ""
    function = f"`{call['module']}:{call['function']}`" if "module" in call else "its functions"
    if "returns" in result:
        return f"{joint}{function} had returned, its interpreter failed on the way out"
    if result:
        return ""
    code = attempt.exit.code if attempt.exit else None
    return f"{joint}its process ended before {function} returned{'' if code is None else f', as by os._exit({code})'}"


def _mask(attempt: Attempt, verdict: Verdict) -> None:
    redactor = attempt.redactor
    if redactor is not None:
        verdict.warnings = [redactor.mask(w) for w in verdict.warnings]
        if verdict.error:
            verdict.error = {k: redactor.mask(v) if isinstance(v, str) else v for k, v in verdict.error.items()}


def _record(attempt: Attempt, verdict: Verdict, code: int | None, number: int | None) -> Table:
    call, exit = attempt.call, attempt.exit
    end: Table = {
        "v": 1,
        "node": call.get("path"),
        "id": call.get("id"),
        "key": call.get("key", "-"),
        "n": call.get("n", 1),
        "attempt": call.get("attempt"),
        "run": (call.get("run") or {}).get("id"),
        "status": verdict.status,
        "exit": code,
        "signal": number,
        "reason": verdict.reason,
        "error": verdict.error,
        "start": attempt.started,
        "end": attempt.started + attempt.run_s if exit else attempt.host.clock.now(),
        "run_s": attempt.run_s,
        "user_s": exit.user_s if exit else 0.0,
        "sys_s": exit.sys_s if exit else 0.0,
        "max_rss": exit.max_rss if exit else 0,
        "pid": attempt.process.pid if attempt.process else None,
        "params_in": call.get("params") or {},
        "returns": verdict.returns,
        "files": verdict.files,
        "definition": call.get("definition"),
        "inputs": call.get("inputs_digest"),
        "via": attempt.via,
        "log": {"bytes": attempt.log.size() if attempt.log else 0, "truncated": attempt.cut is not None},
        "warnings": verdict.warnings,
    }
    if call.get("item") is not None:
        end["item"] = call["item"]
    end.update(verdict.more)
    return end
