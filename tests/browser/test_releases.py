"""Documents leave a society: asked for, kept, mended, approved by another person, taken; in Japanese and in English."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.site import ROOT

Begin = Callable[..., Visit]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
WORDS = {
    "ja": {
        "ask": "申請する",
        "confirm": "確認した: 画素に個人を示すものはない",
        "approve": "承認",
        "record": "この条件を記録",
        "take": "ダウンロード",
        "revoke": "承認を取り消す",
    },
    "en": {
        "ask": "Ask for it",
        "confirm": "I looked: the pixels name nobody",
        "approve": "Approve",
        "record": "Record these conditions",
        "take": "Download",
        "revoke": "Revoke",
    },
}


def serious(page: Page) -> list[str]:
    """Return what keeps people from using the page, by the rules of axe-core."""
    page.evaluate(AXE.read_text("utf-8"))
    result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [f"{row['id']}: {row['nodes'][0]['target']}" for row in result["violations"] if row["impact"] in {"serious", "critical"}]


@pytest.mark.parametrize(("language", "society"), [("ja", "jos"), ("en", "jsum")])
def test_a_release_from_the_wish_to_the_file(
    visit: Begin, take_picture: Callable[[Page, str], None], tmp_path: Path, language: str, society: str
) -> None:
    say = WORDS[language]
    exporter, admin = visit(f"{society}-exporter", language, bypass_csp=True), visit(f"{society}-admin", language, bypass_csp=True)
    overview = json.loads(exporter.page.request.get(f"{exporter.site.url}/api/campaigns/").body())["overview"]
    address = f"{exporter.site.url}/campaigns/{overview[0]['id']}/releases/"

    asking = exporter.page
    asking.goto(address)
    asking.click(f"button:has-text('{say['ask']}')")
    expect(asking.locator("#notice .message-error")).to_be_visible()
    expect(asking.locator("#field-recipient")).to_be_focused()
    asking.fill("#field-recipient", "Example 株式会社")
    asking.select_option("#field-recipient_kind", "company")
    asking.select_option("#field-purpose", "ai-product-development")
    asking.fill("#field-expires_on", "2099-03-31")
    asking.click(f"button:has-text('{say['ask']}')")
    expect(asking.locator(".release")).to_have_count(1)
    expect(asking.locator(".release .message-warning li")).to_have_count(4)
    assert asking.locator(f"button:has-text('{say['approve']}')").count() == 0, "an exporter cannot approve"
    take_picture(asking, "releases-asked")

    deciding = admin.page
    deciding.goto(address)
    deciding.click(f"button:has-text('{say['approve']}')")
    expect(deciding.locator("#notice .message-error")).to_be_visible()
    deciding.click(f"button:has-text('{say['confirm']}')")
    deciding.fill("#field-committee", "IRB")
    deciding.fill("#field-approval_number", "EX-2026-1")
    deciding.fill("#field-approval_ends_on", "2099-12-31")
    deciding.check("input[name=purposes][value=ai-product-development]")
    deciding.check("input[name=provision]")
    deciding.check("input[name=recipients][value=company]")
    deciding.click(f"button:has-text('{say['record']}')")
    expect(deciding.locator(".release .message-warning")).to_have_count(0)
    deciding.locator(".release").get_by_role("button", name=say["approve"], exact=True).click()
    expect(deciding.locator(".release .badge-ok")).to_be_visible()
    expect(deciding.locator("#ledger tbody tr")).to_have_count(4)
    expect(deciding.locator("#ledger-state.badge-ok")).to_be_visible()
    take_picture(deciding, "releases-approved")
    assert serious(deciding) == []

    asking.reload()
    with asking.expect_download() as taken:
        asking.locator(".release").get_by_role("link", name=say["take"]).click()
    taken.value.save_as(tmp_path / "release.zip")
    with zipfile.ZipFile(tmp_path / "release.zip") as archive:
        assert {"release.json", "manifest.json", "losses.json"} <= set(archive.namelist())
        assert json.loads(archive.read("release.json"))["recipient"] == "Example 株式会社"
    assert serious(asking) == []

    deciding.reload()
    expect(deciding.locator("#ledger tbody tr")).to_have_count(6)
    deciding.locator(".release").get_by_role("button", name=say["revoke"]).click()
    deciding.locator(".release-actions input").fill("the hospital asked for it")
    deciding.locator(".release").get_by_role("button", name=say["revoke"]).click()
    expect(deciding.locator(".release .badge-danger")).to_be_visible()
    asking.reload()
    expect(asking.locator(".release").get_by_role("link", name=say["take"])).to_have_count(0)
    assert [error for error in exporter.errors + admin.errors if "409" not in error] == []
