"""What a mark with its diagnosis costs a person: actions, and seconds of hands and eyes by the keystroke-level model."""

import time
from collections.abc import Callable
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.drawn import Position
from tests.browser.hands import begin
from tests.browser.workbench import TOOL_KEYS, Workbench
from tests.waiting import wait_for

Begin = Callable[..., Visit]
Picture = Callable[[Page, str], None]
# Card, Moran and Newell 1980: a key, pointing, a button down or up, making up one's mind; a glance by the same authors' later book.
KEY_S, POINT_S, BUTTON_S, MIND_S, GLANCE_S = 0.28, 1.1, 0.1, 1.35, 0.23
LIMIT_S: Final = 10.0
CORNERS: Final = 8  # that people set around a polyp where they have a polygon only


class Person:
    """Does things on the page, and counts what they cost."""

    def __init__(self, bench: Workbench) -> None:
        self.bench = bench
        self.actions = 0
        self.modelled_s = 0.0

    def makes_up_the_mind(self) -> None:
        """Look at what is there and decide."""
        self.modelled_s += MIND_S

    def glances(self) -> None:
        """See that it was done."""
        self.modelled_s += GLANCE_S

    def presses(self, *keys: str) -> None:
        """Press keys one after the other."""
        for key in keys:
            self.bench.key(key)
            self.actions += 1
            self.modelled_s += KEY_S

    def drags(self, start: Position, end: Position) -> None:
        """Point somewhere, and drag to another place."""
        self.bench.page.mouse.move(*self.bench.at(*start))
        self.bench.page.mouse.down()
        self.bench.page.mouse.move(*self.bench.at(*end), steps=6)
        self.bench.page.mouse.up()
        self.actions += 1
        self.modelled_s += 2 * (POINT_S + BUTTON_S)


def polygon_instead() -> tuple[int, float]:
    """Return actions and modelled seconds with a plain polygon: its corners, and the key that closes it, in place of the drag."""
    keys = 2 + 1 + 2
    return keys + CORNERS, 2 * MIND_S + GLANCE_S + keys * KEY_S + CORNERS * (POINT_S + BUTTON_S)


@pytest.mark.parametrize(("reader", "language"), [("jges-reader1", "ja"), ("jges-reader2", "en")])
def test_a_box_with_its_diagnosis_in_ten_seconds(
    visit: Begin, take_picture: Picture, record_property: Callable[[str, object], None], reader: str, language: str
) -> None:
    bench = begin(visit(reader, language))
    labels = {each["code"]: each for each in bench.campaign["label_set"]["labels"]}
    name = labels["adenoma"]["display"][language]
    adenoma = bench.page.locator("#diagnosis-panel .label-button").filter(has=bench.page.get_by_text(name, exact=True))
    chord = adenoma.locator("kbd").all_text_contents()
    person = Person(bench)
    began = time.monotonic()
    person.makes_up_the_mind()
    person.presses(labels["polyp"]["key"], TOOL_KEYS["box"])
    person.drags((0.42, 0.35), (0.52, 0.5))
    person.makes_up_the_mind()
    person.presses(*chord)
    expect(adenoma).to_have_attribute("aria-pressed", "true")
    bench.wait_saved()
    person.glances()
    page_s = time.monotonic() - began
    take_picture(bench.page, "effort-box")
    wait_for("mark and diagnosis on the server", lambda: sorted(mark["labels"] for mark in bench.saved()) == [["adenoma"], ["polyp"]])
    assert person.actions <= 5
    assert person.modelled_s < LIMIT_S
    record_property("box", (person.actions, round(person.modelled_s, 1), round(page_s, 1)))
    actions, modelled_s = polygon_instead()
    assert actions > 2 * person.actions
    record_property("polygon", (actions, round(modelled_s, 1)))

    bench.key("Control+a")
    bench.key("Delete")
    adenoma.click()
    wait_for("the image as it was", lambda: not bench.saved_marks())
    bench.wait_saved()
