"""Everything by key: the command palette, and keys of one's own."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.hands import polygon
from tests.browser.site import ROOT
from tests.browser.workbench import Workbench
from tests.waiting import wait_for

Begin = Callable[..., Visit]
Picture = Callable[[Page, str], None]
LANGUAGES = pytest.mark.parametrize("language", ["ja", "en"])
ADDRESS = "/api/account/key-bindings/"
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


def test_a_key_right_after_the_palette_is_for_the_page(visit: Begin) -> None:
    bench = open_bench(visit, "en")
    page = bench.page
    bench.key("Control+k")
    palette = page.locator("dialog.palette")
    expect(palette.locator("input")).to_be_focused()
    page.keyboard.insert_text("tool.polygon")
    expect(palette.locator("[aria-selected=true]")).to_have_attribute("data-choice", "tool.polygon")
    # All within one frame: the browser has not yet taken the focus out of the field that is gone.
    page.evaluate(
        """() => {
          const field = document.querySelector('dialog.palette input');
          const press = (key, more) => field.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true, ...more}));
          press('Enter', {code: 'Enter'});
          if (document.activeElement !== field) throw new Error('the browser moves the focus at once');
          press('f', {code: 'KeyF'});
        }"""
    )
    expect(palette).to_be_hidden()
    expect(page.locator("[data-action='tool.freehand']").first).to_have_attribute("aria-pressed", "true")
    page.evaluate(
        """() => {
          const field = document.querySelector('dialog.palette input');
          const press = (key, more) => field.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true, ...more}));
          press('k', {code: 'KeyK', ctrlKey: true});
          press('Escape', {code: 'Escape'});
          press('k', {code: 'KeyK', ctrlKey: true});
        }"""
    )
    expect(palette).to_be_visible()


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
    bench.key("Enter")  # on the button in focus, which closes
    expect(page.locator("dialog[open]")).to_have_count(0)


@LANGUAGES
def test_a_key_is_changed_and_goes_with_the_person(visit: Begin, take_picture: Picture, language: str) -> None:
    bench = open_bench(visit, language)
    page, key = bench.page, bench.key
    dialog = page.locator("dialog.key-dialog")
    polygon, select = (dialog.locator(f".key-row[data-action='tool.{tool}']") for tool in ("polygon", "select"))
    change = polygon.locator("button").first

    key("?")
    page.locator("dialog.help-sheet header button").first.click()
    expect(dialog).to_be_visible()
    accessible(page)
    take_picture(page, "keys")

    change.focus()
    key("Enter")
    expect(polygon.locator(".key-asked")).to_be_visible()
    key("F5")
    expect(polygon.locator(".key-problem")).to_contain_text("F5")
    key("Tab")
    expect(polygon.locator(".key-problem")).to_contain_text("Tab")
    key("Escape")
    expect(dialog).to_be_visible()
    expect(change).to_be_focused()
    expect(polygon.locator("kbd")).to_have_text("P")

    key("Enter")
    key("v")
    name = page.locator("#toolbar [data-action='tool.select']").get_attribute("aria-label") or ""
    expect(polygon.locator(".key-problem")).to_contain_text(name)
    accessible(page)
    take_picture(page, "keys-taken")
    key("Enter")  # take it over
    expect(polygon.locator("kbd")).to_have_text("V")
    expect(select.locator("kbd")).to_have_count(0)
    expect(change).to_be_focused()
    key("Enter")
    key("g")
    expect(polygon.locator("kbd")).to_have_text("G")
    select.locator("button").nth(1).click()  # gives it back the key that it came with
    expect(select.locator("kbd")).to_have_text("V")
    wait_for("what is kept", lambda: bench.get(ADDRESS) == {"bindings": {"tool.polygon": ["g"]}})
    take_picture(page, "keys-changed")
    key("Escape")

    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    bench.arrive()
    shows_the_new_key(bench)
    assert not [url for url in asked if "key-bindings" in url]
    elsewhere = Workbench(visit(READERS[language], language)).open(bench.read_id)
    shows_the_new_key(elsewhere)

    key("?")
    page.locator("dialog.help-sheet header button").first.click()
    dialog.locator("footer button").last.click()
    dialog.locator("footer .key-state button").first.click()
    expect(polygon.locator("kbd")).to_have_text("P")
    wait_for("nothing kept", lambda: bench.get(ADDRESS) == {"bindings": {}})


def shows_the_new_key(bench: Workbench) -> None:
    """Toolbar, help sheet, palette and keyboard know that the polygon's key is G."""
    page = bench.page
    button = page.locator("#toolbar [data-action='tool.polygon']")
    expect(button).to_have_attribute("title", re.compile(r"\(G\)$"))
    expect(button).to_have_attribute("aria-keyshortcuts", "g")
    bench.key("p")
    expect(button).to_have_attribute("aria-pressed", "false")
    bench.key("g")
    expect(button).to_have_attribute("aria-pressed", "true")
    name = button.get_attribute("aria-label") or ""
    bench.key("?")
    term = page.locator("dt", has_text=re.compile(f"^{re.escape(name)}$"))
    expect(page.locator("dialog.help-sheet .help-row", has=term).locator("kbd")).to_have_text("G")
    bench.key("?")
    bench.key("Control+k")
    expect(page.locator("dialog.palette [data-choice='tool.polygon'] kbd")).to_have_text("G")
    bench.key("Escape")


