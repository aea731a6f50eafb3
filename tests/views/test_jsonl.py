"""Events as JSON lines."""

import io
import json

from runner.views.jsonl import JsonLines


def test_each_event_is_one_object_and_the_plan_its_digest(story, golden):
    stream = io.StringIO()
    with JsonLines(stream) as view:
        for event in story:
            view.see(event)
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["what"] for line in lines] == [event.what for event in story]
    assert lines[0]["plan"] == "d" * 64
    golden("events.jsonl", stream.getvalue())
