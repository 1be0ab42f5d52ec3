"""The reader points, the model outlines: a real model server behind it, and the magic wand where there is none."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect
from shapely.geometry import Point, box

from tests.browser.conftest import Visit
from tests.browser.hands import begin, shapes
from tests.browser.site import ROOT
from tests.browser.test_keys import accessible
from tests.waiting import wait_for

Begin = Callable[..., Visit]
Picture = Callable[[Page, str], None]
LANGUAGES = pytest.mark.parametrize(("reader", "language"), [("jsp-reader1", "ja"), ("jsp-reader2", "en")])


@LANGUAGES
def test_what_is_pointed_at_is_outlined_and_says_who_proposed_it(visit: Begin, take_picture: Picture, reader: str, language: str) -> None:
    bench = begin(visit(reader, language))
    known = {each["id"] for each in bench.open_suggestions()}
    seen = next(each for each in bench.open_suggestions() if each["geometry"]["type"] == "Polygon")
    bench.choose("tumour-cell")
    bench.key("Shift+I")
    expect(bench.page.locator("[data-action='tool.prompt']")).to_have_attribute("aria-pressed", "true")
    middle = Point(seen["geometry"]["coordinates"][0][0])
    bench.page.mouse.move(*bench.place_of((middle.x, middle.y)))
    # The whole field around a nucleus, so that something lies within, whatever the thresholds of this crop are.
    left, top = bench.place_of((middle.x - 60, middle.y - 60))
    right, bottom = bench.place_of((middle.x + 60, middle.y + 60))
    bench.page.mouse.move(left, top)
    bench.page.mouse.down()
    bench.page.mouse.move(right, bottom, steps=4)
    take_picture(bench.page, "prompt-box")
    bench.page.mouse.up()
    wait_for("outlines of the model", lambda: len(bench.saved_marks()) > 0, 60)
    field = box(middle.x - 61, middle.y - 61, middle.x + 61, middle.y + 61)
    found = shapes(bench, len(bench.saved_marks()))
    assert all(each.envelope.intersects(field) for each in found)
    marks = bench.saved_marks()
    assert {(mark["origin"], tuple(mark["labels"])) for mark in marks} == {("suggestion", ("tumour-cell",))}
    mine = [each for each in bench.get(f"/api/reads/{bench.read_id}/suggestions/")["suggestions"] if each["id"] not in known]
    assert {each["decision"]["verdict"] for each in mine} == {"relabel"}, "the model said nucleus, the reader tumour cell"
    assert {mark["suggestion_id"] for mark in marks} == {each["id"] for each in mine}
    expect(bench.page.locator(".prompt-pending")).to_have_count(0)
    take_picture(bench.page, "prompt-outlined")
    bench.page.evaluate((ROOT / "node_modules/axe-core/axe.min.js").read_text("utf-8"))
    accessible(bench.page)
    bench.key("Control+z")
    wait_for("all taken back in one step", lambda: bench.saved_marks() == [])
    assert not bench.visit.errors


@LANGUAGES
def test_nobody_waits_and_the_wand_helps_where_the_model_cannot(visit: Begin, take_picture: Picture, reader: str, language: str) -> None:
    bench = begin(visit(reader, language))
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    bench.page.route("**/prompts/", hold)
    bench.choose("tumour")
    bench.key("Shift+I")
    for place in [(0.4, 0.4), (0.6, 0.6)]:
        bench.page.mouse.click(*bench.at(*place))
    expect(bench.page.locator(".prompt-pending")).to_have_count(2)
    take_picture(bench.page, "prompt-pending")
    # Meanwhile another mark is drawn.
    bench.draw("polygon", "tumour", [(0.2, 0.2), (0.3, 0.2), (0.3, 0.3)])
    wait_for("the reader's own mark", lambda: len(bench.saved_marks()) == 1)
    for route in held:
        route.abort()
    wait_for("outlines by colour", lambda: len(bench.saved_marks()) == 3)
    assert {mark["origin"] for mark in bench.saved_marks()} == {"manual"}, "the reader's, not a model's"
    expect(bench.page.locator(".prompt-pending")).to_have_count(0)
    take_picture(bench.page, "prompt-by-colour")
    for _ in range(3):
        bench.key("Control+z")
    wait_for("all taken back", lambda: bench.saved_marks() == [])
