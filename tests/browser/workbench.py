"""The workbench as a person meets it: keys, mouse, what the screen says, and what the server was told."""

import io
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import PIL.Image
from playwright.sync_api import Locator, Page, Request, expect
from shapely.geometry import LineString, Polygon

from tests.browser.conftest import Visit

Position = tuple[float, float]
TOOL_KEYS = {"select": "v", "box": "b", "polygon": "p", "freehand": "f", "point": "o"}
DECISION_KEYS = {"accept": "a", "edit": "e", "relabel": "l", "reject": "r", "ignore": "i"}
_POSITION = re.compile(r"x (\d+)\s+y (\d+) px")


def wait_for(what: str, condition: Callable[[], Any], timeout_s: float = 20.0) -> Any:
    """Ask until the answer is true and return it; the pause only keeps the processor free."""
    deadline = time.monotonic() + timeout_s
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {timeout_s} s")
        time.sleep(0.05)


@dataclass
class Drawn:
    """A mark as the hand made it: where the pointer was, as the page itself showed it (whole level-0 px, rounded down)."""

    tool: str
    label: str
    path: list[Position]
    frame: int | None
    px_per_screen_px: float
    id: str = ""
    moved: Position = (0.0, 0.0)
    dragged: dict[int, Position] = field(default_factory=dict)

    def expected(self) -> list[Position]:
        """Return the path after every later change, in the middle of the pixels that were shown."""
        points = [self.dragged.get(at, (x + self.moved[0], y + self.moved[1])) for at, (x, y) in enumerate(self.path)]
        return [(x + 0.5, y + 0.5) for x, y in points]

    def check(self, geometry: dict[str, Any]) -> None:
        """Assert that a geometry of the document is this mark within one pixel."""
        points = self.expected()
        if self.tool == "point":
            assert geometry["type"] == "Point"
            assert _apart(geometry["coordinates"], points[0]) <= 1, (geometry, points)
        elif self.tool == "box":
            assert geometry["type"] == "Rectangle"
            xs, ys = [x for x, _ in points], [y for _, y in points]
            x, y, width, height = geometry["bbox"]
            for is_, should in zip((x, y, x + width, y + height), (min(xs), min(ys), max(xs), max(ys)), strict=True):
                assert abs(is_ - should) <= 1, (geometry, points)
        elif self.tool == "polygon":
            ring = geometry["coordinates"][0]
            assert geometry["type"] == "Polygon"
            assert ring[0] == ring[-1]
            assert len(ring) == len(points) + 1, (ring, points)
            assert all(min(_apart(vertex, point) for vertex in ring) <= 1 for point in points), (ring, points)
        else:
            # A stroke is thinned by what cannot be seen on the screen it was drawn on: three quarters of a screen pixel.
            assert geometry["type"] == "Polygon"
            outline = Polygon(geometry["coordinates"][0])
            closed = LineString([*points, points[0]])
            assert outline.is_valid
            assert outline.exterior.hausdorff_distance(closed) <= 1 + 0.75 * self.px_per_screen_px, geometry


def _apart(one: Sequence[float], other: Sequence[float]) -> float:
    return max(abs(one[0] - other[0]), abs(one[1] - other[1]))


