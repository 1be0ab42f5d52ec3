"""What each format says it holds is true: a case that has everything goes out, and every field is looked for."""

import io
import json
import re
from collections.abc import Callable
from typing import Any

import pydicom
import pytest
import tifffile

from annotation.exporters.fields import ExportWouldLoseError, Field, Held
from annotation.exporters.registry import EXPORTERS, formats_that_hold
from scripts.interchange_doc import TARGET, generate
from societies.views.export_formats import EXPORT_FORMATS
from tests.annotation.document import rows
from tests.annotation.exporters import cases

REPORTS = ("labels.json", "losses.json", "manifest.json")
SIGNS: dict[Field, str] = {
    Field.HOLES: r"83\.375",
    Field.POINTS: r"311\.625",
    Field.TRACKS: r"outside|keyframe",
    Field.MASKS: r"\brle\b",
    Field.DIAGNOSES: cases.identity("diagnosis"),
    Field.CODES: cases.SECOND_LABEL,
    Field.AUTHORS: "person-bbbbbbbbbbbbbbbb",
    Field.TEXT: "中分化型管状腺癌",
    Field.FORMS: "form-77",
    Field.BASIS: "cytology",
    Field.CONFIRMATIONS: "awaited",
    Field.SUGGESTIONS: rows.suggestion().id,
    Field.REVIEW: r"submitted(?!_)",
    Field.REPORTS: "右下葉に結節",
    Field.FINDINGS: cases.EXAM_TEXT,
    Field.EFFORT: r"12\.25",
    Field.CELLS: r"StarDist-77",
}
"""What stands in the files where a field is held as it is."""


def chosen_case(name: str, field: Field) -> list[cases.CaseFacts] | None:
    """Return the case with cells for what is said of cells, which others leave out."""
    if field != Field.CELLS:
        return None
    return [cases.with_cells(cases.dicom_case(name) if name.startswith("dicom") else cases.full_case())]


def found(name: str, field: Field) -> bool:
    files = cases.archive(name, chosen_case(name, field))
    text = "\n".join(data.decode("utf-8", "replace") for path, data in files.items() if path not in REPORTS and "schema" not in path)
    assert cases.SNOMED in files["labels.json"].decode()
    look = SEEN.get((name, field))
    return look(files) if look is not None else re.search(SIGNS[field], text) is not None


def objects(files: dict[str, bytes]) -> list[pydicom.Dataset]:
    return [pydicom.dcmread(io.BytesIO(data)) for path, data in files.items() if path.endswith(".dcm")]


def graphics(files: dict[str, bytes]) -> list[list[float]]:
    """Return the graphic data of every item of every report."""
    found = [item for one in objects(files) for item in one.iterall() if item.keyword == "GraphicData"]
    return [list(map(float, item.value)) for item in found]


def pixel(files: dict[str, bytes], x: int, y: int) -> int:
    (data,) = (data for path, data in files.items() if cases.SLIDE.id in path)
    return int(tifffile.imread(io.BytesIO(data))[y, x])


SEEN: dict[tuple[str, Field], Callable[[dict[str, bytes]], bool]] = {
    ("mask-tiff", Field.HOLES): lambda files: (pixel(files, 100, 100), pixel(files, 60, 60)) == (0, 2),
    ("mask-tiff", Field.MASKS): lambda files: (pixel(files, 254, 241), pixel(files, 255, 241)) == (4, 0),
    ("dicom-sr", Field.POINTS): lambda files: [311.625, 270.375] in graphics(files),
    ("dicom-sr", Field.REVIEW): lambda files: {one.CompletionFlag for one in objects(files)} == {"COMPLETE"},
    ("dicom-ann", Field.POINTS): lambda files: b"\x00\x00\x00\x00\x00\x7a\x73\x40" in b"".join(files.values()),  # 311.625
    ("dicom-seg", Field.HOLES): lambda _: True,  # pixel by pixel in test_dicom
    ("dicom-seg", Field.MASKS): lambda _: True,
}
"""Where a field is written in another way than its sign."""
PARTLY_ON: dict[tuple[str, Field], dict[str, Any]] = {
    ("coco", Field.MASKS): {"slide": rows.image()},
    ("label-studio", Field.MASKS): {"slide": rows.image()},
    ("mask-png", Field.HOLES): {"slide": rows.image()},
    ("mask-png", Field.MASKS): {"slide": rows.image()},
    ("cvat", Field.TRACKS): {"box": cases.HOLED, "moved": cases.HOLED},
}
"""Changes of the case with which a format loses what it holds otherwise."""


@pytest.mark.parametrize("field", Field)
@pytest.mark.parametrize("name", EXPORTERS)
def test_the_table_is_true(name: str, field: Field) -> None:
    held = EXPORTERS[name].holds[field]
    if held == Held.YES:
        assert cases.archive(name, chosen_case(name, field), required=[field])
        assert found(name, field)
        return
    changed = PARTLY_ON.get((name, field))
    chosen = chosen_case(name, field) if changed is None else [cases.full_case(**changed)]
    with pytest.raises(ExportWouldLoseError) as caught:
        cases.archive(name, chosen, required=[field])
    assert (caught.value.field, caught.value.format) == (field, name)
    assert bool(caught.value.identity) == (held == Held.PARTLY)
    if held == Held.NO:
        assert not found(name, field)
        assert f"no_{field}" in {one["code"] for one in json.loads(cases.archive(name)["losses.json"])["always"]}


@pytest.mark.parametrize("name", EXPORTERS)
def test_a_case_without_the_field_may_go_out(name: str) -> None:
    partly = [field for field, held in EXPORTERS[name].holds.items() if held == Held.PARTLY]
    flat = cases.SLIDE
    if name.startswith("dicom"):
        flat = next(image for image in cases.dicom_case(name).images if image.frame_count == 1)
    by = rows.read(flat)
    plain = rows.mark("plain", by, "region", rows.outline([[x / 4, y / 4] for x, y in cases.OUTER]), ("tumour",))
    case = cases.CaseFacts("subject-" + "5f" * 16, rows.subject(), rows.NOW, (flat,), (by,), [plain])
    assert cases.archive(name, [case], required=partly)


def test_every_field_has_a_format_that_holds_it() -> None:
    assert formats_that_hold(frozenset(Field))[:2] == ["document"]


def test_the_card_offers_every_format_once() -> None:
    offered = [name for _, formats in EXPORT_FORMATS for name, _, _ in formats]
    assert sorted(offered) == sorted(EXPORTERS)
    assert all(len(name) <= 16 for name in offered)


def test_the_page_is_up_to_date() -> None:
    assert generate(TARGET.read_text("utf-8")) == TARGET.read_text("utf-8"), "write it: .venv/bin/python -m scripts.interchange_doc"