def test_keys_that_cannot_be_saved_say_so_and_count_on_the_page(visit: Begin) -> None:
    bench = open_bench(visit, "en")
    page, key = bench.page, bench.key
    page.route(f"**{ADDRESS}", lambda route: route.abort())
    page.evaluate("document.querySelector('[data-action=\"read.help\"]').click()")
    page.locator("dialog.help-sheet header button").first.click()
    row = page.locator(".key-dialog .key-row[data-action='image.right']")
    row.locator("button").first.click()
    key("y")
    state = page.locator(".key-state")
    expect(state).to_contain_text("on this page only")
    expect(row.locator("kbd")).to_have_text("Y")
    assert bench.get(ADDRESS) == {"bindings": {}}
    page.unroute(f"**{ADDRESS}")
    state.locator("button").click()
    wait_for("what is kept", lambda: bench.get(ADDRESS) == {"bindings": {"image.right": ["y"]}})
    row.locator("button").nth(1).click()
    wait_for("nothing kept", lambda: bench.get(ADDRESS) == {"bindings": {}})


# The label set of one campaign gets more labels than there are digits.
_MORE_LABELS = """
from annotation.models import Campaign
campaign = Campaign.objects.get(pk="CAMPAIGN")
for at in range(3):
    campaign.label_set.labels.get_or_create(code=f"more-{at}", defaults={"role": "finding", "display_ja": f"追加の所見 {at + 1}",
        "display_en": f"Further finding {at + 1}", "colour": "#7a5cff", "granularities": campaign.granularities, "position": 90 + at})
"""


@LANGUAGES
def test_two_keys_choose_a_label_and_one_relabels_what_is_pointed_to(visit: Begin, take_picture: Picture, language: str) -> None:
    bench = Workbench(visit(READERS[language], language, bypass_csp=True)).take_next_from_home()
    bench.visit.site.manage("shell", "--no-imports", "-c", _MORE_LABELS.replace("CAMPAIGN", bench.campaign["id"]))
    bench.page.reload()
    bench.arrive()
    page, key = bench.page, bench.key
    page.evaluate((ROOT / "node_modules/axe-core/axe.min.js").read_text("utf-8"))
    key("s")
    hint = page.locator(".chord-hint")
    button = page.locator("#labels-panel .label-button", has_text={"ja": "追加の所見 2", "en": "Further finding 2"}[language])
    expect(button.locator("kbd")).to_have_text(["/", "3"])  # zero is a label here, and one had no key before
    key("/")
    expect(hint.locator("li")).to_have_count(9)
    accessible(page)
    take_picture(page, "keys-two")
    key("Escape")
    expect(hint).to_be_hidden()
    key("/")
    key("9")  # leads nowhere
    expect(hint).to_be_hidden()
    expect(button).to_have_attribute("aria-pressed", "false")
    key("/")
    key("3")
    expect(button).to_have_attribute("aria-pressed", "true")

    polygon(bench, [(0.4, 0.4), (0.6, 0.4), (0.5, 0.6)], "Enter")
    expect(bench.mark_rows).to_have_count(1)
    key("v")
    key("Escape")  # nothing selected
    page.mouse.move(*bench.at(0.5, 0.45))
    take_picture(page, "keys-pointed")
    key("/")
    key("4")
    wait_for("the new label", lambda: [mark["labels"] for mark in bench.saved_marks()] == [["more-2"]])
    assert page.locator("#labels-panel .label-button[aria-pressed='true']").inner_text() == button.inner_text(), (
        "the next mark keeps its label"
    )
    page.mouse.move(*bench.at(0.1, 0.9))  # beside it: the key is for the next mark
    key("/")
    key("1")
    bench.wait_saved()
    assert [mark["labels"] for mark in bench.saved_marks()] == [["more-2"]]
