"""A plan and a run as SVG and as a page, and how steps of a run stand."""

import re
from xml.etree import ElementTree

import pytest

from runner.views.dot import dot
from runner.views.mermaid import mermaid
from runner.views.page import SCRIPT, page
from runner.views.picture import MOST, picture
from runner.views.standing import Standing, standings
from runner.views.svg import svg
from runner.views.tree import tree

SVG = "{http://www.w3.org/2000/svg}"


def node(path, type="task", parent=None, **more):
    return {"id": path, "path": path, "type": type, "parent": parent, "depth": 0, "needs": [], "after": [], **more}


def planned(*nodes):
    return {"name": "shape", "nodes": {one["id"]: one for one in nodes}}


def ended(status, start=None, end=None, tries=1, **more):
    return {"status": status, "start": start, "end": end, "attempts": [{}] * tries, **more}


@pytest.fixture
def run():
    """A run of the penguins: one island failed, what needs it is blocked, its handler ran."""
    return {
        "name": "brisk-otter-3",
        "nodes": {
            "fetch -": ended("cached", 5.0, 5.0),
            "lint -": ended("failed", 5.0, 6.5, handled="continue"),
            "prepare -": ended("succeeded", 5.0, 9.8, 2),
            "train -": ended("failed", 10.0, 70.0, 0),
            "train 0": ended("succeeded", 10.0, 41.0),
            "train 1": ended("failed", 10.0, 70.0),
            "train 2": ended("succeeded", 10.0, 11.0),
            "train!on-failure -": ended("succeeded", 70.0, 70.2),
            "report -": ended("blocked", tries=0),
            "publish -": ended("blocked", tries=0),
        },
    }


def test_how_nodes_stand_in_a_run(plan, run):
    told = standings(run, plan["nodes"])
    assert told["prepare"] == Standing("succeeded", "4.8s after 2 attempts")
    assert told["lint"] == Standing("failed", "1.5s, handled")
    assert told["train"] == Standing("failed", "3 items: 2 succeeded, 1 failed")
    assert told["report"] == Standing("blocked", "")
    assert "notify!finally" not in told


def test_a_step_inside_a_map_stands_as_the_worst_of_its_items():
    plan = planned(node("m", "map", body={"type": "graph", "depth": 1}), node("m.a", parent="m", depth=1))
    entries = {
        "m -": ended("succeeded"),
        "m.a 0": ended("succeeded"),
        "m.a 1": ended("failed"),
        "m.a 2": ended("cached"),
    }
    assert standings({"nodes": entries}, plan["nodes"])["m.a"] == Standing("failed", "1 failed, 1 succeeded, 1 cached")


@pytest.mark.parametrize("drawn", [tree, mermaid, dot])
def test_a_run_as_text(drawn, plan, run, golden):
    golden(f"run.{drawn.__name__}", drawn(plan, standings(run, plan["nodes"])))


def texts(figure):
    return ["".join(text.itertext()) for text in figure.iter(f"{SVG}text")]


def figures(text):
    """class and lines of each figure."""
    return [(one.get("class"), texts(one)) for one in ElementTree.fromstring(text).iter(f"{SVG}g") if one.get("class")]


def test_every_step_with_its_status_and_what_is_special(plan, run):
    told = figures(svg(plan, "brisk-otter-3  failed", standings(run, plan["nodes"])))
    assert told == [
        ("step cached", ["✓ fetch"]),
        ("step failed", ["✗ lint", "1.5s, handled"]),
        ("step succeeded", ["✓ prepare", "4.8s after 2 attempts"]),
        ("many failed", ["✗ train", "for each island (3)", "3 items: 2 succeeded, 1 failed"]),
        ("step succeeded", ["✓ train!on-failure", "on failure", "200ms"]),
        ("step blocked", ["× report", "when steps.train.accuracy > 0.9"]),
        ("step blocked", ["× publish"]),
        ("step idle", ["notify", "finally"]),
    ]


def test_groups_are_frames_and_choices_tell_their_cases():
    plan = planned(
        node("pick", "choice", subject=["param", "mode"], cases=[[True, "pick.a"]], default="pick.b"),
        node("pick.a", parent="pick"),
        node("pick.b", parent="pick"),
    )
    assert figures(svg(plan)) == [
        ("frame", ["pick", "choose mode"]),
        ("step", ["a", "case true"]),
        ("step", ["b", "else"]),
    ]


def test_cases_are_never_one_figure():
    names = [f"pick.c{i}" for i in range(2 * MOST)]
    choice = node("pick", "choice", subject=["param", "x"], cases=[[name, name] for name in names])
    assert len(figures(svg(planned(choice, *(node(name, parent="pick") for name in names))))) == 2 * MOST + 1


def test_steps_that_nothing_tells_apart_are_one_figure():
    many = [node(f"s{i}", needs=["a"]) for i in range(1000)]
    plan = planned(node("a"), *many, node("z", needs=[one["id"] for one in many]))
    states = {id: Standing("succeeded", "") for id in plan["nodes"]} | {"s7": Standing("failed", "")}
    told = figures(svg(plan, standings=states))
    assert told[1] == ("many failed", ["✗ s0, s1 … s999", "1,000 steps", "1 failed, 999 succeeded"])
    assert len(told) == 3
    assert len(picture(plan).edges) == 2
    assert len(figures(svg(plan, fold=False))) == 1002
    few = planned(node("a"), *(node(f"s{i}", needs=["a"]) for i in range(MOST)))
    assert len(figures(svg(few))) == MOST + 1


@pytest.mark.parametrize("steps", [1000, 10_000])
def test_the_size_is_linear_in_steps(steps):
    plan = planned(*(node(f"s{i}", needs=[f"s{i - 1}"] if i else []) for i in range(steps)))
    assert len(svg(plan)) < 700 * steps


HOSTILE = [
    *("</text><script>alert(1)</script>", "]]>", "&amp;", '" onload="x', "-->", "漢字"),
    *("\x1b[31m\x00\x08", "\ufffe", "\ud800"),
]


@pytest.mark.parametrize("text", HOSTILE)
def test_text_is_text(text):
    plan = planned(node("a", description=text, when=["==", ["param", "x"], text]))
    plan["nodes"]["a"]["path"] = plan["name"] = plan["description"] = text
    drawn = svg(plan, text, {"a": Standing("failed", text)})
    tags = {one.tag.removeprefix(SVG) for one in ElementTree.fromstring(drawn).iter()}
    assert tags <= {"svg", "title", "desc", "style", "defs", "marker", "path", "text", "tspan", "g", "rect"}
    assert page(plan, text).count("<script") == 1


def test_it_loads_nothing_and_says_itself(plan):
    drawn = svg(plan)
    assert re.findall(r"https?://[^\"]*", drawn) == ["http://www.w3.org/2000/svg"]
    assert not re.search(r"href|url\((?!#)|@import|\bon\w+=", drawn)
    root = ElementTree.fromstring(drawn)
    assert root.get("role") == "img"
    named = {one.get("id"): "".join(one.itertext()) for one in root.iter() if one.get("id")}
    assert [named[id].split("\n")[0] for id in root.get("aria-labelledby").split()] == ["penguins", "fetch."]
    assert "publish after report, lint." in named["graph-desc"]
    assert all(one.find(f"{SVG}title") is not None for one in root.iter(f"{SVG}g") if one.get("class"))


def test_the_page_may_run_its_own_lines_alone(plan):
    text = page(plan, "brisk-otter-3")
    assert "<title>penguins: brisk-otter-3</title>" in text
    assert "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-" in text
    assert f"<script>{SCRIPT}</script>" in text
