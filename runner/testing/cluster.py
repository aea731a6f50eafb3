"""A tiny Kubernetes: objects by name, lists, watches, and Jobs whose pods are processes of this machine.

It fails when it is told to: it refuses, loses its answers, lets watches expire, or says nothing at all."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from base64 import b64decode
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

Table = dict[str, Any]


class Cluster:
    """One namespace, `default`, served at `url`. folder: where pods live."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.objects: dict[str, dict[str, Table]] = {}  # plural -> name -> object
        self.logs: dict[str, bytes] = {}
        self.asked: list[str] = []  # "POST jobs" and so on
        self.refuse: list[tuple[str, int, str]] = []  # what, status, message; each once
        self.lose: list[str] = []  # what is done and never answered; each once
        self.denied: set[str] = set()  # "create jobs" and so on
        self.before: Callable[[Table], bool] = lambda pod: True  # whether a pod is run at all
        self.after: Callable[[Table, Table], Table] = lambda pod, end: end  # what its node says of its end
        self.blip: Callable[[str], tuple[int, str] | None] = lambda asked: None  # what is answered instead; 0: nothing
        self.token = "t"
        self.change = threading.Condition()
        self.history: list[tuple[int, str, str, Table]] = []
        self.version, self.era, self.silent = 1, 0, False
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        cluster = self

        class Handler(_Handler):
            of = cluster

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        for process in self.running.values():
            process.kill()
            process.wait()
        self.server.shutdown()
        self.server.server_close()

    def kubeconfig(self) -> str:
        """A file that leads here."""
        user = {"name": "me", "user": {"token": self.token}}
        context = {"name": "fake", "context": {"cluster": "fake", "user": "me"}}
        said = {
            "apiVersion": "v1", "kind": "Config", "current-context": "fake", "users": [user], "contexts": [context],
            "clusters": [{"name": "fake", "cluster": {"server": self.url}}],
        }  # fmt: skip
        path = self.folder / "kubeconfig"
        path.write_text(json.dumps(said))
        return str(path)

    def expire(self) -> None:
        """Every watch ends with 410."""
        with self.change:
            self.era += 1
            self.change.notify_all()

    def kind(self, plural: str) -> dict[str, Table]:
        return self.objects.setdefault(plural, {})

    def put(self, plural: str, found: Table, what: str = "MODIFIED") -> Table:
        with self.change:
            self.version += 1
            found["metadata"]["resourceVersion"] = str(self.version)
            found["metadata"].setdefault("uid", f"uid-{self.version}")
            found["metadata"].setdefault("creationTimestamp", f"{self.version:09}")
            if what == "DELETED":
                self.kind(plural).pop(found["metadata"]["name"], None)
            else:
                self.kind(plural)[found["metadata"]["name"]] = found
            self.history.append((self.version, plural, what, json.loads(json.dumps(found))))
            self.change.notify_all()
        return found

    def delete(self, plural: str, name: str) -> bool:
        found = self.kind(plural).get(name)
        if found is None:
            return False
        self.put(plural, found, "DELETED")
        for other, objects in list(self.objects.items()):
            for one in list(objects.values()):
                if any(
                    owner["uid"] == found["metadata"]["uid"] for owner in one["metadata"].get("ownerReferences", ())
                ):
                    self.stop(one["metadata"]["name"])
                    self.delete(other, one["metadata"]["name"])
        return True

    def stop(self, name: str) -> None:
        process = self.running.get(name)
        if process is not None and process.poll() is None:
            process.terminate()
            process.wait()

    def made(self, plural: str, found: Table) -> None:
        """Somebody has made an object: do what it asks for."""
        if plural == "jobs":
            threading.Thread(target=self.run, args=(found,), daemon=True).start()
        elif plural == "pods" and self.before(found):
            threading.Thread(target=self.run_pod, args=(found,), daemon=True).start()

    def run(self, job: Table) -> None:
        """The pod of a Job, until its process has ended."""
        template = job["spec"]["template"]
        name = f"{job['metadata']['name']}-x"
        owner = {"kind": "Job", "name": job["metadata"]["name"], "uid": job["metadata"]["uid"]}
        meta = {"name": name, "labels": template["metadata"]["labels"], "ownerReferences": [owner]}
        pod = self.put("pods", {"metadata": meta, "spec": template["spec"], "status": {"phase": "Pending"}}, "ADDED")
        if self.before(pod):
            self.run_pod(pod)

    def run_pod(self, pod: Table) -> None:
        """A pod, until its process has ended."""
        name, spec = pod["metadata"]["name"], pod["spec"]
        home = self.folder / name
        self._mount(spec, home)
        (main,) = spec["containers"]
        there = {"/runner": str(home / "runner"), "/dev/termination-log": str(home / "message")}
        words = [_moved(word, there) for word in (*begun(main["command"]), *main["args"])]
        env = {one["name"]: _moved(str(one.get("value", "")), there) for one in main["env"]}
        with open(home / "log", "wb") as log:
            process = subprocess.Popen(
                words, env={**env, "PATH": os.environ["PATH"]}, cwd=home, stdout=log, stderr=subprocess.STDOUT
            )
        self.running[name] = process
        if name not in self.kind("pods"):  # somebody has deleted it meanwhile
            process.kill()
        self.status(pod, {"running": {}})
        code = process.wait()
        self.logs[name] = (home / "log").read_bytes()
        message = (home / "message").read_text() if (home / "message").exists() else ""
        end = {"exitCode": code if code >= 0 else 128 - code, "reason": "Completed" if code == 0 else "Error"}
        if name in self.kind("pods"):
            self.status(pod, {"terminated": self.after(pod, {**end, "message": message})})

    def stuck(self, pod: Table, why: str, words: str) -> bool:
        """A pod that does not start, as an answer of `before`."""
        self.status(pod, {"waiting": {"reason": why, "message": words}})
        return False

    def status(self, pod: Table, state: Table) -> None:
        """Its container is at this."""
        pod["status"] = {"phase": "Running", "containerStatuses": [{"name": "main", "state": state}]}
        with self.change:
            if pod["metadata"]["name"] in self.kind("pods"):
                self.put("pods", pod)

    def _mount(self, spec: Table, home: Path) -> None:
        (home / "runner/out").mkdir(parents=True)
        (home / "runner/plan").mkdir()
        for volume in spec["volumes"]:
            sources = volume.get("projected", {}).get(
                "sources", [{"configMap": volume["configMap"]}] if "configMap" in volume else []
            )
            for source in sources:
                for key, data in self.kind("configmaps")[source["configMap"]["name"]]["binaryData"].items():
                    target = home / "runner" / ("plan" if "projected" in volume else "") / key
                    target.write_bytes(b64decode(data))


