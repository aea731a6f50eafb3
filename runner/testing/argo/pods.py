"""Pods as processes: what the container of a Workflow's template would find, in folders of this machine."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from runner.run.packed import packed

Table = dict[str, Any]


class Pods:
    """Starts pods in a folder. maps: the ConfigMaps; root: where the project lies, as it would in the image; environ:
    what a container has of the machine. started, processes: of each pod, in order."""

    def __init__(self, folder: Path, maps: Sequence[Table], root: Path, environ: Mapping[str, str]) -> None:
        self.folder, self.root, self.environ = folder, root, environ
        self.started: list[str] = []
        self.processes: list[subprocess.Popen[bytes]] = []
        for one in maps:
            place = folder / one["metadata"]["name"]
            place.mkdir(parents=True)
            for name, data in one["binaryData"].items():
                (place / name).write_bytes(b64decode(data))
                if name.endswith(".pyz"):  # as a folder it is compiled once, not for each pod
                    (place / name).unlink()
                    ZipFile(BytesIO(packed())).extractall(place / name)

    def start(self, volumes: Sequence[Table]) -> Callable[[Table, int], Callable[[], Any]]:
        """What a Controller starts pods by; volumes: of the Workflow."""
        there = {one["name"]: one for one in volumes}

        def start(template: Table, n: int) -> Callable[[], Any]:
            own = self.folder / f"pod-{len(self.started)}-{n}"
            main = template["container"]
            places = {mount["mountPath"]: self._place(there.get(mount["name"], {}), mount, own)
                      for mount in main["volumeMounts"]}  # fmt: skip
            words = [self._here(word, places) for word in [*main["command"][-1:], *main["args"]]]
            self.started.append(next(word.partition("=")[2] for word in main["args"] if word.startswith("--node=")))
            said = {one["name"]: self._here(one.get("value", ""), places) for one in main.get("env", ())}
            log = open(own / "log", "wb")
            process = subprocess.Popen(
                [sys.executable, *words], cwd=self.root, env={**self.environ, **said}, stdin=subprocess.DEVNULL,
                stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
            log.close()
            self.processes.append(process)
            return lambda: self._ended(process, template, places)

        return start

    def _place(self, volume: Table, mount: Table, own: Path) -> Path:
        if "configMap" in volume:
            return Path(self.folder, volume["configMap"]["name"], mount.get("subPath", ""))
        if "projected" in volume:
            (only,) = volume["projected"]["sources"]
            return Path(self.folder, only["configMap"]["name"])
        place = Path(own, mount["name"])
        place.mkdir(parents=True, exist_ok=True)
        return place

    @staticmethod
    def _here(text: str, places: Mapping[str, Path]) -> str:
        for path in sorted(places, key=len, reverse=True):
            if text == path or text.startswith(path + "/") or text.endswith("=" + path):
                return text.replace(path, str(places[path]))
        return text

    @staticmethod
    def _ended(process: subprocess.Popen[bytes], template: Table, places: Mapping[str, Path]) -> Any:
        code = process.poll()
        if code is None:
            time.sleep(0.001)
            return None
        outputs = {}
        for one in template.get("outputs", {}).get("parameters", ()):
            source = one["valueFrom"]
            folder, name = os.path.split(source["path"])
            path = places[folder] / name
            outputs[one["name"]] = path.read_text().removesuffix("\n") if path.exists() else source["default"]
        return code if code >= 0 else 128 - code, outputs
