"""Events as JSON lines."""

import io
import json

import pytest

from runner.plugins import names
from runner.views.choose import choose
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


@pytest.mark.parametrize("name", names("views"))
def test_every_view_is_made_by_its_name_and_sees_a_whole_run(name, story):
    stream = io.StringIO()
    with choose(stream, {}, name) as view:
        for event in story:
            view.see(event)
    assert stream.getvalue()
