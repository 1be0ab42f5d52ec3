"""The workbench as a person meets it: keys, mouse, what the screen says, and what the server was told."""

import io
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import PIL.Image
from playwright.sync_api import Locator, Page, Request, expect
from shapely.geometry import Polygon

from tests.browser.conftest import Visit
from tests.browser.drawn import Drawn, Position
from tests.browser.panels import Panels
from tests.waiting import wait_for

TOOL_KEYS = {
    "select": "v",
    "box": "b",
    "polygon": "p",
    "freehand": "f",
    "point": "o",
    "ellipse": "q",
    "brush": "d",
    "eraser": "x",
    "wand": "w",
    "superpixel": "Shift+W",
    "prompt": "Shift+I",
    "ruler": "t",
    "angle": "Shift+G",
}
DECISION_KEYS = {"accept": "a", "edit": "e", "relabel": "l", "reject": "r", "ignore": "i"}
_POSITION = re.compile(r"x (\d+)\s+y (\d+) px")


class Workbench(Panels):
    """One read on one page."""

    def __init__(self, visit: Visit, page: Page | None = None) -> None:
        self.visit = visit
        self.page = page or visit.page
        self.url = visit.site.url
        self.campaign: dict[str, Any] = {}
        self.told_shown: set[str] = set()
        self._seen: set[str] = set()
        self.page.on("request", self._note_exposures)

    def _note_exposures(self, request: Request) -> None:
        if request.url.endswith("/exposures/"):
            self.told_shown.update(request.post_data_json["suggestion_ids"])

    # ----- coming here and leaving -----

    def take_next_from_home(self) -> "Workbench":
        """Press N on the home page."""
        self.page.goto(f"{self.url}/")
        expect(self.page.locator("#reading button[data-key=n]")).to_be_visible()
        self.page.keyboard.press("n")
        return self.arrive()

    def open(self, read_id: str) -> "Workbench":
        """Open a known read."""
        self.page.goto(f"{self.url}/reads/{read_id}/")
        return self.arrive()

    def arrive(self, *, besides: str = "") -> "Workbench":
        """Wait until a read (another one than `besides`) is open and its pixels are sharp."""
        self.page.wait_for_url(lambda url: "/reads/" in url and (not besides or besides not in url))
        expect(self.page.locator("body")).to_have_class(re.compile(r"\bis-ready\b"))
        expect(self.page.locator("body")).to_have_attribute("data-fetched", "all")
        wait_for("sharp pixels", lambda: self.page.evaluate("performance.getEntriesByName('mitate:first-sharp').length > 0"))
        self.campaign = self.read["campaign"]
        self._seen = {mark["id"] for mark in self.saved()}
        return self

    @property
    def read_id(self) -> str:
        """Id of the open read."""
        return self.page.url.split("/reads/")[1].split("/")[0]

    @property
    def read(self) -> dict[str, Any]:
        """The open read as the API tells it."""
        return self.get(f"/api/reads/{self.read_id}/")

    def get(self, path: str) -> Any:
        """Ask the API with the session of this browser."""
        answer = self.page.request.get(f"{self.url}{path}")
        assert answer.ok, (path, answer.status, answer.text())
        return answer.json()

    def saved(self, read_id: str | None = None) -> list[dict[str, Any]]:
        """Marks that the server holds."""
        return list(self.get(f"/api/reads/{read_id or self.read_id}/annotations/")["annotations"])

    def saved_marks(self) -> list[dict[str, Any]]:
        """Marks with a shape that the server holds."""
        return [mark for mark in self.saved() if mark["geometry"]]

    # ----- the canvas -----

    @property
    def canvas(self) -> Locator:
        """The element that the image is drawn in."""
        return self.page.locator(".viewer-canvas")

    def at(self, across: float, down: float) -> Position:
        """Return the place on the screen at a share of the canvas."""
        box = self.canvas.bounding_box()
        assert box is not None
        return box["x"] + across * box["width"], box["y"] + down * box["height"]

    def pixel_under(self, place: Position) -> Position:
        """Move the pointer there and return the image pixel that the page shows for it."""
        self.page.mouse.move(*place)
        shown = self.page.locator(".viewer-position-px").text_content() or ""
        found = _POSITION.search(shown)
        assert found, f"no position is shown at {place}: {shown!r}"
        return float(found[1]), float(found[2])

    def px_per_screen_px(self) -> float:
        """Return how many image pixels lie under a pixel of the screen, as the page shows positions."""
        left, right = self.at(0.4, 0.5), self.at(0.6, 0.5)
        return (self.pixel_under(right)[0] - self.pixel_under(left)[0]) / (right[0] - left[0])

    def pixel_statistics(self) -> dict[str, float]:
        """Return mean, spread and number of distinct colours of the middle of the image as it is on the canvas."""
        return dict(
            self.page.evaluate(
                """() => {
                  const source = document.querySelector('.viewer-canvas canvas');
                  const copy = new OffscreenCanvas(200, 200);
                  const context = copy.getContext('2d');
                  context.drawImage(source, source.width * .25, source.height * .25, source.width * .5, source.height * .5, 0, 0, 200, 200);
                  const {data} = context.getImageData(0, 0, 200, 200);
                  const grey = [];
                  const colours = new Set();
                  for (let i = 0; i < data.length; i += 4) {
                    grey.push((data[i] + data[i + 1] + data[i + 2]) / 3);
                    colours.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
                  }
                  const mean = grey.reduce((a, b) => a + b, 0) / grey.length;
                  const spread = Math.sqrt(grey.reduce((a, b) => a + (b - mean) ** 2, 0) / grey.length);
                  return {mean, spread, colours: colours.size};
                }"""
            )
        )

    def assert_real_pixels(self) -> None:
        """Assert that there is a picture: not one colour, not an empty canvas."""

        def is_picture() -> bool:
            statistics = self.pixel_statistics()
            return statistics["spread"] > 3 and statistics["colours"] > 30

        wait_for("a picture on the canvas", is_picture, 3)

    # ----- hands -----

    def key(self, key: str) -> None:
        """Press a key, wherever the focus is."""
        self.page.keyboard.press(key)

    def choose(self, label: str) -> None:
        """Choose the label of the next mark by its key, or by a click where it has none."""
        entry = next(each for each in self.campaign["label_set"]["labels"] if each["code"] == label)
        if entry["key"]:
            self.key(entry["key"])
        else:
            self.page.locator("#labels-panel .label-button", has_text=entry["display"][self.language]).click()
        expect(self.page.locator("#labels-panel .label-button[aria-pressed=true]")).to_contain_text(entry["display"][self.language])

    @property
    def language(self) -> str:
        """Language of the page."""
        return self.page.locator("html").get_attribute("lang") or ""

    def take(self, tool: str) -> None:
        """Take a tool in hand by its key."""
        self.key(TOOL_KEYS[tool])
        expect(self.page.locator(f"[data-action='tool.{tool}']")).to_have_attribute("aria-pressed", "true")

    def draw(self, tool: str, label: str, places: Sequence[Position], *, frame: int | None = None) -> Drawn:
        """Choose label and tool by key and draw with the mouse; places are shares of the canvas."""
        self.choose(label)
        self.take(tool)
        on_screen = [self.at(*place) for place in places]
        scale = self.px_per_screen_px()
        gesture = {"box": self._drag, "freehand": self._drag, "polygon": self._clicks, "point": self._clicks}[tool]
        path = gesture(on_screen, tool)
        drawn = Drawn(tool, label, path, frame, scale)
        drawn.id = wait_for("the new mark", self._new_mark)
        self._seen.add(drawn.id)
        return drawn

    def _drag(self, places: list[Position], _tool: str) -> list[Position]:
        path = [self.pixel_under(places[0])]
        self.page.mouse.down()
        path.extend(self.pixel_under(place) for place in places[1:])
        self.page.mouse.up()
        return path

    def _clicks(self, places: list[Position], tool: str) -> list[Position]:
        path = []
        for place in places:
            path.append(self.pixel_under(place))
            self.page.mouse.down()
            self.page.mouse.up()
        if tool == "polygon":
            self.key("Enter")
        return path

    def select(self, mark: Drawn) -> None:
        """Take the select tool and click the mark's border."""
        self.take("select")
        self.key("Escape")
        self.page.mouse.click(*self.place_of(self.point_on(mark)))
        expect(self.selected_row).to_have_count(1)

    def move(self, mark: Drawn, across: float, down: float) -> None:
        """Drag a mark by its middle, by a share of the canvas; its border would give it a new vertex."""
        self.select(mark)
        start = self.place_of(self.middle_of(mark))
        box = self.canvas.bounding_box()
        assert box is not None
        end = (start[0] + across * box["width"], start[1] + down * box["height"])
        before = self.pixel_under(start)
        self.page.mouse.down()
        self.page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
        after = self.pixel_under(end)
        self.page.mouse.up()
        mark.moved = (mark.moved[0] + after[0] - before[0], mark.moved[1] + after[1] - before[1])

    def drag_vertex(self, mark: Drawn, at: int, to: Position) -> None:
        """Select a polygon and drag one of its vertices to a share of the canvas."""
        self.select(mark)
        self.page.mouse.move(*self.place_of(mark.expected()[at]))
        self.page.mouse.down()
        mark.dragged[at] = self.pixel_under(self.at(*to))
        self.page.mouse.up()

    def drag_corner(self, mark: Drawn, to: Position) -> None:
        """Select a box and drag the corner where its drawing ended to a share of the canvas."""
        self.select(mark)
        self.page.mouse.move(*self.place_of(mark.expected()[-1]))
        self.page.mouse.down()
        mark.dragged[len(mark.path) - 1] = self.pixel_under(self.at(*to))
        self.page.mouse.up()

    def wait_still(self) -> None:
        """Wait until the view has come to rest."""
        places = self.at(0.3, 0.3), self.at(0.7, 0.7)
        seen: list[list[Position]] = []

        def still() -> bool:
            seen.append([self.pixel_under(place) for place in places])
            return len(seen) > 1 and seen[-1] == seen[-2]

        wait_for("a view at rest", still)

    def shows_colour(self, mark: Drawn, colour: str) -> bool:
        """Tell whether the border of a mark is painted in its colour on the screen."""
        self.page.mouse.move(*self.at(0.5, 0.02))
        x, y = self.place_of(self.point_on(mark))
        self.page.mouse.move(*self.at(0.5, 0.02))
        picture = self.page.screenshot(clip={"x": x - 6, "y": y - 6, "width": 12, "height": 12})
        wanted = tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5))
        with PIL.Image.open(io.BytesIO(picture)) as image:
            pixels = list(image.convert("RGB").get_flattened_data())
        return any(max(abs(is_ - should) for is_, should in zip(pixel, wanted, strict=True)) < 40 for pixel in pixels)

    # ----- frames -----

    @property
    def frame_text(self) -> str:
        """Which frame the page says it shows: "2 / 10"."""
        return self.page.locator(".viewer-frame-number").text_content() or ""

    def go_to_frame(self, number: int) -> None:
        """Step by key to a frame, counted from 1 as on the screen, and wait until it is on the screen."""
        while (now := int(self.frame_text.split(" / ")[0])) != number:
            self.key("PageDown" if now < number else "PageUp")
        expect(self.page.locator(".viewer-frames")).not_to_have_class(re.compile("is-loading"))

    def holds_still(self, look: Callable[[], Any], for_s: float = 0.5) -> bool:
        """Tell whether something stays as it is for a while: longer than a few frames of any loop."""
        first, until = look(), time.monotonic() + for_s
        while time.monotonic() < until:
            if look() != first:
                return False
        return True

    @property
    def window(self) -> tuple[float, float]:
        """Width and level of the window, as the page shows them."""
        fields = self.page.locator(".viewer-window input")
        return float(fields.nth(0).input_value()), float(fields.nth(1).input_value())

    def point_on(self, mark: Drawn) -> Position:
        """Return a point of the image on the border of a mark, away from its vertices."""
        points = mark.expected()
        if mark.tool == "box":
            (left, top), (_, bottom) = points[0], points[-1]
            return left, top + (bottom - top) * 0.3
        if len(points) == 1:
            return points[0]
        (x0, y0), (x1, y1) = points[:2]
        return x0 + (x1 - x0) * 0.4, y0 + (y1 - y0) * 0.4

    def middle_of(self, mark: Drawn) -> Position:
        """Return a point of the image well inside a mark."""
        points = mark.expected()
        if len(points) < 3:
            return sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points)
        inside = Polygon(points).representative_point()
        return inside.x, inside.y

    def place_of(self, pixel: Position) -> Position:
        """Return where a pixel of the image is on the screen, found by looking at what the page shows for two places."""
        corner, other = self.at(0.3, 0.3), self.at(0.7, 0.7)
        (x0, y0), (x1, y1) = self.pixel_under(corner), self.pixel_under(other)
        across = (pixel[0] - x0 - 0.5) / (x1 - x0) * (other[0] - corner[0])
        down = (pixel[1] - y0 - 0.5) / (y1 - y0) * (other[1] - corner[1])
        return corner[0] + across, corner[1] + down

    @property
    def selected_row(self) -> Locator:
        """The row of the one selected mark."""
        return self.page.locator("#marks-panel .list-row.is-selected")

    def _new_mark(self) -> str | None:
        """Return the id of a mark that was not there before: waiting in the browser, or on the server already."""
        waiting = [entry["operation"] for entry in self.outbox()]
        ids = {each["annotation_id"] for each in waiting if each["annotation"] and each["annotation"]["geometry"]}
        if self.is_reachable():
            ids |= {mark["id"] for mark in self.saved_marks()}
        return next(iter(ids - self._seen), None)

    def is_reachable(self) -> bool:
        """Tell whether the server answers this browser."""
        return bool(self.page.evaluate("fetch(`/api${location.pathname}`).then((answer) => answer.ok, () => false)"))

    def outbox(self) -> list[dict[str, Any]]:
        """Return what waits in the browser's database, in order."""
        return self._kept("operations")

    def kept_steps(self) -> int:
        """Return how many steps the browser keeps for undoing after a reload."""
        return sum(len(each["done"]) for each in self._kept("history"))

    def _kept(self, store: str) -> list[dict[str, Any]]:
        return list(
            self.page.evaluate(
                """async (store) => {
                  const name = (await indexedDB.databases()).map(({name}) => name).find((name) => name.startsWith('mitate-outbox-'));
                  if (!name) return [];
                  const done = (request) => new Promise((resolve, reject) => {
                    request.onsuccess = () => resolve(request.result);
                    request.onerror = () => reject(request.error);
                  });
                  const database = await done(indexedDB.open(name));
                  const entries = await done(database.transaction(store).objectStore(store).getAll());
                  database.close();
                  return entries;
                }""",
                store,
            )
        )

    # ----- what the screen says -----

    @property
    def save_state(self) -> Locator:
        """The save state in the header."""
        return self.page.locator("#save-state")

    def wait_saved(self) -> None:
        """Wait until everything is on the server."""
        expect(self.save_state).to_have_attribute("data-state", "saved")

    @property
    def mark_rows(self) -> Locator:
        """Rows of the list of marks."""
        return self.page.locator("#marks-panel .list-row:not(.is-frame)")

    @contextmanager
    def submitted(self) -> Iterator[str]:
        """Submit inside; afterwards the next image is there, or the word that nothing is left."""
        read_id = self.read_id
        yield read_id
        nothing_left = self.page.locator(".submit-dialog[open]")
        wait_for("the next image", lambda: read_id not in self.page.url or nothing_left.is_visible())
        if not nothing_left.is_visible():
            self.arrive(besides=read_id)
        assert self.get(f"/api/reads/{read_id}/")["state"] == "submitted"
