"""Everything by key: the command palette."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.site import ROOT
from tests.browser.workbench import Workbench

Begin = Callable[..., Visit]
Picture = Callable[[Page, str], None]
LANGUAGES = pytest.mark.parametrize("language", ["ja", "en"])
READERS = {"ja": "jsp-reader1", "en": "jsp-reader2"}
# As an input method does it: while a word is composed, keys are its own (229, isComposing).
COMPOSED_ENTER = """(field) => field.dispatchEvent(
  new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, keyCode: 229, bubbles: true, cancelable: true}))"""


def accessible(page: Page) -> None:
    """Nothing that keeps people from using the page, by the rules of axe-core."""
    result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    serious = [each for each in result["violations"] if each["impact"] in {"serious", "critical"}]
    assert not serious, [(each["id"], [node["html"] for node in each["nodes"]]) for each in serious]


def open_bench(visit: Begin, language: str) -> Workbench:
    """Open the reader's next slide, with the rules of axe-core at hand."""
    bench = Workbench(visit(READERS[language], language, bypass_csp=True)).take_next_from_home()
    bench.page.evaluate((ROOT / "node_modules/axe-core/axe.min.js").read_text("utf-8"))
    return bench


@LANGUAGES
def test_the_palette_finds_and_does_what_can_be_done_now(visit: Begin, take_picture: Picture, language: str) -> None:
    bench = open_bench(visit, language)
    page, key = bench.page, bench.key
    palette, field = page.locator("dialog.palette"), page.locator("dialog.palette input")
    options, chosen = palette.locator("[role=option]"), palette.locator("[role=option][aria-selected=true]")

    key("Control+k")
    expect(field).to_be_focused()
    label = bench.campaign["label_set"]["labels"][0]
    expect(palette.locator(f"[data-choice$='.{label['code']}']")).to_contain_text(label["display"][language])
    expect(palette.locator("[data-choice='marks.undo']")).to_have_count(0)  # nothing to undo yet
    expect(palette.locator("[data-choice='tool.polygon'] kbd")).to_have_text("P")
    accessible(page)
    take_picture(page, "palette")

    key("End")
    expect(chosen).to_have_attribute("id", f"palette-option-{options.count() - 1}")
    key("ArrowDown")
    expect(field).to_have_attribute("aria-activedescendant", "palette-option-0")
    key("ArrowUp")
    expect(chosen).to_have_attribute("id", f"palette-option-{options.count() - 1}")
    key("Home")

    page.keyboard.insert_text("ＰＯＬＹ" if language == "en" else "多角形")
    expect(options.first).to_have_attribute("data-choice", "tool.polygon")
    field.evaluate(COMPOSED_ENTER)
    expect(palette).to_be_visible()
    take_picture(page, "palette-found")
    key("Enter")
    expect(palette).to_be_hidden()
    expect(page.locator("[data-action='tool.polygon']").first).to_have_attribute("aria-pressed", "true")

    page.reload()
    bench.arrive()
    key("Control+k")
    expect(options.first).to_have_attribute("data-choice", "tool.polygon")  # what was used last
    page.keyboard.insert_text("§§")
    expect(options).to_have_count(0)
    expect(palette.locator("[role=status]")).not_to_be_empty()
    key("Enter")
    expect(palette).to_be_visible()
    key("Control+k")
    expect(palette).to_be_hidden()


def test_escape_gives_the_focus_back_and_the_help_sheet_names_the_palette(visit: Begin) -> None:
    bench = open_bench(visit, "en")
    page = bench.page
    button = page.locator("[data-action='read.panel']")
    button.focus()
    bench.key("Control+k")
    expect(page.locator("dialog.palette input")).to_be_focused()
    bench.key("Escape")
    expect(page.locator("dialog.palette")).to_be_hidden()
    expect(button).to_be_focused()
    bench.key("?")
    row = page.locator("dialog.help-sheet .help-row", has_text="Find and do anything")
    expect(row.locator("kbd")).to_have_text(["Ctrl", "K"])
