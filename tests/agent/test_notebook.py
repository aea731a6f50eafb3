"""Notebook steps, run once through nbclient (N44)."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")


def notebook(project: Any, *cells: str, tagged: str | None = None) -> str:
    made = [
        {"cell_type": "code", "metadata": {}, "source": cell, "outputs": [], "execution_count": None} for cell in cells
    ]
    if tagged is not None:
        made.insert(0, {**made[0], "source": tagged, "metadata": {"tags": ["parameters"]}})
    spec = {"name": "some-env", "language": "python", "display_name": "x"}
    text = json.dumps({"cells": made, "metadata": {"kernelspec": spec}, "nbformat": 4, "nbformat_minor": 4})
    (project.root / "n.ipynb").write_text(text)
    return "n.ipynb"


def executed(project: Any, end: dict[str, Any]) -> str:
    found = [entry for entry in end["files"] if entry["path"] == "n.executed.ipynb"]
    assert len(found) == 1, end
    text: str = project.catalog.read(found[0]["sha256"]).decode()
    return text


def test_a_notebook_takes_values_and_gives_returns(project: Any) -> None:
    (project.root / "helper.py").write_text("def double(x):\n    return 2 * x\n")
    path = notebook(
        project,
        "import helper\nfrom runner import step\ntotal = helper.double(n) + step.params['n']\nprint('total', total)",
        "open('out.txt', 'w').write(str(total)); model = {total}",
        tagged="n = 0",
    )
    end = project.run(
        "notebook",
        limit=60,
        notebook=path,
        params={"n": 5},
        returns=[{"name": "total", "kind": "json"}, {"name": "model", "kind": "object"}],
        outputs=[{"path": "out.txt", "kind": "file"}],
    )
    assert end["status"] == "succeeded", project.log()
    assert end["returns"]["total"] == {"kind": "json", "json": 15} and end["returns"]["model"]["kind"] == "object"
    assert project.text("out.txt") == "15" and "total 15" in project.log()
    assert "total 15" in executed(project, end)
    assert project.text("n.ipynb").count("injected-parameters") == 0


def test_an_error_in_a_cell(project: Any) -> None:
    path = notebook(project, "print('first')", "raise ValueError('bad thing')", "print('never')")
    end = project.run("notebook", limit=60, notebook=path)
    assert (end["status"], end["reason"]) == ("failed", "exit")
    assert (end["error"]["type"], end["error"]["message"]) == ("ValueError", "bad thing")
    assert end["error"]["file"] == "n.ipynb" and "bad thing" in project.log()
    assert "first" in executed(project, end)


def test_n44_a_dead_kernel_ends_the_step(project: Any) -> None:
    """field D23."""
    path = notebook(project, "print('first', flush=True)", "import os; os.kill(os.getpid(), 9)")
    end = project.run("notebook", limit=30, notebook=path)
    assert (end["status"], end["reason"]) == ("failed", "signal")
    assert "kernel" in end["error"]["message"]
    assert "first" in executed(project, end)


def test_n44_a_cancelled_notebook_leaves_its_copy(project: Any) -> None:
    path = notebook(project, "print('first', flush=True)", "import time; open('up', 'w').close(); time.sleep(300)")
    handle = project.start("notebook", notebook=path, grace=20)
    assert project.eventually((project.root / "up").exists, 60)
    project.local.stop(handle, "cancelled")
    end = project.wait(handle, 30)
    assert end["status"] == "cancelled" and "first" in executed(project, end)


def test_a_returns_variable_that_is_not_there(project: Any) -> None:
    path = notebook(project, "x = 1")
    end = project.run("notebook", limit=60, notebook=path, returns=[{"name": "y", "kind": "json"}])
    assert (end["status"], end["reason"]) == ("failed", "missing-return")
    path = notebook(project, "y = {1, 2}")
    end = project.run("notebook", limit=60, notebook=path, returns=[{"name": "y", "kind": "json"}])
    assert (end["status"], end["reason"]) == ("failed", "bad-return") and 'kind = "object"' in end["error"]["message"]


def test_a_python_without_nbclient_is_told_what_to_install(project: Any) -> None:
    path = notebook(project, "x = 1")
    (project.root / "nbclient.py").write_text("raise ImportError('not here')\n")
    call = project.call("notebook", notebook=path, env={"PYTHONPATH": str(project.root)}, python=[sys.executable])
    end = project.wait(project.begin(call, {}), 30)
    assert (end["status"], end["reason"]) == ("failed", "no-interpreter")
    assert "pip install nbclient ipykernel" in end["error"]["message"]
