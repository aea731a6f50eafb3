"""The page of `runner report` in a browser: click, fold, search, compare; nothing leaves it, nothing in it is run."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runner.testing.project import Project
from runner.views.report.page import page as joined
from runner.views.report.seen import Seen
from runner.views.report.shown import shown

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is a development dependency")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium here")

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
SCRIPT = "</script><script>window.hacked=1</script>"
IMAGE = "<img src=x onerror=window.hacked=1>"
PIPELINE = f"""
    name = "odd"
    description = "{IMAGE}"

    [params]
    note = "{SCRIPT}"
    rate = 1

    [steps.first]
    shell = '''
    echo "a needle and {SCRIPT}"
    echo '{IMAGE}'
    seq 1 20000
    printf 'n,loss\\n1,3\\n2,1\\n{IMAGE},1\\n' > table.csv
    echo '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>window.hacked=1</script></svg>' > f.svg
    echo '<p>fine</p><script>top.hacked=1</script><img src="http://127.0.0.1:9/x">' > p.html
    echo '<link rel=preconnect href="//a.b"><a href="http://127.0.0.1:9/y">on</a>' >> p.html
    for n in 1 2 3; do echo '{{"name": "loss", "value": '$n', "at": '$n'}}' >> "$RUNNER_METRICS"; done
    '''
    outputs = ["table.csv", {{ path = "f.svg", kind = "figure" }}, {{ path = "p.html", kind = "report" }}]

    [steps.each]
    needs = ["first"]
    for-each = {{ text = ["{SCRIPT}", "{IMAGE}", "plain"] }}
    shell = 'true'

    [steps.bad]
    needs = ["first"]
    retry = {{ attempts = 2 }}
    shell = 'echo "{IMAGE} cannot be"; exit 4'

    [steps.after]
    needs = ["bad"]
    shell = 'true'
