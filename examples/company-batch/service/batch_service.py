"""The company's batch service, as small as it can be: takes jobs over HTTP, runs them, tells how they ended.

    python batch_service.py --port 0 --mount /where/jobs/see/it=/where/it/is

The storage is mounted for jobs, and jobs alone; a job without the tags that compliance asks for is refused.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

NEEDED = ("owner", "data-class", "cost-center")


class Service(ThreadingHTTPServer):
    """The jobs that were taken, by their number."""

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), Answer)
        self.jobs: dict[str, subprocess.Popen[bytes]] = {}
        self.wanted: list[dict[str, Any]] = []
        self.numbers = count(1)

    def submit(self, wanted: dict[str, Any]) -> tuple[int, Any]:
        missing = [tag for tag in NEEDED if not wanted["tags"].get(tag)]
        if missing:
            return 422, {"error": f"compliance asks for the tags {', '.join(missing)}"}
        id = str(next(self.numbers))
        self.wanted.append({name: wanted[name] for name in ("name", "queue", "tags", "cpu")})
        self.jobs[id] = subprocess.Popen(
            wanted["command"], cwd=wanted["folder"], start_new_session=True, stdin=subprocess.DEVNULL
        )
        return 200, {"id": id}

    def told(self, ids: list[str]) -> dict[str, Any]:
        found = {id: self.jobs[id].poll() for id in ids if id in self.jobs}
        states = {id: "running" if code is None else "over" for id, code in found.items()}
        return {id: {"state": states[id], "why": f"exit code {code}"} for id, code in found.items()}

    def cancel(self, id: str) -> dict[str, Any]:
        if id in self.jobs and self.jobs[id].poll() is None:
            os.killpg(self.jobs[id].pid, signal.SIGTERM)
        return {}


class Answer(BaseHTTPRequestHandler):
    """POST /jobs, GET /jobs?ids=1,2, GET /history, DELETE /jobs/1."""

    server: Service

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._say(*self.server.submit(json.loads(body)))

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        ids = parse_qs(asked.query).get("ids", [""])[0].split(",")
        self._say(200, self.server.wanted if asked.path == "/history" else self.server.told(ids))

    def do_DELETE(self) -> None:
        self._say(200, self.server.cancel(self.path.rpartition("/")[2]))

    def _say(self, code: int, what: Any) -> None:
        text = json.dumps(what).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: Any) -> None:
        """Nobody reads it."""


def main() -> None:
    """Answer until somebody ends it; the first line says where."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--mount", action="append", default=[], metavar="THERE=HERE")
    args = parser.parse_args()
    for there, here in (mount.split("=") for mount in args.mount):
        Path(there).symlink_to(here)  # a real one mounts a share
    service = Service(args.port)
    print(f"http://127.0.0.1:{service.server_address[1]}", flush=True)
    service.serve_forever()


if __name__ == "__main__":
    main()
