"""A language server as an editor sees it: files are opened, and it is asked what to offer, to tell, to complain of."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

PATIENCE = 20.0  # seconds until an answer is given up; servers read files and schemas beside the conversation
CURSOR = "|"
Said = TypeVar("Said")


class LanguageServer:
    """One process, spoken to over its standard streams. Closed by `close`, or as a context."""

    def __init__(self, command: Sequence[str], folder: Path, name: str = "") -> None:
        self.folder, self.name = folder, name
        self.process = subprocess.Popen(
            list(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=folder
        )
        self.received: queue.Queue[dict[str, Any]] = queue.Queue()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        self.number = self.files = 0
        self.problems: dict[str, list[str]] = {}  # uri -> what was complained of last
        root = folder.as_uri()
        workspace = {"workspaceFolders": [{"uri": root, "name": "tests"}]}
        self.ask("initialize", {"processId": None, "rootUri": root, "capabilities": {}, **workspace})
        self.send({"method": "initialized", "params": {}})

    def __enter__(self) -> LanguageServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()
        self.reader.join()
        for stream in (self.process.stdin, self.process.stdout):
            if stream:
                stream.close()

    def open(self, text: str, name: str | None = None) -> tuple[str, dict[str, int]]:
        """Open a file with this text, without the cursor mark that may be in it; its address, and the mark's place."""
        before, _, after = text.partition(CURSOR)
        self.files += 1
        path = self.folder / (name or f"file-{self.files}.toml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(before + after, encoding="utf-8")
        opened = {"uri": path.as_uri(), "languageId": "toml", "version": 1, "text": before + after}
        self.send({"method": "textDocument/didOpen", "params": {"textDocument": opened}})
        return path.as_uri(), {"line": before.count("\n"), "character": len(before.rpartition("\n")[2])}

    def offers(self, text: str, *wanted: str, name: str | None = None) -> list[str]:
        """The words that completion offers at the cursor, without quotes, once `wanted` are among them. name: of the
        file."""

        def ask(at: dict[str, Any]) -> list[str]:
            found = self.ask("textDocument/completion", at)
            items = found if isinstance(found, list) else (found or {}).get("items", [])
            return [str(item["label"]).strip("\"'") for item in items]

        return self._until(text, ask, lambda said: set(wanted) <= set(said), name)

    def tells(self, text: str, *wanted: str) -> str:
        """What hovering over the cursor shows, once all of `wanted` stands in it."""

        def ask(at: dict[str, Any]) -> str:
            contents = (self.ask("textDocument/hover", at) or {}).get("contents", "")
            parts = contents if isinstance(contents, list) else [contents]
            return "\n".join(part["value"] if isinstance(part, dict) else str(part) for part in parts)

        return self._until(text, ask, lambda said: all(word in said for word in wanted))

    def complains(self, text: str, *wanted: str) -> list[str]:
        """What is wrong with a file, each as `LINE: MESSAGE`, once each of `wanted` (or anything: "") stands there."""
        uri, _ = self.open(text)
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            said = self.problems.get(uri)
            if said is not None and all(any(word in one for one in said) for word in wanted):
                break
            self._receive(end)
        return self.problems.get(uri, [])

    def _until(
        self, text: str, ask: Callable[[dict[str, Any]], Said], enough: Callable[[Said], bool], name: str | None = None
    ) -> Said:
        uri, place = self.open(text, name)
        end = time.monotonic() + PATIENCE
        while True:
            said = ask({"textDocument": {"uri": uri}, "position": place})
            if enough(said) or time.monotonic() > end:
                return said
            time.sleep(0.02)

    def ask(self, method: str, params: dict[str, Any]) -> Any:
        """The answer to a request; None where there is none in time."""
        self.number += 1
        self.send({"id": self.number, "method": method, "params": params})
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            message = self._receive(end)
            if message.get("id") == self.number and "method" not in message:
                return message.get("result")
        return None

    def send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def _receive(self, end: float) -> dict[str, Any]:
        """The next message, {} if none comes in time; what the server asks of an editor is answered with nothing."""
        try:
            message = self.received.get(timeout=max(end - time.monotonic(), 0))
        except queue.Empty:
            return {}
        if "method" in message and "id" in message:
            items = (message.get("params") or {}).get("items")
            self.send({"id": message["id"], "result": [None] * len(items) if items else None})
        elif message.get("method") == "textDocument/publishDiagnostics":
            said = message["params"]
            self.problems[said["uri"]] = [
                f"{one['range']['start']['line'] + 1}: {one['message']}" for one in said["diagnostics"]
            ]
        return message

    def _read(self) -> None:
        stream = self.process.stdout
        assert stream
        while True:
            size = 0
            while line := stream.readline().strip():
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    size = int(value)
            if not size:
                return
            self.received.put(json.loads(stream.read(size)))
