"""The page of `runner graph` in a browser: it zooms and moves, says and asks nothing, and its texts fit their boxes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runner.views.page import page
from runner.views.standing import Standing

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is a development dependency")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium here")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
SCRIPT = "</title></svg><script>window.hacked=1</script><img src=x onerror=window.hacked=1>"


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The page of a pipeline with names of all kinds, in a tab that notes what it says and asks for."""
    names = ["fetch", "WIDE_NAMES_IN_CAPITALS_MMMM", "iiiiilllll", "a-very-long-name-with-many-words-in-it", "Übung"]
    nodes = [
        *(
            {"path": name, "type": "task", "when": ["==", ["param", "x"], SCRIPT], "description": SCRIPT}
            for name in names
        ),
        {"path": "all", "type": "task", "needs": names},
        {"path": "group", "type": "graph", "needs": ["all"]},
        {"path": "group.MMMMMMMMMMMMMMMMMMMM", "type": "task", "parent": "group"},
    ]
    plan = {"name": SCRIPT, "nodes": {str(one["path"]): {"parent": None, **one} for one in nodes}}
    file = tmp_path_factory.mktemp("page") / "graph.html"
    file.write_text(page(plan, SCRIPT, {name: Standing("failed", "5 items: 4 succeeded, 1 failed") for name in names}))
    with playwright.sync_playwright() as made:
        browser = made.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        tab = browser.new_page(viewport={"width": 1000, "height": 700})
        tab.noted = []
        tab.on("console", lambda message: tab.noted.append(message.text))
        tab.on("pageerror", lambda error: tab.noted.append(str(error)))
        tab.on("request", lambda request: tab.noted.append(request.url))
        tab.goto(Path(file).as_uri())
        assert tab.noted.pop(0) == Path(file).as_uri()
        yield tab
        browser.close()


def at(tab: Any) -> tuple[float, float, float]:
    """Where the picture is, and how large."""
    box = tab.locator("svg").bounding_box()
    return box["x"], box["y"], box["width"]


def test_it_zooms_and_moves(shown: Any) -> None:
    x, y, width = at(shown)
    assert x >= 0 and x + width <= 1000, "all of it is seen at first"
    shown.get_by_role("button", name="Zoom in").click()
    assert at(shown)[2] == pytest.approx(1.25 * width)
    shown.keyboard.press("0")
    assert at(shown) == pytest.approx((x, y, width))
    shown.mouse.move(300, 300)
    shown.mouse.wheel(0, -400)
    assert at(shown)[2] > 1.5 * width
    shown.get_by_role("button", name="See all").click()
    shown.mouse.move(500, 300)
    shown.mouse.down()
    shown.mouse.move(440, 350)
    shown.mouse.up()
    assert at(shown) == pytest.approx((x - 60, y + 50, width))
    shown.keyboard.press("ArrowLeft")
    assert at(shown)[0] == pytest.approx(x)


def test_it_says_and_asks_nothing_and_runs_no_text(shown: Any) -> None:
    assert shown.evaluate("window.hacked") is None
    assert shown.noted == []


def test_texts_fit_their_boxes(shown: Any) -> None:
    shown.keyboard.press("0")
    wide = shown.evaluate(
        """[...document.querySelectorAll('svg g[class]')].flatMap(one => {
            const box = one.querySelector('rect').getBBox();
            return [...one.querySelectorAll('text')].map(text => text.getBBox())
              .filter(text => text.x < box.x || text.x + text.width > box.x + box.width + 6)
              .map(text => [text.width, box.width]);
        })"""
    )
    assert wide == []
    assert shown.locator("svg g[class] text").count() > 10


def test_it_is_dark_for_who_likes_it_so(shown: Any) -> None:
    colours = {}
    for scheme in ("light", "dark"):
        shown.emulate_media(color_scheme=scheme)
        colours[scheme] = shown.evaluate("getComputedStyle(document.querySelector('svg')).backgroundColor")
    assert colours == {"light": "rgb(255, 255, 255)", "dark": "rgb(13, 17, 23)"}
