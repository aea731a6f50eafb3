"""The commands of the agent, for authors of executors. No argparse: it must start in an instant.

    agent.pyz execute-node --run RUN --node ID [--key K] [--plan FILE] [--root DIR] [--folder DIR] [--logs DIR]
                           [--report DIR] [--told FD|TEXT] [--secrets DIR] [--message FILE] [--echo log|all]
    agent.pyz execute-job --run RUN [the same]
    agent.pyz execute-call --told FD --report DIR
    agent.pyz execute-calls --told FD
    agent.pyz carry DIR

`execute-node` runs one attempt with plan and stores alone, and records it; `execute-job` that of the one step that the
plan of a job has, which needs no name. `execute-call` runs a `call` that a driver made, with `secrets`, both read from
--told, leaves its record in --report, and prints `end`: the driver commits. When --told is a pipe, the driver holds it
open, and `{"stop": true}` on it stops the step, as its end does. `execute-calls` runs one after the other until then;
each comes with its own `report`. `carry` copies this Python into a folder, for an image that has none.

--plan      the plan as JSON, a file or a folder with `plan.json`, or with `plan.json.bz2.00` and so on; a `run.json`
            beside it is the run's where the run log has none; else the plan of the run, from the run log of --told
--root      the project's files, only read; here
--folder    for what it writes while it runs; made below the folder for temporary files, and removed
--logs      where its log goes; beside the run's records
--report    a folder for `end.json`, the record of the attempt that counts
--told      a descriptor to read from, a line with the length of what follows and then JSON: `secrets` by name; where
            --plan is missing `run-log`, and the digest `plan`; what a driver knows besides (execute.Job). Or that JSON
            itself, in base64. Without `secrets` they are in the variables that the step asks for
--secrets   a folder with those that a step asks for as files, at VARIABLE/value
--message   a file for what an orchestrator needs to know of the end: `status attempt exit reason c0`...
--echo      what the step prints goes to our output, too; all: and the end record after it, on a line

Exit code: 0 succeeded, 75 may be tried again, 78 may not; 64 a wrong command line, 70 a fault of ours or of a store.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

# What only some of the commands need is imported by them: each module is compiled anew where nobody keeps that.
from runner.agent.catalog import FileCatalog, NoCatalog

CATALOGS: dict[str, Any] = {"file-system": FileCatalog, "do-nothing": NoCatalog}
USAGE, FAULT = 64, 70
WORDS = ("plan", "run", "node", "key", "root", "folder", "logs", "report", "told", "secrets", "message", "echo")
NEEDED = {
    "execute-node": ("run", "node"),
    "execute-job": ("run",),
    "execute-call": ("told", "report"),
    "execute-calls": ("told",),
}


class Wrong(Exception):
    """A command line or a plan that can't be used, in a sentence."""


def main(words: list[str]) -> int:
    """Run the command; the exit code."""
    if any(word in words for word in ("-h", "--help")):
        print(__doc__)
        return 0
    given: dict[str, str] = {}
    if words[:1] == ["carry"] and len(words) == 2:
        from runner.agent.carry import carry

        carry(words[1])
        return 0
    try:
        command, given = _options(words)
        return _answer(given) if command.startswith("execute-call") else _execute(given)
    except (Wrong, OSError) as error:
        sys.stderr.write(f"runner agent: {error}\n")
        if "message" in given:
            _say(given["message"], {"status": "errored", "reason": "store", "error": {"message": str(error)}})
        return USAGE if isinstance(error, Wrong) else FAULT


def _options(words: list[str]) -> tuple[str, dict[str, str]]:
    if not words or words[0] not in NEEDED:
        raise Wrong("the command is `execute-node`, `execute-job`, `execute-call` or `execute-calls`")
    found: dict[str, str] = {}
    rest = words[1:]
    while rest:
        name = rest[0].removeprefix("--")
        if name not in WORDS or len(rest) < 2:
            raise Wrong(f"`{rest[0]}` is no option, or has no value")
        found[name] = found.get(name, "") + rest[1] if name == "told" else rest[1]  # no word is as long as all words
        rest = rest[2:]
    missing = [name for name in NEEDED[words[0]] if name not in found]
    if missing:
        raise Wrong(f"`--{missing[0]}` is missing")
    return words[0], found