"""


class Tab:
    """A page of the browser that notes what it says and asks for."""

    def __init__(self, browser: Any, path: Path, **options: Any) -> None:
        self.page = browser.new_page(viewport={"width": 1300, "height": 900}, **options)
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.set_default_timeout(10_000)
        self.page.goto(path.as_uri())

    def nodes(self) -> int:
        return int(self.page.evaluate("document.querySelectorAll('*').length"))

    def step(self, label: str) -> None:
        """Click a step in the timeline."""
        self.page.locator("#timeline").get_by_title(label, exact=True).first.click()

    def close(self) -> None:
        """Nothing was said, nothing was asked for but the file and what stands in it, nobody's script ran."""
        assert self.page.evaluate("window.hacked") is None
        foreign = [url for url in self.asked if not url.startswith(("file:", "data:", "about:"))]
        self.page.close()
        assert not self.said and not foreign and sum(url.startswith("file:") for url in self.asked) == 1


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield found
        found.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with `odd.html`, of a run with an earlier one, and `large.html`, of one with 5,000 steps."""
    project = Project(tmp_path_factory.mktemp("page"), {"pipeline.toml": PIPELINE})
    project.run("up", "--name", "then").exits(1)
    project.run("up", "--name", "now", "--param", "rate=2").exits(1)
    project.cli("report", "now", "-o", "odd.html").ok()
    project.path("large.html").write_text(joined(large()), encoding="utf-8")
    yield project.root
    project.close()


@pytest.fixture
def odd(browser: Any, files: Path) -> Iterator[Tab]:
    tab = Tab(browser, files / "odd.html")
    yield tab
    tab.close()


def large() -> dict[str, Any]:
    """A chain of 1,500 steps, 1,500 side by side, a map of 2,000."""
    chain = {f"c{n}": [f"c{n - 1}"] if n else [] for n in range(1500)}
    needs = {**chain, **{f"w{n}": ["c0"] for n in range(1500)}}
    nodes: dict[str, Any] = {
        id: {"path": id, "type": "task", "parent": None, "depth": 0, "needs": some} for id, some in needs.items()
    }
    task = {"type": "task", "depth": 1}
    nodes["map"] = {"path": "map", "type": "map", "parent": None, "depth": 0, "needs": ["c0"], "body": task}
    spots = [f"{id} -" for id in nodes] + [f"map {n}" for n in range(2000)]
    told = {spot: _end(spot, n) for n, spot in enumerate(spots)}
    run = {"name": "large", "run": "01", "start": 0.0, "end": 9.0, "params": {}, "nodes": told}
    none: Any = lambda *_: None  # noqa: E731
    return shown(Seen(run, {"name": "large", "nodes": nodes}, "failed", {}, {}, none, none, none))


def _end(spot: str, n: int) -> dict[str, Any]:
    id, _, key = spot.partition(" ")
    bad = spot == "map 1999"
    end = {"n": 1, "status": "failed" if bad else "succeeded", "start": n / 1000, "end": n / 1000 + 1, "run_s": 1.0}
    label = id if key == "-" else f"map[n={key}]"
    attempts = [] if spot == "map -" else [end]
    return {**end, "label": label, "path": id, "class": "bad" if bad else "ok", "attempts": attempts}


def test_a_step_is_opened_by_a_click_and_shut_by_escape(odd: Tab) -> None:
    odd.page.locator("#graph .box", has_text="bad").click()
    details = odd.page.locator("#details")
    assert details.locator("h2").inner_text() == "bad" and "exited 4" in details.inner_text()
    assert details.locator("h4").all_inner_texts() == ["Attempt 1", "Attempt 2"]
    odd.page.keyboard.press("Escape")
    assert details.is_hidden()
    odd.step("first")
    assert "table.csv" in details.inner_text() and details.locator("svg polyline").count() == 1
    assert "left out: runner logs now 'first~1'" in details.inner_text()  # of a long log, and how to have all of it


def test_a_map_is_folded_until_somebody_unfolds_it(odd: Tab) -> None:
    labels = odd.page.locator("#timeline .room .label")
    assert labels.all_inner_texts() == ["first", "each", "bad", "after"]
    odd.page.locator("#timeline .twist", has_text="▸").click()
    assert labels.count() == 7 and odd.page.locator("#graph .box").count() == 7
    odd.page.locator("#graph .fold").first.click()
    assert labels.count() == 4 and odd.page.locator("#graph .box").count() == 4


def test_the_graph_is_zoomed_and_moved(odd: Tab) -> None:
    stage = odd.page.locator("#graph svg.graph > g")
    before = stage.get_attribute("transform")
    odd.page.get_by_role("button", name="Zoom in").click()
    zoomed = stage.get_attribute("transform")
    area = odd.page.locator("#graph svg.graph").bounding_box()
    odd.page.mouse.move(area["x"] + 5, area["y"] + 5)
    odd.page.mouse.down()
    odd.page.mouse.move(area["x"] + 60, area["y"] + 20)
    odd.page.mouse.up()
    assert len({before, zoomed, stage.get_attribute("transform")}) == 3
    odd.page.get_by_role("button", name="Show all of the graph").click()
    assert stage.get_attribute("transform") == before


def test_logs_are_searched(odd: Tab) -> None:
    odd.page.get_by_label("Search the logs").fill("NEEDLE")
    logs = odd.page.locator("#logs")
    assert "1 line in 1 log" in logs.inner_text() and logs.locator("mark").all_inner_texts() == ["needle"]
    odd.page.get_by_label("Search the logs").fill("no such thing")
    assert "No line has this." in logs.inner_text()


def test_the_timeline_is_filtered_by_text_and_status(odd: Tab) -> None:
    labels = odd.page.locator("#timeline .room .label")
    odd.page.get_by_label("Find a step").fill("each[")
    assert labels.count() == 3
    odd.page.get_by_label("Find a step").fill("")
    odd.page.get_by_label("Status", exact=True).select_option("failed")
    assert labels.all_inner_texts() == ["bad"]


def test_it_is_compared_with_the_run_before(odd: Tab) -> None:
    compared = odd.page.locator("#compare")
    assert "With then, an earlier run" in compared.inner_text()
    assert compared.locator(".because li").all_inner_texts() == ["though parameter rate: 1 → 2"]
    assert "rate" in compared.locator("table").first.inner_text()
    compared.get_by_role("checkbox").check()
    assert "Every step ended as it did then." in compared.inner_text()


def test_texts_of_a_run_are_text_wherever_they_stand(odd: Tab) -> None:
    odd.page.get_by_role("button", name="Unfold all").click()
    for label in ("each[0]", "each[1]", "first", "bad"):
        odd.step(label)
        shown = odd.page.evaluate("document.body.innerText")
        assert SCRIPT in shown and IMAGE in shown
    assert odd.page.locator("body script").count() == 2 and odd.page.locator("img[onerror]").count() == 0


def test_pictures_and_pages_are_shown_and_may_do_nothing(odd: Tab) -> None:
    odd.page.locator("#files").get_by_role("button", name="p.html").click()
    frame = odd.page.frame_locator("#details iframe")
    assert frame.locator("p").inner_text() == "fine"
    assert frame.locator("script, link, [src], [href]").count() == 0
    assert odd.page.locator("#details iframe").get_attribute("sandbox") == ""
    odd.page.locator("#files").get_by_role("button", name="table.csv").click()
    assert odd.page.locator("#details td").all_inner_texts()[:4] == ["1", "3", "2", "1"]
    picture = odd.page.locator("#files figure img")
    picture.scroll_into_view_if_needed()
    assert picture.get_attribute("src").startswith("data:image/svg+xml;base64,")
    assert picture.evaluate("one => one.decode().then(() => one.naturalWidth)") == 9


def test_keys_are_enough(odd: Tab) -> None:
    odd.page.locator("#timeline [role=treegrid]").focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowDown", "Enter"):
        odd.page.keyboard.press(key)
    assert odd.page.locator("#details h2").inner_text() == "each[0]"
    odd.page.keyboard.press("Escape")
    assert odd.page.evaluate("document.activeElement.getAttribute('role')") == "treegrid"
    odd.page.locator("#graph .box[tabindex='0']").focus()
    odd.page.keyboard.press("ArrowRight")
    odd.page.keyboard.press("Enter")
    assert odd.page.locator("#details h2").inner_text() not in ("first", "each[0]")


def test_it_has_landmarks_headings_and_names(odd: Tab) -> None:
    page = odd.page
    assert [page.get_by_role(role).count() for role in ("banner", "main", "contentinfo")] == [1, 1, 1]
    assert page.get_by_role("navigation").count() == 1 and page.locator("h1").count() == 1
    assert page.locator("h2").all_inner_texts()[:3] == ["Overview", "Graph", "Timeline"]
    unnamed = "button:not([aria-label])"
    assert all(text.strip() for text in page.locator(unnamed).all_inner_texts())
    assert page.locator("img:not([alt])").count() == 0 and page.title() == "now: odd failed"


CONTRAST = """() => {
  const linear = (v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = (name) => {
    const probe = document.createElement("i");
    probe.style.color = `var(${name})`;
    document.body.append(probe);
    const [r, g, b] = getComputedStyle(probe).color.match(/[0-9.]+/g).map((v) => linear(v / 255));
    probe.remove();
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const against = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
  const inks = ["--ink", "--quiet", "--accent", "--good", "--bad", "--warn", "--run", "--none", "--kept"];
  const grounds = ["--card", "--ground", "--soft"];
  return inks.flatMap((ink) => grounds.map((ground) => [`${ink} on ${ground}`, against(ink, ground)]));
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_both_schemes_are_easy_to_read(browser: Any, files: Path, scheme: str) -> None:
    tab = Tab(browser, files / "odd.html", color_scheme=scheme)
    found = dict(tab.page.evaluate(CONTRAST))
    dark = tab.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 22, 29)"
    tab.close()
    assert dark == (scheme == "dark")
    assert {name: ratio for name, ratio in found.items() if ratio < 4.5} == {}


def test_it_fits_a_telephone(browser: Any, files: Path) -> None:
    tab = Tab(browser, files / "odd.html")
    tab.page.set_viewport_size({"width": 390, "height": 800})
    assert tab.page.evaluate("document.documentElement.scrollWidth") <= 390
    tab.close()


def test_5000_steps_are_few_nodes(browser: Any, files: Path) -> None:
    tab = Tab(browser, files / "large.html")
    assert tab.nodes() < 1500 and tab.page.locator("#graph .box").count() < 10  # those that stand alike are one box
    tab.page.get_by_role("button", name="Unfold all").click()
    stacks = tab.page.locator("#graph .stack")
    while (folded := stacks.and_(tab.page.locator("[aria-expanded=false]"))).count():
        folded.first.click()
        if tab.nodes() > 6000:
            break
    tab.page.locator("#timeline .rows").evaluate("one => { one.scrollTop = one.scrollHeight; }")
    playwright.expect(tab.page.locator("#timeline .room .label").last).to_have_text("n=1999")
    assert tab.nodes() < 6000
    tab.page.get_by_label("Find a step").fill("map[n=1999")
    tab.step("map[n=1999]")
    assert "failed" in tab.page.locator("#details").inner_text()
    tab.close()
