"""Thousands of cells on a slide: seen at every power, counted, chosen by lasso, relabelled, deleted, edited, taken back."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.annotation.cells.features import collection, grid
from tests.browser.conftest import Visit
from tests.browser.drawn import Position
from tests.browser.site import ROOT
from tests.browser.test_keys import accessible
from tests.browser.workbench import Workbench
from tests.waiting import wait_for

Begin = Callable[..., Visit]
Picture = Callable[[Page, str], None]
COLUMNS, ROWS = 70, 90
STEP_PX = 30


class CellBench(Workbench):
    """A read whose image has cells."""

    def bring_cells(self, folder: Path) -> None:
        """Import a grid of cells for the image that is open, unless it has some, and open it again."""
        if self.read["has_cell_layers"]:
            self.wait_complete()
            return
        path = folder / "nuclei.geojson"
        path.write_bytes(collection(grid(COLUMNS, ROWS, step_px=STEP_PX, names=("Tumour", "Stroma", "Macrophage"))))
        read = self.read
        self.visit.site.manage(
            "import_cells", read["campaign"]["id"], read["image_id"], str(path), "--user", "jsp-admin", "--name", "Nuclei"
        )
        self.open(self.read_id)
        expect(self.panel).to_be_visible()
        self.wait_complete()

    @property
    def panel(self) -> Any:
        return self.page.locator("#cells-panel")

    def wait_complete(self) -> None:
        """Wait until everything in view is drawn."""
        expect(self.panel.locator(".section-note")).to_have_text({"ja": "表示範囲はすべて表示", "en": "all in view shown"}[self.language])

    def lasso(self, places: list[Position], key: str = "") -> None:
        """Drag around places, shares of the canvas."""
        if key:
            self.page.keyboard.down(key)
        self.page.mouse.move(*self.at(*places[0]))
        self.page.mouse.down()
        for place in places[1:]:
            self.page.mouse.move(*self.at(*place), steps=6)
        self.page.mouse.up()
        if key:
            self.page.keyboard.up(key)

    def chosen(self) -> int:
        """How many cells the panel says are chosen."""
        text = self.panel.locator(".cells-chosen").text_content() or "0"
        return int("".join(letter for letter in text if letter.isdigit()) or 0) if self.panel.locator(".cells-chosen").is_visible() else 0

    def counts(self) -> dict[str, int]:
        """Cells in view by label, as the panel says."""
        rows = self.panel.locator(".cells-labels .cells-row").all()
        said = [(row.locator(".row-name").text_content() or "", row.locator(".row-size").text_content() or "0") for row in rows]
        return {name: int(number.replace(",", "")) for name, number in said if number != "0"}

    def file(self) -> bytes:
        """The layer as it is taken out."""
        href = self.panel.locator(".cells-file").get_attribute("href")
        return self.page.request.get(f"{self.url}{href}").body()

    def changes(self) -> list[dict[str, Any]]:
        """What the server holds of this read's changes."""
        return list(self.get(f"/api/reads/{self.read_id}/cell-changes/")["changes"])


@pytest.fixture
def bench_of(visit: Begin, tmp_path: Path) -> Callable[[str, str], CellBench]:
    def begin(reader: str, language: str) -> CellBench:
        bench = CellBench(visit(reader, language))
        bench.take_next_from_home()
        bench.bring_cells(tmp_path)
        return bench

    return begin


