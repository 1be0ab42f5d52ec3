"""One reading for each society, in Japanese and in English: from the queue to the exported document, on real images."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.drawn import Drawn
from tests.browser.exported import ExportedRead
from tests.browser.site import Site
from tests.browser.workbench import DECISION_KEYS, Workbench
from tests.waiting import wait_for

pytestmark = pytest.mark.long
LANGUAGES = pytest.mark.parametrize(("language", "reader"), [("ja", "reader1"), ("en", "reader2")])
Begin = Callable[..., Visit]


def begin_reading(visit: Begin, society: str, language: str, reader: str) -> tuple[Workbench, list[dict[str, Any]]]:
    """Sign in, take the next image by key, and wait for its pixels and for what the model says of it."""
    bench = Workbench(visit(f"{society}-{reader}", language)).take_next_from_home()
    assert bench.language == language
    bench.assert_real_pixels()
    if not bench.campaign["suggestions"]:
        return bench, []
    admin = Workbench(visit(f"{society}-admin", language))
    return bench, bench.wait_for_suggestions(campaign_admin=admin.get)


def finish_reading(bench: Workbench, site: Site, keys: list[str]) -> ExportedRead:
    """Submit with these keys, see the next image come by itself, and return what the export says of the read."""
    bench.wait_saved()
    campaign = bench.campaign["id"]
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


def decide(bench: Workbench, waiting: list[dict[str, Any]], verdicts: list[str], relabel_to: str) -> dict[str, tuple[str, str | None]]:
    """Go through the first suggestions by key and return what was decided on each."""
    relabel_key = next(each["key"] for each in bench.campaign["label_set"]["labels"] if each["code"] == relabel_to)
    decided: dict[str, tuple[str, str | None]] = {}
    bench.key("Escape")
    bench.key("Escape")
    bench.key("j")
    for suggestion, verdict in zip(waiting, verdicts, strict=False):
        bench.wait_until_shown(suggestion)
        bench.key(DECISION_KEYS[verdict])
        if verdict == "relabel":
            bench.key(relabel_key)
        bench.wait_decided(suggestion, verdict)
        if verdict == "edit":
            shift_edited(bench, suggestion)
            bench.key("Escape")
            bench.key("j")
        decided[suggestion["id"]] = (verdict, {"relabel": relabel_to, "reject": None}.get(verdict, suggestion["labels"][0]))
    assert len(decided) == len(verdicts)
    return decided


def shift_edited(bench: Workbench, suggestion: dict[str, Any]) -> None:
    """Drag the mark that came of a suggestion, and see that it moved by just that much."""
    mark = next(each for each in bench.saved_marks() if each["suggestion_id"] == suggestion["id"])
    is_box = mark["geometry"]["type"] == "Rectangle"
    bench.wait_still()
    edited = Drawn("box" if is_box else "polygon", "", corners(mark["geometry"]), mark["frame"], 1, mark["id"])
    bench.move(edited, 0.01, 0.015)
    bench.wait_saved()
    after = next(each for each in bench.saved_marks() if each["id"] == mark["id"])
    for (x, y), (was_x, was_y) in zip(corners(after["geometry"]), corners(mark["geometry"]), strict=True):
        assert abs(x - was_x - edited.moved[0]) <= 1, (after, mark, edited.moved)
        assert abs(y - was_y - edited.moved[1]) <= 1, (after, mark, edited.moved)


def corners(geometry: dict[str, Any]) -> list[tuple[float, float]]:
    """Return the vertices of an outline, or two corners of a box."""
    if geometry["type"] == "Rectangle":
        x, y, width, height = geometry["bbox"]
        return [(x, y), (x + width, y + height)]
    return [(x, y) for x, y in geometry["coordinates"][0][:-1]]


@contextmanager
def pressed_keys(bench: Workbench) -> Iterator[list[str]]:
    """Count what is pressed inside."""
    keys: list[str] = []
    press = bench.key
    bench.key = lambda key: (keys.append(key), press(key))[1]  # type: ignore[method-assign]
    yield keys
    bench.key = press  # type: ignore[method-assign]


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
    decided = decide(bench, waiting, ["accept", "relabel", "reject", "edit"], "tumour-cell")
    bench.key("-")
    bench.key("-")
    bench.wait_still()
    take_picture(bench.page, "jsp-workbench")
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
    admin = visit("jsp-admin", language).page
    admin.goto(f"{site.url}/campaigns/{bench.campaign['id']}/")
    expect(admin.locator("#progress")).to_be_visible()
    admin.wait_for_load_state("networkidle")
    take_picture(admin, "campaign-progress")


@LANGUAGES
def test_endoscopy(visit: Begin, site: Site, take_picture: Callable[..., None], language: str, reader: str) -> None:
    bench, waiting = begin_reading(visit, "jges", language, reader)
    polyp = bench.draw("box", "polyp", [(0.42, 0.35), (0.52, 0.5)])
    redness = bench.draw("box", "redness", [(0.55, 0.62), (0.48, 0.54)])
    wrong = bench.draw("box", "bleeding", [(0.4, 0.6), (0.45, 0.68)])
    undo_and_redo(bench, 3)
    delete_by_key(bench, wrong)
    bench.move(polyp, 0.03, 0.02)
    bench.drag_corner(redness, (0.58, 0.66))
    decided = decide(bench, waiting, ["accept", "relabel", "reject"] if language == "ja" else ["edit", "reject", "relabel"], "erosion")
    take_picture(bench.page, "jges-workbench")
    diagnosis = bench.diagnose(
        "adenoma",
        form={"organ": "colon", "macroscopicType": "0-Is", "sizeMm": 8, "magnification": False},
        certainty="probable",
        basis=[("endoscopy", "supports")],
    )
    diagnosis["form"]["light"] = "WLI"
    exported = finish_reading(bench, site, ["Control+Enter"])
    exported.assert_marks([polyp, redness])
    exported.assert_diagnosis(diagnosis)
    exported.assert_decisions(decided)


@LANGUAGES
def test_radiology(visit: Begin, site: Site, take_picture: Callable[..., None], language: str, reader: str) -> None:
    bench, waiting = begin_reading(visit, "jrs", language, reader)
    assert not waiting
    assert bench.frame_text == "1 / 3"
    bench.canvas.hover()
    bench.page.mouse.wheel(0, 100)
    wait_for("the wheel to scroll frames", lambda: bench.frame_text == "2 / 3")
    width, level = bench.window
    bench.page.mouse.move(*bench.at(0.4, 0.4))
    bench.page.mouse.down(button="right")
    bench.page.mouse.move(*bench.at(0.5, 0.45), steps=3)
    bench.page.mouse.up(button="right")
    wait_for("the window to follow the drag", lambda: bench.window[0] != width and bench.window[1] != level)
    bench.page.locator(".viewer-window select").select_option(index=1)
    wait_for("the preset", lambda: bench.window == (400.0, 40.0))

    mass = bench.draw("freehand", "mass", [(0.44, 0.4), (0.47, 0.36), (0.51, 0.4), (0.5, 0.46), (0.45, 0.46)], frame=1)
    nodule = bench.draw("polygon", "nodule", [(0.54, 0.5), (0.59, 0.5), (0.565, 0.58)], frame=1)
    bench.page.locator("#mark-note").fill("辺縁は明瞭")
    bench.page.locator("#mark-note").press("Tab")
    wrong = bench.draw("polygon", "cyst", [(0.4, 0.6), (0.44, 0.6), (0.42, 0.66)], frame=1)
    undo_and_redo(bench, 3)
    delete_by_key(bench, wrong)
    bench.move(mass, 0.01, -0.02)
    bench.drag_vertex(nodule, 1, (0.61, 0.48))
    bench.key("Escape")
    assert bench.shows_colour(mass, "#ffd400")
    take_picture(bench.page, "jrs-workbench")
    for other in (1, 3):
        bench.go_to_frame(other)
        assert not bench.shows_colour(mass, "#ffd400"), f"the mark of frame 2 shows on frame {other}"
    bench.go_to_frame(2)
    assert bench.shows_colour(mass, "#ffd400")

    diagnosis = bench.diagnose(
        "metastasis",
        form={"region": ["abdomen"], "typicality": "typical", "critical": True, "impression": "肝に多発する腫瘤。転移を疑う。"},
        certainty="definite",
        basis=[("CT", "supports"), ("histopathology-resection", "confirmed")],
    )
    exported = finish_reading(bench, site, ["Control+Enter"])
    exported.assert_marks([mass, nodule])
    assert exported.annotations[nodule.id]["text"] == {"ja": "辺縁は明瞭"}
    exported.assert_diagnosis(diagnosis)
    exported.assert_decisions({})


@LANGUAGES
def test_ultrasound(visit: Begin, site: Site, take_picture: Callable[..., None], language: str, reader: str) -> None:
    bench, waiting = begin_reading(visit, "jsum", language, reader)
    assert bench.frame_text.startswith("1 / ")
    bench.key("c")
    wait_for("the loop to play", lambda: not bench.frame_text.startswith("1 / "))
    bench.key("c")
    bench.go_to_frame(2)
    assert bench.holds_still(lambda: bench.frame_text), "the loop plays on after it was stopped"

    mass = bench.draw("point", "solid-mass", [(0.48, 0.45)], frame=1)
    cyst = bench.draw("box", "cyst", [(0.5, 0.5), (0.58, 0.62)], frame=1)
    wrong = bench.draw("point", "cyst", [(0.42, 0.6)], frame=1)
    undo_and_redo(bench, 3)
    delete_by_key(bench, wrong)
    bench.move(mass, 0.02, 0.02)
    bench.drag_corner(cyst, (0.56, 0.6))
    decided = decide(bench, waiting, ["accept", "relabel", "reject"] if language == "ja" else ["edit", "reject", "relabel"], "fluid")
    take_picture(bench.page, "jsum-workbench")
    diagnosis = bench.diagnose(
        "hcc",
        form={"workingGroup": "abdomen", "maxDiameterMm": 23.5, "contrast": True, "confirmedBy": ["CT", "biopsy"]},
        certainty="definite",
        basis=[("CEUS", "supports"), ("histopathology-biopsy", "confirmed")],
    )
    exported = finish_reading(bench, site, ["Control+Enter"])
    exported.assert_marks([mass, cyst])
    centre = exported.annotations[cyst.id]["extensions"]["org.mitate.centre"]
    box = exported.annotations[cyst.id]["geometry"]["bbox"]
    assert (centre["x"], centre["y"]) == (box[0] + box[2] / 2, box[1] + box[3] / 2)
    exported.assert_diagnosis(diagnosis)
    exported.assert_decisions(decided)


@LANGUAGES
def test_dermatology(visit: Begin, site: Site, take_picture: Callable[..., None], language: str, reader: str) -> None:
    bench, _ = begin_reading(visit, "jda", language, reader)
    diagnosis = bench.diagnose(
        "melanoma",
        form={"ageYears": 63, "sex": "F", "site": "lower-leg", "imageType": "dermoscopy", "fitzpatrick": "3", "urgent": False},
        certainty="possible",
        basis=[("histopathology-resection", "confirmed")],
    )
    take_picture(bench.page, "jda-workbench")
    # The last answer is still being typed when the keys to submit are pressed.
    bench.field(bench.campaign["form"], "diameterMm").locator("input").press_sequentially("7.5")
    diagnosis["form"]["diameterMm"] = 7.5
    exported = finish_reading(bench, site, ["Control+Enter"])
    exported.assert_marks([])
    exported.assert_diagnosis(diagnosis)
    exported.assert_decisions({})


@LANGUAGES
def test_ophthalmology(visit: Begin, site: Site, take_picture: Callable[..., None], language: str, reader: str) -> None:
    bench, _ = begin_reading(visit, "jos", language, reader)
    with pressed_keys(bench) as keys:
        bench.key("2")
        take_picture(bench.page, "jos-workbench")
        exported = finish_reading(bench, site, ["Enter"])
    assert keys == ["2", "Enter"], "an image takes two keystrokes"
    exported.assert_marks([])
    said = exported.assert_diagnosis({"labels": ["diabetic-retinopathy"], "form": {"eye": "unknown"}, "certainty": None, "basis": []})
    assert said["granularity"] == "diagnosis"
