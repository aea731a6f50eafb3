"""The company's workflow engine, as small as it can be: begins each task once those before it have ended.

    python flow_engine.py flow.yaml --run nightly-1

It knows tasks, their order and their exit codes, and nothing of pipelines. Exit code: that of the last task.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from base64 import b64decode
from pathlib import Path
from typing import Any

import yaml

AT_ONCE = 4


def run(flow: dict[str, Any], name: str, folder: Path) -> dict[str, int]:
    """The exit code of each task."""
    for file, text in flow["files"].items():
        (folder / file).write_bytes(b64decode(text))
    waiting = {task["task"]: task for task in flow["tasks"]}
    running: dict[str, subprocess.Popen[bytes]] = {}
    ended: dict[str, int] = {}
    while waiting or running:
        for task in [task for task in waiting.values() if ended.keys() >= set(task["after"])]:
            if len(running) < AT_ONCE:
                words = [word.replace("{{files}}", str(folder)).replace("{{flow-run}}", name) for word in task["run"]]
                running[task["task"]] = subprocess.Popen(words, stdin=subprocess.DEVNULL)
                del waiting[task["task"]]
        time.sleep(0.01)
        for one, process in list(running.items()):
            code = process.poll()
            if code is not None:
                ended[one] = code
                del running[one]
    return ended


def main() -> int:
    """Run a flow to its end, and say how each task ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("flow", type=Path)
    parser.add_argument("--run", required=True)
    args = parser.parse_args()
    flow = yaml.safe_load(args.flow.read_text())
    with tempfile.TemporaryDirectory() as folder:
        ended = run(flow, args.run, Path(folder))
    for task in flow["tasks"]:
        print(f"{task['title']}: {ended[task['task']]}")
    return ended[flow["tasks"][-1]["task"]]


if __name__ == "__main__":
    sys.exit(main())
