"""A plan, or a run of it, as one SVG that needs nothing else: light or dark, with its words for who can't see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

from runner.views.layout import Box, Layout, Place, Point, layout
from runner.views.picture import Figure, Picture, picture
from runner.views.standing import Standings
from runner.views.terminal import UNICODE, clean, columns, cut

LARGE, SMALL = 13.0, 11.0  # sizes of names and of what stands below them
LINE = 15.0  # from one small line to the next
PAD = 12.0  # between a text and its box
SHEET = 5.0  # by which a sheet behind another is seen
EDGE = 24.0  # around the whole
WIDEST = 44  # columns of a small line; its title has all of it
NARROW, WIDE = frozenset("fijlrtI.,:;'|!()[]/ -"), frozenset("mwMW@%—…")

STYLE = """
svg.runner { --ink: #1f2328; --soft: #59636e; --line: #8c959f; --page: #ffffff; --fill: #f6f8fa; --frame: #00000008;
  --ok: #1a7f37; --okfill: #dafbe1; --bad: #cf222e; --badfill: #ffebe9; --warn: #9a6700; --warnfill: #fff8c5;
  --run: #0969da; --runfill: #ddf4ff; --kept: #1b7c83; --keptfill: #d8f4f5;
  background: var(--page); font-family: system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
@media (prefers-color-scheme: dark) { svg.runner { --ink: #e6edf3; --soft: #9198a1; --line: #656d76; --page: #0d1117;
  --fill: #151b23; --frame: #ffffff0a; --ok: #3fb950; --okfill: #12261e; --bad: #f85149; --badfill: #2d1315;
  --warn: #d29922; --warnfill: #272115; --run: #4493f8; --runfill: #121d2f; --kept: #39c5cf; --keptfill: #0f2527; } }
.runner text { fill: var(--ink); font-size: 13px; text-anchor: middle; }
.runner .soft { fill: var(--soft); font-size: 11px; }
.runner .head { text-anchor: start; }
.runner .top { font-size: 16px; font-weight: 600; text-anchor: start; }
.runner rect { fill: var(--fill); stroke: var(--line); }
.runner .arrow { fill: none; stroke: var(--line); stroke-width: 1.2; }
.runner .after { stroke-dasharray: 5 4; }
.runner .failure { stroke: var(--bad); stroke-dasharray: 1.5 3.5; stroke-width: 1.6; }
.runner .tip { fill: var(--line); }
.runner .tip.failure { fill: var(--bad); stroke: none; }
.runner .sign { font-weight: 700; }
.runner .succeeded rect { fill: var(--okfill); stroke: var(--ok); } .runner .succeeded .sign { fill: var(--ok); }
.runner .cached rect { fill: var(--keptfill); stroke: var(--kept); } .runner .cached .sign { fill: var(--kept); }
.runner .running rect { fill: var(--runfill); stroke: var(--run); } .runner .running .sign { fill: var(--run); }
.runner :is(.failed, .errored, .lost) rect { fill: var(--badfill); stroke: var(--bad); stroke-width: 1.6; }
.runner :is(.failed, .errored, .lost) .sign { fill: var(--bad); }
.runner :is(.cancelled, .blocked) rect { fill: var(--warnfill); stroke: var(--warn); }
.runner :is(.cancelled, .blocked) .sign { fill: var(--warn); }
.runner :is(.skipped, .waiting, .idle) rect { stroke-dasharray: 4 3; }
.runner :is(.skipped, .waiting, .idle) :is(text, .sign) { fill: var(--soft); }
.runner g.frame > rect { fill: var(--frame); }
"""


def svg(plan: Mapping[str, Any], run: str = "", standings: Standings | None = None, *, fold: bool = True) -> str:
    """run: a line about the run whose standings these are, such as `brisk-otter-3  failed`."""
    drawn = picture(plan, standings, fold=fold)
    told = layout([_box(figure) for figure in drawn.figures], [(edge.source, edge.target) for edge in drawn.edges])
    title = _shown(str(plan.get("name") or "pipeline"))
    head = 50.0 if run else 34.0
    least = max(_width(title, 17.0), _width(_shown(run), SMALL))
    width, height = max(told.width, least) + 2 * EDGE, told.height + 2 * EDGE + head
    left = (width - told.width) / 2
    idle = "" if standings is None else "idle"  # what a run did not come to
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="runner" role="img" aria-labelledby="graph-title graph-desc" '
        f'viewBox="0 0 {_n(width)} {_n(height)}" width="{_n(width)}" height="{_n(height)}">',
        f'<title id="graph-title">{escaped(title)}{f": {escaped(run)}" if run else ""}</title>',
        f'<desc id="graph-desc">{escaped(_said(plan, drawn))}</desc>',
        f"<style>{STYLE}</style>",
        "<defs>",
        *(
            f'<marker id="graph-tip{name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
            f'markerUnits="userSpaceOnUse" orient="auto"><path class="tip{f" {name}" if name else ""}" '
            'd="M0 .5 8 4 0 7.5z"/></marker>'
            for name in ("", "failure")
        ),
        "</defs>",
        f'<text class="top" x="{_n(EDGE)}" y="{_n(EDGE + 14)}">{escaped(title)}</text>',
        *([f'<text class="soft head" x="{_n(EDGE)}" y="{_n(EDGE + 32)}">{escaped(run)}</text>'] if run else []),
        f'<g transform="translate({_n(left)} {_n(EDGE + head)})">',
        *(_drawn(one, told.places[one.id], idle) for one in drawn.figures if one.shape == "frame"),
        *_arrows(drawn, told),
        *(_drawn(one, told.places[one.id], idle) for one in drawn.figures if one.shape != "frame"),
        "</g>",
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _box(figure: Figure) -> Box:
    """A figure's size: that of its texts."""
    name = _width(_shown(figure.name), LARGE) + (LARGE + 3 if figure.status else 0)
    width = max([name, *(_width(_small(line), SMALL) for line in figure.lines)]) + 2 * PAD
    height = 30.0 + LINE * len(figure.lines)
    if figure.shape == "frame":
        return Box(figure.id, width, height + 8, figure.parent, figure.last)
    more = SHEET if figure.shape == "many" else 0.0
    return Box(figure.id, max(width, 64.0) + more, height + more, figure.parent, figure.last)


def _drawn(figure: Figure, at: Place, idle: str) -> str:
    """A group of SVG: one or two rectangles, the name with its sign, small lines. idle: its class without a status."""
    frame = figure.shape == "frame"
    x = at.x + (PAD if frame else at.width / 2)
    kind = " ".join(word for word in (figure.shape, figure.status or idle) if word)
    parts = [f'<g class="{kind}"><title>{escaped(figure.about)}</title>']
    if figure.shape == "many":  # a sheet behind the other
        parts.append(_rect(at.x + SHEET, at.y, at.width - SHEET, at.height - SHEET))
        at = Place(at.x, at.y + SHEET, at.width - SHEET, at.height - SHEET)
        x -= SHEET / 2
        parts.append(_rect(*at))
    else:
        parts.append(_rect(*at))
    sign = f'<tspan class="sign">{UNICODE.states.get(figure.status, "·")}</tspan> ' if figure.status else ""
    start = ' class="head"' if frame else ""
    parts.append(f'<text{start} x="{_n(x)}" y="{_n(at.y + 20)}">{sign}{escaped(figure.name)}</text>')
    for place, line in enumerate(figure.lines):
        y = at.y + 20 + LINE * (place + 1)
        start = "soft head" if frame else "soft"
        parts.append(f'<text class="{start}" x="{_n(x)}" y="{_n(y)}">{escape(_small(line))}</text>')
    return "".join([*parts, "</g>"])


def _rect(x: float, y: float, width: float, height: float) -> str:
    return f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" rx="6"/>'


def _arrows(drawn: Picture, told: Layout) -> list[str]:
    lines = []
    for edge, route in zip(drawn.edges, told.routes, strict=True):
        kind = "" if edge.kind == "needs" else f" {edge.kind}"
        tip = "failure" if edge.kind == "failure" else ""
        lines.append(f'<path class="arrow{kind}" marker-end="url(#graph-tip{tip})" d="{_path(route)}"/>')
    return lines


def _path(route: Sequence[Point]) -> str:
    """Lines straight down, curves between them that leave and arrive so."""
    x, y = route[0]
    parts = [f"M{_n(x)} {_n(y)}"]
    for to, down in route[1:]:
        middle = (y + down) / 2
        straight = abs(to - x) < 0.05
        parts.append(f"V{_n(down)}" if straight else f"C{_n(x)} {_n(middle)} {_n(to)} {_n(middle)} {_n(to)} {_n(down)}")
        x, y = to, down
    return "".join(parts)


def _said(plan: Mapping[str, Any], drawn: Picture) -> str:
    """The picture in words: each figure with those that it waits for."""
    names = {figure.id: figure.name for figure in drawn.figures}
    before: dict[str, list[str]] = {}
    for edge in drawn.edges:
        before.setdefault(edge.target, []).append(names[edge.source])
    lines = [str(plan.get("description") or "")]
    for figure in drawn.figures:
        needs = f" after {', '.join(before[figure.id])}" if figure.id in before else ""
        lines.append(f"{figure.name}{f' ({figure.status})' if figure.status else ''}{needs}.")
    return "\n".join(line for line in lines if line)


def _shown(text: str) -> str:
    return clean(" ".join(text.split()))


def _small(line: str) -> str:
    return cut(_shown(line), WIDEST, "…")


def escaped(text: str) -> str:
    """Text for SVG: escaped, without the characters that XML has no word for."""
    return escape("\n".join(clean(line) for line in text.split("\n")))


def _width(text: str, size: float) -> float:
    """About how wide a text is in a sans-serif font."""
    if not text.isascii():
        return sum(1.05 * columns(c) if columns(c) > 1 else _part(c) for c in text) * size
    return sum(map(_part, text)) * size


def _part(c: str) -> float:
    return 0.36 if c in NARROW else 0.92 if c in WIDE else 0.7 if c.isupper() else 0.6


def _n(value: float) -> str:
    """A number with one decimal at most."""
    return f"{value:.1f}".removesuffix(".0")
