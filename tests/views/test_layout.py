"""Where boxes and arrows of a picture stand."""

from itertools import pairwise

import pytest
from hypothesis import given, settings, strategies as st

from runner.views import layout as module
from runner.views.layout import GAP, Box, layout


@st.composite
def drawings(draw):
    """Boxes in boxes, and arrows between siblings from an earlier to a later one; the last ones only to one another."""
    boxes, arrows = [], []
    for place in range(draw(st.integers(0, 14))):
        parent = draw(st.sampled_from(["", *(box.id for box in boxes)]))
        sizes = (draw(st.integers(1, 300)), draw(st.integers(1, 90)))
        box = Box(f"b{place}", *sizes, parent, last=not draw(st.integers(0, 5)))
        before = [other for other in boxes if other.parent == parent and other.last <= box.last]
        arrows += [(other.id, box.id) for other in before if draw(st.booleans())]
        boxes.append(box)
    return boxes, arrows


def apart(a, b):
    slack = 1e-6
    return (
        a.x + a.width <= b.x + slack
        or b.x + b.width <= a.x + slack
        or a.y + a.height <= b.y + slack
        or b.y + b.height <= a.y + slack
    )


@settings(max_examples=60, deadline=None)
@given(drawings())
def test_what_every_picture_keeps(drawing):
    boxes, arrows = drawing
    told = layout(boxes, arrows)
    assert told == layout(boxes, arrows)
    slack = 1e-6
    inside = {}
    for box in boxes:
        inside.setdefault(box.parent, []).append(told.places[box.id])
        place = told.places[box.id]
        assert (place.width, place.height) >= (box.width, box.height)
        outer = told.places.get(box.parent)
        x, y, width, height = outer or (0.0, 0.0, told.width, told.height)
        head = next((one.height for one in boxes if one.id == box.parent), 0.0)  # of the frame, which nobody covers
        assert x - slack <= place.x
        assert y + head - slack <= place.y
        assert place.x + place.width <= x + width + slack
        assert place.y + place.height <= y + height + slack
    for siblings in inside.values():
        assert all(apart(a, b) for at, a in enumerate(siblings) for b in siblings[:at])
    for (source, target), route in zip(arrows, told.routes, strict=True):
        above, below = told.places[source], told.places[target]
        assert above.y + above.height < below.y
        assert route[0] == pytest.approx((above.x + above.width / 2, above.y + above.height))
        assert route[-1] == pytest.approx((below.x + below.width / 2, below.y))
        assert all(b >= a - slack for (_, a), (_, b) in pairwise(route))
    for box in boxes:
        if box.last:
            others = [told.places[one.id] for one in boxes if one.parent == box.parent and not one.last]
            assert all(place.y + place.height < told.places[box.id].y for place in others)


def test_a_long_arrow_passes_beside_the_boxes():
    chain = [Box(f"s{i}", 100, 30) for i in range(6)]
    told = layout(chain, [*((f"s{i}", f"s{i + 1}") for i in range(5)), ("s0", "s5")])
    for place in [told.places[f"s{i}"] for i in range(1, 5)]:
        crossed = [x for x, y in told.routes[-1] if place.y <= y <= place.y + place.height]
        assert crossed
        assert not any(place.x < x < place.x + place.width for x in crossed)


def test_a_chain_is_a_straight_line_and_siblings_stand_around_it():
    told = layout([Box("a", 80, 30), Box("b", 120, 30), Box("c", 40, 30)], [("a", "b"), ("b", "c")])
    assert len({place.x + place.width / 2 for place in told.places.values()}) == 1
    fan = layout([Box(name, 100, 30) for name in "abcd"], [("a", "b"), ("a", "c"), ("a", "d")])
    assert fan.places["c"].x == pytest.approx(fan.places["a"].x)
    assert fan.places["c"].x - fan.places["b"].x == pytest.approx(100 + GAP)


def test_arrows_that_need_not_cross_do_not():
    told = layout([Box(name, 60, 30) for name in "abxy"], [("a", "y"), ("b", "x")])
    places = told.places
    assert (places["a"].x < places["b"].x) == (places["y"].x < places["x"].x)


def test_what_waits_for_nobody_stands_right_above_what_waits_for_it():
    told = layout([Box(name, 60, 30) for name in "abcd"], [("a", "b"), ("b", "c"), ("d", "c")])
    assert told.places["d"].y == told.places["b"].y


@pytest.mark.parametrize("steps", [1000, 10_000])
def test_places_in_layers_are_linear_in_what_is_drawn(steps, monkeypatch):
    """Each step waits for the one before and for the first: arrows that pass all layers get no lanes of their own."""
    counted = []
    monkeypatch.setattr(module, "_ordered", lambda layers, *rest: counted.append(sum(map(len, layers))) or layers)
    arrows = [*((f"s{i}", f"s{i + 1}") for i in range(steps - 1)), *(("s0", f"s{i}") for i in range(2, steps))]
    layout([Box(f"s{i}", 100, 30) for i in range(steps)], arrows)
    assert counted[0] < 14 * steps


def test_frames_in_frames_may_be_deep():
    told = layout([Box(f"s{i}", 10, 10, f"s{i - 1}" if i else "") for i in range(2000)], [])
    assert told.places["s1999"].y == pytest.approx(10 * 1999)


def test_what_comes_last_stands_below_the_middle_of_the_rest():
    boxes = [Box("a", 60, 30), Box("b", 400, 30), Box("y", 60, 30, last=True), Box("z", 80, 30, last=True)]
    told = layout(boxes, [("y", "z")])
    for name in "yz":
        place = told.places[name]
        assert place.x + place.width / 2 == pytest.approx(told.width / 2)
