"""Results that come late: a list gone through by keys, with the network gone for a while, by its reader and by who runs the campaign."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.site import ROOT, Site

Begin = Callable[..., Visit]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
# Submitted reads whose biopsy is awaited, some of them for long; made by the services that make them in service.
_PLANT = """
import json, uuid
from datetime import timedelta
from django.contrib.auth.models import User
from django.utils import timezone
from annotation.models import Annotation, Campaign, Read
from viewer.models import Image
order = json.loads(ORDER)
campaign = Campaign.objects.filter(owner__society__slug=order["society"]).earliest("created_at")
reader = User.objects.get(username=order["reader"])
labels = list(campaign.label_set.labels.filter(role="diagnosis").values_list("code", flat=True))
today, made = timezone.localdate(), 0
images = Image.objects.filter(campaign_images__campaign=campaign).exclude(reads__campaign=campaign, reads__reader=reader)
for image in images[: order["count"]]:
    read = Read.objects.create(campaign=campaign, image=image, reader=reader, state="submitted", submitted_at=timezone.now(), sequence=1)
    mark = Annotation(
        id=uuid.uuid4(), read=read, sequence=1, granularity="diagnosis", labels=[labels[made % len(labels)]],
        basis=[{"method": "image-only", "status": "supports"}, {"method": "histopathology-biopsy", "status": "pending"}],
        confirm_by=today + timedelta(days=20 * made - 14), created_at=timezone.now(), updated_at=timezone.now())
    mark.save(force_insert=True)
    made += 1
print(made)
"""
WORDS = {"ja": {"later": "後で確認", "offline": "保存できませんでした"}, "en": {"later": "Ask me later", "offline": "Not saved"}}


def plant(site: Site, *, society: str, reader: str, count: int) -> int:
    order = json.dumps({"society": society, "reader": reader, "count": count})
    return int(site.manage("shell", "--no-imports", "-c", _PLANT.replace("ORDER", repr(order))))


def serious(page: Page) -> list[str]:
    """Return what keeps people from using the page, by the rules of axe-core."""
    page.evaluate(AXE.read_text("utf-8"))
    result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [f"{row['id']}: {row['nodes'][0]['target']}" for row in result["violations"] if row["impact"] in {"serious", "critical"}]


@pytest.mark.parametrize(("language", "society", "reader"), [("ja", "jda", "jda-reader2"), ("en", "jges", "jges-reader2")])
def test_a_list_is_gone_through_by_keys(  # noqa: PLR0917
    visit: Begin, site: Site, take_picture: Callable[[Page, str], None], language: str, society: str, reader: str
) -> None:
    made = plant(site, society=society, reader=reader, count=4)
    assert made >= 3
    here = visit(reader, language, bypass_csp=True)
    page = here.page
    page.goto(f"{here.site.url}/")
    expect(page.locator("#waiting .badge-warn")).to_be_visible()
    assert serious(page) == []
    take_picture(page, "home-pending")
    page.click("#waiting a")
    rows = page.locator(".pending-row")
    expect(rows).to_have_count(made)
    expect(page.locator("#pending-count")).to_contain_text(str(made))
    assert serious(page) == []
    take_picture(page, "pending")

    # The network goes: the answer stays in the page, and the same key sends it once it is back.
    here.context.set_offline(True)
    page.keyboard.press("1")
    expect(rows.nth(0).locator(".pending-error")).to_contain_text(WORDS[language]["offline"])
    here.context.set_offline(False)
    page.keyboard.press("1")
    expect(rows.nth(0)).to_have_class("pending-row is-told")
    expect(rows.nth(1)).to_be_focused()

    # Another diagnosis, then taken back.
    choice = rows.nth(1).locator("select").nth(1)
    before = choice.input_value()
    other = next(value for value in choice.locator("option").evaluate_all("all => all.map((one) => one.value)") if value != before)
    choice.select_option(other)
    rows.nth(1).locator("button").nth(2).click()
    expect(rows.nth(1)).to_contain_text("→")
    take_picture(page, "pending-told")
    page.keyboard.press("z")
    expect(rows.nth(1)).to_have_class("pending-row")
    expect(rows.nth(1).locator("select").nth(1)).to_have_value(before)

    page.keyboard.press("4")
    expect(rows.nth(1)).to_have_class("pending-row is-told")
    page.keyboard.press("5")
    expect(rows.nth(2)).to_have_class("pending-row is-told")
    page.reload()
    expect(rows).to_have_count(made - 2)
    listed = json.loads(page.request.get(f"{here.site.url}/api/pending/").body())
    assert (listed["pending"], listed["overdue"]) == (made - 2, 0)


def test_who_runs_the_campaign_sees_all_and_chooses_the_days(visit: Begin, site: Site, take_picture: Callable[[Page, str], None]) -> None:
    made = plant(site, society="jos", reader="jos-reader2", count=2)
    admin = visit("jos-admin", "ja", bypass_csp=True)
    page = admin.page
    page.goto(f"{admin.site.url}/")
    page.locator("#overview a[href$='/pending/']").first.click()
    rows = page.locator(".pending-row")
    expect(rows).to_have_count(made)
    expect(rows.first.locator("select")).to_have_count(1)
    assert serious(page) == []
    page.fill("#pending-days-input", "0")
    page.click("#pending-days button")
    expect(page.locator("#notice .message-error")).to_be_visible()
    page.fill("#pending-days-input", "90")
    page.click("#pending-days button")
    expect(page.locator("#notice .message-success")).to_contain_text("90")
    take_picture(page, "pending-campaign")
    rows.first.focus()
    page.keyboard.press("2")
    expect(rows.first).to_have_class("pending-row is-told")
