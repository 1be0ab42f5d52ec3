"""Facts for tests of the document and the exports, made without a database."""

import hashlib
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from annotation.schema.facts import (
    AnnotationFacts,
    CampaignFacts,
    CaseFacts,
    ConfirmationFacts,
    DecisionFacts,
    FormFacts,
    ImageFacts,
    ModelFacts,
    ReadFacts,
    ReportDiagnosisFacts,
    ReportFacts,
    SubjectFacts,
    SuggestionFacts,
    TermFacts,
)
from annotation.schema.labels import Coding, LabelValue
from annotation.schema.shapes import Shape, parse_geometry
from annotation.schema.tracks import AnyShape

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
RING = [[20500.0, 20100.5], [22100.0, 20300.0], [22300.5, 21800.0], [20900.0, 22050.0], [20500.0, 20100.5]]
HOLE = [[21000, 20800], [21300, 20800], [21300, 21100], [21000, 21100], [21000, 20800]]
MODEL = ModelFacts("model-0011223344556677", "nuclei", "1.0.0")
FORM = FormFacts("biopsy", "1.0", {"type": "object", "properties": {"group": {"enum": ["1", "5"]}}, "additionalProperties": False})


def identity(*parts: object) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, "/".join(map(str, parts))))


def label(code: str, role: str, ja: str, en: str, colour: str = "#cc3311") -> LabelValue:
    coding = Coding("urn:mitate:label-set:test", code, "1.0", {"ja": ja, "en": en})
    return LabelValue(role, code, {"ja": ja, "en": en}, (coding,), colour)


def campaign(**changes: Any) -> CampaignFacts:
    labels = (
        label("abnormal", "normality", "異常", "abnormal"),
        label("tumour", "tissue", "腫瘍", "tumour: all kinds"),
        label("cell", "cell-type", "腫瘍細胞", "tumour cell", "#0077bb"),
        label("mass", "finding", "腫瘤", "mass"),
        label("cancer", "diagnosis", "癌", "cancer"),
    )
    values: dict[str, Any] = {
        "id": identity("campaign"),
        "code": "gastric-biopsy",
        "society": "JSP",
        "society_other": "",
        "title": {"ja": "胃生検", "en": "Gastric biopsy"},
        "protocol_version": "1.0",
        "required_granularity": "cell",
        "labels": {value.code: value for value in labels},
        "form": FORM,
        "governance": {"consent": {"mode": "opt-out", "withdrawn": False}},
    }
    return CampaignFacts(**(values | changes))


def image(name: str = "slide", **changes: Any) -> ImageFacts:
    values: dict[str, Any] = {
        "id": identity("image", name),
        "kind": "slide",
        "modality": "SM",
        "digest": "ab" * 32,
        "width_px": 98304,
        "height_px": 76800,
        "levels": ((98304, 76800, 1.0), (24576, 19200, 4.0)),
        "spacing_um": (0.2524, 0.2524),
        "spacing_source": "mpp",
        "acquisition": {"manufacturer": "example scanner", "stain": "HE", "KVP": 120.5},
    }
    return ImageFacts(**(values | changes))


def read(of: ImageFacts, reader: str = "person-aaaaaaaaaaaaaaaa", **changes: Any) -> ReadFacts:
    values: dict[str, Any] = {
        "id": identity("read", of.id, reader),
        "image_id": of.id,
        "reader": reader,
        "state": "submitted",
        "sequence": 7,
        "opened_at": NOW,
        "submitted_at": NOW + timedelta(hours=1),
        "active_seconds": 61.5,
    }
    return ReadFacts(**(values | changes))


def shape(value: dict[str, Any]) -> Shape:
    return parse_geometry(value)


def outline(*rings: list[list[float]]) -> Shape:
    return shape({"type": "Polygon", "coordinates": [*rings]})


def box(x: float, y: float, width: float, height: float) -> Shape:
    return shape({"type": "Rectangle", "bbox": [x, y, width, height]})


def suggestion(name: str = "s", **changes: Any) -> SuggestionFacts:
    values: dict[str, Any] = {
        "id": identity("suggestion", name),
        "run_id": identity("run"),
        "model": MODEL,
        "score": 0.83,
        "uncertainty": 0.41,
        "strategy": "entropy",
        "shape": outline(RING),
        "labels": ("tumour",),
        "verdict": "edit",
        "decided_by": "person-aaaaaaaaaaaaaaaa",
        "decided_at": NOW + timedelta(minutes=30),
        "shown_at": NOW + timedelta(minutes=20),
    }
    return SuggestionFacts(**(values | changes))


def mark(
    name: object, of: ReadFacts, granularity: str, geometry: AnyShape | None, labels: tuple[str, ...], **changes: Any
) -> AnnotationFacts:
    values: dict[str, Any] = {
        "id": identity("annotation", name),
        "revision": 2,
        "image_id": of.image_id,
        "read": of,
        "granularity": granularity,
        "shape": geometry,
        "labels": labels,
        "created_at": NOW + timedelta(minutes=5),
        "updated_at": NOW + timedelta(minutes=6),
        "active_seconds": 12.25,
    }
    return AnnotationFacts(**(values | changes))


