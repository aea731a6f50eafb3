"""A pod that lives for seconds: it mounts a claim, to read only, and prints the files that it is asked for.

It prints a packed archive in lines of base64, and at the end the digest of that: a log that was cut off is known."""

from __future__ import annotations

import os
import shutil
import tarfile
from base64 import b64decode
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from runner.plan.nearby import holder
from runner.run.reached import Unread
from runner_executors.kubernetes_cluster import Cluster, Refusal, Unreachable
from runner_executors.kubernetes_end import State, state
from runner_executors.kubernetes_patience import HOPELESS, SOON
from runner_executors.kubernetes_pod import LABEL, MAIN, Maps, Task, pod

Table = dict[str, Any]
MOST = 3600  # seconds that it may live, whatever becomes of us
NAMES = 4000  # that one pod is asked for: they stand in its command line
STUCK = (*HOPELESS, *SOON, "ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull")
END = b"end "
SCRIPT = """
import base64, hashlib, os, sys, tarfile
class Lines:
    def __init__(self):
        self.rest, self.digest = b"", hashlib.sha256()
    def write(self, data):
        self.digest.update(data)
        self.rest += data
        while len(self.rest) >= 12000:
            self.put(12000)
        return len(data)
    def put(self, size):
        sys.stdout.write(base64.b64encode(self.rest[:size]).decode() + "\\n")
        self.rest = self.rest[size:]
def below(path):
    if os.path.isfile(path):
        yield path
    for folder, _, names in os.walk(path):
        for name in sorted(names):
            if not name.startswith(".tmp-"):
                yield os.path.join(folder, name)
out, base = Lines(), sys.argv[1]
with tarfile.open(fileobj=out, mode="w|gz") as archive:
    for name in sys.argv[2:]:
        for path in below(os.path.join(base, name)):
            try:
                archive.add(path, os.path.relpath(path, base), recursive=False)
            except FileNotFoundError:
                pass
out.put(len(out.rest))
sys.stdout.write("end " + out.digest.hexdigest() + "\\n")
"""


def fetch(cluster: Cluster, profile: Mapping[str, Any], base: str, names: Sequence[str], into: Path) -> None:
    """Bring files, and all files of folders, to the same names in a folder of this machine; what is not there is passed
    over. profile: as the plan holds it; base: where they lie in pods, in a claim. Raises Unread, OSError."""
    volume = holder(profile, base)
    if volume is None or not volume.get("claim"):
        raise Unread("it lies on no claim")
    if not profile["executor"].get("image"):
        raise Unread("the profile names no image, in which a Python could read it")
    _sweep(cluster)
    for start in range(0, len(names), NAMES):
        _fetch(cluster, reader(profile, volume, base, names[start : start + NAMES]), into)


def reader(profile: Mapping[str, Any], volume: Mapping[str, Any], base: str, names: Sequence[str]) -> Table:
    """The pod: as those of the run, with their image and user, and one volume."""
    settings = dict(profile["executor"])
    theirs = ("containers", "initContainers", "volumes")
    settings["pod"] = {key: one for key, one in (settings.get("pod") or {}).items() if key not in theirs}
    only = {"executor": settings, "volumes": {"store": {**volume, "read-only": True}}}
    made = pod(only, Task("", [], {"cpu": 0.05, "memory": 128 << 20}, ()), Maps("", ()))
    spec = made["spec"]
    (main,) = spec["containers"]
    for one, key in ((spec, "volumes"), (main, "volumeMounts")):
        one[key] = [each for each in one[key] if each["name"] not in ("agent", "plan")]
    main["command"] = [settings.get("python") or "python3", "-c", SCRIPT]
    main["args"] = [word.replace("$", "$$") for word in (base, *names)]  # a cluster fills that in, otherwise
    spec.update(restartPolicy="Never", activeDeadlineSeconds=MOST)
    name = f"runner-reader-{os.urandom(5).hex()}"
    labels = {**made["metadata"].get("labels", {}), f"{LABEL}/kind": "reader", f"{LABEL}/reader": name}
    metadata = {**made["metadata"], "name": name, "labels": labels}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def _fetch(cluster: Cluster, document: Table, into: Path) -> None:
    name = document["metadata"]["name"]
    try:
        cluster.create("pod", document)
        _begun(cluster, name)
        with TemporaryFile() as archive:
            said = _take(cluster.log(name, MAIN, follow=True), archive)
            if said is not None:
                raise Unread(said or "the pod that reads it said nothing")
            unpack(archive, into)
    except (Refusal, Unreachable) as error:
        raise Unread(str(error)) from None
    finally:  # Ctrl-C, too
        with suppress(Refusal, Unreachable):
            cluster.delete("pod", name, 0)


def _begun(cluster: Cluster, name: str) -> None:
    """Wait until it prints. Raises Unread where it can't, Refusal, Unreachable."""
    seen = State("waiting")
    for change in cluster.watch("pod", f"{LABEL}/reader={name}"):
        for one in change.objects:
            seen = state(one)
            if (seen.phase == "ended" and seen.exit is None) or change.what == "DELETED":
                raise Unread(f"the pod that reads it is gone: {seen.words or seen.why}".rstrip(": "))
            if seen.phase != "waiting":
                if seen.why in ("StartError", "ContainerCannotRun"):
                    raise Unread(f"its image has no such Python (`executor.python`): {seen.words}")
                return
            if seen.why in STUCK:
                raise Unread(f"the pod that reads it can't start: {seen.why}: {seen.words}".rstrip(": "))
    raise Unread(f"the pod that reads it does not start: {seen.why}: {seen.words}".rstrip(": "))


def _take(pieces: Iterable[bytes], archive: IO[bytes]) -> str | None:
    """Write down the archive that was printed; what was said instead, where it is not whole."""
    digest, rest, words = sha256(), b"", ""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            if line.startswith(END):
                whole = line[len(END) :].decode() == digest.hexdigest()
                return None if whole else "what the pod printed did not come whole"
            try:
                data = b64decode(line, validate=True)
            except ValueError:
                words = line.decode("utf-8", "replace").strip() or words
                continue
            digest.update(data)
            archive.write(data)
    return words or rest.decode("utf-8", "replace").strip()


def unpack(archive: IO[bytes], into: Path) -> None:
    """Write the files of an archive below a folder, each at once or not at all; links, and names that lead out of it,
    are passed over. Raises OSError."""
    archive.seek(0)
    with tarfile.open(fileobj=archive, mode="r:gz") as packed:
        for member in packed:
            parts = member.name.split("/")
            source = packed.extractfile(member) if member.isreg() else None
            if source is None or member.name.startswith("/") or ".." in parts:
                continue
            path = into.joinpath(*parts)
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = path.with_name(f".{path.name[:100]}.{os.getpid()}.part")
            with open(temporary, "wb") as out:
                shutil.copyfileobj(source, out, 1 << 20)
            os.replace(temporary, path)


def _sweep(cluster: Cluster) -> None:
    """Remove those that somebody has left who was killed."""
    before = datetime.now(UTC) - timedelta(seconds=MOST)
    with suppress(Refusal, Unreachable, ValueError):
        for one in cluster.list("pod", f"{LABEL}/kind=reader").get("items") or ():
            if datetime.fromisoformat(str(one["metadata"]["creationTimestamp"])) < before:
                cluster.delete("pod", one["metadata"]["name"], 0)
