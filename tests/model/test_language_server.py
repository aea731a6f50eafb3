"""What an editor offers: a session with the language server of tombi, offline, on our shipped schemas."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runner.model.generate import ROOT
from runner.model.language import KINDS

TOMBI = shutil.which("tombi", path=str(Path(sys.executable).parent)) or shutil.which("tombi")
pytestmark = pytest.mark.skipif(TOMBI is None, reason="tombi is not installed")

TEXT = f"""#:schema {ROOT}/schema/pipeline.json
name = "demo"

[steps.a]
shell = "x"
retry = {{ attempts = 2 }}
outputs = [{{ path = "x", kind = "" }}]

[steps.b]

"""


class Session:
    """A language server with one file open."""

    def __init__(self, folder: Path, text: str) -> None:
        path = folder / "pipeline.toml"
        path.write_text(text, encoding="utf-8")
        self.uri = path.as_uri()
        assert TOMBI
        self.process = subprocess.Popen(
            [TOMBI, "lsp", "--offline"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
        )
        self.number = 0
        self.ask("initialize", {"processId": None, "rootUri": folder.as_uri(), "capabilities": {}})
        self.send({"method": "initialized", "params": {}})
        opened = {"uri": self.uri, "languageId": "toml", "version": 1, "text": text}
        self.send({"method": "textDocument/didOpen", "params": {"textDocument": opened}})
        deadline = time.monotonic() + 30
        while not self.offered(2, 0) and time.monotonic() < deadline:
            time.sleep(0.05)  # the file and its schema are read beside the conversation

    def send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def ask(self, method: str, params: dict[str, Any]) -> Any:
        self.number += 1
        self.send({"id": self.number, "method": method, "params": params})
        while True:
            message = self.receive()
            if "method" in message and "id" in message:
                self.send({"id": message["id"], "result": None})
            elif message.get("id") == self.number:
                return message.get("result")

    def receive(self) -> dict[str, Any]:
        assert self.process.stdout
        size = 0
        while line := self.process.stdout.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                size = int(value)
        message: dict[str, Any] = json.loads(self.process.stdout.read(size))
        return message

    def offered(self, line: int, column: int) -> list[str]:
        """The words that completion offers at a place."""
        found = self.ask("textDocument/completion", self.at(line, column))
        return [item["label"] for item in (found if isinstance(found, list) else (found or {}).get("items", []))]

    def told(self, line: int, column: int) -> str:
        """What hovering over a place shows."""
        found = self.ask("textDocument/hover", self.at(line, column))
        return str(found["contents"]["value"])

    def at(self, line: int, column: int) -> dict[str, Any]:
        return {"textDocument": {"uri": self.uri}, "position": {"line": line, "character": column}}


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    made = Session(tmp_path, TEXT)
    yield made
    made.process.kill()
    made.process.wait()
    for stream in (made.process.stdin, made.process.stdout):
        if stream:
            stream.close()


def test_keys_are_offered_where_they_belong(session: Session) -> None:
    top = session.offered(2, 0)
    assert {"params", "steps", "handlers", "finally", "timeout"} <= set(top)
    assert "name" not in top  # it is there already
    step = session.offered(9, 0)
    assert step[: len(KINDS)] == list(KINDS)
    assert {"needs", "for-each", "retry", "outputs"} <= set(step)


def test_words_are_offered_as_values(session: Session) -> None:
    assert {"file", "metrics", "plot", "figure", "table", "report"} <= {
        word.strip('"') for word in session.offered(6, 34)
    }


def test_hovering_explains_a_key(session: Session) -> None:
    assert "A script of the shell" in session.told(4, 2)
    attempts = session.told(5, 12)
    assert "How often the command may run in all." in attempts
    assert "Minimum: `1`" in attempts