def confirmation(method: str, status: str, **changes: Any) -> ConfirmationFacts:
    values: dict[str, Any] = {
        "at": NOW + timedelta(days=12),
        "by": "person-bbbbbbbbbbbbbbbb",
        "awaited": method,
        "method": method,
        "status": status,
        "known_on": date(2026, 12, 1) if status != "pending" else None,
        "due_on": date(2027, 1, 15) if status == "pending" else None,
        "labels_before": ("tumour",),
        "basis_before": ({"method": method, "status": "pending"},),
    }
    return ConfirmationFacts(**(values | changes))


def report(image_id: str, by: ReadFacts, text: str = "右下葉に結節\U00020b9fを認める。胸水なし。") -> ReportFacts:
    """A report with a term, a negated one, and a diagnosis by a code that the label set lacks."""
    code = Coding("http://hl7.org/fhir/sid/icd-10", "C34.3", display={"und": "右下葉肺癌"})
    return ReportFacts(
        id=identity("report"),
        kind="radiology",
        issued_on="2026-11-20",
        text=text,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        image_ids=(image_id,),
        terms=(
            TermFacts(4, 6, ("mass",), None, "positive", by.reader, NOW, by.id),
            TermFacts(12, 14, (), code, "negated", by.reader, NOW, by.id),
        ),
        diagnoses=(ReportDiagnosisFacts(("cancer",), code, ({"method": "CT", "status": "pending"},), by.reader, NOW, (), by.id),),
    )


def subject() -> SubjectFacts:
    return SubjectFacts("society-hmac-sha256", "5f" * 32, "M", 93, "campaign:test")


def rich_case() -> CaseFacts:
    """A slide and an echo loop of one subject with every granularity, a decided and a rejected suggestion."""
    slide = image()
    loop = image(
        "echo", kind="frames", modality="US", width_px=1024, height_px=768, levels=(), frame_count=90, frame_time_ms=33.3, digest="cd" * 32
    )
    unread = image("unread", was_read=False, digest="ef" * 32)
    first, second, echo = read(slide), read(slide, "person-bbbbbbbbbbbbbbbb"), read(loop, sequence=3)
    rejected = suggestion("r", verdict="", decided_by="", decided_at=None, shown_at=None)
    marks = [
        mark("presence", first, "presence", None, ("abnormal",)),
        mark(
            "diagnosis",
            first,
            "diagnosis",
            None,
            ("cancer",),
            form_data={"group": "5"},
            certainty="definite",
            basis=({"method": "histopathology-biopsy", "status": "confirmed"},),
        ),
        mark("region", first, "region", outline(RING, HOLE), ("tumour",), text="中分化型管状腺癌", suggestion=suggestion()),
        mark("region2", second, "region", outline([[x + 40.125, y] for x, y in RING]), ("tumour", "mass")),
        mark("cell", second, "cell", outline([[21500, 20700], [21520, 20698], [21525, 20715], [21502, 20718], [21500, 20700]]), ("cell",)),
        mark("bare", second, "box", box(10, 10, 5, 5), ()),
        mark("point", echo, "point", shape({"type": "Point", "coordinates": [544, 362.5]}), ("mass",), frame=3),
        mark("box", echo, "box", box(489, 312.5, 110, 100), ("mass",), frame=3),
        mark("box89", echo, "box", box(1, 1, 10, 10), ("mass",), frame=89),
    ]
    decisions = [
        DecisionFacts(
            rejected,
            slide.id,
            None,
            "region",
            first.id,
            "reject",
            first.reader,
            NOW + timedelta(minutes=22),
            NOW + timedelta(minutes=20),
            "artefact",
        ),
        DecisionFacts(
            suggestion(),
            slide.id,
            None,
            "region",
            first.id,
            "edit",
            first.reader,
            NOW + timedelta(minutes=30),
            annotation_id=identity("annotation", "region"),
            kept=True,
        ),
    ]
    return CaseFacts(
        name="subject-" + "5f" * 16,
        subject=subject(),
        registered_at=NOW - timedelta(days=1),
        images=tuple(sorted((slide, loop, unread), key=lambda row: row.id)),
        reads=(first, second, echo),
        annotations=sorted(marks, key=lambda row: (row.image_id, row.id)),
        decisions=decisions,
    )


CELL = outline([[100, 100], [108, 100.5], [116, 102], [120, 110], [115, 119], [108.25, 120], [101, 112.125], [100, 100]])


def many_cells(count: int, cases: int) -> Iterator[CaseFacts]:
    """`cases` cases with together `count` cell outlines, made while they are read."""
    for number in range(cases):
        slide = image(f"many-{number}", acquisition={})
        by = read(slide)

        def cells(number: int = number, by: ReadFacts = by) -> Iterator[AnnotationFacts]:
            for index in range(count // cases):
                yield mark(index, by, "cell", CELL, ("cell",), id=str(uuid.UUID(f"{number:04x}{index:028x}")))

        name = f"subject-{number:032x}"
        yield CaseFacts(name, subject(), NOW, (slide,), (by,), cells())
