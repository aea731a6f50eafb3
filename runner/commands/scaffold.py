"""The files of a package with a new executor: short enough to be read at once, whole enough to pass its tests."""

from __future__ import annotations

PROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "{name}"
version = "0.1.0"
description = "Runs steps of runner-up with {name}"
requires-python = ">=3.11"
dependencies = ["runner-up"]

[project.entry-points."runner.executors"]
{name} = "{module}:FLAVOR"
"""
QUEUE_FLAVOR = '''\
"""The executor `{name}`: what a profile may say of it. `check` imports this module, and no more of the package."""

from __future__ import annotations

import attrs
from runner.model.forms import PlainText, key
from runner.plugins import Flavor


@attrs.frozen(kw_only=True)
class Settings:
    """Settings of the executor `{name}`."""

    python: PlainText | None = key("The Python of the machines that run steps, 3.9 or newer.", default="python3")
    tags: dict[PlainText, PlainText] | None = key("Anything that the queue should know of each job.")


FLAVOR = Flavor(
    "{name}",
    "{module}:Settings",
    "{module}.executor:{cls}",
    about="Each step is a job of {name}.",
    reach=("step",),  # run log and catalog have to be where steps reach them...
    more=("volumes",),  # ...which is below the `mount` of a volume
    contract=1,
)
'''
QUEUE = '''\
"""Steps as jobs. The queue is this machine until you put yours in its place."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping

from runner.run.queue import Job, Queue


class {cls}(Queue):
    """See runner.run.queue.Queue for what each method promises."""

    interval = 0.1

    def submit(self, job: Job) -> str:
        """job.argv does all of it, wherever the storage is mounted."""
        process = subprocess.Popen(job.argv, cwd=job.root, stdin=subprocess.DEVNULL, start_new_session=True)
        self.jobs = {{**getattr(self, "jobs", {{}}), str(process.pid): process}}
        return str(process.pid)

    def ended(self, ids: list[str]) -> Mapping[str, str]:
        """Those that are over, and how."""
        codes = {{id: self.jobs[id].poll() for id in ids}}
        return {{id: f"exit code {{code}}" for id, code in codes.items() if code is not None}}

    def cancel(self, id: str) -> None:
        """SIGTERM, so that the step can end."""
        if self.jobs[id].poll() is None:
            os.killpg(int(id), signal.SIGTERM)
'''
PROFILE = """\
description = "{name}; say where the storage is"
shared = true

[executor]
type = "{name}"

[volumes.storage]
claim = "storage"  # what the place calls it
mount = "/storage"

[run-log]
type = "chunked-fs"
path = "/storage/runs"

[catalog]
type = "file-system"
path = "/storage/catalog"
"""
CONFTEST = """\
pytest_plugins = ["runner.testing.fixtures"]
"""
QUEUE_TEST = '''\
"""The executor `{name}` makes of every shape what every executor makes of it."""

from __future__ import annotations

import sys

from runner.testing.conformance import Executors


class Test{cls}(Executors):
    profile = f"""
extends = "{module}:{name}"
[executor]
python = "{{sys.executable}}"
[volumes.storage]
mount = "{{{{root}}}}/storage"
here = "{{{{root}}}}/storage"
[run-log]
path = "{{{{root}}}}/storage/runs"
[catalog]
path = "{{{{root}}}}/storage/catalog"
"""
'''
FLOW_FLAVOR = '''\
"""The executor `{name}`: what a profile may say of it. `check` imports this module and `gaps`, and no more."""

from __future__ import annotations

import attrs
from runner.model.forms import PlainText, key
from runner.plugins import Flavor


@attrs.frozen(kw_only=True)
class Settings:
    """Settings of the executor `{name}`."""

    python: PlainText | None = key("The Python of the machines that run steps, 3.9 or newer.", default="python3")


FLAVOR = Flavor(
    "{name}",
    "{module}:Settings",
    "{module}.emitter:{cls}",
    about="The pipeline is a file of {name}.",
    reach=("step",),  # run log and catalog have to be where steps reach them...
    more=("volumes", "form"),  # ...below the `mount` of a volume; `form`: it writes files
    gaps="{module}.gaps:gaps",
    contract=1,
)
'''
GAPS = '''\
"""What a plan asks and {name} can't do: an error of `check`, at the line that asks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from runner.run.parts import parts


def gaps(plan: dict[str, Any]) -> Iterator[tuple[str, str, tuple[str, ...], dict[str, Any]]]:
    """(code, id of the step, keys in it, arguments of the sentence) for each."""
    for part in parts(plan, "", ""):
        if part.resources.get("gpu"):
            yield "E610", part.name, ("resources", "gpu"), {{"what": "steps with a GPU", "hint": "take `gpu` out"}}
'''
FLOW = '''\
"""A plan as a file of {name}: a script until you put the format of your platform in its place."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from runner.run.parts import files, parts


