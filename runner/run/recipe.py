"""What an image is made of: a Dockerfile and the files that it may take, from `[build]` of a profile.

Nothing that a user wrote stands in a generated Dockerfile but the base and the user, which are words without spaces,
and arguments of RUN in its JSON form, which no builder looks into.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from runner.agent.stage import expand, files_of, project_files
from runner.plan.image import dependencies

Table = dict[str, Any]
HOME = "/project"  # of the project in images that we make
NEEDS = "/opt/requirements"  # where pip starts, so that paths in requirements mean what they mean in the project
NAME = "runner-build"
PYPROJECT = "pyproject-requirements.txt"
APT = 'apt-get update && apt-get install -y --no-install-recommends "$@" && rm -rf /var/lib/apt/lists/*'
PIP = ("/usr/bin/env", "PIP_BREAK_SYSTEM_PACKAGES=1", "PIP_ROOT_USER_ACTION=ignore")
ROOT = ("", "0", "root", "0:0", "root:root")
_LISTS = re.compile(r"(?:-r|-c|--requirement|--constraint)[\s=]+(\S+)")
_PLACES = re.compile(r"(?:-f|--find-links)[\s=]+(\S+)")
_PATH = re.compile(r"(?:(?:-e|--editable)[\s=]+)?([^\s\[;@]+)")
_FROM = re.compile(r"(?im)^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?\s*$")


class Recipe(NamedTuple):
    """bases: the images that it starts from. files: path in the context -> a path on this machine, or the content."""

    build: Table
    python: str
    bases: tuple[str, ...]
    files: Mapping[str, str | bytes]
    text: str  # of a Dockerfile that is the user's own

    @property
    def path(self) -> str:
        """Of the Dockerfile in the context."""
        return str(self.build.get("dockerfile") or "Dockerfile")

    def instructions(self, own: str = "") -> list[tuple[str, str]]:
        """A generated Dockerfile: the key of `[build]` that each instruction is for, and the instruction. own: the
        user of the base."""
        build, needs = self.build, "requirements" if self.build.get("requirements") else "pyproject"
        lists = [*_texts(build.get("requirements")), *([PYPROJECT] if build.get("pyproject") else [])]
        found = [("base", f"FROM {self.bases[0]}")]
        if own not in ROOT and (lists or build.get("apt")):
            found.append(("base", "USER 0"))
        if build.get("apt"):
            found.append(("apt", _run("/bin/sh", "-c", APT, "apt-get", *build["apt"])))
        if lists:
            found += [(needs, f"WORKDIR {NEEDS}"), (needs, _copy("requirements", NEEDS))]
            words = [word for path in lists for word in ("--requirement", path)]
            found.append((needs, _run(*PIP, self.python, "-m", "pip", "install", "--no-cache-dir", *words)))
        found.append(("include", f"WORKDIR {HOME}"))
        if any(path.startswith("project/") for path in self.files):
            found.append(("include", _copy("project", HOME)))
        user = build.get("user") or own
        if user not in ROOT or build.get("user"):
            found.append(("user", f"USER {user}"))
        return found

    def dockerfile(self, own: str = "") -> str:
        """The text of the Dockerfile."""
        return self.text or "".join(f"{line}\n" for _, line in self.instructions(own))


def recipe(build: Table, executor: Table, root: str) -> Recipe:
    """From `[build]` and `[executor]` of a plan, where the project's files lie in `root`. Raises OSError."""
    include: list[str] | None = build.get("include")
    python = executor.get("python") or "python3"
    if include is not None:
        chosen = [path for pattern in include for path in expand(root, pattern)]
    elif build.get("dockerfile") or executor.get("code") == "image":
        chosen = project_files(root)
    else:
        chosen = []
    project = {path: os.path.join(root, path) for path in files_of(root, chosen)}
    if build.get("dockerfile"):
        where = os.path.join(root, build["dockerfile"])
        with open(where, encoding="utf-8", errors="surrogateescape") as file:
            text = file.read()
        return Recipe(build, python, tuple(bases(text)), {**project, build["dockerfile"]: where}, text)
    files: dict[str, str | bytes] = {f"project/{path}": where for path, where in project.items()}
    for path in _texts(build.get("requirements")):
        files.update({f"requirements/{each}": os.path.join(root, each) for each in _needed(root, path, {})})
    if build.get("pyproject"):
        with open(os.path.join(root, build["pyproject"]), "rb") as pyproject:
            wanted = dependencies(pyproject.read().decode("utf-8", "replace"), build.get("extras") or ())
        files[f"requirements/{PYPROJECT}"] = "".join(f"{line}\n" for line in wanted).encode()
    return Recipe(build, python, (build["base"],), dict(sorted(files.items())), "")


def bases(text: str) -> list[str]:
    """The images that a Dockerfile starts from, as far as its text alone tells."""
    stages: set[str] = {"scratch"}
    found: dict[str, None] = {}
    for name, stage in _FROM.findall(text):
        if name.lower() not in stages and "$" not in name:
            found[name] = None
        stages.add(stage.lower())
    return list(found)


def _needed(root: str, path: str, found: dict[str, None]) -> dict[str, None]:
    """A file of requirements, and all files of the project that it speaks of."""
    if path in found or not os.path.isfile(os.path.join(root, path)):
        return found
    found[path] = None
    with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
        lines = [line.strip() for line in file]
    for line in lines:
        lists, places, one = _LISTS.match(line), _PLACES.match(line), _PATH.match(line)
        if lists:
            for each in _inside(path, lists.group(1))[:1]:
                _needed(root, each, found)
        elif places:
            for each in _inside(path, places.group(1)):
                found.update(dict.fromkeys(expand(root, f"{each}/")))
        elif one and not line.startswith(("#", "--")) and "://" not in line:
            found.update(dict.fromkeys(_local(root, one.group(1))))
    return found


def _local(root: str, word: str) -> Iterator[str]:
    """A package that lies in the project: a file, or a folder with what git lists there."""
    where = os.path.normpath(word)
    if os.path.isfile(os.path.join(root, where)) and not where.startswith(".."):
        yield where
    elif os.path.isdir(os.path.join(root, where)) and ("/" in word or word == "."):
        below = "" if where == "." else f"{where}/"
        yield from files_of(root, (each for each in project_files(root) if each.startswith(below)))


def _inside(path: str, word: str) -> list[str]:
    """What a word in a file may mean: from its folder, from the root."""
    found = [os.path.normpath(os.path.join(os.path.dirname(path), word)), os.path.normpath(word)]
    return [each for each in found if not each.startswith(("..", "/"))]


def _texts(given: str | list[str] | None) -> list[str]:
    return [given] if isinstance(given, str) else list(given or ())


def _run(*argv: str) -> str:
    return f"RUN {json.dumps(argv)}"


def _copy(folder: str, there: str) -> str:
    return f'COPY ["{folder}/", "{there}/"]'