def _execute(given: dict[str, str]) -> int:
    from runner.agent.answer import put_end
    from runner.agent.carried import adopt, secrets_of, without
    from runner.agent.execute import Job, execute
    from runner.rules.keys import dumps, key_of

    told = _told(given.get("told"))
    root = os.path.abspath(given.get("root", "."))
    plan, store = _plan(given, told, root)
    node, key = given.get("node") or _only(plan), given.get("key", "-")
    if node not in plan["nodes"]:
        raise Wrong(f"the plan has no node `{node}`")
    secrets, environ = told.pop("secrets", None), dict(os.environ)
    if secrets is None:
        secrets, environ = secrets_of(plan, node, key, given.get("secrets"), environ), without(plan, node, key, environ)
    told["echo"] = "echo" in given
    adopt(store, given["run"], told.pop("done", ()))
    profile, run = plan["profile"], given["run"]
    catalog = _service(CATALOGS, profile["catalog"], "catalog").open(profile["catalog"], root)
    logs = given.get("logs") or os.path.join(_run_log(profile["run-log"]).home(profile["run-log"], root, run), "logs")
    folder = given.get("folder") or _folder()
    try:
        job = Job(plan, run, node, key_of(key), _project(root, folder), folder, logs, told)
        end, code = execute(job, store, catalog, secrets, environ)
    finally:
        if "folder" not in given:
            from runner.agent.slots import remove

            remove(folder)
    if "report" in given:
        put_end(given["report"], end)
    if "message" in given:
        _say(given["message"], end)
    if given.get("echo") == "all":
        from runner.agent.echo import write

        write(b"\n" + dumps(end) + b"\n")
    return code


def _project(root: str, folder: str) -> str:
    """The project's files; a container without a working folder has none, not all of its files."""
    if root != "/":
        return root
    made = os.path.join(folder, "no-project")
    os.makedirs(made, exist_ok=True)
    return made


def _only(plan: dict[str, Any]) -> str:
    """The one step of a job."""
    steps = plan["steps"]
    if len(steps) != 1 or plan["nodes"][steps[0]]["type"] not in ("task", "map", "loop"):
        raise Wrong("the plan is not that of a job: name the node")
    return str(steps[0])


def _folder() -> str:
    import tempfile

    return tempfile.mkdtemp(prefix="runner-")


def _answer(given: dict[str, str]) -> int:
    from runner.agent.answer import answer

    def catalog(settings: dict[str, Any], root: str) -> Any:
        return _service(CATALOGS, settings, "catalog").open(settings, root)

    return answer(int(given["told"]), given.get("report"), catalog, os.environ)


def _say(path: str, end: dict[str, Any]) -> None:
    from runner.agent.carried import message

    with open(path, "wb") as out:
        out.write(message(end))


def _plan(given: dict[str, str], told: dict[str, Any], root: str) -> tuple[dict[str, Any], Any]:
    """The plan and the run log, either found by the other."""
    from runner.agent.carried import enter, plan_text
    from runner.rules.keys import plan_key

    path = given.get("plan")
    if path is not None:
        text = plan_text(path)
        plan = json.loads(text)
        settings = plan["profile"]["run-log"]
        store = _run_log(settings).open(settings, root, given["run"])
        enter(path, text, plan["digest"], given["run"], store)
        return plan, store
    if "run-log" not in told:
        raise Wrong("`--plan` is missing")
    store = _run_log(told["run-log"]).open(told["run-log"], root, given["run"])
    text = store.get(plan_key(told["plan"]))
    if text is None:
        raise Wrong("the run log has no such plan")
    return json.loads(text), store


def _run_log(settings: dict[str, Any]) -> Any:
    from runner.agent.folder import Folder

    return _service({"chunked-fs": Folder}, settings, "run log")


def _service(known: dict[str, Any], settings: dict[str, Any], what: str) -> Any:
    if settings["type"] not in known:
        raise Wrong(f"a step can't reach the {what} `{settings['type']}`")
    return known[settings["type"]]


def _told(fd: str | None) -> dict[str, Any]:
    if fd is None:
        return {}
    if not fd.isdigit():
        from runner.agent.carried import unpacked

        return unpacked(fd)
    with open(int(fd), "rb") as file:
        found: dict[str, Any] = json.loads(file.read(int(file.readline() or b"0")) or b"{}")
        return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
