"""A small case that has everything an export may hold, and ways to look into archives."""

import dataclasses
import io
import json
import math
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any, Final

import numpy as np

from annotation.exporters.fields import Field
from annotation.exporters.package import Package
from annotation.exporters.registry import EXPORTERS
from annotation.schema.facts import CaseFacts, CellGroupFacts, CellPiece, CitationFacts, DicomFacts, ImageFacts, ModelFacts
from annotation.schema.labels import Coding, LabelValue
from annotation.schema.tracks import parse_track
from tests.annotation.document import rows
from tests.annotation.masks.pictures import mask_of_picture

OUTER = [[20.0, 20.5], [220.0, 30.0], [230.5, 218.0], [29.0, 225.125], [20.0, 20.5]]
HOLE = [[83.375, 87.625], [130.0, 80.0], [130.0, 121.0], [80.0, 121.0], [83.375, 87.625]]
SECOND = [[300.0, 20.0], [350.0, 20.0], [350.0, 60.0], [300.0, 60.0], [300.0, 20.0]]
MASK = mask_of_picture(["####", "#..#", "#.##", "###."], 254, 240)
BOX = {"type": "Rectangle", "bbox": [10, 10, 20, 20]}
MOVED = {"type": "Rectangle", "bbox": [30, 10, 20, 20]}
TEXT = '中分化型管状腺癌 <moderate> & "quoted"'
EXAM_TEXT = "進展範囲は胃体部まで"
FORMULA = '=HYPERLINK("http://x.example")'
SNOMED = "108369006"
SECOND_LABEL = "second-77"
FORM = rows.FORM.__class__("form-77", "1.0", rows.FORM.schema)
EFFORT = 12.25


def campaign() -> Any:
    """The campaign of the tests of documents, with a label that has a code of a terminology."""
    base = rows.campaign()
    tumour = base.labels["tumour"]
    more = (*tumour.codings, Coding("http://snomed.info/sct", SNOMED, "", {"en": "Neoplasm"}, "exact"))
    changed = LabelValue(tumour.role, tumour.code, tumour.display, more, tumour.colour)
    second = rows.label(SECOND_LABEL, "grade", "高分化", "well differentiated", "#ddaa33")
    return rows.campaign(labels={**base.labels, "tumour": changed, SECOND_LABEL: second}, form=FORM)


def make_stack(**changes: Any) -> ImageFacts:
    values = {"kind": "frames", "modality": "US", "width_px": 120, "height_px": 90, "levels": (), "frame_count": 8, "digest": "cd" * 32}
    return rows.image("stack", **(values | {"frame_time_ms": 33.3} | changes))


SLIDE = rows.image(width_px=400, height_px=300, levels=((400, 300, 1.0),))
STACK = make_stack()
HOLED = {"type": "Polygon", "coordinates": [[[5, 5], [45, 5], [45, 45], [5, 45], [5, 5]], [[10, 10], [20, 10], [20, 20], [10, 10]]]}
"""An outline with a hole that lies on the stack."""


def dicom(modality_class: str, frames: int) -> DicomFacts:
    return DicomFacts("2.25.1001", "2.25.1002", ((modality_class, "2.25.1003", frames),))


def full_case(slide: ImageFacts = SLIDE, stack: ImageFacts = STACK, box: dict[str, Any] = BOX, moved: dict[str, Any] = MOVED) -> CaseFacts:
    """Every kind of shape, every kind of thing that is said of a mark; `box` and `moved` are the two keyframes of the track."""
    flat, loop = slide, stack
    by, second, echo = rows.read(flat), rows.read(flat, "person-bbbbbbbbbbbbbbbb"), rows.read(loop, sequence=3)
    keyframes = [
        {"frame": 1, "outside": False, "geometry": box},
        {"frame": 4, "outside": False, "geometry": moved},
        {"frame": 6, "outside": True},
    ]
    track = parse_track({"type": "Track", "interpolation": "linear", "keyframes": keyframes})
    two = rows.shape({"type": "MultiPolygon", "coordinates": [[SECOND], [[[x, y + 100] for x, y in SECOND]]]})
    marks = [
        rows.mark(
            "diagnosis",
            by,
            "diagnosis",
            None,
            ("cancer",),
            form_data={"group": "5"},
            certainty="definite",
            basis=({"method": "histopathology-biopsy", "status": "confirmed"},),
            confirmations=(rows.confirmation("histopathology-biopsy", "confirmed", note="生検で確定"),),
            text="所見: 癌",
        ),
        rows.mark(
            "region",
            by,
            "region",
            rows.outline(OUTER, HOLE),
            ("tumour", SECOND_LABEL),
            text=TEXT,
            suggestion=rows.suggestion(shape=rows.outline(OUTER)),
            form_data={"group": "1"},
            certainty="probable",
            basis=({"method": "cytology", "status": "pending"},),
            confirmations=(rows.confirmation("cytology", "pending"),),
        ),
        rows.mark("two", second, "region", two, ("tumour",), text=FORMULA),
        rows.mark("mask", second, "region", MASK, ("mass",)),
        rows.mark("spot", second, "point", rows.shape({"type": "Point", "coordinates": [311.625, 270.375]}), ("cell",)),
        rows.mark("bare", second, "box", rows.box(370, 270, 20, 25), ()),
        rows.mark("box", echo, "box", rows.box(50, 40, 30.5, 20), ("mass",), frame=3, frame_s=0.1),
        rows.mark("track", echo, "box" if box is BOX else "region", track, ("mass",), frame=1, last_frame=5),
        rows.mark("of-frame", echo, "diagnosis", None, ("cancer",), frame=5),
    ]
    marks.sort(key=lambda row: (row.image_id, row.id))
    ordered = tuple(sorted((flat, loop), key=lambda image: image.id))
    reports = (rows.report(flat.id, second),)
    cites = (CitationFacts(flat.id, annotation_id=identity("two")), CitationFacts(loop.id, 3))
    findings = (rows.mark("of-exam", echo, "diagnosis", None, ("cancer",), cites=cites, text=EXAM_TEXT),)
    reads = (by, second, echo)
    return CaseFacts("subject-" + "5f" * 16, rows.subject(), rows.NOW, ordered, reads, marks, reports=reports, findings=findings)


