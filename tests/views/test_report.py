"""`runner report`: what the page is told of a run, and that nothing in it can act as markup."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from runner.commands import shelving
from runner.testing.project import Project
from runner.views.nest import Nest
from runner.views.report.charts import numbers, plot, series, thinned
from runner.views.report.critical import critical
from runner.views.report.excerpt import HEAD, TAIL, Excerpts
from runner.views.report.page import embedded, page
from runner.views.report.preview import preview, wanted
from runner.views.report.seen import Seen
from runner.views.report.shown import shown
from runner.views.waiting import Waiting

PIPELINE = """
    name = "demo"
    description = "A </script> in a description"

    [params]
    rate = 0.5
    note = "<img src=x onerror=alert(1)>"

    [steps.first]
    shell = '''
    echo "hello <b>world</b>"
    for n in 1 2 3; do echo '{"name": "loss", "value": '$n', "at": '$n'0}' >> "$RUNNER_METRICS"; done
    printf 'epoch,loss\\n1,0.5\\n2,0.25\\n' > curve.csv
    printf '{"scores": {"auc": 0.75}}' > scores.json
    '''
    outputs = [
      { path = "curve.csv", kind = "plot", x = "epoch", y = "loss" },
      { path = "scores.json", kind = "metrics" },
    ]

    [steps.each]
    needs = ["first"]
    for-each = { n = [1, 2, 3] }
    max-parallel = 1
    inputs = ["curve.csv", "own.csv"]
    shell = 'echo "score=$RUNNER_PARAM_n" >> "$RUNNER_RETURNS"'
    returns = [{ name = "score", kind = "metric" }]

    [steps.hush]
    secrets = ["TOKEN"]
    shell = 'echo quiet > hush.txt'
    outputs = ["hush.txt"]

    [steps.flaky]
    needs = ["first"]
    retry = { attempts = 2 }
    shell = 'echo "try $RUNNER_ATTEMPT"; exit 3'

    [steps.after]
    needs = ["flaky"]
    shell = 'true'
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project with two runs of one pipeline, the second with another parameter and another step."""
    project = Project(tmp_path_factory.mktemp("report"), {"pipeline.toml": PIPELINE, "own.csv": "a,b\n1,2\n"})
    env = {"TOKEN": "s3cret-value"}
    project.run("up", "--name", "then", env=env).exits(1)
    project.write({"pipeline.toml": PIPELINE.replace("exit 3", "true")})
    project.run("up", "--name", "now", "--param", "rate=0.75", env=env).ok()
    yield project
    project.close()


@pytest.fixture(scope="module")
def then(made: Project) -> dict[str, Any]:
    data: dict[str, Any] = made.cli("report", "then", "--json").ok().json()
    return data


@pytest.fixture(scope="module")
def now(made: Project) -> dict[str, Any]:
    data: dict[str, Any] = made.cli("report", "--json").ok().json()
    return data


def rows(data: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["label"]: row for row in data["rows"]}


def test_the_page_is_written_into_the_project_and_its_place_printed(made: Project) -> None:
    assert made.cli("report", "now").ok().out == ".runner/reports/now.html\n"
    text = made.read(".runner/reports/now.html")
    assert made.cli("report", "now", "-o", "-").ok().out == text
    made.cli("report", "now", "-o", "mine.html").ok().says("mine.html")
    assert made.read("mine.html") == text
    made.cli("report", "now", "-o", "none/mine.html").exits(2).says("E961", "none/mine.html")
    made.cli("report", "nobody").exits(2).says("E930")


def test_rows_are_a_tree_with_needs_attempts_and_reasons(then: dict[str, Any]) -> None:
    told = rows(then)
    assert [row["label"] for row in then["rows"]] == [
        *("first", "hush", "each", "each[n=1]", "each[n=2]", "each[n=3]", "flaky", "after")
    ]
    places = {row["label"]: place for place, row in enumerate(then["rows"])}
    assert told["each[n=2]"]["up"] == places["each"] and told["each[n=2]"]["name"] == "n=2"
    assert told["after"]["needs"] == [places["flaky"]] and "needs" not in told["first"]
    assert [one["status"] for one in told["flaky"]["attempts"]] == ["failed", "failed"]
    assert told["flaky"]["why"] == "exited 3"
    assert told["after"]["status"] == "blocked" and told["after"]["why"] == "needs flaky"
    assert [log["text"] for log in told["flaky"]["logs"]] == ["try 1", "try 2"]


def test_cpu_and_memory_of_a_step_are_told(then: dict[str, Any]) -> None:
    first = rows(then)["first"]
    assert first["rss"] > 1 << 20 and first["cpu"] >= 0


def test_waiting_is_from_the_end_of_what_was_needed(then: dict[str, Any]) -> None:
    told = rows(then)
    one, three = told["each[n=1]"], told["each[n=3]"]
    assert one["ready"] == three["ready"] == told["first"]["end"]  # max-parallel = 1: the third waited for the others
    assert three["start"] >= one["end"]
    assert told["each"]["end"] == three["end"]


def test_the_critical_path_goes_back_from_what_ended_last(then: dict[str, Any]) -> None:
    path = [then["rows"][place] for place in then["critical"]]
    last = max(then["rows"], key=lambda row: row.get("end") or 0)
    assert path[-1]["end"] == last["end"] and all(one["end"] <= two["end"] for one, two in pairwise(path))
    assert all("attempts" in row for row in path)  # what holds others stands for a step in it


def test_series_plots_and_files_of_numbers_become_curves_and_metrics(then: dict[str, Any]) -> None:
    first = rows(then)["first"]
    assert first["metrics"] == {"loss": 3, "scores.auc": 0.75}
    logged, plotted = first["curves"]
    assert logged == {"name": "loss", "points": [[10, 1], [20, 2], [30, 3]]}
    assert plotted == {"name": "loss", "x": "epoch", "of": "curve.csv", "points": [[1, 0.5], [2, 0.25]]}
    assert rows(then)["each[n=3]"]["metrics"] == {"score": 3}


def test_files_are_shown_but_not_those_of_steps_with_secrets(then: dict[str, Any]) -> None:
    files = {file["path"]: file for file in then["files"]}
    assert then["previews"][files["curve.csv"]["preview"]]["rows"] == [["1", "0.5"], ["2", "0.25"]]
    assert then["previews"][files["own.csv"]["preview"]]["head"] == ["a", "b"]  # of the project, and not changed since
    assert files["hush.txt"]["private"] and "preview" not in files["hush.txt"]
    given = [then["files"][place]["path"] for place in rows(then)["each[n=1]"]["inputs"]]
    assert given == ["curve.csv", "own.csv"]


def test_a_run_is_compared_with_the_one_before(now: dict[str, Any], then: dict[str, Any], made: Project) -> None:
    assert then["before"] is None
    before = now["before"]
    assert (before["name"], before["status"]) == ("then", "failed")
    assert before["params"] == [["rate", "0.5", "0.75"]]
    told = rows(now)
    assert told["flaky"]["then"]["status"] == "failed" and told["flaky"]["then"]["changed"] == "`shell` changed"
    assert told["after"]["then"]["status"] == "blocked"
    assert "changed" not in told["first"]["then"] and told["each[n=2]"]["then"]["metrics"] == {"score": 2}
    assert made.cli("report", "then", "--against", "now", "--json").ok().json()["before"]["name"] == "now"


def test_it_says_what_diff_says(now: dict[str, Any], made: Project) -> None:
    said = made.cli("diff").ok().out
    lines = said.replace("->", "→").splitlines()
    assert [line.strip() for line in lines[2 : 2 + len(now["before"]["why"])]] == now["before"]["why"]
    assert now["before"]["why"][1:] == ["parameter rate: 0.5 → 0.75", "step flaky: `shell` changed"]


def test_nothing_that_a_run_says_is_markup(made: Project, now: dict[str, Any]) -> None:
    text = made.cli("report", "now", "-o", "-").ok().out
    data = text.partition('id="data">')[2].partition("</script>")[0]
    assert json.loads(data) == now
    assert not re.search(r"[<>&\u2028]|[^\x00-\x7f]", data)
    assert "s3cret-value" not in text


def test_embedded_data_is_the_same_when_read() -> None:
    value = {"a": "</script><script>x</script>", "b": "<!-- & -->", "c": "\u2028\ud800é"}
    assert json.loads(embedded(value)) == value and "<" not in embedded(value)


def test_the_page_runs_no_script_but_its_own() -> None:
    text = page({"x": "{{style}} {{data}}"})
    assert "default-src 'none'" in text and "unsafe-eval" not in text
    assert text.count("<script") == 2 and text.count("'sha256-") == 1
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text)
    assert ".innerHTML" not in text and "insertAdjacentHTML" not in text and "document.write" not in text


def test_a_long_log_is_its_beginning_and_its_end(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("".join(f"line {n}\n" for n in range(20_000)))
    found = Excerpts().of(log)
    assert found is not None and found["text"].startswith("line 0\nline 1\n") and found["tail"].endswith("line 19999")
    assert found["cut"] + len(found["text"]) + len(found["tail"]) + 2 == found["size"] > HEAD + TAIL
    assert Excerpts(budget=10).of(log) == {"size": found["size"], "cut": found["size"]}
    assert Excerpts().of(tmp_path / "none") is None


@pytest.mark.parametrize(
    ("path", "data", "type"),
    [
        ("a.csv", b"a,b\n1,2\n", "table"),
        ("a.tsv", b"a\tb\n1\t2\n", "table"),
        ("a.json", b'[{"a": 1}, {"b": 2}]', "table"),
        ("a.jsonl", b'{"a": 1}\n{"a": 2}\n', "table"),
        ("a.json", b'{"a": {"b": 1}}', "text"),
        ("a.png", b"\x89PNG", "image"),
        ("a.svg", b"<svg onload='x()'/>", "image"),
        ("a.html", b"<script>x()</script>", "page"),
        ("a.ipynb", b'{"cells": [{"cell_type": "code", "source": ["1 + 1"], "outputs": []}]}', "notebook"),
        ("a.ipynb", b"{}", "text"),
        ("a.log", b"words", "text"),
        ("a.bin", b"\0\1\2", None),
        ("a.parquet", b"PAR1\xff\xfe\x00", None),
        ("empty.csv", b"", None),
        ("broken.json", b"[" * 5000, "text"),
    ],
)
def test_a_preview_is_of_a_kind(path: str, data: bytes, type: str | None) -> None:
    found = preview(path, data, len(data))
    assert (found and found["type"]) == type
    json.dumps(found, allow_nan=False)


def test_previews_are_bounded() -> None:
    table = "n,m\n" + "".join(f"{n},{'x' * 999}\n" for n in range(1000))
    found = preview("big.csv", table.encode()[: wanted("big.csv", len(table))], len(table))
    assert found is not None and len(found["rows"]) == 50 and not found["whole"] and len(found["rows"][0][1]) == 201
    assert wanted("big.png", 50 << 20) == 0 and wanted("big.log", 50 << 20) == 32 << 10
    text = preview("a.log", b"\xc3\xa9" * 50 + b"\xc3", 9000)
    assert text is not None and text["text"] == "é" * 50 and text["cut"] == 8900


def test_curves_are_thinned_and_odd_numbers_left_out() -> None:
    assert len(thinned([[n, n] for n in range(5000)])) == 400
    assert series(b'once=1\n{"name": "a", "value": 1}\n{"name": "a", "value": 2}\n') == [
        {"name": "a", "points": [[1, 1], [2, 2]]}
    ]
    found = plot({"path": "a.csv", "x": "who", "y": "n"}, "who,n\nann,1\nbob,nan\ncy,3\n", True)
    assert found is not None and found["labels"] == ["ann", "cy"] and found["points"] == [[0, 1], [1, 3]]
    assert plot({"path": "a.csv", "x": "gone", "y": "n"}, "who,n\nann,1\n", True) is None
    assert numbers('{"a": 1, "b": {"c": 2.5, "d": "x", "e": true}}') == {"a": 1, "b.c": 2.5}


def told(*nodes: tuple[str, list[str], float | None, float | None]) -> tuple[dict[str, Any], dict[str, Any]]:
    plan = {id: {"path": id, "type": "task", "parent": None, "depth": 0, "needs": needs} for id, needs, _, _ in nodes}
    run = {f"{id} -": {"label": id, "start": s, "end": e, "class": "ok", "attempts": []} for id, _, s, e in nodes}
    return {"start": 0.0, "nodes": run}, plan


def test_of_very_many_inputs_some_are_named() -> None:
    run, plan = told(("a", [], 0, 1), ("b", ["a"], 1, 2))
    run["nodes"]["a -"]["files"] = [{"path": f"f/{n}", "sha256": f"{n}", "size": 1} for n in range(150)]
    run["nodes"]["b -"]["attempts"] = [{"n": 1, "status": "succeeded"}]
    plan["b"]["do"] = {"kind": "shell", "inputs": [{"path": "f/*", "glob": True}]}
    none: Any = lambda *_: None  # noqa: E731
    row = shown(Seen({**run, "end": 2.0}, {"nodes": plan}, "succeeded", {}, {}, none, none, none))["rows"][1]
    assert (row["inputs"], row["more"]) == (list(range(100)), 50)


def test_a_round_comes_after_the_one_before() -> None:
    body = {"type": "task", "depth": 1}
    plan = {"l": {"path": "l", "type": "loop", "parent": None, "depth": 0, "needs": [], "body": body}}
    entry = {"status": "succeeded", "class": "ok", "attempts": [], "start": None, "end": None}
    nodes = {spot: {**entry, "label": spot} for spot in ("l -", "l 1", "l 2")}
    none: Any = lambda *_: None  # noqa: E731
    run = {"start": 0.0, "end": 1.0, "nodes": nodes}
    data = shown(Seen(run, {"nodes": plan}, "succeeded", {}, {}, none, none, none))
    assert [row.get("needs") for row in data["rows"]] == [None, None, [1]]


def test_a_step_that_did_not_run_passes_on_what_it_waited_for() -> None:
    run, plan = told(("a", [], 0, 5), ("b", ["a"], None, None), ("c", ["b"], 7, 9))
    waiting = Waiting(run, plan, Nest(run["nodes"], plan))
    assert waiting.ready("c -") == (5, "a -")
    assert critical(waiting) == [("a -", "end"), ("c -", "end")]


def test_a_run_that_goes_on_is_shown_until_now() -> None:
    run, plan = told(("a", [], 0, 5), ("b", ["a"], None, None))
    none: Any = lambda *_: None  # noqa: E731
    data = shown(Seen({**run, "end": None}, {"nodes": plan}, "running", {}, {}, none, none, none, now=7.5))
    assert (data["run"]["took"], data["run"]["until"], data["critical"]) == (None, 7.5, [])


def test_what_lies_on_a_volume_of_pods_is_brought_at_once(made: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    class Afar:
        def __init__(self, here: Any) -> None:
            self.here = here

        def bring(self, shas: list[str]) -> None:
            asked.append(shas)

    real = shelving.catalog_of
    monkeypatch.setattr(shelving, "catalog_of", lambda *given: Afar(real(*given)))
    data = made.cli("report", "then", "--json").ok().json()
    assert len(asked) == 1 and {file["sha256"] for file in data["files"] if "sha256" in file} <= set(asked[0])
    assert rows(data)["first"]["curves"]


def test_who_waited_for_a_place_had_it_from_the_one_that_ended_then() -> None:
    run, plan = told(("a", [], 0, 4), ("b", [], 0.01, 3), ("c", [], 3.01, 9))
    assert critical(Waiting(run, plan, Nest(run["nodes"], plan))) == [("b -", "end"), ("c -", "place")]


def test_a_chain_of_10_000_steps_is_no_recursion() -> None:
    run, plan = told(*((f"s{n}", [f"s{n - 1}"] if n else [], None, None) for n in range(10_000)))
    waiting = Waiting(run, plan, Nest(run["nodes"], plan))
    assert waiting.ready("s9999 -") == (0.0, "")