class Workbench:
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

    # ----- what is said of the whole image -----

    def diagnose(self, label: str | None, *, form: dict[str, Any], certainty: str, basis: Sequence[tuple[str, str]]) -> dict[str, Any]:
        """Fill in the diagnosis panel with the keyboard and return what the document must say."""
        campaign = self.campaign
        if label is not None:
            self.choose_diagnosis(label)
        for name, value in form.items():
            self.answer(campaign["form"], name, value)
        at = ["definite", "probable", "possible", "indeterminate"].index(certainty)
        button = self.page.locator("#diagnosis-panel .form ~ .form-field .segments button").nth(at)
        button.press("Enter")
        expect(button).to_have_attribute("aria-pressed", "true")
        for at, (method, status) in enumerate(basis):
            self.page.locator("#diagnosis-panel .basis-row:last-child select").select_option(method)
            row = self.page.locator("#diagnosis-panel .basis-row").nth(at)
            expect(row.locator("select").first).to_have_value(method)
            row.locator("select").last.select_option(status)
            expect(row.locator("select").last).to_have_value(status)
        return {
            "labels": [label] if label else [],
            "form": form,
            "certainty": certainty,
            "basis": [{"method": method, "status": status} for method, status in basis],
        }

    def tab_to(self, name: str) -> None:
        """Press Tab until the control with this accessible name has the focus."""
        is_there = """(name) => {
          const {activeElement: focused} = document;
          const named = [focused.getAttribute('aria-label'), focused.labels?.[0]?.textContent, focused.textContent];
          return named.some((text) => text?.trim().replace(/\\*$/, '') === name);
        }"""
        for _ in range(120):
            if self.page.evaluate(is_there, name):
                return
            self.key("Tab")
        raise AssertionError(f"Tab never comes to {name!r}")

    def done_reads(self) -> int:
        """How many images this reader has submitted, by the home page's figures."""
        progress = self.get("/api/campaigns/")
        return int(sum(each["done"] for each in progress["reading"]))

    def choose_diagnosis(self, label: str) -> None:
        """Choose the diagnosis by its key, or by Enter on its button where it has none."""
        campaign = self.campaign
        entry = next(each for each in campaign["label_set"]["labels"] if each["code"] == label)
        name = entry["display"][self.language]
        button = self.page.locator("#diagnosis-panel .label-button").filter(has=self.page.get_by_text(name, exact=True))
        if entry["key"]:
            self.key(entry["key"])
        else:
            button.press("Enter")
        expect(button).to_have_attribute("aria-pressed", "true")

    def field(self, form: dict[str, Any], name: str) -> Locator:
        """The place of one question of the form."""
        title = re.compile(rf"^{re.escape(form['ui']['fields'][name][self.language])}\*?$")
        fields = self.page.locator("#diagnosis-panel .form .form-field")
        return fields.filter(has=self.page.locator(".form-title", has_text=title))

    def answer(self, form: dict[str, Any], name: str, value: Any) -> None:
        """Answer one question of the form."""
        words = form["ui"]["fields"][name]
        field_ = self.field(form, name)
        options = words.get("options", {})
        if isinstance(value, list):
            for one in value:
                field_.get_by_label(options[one][self.language], exact=True).press("Space")
        elif field_.locator("select").count():
            field_.locator("select").select_option(label=options[str(value)][self.language])
        elif isinstance(value, bool):
            field_.locator(".segments button").nth(0 if value else 1).press("Enter")
        elif options:
            at = form["schema"]["properties"][name]["enum"].index(value)
            field_.locator(".segments button").nth(at).press("Enter")
        else:
            field_.locator("input, textarea").fill(str(value))
            field_.locator("input, textarea").press("Tab")

    # ----- suggestions -----

    def open_suggestions(self) -> list[dict[str, Any]]:
        """Return suggestions that nobody decided on, in the order in which the keys walk through them."""
        found = self.get(f"/api/reads/{self.read_id}/suggestions/")["suggestions"]
        waiting = [each for each in found if not each["decision"] or each["decision"]["verdict"] == "undo"]
        return sorted(waiting, key=lambda each: (each["geometry"] is not None, each["frame"] or 0, -(each["score"] or 0)))

    def wait_for_suggestions(self, *, campaign_admin: Callable[[str], Any]) -> list[dict[str, Any]]:
        """Wait until the model is done with this image, then until its proposals are on the screen."""
        read = self.read
        image, campaign = read["image_id"], read["campaign"]["id"]

        def finished() -> bool:
            runs = campaign_admin(f"/api/campaigns/{campaign}/suggestion-runs/?image_id={image}")
            states = {run["state"] for run in runs["runs"] if run["image_id"] == image}
            assert "failed" not in states, runs
            return states == {"done"}

        wait_for("the suggestion run of this image", finished, 60)
        suggestions = self.open_suggestions()
        if suggestions:
            expect(self.page.locator("#suggestions-panel")).to_be_visible()
        return suggestions

    def wait_until_shown(self, suggestion: dict[str, Any]) -> None:
        """Wait until the server knows that the suggestion was on the screen of this reader."""
        # Talking to the page lets the driver hand on the requests that it saw.
        wait_for("the suggestion to have been shown", lambda: self.page.evaluate("true") and suggestion["id"] in self.told_shown)

    def wait_decided(self, suggestion: dict[str, Any], verdict: str) -> None:
        """Wait until the server holds this decision on a suggestion."""

        def decided() -> bool:
            found = self.get(f"/api/reads/{self.read_id}/suggestions/")["suggestions"]
            return any(each["id"] == suggestion["id"] and (each["decision"] or {}).get("verdict") == verdict for each in found)

        wait_for("the decision", decided)
