"""Findings of a whole examination: stated at one image, shown by several, found again at the others; kept without network."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.test_pending import serious
from tests.browser.workbench import Workbench
from tests.waiting import wait_for

Begin = Callable[..., Visit]
WORDS = {
    "ja": {"state": "所見を記録", "here": "表示中の箇所を根拠に追加", "images": "この検査の画像", "title": "検査全体の所見"},
    "en": {"state": "State the finding", "here": "Cite this view", "images": "Images of the examination", "title": "Whole examination"},
}
# All images of a reader's campaign become one examination; the reader has read another one of them before, with a mark on it.
_PLANT = """
import json, uuid
from django.utils import timezone
from django.contrib.auth.models import User
from annotation.models import Annotation, Read
from viewer.models import Image, Study
order = json.loads(ORDER)
read = Read.objects.select_related("campaign").get(pk=order["read"])
images = Image.objects.filter(campaign_images__campaign=read.campaign)
Study.objects.filter(series__images__in=images).update(subject_pseudonym="ab" * 32)
other = images.exclude(pk=read.image_id).order_by("pk").first()
second, new = Read.objects.get_or_create(campaign=read.campaign, image=other, reader=read.reader)
label = read.campaign.label_set.labels.first().code
frame = 1 if other.has_frames and other.frame_count > 1 else 0 if other.has_frames else None
second.sequence += 1
second.save()
mark = Annotation(id=uuid.uuid4(), read=second, sequence=second.sequence, granularity="box", frame=frame, labels=[label],
    geometry_kind="", created_at=timezone.now(), updated_at=timezone.now())
mark.save(force_insert=True)
print(json.dumps({"read": str(second.pk), "image": str(other.pk), "mark": str(mark.pk), "frame": frame}))
"""


@pytest.mark.parametrize(("language", "society"), [("ja", "jges"), ("en", "jsum")])
def test_a_finding_of_the_examination_is_stated_cited_and_found_again(
    visit: Begin, take_picture: Callable[[Page, str], None], language: str, society: str
) -> None:
    say = WORDS[language]
    bench = Workbench(visit(f"{society}-reader1", language, bypass_csp=True)).take_next_from_home()
    page = bench.page
    assert page.locator("#exam-panel").count() == 0
    told = bench.visit.site.manage("shell", "--no-imports", "-c", _PLANT.replace("ORDER", repr(json.dumps({"read": bench.read_id}))))
    other = json.loads(str(told).strip().splitlines()[-1])
    page.reload()
    bench.arrive()
    panel = page.locator("#exam-panel")
    panel.get_by_role("button", name=say["title"]).click()

    def findings() -> list[dict[str, Any]]:
        return [one for one in bench.get(f"/api/reads/{bench.read['id']}/annotations/")["annotations"] if one["granularity"] == "exam"]

    state = panel.get_by_role("button", name=say["state"])
    state.click()
    expect(panel.locator(".exam-new select")).to_be_focused()  # nothing is stated before a finding is chosen
    panel.locator(".exam-new select").select_option(index=1)
    bench.visit.context.set_offline(True)
    state.click()
    expect(panel.locator(".exam-finding")).to_have_count(1)
    expect(panel.locator(".exam-images li").first).to_be_visible()
    row = panel.locator(".exam-images li", has=page.locator(".exam-places select"))
    row.locator(".exam-places select").select_option(other["mark"])
    expect(panel.locator(".exam-cites li")).to_have_count(2)
    third = panel.locator(".exam-images li", has=page.locator("input[type=checkbox]:not(:checked)")).first
    third.locator("input[type=checkbox]").check()
    expect(panel.locator(".exam-cites li")).to_have_count(3)
    assert findings() == []
    bench.visit.context.set_offline(False)
    wait_for("the finding on the server", lambda: len(findings()) == 1 and len(findings()[0]["cites"]) == 3)
    (saved,) = findings()
    assert saved["cites"][0]["image_id"] == bench.read["image_id"]
    assert saved["cites"][1] == {"image_id": other["image"], "frame": other["frame"], "annotation_id": other["mark"]}
    panel.locator(".exam-finding select").first.select_option("probable")
    panel.locator(".exam-finding input[type=text]").fill("胃体部まで")
    panel.locator(".exam-finding input[type=text]").press("Tab")
    wait_for("certainty and remark", lambda: (findings()[0]["certainty"], findings()[0]["text"]) == ("probable", "胃体部まで"))
    panel.scroll_into_view_if_needed()
    assert serious(page) == []
    take_picture(page, "exam-finding")

    # Taken back step by step, and done again.
    page.locator("#viewer").click(position={"x": 5, "y": 5})
    for _ in range(3):
        page.keyboard.press("Control+z")
    wait_for("one citation fewer", lambda: len(findings()[0]["cites"]) == 2)
    for _ in range(3):
        page.keyboard.press("Control+Shift+z")
    wait_for("and again", lambda: (len(findings()[0]["cites"]), findings()[0]["text"]) == (3, "胃体部まで"))
    page.reload()
    bench.arrive()
    expect(panel.locator(".exam-cites li")).to_have_count(3)

    # Its link opens the other image, where the finding is listed with a way back.
    first = bench.read_id
    panel.locator(".exam-cites a.exam-link").first.click()
    bench.arrive(besides=first)
    assert other["read"] in page.url
    expect(panel.locator(".exam-finding")).to_have_count(1)
    expect(panel.locator(".exam-finding")).to_contain_text("胃体部まで")
    wait_for("the place is no part of the address any more", lambda: "#" not in page.url)
    panel.scroll_into_view_if_needed()
    assert serious(page) == []
    take_picture(page, "exam-elsewhere")
    panel.locator("a.exam-link").first.click()
    bench.arrive(besides=other["read"])
    expect(panel.locator(".exam-finding")).to_have_count(1)
