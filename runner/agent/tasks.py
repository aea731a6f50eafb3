"""The task file of a `python` or `notebook` step: all that the interpreter of the step needs to know."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from runner.agent.environ import Parameter
from runner.agent.stage import Work

HERE = os.path.dirname(os.path.abspath(__file__))


def python_task(call: Mapping[str, Any], work: Work, params: Mapping[str, Parameter]) -> list[str]:
    """Write the task file; the words after the interpreter."""
    scratch = call["scratch"]
    task = {
        "root": work.root,
        "ours": os.path.dirname(HERE),
        "params": {name: p.value for name, p in params.items() if p.objects is None},
        "objects": {name: p.objects for name, p in params.items() if p.objects is not None},
        "returns": list(call.get("returns") or ()),
        "result": os.path.join(scratch, "result.json"),
        "give": os.path.join(scratch, "give"),
        "said": os.path.join(scratch, "returns"),
    }
    if call["kind"] == "notebook":
        task.update(notebook=call["notebook"], executed=os.path.join(scratch, "executed.ipynb"), cwd=work.cwd)
    elif "builtins" in call:
        task.update(reduce=call["builtins"])
    else:
        task.update(module=call["module"], function=call["function"])
    path = os.path.join(scratch, "task.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(task, file)
    return [os.path.join(HERE, "notebook.py" if call["kind"] == "notebook" else "child.py"), path]
