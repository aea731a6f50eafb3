"""The Docker Engine as this executor uses it: a few calls of its API, and every refusal in words."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator, Mapping
from typing import Any

from runner.text.diagnostics import Refused, diagnose
from runner_executors.causes import cause

Table = dict[str, Any]
API = "1.41"  # what engines from 20.10 on speak; asked for by number, one question less


class Failed(Exception):
    """What the engine did not do, in a sentence; `reason` is that of an end record."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Stream:
    """The streams of a container as one socket; the library hands out a file around it."""

    def __init__(self, made: Any) -> None:
        self._made = made
        self.socket = getattr(made, "_sock", made)

    def close(self) -> None:
        """Let go of it."""
        answer = getattr(self._made, "_response", None)
        for one in (answer, self._made, self.socket):
            if one is not None:
                with contextlib.suppress(OSError, ValueError):  # they close each other, and mind what is closed
                    one.close()


class Engine:
    """One engine, Docker's or Podman's, reached as the `docker` command reaches it.

    user: who the caller is in its containers, "uid:gid"."""

    def __init__(self, client: Any, errors: Any, podman: bool, user: str) -> None:
        self.client, self.errors, self.podman, self.user = client, errors, podman, user
        self._known: dict[str, str] = {}
        self._cpus = 0.0

    @classmethod
    def reached(cls, environ: Mapping[str, str]) -> Engine:
        """By DOCKER_HOST, DOCKER_TLS_VERIFY, DOCKER_CERT_PATH. Raises Refused (E720, E721)."""
        try:
            import docker  # a library of the extra `docker`
            from docker import errors
        except ImportError:
            raise Refused([diagnose("E720", None)]) from None
        host = environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"
        client = None
        try:
            if host.startswith("unix://"):  # the library leaves a socket open that it can't connect
                with socket.socket(socket.AF_UNIX) as there:
                    there.connect(host.removeprefix("unix://"))
            client = docker.from_env(version=API, environment=dict(environ), timeout=60)
            answer = client.api._get(client.api._url("/_ping"))
            answer.raise_for_status()
            podman = "Libpod-API-Version" in answer.headers
            # an engine that runs without root does so at a socket of its own; there root is the caller
            rootless = (podman or bool(environ.get("DOCKER_HOST"))) and _rootless(client.info())
            return cls(client, errors, podman, "0:0" if rootless else f"{os.getuid()}:{os.getgid()}")
        except (errors.DockerException, OSError) as error:  # of requests are OSErrors
            if client is not None:
                client.close()
            raise Refused([diagnose("E721", None, host=host, why=cause(error))]) from None

    def version(self) -> str:
        """What answers, and which: `Docker Engine 28.3.0`. Raises Refused (E721)."""
        try:
            return f"{'Podman' if self.podman else 'Docker Engine'} {self.client.version()['Version']}"
        except (self.errors.DockerException, OSError) as error:
            raise Refused([diagnose("E721", None, host=self.client.api.base_url, why=cause(error))]) from None

    def cpus(self) -> float:
        """Processors of its machine, asked once."""
        if not self._cpus:
            self._cpus = self.stock()["cpu"]
        return self._cpus

    def stock(self) -> dict[str, float]:
        """Processors and memory of its machine."""
        info = self.client.info()
        return {"cpu": float(info["NCPU"]), "memory": float(info["MemTotal"])}

    def image(self, name: str, pull: str, platform: str | None) -> str:
        """Have an image here; its id. What is named by its id is never fetched. Raises Failed (no-image)."""
        try:
            if pull != "always" or name.startswith("sha256:"):
                here = self.client.images.get(name)
                if not platform or _fits(here.attrs, platform):
                    return str(here.id)
                if pull == "never":
                    raise Failed("no-image", f"the image `{name}` here is not for {platform}, and `pull` is `never`")
        except self.errors.ImageNotFound:
            if pull == "never" or name.startswith("sha256:"):
                why = ", and `pull` is `never`" if pull == "never" else ""
                raise Failed("no-image", f"there is no image `{name}` here{why}") from None
        except self.errors.DockerException as error:
            raise Failed("no-image", f"the image `{name}` can't be had: {_last(error)}") from None
        return self._pull(name, platform)

    def known(self, name: str) -> str:
        """The id of an image that is here, asked once a run; "" for any other."""
        if not self._known.get(name):
            with contextlib.suppress(self.errors.DockerException, OSError):
                self._known[name] = str(self.client.images.get(name).id) if name else ""
        return self._known.get(name, "")

    def create(self, spec: Table, platform: str | None) -> str:
        """Make a container of the JSON of the engine's API; its id. Raises Failed."""
        with self.told("never-started"):
            container: str = self.client.api.create_container_from_config(spec, platform=platform)["Id"]
            return container

    def config(self, image: str) -> Table:
        """What an image says of its containers, by its id. Raises Failed (no-image)."""
        with self.told("no-image"):
            found: Table = self.client.api.inspect_image(image).get("Config") or {}
            return found

    def attach(self, id: str, stdin: bool = True) -> Stream:
        """What the container reads, and what it writes until it ends."""
        with self.told("never-started"):
            params = {"stdin": int(stdin), "stdout": 1, "stderr": 1, "stream": 1}
            return Stream(self.client.api.attach_socket(id, params=params))

    def close(self) -> None:
        """Give the connections back."""
        self.client.close()

    def start(self, id: str) -> None:
        """Start a container. Raises Failed."""
        with self.told("never-started"):
            self.client.api.start(id)

    def ended(self, id: str) -> tuple[int | None, bool]:
        """Exit code of a container whose stream has ended, and whether its memory ran out; None where it is gone."""
        with contextlib.suppress(self.errors.DockerException, OSError):
            self.client.api.wait(id, timeout=10)
            state = self.client.api.inspect_container(id)["State"]
            return int(state["ExitCode"]), bool(state.get("OOMKilled"))
        return None, False

    def kill(self, id: str, signal: str) -> None:
        """Send a signal; what has ended is passed over."""
        with contextlib.suppress(self.errors.DockerException, OSError):
            self.client.api.kill(id, signal)

    def remove(self, id: str) -> None:
        """Remove a container, whatever it does; one that is gone is passed over."""
        with contextlib.suppress(self.errors.DockerException, OSError):
            self.client.api.remove_container(id, force=True, v=True)

    def labelled(self, **labels: str) -> list[Table]:
        """All containers with these labels: {Id, Labels}."""
        wanted = [f"{name}={value}" for name, value in labels.items()]
        found: list[Table] = self.client.api.containers(all=True, filters={"label": wanted})
        return found

    def _pull(self, name: str, platform: str | None) -> str:
        """Fetch an image, with the credentials that the `docker` command has for its registry."""
        why = ""
        try:
            for part in self.client.api.pull(name, platform=platform, stream=True, decode=True):
                why = str(part.get("error") or why)
            if not why:
                return str(self.client.images.get(name).id)
        except (self.errors.DockerException, OSError) as error:
            why = _last(error)
        raise Failed("no-image", f"the image `{name}` is not here and can't be pulled: {' '.join(why.split())}")

    @contextlib.contextmanager
    def told(self, reason: str) -> Iterator[None]:
        """What the library raises inside, as Failed."""
        try:
            yield
        except self.errors.DockerException as error:
            raise Failed(reason, f"the engine refused: {_last(error)}") from None


def _rootless(info: Table) -> bool:
    """Whether an engine, Docker's or Podman's, is a process of the caller's own."""
    return bool(info.get("Rootless")) or any("rootless" in option for option in info.get("SecurityOptions") or ())


def _fits(image: Table, platform: str) -> bool:
    """Whether an image is for a platform: `linux/amd64`, `linux/arm64/v8`, or a part of it such as `arm64`."""
    there = [image.get("Os"), image.get("Architecture"), *filter(None, [image.get("Variant")])]
    wanted = platform.split("/")
    return wanted in (there[: len(wanted)], there[1 : 1 + len(wanted)])


def _last(error: BaseException) -> str:
    """What an error of the library comes to, on one line."""
    said = getattr(error, "explanation", None) or getattr(error, "strerror", None) or str(error)
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return " ".join(text.split())
