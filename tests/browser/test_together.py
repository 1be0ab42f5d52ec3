"""Several people on one image, several tabs of one person, and a change of language in the middle of work."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.drawn import Drawn
from tests.browser.exported import ExportedRead
from tests.browser.site import Site
from tests.browser.workbench import Workbench
from tests.waiting import wait_for

Begin = Callable[..., Visit]


def test_two_readers_of_one_image(visit: Begin, site: Site) -> None:
    """Each sees and exports only what is one's own, however they mix in time."""
    one = Workbench(visit("jsum-reader1")).take_next_from_home()
    two = Workbench(visit("jsum-reader2")).take_next_from_home()
    for _ in range(8):
        if one.read["image_id"] == two.read["image_id"]:
            break
        behind = one if one.done_reads() < two.done_reads() else two
        with behind.submitted():
            behind.diagnose(None, form={"workingGroup": "other"}, certainty="definite", basis=[])
            behind.wait_saved()
            behind.key("Control+Enter")
    assert one.read["image_id"] == two.read["image_id"]
    assert one.read_id != two.read_id
    mine, theirs = [], []
    for at in range(3):
        mine.append(one.draw("box", "cyst", [(0.42 + at * 0.05, 0.4), (0.45 + at * 0.05, 0.45)], frame=0))
        theirs.append(two.draw("box", "fluid", [(0.43 + at * 0.05, 0.42), (0.46 + at * 0.05, 0.5)], frame=0))
    for bench, drawn in ((one, mine), (two, theirs)):
        bench.wait_saved()
        assert {mark["id"] for mark in bench.saved_marks()} == {mark.id for mark in drawn}
        bench.page.reload()
        bench.arrive()
        expect(bench.mark_rows).to_have_count(3)
        ExportedRead(site, bench.campaign["id"], bench.read_id, drafts=True).assert_marks(drawn)
    stranger = two.page.request.get(f"{site.url}/api/reads/{one.read_id}/annotations/")
    assert stranger.status == 404


@pytest.mark.parametrize("choice", ["mine", "theirs", "both"])
def test_two_tabs_of_one_read(visit: Begin, choice: str) -> None:
    """A mark changed in both tabs is put before its reader, and each answer does what it says."""
    person = visit("jges-reader2")
    here = Workbench(person).take_next_from_home()
    mark = here.draw("box", "polyp", [(0.42, 0.4), (0.5, 0.5)])
    here.wait_saved()
    there = Workbench(person, person.context.new_page()).open(here.read_id)
    expect(here.page.locator("#notices .notice")).to_be_visible()
    expect(there.page.locator("#notices .notice")).to_be_visible()

    # This tab loses its connection for a moment; meanwhile the other one moves the mark.
    here.page.route("**/operations/", lambda route: route.abort())
    here.page.route("**/annotations/*", lambda route: route.abort())
    ours = moved(here, mark, 0.05)
    other = moved(there, mark, -0.05)
    there.wait_saved()
    here.page.bring_to_front()
    here.page.unroute_all()
    here.key("Control+s")
    expect(here.save_state).to_have_attribute("data-state", "refused")
    here.mark_rows.locator(".is-problem").click()
    dialog = here.page.locator(".problem-dialog")
    expect(dialog).to_be_visible()
    buttons = dialog.locator(".dialog-actions button")
    expect(buttons).to_have_count(3)
    buttons.nth(["theirs", "both", "mine"].index(choice)).click()
    here.wait_saved()
    wait_for("an empty outbox", lambda: not here.outbox())
    saved = {each["id"]: each["geometry"] for each in here.saved_marks()}
    expected = {"mine": [ours], "theirs": [other], "both": [other, ours]}[choice]
    assert len(saved) == len(expected)
    expected[0].check(saved.pop(mark.id))
    for rest in expected[1:]:
        rest.check(next(iter(saved.values())))
    for bench in (here, there):
        expect(bench.mark_rows).to_have_count(len(expected))
    here.key("Control+a")
    here.key("Delete")
    here.wait_saved()


def moved(bench: Workbench, mark: Drawn, across: float) -> Drawn:
    """Move a mark in one tab, which comes to the front for it, and return where it is then, as that tab shows it."""
    bench.page.bring_to_front()  # Chromium draws a tab behind another once a second
    copy = Drawn(mark.tool, mark.label, list(mark.path), mark.frame, mark.px_per_screen_px, mark.id)
    bench.move(copy, across, 0.0)
    return copy


def test_language_switch(visit: Begin) -> None:
    """The page speaks another language; what is drawn and where one looks stay."""
    person = visit("jges-reader1", "ja")
    bench = Workbench(person).take_next_from_home()
    bench.page.mouse.move(*bench.at(0.45, 0.45))
    bench.key("+")
    bench.key("+")
    bench.wait_still()
    before = [bench.pixel_under(bench.at(*place)) for place in ((0.4, 0.4), (0.6, 0.6))]
    count = bench.mark_rows.count()
    bench.page.route("**/operations/", lambda route: route.abort())
    drawn = bench.draw("box", "ulcer", [(0.45, 0.45), (0.52, 0.52)])
    expect(bench.save_state).to_have_attribute("data-state", "held")
    bench.page.locator(".language-switch button[value=en]").click()
    expect(bench.page.locator("html")).to_have_attribute("lang", "en")
    bench.arrive()
    expect(bench.mark_rows).to_have_count(count + 1)
    expect(bench.page.locator("#labels-panel")).to_contain_text("Ulcer")
    assert [bench.pixel_under(bench.at(*place)) for place in ((0.4, 0.4), (0.6, 0.6))] == before, "the view has changed"
    bench.page.unroute_all()
    bench.key("Control+s")
    bench.wait_saved()
    drawn.check(next(mark for mark in bench.saved_marks() if mark["id"] == drawn.id)["geometry"])


def test_a_read_by_keyboard_alone(visit: Begin) -> None:
    """A whole reading of a fundus photograph, form included, without touching the mouse."""
    bench = Workbench(visit("jos-reader1", "en")).take_next_from_home()
    bench.key("3")
    bench.key("r")
    bench.tab_to("Vertical cup-to-disc ratio")
    bench.page.keyboard.type("0.8")
    bench.tab_to("Probable")
    bench.key("Space")
    bench.tab_to("Add a method")
    bench.page.keyboard.type("OCT")
    bench.wait_saved()
    (said,) = bench.saved()
    assert said["labels"] == ["glaucoma"]
    assert said["form"] == {"eye": "R", "verticalCupDiscRatio": 0.8}
    assert said["certainty"] == "probable"
    assert [basis["method"] for basis in said["basis"]] == ["OCT"]
    with bench.submitted():
        bench.key("Control+Enter")
