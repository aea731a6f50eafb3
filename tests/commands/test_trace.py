"""`runner trace`: what every attempt took, as rows, as a timeline, as tests of a CI service; `up --junit`."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest

from runner.testing.project import Project
from runner.views.attempts import COLUMNS, moment

TEXT = r"""
name = "walk <&> wait"

[params]
odd = "a\u0001\"<b>"

[steps.flaky]
shell = '''
test -e again && exit 0
touch again; exit 3
'''
retry = { attempts = 2 }

[steps.visit]
for-each = { city = ["Basel", "Oslo"] }
shell = 'test $RUNNER_PARAM_city = Basel'
tolerate = 1

[steps.handled]
shell = 'exit 4'
on-failure = { run = "over", recover = "continue" }

[steps.loud]
shell = '''
printf 'one\n]]> <script>\033[31mred\001\n'
exit 5
'''

[steps.many]
needs = ["loud"]
for-each = { n = [1, 2] }
shell = 'true'

[steps.last]
needs = ["flaky"]
shell = 'true'

[handlers.over]
shell = 'true'
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A run with a retry, a failure that was tolerated, one that was handled, one that was neither."""
    made = Project(tmp_path_factory.mktemp("trace"), {"pipeline.toml": TEXT})
    made.cli("up", "--name", "one", "-j", "2", "--junit", "tests.xml").exits(1)
    yield made
    made.close()


def rows(run: Project) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run.cli("trace").ok().out.splitlines()]


def test_a_row_for_each_attempt(run: Project) -> None:
    found = rows(run)
    assert [(row["label"], row["attempt"], row["status"], row["exit"]) for row in found] == [
        ("flaky", 1, "failed", 3),
        ("flaky", 2, "succeeded", 0),
        ("visit[city=Basel]", 1, "succeeded", 0),
        ("visit[city=Oslo]", 1, "failed", 1),
        ("handled", 1, "failed", 4),
        ("handled!on-failure", 1, "succeeded", 0),
        ("loud", 1, "failed", 5),
        ("last", 1, "succeeded", 0),
    ]
    assert all(list(row) == list(COLUMNS) for row in found)
    assert {(row["run"], row["executor"], row["profile"], row["kept"]) for row in found} == {
        ("one", "local", "local", None)
    }
    assert all(row["start"] <= row["end"] and row["waited_s"] >= 0 <= row["cpu_s"] for row in found)
    assert all(row["peak_bytes"] > 1 << 20 for row in found)


def test_columns_are_told(run: Project) -> None:
    said = run.cli("trace", "--columns").ok().out.splitlines()
    assert [line.split()[0] for line in said] == list(COLUMNS)


def test_csv_has_the_same(run: Project) -> None:
    found = list(csv.DictReader(io.StringIO(run.cli("trace", "--format", "csv").ok().out)))
    assert [{key: "" if value is None else str(value) for key, value in row.items()} for row in rows(run)] == found


def test_what_another_run_did_took_nothing_here(run: Project) -> None:
    run.cli("up", "--resume", "one", "--name", "two").exits(1)
    kept = {row["label"]: row for row in map(json.loads, run.cli("trace", "two").ok().out.splitlines())}["flaky"]
    assert kept["kept"] == run.cli("show", "one", "--json").json()["run"]
    assert [kept[key] for key in ("waited_s", "run_s", "cpu_s", "peak_bytes")] == [None] * 4
    events = json.loads(run.cli("trace", "two", "--format", "chrome").ok().out)["traceEvents"]
    assert "flaky" not in {event["name"] for event in events}
    run.cli("trace", "one", "-o", "one.csv").ok()
    assert run.read("one.csv").startswith("run,step,label,")


def test_trace_events(run: Project) -> None:
    """Complete events in lanes where none begins before the one before it has ended, and names for the lanes."""
    told = json.loads(run.cli("trace", "one", "--format", "chrome").ok().out)
    events = [event for event in told["traceEvents"] if event["ph"] == "X"]
    assert {"flaky", "flaky~2", "visit[city=Oslo]"} <= {event["name"] for event in events}
    assert all(isinstance(event[key], int) for event in events for key in ("ts", "dur", "pid", "tid"))
    assert all(event["args"]["status"] == event["cat"] for event in events)
    for lane in {event["tid"] for event in events}:
        spans = sorted((event["ts"], event["ts"] + event["dur"]) for event in events if event["tid"] == lane)
        assert all(end <= start + 1 for (_, end), (start, _) in pairwise(spans))
    named = [event for event in told["traceEvents"] if event["ph"] == "M"]
    assert {event["tid"] for event in named if event["name"] == "thread_name"} == {event["tid"] for event in events}
    assert [event["args"]["name"] for event in named if event["name"] == "process_name"] == ["walk <&> wait: one"]


# the elements that CI services know: attributes, those without which it is none, children in order
SHAPES: dict[str, tuple[set[str], set[str], list[str]]] = {
    "testsuites": ({"name", "time", "tests", "failures", "errors"}, set(), ["testsuite"]),
    "testsuite": (
        {"name", "tests", "failures", "errors", "time", "skipped", "timestamp", "hostname"},
        {"name", "tests", "failures", "errors"},
        ["properties", "testcase"],
    ),
    "properties": (set(), set(), ["property"]),
    "property": ({"name", "value"}, {"name", "value"}, []),
    "testcase": ({"name", "classname", "time"}, {"name", "classname"}, ["skipped", "error", "failure", "system-out"]),
    "skipped": ({"message"}, set(), []),
    "error": ({"message", "type"}, {"type"}, []),
    "failure": ({"message", "type"}, {"type"}, []),
    "system-out": (set(), set(), []),
}


def test_junit_is_what_ci_services_take(run: Project) -> None:
    text = run.cli("trace", "one", "--format", "junit").ok().out
    root = ElementTree.fromstring(text)
    for one in root.iter():
        attributes, needed, children = SHAPES[one.tag]
        assert needed <= set(one.keys()) <= attributes
        order = [children.index(child.tag) for child in one]
        assert order == sorted(order)
    (suite,) = root
    count = {what: len(list(suite.iter(what))) for what in ("testcase", "failure", "error", "skipped")}
    said = [suite.get(key) for key in ("tests", "failures", "errors", "skipped")]
    assert said == [str(each) for each in count.values()] == ["8", "1", "0", "3"]
    assert run.read("tests.xml") == text, "up --junit writes the same"


def test_junit_tells_each_end(run: Project) -> None:
    root = ElementTree.fromstring(run.cli("trace", "one", "--format", "junit").ok().out)
    ends = {
        case.get("name"): [(one.tag, one.get("message") or one.text) for one in case] for case in root.iter("testcase")
    }
    assert ends == {
        "flaky": [("system-out", "succeeded after 2 attempts")],
        "visit[city=Basel]": [],
        "visit[city=Oslo]": [("skipped", "failed, but the run went on: exited 1")],
        "handled": [("skipped", "failed, but the run went on: exited 4")],
        "handled!on-failure": [],
        "loud": [("failure", "exited 5")],
        "many": [("skipped", "needs loud")],
        "last": [],
    }
    (failure,) = root.iter("failure")
    assert failure.get("type") == "exit"
    assert failure.text == "exited 5\n\nlast lines:\none\n]]> <script>red"
    facts = {one.get("name"): one.get("value") for one in root.iter("property")}
    assert facts == {"run": "one", "profile": "local", "odd": r'"a\u0001\"<b>"'}


def test_a_place_that_can_not_be_written_is_told_when_all_is_over(project: Callable[..., Project]) -> None:
    made = project({"pipeline.toml": "[steps.a]\nshell = 'true'\n"})
    made.cli("up", "--junit", "none/x.xml").exits(4).says("succeeded", "error[E961]", "none/x.xml")
    made.cli("trace", "-o", "none/x.csv").exits(2).says("error[E961]")


@pytest.mark.parametrize(
    ("at", "text"), [(0.0, "1970-01-01T00:00:00.000Z"), (1e9 + 0.9996, "2001-09-09T01:46:41.000Z")]
)
def test_moments(at: float, text: str) -> None:
    assert moment(at) == text