@pytest.mark.parametrize(("reader", "language"), [("jsp-reader1", "ja"), ("jsp-reader2", "en")])
def test_choose_relabel_delete_and_take_everything_back(
    bench_of: Callable[[str, str], CellBench], take_picture: Picture, reader: str, language: str
) -> None:
    bench = bench_of(reader, language)
    wait_for("all cells counted", lambda: list(bench.counts().values()) == [COLUMNS * ROWS // 3] * 3)
    take_picture(bench.page, "cells-whole")
    before, known = bench.file(), len(bench.changes())
    assert len(json.loads(before)["features"]) == COLUMNS * ROWS

    bench.key("m")
    bench.lasso([(0.4, 0.3), (0.6, 0.3), (0.6, 0.6), (0.4, 0.6)])
    wait_for("chosen cells", lambda: bench.chosen() > 100)
    inside = bench.chosen()
    bench.lasso([(0.4, 0.3), (0.5, 0.3), (0.5, 0.6), (0.4, 0.6)], key="Alt")
    wait_for("fewer cells", lambda: 0 < bench.chosen() < inside)
    bench.wait_complete()
    take_picture(bench.page, "cells-chosen")
    half = bench.chosen()
    label = bench.panel.locator(".cells-labels .row-name").first.text_content() or ""
    before_relabel = bench.counts().get(label, 0)
    bench.page.locator("#labels-panel .label-button").first.click()
    wait_for("the change on the server", lambda: [change["kind"] for change in bench.changes()[known:]] == ["relabel"])
    wait_for("counts that show it", lambda: bench.counts().get(label, 0) > before_relabel)
    assert bench.chosen() == 0

    bench.lasso([(0.42, 0.35), (0.46, 0.35), (0.46, 0.5), (0.42, 0.5)])
    wait_for("chosen cells", lambda: bench.chosen() > 10)
    gone = bench.chosen()
    bench.key("Delete")
    wait_for("fewer cells in view", lambda: sum(bench.counts().values()) == COLUMNS * ROWS - gone)
    wait_for("two changes on the server", lambda: len(bench.changes()) == known + 2)
    changed = bench.file()
    told = json.loads(changed)["features"]
    assert len(told) == COLUMNS * ROWS - gone
    assert sum(feature["properties"]["metadata"]["mitate:decided"] == "true" for feature in told) == half
    bench.wait_complete()
    take_picture(bench.page, "cells-changed")

    bench.open(bench.read_id)
    expect(bench.panel).to_be_visible()
    wait_for("the same after a reload", lambda: sum(bench.counts().values()) == COLUMNS * ROWS - gone)
    bench.key("Control+z")
    bench.key("Control+z")
    wait_for("everything as it was", lambda: bench.file() == before)
    wait_for("all cells in view", lambda: sum(bench.counts().values()) == COLUMNS * ROWS)
    bench.key("Control+Shift+Z")
    bench.key("Control+Shift+Z")
    wait_for("everything done again", lambda: bench.file() == changed)
    bench.key("Control+z")
    bench.key("Control+z")
    wait_for("everything as it was", lambda: bench.file() == before)


def test_one_cell_becomes_a_mark_and_a_cell_again(bench_of: Callable[[str, str], CellBench], take_picture: Picture) -> None:
    bench = bench_of("jsp-reader1", "en")
    before, marks = bench.file(), bench.mark_rows.count()
    for _ in range(6):
        bench.key("+")
    bench.wait_still()
    bench.wait_complete()
    bench.key("m")
    place = cell_place(bench)
    bench.page.mouse.move(*place)
    expect(bench.page.locator("#status-bar")).to_contain_text("proposed with a score of")
    bench.page.mouse.click(*place)
    wait_for("one chosen cell", lambda: bench.chosen() == 1)
    bench.page.locator("#labels-panel .label-button").first.click()
    wait_for("a change", lambda: bench.file() != before)
    bench.key("m")
    bench.page.mouse.click(*place)
    wait_for("one chosen cell", lambda: bench.chosen() == 1)
    take_picture(bench.page, "cells-one")
    bench.panel.get_by_role("button", name="Edit the outline").click()
    expect(bench.mark_rows).to_have_count(marks + 1)
    bench.wait_saved()
    wait_for("one cell fewer", lambda: len(json.loads(bench.file())["features"]) == COLUMNS * ROWS - 1)
    assert [mark["cell"]["number"] >= 0 for mark in bench.saved_marks() if mark["cell"]] == [True]
    bench.key("Control+z")
    bench.key("Control+z")
    expect(bench.mark_rows).to_have_count(marks)
    wait_for("everything as it was", lambda: bench.file() == before)


_COUNT_DRAWN = """
window.drawnTiles = 0;
const post = Worker.prototype.postMessage;
Worker.prototype.postMessage = function (message, ...rest) {
  if (message && message.ask === 'tile') window.drawnTiles += 1;
  return post.call(this, message, ...rest);
};
"""


def drawn(bench: CellBench, act: Callable[[], object]) -> int:
    """How many tiles the worker is asked to draw because of an act, until everything in view is drawn."""
    bench.page.evaluate("window.drawnTiles = 0; performance.clearMarks('mitate:cells-complete')")
    act()
    wait_for("tiles", lambda: bench.page.evaluate("performance.getEntriesByName('mitate:cells-complete').length > 0"))
    bench.wait_still()
    bench.wait_complete()
    return int(bench.page.evaluate("window.drawnTiles"))


def test_a_change_to_one_cell_draws_no_other_tile(visit: Begin, tmp_path: Path) -> None:
    person = visit("jsp-reader1", "en")
    person.context.add_init_script(_COUNT_DRAWN)
    bench = CellBench(person)
    bench.take_next_from_home()
    bench.bring_cells(tmp_path)
    for _ in range(4):
        bench.key("+")
    bench.wait_still()
    bench.wait_complete()
    slider = bench.panel.get_by_role("slider").first
    everything = drawn(bench, lambda: slider.fill("1"))
    assert everything > 4
    drawn(bench, lambda: slider.fill("0"))
    before = bench.file()
    bench.key("m")
    place = cell_place(bench)
    bench.page.mouse.move(*place)
    expect(bench.page.locator("#status-bar")).to_contain_text("proposed with a score of")
    # A cell on a border lies in up to four tiles.
    assert 1 <= drawn(bench, lambda: bench.page.mouse.click(*place)) <= min(4, everything - 1)
    assert bench.chosen() == 1
    assert 1 <= drawn(bench, bench.page.locator("#labels-panel .label-button").first.click) <= min(4, everything - 1)
    wait_for("a change", lambda: bench.file() != before)
    assert 1 <= drawn(bench, lambda: bench.key("Control+z")) <= min(4, everything - 1)
    wait_for("everything as it was", lambda: bench.file() == before)


_WATCH_PIXEL = """
([x, y]) => {
  window.watched = [];
  const look = () => {
    const colours = [...document.querySelectorAll('.viewer-canvas canvas')].map((canvas) => {
      const box = canvas.getBoundingClientRect();
      if (!canvas.width || !box.width) return '';
      const at = [(x - box.left) * canvas.width / box.width, (y - box.top) * canvas.height / box.height];
      return [...canvas.getContext('2d').getImageData(Math.round(at[0]), Math.round(at[1]), 1, 1).data].join();
    });
    window.watched.push(colours.join(' '));
    window.watching = requestAnimationFrame(look);
  };
  window.watching = requestAnimationFrame(look);
}
"""


def test_no_blank_frame_is_seen_while_a_filter_is_drawn(bench_of: Callable[[str, str], CellBench]) -> None:
    bench = bench_of("jsp-reader2", "en")
    for _ in range(4):
        bench.key("+")
    bench.wait_still()
    bench.wait_complete()
    bench.key("m")
    place = cell_place(bench)
    bench.page.mouse.move(*place)
    bar = bench.page.locator("#status-bar")
    expect(bar).to_contain_text("proposed with a score of")
    named = str(bar.text_content()).split(",")[0].strip()
    # Onto its neighbour of another label: what says that also takes the outline of the pointer off the cell that is watched.
    bench.page.mouse.move(place[0] + STEP_PX / bench.px_per_screen_px(), place[1])
    expect(bar).not_to_contain_text(named)
    slider = bench.panel.get_by_role("slider").first
    rows = bench.panel.locator(".cells-labels .cells-row:visible")
    others = [name for name in rows.locator(".row-name").all_text_contents() if name != named]
    assert others
    bench.page.evaluate(_WATCH_PIXEL, list(place))
    for name in others[:2]:
        box = bench.panel.get_by_role("checkbox", name=f"Show {name}")
        box.uncheck()
        box.check()
    for value in (*range(1, 20), 0):  # faster than anything is drawn
        slider.fill(str(value))
    bench.wait_complete()
    bench.wait_still()
    seen = set(bench.page.evaluate("() => { cancelAnimationFrame(window.watching); return window.watched; }"))
    assert len(seen) == 1, f"the cell that every filter shows looked different meanwhile: {seen}"
    # That this can fail: a filter that hides the cell itself is seen.
    bench.page.evaluate(_WATCH_PIXEL, list(place))
    bench.panel.get_by_role("checkbox", name=f"Show {named}").uncheck()
    bench.wait_complete()
    wait_for("the cell to go", lambda: len(set(bench.page.evaluate("window.watched"))) > 1)


def drag(bench: CellBench, by_px: int) -> None:
    """Move the view sideways, with the space bar and the pointer."""
    x, y = bench.at(0.5, 0.8)
    bench.page.keyboard.down("Space")
    bench.page.mouse.move(x, y)
    bench.page.mouse.down()
    bench.page.mouse.move(x + by_px, y, steps=8)
    bench.page.mouse.up()
    bench.page.keyboard.up("Space")
    bench.wait_still()
    bench.wait_complete()


def middle_picture(bench: CellBench) -> bytes:
    (x, y), (right, bottom) = bench.at(0.3, 0.3), bench.at(0.7, 0.6)
    return bench.page.screenshot(clip={"x": x, "y": y, "width": right - x, "height": bottom - y})


@pytest.mark.parametrize("language", ["ja", "en"])
def test_what_cannot_be_fetched_is_said_and_tried_again(
    bench_of: Callable[[str, str], CellBench], take_picture: Picture, language: str
) -> None:
    bench = bench_of("jsp-reader2", language)
    parts = re.compile(r"/packed/-?\d+_-?\d+")
    bench.page.route(parts, lambda route: route.abort())
    bench.page.reload()
    note = bench.panel.locator(".section-note")
    again = bench.panel.get_by_role("button", name={"ja": "再試行", "en": "Try again"}[language])
    expect(note).to_have_text({"ja": "一部未表示", "en": "incomplete"}[language])
    take_picture(bench.page, "cells-incomplete")
    # Nothing of the first attempt may fail when the second has begun.
    wait_for("the end of the first attempt", lambda: bench.holds_still(note.text_content, 1))
    bench.page.unroute(parts)
    again.click()
    bench.wait_complete()
    expect(again).to_be_hidden()


def test_a_filter_is_seen_too_on_what_comes_into_view_again(bench_of: Callable[[str, str], CellBench]) -> None:
    bench = bench_of("jsp-reader2", "en")
    for _ in range(4):
        bench.key("+")
    bench.wait_still()
    bench.wait_complete()
    drag(bench, -500)
    unfiltered = middle_picture(bench)
    drag(bench, 500)
    drawn(bench, bench.panel.locator(".cells-labels input:checked").first.uncheck)
    drag(bench, -500)
    filtered = middle_picture(bench)
    assert filtered != unfiltered
    # All of it drawn once more is the same picture.
    for _ in range(2):
        drawn(bench, bench.panel.get_by_role("checkbox", name="Filled").click)
    assert middle_picture(bench) == filtered
    drawn(bench, bench.panel.locator(".cells-labels .cells-row:visible input:not(:checked)").first.check)
    assert middle_picture(bench) == unfiltered


def test_the_cell_under_the_pointer_is_outlined_where_it_lies_and_goes_with_the_image(bench_of: Callable[[str, str], CellBench]) -> None:
    bench = bench_of("jsp-reader2", "en")
    for _ in range(5):
        bench.key("+")
    bench.wait_still()
    bench.wait_complete()
    bench.key("m")
    outline = bench.page.locator(".cells-hover")
    expect(outline).to_be_hidden()
    place = cell_place(bench)
    bench.page.mouse.move(*place)
    expect(outline).to_be_visible()
    box = outline.bounding_box()
    assert box is not None
    assert 0 < place[0] - box["x"] < box["width"]
    assert 0 < place[1] - box["y"] < box["height"]
    width = "document.querySelector('.cells-hover polygon').getBBox().width"
    was = bench.page.evaluate(width)
    bench.page.mouse.wheel(0, 240)  # around the pointer, which stays over the cell
    wait_for("a smaller outline", lambda: 0 < bench.page.evaluate(width) < was * 0.9)
    bench.wait_still()
    # Between the cells is none.
    x, y = cell_place(bench)
    half = STEP_PX / 2 / bench.px_per_screen_px()
    bench.page.mouse.move(x + half, y + half)
    expect(outline).to_be_hidden()


def cell_place(bench: CellBench) -> Position:
    """A place on the screen in the middle of a cell near the middle of the view."""
    middle = bench.at(0.5, 0.5)
    x, y = bench.pixel_under(middle)
    scale = bench.px_per_screen_px()
    at = [20 + STEP_PX * round((value - 20) / STEP_PX) for value in (x, y)]
    return middle[0] + (at[0] - x) / scale, middle[1] + (at[1] - y) / scale


def test_filters_hide_without_a_reload_and_what_is_hidden_is_not_chosen(bench_of: Callable[[str, str], CellBench]) -> None:
    bench = bench_of("jsp-reader2", "ja")
    total = COLUMNS * ROWS
    wait_for("all cells counted", lambda: sum(bench.counts().values()) == total)
    bench.panel.get_by_role("slider").first.fill("50")
    wait_for("half of the cells", lambda: abs(sum(bench.counts().values()) - total / 2) < total * 0.02)
    first = bench.panel.locator(".cells-labels input:checked").first
    first.uncheck()
    wait_for("fewer labels", lambda: sum(bench.counts().values()) < total * 0.4)
    shown = sum(bench.counts().values())
    bench.key("Control+k")
    bench.page.keyboard.type("cells.view")
    bench.page.keyboard.press("Enter")
    wait_for("all that is shown is chosen", lambda: bench.chosen() == shown)
    bench.open(bench.read_id)
    expect(bench.panel).to_be_visible()
    wait_for("the same filters after a reload", lambda: sum(bench.counts().values()) == shown)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_an_admin_brings_cells_in_and_throws_them_away(visit: Begin, tmp_path: Path, take_picture: Picture, language: str) -> None:
    begun = visit("jsp-admin", language, bypass_csp=True)
    page = begun.page
    page.goto(f"{begun.site.url}/")
    page.locator("a[href^='/campaigns/']:not([href*=new])").first.click()
    part = page.locator("#cells")
    good, bad = tmp_path / f"good-{language}.geojson", tmp_path / f"bad-{language}.geojson"
    good.write_bytes(collection(grid(5, 4)))
    bad.write_bytes(collection(grid(5, 4))[:-40])
    for path, state in ((good, "ok"), (bad, "danger")):
        part.locator("input[type=file]").set_input_files(path)
        part.locator("button[type=submit]").click()
        row = part.locator("li", has_text=path.name)
        expect(row.locator(f".badge-{state}")).to_be_visible(timeout=60_000)
    expect(part.locator("li", has_text=bad.name)).to_contain_text("QuPath")
    page.evaluate((ROOT / "node_modules/axe-core/axe.min.js").read_text("utf-8"))
    accessible(page)
    page.locator("#cells").scroll_into_view_if_needed()
    take_picture(page, "cells-brought-in")
    for path in (good, bad):
        row = part.locator("li", has_text=path.name)
        row.get_by_role("button").click()
        expect(row).to_have_count(0)
