"""What an engine is asked, and what is made of its answers: by a server on a socket that only pretends to be one."""

from __future__ import annotations

import base64
import json
import os
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingUnixStreamServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from runner.testing.project import Project

pytest.importorskip("docker")

from runner_executors.docker_engine import Engine, Failed


class Streamed(list[Any]):
    """What an engine says bit by bit."""


Answer = tuple[int, Any]
HERE = {"Id": "sha256:1", "Os": "linux", "Architecture": "arm64", "Variant": "v8"}


class Pretended(ThreadingUnixStreamServer):
    """An engine. answers: "METHOD /path" -> status and JSON, perhaps Streamed. asked: what came, in order,
    with its query and headers."""

    daemon_threads = True

    def __init__(self, path: Path) -> None:
        self.answers: dict[str, Answer] = {"GET /_ping": (200, "OK"), "GET /info": (200, {})}
        self.asked: list[tuple[str, dict[str, str], Any]] = []
        self.says: dict[str, str] = {}
        super().__init__(str(path), Handler)

    @property
    def lines(self) -> list[str]:
        """What was asked, without its query."""
        return [line for line, _, _ in self.asked]


def chunked(said: list[Any]) -> bytes:
    """JSON values as an engine streams them."""
    parts = [*(json.dumps(one).encode() + b"\n" for one in said), b""]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Pretended

    def do_GET(self) -> None:
        there = urlsplit(self.path)
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        line = f"{self.command} {unquote(there.path).removeprefix('/v1.41')}"
        query = {name: values[0] for name, values in parse_qs(there.query).items()}
        self.server.asked.append((line, query, self.headers))
        code, said = self.server.answers.get(line, (404, {"message": f"No such image: {line}"}))
        streamed = isinstance(said, Streamed)
        body = chunked(said) if streamed else json.dumps(said).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header(*("Transfer-Encoding", "chunked") if streamed else ("Content-Length", str(len(body))))
        for name, text in self.server.says.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def address_string(self) -> str:
        return "socket"


@pytest.fixture
def pretended(tmp_path: Path) -> Iterator[Pretended]:
    with Pretended(tmp_path / "engine.sock") as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def engine(pretended: Pretended) -> Iterator[Engine]:
    found = Engine.reached({"DOCKER_HOST": f"unix://{pretended.server_address!s}"})
    yield found
    found.close()


def test_an_image_that_is_here_is_not_fetched(engine: Engine, pretended: Pretended) -> None:
    pretended.answers["GET /images/one:2/json"] = (200, HERE)
    assert engine.image("one:2", "missing", None) == engine.image("one:2", "never", None) == "sha256:1"
    assert "POST /images/create" not in pretended.lines


@pytest.mark.parametrize(
    ("name", "image", "tag"),
    [("one", "one", "latest"), ("host:5000/a/one:2", "host:5000/a/one", "2"), ("one@sha256:0a", "one", "sha256:0a")],
)
def test_an_image_is_fetched_by_its_whole_name(
    engine: Engine, pretended: Pretended, name: str, image: str, tag: str
) -> None:
    pretended.answers["POST /images/create"] = (200, Streamed([{"status": "done"}]))
    pretended.answers[f"GET /images/{name}/json"] = (200, HERE)
    assert engine.image(name, "always", "linux/arm64") == "sha256:1"
    query = next(query for line, query, _ in pretended.asked if line == "POST /images/create")
    assert query == {"fromImage": image, "tag": tag, "platform": "linux/arm64"}


def test_an_image_by_its_id_is_never_fetched(engine: Engine, pretended: Pretended) -> None:
    pretended.answers["GET /images/sha256:1/json"] = (200, HERE)
    assert engine.image("sha256:1", "always", None) == "sha256:1"
    with pytest.raises(Failed, match="there is no image `sha256:2` here$"):
        engine.image("sha256:2", "always", None)
    assert "POST /images/create" not in pretended.lines


@pytest.mark.parametrize("platform", ["linux/arm64", "linux/arm64/v8", "arm64", "linux"])
def test_an_image_for_the_platform_is_taken(engine: Engine, pretended: Pretended, platform: str) -> None:
    pretended.answers["GET /images/one:2/json"] = (200, HERE)
    assert engine.image("one:2", "never", platform) == "sha256:1"


def test_an_image_for_another_platform_is_not_that_image(engine: Engine, pretended: Pretended) -> None:
    pretended.answers["GET /images/one:2/json"] = (200, HERE)
    with pytest.raises(Failed, match="the image `one:2` here is not for linux/amd64"):
        engine.image("one:2", "never", "linux/amd64")
    pretended.answers["POST /images/create"] = (200, Streamed([{"error": "no\nmanifest"}]))
    with pytest.raises(Failed, match="`one:2` is not here and can't be pulled: no manifest"):
        engine.image("one:2", "missing", "linux/amd64")


def test_credentials_of_a_registry_are_those_of_the_docker_command(
    pretended: Pretended, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, eve = (base64.b64encode(f"{name}:open-sesame".encode()).decode() for name in ("ada", "eve"))
    helper = tmp_path / "docker-credential-kept"
    helper.write_text('#!/bin/sh\nread host\necho "{\\"Username\\":\\"bob\\",\\"Secret\\":\\"for $host\\"}"\n')
    helper.chmod(0o755)
    config = {"auths": {"one.test": {"auth": ada}, "two.test": {"auth": eve}}, "credHelpers": {"three.test": "kept"}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    engine = Engine.reached({"DOCKER_HOST": f"unix://{pretended.server_address!s}"})
    pretended.answers["POST /images/create"] = (200, Streamed())

    def sent(name: str) -> Any:
        with pytest.raises(Failed):
            engine.image(name, "always", None)
        header = next(headers for line, _, headers in reversed(pretended.asked) if line == "POST /images/create")
        text = header["X-Registry-Auth"]
        return json.loads(base64.urlsafe_b64decode(text)) if text else None

    try:
        assert sent("one.test/a:1")["username"] == "ada" and sent("two.test/a:1")["username"] == "eve"
        assert sent("three.test/a:1")["Password"] == "for three.test"
        assert sent("four.test/a:1") is None
    finally:
        engine.close()


@pytest.mark.parametrize("info", [{"Rootless": True}, {"SecurityOptions": ["name=seccomp", "name=rootless"]}])
def test_the_caller_is_root_where_the_engine_is_a_process_of_his_own(pretended: Pretended, info: Any) -> None:
    host = {"DOCKER_HOST": f"unix://{pretended.server_address!s}"}
    pretended.answers["GET /info"] = (200, info)
    for user in ("0:0", f"{os.getuid()}:{os.getgid()}"):
        engine = Engine.reached(host)
        assert (engine.user, engine.podman) == (user, False)
        engine.close()
        pretended.answers["GET /info"] = (200, {"SecurityOptions": None})


def test_podman_is_asked_for_no_graphics_processor(project: Callable[..., Project], pretended: Pretended) -> None:
    pretended.says = {"Libpod-API-Version": "4.3.1"}
    pretended.answers |= {"GET /containers/json": (200, []), "GET /info": (200, {"NCPU": 2, "MemTotal": 1 << 30})}
    host = f"unix://{pretended.server_address!s}"
    found = project({"pipeline.toml": "name = 'x'\n[steps.a]\nshell = 'true'\nresources = { gpu = 1 }\n"})
    said = found.cli("up", "--profile", "std:docker", "--set", "executor.image=x", env={"DOCKER_HOST": host})
    said.exits(1).says("Podman gives no graphics processor")
    assert "POST /containers/create" not in pretended.lines
