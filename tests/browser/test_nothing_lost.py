"""Whatever happens to server, network, tab or session: what was drawn is there afterwards, once."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, expect
from playwright.sync_api import Error as PlaywrightError

from tests.browser.conftest import Visit
from tests.browser.drawn import Drawn, Position
from tests.browser.exported import ExportedRead
from tests.browser.prepared import demo_site
from tests.browser.site import Site
from tests.browser.workbench import Workbench
from tests.waiting import wait_for

Begin = Callable[..., Visit]


@pytest.fixture
def own_site(demo_sites: Path) -> Iterator[Site]:
    """A site that this test alone uses, for it will be killed."""
    running = demo_site(demo_sites)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def begin_on(browser: Browser) -> Iterator[Callable[[Site, str], Visit]]:
    """Open a browser on a site of the test's own; errors of the network are what the test is about."""
    visits: list[Visit] = []

    def begin(site: Site, user: str) -> Visit:
        context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="ja-JP")
        visits.append(Visit(context, site))
        visits[-1].sign_in(user)
        return visits[-1]

    yield begin
    for visit in visits:
        visit.context.close()
        assert not visit.foreign


def boxes(bench: Workbench, *places: tuple[Position, Position]) -> list[Drawn]:
    """Draw boxes of polyps."""
    return [bench.draw("box", "polyp", pair) for pair in places]


def assert_saved(bench: Workbench, drawn: list[Drawn]) -> None:
    """Assert that the server has just these marks, each once, where they were drawn."""
    saved = {mark["id"]: mark for mark in bench.saved_marks()}
    assert set(saved) == {mark.id for mark in drawn}
    for mark in drawn:
        assert saved[mark.id]["revision"] == 1
        mark.check(saved[mark.id]["geometry"])


def test_killed_server(own_site: Site, begin_on: Callable[[Site, str], Visit]) -> None:
    visit = begin_on(own_site, "jges-reader1")
    bench = Workbench(visit).take_next_from_home()
    read_id, campaign = bench.read_id, bench.campaign["id"]
    drawn = boxes(bench, ((0.42, 0.3), (0.47, 0.36)))
    bench.wait_saved()
    drawn += boxes(bench, ((0.5, 0.3), (0.55, 0.36)))
    own_site.kill()
    drawn += boxes(bench, ((0.42, 0.5), (0.47, 0.56)), ((0.5, 0.5), (0.55, 0.56)), ((0.46, 0.64), (0.52, 0.7)))
    expect(bench.save_state).to_have_attribute("data-state", "held")
    held = {entry["operation"]["annotation_id"] for entry in bench.outbox()}
    assert {mark.id for mark in drawn[2:]} <= held
    expect(bench.save_state).to_contain_text(str(len(held)))

    own_page = bench.page
    own_page.close(run_before_unload=False)
    away = visit.context.new_page()
    with pytest.raises(PlaywrightError, match="ERR_CONNECTION_REFUSED"):
        away.goto(f"{own_site.url}/reads/{read_id}/")

    own_site.start()
    bench = Workbench(visit, away).open(read_id)
    bench.wait_saved()
    expect(bench.mark_rows).to_have_count(len(drawn))
    wait_for("an empty outbox", lambda: not bench.outbox())
    assert_saved(bench, drawn)
    ExportedRead(own_site, campaign, read_id, drafts=True).assert_marks(drawn)


def test_offline_and_closed_tab(visit: Begin) -> None:
    person = visit("jges-reader1")
    bench = Workbench(person).take_next_from_home()
    read_id = bench.read_id
    drawn = boxes(bench, ((0.42, 0.3), (0.47, 0.36)))
    bench.wait_saved()
    person.context.set_offline(True)
    drawn += boxes(bench, ((0.5, 0.3), (0.55, 0.36)), ((0.42, 0.5), (0.47, 0.56)))
    expect(bench.save_state).to_have_attribute("data-state", "held")
    expect(bench.save_state).to_contain_text("2")
    wait_for("the steps to be kept", lambda: bench.kept_steps() == 3)
    bench.page.close()
    person.context.set_offline(False)
    bench = Workbench(person, person.context.new_page()).open(read_id)
    expect(bench.mark_rows).to_have_count(3)
    bench.wait_saved()
    assert_saved(bench, drawn)
    assert not bench.outbox()
    bench.key("Control+z")
    expect(bench.mark_rows).to_have_count(2)
    bench.wait_saved()
    assert {mark["id"] for mark in bench.saved_marks()} == {mark.id for mark in drawn[:2]}


