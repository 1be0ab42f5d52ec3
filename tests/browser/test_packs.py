"""What packs bring, as people read it: labels with their codes, the form, the protocol; in Japanese and English."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from societies.packs import load_pack, pack_slugs
from tests.browser.conftest import Visit
from tests.browser.test_datasets import serious

Begin = Callable[..., Visit]
Picture = Callable[[Page, str], None]


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_pack_shows_what_it_asks_of_readers(visit: Begin, take_picture: Picture, language: str) -> None:
    visitor = visit("jsp-reader1", language, bypass_csp=True)
    page = visitor.page
    for slug in pack_slugs():
        pack = load_pack(slug)
        page.goto(f"{visitor.site.url}/packs/{slug}/")
        page.wait_for_selector("body.is-ready")
        expect(page.locator("h1")).to_contain_text(pack.name[language])
        rows = page.locator(".pack-labels tbody tr")
        expect(rows).to_have_count(len(pack.labels))
        for row, label in zip(rows.all(), pack.labels, strict=True):
            expect(row).to_contain_text(label.ja)
            expect(row).to_contain_text(label.en)
            for coding in label.codings:
                expect(row).to_contain_text(f"{coding['code']}")
        expect(page.locator("#form .form > *")).to_have_count(len(pack.form_schema["properties"]))
        expect(page.locator(".protocol")).to_have_text(pack.protocol[language], use_inner_text=True)
        take_picture(page, f"pack-{slug}")
        assert serious(page) == []


def test_a_pack_is_found_from_the_page_of_labels_and_its_form_can_be_tried(visit: Begin) -> None:
    admin = visit("jges-admin", "en", bypass_csp=True)
    page = admin.page
    page.goto(f"{admin.site.url}/societies/jges/labels/")
    page.click("a[href='/packs/jges/']")
    page.wait_for_selector("body.is-ready")
    choice = page.locator("#form input[type=radio], #form button[aria-pressed], #form [role=radio]").first
    choice.click()
    expect(page.locator("#form [aria-checked=true], #form [aria-pressed=true], #form input:checked").first).to_be_visible()
    assert page.goto(f"{admin.site.url}/packs/nowhere/").status == 404
