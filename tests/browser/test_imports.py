"""A reader brings what they marked in QuPath and ImageScope: looks, chooses labels by the keyboard, imports, opens, takes back."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visit
from tests.browser.test_pages import AXE

Begin = Callable[..., Visit]
Picture = Callable[[Page, str], None]
LANGUAGES = pytest.mark.parametrize("language", ["ja", "en"])
SLOW_MS = 30_000


def imagescope(width: int, height: int, layer: str) -> str:
    """A layer with an outline, a hole in it, an ellipse, and a ruler."""

    def region(number: int, kind: int, points: list[tuple[float, float]], negative: int = 0) -> str:
        vertices = "".join(f'<Vertex X="{x * width}" Y="{y * height}"/>' for x, y in points)
        return f'<Region Id="{number}" Type="{kind}" Text="" NegativeROA="{negative}"><Vertices>{vertices}</Vertices></Region>'

    outer, hole = [(0.1, 0.1), (0.5, 0.15), (0.45, 0.6), (0.15, 0.5)], [(0.25, 0.25), (0.35, 0.25), (0.3, 0.4)]
    regions = [region(1, 0, outer), region(2, 0, hole, 1), region(3, 2, [(0.6, 0.5), (0.9, 0.9)]), region(4, 4, [(0.1, 0.9), (0.2, 0.9)])]
    return (
        f'<Annotations MicronsPerPixel="0.5"><Annotation Id="1" Name="{layer}" LineColor="65280"><Regions>'
        + "".join(regions)
        + "</Regions></Annotation></Annotations>"
    )


def qupath(width: int, height: int) -> str:
    """Three squares of two classes, and a point."""

    def square(x: float, y: float, name: str) -> dict[str, Any]:
        corners = [(x, y), (x + 0.08, y), (x + 0.08, y + 0.08), (x, y + 0.08), (x, y)]
        ring = [[round(a * width), round(b * height)] for a, b in corners]
        properties = {"objectType": "annotation", "classification": {"name": name, "color": [0, 90, 200]}, "measurements": {"Area": 1}}
        return {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]}, "properties": properties}

    features = [square(0.2, 0.7, "Tumor 2021"), square(0.4, 0.7, "Tumor 2021"), square(0.7, 0.2, "Ignore*")]
    return json.dumps({"type": "FeatureCollection", "features": features})


class ImportPage:
    """The page as a reader meets it."""

    def __init__(self, visit: Visit, language: str, take_picture: Picture) -> None:
        self.visit, self.page, self.language, self.take_picture = visit, visit.page, language, take_picture

    def open_from_home(self) -> "ImportPage":
        self.page.goto(f"{self.visit.site.url}/")
        self.page.locator("#reading a[href$='/import/']").first.click()
        expect(self.page.locator("#import-zone")).to_be_visible()
        return self

    @property
    def data(self) -> dict[str, Any]:
        return dict(json.loads(self.page.locator("#page-data").text_content() or "{}"))

    def card(self, name: str) -> Locator:
        return self.page.locator(".import-card", has=self.page.get_by_role("heading", name=name, exact=True)).first

    def look(self, name: str, at: Locator | None = None) -> None:
        self.page.wait_for_load_state("networkidle")
        self.page.evaluate("window.scrollTo(0, 0)")
        if at is not None:
            at.evaluate("element => element.scrollIntoView()")
        self.take_picture(self.page, name)
        self.page.evaluate(AXE.read_text("utf-8"))
        result = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        found = [
            (one["id"], [node["target"] for node in one["nodes"]])
            for one in result["violations"]
            if one["impact"] in {"serious", "critical"}
        ]
        assert not found, found
        assert not self.visit.errors, self.visit.errors


@LANGUAGES
def test_from_files_to_marks_and_back(visit: Begin, take_picture: Picture, tmp_path: Path, language: str) -> None:
    # Each language has a reader and a class of its own: what one brought stays in their list, what they chose is remembered.
    reader = {"ja": "jsp-reader1", "en": "jsp-reader2"}[language]
    here = ImportPage(visit(reader, language, bypass_csp=True), language, take_picture).open_from_home()
    page, image = here.page, here.data["images"][0]
    here.look("import-empty")
    stem = image["name"].rsplit(".", 1)[0]
    files = {
        f"{stem}.xml": imagescope(image["width"], image["height"], f"Layer of {reader}"),
        f"{stem}.geojson": qupath(image["width"], image["height"]),
        "of-another-slide.geojson": qupath(image["width"], image["height"]),
        "cut.geojson": '{"type": "FeatureCollection", "features": [',
    }
    for name, content in files.items():
        (tmp_path / name).write_text(content, "utf-8")
    page.set_input_files("#import-files", [tmp_path / name for name in files])
    expect(page.locator(".import-card")).to_have_count(4, timeout=SLOW_MS)
    expect(page.locator(".import-card .badge-warn")).to_have_count(3, timeout=SLOW_MS)
    # what cannot be read says where and why
    expect(here.card("cut.geojson").locator("[role=alert]")).to_contain_text("line 1, column 44")
    # a file of another name asks for its image
    other = here.card("of-another-slide.geojson")
    expect(other.locator(".message-warning")).to_be_visible()
    other.locator("select").first.select_option(image["id"])
    expect(other.locator("figure svg path")).to_have_count(3, timeout=SLOW_MS)
    # the outline with its hole and the ellipse lie on the picture; the ruler is told
    slide = here.card(f"{stem}.xml")
    expect(slide.locator("figure svg path")).to_have_count(2)
    assert (slide.locator("figure svg path").first.get_attribute("d") or "").count("M") == 2
    slide.locator("summary").click()
    expect(slide.locator(".import-places")).to_contain_text("region 4")
    # nothing is imported before something is chosen for each class; the keyboard is enough
    start = slide.locator(".import-actions button").first
    start.focus()
    page.keyboard.press("Enter")
    label = slide.locator(".import-labels select")
    expect(label).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    here.look("import-preview", slide)
    start.focus()
    page.keyboard.press("Enter")
    expect(slide.locator(".badge-ok")).to_be_visible(timeout=SLOW_MS)
    # the marks are there, in the reader's own read
    read = (slide.locator("a[href^='/reads/']").get_attribute("href") or "").split("/")[2]
    marks = page.request.get(f"{here.visit.site.url}/api/reads/{read}/annotations/").json()["annotations"]
    assert sum(mark["origin"] == "import" for mark in marks) == 2
    here.look("import-done", slide)
    slide.locator("a[href^='/reads/']").click()
    expect(page.locator("body.is-ready")).to_be_visible(timeout=SLOW_MS)
    here.take_picture(page, "import-workbench")
    page.go_back()
    # taken back
    slide.get_by_role("button").last.click()
    expect(slide.locator(".import-actions")).to_have_count(0, timeout=SLOW_MS)
    left = page.request.get(f"{here.visit.site.url}/api/reads/{read}/annotations/").json()["annotations"]
    assert not any(mark["origin"] == "import" for mark in left)
    for name in (f"{stem}.geojson", "of-another-slide.geojson", "cut.geojson"):
        here.card(name).locator(".import-actions button").last.click()
        expect(page.locator(".import-card", has_text=name)).to_have_count(0)
    here.look("import-undone")
