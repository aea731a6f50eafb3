"""A folded Run as JSON: whole, and a line for each of its nodes, so that line tools can read it."""

import json

import pytest

from runner.views.lines import lines

HEAD = {"run": "01", "name": "brisk-otter-3", "status": "succeeded", "params": {"who": "ü\n"}}


@pytest.mark.parametrize("count", [0, 1, 3])
def test_it_is_the_run_whatever_it_holds(count):
    run = {**HEAD, "nodes": {f"a.{n} -": {"label": 'a["x"]', "returns": {"r": [1.5, None]}} for n in range(count)}}
    text = "".join(lines(run))
    assert json.loads(text) == run
    assert text.endswith("}\n") and "ü" in text
    told = [line for line in text.splitlines() if "label" in line]
    assert [json.loads(f"{{{line.rstrip(',')}}}") for line in told] == [
        {key: run["nodes"][key]} for key in run["nodes"]
    ]
