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
QUEUE_PROFILE = """\
description = "Steps are jobs of {name}; say where the storage is"
shared = true

[executor]
type = "{name}"

[volumes.storage]
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
README = """\
# {name}

An executor for runner-up. `pip install -e .`, then `runner plugins check {name}`, and `pytest`.

`{module}/__init__.py` says what profiles may say, `{module}/executor.py` does it, and `{module}/profiles/` has a
template for profiles: `extends = "{module}:{name}"`.
"""


def queue(name: str) -> dict[str, str]:
    """Path -> text of a package whose executor hands jobs to a queue."""
    return _filled(
        name,
        {
            "pyproject.toml": PROJECT,
            "README.md": README,
            "{module}/__init__.py": QUEUE_FLAVOR,
            "{module}/executor.py": QUEUE,
            "{module}/profiles/{name}.toml": QUEUE_PROFILE,
            "tests/conftest.py": CONFTEST,
            "tests/test_{module}.py": QUEUE_TEST,
        },
    )


def _filled(name: str, files: dict[str, str]) -> dict[str, str]:
    words = name.split("-")
    named = {"name": name, "module": "_".join(words), "cls": "".join(word.capitalize() for word in words)}
    return {path.format(**named): text.format(**named) for path, text in files.items()}