WHOLE_SLIDE = "1.2.840.10008.5.1.4.1.1.77.1.6"
ULTRASOUND = "1.2.840.10008.5.1.4.1.1.3.1"
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"


def dicom_case(name: str) -> CaseFacts:
    """The case on images that a DICOM format knows: slides or frames, or both."""
    flat = SECONDARY_CAPTURE if name == "dicom-seg" else WHOLE_SLIDE
    known = rows.image(width_px=400, height_px=300, levels=((400, 300, 1.0),), dicom=dicom(flat, 4 if flat == WHOLE_SLIDE else 1))
    loop = make_stack(dicom=dataclasses.replace(dicom(ULTRASOUND, 8), instances=((ULTRASOUND, "2.25.1004", 8),)))
    case = full_case(slide=known, stack=loop)
    if name != "dicom-ann":
        return case
    marks = [row for row in case.annotations if row.image_id == known.id]
    reads = tuple(read for read in case.reads if read.image_id == known.id)
    return dataclasses.replace(case, images=(known,), reads=reads, annotations=marks)


CELLS: Final = 60
"""Cells of a group: three squares of twenty, the fifth of each rejected."""
CELL_MODEL: Final = ModelFacts("model-0123456789abcdef", "StarDist-77", "2")


def cell_pieces(left_px: float) -> Iterator[CellPiece]:
    for square in range(3):
        counts = np.array([8 + number % 5 for number in range(20)])
        rings = [
            [
                [left_px + 12 * number + 4 * math.cos(2 * math.pi * k / n), 20 + 60 * square + 5 * math.sin(2 * math.pi * k / n)]
                for k in range(n)
            ]
            for number, n in enumerate(counts.tolist())
        ]
        vertices = np.round(np.concatenate([np.array(ring) for ring in rings]) * 8) / 8
        dispositions = np.array([(0, 1, 2, 0, 3)[number % 5] for number in range(20)], np.uint8)
        numbers = np.arange(20 * square, 20 * square + 20)
        yield CellPiece(numbers, np.concatenate(([0], np.cumsum(counts))), vertices, np.round(numbers / 77, 4), dispositions)


def cell_column(left_px: float, name: str) -> Iterator[bytes]:
    vertices = 0
    for piece in cell_pieces(left_px):
        values = {
            "coordinates": piece.vertices.astype("<f4"),
            "offsets": (piece.starts[:-1] + vertices).astype("<u4"),
            "score": piece.scores.astype("<f4"),
            "disposition": piece.dispositions,
            "number": piece.numbers.astype("<u4"),
        }
        vertices += len(piece.vertices)
        yield values[name].tobytes()


def with_cells(case: CaseFacts) -> CaseFacts:
    """Return a case with two groups of cells on its first read's image: one of a label, one of a class of the file."""
    by = case.reads[0]
    groups = [
        CellGroupFacts(
            id=rows.identity("cells", name),
            image_id=by.image_id,
            read=by,
            label=label,
            name=name,
            model=CELL_MODEL,
            count=CELLS,
            created_at=rows.NOW,
            column=lambda column, left=left: cell_column(left, column),
            pieces=lambda left=left: cell_pieces(left),
        )
        for label, name, left in (("cell", "", 20.0), ("", "Macrophage", 24.5))
    ]
    return dataclasses.replace(case, cells=groups, proposed_cells=7)


def archive(name: str, cases: Iterable[CaseFacts] | None = None, required: Iterable[Field] = ()) -> dict[str, bytes]:
    """Return the files of an export by their names."""
    chosen = [dicom_case(name) if name.startswith("dicom") else full_case()] if cases is None else cases
    package = Package(EXPORTERS[name], campaign(), chosen, include_drafts=False, required=frozenset(required))
    zipped = zipfile.ZipFile(io.BytesIO(b"".join(package.stream())))
    assert zipped.testzip() is None
    return {info.filename: zipped.read(info) for info in zipped.infolist()}


def losses(files: dict[str, bytes]) -> dict[str, int]:
    """Return what the report counted."""
    return {loss["code"]: loss["count"] for loss in json.loads(files["losses.json"])["losses"]}


def identity(name: str) -> str:
    return rows.identity("annotation", name)
