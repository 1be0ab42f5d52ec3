"""One reading for each society, in Japanese and in English: from the queue to the exported document, on real images."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.exported import ExportedRead
from tests.browser.site import ROOT, Site
from tests.browser.workbench import DECISION_KEYS, Drawn, Workbench

LANGUAGES = pytest.mark.parametrize(("language", "reader"), [("ja", "reader1"), ("en", "reader2")])
Begin = Callable[..., Visit]


@pytest.fixture
def take_picture(screenshots: Path) -> Callable[[Workbench, str], None]:
    """Keep a picture of the workbench; those that the README shows are brought up to date when asked for."""

    def take(bench: Workbench, name: str) -> None:
        picture = screenshots / f"{name}-{bench.language}.png"
        bench.page.screenshot(path=picture)
        shown = ROOT / "docs" / "images" / picture.name
        if os.environ.get("MITATE_UPDATE_IMAGES") == "1" and picture.name in (ROOT / "README.md").read_text("utf-8"):
            shutil.copyfile(picture, shown)

    return take


def begin_reading(visit: Begin, society: str, language: str, reader: str) -> tuple[Workbench, list[dict[str, Any]]]:
    """Sign in, take the next image by key, and wait for its pixels and for what the model says of it."""
    bench = Workbench(visit(f"{society}-{reader}", language)).take_next_from_home()
    assert bench.language == language
    bench.assert_real_pixels()
    if not bench.read["campaign"]["suggestions"]:
        return bench, []
    admin = Workbench(visit(f"{society}-admin", language))
    return bench, bench.wait_for_suggestions(campaign_admin=admin.get)


def finish_reading(bench: Workbench, site: Site, keys: list[str]) -> ExportedRead:
    """Submit with these keys, see the next image come by itself, and return what the export says of the read."""
    bench.wait_saved()
    campaign = bench.read["campaign"]["id"]
    with bench.submitted() as read_id:
        for key in keys:
            bench.key(key)
    return ExportedRead(site, campaign, read_id)


def undo_and_redo(bench: Workbench, count: int) -> None:
    """Take the last mark back and bring it again; the list of marks follows."""
    expect(bench.mark_rows).to_have_count(count)
    bench.key("Control+z")
    expect(bench.mark_rows).to_have_count(count - 1)
    bench.key("Control+Shift+Z")
    expect(bench.mark_rows).to_have_count(count)


def delete_by_key(bench: Workbench, mark: Drawn) -> None:
    """Select a mark with the mouse and delete it."""
    bench.select(mark)
    before = bench.mark_rows.count()
    bench.key("Delete")
    expect(bench.mark_rows).to_have_count(before - 1)


def decide(bench: Workbench, waiting: list[dict[str, Any]], relabel_to: str) -> dict[str, tuple[str, str | None]]:
    """Accept, relabel, reject and edit the first four suggestions by key; return what was decided."""
    first, second, third, fourth = waiting[:4]
    relabel_key = next(each["key"] for each in bench.read["campaign"]["label_set"]["labels"] if each["code"] == relabel_to)
    bench.key("Escape")
    bench.key("j")
    bench.wait_until_shown(first)
    for suggestion, keys in ((first, ["accept"]), (second, ["relabel", relabel_key]), (third, ["reject"]), (fourth, ["edit"])):
        bench.wait_until_shown(suggestion)
        for key in keys:
            bench.key(DECISION_KEYS.get(key, key))
        bench.wait_decided(suggestion)
    return {
        first["id"]: ("accept", first["labels"][0]),
        second["id"]: ("relabel", relabel_to),
        third["id"]: ("reject", None),
        fourth["id"]: ("edit", fourth["labels"][0]),
    }


@LANGUAGES
def test_pathology(visit: Begin, site: Site, take_picture: Callable[..., None], language: str, reader: str) -> None:
    bench, waiting = begin_reading(visit, "jsp", language, reader)
    tumour = bench.draw("freehand", "tumour", [(0.44, 0.3), (0.47, 0.27), (0.52, 0.3), (0.53, 0.36), (0.48, 0.4), (0.44, 0.36)])
    stroma = bench.draw("polygon", "stroma", [(0.42, 0.5), (0.47, 0.5), (0.47, 0.58), (0.42, 0.58)])
    mitosis = bench.draw("point", "mitosis", [(0.5, 0.64)])
    wrong = bench.draw("point", "mitosis", [(0.46, 0.7)])
    undo_and_redo(bench, 4)
    delete_by_key(bench, wrong)
    bench.move(tumour, 0.02, 0.03)
    bench.drag_vertex(stroma, 2, (0.49, 0.61))
    decided = decide(bench, waiting, "tumour-cell")
    take_picture(bench, "jsp-workbench")
    diagnosis = bench.diagnose(
        "malignant-epithelial",
        form={"specimen": "biopsy", "group": "5", "tumourFraction": 40},
        certainty="probable",
        basis=[("image-only", "supports"), ("histopathology-biopsy", "confirmed")],
    )
    diagnosis["form"]["stain"] = "HE"
    exported = finish_reading(bench, site, ["Control+Enter"])
    exported.assert_marks([tumour, stroma, mitosis])
    exported.assert_diagnosis(diagnosis)
    exported.assert_decisions(decided)
