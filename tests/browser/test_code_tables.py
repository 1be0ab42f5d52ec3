"""Tables of codes on their page: a wrong file, a right one, and the field that finds codes by keys alone; in Japanese and in English."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.test_datasets import serious

Begin = Callable[..., Visit]
GOOD = "code,病名,カナ,english\nA1,早期見本病,ソウキミホンビョウ,Early sample disease\nA2,見本病,ミホンビョウ,Sample disease\n"
BAD = "code,病名,カナ,english\nA1,早期見本病,,\n,見本病,,\nA3\n"


def load(page: Page, file: Path, version: str) -> None:
    page.select_option("#table", "")
    for name, value in {
        "system": "urn:oid:1.2.3",
        "version": version,
        "name_ja": "見本病名",
        "licence": "契約 2026-04-01",
        "code_column": "code",
        "ja_column": "病名",
        "reading_column": "カナ",
        "en_column": "english",
    }.items():
        page.fill(f"#{name}", value)
    page.set_input_files("#file", str(file))
    page.click("#load button[type=submit]")


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_table_from_the_file_to_the_chosen_code(
    visit: Begin, take_picture: Callable[[Page, str], None], tmp_path: Path, language: str
) -> None:
    person = visit("jsp-admin", language, bypass_csp=True)
    page = person.page
    page.goto(f"{person.site.url}/code-tables/")
    good, bad = tmp_path / "見本.csv", tmp_path / "wrong.csv"
    good.write_bytes(GOOD.encode("cp932"))
    bad.write_text(BAD, "utf-8")
    version = f"1-{language}"

    load(page, bad, version)
    expect(page.locator("#notice li")).to_have_count(2)
    expect(page.locator("#notice li").first).to_contain_text("3")
    expect(page.locator("#tables")).not_to_contain_text(version)
    # What was written stays, so that only the file is chosen anew.
    expect(page.locator("#version")).to_have_value(version)

    load(page, good, version)
    expect(page.locator(".message-success")).to_contain_text("2")
    row = page.locator("#tables tr", has_text=version)
    expect(row).to_contain_text("Shift_JIS")
    expect(row).to_contain_text("契約 2026-04-01")
    load(page, good, version)
    expect(page.locator(".message-success")).to_contain_text("すでに" if language == "ja" else "already")

    field = page.get_by_role("combobox", name="コードを検索" if language == "ja" else "Find a code")
    field.fill("ﾐﾎﾝ")
    options = page.locator(".code-list [role=option]")
    expect(options).to_have_count(2)
    assert field.get_attribute("aria-expanded") == "true"
    assert serious(page) == []
    take_picture(page, f"code-tables-{language}")
    field.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    field.press("Escape")
    expect(options.first).to_be_hidden()
    field.press("ArrowDown")
    field.press("ArrowDown")
    field.press("Enter")
    expect(page.locator("#chosen code")).to_have_text("A1")
    expect(field).to_have_value("")
    field.fill("zzzzz")
    expect(page.locator(".code-search [role=status]")).to_have_text(
        "該当するコードはありません。" if language == "ja" else "No code is called so."
    )


def test_what_is_being_composed_is_not_asked_for_and_an_old_answer_is_dropped(visit: Begin) -> None:
    person = visit("jsp-admin", "ja")
    page = person.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/api/codes/?" in request.url else None)
    page.goto(f"{person.site.url}/code-tables/")
    field = page.get_by_role("combobox", name="コードを検索")
    field.focus()
    client = page.context.new_cdp_session(page)
    client.send("Input.imeSetComposition", {"text": "しゅよ", "selectionStart": 3, "selectionEnd": 3})
    page.wait_for_timeout(600)
    assert asked == []
    client.send("Input.insertText", {"text": "腫瘍"})
    expect(page.locator(".code-list [role=option]").first).to_contain_text("腫瘍")
    assert len(asked) == 1

    # The first answer comes after the second one.
    page.route("**/api/codes/?q=ulcer**", lambda route: (page.wait_for_timeout(800), route.continue_())[1])
    field.fill("ulcer")
    page.wait_for_timeout(300)
    field.fill("becquerel")
    expect(page.locator(".code-list [role=option]").first).to_contain_text("becquerel")
    page.wait_for_timeout(1000)
    expect(page.locator(".code-list [role=option]").first).to_contain_text("becquerel")


def test_readers_have_no_page_of_tables_but_find_codes(visit: Begin) -> None:
    person = visit("jsp-reader1", "en")
    answer = person.page.goto(f"{person.site.url}/code-tables/")
    assert answer is not None
    assert answer.status == 404
    found = person.page.evaluate("fetch('/api/codes/?q=ulcer').then((answer) => answer.json())")
    assert found["codes"][0]["display"]["en"] == "Ulcer"
