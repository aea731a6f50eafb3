"""Where boxes and arrows of a picture stand: layers from above to below, boxes around boxes. A pure function.

Arrows run between siblings only (as in a plan), so each level is laid out by itself, the innermost first, and is one
box of the level around it. Sizes and places are in pixels; y grows downward.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

GAP = 26.0  # between boxes side by side
LANE = 14.0  # around an arrow that passes a layer
RISE = 40.0  # between layers
MARGIN = 16.0  # inside a frame
SWEEPS = 6  # passes that order and that place
LARGE = 3000  # places of a level from which on fewer passes must do


class Box(NamedTuple):
    """What is to be placed. `parent`: the box around it, "" for none; `last`: stands below all of its siblings.

    Of a box with others in it `width` and `height` are those of its head, which grows to hold them.
    """

    id: str
    width: float
    height: float
    parent: str = ""
    last: bool = False


class Place(NamedTuple):
    """The upper left corner of a box, and its size."""

    x: float
    y: float
    width: float
    height: float


Point = tuple[float, float]


class Layout(NamedTuple):
    """`places`: id -> place; `routes`, one an arrow: points from source to target, never upward. Two that have one x
    are joined by a line, others by a curve that leaves and arrives straight down."""

    width: float
    height: float
    places: dict[str, Place]
    routes: list[list[Point]]


class _Level(NamedTuple):
    """A laid out level: its size, the corners of its boxes, the points of its arrows by number."""

    width: float
    height: float
    corners: dict[str, Point]
    routes: dict[int, list[Point]]


def layout(boxes: Sequence[Box], arrows: Sequence[tuple[str, str]]) -> Layout:
    """Place boxes (each after its parent) and arrows (between siblings, without circles)."""
    inside: dict[str, list[Box]] = {"": []}
    for box in boxes:
        inside.setdefault(box.parent, []).append(box)
    parents = {box.id: box.parent for box in boxes}
    drawn: dict[str, dict[int, tuple[str, str]]] = {}
    for number, ends in enumerate(arrows):
        drawn.setdefault(parents[ends[0]], {})[number] = ends
    sizes: dict[str, Point] = {}
    levels: dict[str, _Level] = {}
    for box in reversed(boxes):
        if box.id in inside:
            level = levels[box.id] = _level(inside[box.id], drawn.get(box.id, {}), sizes)
            sizes[box.id] = (max(box.width, level.width + 2 * MARGIN), box.height + level.height + MARGIN)
        else:
            sizes[box.id] = (box.width, box.height)
    top = _level(inside[""], drawn.get("", {}), sizes)
    places: dict[str, Place] = {}
    routes: dict[int, list[Point]] = {}
    _move(top, 0.0, 0.0, sizes, places, routes)
    for box in boxes:
        if box.id in levels:
            x, y, width, _ = places[box.id]
            level = levels[box.id]
            _move(level, x + (width - level.width) / 2, y + box.height, sizes, places, routes)
    return Layout(top.width, top.height, places, [routes[number] for number in range(len(arrows))])


def _move(
    level: _Level,
    x: float,
    y: float,
    sizes: dict[str, Point],
    places: dict[str, Place],
    routes: dict[int, list[Point]],
) -> None:
    places.update((id, Place(x + left, y + top, *sizes[id])) for id, (left, top) in level.corners.items())
    routes.update((number, [(x + a, y + b) for a, b in points]) for number, points in level.routes.items())


def _level(boxes: Sequence[Box], arrows: dict[int, tuple[str, str]], sizes: dict[str, Point]) -> _Level:
    """One level: ranks, lanes for long arrows, an order in each layer, then places."""
    number = {box.id: place for place, box in enumerate(boxes)}
    ends = {each: (number[source], number[target]) for each, (source, target) in arrows.items()}
    ranks = _ranks(boxes, list(ends.values()))
    lanes = _lanes(ends, ranks, len(boxes))
    chains = {each: [source, *lanes[each], target] for each, (source, target) in ends.items()}
    for each, lane in lanes.items():
        ranks += range(ranks[ends[each][0]] + 1, ranks[ends[each][0]] + 1 + len(lane))
    above: list[list[int]] = [[] for _ in ranks]
    below: list[list[int]] = [[] for _ in ranks]
    for chain in chains.values():
        for source, target in pairwise(chain):
            if ranks[target] == ranks[source] + 1:  # an arrow without lanes draws nobody towards its other end
                below[source].append(target)
                above[target].append(source)
    layers: list[list[int]] = [[] for _ in range(max(ranks, default=-1) + 1)]
    for place, rank in enumerate(ranks):
        layers[rank].append(place)
    layers = _ordered(layers, above, below)
    widths = [sizes[box.id][0] + GAP for box in boxes] + [LANE] * (len(ranks) - len(boxes))
    centres = _centres(layers, above, below, widths)
    lowest = max((rank for rank, box in zip(ranks, boxes, strict=False) if not box.last), default=-1)
    if not any(boxes[source].last != boxes[target].last for source, target in ends.values()):
        _under(centres, [one for one, rank in enumerate(ranks) if rank > lowest], widths)
    heights = [max((sizes[boxes[one].id][1] for one in layer if one < len(boxes)), default=0.0) for layer in layers]
    tops = [0.0]
    for height in heights:
        tops.append(tops[-1] + height + RISE)
    left = min((centres[one] - widths[one] / 2 for one in range(len(ranks))), default=0.0)
    left += GAP / 2 if boxes else 0.0
    corners = {}
    for place, box in enumerate(boxes):
        width, height = sizes[box.id]
        spare = heights[ranks[place]] - height
        corners[box.id] = (centres[place] - width / 2 - left, tops[ranks[place]] + spare / 2)
    routes = {}
    for each, chain in chains.items():
        first, last = boxes[chain[0]].id, boxes[chain[-1]].id
        points = [(centres[chain[0]] - left, corners[first][1] + sizes[first][1])]
        for one in chain:
            x, top = centres[one] - left, tops[ranks[one]]
            points += [(x, top)] if one != chain[0] else []
            points += [(x, top + heights[ranks[one]])] if one != chain[-1] else []
        points.append((centres[chain[-1]] - left, corners[last][1]))
        routes[each] = [point for at, point in enumerate(points) if at == 0 or point != points[at - 1]]
    right = max((centres[one] + widths[one] / 2 for one in range(len(ranks))), default=0.0)
    return _Level(max(0.0, right - left - GAP / 2), max(0.0, tops[-1] - RISE), corners, routes)


def _ranks(boxes: Sequence[Box], ends: Sequence[tuple[int, int]]) -> list[int]:
    """The layer of each box: one below the lowest that it waits for. What waits for nobody stands right above the first
    that waits for it, so that its arrow is short."""
    after: list[list[int]] = [[] for _ in boxes]
    missing = [0] * len(boxes)
    for source, target in ends:
        if boxes[source].last == boxes[target].last:
            after[source].append(target)
            missing[target] += 1
    ranks = [0] * len(boxes)
    free = [not count for count in missing]
    ready = [one for one, count in enumerate(missing) if not count]
    for one in ready:  # grows while it is walked
        for target in after[one]:
            ranks[target] = max(ranks[target], ranks[one] + 1)
            missing[target] -= 1
            if not missing[target]:
                ready.append(target)
    for one, first in enumerate(free):
        if first and after[one]:
            ranks[one] = min(ranks[target] for target in after[one]) - 1
    lowest = max((rank for rank, box in zip(ranks, boxes, strict=True) if not box.last), default=-1)
    return [rank + lowest + 1 if box.last else rank for rank, box in zip(ranks, boxes, strict=True)]


def _lanes(ends: dict[int, tuple[int, int]], ranks: Sequence[int], boxes: int) -> dict[int, list[int]]:
    """New places in the layers that an arrow passes, shortest arrows first, as long as they are linear in what is
    drawn: the rest passes behind the boxes."""
    room, new = 4 * (boxes + len(ends)), boxes
    lanes: dict[int, list[int]] = {each: [] for each in ends}
    for each in sorted(ends, key=lambda each: ranks[ends[each][1]] - ranks[ends[each][0]]):
        source, target = ends[each]
        passed = ranks[target] - ranks[source] - 1
        if passed > room:
            break
        room -= passed
        lanes[each] = list(range(new, new + passed))
        new += passed
    return {each: lanes[each] for each in sorted(lanes, key=lambda each: lanes[each][:1])}


def _ordered(layers: list[list[int]], above: list[list[int]], below: list[list[int]]) -> list[list[int]]:
    """Each layer by the mean place of what its members hang on, downward and upward in turn; the best order met."""
    many = sum(map(len, layers))
    best, least = [list(layer) for layer in layers], _crossings(layers, below)
    spot = [0.0] * many
    for layer in layers:
        for at, one in enumerate(layer):
            spot[one] = float(at)
    for sweep in range(SWEEPS if many < LARGE else 2):
        if not least:
            break
        near, walk = (above, layers) if sweep % 2 == 0 else (below, layers[::-1])
        for layer in walk:
            wanted = {
                one: sum(spot[n] for n in near[one]) / len(near[one]) if near[one] else spot[one] for one in layer
            }
            layer.sort(key=lambda one: (wanted[one], spot[one]))
            for at, one in enumerate(layer):
                spot[one] = float(at)
        crossings = _crossings(layers, below)
        if crossings < least:
            best, least = [list(layer) for layer in layers], crossings
    return best


def _crossings(layers: Sequence[Sequence[int]], below: Sequence[Sequence[int]]) -> int:
    """How many arrows cross."""
    found = 0
    for upper, lower in pairwise(layers):
        at = {one: place for place, one in enumerate(lower)}
        seen: list[int] = []
        for one in upper:
            targets = [at[target] for target in below[one]]
            found += sum(len(seen) - bisect_left(seen, target + 1) for target in targets)
            for target in targets:
                insort(seen, target)
    return found


def _centres(
    layers: Sequence[Sequence[int]],
    above: list[list[int]],
    below: list[list[int]],
    widths: Sequence[float],
) -> list[float]:
    """The x of each centre: as near to the mean of its neighbours as the order and the widths allow."""
    centres = [0.0] * len(widths)
    for layer in layers:
        at = 0.0
        for one in layer:
            centres[one] = at + widths[one] / 2
            at += widths[one]
    for sweep in range(SWEEPS if len(widths) < LARGE else 2):
        near, walk = (above, layers) if sweep % 2 == 0 else (below, layers[::-1])
        for layer in walk:
            wanted = [
                sum(centres[other] for other in near[one]) / len(near[one]) if near[one] else centres[one]
                for one in layer
            ]
            for one, x in zip(layer, _apart(wanted, [widths[one] for one in layer]), strict=True):
                centres[one] = x
    return centres


def _under(centres: list[float], some: Sequence[int], widths: Sequence[float]) -> None:
    """Move what no arrow holds below the middle of the rest."""
    others = set(range(len(centres))).difference(some)
    if some and others:
        ends = [
            min(centres[one] - widths[one] / 2 for one in each) + max(centres[one] + widths[one] / 2 for one in each)
            for each in (others, some)
        ]
        for one in some:
            centres[one] += (ends[0] - ends[1]) / 2


def _apart(wanted: Sequence[float], widths: Sequence[float]) -> list[float]:
    """Centres in this order that do not overlap, with the least sum of squares from where they are wanted: neighbours
    that want one place are pooled around their mean."""
    offsets, at = [], 0.0
    for width in widths:
        offsets.append(at + width / 2)
        at += width
    pools: list[tuple[float, int]] = []
    for want, offset in zip(wanted, offsets, strict=True):
        total, count = want - offset, 1
        while pools and pools[-1][0] / pools[-1][1] >= total / count:
            before, many = pools.pop()
            total, count = total + before, count + many
        pools.append((total, count))
    starts = [total / count for total, count in pools for _ in range(count)]
    return [start + offset for start, offset in zip(starts, offsets, strict=True)]