class {cls}:
    """See runner.run.parts for what a part promises."""

    @staticmethod
    def emit(plan: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
        """File name -> documents. The platform puts `files` somewhere, fills in where, and what the run is called."""
        python = plan["profile"]["executor"].get("python") or "python3"
        tasks = parts(plan, "$FILES", "$RUN", python)
        return {{
            "flow.yaml": [
                {{
                    "files": {{name: b64encode(data).decode() for name, data in files(plan).items()}},
                    "tasks": [{{"name": one.name, "after": one.after, "run": one.argv}} for one in tasks],
                }}
            ]
        }}
'''
FLOW_TEST = '''\
"""What the platform makes of a file of ours is what every executor makes of the pipeline."""

from __future__ import annotations

import subprocess
import sys
from base64 import b64decode
from typing import Any

from runner.testing.conformance import Executors
from runner.testing.flows import folded
from runner.testing.project import Project
from runner.testing.shapes import Shape

from {module}.emitter import {cls}


def platform(found: Project, flow: dict[str, Any], run: str) -> int:
    """Runs a file: put your platform here, or its emulator."""
    for name, text in flow["files"].items():
        found.path(name).write_bytes(b64decode(text))
    for task in flow["tasks"]:  # they stand in an order in which they may run
        words = [word.replace("$FILES", str(found.root)).replace("$RUN", run) for word in task["run"]]
        code = subprocess.run(words, cwd=found.root, env=found.environment(), capture_output=True).returncode
    return code


class Test{cls}(Executors):
    profile = f"""
extends = "{module}:{name}"
[executor]
python = "{{sys.executable}}"
[volumes.storage]
mount = "{{{{root}}}}/storage"
[run-log]
path = "{{{{root}}}}/storage/runs"
[catalog]
path = "{{{{root}}}}/storage/catalog"
"""
    test_what_steps_print_is_kept_and_what_takes_too_long_is_stopped = None  # the platform's business

    def run(self, found: Project, shape: Shape) -> Any:
        words = self.chosen(found)
        found.cli("render", "pipeline.toml", *words).ok()
        plan = found.cli("plan", "pipeline.toml", *words, "--json").ok().json()
        (flow,) = {cls}.emit(plan)["flow.yaml"]
        assert platform(found, flow, "run-1") == shape.code
        return folded(found, "pipeline.toml", *words, run="run-1")
'''
README = """\
# {name}

An executor for runner-up. `pip install -e .`, then `runner plugins check {name}`, and `pytest`.

`{module}/__init__.py` says what profiles may say, `{module}/{does}.py` does it, and `{module}/profiles/` has a
template for profiles: `extends = "{module}:{name}"`.
"""


def queue(name: str) -> dict[str, str]:
    """Path -> text of a package whose executor hands jobs to a queue."""
    return _package(name, "executor", QUEUE_FLAVOR, QUEUE_TEST, {"executor.py": QUEUE})


def flow(name: str) -> dict[str, str]:
    """Path -> text of a package whose executor writes files for a platform."""
    return _package(name, "emitter", FLOW_FLAVOR, FLOW_TEST, {"emitter.py": FLOW, "gaps.py": GAPS})


def _package(name: str, does: str, flavor: str, test: str, modules: dict[str, str]) -> dict[str, str]:
    words = name.split("-")
    named = {"name": name, "module": "_".join(words), "cls": "".join(map(str.capitalize, words)), "does": does}
    files = {
        "pyproject.toml": PROJECT,
        "README.md": README,
        "{module}/__init__.py": flavor,
        **{"{module}/" + path: text for path, text in modules.items()},
        "{module}/profiles/{name}.toml": PROFILE,
        "tests/conftest.py": CONFTEST,
        "tests/test_{module}.py": test,
    }
    return {path.format(**named): text.format(**named) for path, text in files.items()}
