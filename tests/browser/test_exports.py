"""Exports that the server makes: followed on the card, fetched when they are ready, again later, and removed; pictures cut out."""

import hashlib
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
    "ja": {"ready": "利用可", "removed": "ファイル削除済み", "download": "ダウンロード", "pictures": "切り出した画像", "cancelled": "中止"},
    "en": {"ready": "ready", "removed": "file removed", "download": "Download", "pictures": "Pictures", "cancelled": "cancelled"},
}


@pytest.mark.parametrize("language", ["ja", "en"])
def test_an_export_is_made_fetched_and_removed(
    visit: Begin, take_picture: Callable[[Page, str], None], tmp_path: Path, language: str
) -> None:
    say = WORDS[language]
    exporter = visit("jges-exporter", language, bypass_csp=True)
    read_everything(exporter.site)
    page = exporter.page
    page.goto(exporter.site.url)
    page.locator("a[href^='/campaigns/']").first.click()
    page.check("#export-background")
    with page.expect_download() as taken:
        page.click("#export-list a[data-format='coco']")
    taken.value.save_as(tmp_path / "coco.zip")
    whole = (tmp_path / "coco.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "coco.zip") as archive:
        assert json.loads(archive.read("coco.json"))["images"]
    newest = page.locator("#export-jobs li").first
    expect(newest.locator(".badge")).to_have_text(say["ready"])

    page.locator("details:has(#export-crops) > summary").click()
    page.select_option("#crops-of", "marks")
    page.select_option("#crops-size", "128")
    with page.expect_download() as pictures:
        page.click("#export-crops button")
    pictures.value.save_as(tmp_path / "crops.zip")
    with zipfile.ZipFile(tmp_path / "crops.zip") as archive:
        assert json.loads(archive.read("crops.json"))["size_px"] == 128
        assert json.loads(archive.read("manifest.json"))["format"] == "crops"
    expect(page.locator("#export-jobs li").first).to_contain_text(say["pictures"])
    page.locator("#export-jobs").scroll_into_view_if_needed()
    take_picture(page, "exports")
    assert serious(page) == []

    page.reload()
    kept = page.locator("#export-jobs li", has_text="COCO").first
    with page.expect_download() as again:
        kept.get_by_role("link", name=say["download"]).click()
    again.value.save_as(tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == whole
    title = kept.get_by_role("link", name=say["download"]).get_attribute("title")
    assert title == f"SHA-256 {hashlib.sha256(whole).hexdigest()}"
    kept.get_by_role("button").click()
    expect(kept.locator(".badge")).to_have_text(say["removed"])
    expect(kept.get_by_role("link")).to_have_count(0)
    assert exporter.errors == []
