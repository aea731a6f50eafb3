"""What the engine is asked for, for one attempt: the JSON of its API, made of what a call says and nothing else."""

from __future__ import annotations

import os
from collections.abc import Mapping
from math import ceil
from typing import Any, NamedTuple

from runner.model.units import bytes_of

Table = dict[str, Any]
INSIDE = "/run/runner"  # where the agent lies in a container
LABEL = "run.runner"  # labels of our containers: root, owner, run, and the step where there is but one


class Around(NamedTuple):
    """What a container has of this machine and this run. user: "uid:gid"; login: its name; owner: the process that
    drives it, "pid:birth"; agent: the folder with the agent for its image; folder: what it may write to; cpus: all that
    there are."""

    root: str
    user: str
    login: str
    owner: str
    agent: str
    folder: str
    cpus: float


class Bare(NamedTuple):
    """What a container runs, and where. files: to be read, at their own paths."""

    argv: list[str]
    env: Mapping[str, str]
    cwd: str
    files: list[str]


def spec(call: Table, image: str, settings: Table, around: Around) -> Table:
    """A container that waits for calls. No secret is in it, and nothing of `env`: both come with a call, on its input.
    Its Python looks at no variable and no package of the image."""
    argv = [settings.get("python") or "python3", "-I", "-S", INSIDE, "execute-calls", "--told", "0"]
    return {
        **_of_any(call, image, around, Bare(argv, {}, "/", [])),
        **dict.fromkeys(("OpenStdin", "StdinOnce", "AttachStdin", "AttachStdout", "AttachStderr"), True),
        "HostConfig": {"Mounts": mounts(call, settings, around), **_host(call, settings, around)},
    }


def bare(call: Table, image: str, settings: Table, around: Around, what: Bare) -> Table:
    """The container of an attempt without an agent inside. The engine keeps no log of it: nothing is masked there."""
    places = [*project(settings, around), bind(around.folder, around.folder), *volumes(settings, around)]
    files = [bind(path, path, read_only=True) for path in what.files]
    alone = {"Mounts": [*places, *files], "Init": True, "LogConfig": {"Type": "none"}}
    return {
        **_of_any(call, image, around, what),
        **dict.fromkeys(("AttachStdout", "AttachStderr"), True),
        "HostConfig": {**alone, **_host(call, settings, around)},
    }


def _of_any(call: Table, image: str, around: Around, what: Bare) -> Table:
    env = {"HOME": os.path.join(around.folder, "home"), "USER": around.login, "LOGNAME": around.login, **what.env}
    labels = {"root": around.root, "owner": around.owner, "run": call["run"]["id"]}
    labels.update({"step": call["label"]} if "label" in call else {})
    return {
        "Image": image,
        "Entrypoint": [],
        "Cmd": what.argv,
        "User": around.user,
        "WorkingDir": what.cwd,
        "Env": [f"{name}={text}" for name, text in env.items()],
        "Labels": {f"{LABEL}.{name}": text for name, text in labels.items()},
    }


def _host(call: Table, settings: Table, around: Around) -> Table:
    found = limits(call, around.cpus)
    if settings.get("network"):
        found["NetworkMode"] = settings["network"]
    if settings.get("read-only"):
        found |= {"ReadonlyRootfs": True, "Tmpfs": {"/tmp": "mode=1777"}}
    return found


def mounts(call: Table, settings: Table, around: Around) -> list[Table]:
    """The project unless it is in the image, the agent, the folder to work in, and a catalog of files."""
    found = [
        *project(settings, around),
        bind(around.agent, INSIDE, read_only=True),
        bind(around.folder, around.folder),
    ]
    catalog = catalog_of(call, around.root)
    return [*found, *([bind(catalog, catalog)] if catalog else []), *volumes(settings, around)]


def volumes(settings: Table, around: Around) -> list[Table]:
    """`[volumes]` of the profile: folders of this machine, volumes of the engine by name, else empty ones in memory."""
    found: list[Table] = []
    for one in (settings.get("volumes") or {}).values():
        read_only = bool(one.get("read-only"))
        if not one.get("mount"):
            continue
        if one.get("here"):
            folder = os.path.normpath(os.path.join(around.root, one["here"], one.get("sub-path") or ""))
            found.append(bind(folder, one["mount"], read_only))
        elif one.get("claim"):
            found.append({**bind(one["claim"], one["mount"], read_only), "Type": "volume"})
        else:
            size = {"SizeBytes": bytes_of(one["size"])} if one.get("size") else {}
            found.append({"Type": "tmpfs", "Target": one["mount"], "TmpfsOptions": {"Mode": 0o1777, **size}})
    return found


def project(settings: Table, around: Around) -> list[Table]:
    """The folder of the project, unless its files are in the image."""
    return [] if settings.get("code") == "image" else [bind(around.root, around.root, read_only=True)]


def bind(source: str, target: str, read_only: bool = False) -> Table:
    """A path of this machine, inside."""
    return {"Type": "bind", "Source": source, "Target": target, "ReadOnly": read_only}


def catalog_of(call: Table, root: str) -> str | None:
    """The folder of the catalog, where it is one."""
    catalog = call["catalog"]
    if catalog["type"] != "file-system":
        return None
    return os.path.join(root, catalog.get("path") or ".runner/catalog")


def limits(call: Table, cpus: float) -> Table:
    """`resources` as the engine holds to them; memory is no larger with swap. More processors than there are is all."""
    resources: Table = call.get("resources") or {}
    found: Table = {}
    if resources.get("cpu"):
        found["NanoCpus"] = int(min(resources["cpu"], cpus) * 1_000_000_000)
    if resources.get("memory"):
        found["Memory"] = found["MemorySwap"] = int(resources["memory"])
    if resources.get("shm"):
        found["ShmSize"] = int(resources["shm"])
    if resources.get("gpu"):
        found["DeviceRequests"] = [{"Count": ceil(resources["gpu"]), "Capabilities": [["gpu"]]}]
    return found
