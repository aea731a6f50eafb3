"""A picture as one HTML page that needs nothing else: zoom by wheel, keys or buttons, move by dragging."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from runner.views.standing import Standings
from runner.views.svg import escaped, svg

STYLE = """
:root { color-scheme: light dark; }
html, body { margin: 0; height: 100%; overflow: hidden; background: #fff; }
#stage { width: 100%; height: 100%; overflow: hidden; cursor: grab; touch-action: none; }
#stage:active { cursor: grabbing; }
#stage:focus-visible { outline: 2px solid #0969da; outline-offset: -2px; }
#stage svg { transform-origin: 0 0; display: block; }
nav { position: fixed; right: 16px; bottom: 16px; display: flex; gap: 4px; }
button { font: 15px system-ui, sans-serif; min-width: 36px; height: 36px; border-radius: 6px; border: 1px solid #8c959f;
  background: #f6f8fa; color: #1f2328; cursor: pointer; }
@media (prefers-color-scheme: dark) { html, body { background: #0d1117; }
  button { background: #151b23; color: #e6edf3; border-color: #656d76; } }
@media print { nav { display: none; } }
"""
SCRIPT = """
'use strict';
const stage = document.getElementById('stage'), picture = stage.querySelector('svg');
const wide = picture.width.baseVal.value, high = picture.height.baseVal.value;
let x = 0, y = 0, zoom = 1;
function draw() { picture.style.transform = `translate(${x}px, ${y}px) scale(${zoom})`; }
function scale(by, atX = stage.clientWidth / 2, atY = stage.clientHeight / 2) {
  const to = Math.min(8, Math.max(0.005, zoom * by));
  x = atX - (atX - x) * to / zoom; y = atY - (atY - y) * to / zoom; zoom = to; draw();
}
function fit() {
  zoom = Math.min(1, stage.clientWidth / wide, stage.clientHeight / high);
  x = (stage.clientWidth - wide * zoom) / 2; y = Math.max(0, (stage.clientHeight - high * zoom) / 2); draw();
}
function move(dx, dy) { x += dx; y += dy; draw(); }
stage.addEventListener('wheel', event => {
  event.preventDefault();
  scale(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), event.clientX, event.clientY);
}, { passive: false });
stage.addEventListener('pointerdown', event => stage.setPointerCapture(event.pointerId));
stage.addEventListener('pointermove', event => { if (event.buttons & 1) move(event.movementX, event.movementY); });
const keys = {
  '+': () => scale(1.25), '=': () => scale(1.25), '-': () => scale(0.8), '0': fit,
  ArrowLeft: () => move(60, 0), ArrowRight: () => move(-60, 0),
  ArrowUp: () => move(0, 60), ArrowDown: () => move(0, -60),
};
addEventListener('keydown', event => {
  if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  keys[event.key]();
});
document.getElementById('in').onclick = () => scale(1.25);
document.getElementById('out').onclick = () => scale(0.8);
document.getElementById('fit').onclick = fit;
addEventListener('resize', fit);
fit();
"""


def page(plan: Mapping[str, Any], run: str = "", standings: Standings | None = None, *, fold: bool = True) -> str:
    """As `svg`, in a page that may load nothing and runs its own few lines alone."""
    script = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    allowed = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{script}'"
    title = escaped(f"{plan.get('name') or 'pipeline'}{f': {run}' if run else ''}")
    return f"""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{allowed}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{STYLE}</style>
</head>
<body>
<main id="stage" tabindex="0" aria-label="Drag to move, + and - to zoom, 0 to see all">
{svg(plan, run, standings, fold=fold)}</main>
<nav aria-label="Zoom">
<button id="out" aria-label="Zoom out">−</button>
<button id="in" aria-label="Zoom in">+</button>
<button id="fit" aria-label="See all">Fit</button>
</nav>
<script>{SCRIPT}</script>
</body>
</html>
"""
