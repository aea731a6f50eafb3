"""Pictures of a plan: tree, mermaid, dot."""

import itertools

import pytest

from runner.views.dot import dot
from runner.views.expressions import written
from runner.views.mermaid import mermaid
from runner.views.terminal import ASCII
from runner.views.tree import MOST, tree


def node(path, type="task", parent=None, **more):
    return {"id": path, "path": path, "type": type, "parent": parent, "depth": 0, "needs": [], "after": [], **more}


def planned(*nodes):
    return {"name": "shape", "nodes": {one["id"]: one for one in nodes}}


@pytest.fixture
def grouped():
    """A map over a group, a choice, a loop, `after`."""
    group = {"type": "graph", "depth": 1, "steps": ["sample.map", "sample.sort", "sample.index"]}
    glob = ["glob", "data/*.fastq", []]
    return planned(
        node("sample", "map", each={"sample": glob}, body=group),
        node("sample.map", parent="sample", depth=1),
        node("sample.sort", parent="sample", depth=1, needs=["sample.map"]),
        node("sample.index", parent="sample", depth=1, needs=["sample.sort"]),
        node("call", needs=["sample"]),
        node(
            "pick",
            "choice",
            needs=["call"],
            subject=["param", "mode"],
            cases=[[True, "pick.big"]],
            default="pick.default",
        ),
        node("pick.big", parent="pick"),
        node("pick.default", parent="pick"),
        node("poll", "loop", needs=["call"], max=5, body={"type": "task", "depth": 1}),
        node("clean", after=["pick", "poll"]),
        node("mail!finally"),
    )


@pytest.mark.parametrize("picture", [tree, mermaid, dot])
def test_steps_that_follow(picture, plan, golden):
    golden(f"penguins.{picture.__name__}", picture(plan))


@pytest.mark.parametrize("picture", [tree, mermaid, dot])
def test_groups_maps_choices_and_loops(picture, grouped, golden):
    golden(f"grouped.{picture.__name__}", picture(grouped))


def test_tree_in_ascii(grouped, golden):
    text = tree(grouped, signs=ASCII)
    assert text.isascii()
    golden("grouped.ascii.tree", text)


def chain(n):
    return planned(*(node(f"s{i}", needs=[f"s{i - 1}"] if i else []) for i in range(n)))


def fan(n):
    return planned(
        node("a"), *(node(f"s{i}", needs=["a"]) for i in range(n)), node("z", needs=[f"s{i}" for i in range(n)])
    )


def comb(n):
    """Each step has two followers: one ends, one goes on."""
    pairs = ((node(f"s{i}", needs=[f"s{i - 1}"] if i else []), node(f"t{i}", needs=[f"s{i}"])) for i in range(n))
    return planned(*itertools.chain.from_iterable(pairs))


def nest(n):
    def path(i):
        return ".".join(["g"] * i)

    return planned(*(node(f"i{i}", "graph", parent=f"i{i - 1}" if i else None) | {"path": f"p{i}"} for i in range(n)))


@pytest.mark.parametrize("shape", [chain, fan, comb, nest])
@pytest.mark.parametrize("picture", [tree, mermaid, dot])
def test_ten_thousand_steps_are_drawn_in_linear_size(shape, picture):
    small, large = len(picture(shape(1000))), len(picture(shape(10_000)))
    assert large < 15 * small


def test_tree_a_long_chain_does_not_walk_to_the_right():
    assert max(map(len, tree(chain(1000)).splitlines())) <= 80


def test_tree_more_steps_side_by_side_than_anybody_reads_are_folded():
    text = tree(fan(1000))
    assert f"… {1000 - MOST + 1} more steps" in text
    assert len(text.splitlines()) < MOST + 5
    assert len(tree(fan(1000), fold=False).splitlines()) == 1003


def test_each_step_is_drawn_once(plan):
    text = tree(plan)
    assert text.count("publish") == 1


@pytest.mark.parametrize("text", ['"] click n0 "x', "a<script>b", "end", "x\ny", "#quot;", "`md`", "漢字"])
def test_mermaid_no_label_is_obeyed(text):
    one = planned(node("a", when=["==", ["param", "x"], text]))
    line = mermaid(one).splitlines()[1]
    assert line.startswith('  n0["a<br><i>when ')
    inside = line.removeprefix('  n0["a<br><i>').removesuffix('</i>"]')
    assert not set('<>"`[]{}|&\\') & set(inside)


def test_dot_quotes_and_backslashes_are_text():
    text = dot(planned(node("a", when=["==", ["param", "x"], 'C:\\"; n1 -> n2'])))
    assert '\\\\\\"; n1 -> n2' in text


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        ([">", ["return", "train", 0, "accuracy"], 0.9], "steps.train.accuracy > 0.9"),
        (["and", ["or", ["param", "a"], ["param", "b"]], ["not", ["param", "c"]]], "(a or b) and not c"),
        (["or", ["and", ["param", "a"], ["param", "b"]], True], "a and b or true"),
        (["not", ["==", ["param", "a"], None]], "not a == none"),
        (["in", ["item", "m", 0, "x"], ["list", ["a", "it's"]]], "x in ['a', \"it's\"]"),
        ([">", ["len", ["items", "m", 0, "x"]], 3], "len(steps.m.x) > 3"),
        (["get", ["param", "t"], ["k", 0]], "t.k[0]"),
        (["else", ["return", "a", 0, "n"], 0], "steps.a.n:-0"),
        (["==", ["run", "status"], "failed"], "run.status == 'failed'"),
        (["text", ["a-", ["param", "x"], ".txt"]], "a-${x}.txt"),
    ],
)
def test_conditions_are_written_as_in_a_file(expr, text):
    assert written(expr, {}) == text


def test_a_condition_ten_thousand_deep_is_cut():
    expr = ["param", "a"]
    for _ in range(10_000):
        expr = ["not", expr]
    assert written(expr, {}).endswith("...")
