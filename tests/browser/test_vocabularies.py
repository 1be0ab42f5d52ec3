"""Label sets, forms and label maps edited by people, alone and two at once; old marks exported under a map; Japanese and English."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.test_datasets import read_everything, serious

Begin = Callable[..., Visit]
WORDS = {
    "ja": {"publish": "公開", "begin": "この版から下書きを作る", "add": "ラベルを追加", "field": "項目を追加", "remove": "削除"},
    "en": {"publish": "Publish", "begin": "Begin a draft from it", "add": "Add a label", "field": "Add a field", "remove": "Remove"},
}
Picture = Callable[[Page, str], None]


def make(page: Page, kind: str, code: str, name: str, **chosen: str) -> None:
    """Make a label set, form or map on the page that lists them."""
    page.click(f"#new-{kind} > summary")
    page.fill(f"#{kind}-name-ja", f"{name}（日本語）")
    page.fill(f"#{kind}-name-en", name)
    page.fill(f"#{kind}-code", code)
    for label, value in chosen.items():
        page.locator(f"#new-{kind} select").nth(int(label[-1])).select_option(value)
    page.click(f"#new-{kind} button[type=submit]")
    page.wait_for_selector("body.is-ready")


def saved(page: Page) -> None:
    expect(page.locator("#state")).to_have_attribute("data-state", "saved")


def publish(page: Page, version: str) -> None:
    saved(page)
    expect(page.locator("form.publish button")).to_be_enabled()
    page.fill("form.publish input", version)
    page.click("form.publish button")
    expect(page.locator(f"tr[data-version='{version}']")).to_be_visible()


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_label_set_from_a_pack_to_a_campaign_and_its_marks_under_a_map(
    visit: Begin, take_picture: Picture, tmp_path: Path, language: str
) -> None:
    say = WORDS[language]
    admin = visit("jges-admin", language, bypass_csp=True)
    admin.site.manage("load_codes", "--shipped")
    page = admin.page
    page.goto(admin.site.url)
    page.click("a[href='/societies/jges/labels/']")
    take_picture(page, "vocabularies")
    assert serious(page) == []
    make(page, "label-sets", f"few-{language}", f"Endoscopy {language}", select0="p:jges")
    rows = page.locator(".label-tree [role=treeitem]")
    first, count = rows.nth(0).get_attribute("data-code"), rows.count()

    rows.nth(0).click()
    page.keyboard.press("Alt+ArrowDown")
    expect(rows.nth(1)).to_have_attribute("data-code", first or "")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("Alt+ArrowRight")
    expect(rows.nth(1)).to_have_attribute("aria-level", "2")
    page.click(f"button:has-text('{say['add']}')")
    expect(rows).to_have_count(count + 1)
    expect(page.locator(".label-fields .field-error:not([hidden])").first).to_be_visible()
    expect(page.locator("form.publish button")).to_be_disabled()
    take_picture(page, "label-set-problems")
    page.keyboard.type("新しい所見")
    page.locator(".label-fields input[lang=en]").fill("New finding")
    page.locator(".code-search input").fill("adenoma")
    page.locator(".code-search [role=option]").first.click()
    expect(page.locator(".coding")).to_have_count(1)
    saved(page)
    expect(page.locator(".tree-problem:visible")).to_have_count(0)
    take_picture(page, "label-set")
    assert serious(page) == []
    publish(page, "1.0")

    page.click(f"button:has-text('{say['begin']}')")
    page.wait_for_selector("body.is-ready")
    page.locator(".label-fields input[lang=en]").fill("Renamed")
    saved(page)
    expect(page.locator(".changes-renamed li")).to_have_count(1)
    take_picture(page, "label-set-changes")
    publish(page, "1.1")

    read_everything(admin.site)
    page.goto(f"{admin.site.url}/societies/jges/labels/")
    few = f"jges-few-{language}@1.1"
    make(page, "label-maps", f"to-few-{language}", f"To few {language}", select0="jges-labels@1.0", select1=few)
    expect(page.locator(".map-said .badge-ok")).to_be_visible()
    table = page.locator(".map-table tbody tr")
    table.nth(0).locator("select").first.select_option("")
    expect(page.locator(".map-said .badge-warn")).to_be_visible()
    table.nth(1).locator("select").first.select_option(index=1)
    table.nth(2).locator(".split-open").click()
    table.nth(2).locator(".split-more").select_option(index=1)
    expect(page.locator(".split input[type=radio]")).to_have_count(2)
    saved(page)
    take_picture(page, "label-map")
    assert serious(page) == []
    publish(page, "1.0")

    exporter = visit("jges-exporter", language, bypass_csp=True)
    card = exporter.page
    card.goto(exporter.site.url)
    card.locator("#overview-list a").first.click()
    card.select_option("#export-map", f"jges-to-few-{language}@1.0")
    card.check("#export-unmapped")
    card.locator("#export-map").scroll_into_view_if_needed()
    take_picture(card, "export-under-a-map")
    with card.expect_download() as taken:
        card.locator("#export-list a").first.click()
    taken.value.save_as(tmp_path / "mapped.zip")
    with zipfile.ZipFile(tmp_path / "mapped.zip") as archive:
        told = json.loads(archive.read("label-map.json"))
        assert told["maps"][0]["id"] == f"jges-to-few-{language}"
        assert "renamed" in archive.read("labels.json").decode().lower()
    card.check("#export-background")
    with card.expect_download() as made:
        card.locator("#export-list a").first.click()
    made.value.save_as(tmp_path / "made.zip")
    assert (tmp_path / "made.zip").read_bytes() == (tmp_path / "mapped.zip").read_bytes(), "made by the server, or sent at once"
    expect(card.locator("#export-jobs li").first).to_contain_text(f"jges-to-few-{language} 1.0")
    card.locator("#export-jobs").scroll_into_view_if_needed()
    take_picture(card, "export-made-under-a-map")

    card.goto(f"{card.url.rstrip('/')}/releases/")
    card.fill("#field-recipient", f"Example {language}")
    card.select_option("#field-label_map", f"jges-to-few-{language}@1.0")
    card.check("#unmapped-choice input")
    card.fill("#field-expires_on", "2099-12-31")
    card.locator("#field-label_map").scroll_into_view_if_needed()
    take_picture(card, "release-under-a-map")
    card.click("#ask button[type=submit]")
    expect(card.locator("article.release").first).to_contain_text(f"jges-to-few-{language} 1.0")
    assert serious(card) == []
    card.locator("article.release").first.screenshot(path=f"build/screenshots/release-mapped-{language}.png")

    page.goto(f"{admin.site.url}/campaigns/new/")
    page.click("#own-versions > summary")
    page.locator("#label-set").select_option(index=1)
    take_picture(page, "campaign-with-own-labels")
    assert serious(page) == []
    assert [error for error in admin.errors + exporter.errors if "40" not in error] == []


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_form_field_by_field_and_as_json(visit: Begin, take_picture: Picture, language: str) -> None:
    say = WORDS[language]
    page = (admin := visit("jges-admin", language, bypass_csp=True)).page
    page.goto(f"{admin.site.url}/societies/jges/labels/")
    make(page, "forms", f"form-{language}", f"Endoscopy form {language}", select0="p:jges")
    cards = page.locator(".form-card")
    count = cards.count()
    page.click(f"button:has-text('{say['field']}')")
    expect(cards).to_have_count(count + 1)
    body = page.locator(".form-card-body")
    body.locator("input[lang=ja]").first.fill("大きさ")
    body.locator("input[lang=en]").first.fill("Size")
    body.locator("select").first.select_option("number")
    page.locator(".field-triple input").nth(0).fill("1")
    page.locator(".field-triple input").nth(2).fill("mm")
    preview = page.locator("#preview")
    expect(preview.locator(".unit").last).to_have_text("mm")
    expect(preview).to_contain_text({"ja": "大きさ", "en": "Size"}[language])
    body.locator("select").first.select_option("choice")
    page.locator(".add-option input").fill("small")
    page.keyboard.press("Enter")
    expect(page.locator(".options tbody tr")).to_have_count(1)
    for cell, text in enumerate(("小", "Small")):
        page.locator(".options tbody input").nth(cell).fill(text)
    saved(page)
    expect(page.locator(".field-error:visible")).to_have_count(0)
    take_picture(page, "form")
    assert serious(page) == []
    page.click(".raw-details > summary")
    area = page.locator(".raw-json").first
    whole = area.input_value()
    area.fill(whole.replace('"type": "object"', '"type": "object",,', 1))
    expect(page.locator(".raw-error").first).to_contain_text("4")
    area.fill(whole.replace('"type": "string"', '"type": "colour"', 1))
    expect(page.locator("form.publish button")).to_be_disabled()
    take_picture(page, "form-json")
    area.fill(whole)
    publish(page, "1.0")


def test_two_people_edit_one_set_at_once_and_lose_nothing(visit: Begin, take_picture: Picture) -> None:
    first, second = visit("jges-admin", "en", bypass_csp=True), visit("jges-admin", "ja", bypass_csp=True)
    page = first.page
    page.goto(f"{first.site.url}/societies/jges/labels/")
    make(page, "label-sets", "both", "Both", select0="p:jges")
    other = second.page
    other.goto(page.url)
    other.wait_for_selector("body.is-ready")
    rows = page.locator(".label-tree [role=treeitem]")
    codes = [rows.nth(at).get_attribute("data-code") for at in (0, 1)]
    other.locator(f"[data-code='{codes[1]}']").click()
    other.locator(".label-fields input[lang=en]").fill("Theirs")
    saved(other)
    rows.nth(0).click()
    page.locator(".label-fields input[lang=en]").fill("Mine")
    expect(page.locator("#notice .message")).to_be_visible()
    saved(page)
    expect(page.locator(f"[data-code='{codes[0]}']")).to_contain_text("Mine")
    expect(page.locator(f"[data-code='{codes[1]}']")).to_contain_text("Theirs")

    other.locator(f"[data-code='{codes[1]}']").click()
    other.locator(".label-fields input[lang=en]").fill("Theirs again")
    saved(other)
    page.locator(f"[data-code='{codes[1]}']").click()
    page.locator(".label-fields input[lang=en]").fill("Mine too")
    expect(page.locator("#merged .conflicts li")).to_have_count(1)
    take_picture(page, "label-set-conflict")
    assert serious(page) == []
    page.locator("#merged .conflicts button").nth(1).click()
    expect(page.locator("#merged .conflicts li")).to_have_count(0)
    expect(page.locator(f"[data-code='{codes[1]}']")).to_contain_text("Theirs again")
    saved(page)

    page.context.set_offline(True)
    page.locator(".label-fields input[lang=en]").fill("Written without a line")
    expect(page.locator("#state")).to_have_attribute("data-state", "offline")
    page.context.set_offline(False)
    saved(page)
    other.reload()
    expect(other.locator(f"[data-code='{codes[1]}']")).to_be_visible()
    other.locator(f"[data-code='{codes[1]}']").click()
    expect(other.locator(".label-fields input[lang=en]")).to_have_value("Written without a line")
