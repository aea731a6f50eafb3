"""The task file of a `python` or `notebook` step: all that the interpreter of the step needs to know."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from runner.agent.environ import Parameter
from runner.agent.stage import Work
from runner.agent.unpack import here


class Task(NamedTuple):
    """What the interpreter of a step must know, and the words after it: our script and the path of the task file."""

    table: dict[str, Any]
    words: list[str]

    def keep(self) -> None:
        """Write the task file. Raises OSError."""
        with open(self.words[1], "w", encoding="utf-8") as file:
            json.dump(self.table, file)


def python_task(call: Mapping[str, Any], work: Work, params: Mapping[str, Parameter]) -> Task:
    """The task of a call; its file is not written yet. Raises OSError."""
    scratch = call["scratch"]
    ours = here(os.path.dirname(scratch))
    task = {
        "root": work.root,
        "ours": os.path.dirname(ours),
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
    script = os.path.join(ours, "notebook.py" if call["kind"] == "notebook" else "child.py")
    return Task(task, [script, os.path.join(scratch, "task.json")])
