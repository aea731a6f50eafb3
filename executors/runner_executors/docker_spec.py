"""What the engine is asked for, for one attempt: the JSON of its API, made of what a call says and nothing else."""

from __future__ import annotations

import os
from math import ceil
from typing import Any, NamedTuple

Table = dict[str, Any]
INSIDE = "/run/runner"  # where the agent lies in a container
LABEL = "run.runner"  # labels of our containers: root, owner, run, step


class Around(NamedTuple):
    """What a container has of this machine and this run. user: "uid:gid"; login: its name; owner: the process that
    drives it, "pid:birth"; agent: the folder with the agent for its image; folder: what it may write to."""

    root: str
    user: str
    login: str
    owner: str
    agent: str
    folder: str


def spec(call: Table, image: str, settings: Table, around: Around) -> Table:
    """The container of an attempt. No secret is in it, and nothing of `env`: both come with the call, on its input."""
    argv = [settings.get("python") or "python3", INSIDE, "execute-call", "--told", "0", "--report", around.folder]
    home = os.path.join(around.folder, "home")
    labels = {"root": around.root, "owner": around.owner, "run": call["run"]["id"], "step": call["label"]}
    network = settings.get("network")
    return {
        "Image": image,
        "Entrypoint": [],
        "Cmd": argv,
        "User": around.user,
        "WorkingDir": "/",
        "Env": [f"HOME={home}", f"USER={around.login}", f"LOGNAME={around.login}"],
        "Labels": {f"{LABEL}.{name}": text for name, text in labels.items()},
        **dict.fromkeys(("OpenStdin", "StdinOnce", "AttachStdin", "AttachStdout", "AttachStderr"), True),
        "HostConfig": {
            "Mounts": mounts(call, settings, around),
            **limits(call),
            **({"NetworkMode": network} if network else {}),
        },
    }


def mounts(call: Table, settings: Table, around: Around) -> list[Table]:
    """The project unless it is in the image, the agent, the folder to work in, the log, and a catalog of files."""
    found = [
        *([] if settings.get("code") == "image" else [bind(around.root, around.root, read_only=True)]),
        bind(around.agent, INSIDE, read_only=True),
        bind(around.folder, around.folder),
        bind(call["log"], call["log"]),
    ]
    catalog = catalog_of(call, around.root)
    return [*found, bind(catalog, catalog)] if catalog else found


def bind(source: str, target: str, read_only: bool = False) -> Table:
    """A path of this machine, inside."""
    return {"Type": "bind", "Source": source, "Target": target, "ReadOnly": read_only}


def catalog_of(call: Table, root: str) -> str | None:
    """The folder of the catalog, where it is one."""
    catalog = call["catalog"]
    if catalog["type"] != "file-system":
        return None
    return os.path.join(root, catalog.get("path") or ".runner/catalog")


def limits(call: Table) -> Table:
    """`resources` as the engine holds to them; memory is no larger with swap."""
    resources: Table = call.get("resources") or {}
    found: Table = {}
    if resources.get("cpu"):
        found["NanoCpus"] = int(resources["cpu"] * 1_000_000_000)
    if resources.get("memory"):
        found["Memory"] = found["MemorySwap"] = int(resources["memory"])
    if resources.get("shm"):
        found["ShmSize"] = int(resources["shm"])
    if resources.get("gpu"):
        found["DeviceRequests"] = [{"Count": ceil(resources["gpu"]), "Capabilities": [["gpu"]]}]
    return found