def test_ended_session(visit: Begin) -> None:
    person = visit("jges-reader2")
    bench = Workbench(person).take_next_from_home()
    drawn = boxes(bench, ((0.42, 0.3), (0.47, 0.36)))
    bench.wait_saved()
    person.context.clear_cookies(name="sessionid")
    drawn += boxes(bench, ((0.5, 0.3), (0.55, 0.36)))
    expect(bench.save_state).to_have_attribute("data-state", "signed-out")
    notice = bench.page.locator("#notices .notice.is-danger a")
    expect(notice).to_be_visible()
    with person.context.expect_page() as opened:
        notice.click()
    person.fill_in_login(opened.value, "jges-reader2")
    opened.value.close()
    bench.wait_saved()
    expect(notice).to_have_count(0)
    assert_saved(bench, drawn)


def test_refused_mark_stays(visit: Begin) -> None:
    """An outline that crosses itself never leaves the page; what the server refuses stays here with its reason."""
    bench = Workbench(visit("jrs-reader1")).take_next_from_home()
    good = [bench.draw("polygon", "mass", [(0.42, 0.35), (0.47, 0.35), (0.47, 0.42)], frame=0)]
    bench.take("polygon")
    for place in [(0.55, 0.5), (0.6, 0.58), (0.6, 0.5), (0.55, 0.58)]:
        bench.page.mouse.click(*bench.at(*place))
    bench.key("Enter")
    expect(bench.page.locator("#status-bar .status-message")).to_have_class("status-message is-problem")
    bench.key("Escape")
    bench.wait_saved()
    assert len(bench.saved_marks()) == 1

    # The page cannot be brought to draw with a label that does not exist, so its outgoing mail is spoilt on the way.
    bench.page.route("**/operations/", spoil_label)
    bad = bench.draw("polygon", "nodule", [(0.5, 0.35), (0.55, 0.35), (0.55, 0.42)], frame=0)
    expect(bench.save_state).to_have_attribute("data-state", "refused")
    bench.page.unroute("**/operations/")
    good.append(bench.draw("polygon", "cyst", [(0.42, 0.55), (0.47, 0.55), (0.47, 0.62)], frame=0))
    wait_for("the good mark to be saved", lambda: {mark["id"] for mark in bench.saved_marks()} == {mark.id for mark in good})
    expect(bench.mark_rows).to_have_count(3)
    assert_saved(bench, good)

    bench.page.reload()
    bench.arrive()
    expect(bench.mark_rows).to_have_count(3)
    expect(bench.save_state).to_have_attribute("data-state", "refused")
    bench.save_state.click()
    reason = bench.page.locator(".save-dialog .waiting-reason")
    expect(reason).not_to_be_empty()
    (entry,) = bench.outbox()
    assert (entry["operation"]["annotation_id"], entry["problem"]["code"]) == (bad.id, "unknown_label")
    bench.page.locator(".save-dialog .button-primary").click()
    bench.key("Control+Enter")
    expect(bench.page.locator(".save-dialog")).to_be_visible()
    assert bench.read["state"] == "open", "a read with an unsaved mark was submitted"


def spoil_label(route: Route) -> None:
    """Let a request through with a label that no campaign has."""
    body = route.request.post_data_json
    for operation in body["operations"]:
        operation["annotation"]["labels"] = ["no-such-label"]
    route.continue_(post_data=json.dumps(body))