def begun(command: list[str]) -> list[str]:
    """The words that start the agent here: by the Python of this machine, whatever is brought into the image."""
    return ["python3", command[-1]] if "--library-path" in command else command


def _moved(word: str, there: dict[str, str]) -> str:
    for path, other in there.items():
        if word.startswith(path):
            return other + word[len(path) :]
    return word


class _Handler(BaseHTTPRequestHandler):
    of: Cluster
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do(self) -> None:
        url = urlsplit(self.path)
        size = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(size) or b"null") if size else None
        parts = url.path.strip("/").split("/")
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        plural, name, sub = self._what(parts)
        asked = f"{self.command} {plural}{'/' + sub if sub else ''}"
        self.of.asked.append(asked)
        if self.of.silent:
            self.close_connection = True
            return
        if self.headers.get("Authorization") != f"Bearer {self.of.token}":
            self._answer(401, {"message": "Unauthorized"})
            return
        if parts == ["version"]:
            self._answer(200, {"gitVersion": "v1.34.0"})
            return
        odd = self.of.blip(asked)
        if odd is not None:
            self.close_connection = odd[0] == 0
            if odd[0]:
                self._answer(odd[0], {"message": odd[1]})
            return
        for refusal in list(self.of.refuse):
            if refusal[0] in asked:
                self.of.refuse.remove(refusal)
                self._answer(
                    refusal[1], {"message": refusal[2], "reason": "AlreadyExists" if refusal[1] == 409 else ""}
                )
                return
        if asked in self.of.lose:
            self.of.lose.remove(asked)
            self._raw = lambda status, data: setattr(self, "close_connection", True)  # type: ignore[method-assign]
        if query.get("watch") in ("true", "True"):
            self._watch(plural, query)
        else:
            self._plain(plural, name, sub, query, body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do

    @staticmethod
    def _what(parts: list[str]) -> tuple[str, str, str]:
        if "namespaces" in parts:
            at = parts.index("namespaces")
            parts = parts[at + 2 :] or parts[at:]
        else:
            parts = parts[-1:]
        return parts[0], parts[1] if len(parts) > 1 else "", parts[2] if len(parts) > 2 else ""

    def _plain(self, plural: str, name: str, sub: str, query: Table, body: Any) -> None:
        of = self.of
        if plural == "selfsubjectaccessreviews":
            about = body["spec"]["resourceAttributes"]
            self._answer(201, {"status": {"allowed": f"{about['verb']} {about['resource']}" not in of.denied}})
        elif plural == "subjectaccessreviews":
            about, who = body["spec"]["resourceAttributes"], body["spec"]["user"].rpartition(":")[2]
            self._answer(201, {"status": {"allowed": f"{who}: {about['verb']} {about['resource']}" not in of.denied}})
        elif plural == "namespaces":
            known = name == "default"
            self._answer(200 if known else 404, {"metadata": {"name": name}, "reason": "" if known else "NotFound"})
        elif sub == "log":
            while "follow" in query and name in of.kind("pods") and name not in of.logs:
                time.sleep(0.005)
            self._raw(200, of.logs.get(name, b""))
        elif self.command == "POST":
            if body["metadata"]["name"] in of.kind(plural):
                self._answer(409, {"message": "it is there", "reason": "AlreadyExists"})
                return
            self._answer(201, of.put(plural, body, "ADDED"))
            of.made(plural, body)
        elif self.command == "PUT":
            there = of.kind(plural).get(name)
            if there is None:
                self._answer(404, {"message": "not found"})
            elif body["metadata"].get("resourceVersion") != there["metadata"]["resourceVersion"]:
                self._answer(409, {"message": "it has changed", "reason": "Conflict"})
            else:
                self._answer(200, of.put(plural, body))
        elif self.command == "PATCH":
            found = of.kind(plural).get(name)
            self._answer(200 if found else 404, of.put(plural, _laid(found, body)) if found else {})
        elif self.command == "DELETE":
            of.stop(name)
            self._answer(200 if of.delete(plural, name) else 404, {"metadata": {}, "message": "not found"})
        elif name:
            found = of.kind(plural).get(name)
            self._answer(200 if found else 404, found or {"message": "not found", "reason": "NotFound"})
        else:
            with of.change:
                items = [one for one in of.kind(plural).values() if _fits(one, query)]
                text = {"metadata": {"resourceVersion": str(of.version)}, "items": json.loads(json.dumps(items))}
            self._answer(200, text)

    def _watch(self, plural: str, query: Table) -> None:
        at, era = int(query["resourceVersion"]), self.of.era
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while True:
            with self.of.change:
                if era < self.of.era:
                    self._piece({"type": "ERROR", "object": {"code": 410}})
                    self.wfile.write(b"0\r\n\r\n")
                    return
                fresh = [entry for entry in self.of.history if entry[0] > at and entry[1] == plural]
                if not fresh:
                    self.of.change.wait(1)
            for version, _, what, found in fresh:
                at = version
                if _fits(found, query):
                    self._piece({"type": what, "object": found})

    def _piece(self, event: Table) -> None:
        data = json.dumps(event).encode() + b"\n"
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def _answer(self, status: int, body: Table) -> None:
        self._raw(status, json.dumps(body).encode())

    def _raw(self, status: int, data: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def _laid(under: Table, over: Table) -> Table:
    both = {key: _laid(under[key], value) for key, value in over.items() if isinstance(under.get(key), dict)}
    return {**under, **over, **both}


def _fits(found: Table, query: Table) -> bool:
    labels = found["metadata"].get("labels", {})
    for one in query.get("labelSelector", "").split(","):
        name, sign, value = one.partition("!=") if "!=" in one else one.partition("=")
        if sign and (labels.get(name) == value) != (sign == "="):
            return False
    return True
