"""Reports beside the image: attached by who runs the campaign, their words marked with codes by the reader, nothing lost on the way."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.test_pending import serious
from tests.browser.workbench import Workbench
from tests.waiting import wait_for

Begin = Callable[..., Visit]
TEXT = "【所見】\n右下葉に径12mmの結節を認める。𠮟責すべき陳旧性変化なし。\n胸水なし。縦隔リンパ節腫大の疑い。\n【診断】\n右下葉肺癌疑い。"
SELECT = """(words) => {
  const text = document.querySelector('.report-text');
  const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const at = node.data.indexOf(words);
    if (at < 0) continue;
    const range = document.createRange();
    range.setStart(node, at);
    range.setEnd(node, at + words.length);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    text.dispatchEvent(new MouseEvent('mouseup', {bubbles: true}));
    return true;
  }
  return false;
}"""
WORDS = {
    "ja": {
        "attach": "添付",
        "paste": "本文を貼り付ける",
        "present": "あり",
        "negated": "否定",
        "suspected": "疑い",
        "enter": "確定診断を入力",
    },
    "en": {
        "attach": "Attach",
        "paste": "Paste a text",
        "present": "Present",
        "negated": "Negated",
        "suspected": "Suspected",
        "enter": "Enter the confirmed diagnosis",
    },
}


def attach(admin: Visit, say: dict[str, str], take_picture: Callable[[Page, str], None]) -> None:
    """Paste a report for every image of the admin's campaign; look at the card."""
    page = admin.page
    overview = json.loads(page.request.get(f"{admin.site.url}/api/campaigns/").body())["overview"]
    page.goto(f"{admin.site.url}/campaigns/{overview[0]['id']}/")
    page.click(f"#reports button:has-text('{say['attach']}')")
    expect(page.locator("#notice .message-error")).to_be_visible()
    page.click(f"#reports summary:has-text('{say['paste']}')")
    images = page.locator("#reports-image option").evaluate_all("all => all.map((one) => one.value)")
    assert images
    for image in images:
        page.select_option("#reports-image", image)
        page.fill("#reports-text", TEXT)
        page.click(f"#reports button:has-text('{say['attach']}')")
        expect(page.locator("#notice .message-success")).to_be_visible()
        expect(page.locator("#reports-text")).to_have_value("")
    page.locator("#reports").scroll_into_view_if_needed()
    assert serious(page) == []
    take_picture(page, "reports-attached")


@pytest.mark.parametrize("language", ["ja", "en"])
def test_words_of_a_report_are_marked_and_the_diagnosis_is_entered(
    visit: Begin, take_picture: Callable[[Page, str], None], language: str
) -> None:
    say, society = WORDS[language], {"ja": "jrs", "en": "jsum"}[language]
    attach(visit(f"{society}-admin", language, bypass_csp=True), say, take_picture)
    bench = Workbench(visit(f"{society}-reader1", language, bypass_csp=True)).take_next_from_home()
    page = bench.page
    report = page.locator("#report-panel")
    expect(report.locator(".report-text")).to_contain_text("右下葉肺癌疑い")

    def terms() -> list[tuple[str, str]]:
        said = [one for one in bench.get(f"/api/reads/{bench.read['id']}/annotations/")["annotations"] if one["granularity"] == "term"]
        return sorted((TEXT[one["span"]["start"] : one["span"]["end"]], one["span"]["polarity"]) for one in said)

    def button(word: str) -> None:
        report.get_by_role("button", name=word, exact=True).first.click()

    assert page.evaluate(SELECT, "結節")
    button(say["present"])
    choice = report.locator(".report-concept select").first
    expect(choice).to_be_focused()  # nothing is marked before a term is chosen
    choice.select_option(index=1)
    button(say["present"])
    expect(report.locator("mark.term")).to_have_text(["結節"])
    # By the keyboard alone: the words are typed, Enter looks for the next place, Tab goes on to the buttons.
    report.locator(".report-words input").fill("胸水")
    expect(report.locator("mark.is-chosen")).to_have_text("胸水")
    button(say["negated"])
    # A code that the label set lacks, behind a kanji of two UTF-16 units, while the network is gone.
    bench.visit.context.set_offline(True)
    assert page.evaluate(SELECT, "縦隔リンパ節腫大")
    choice.select_option(index=choice.locator("option").count() - 1)
    button(say["suspected"])
    expect(report.locator("mark.term:not(.is-chosen)")).to_have_count(2)
    report.locator(".report-other input").first.fill("R59.0")
    report.locator(".report-other select").first.select_option("http://hl7.org/fhir/sid/icd-10")
    button(say["suspected"])
    expect(report.locator("mark.term:not(.is-chosen)")).to_have_count(3)
    bench.visit.context.set_offline(False)
    wait_for("three terms on the server", lambda: len(terms()) == 3)
    assert terms() == sorted([("結節", "positive"), ("胸水", "negated"), ("縦隔リンパ節腫大", "suspected")])
    assert serious(page) == []
    take_picture(page, "report-terms")

    # Taken back and done again.
    page.locator("#viewer").click(position={"x": 5, "y": 5})
    page.keyboard.press("Control+z")
    wait_for("the last term is taken back", lambda: len(terms()) == 2)
    page.keyboard.press("Control+Shift+z")
    wait_for("and done again", lambda: len(terms()) == 3)

    report.locator(".report-diagnosis .report-concept select").first.select_option(index=1)
    report.locator(".report-diagnosis .basis-row select").nth(1).select_option("pending")
    report.get_by_role("button", name=say["enter"]).click()
    expect(report.locator(".report-diagnosis li")).to_have_count(1)
    page.reload()
    bench.arrive()
    expect(report.locator("mark.term")).to_have_count(3)
    expect(report.locator(".report-diagnosis li")).to_have_count(1)
    report.locator(".report-diagnosis").scroll_into_view_if_needed()
    take_picture(page, "report-diagnosis")
