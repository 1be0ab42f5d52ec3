"""A dataset from its description to the file, frozen twice and compared; in Japanese and in English."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.site import ROOT, Site

Begin = Callable[..., Visit]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
WORDS = {
    "ja": {"make": "このデータセットを作成", "freeze": "第{}版を確定", "take": "ダウンロード", "compare": "比較", "sheet": "データシート"},
    "en": {"make": "Make this dataset", "freeze": "Freeze version {}", "take": "Download", "compare": "Compare", "sheet": "Datasheet"},
}
_READ = """
from django.contrib.auth.models import User
from annotation.models import Campaign
from societies.services.worklist import claim_next, submit
from annotation.services.operations import apply_operations
from tests.factories import put_diagnosis
campaign = Campaign.objects.filter(owner__society__slug="jges").order_by("created_at").first()
reader = User.objects.get(username="jges-reader1")
done = 0
while claimed := claim_next(user=reader, campaign=campaign):
    said = apply_operations(user=reader, read_id=claimed.read.pk, operations=[put_diagnosis()])
    submit(user=reader, read_id=claimed.read.pk, sequence=said.sequence, active_seconds=9)
    done += 1
print(done)
"""
"""Reads every image that the society's reader is given."""


def read_everything(site: Site) -> int:
    return int(site.manage("shell", "--no-imports", "-c", _READ).split()[-1])


_LINK = """
from django.contrib.auth.models import User
from societies.models import DatasetMember
from societies.services.datasets import link_subjects
members = DatasetMember.objects.filter(version__dataset__code="CODE", version__number=2)
first, second = (members.filter(split=split).first().image for split in ("train", "test"))
society = members.first().version.dataset.society
link_subjects(society=society, user=User.objects.get(username="jges-admin"), first_image=first, second_image=second)
"""
"""Records that somebody of train and somebody of test are one person."""


_ONE = """
import json
from societies.models import DatasetMember
rows = DatasetMember.objects.filter(version__dataset__code="CODE", version__number=3, split="quarantine")
link = rows.first().version.dataset.society.subject_links.latest("pk")
print(json.dumps([str(rows.filter(subject=subject).first().image_id) for subject in (link.first, link.second)]))
"""
"""An image of each of the two subjects that were found to be one person."""


def serious(page: Page) -> list[str]:
    """Return what keeps people from using the page, by the rules of axe-core."""
    page.evaluate(AXE.read_text("utf-8"))
    result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [f"{row['id']}: {row['nodes'][0]['target']}" for row in result["violations"] if row["impact"] in {"serious", "critical"}]


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_dataset_from_its_description_to_the_file(
    visit: Begin, take_picture: Callable[[Page, str], None], tmp_path: Path, language: str
) -> None:
    say = WORDS[language]
    exporter, admin = visit("jges-exporter", language, bypass_csp=True), visit("jges-admin", language, bypass_csp=True)
    read_everything(exporter.site)
    page, address = exporter.page, f"{exporter.site.url}/societies/jges/datasets/"
    page.goto(exporter.site.url)
    page.click("a[href='/societies/jges/datasets/']")
    page.select_option("#field-dataset", "")
    total = page.locator("#counts table").first.locator("tbody tr").last.locator("td").nth(2)
    expect(total).not_to_have_text("0")

    page.fill("#field-train", "60")
    expect(page.locator("#counts table")).to_have_count(0)
    page.fill("#field-tune", "0")
    page.fill("#field-test", "40")
    expect(page.locator("#counts table")).to_have_count(2)
    page.fill("#field-name_ja", f"大腸ポリープ{language}")
    page.fill("#field-name_en", f"Colon polyps {language}")
    page.fill("#field-code", f"colon-{language}")
    page.click(f"button:has-text('{say['make']}')")
    for number in (1, 2):
        page.click(f"button:has-text('{say['freeze'].format(number)}')")
        expect(page.locator(f"tr[data-version='{number}']")).to_be_visible()
    page.click(f"form.compare button:has-text('{say['compare']}')")
    expect(page.locator("form.compare tbody tr").last.locator("td").last).to_have_text(total.inner_text())
    take_picture(page, "datasets")
    assert serious(page) == []

    assert page.locator("#field-split option[value=test]").count() == 0, "an exporter does not open the test split"
    with page.expect_download() as taken:
        page.click(f".hand-out a:has-text('{say['take']}')")
    taken.value.save_as(tmp_path / "train.zip")
    with zipfile.ZipFile(tmp_path / "train.zip") as archive:
        assert json.loads(archive.read("dataset.json"))["split"] == "train"
    with page.expect_download() as sheet:
        page.locator("tr[data-version='2']").get_by_role("link", name=say["sheet"]).click()
    sheet.value.save_as(tmp_path / "sheet.md")
    assert {"ja": "大腸ポリープja 第2版", "en": "Colon polyps en, version 2"}[language] in (tmp_path / "sheet.md").read_text("utf-8")

    opening = admin.page
    opening.goto(address)
    opening.select_option("#field-dataset", label={"ja": "大腸ポリープja", "en": "Colon polyps en"}[language])
    expect(opening.locator(".hand-out .muted")).to_be_visible()
    take_picture(opening, "datasets-test")
    with opening.expect_download() as opened:
        opening.click(f".hand-out a:has-text('{say['take']}')")
    opened.value.save_as(tmp_path / "test.zip")
    with zipfile.ZipFile(tmp_path / "test.zip") as archive:
        assert json.loads(archive.read("dataset.json"))["locked"] is True

    exporter.site.manage("shell", "--no-imports", "-c", _LINK.replace("CODE", f"colon-{language}"))
    page.reload()
    page.select_option("#field-dataset", label={"ja": "大腸ポリープja", "en": "Colon polyps en"}[language])
    expect(page.locator(".hand-out .leaking")).to_be_visible()
    page.click(f"button:has-text('{say['freeze'].format(3)}')")
    quarantined = int(page.locator("tr[data-version='2'] td").nth(6).inner_text())
    expect(page.locator("tr[data-version='3'] td").nth(6)).to_have_text(str(quarantined + 1))
    expect(page.locator(".hand-out .leaking")).to_be_hidden()
    take_picture(page, "datasets-quarantine")

    # single images, and persons
    image = json.loads(exporter.site.manage("shell", "--no-imports", "-c", _ONE.replace("CODE", f"colon-{language}")).splitlines()[-1])
    page.click("#picks button[value=out]")
    expect(page.locator("#field-images")).to_be_focused()
    page.fill("#field-images", f"{exporter.site.url}/images/{image[0]}/")
    page.fill("#field-why", "ピントが合っていない" if language == "ja" else "out of focus")
    images = int(total.inner_text())
    page.click("#picks button[value=out]")
    expect(page.locator("#picks tbody tr")).to_have_count(1)
    expect(total).to_have_text(str(images - 1))
    take_picture(page, "datasets-picks")
    assert serious(page) == []
    page.locator("#picks").screenshot(path=f"build/screenshots/datasets-picks-card-{language}.png")
    page.click("#picks tbody button")
    expect(page.locator("#picks tbody tr")).to_have_count(2)
    expect(total).to_have_text(str(images))
    expect(page.locator("#field-first")).to_have_count(0)
    opening.reload()
    opening.fill("#field-first", image[0])
    opening.fill("#field-second", image[1])
    opening.click("#persons button[type=submit]")
    expect(opening.locator("#persons tbody tr").first).to_be_visible()
    opening.locator("#persons").screenshot(path=f"build/screenshots/datasets-persons-{language}.png")
    opening.screenshot(path=f"build/screenshots/datasets-whole-{language}.png", full_page=True)
    assert [error for error in exporter.errors + admin.errors if "422" not in error] == []
