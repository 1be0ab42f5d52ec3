"""W3C Web Annotations on IIIF canvases: one manifest (Presentation 3.0) an image, a canvas for each frame."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Final
from urllib.parse import quote

from annotation.exporters.base import Entry, ExportSession, LossReport
from annotation.exporters.details import member_of
from annotation.exporters.fields import Field, Held
from annotation.exporters.frames import OnFrame, frames_of
from annotation.exporters.markup import element, number
from annotation.exporters.per_frame import FrameSpools
from annotation.exporters.pieces import Piece, entry_of
from annotation.exporters.streams import by_image
from annotation.schema.canonical import canonical_json
from annotation.schema.facts import CampaignFacts, CaseFacts, ImageFacts
from annotation.schema.instants import instant
from annotation.schema.labels import Coding
from annotation.schema.mask_outlines import outlines_of_mask
from annotation.schema.masks import FrameShape, Mask
from annotation.schema.spool import Spool
from annotation.schema.tracks import Track

__all__ = ["WebAnnotationExporter"]

BASE: Final = "https://mitate.invalid/iiif"
"""IIIF wants http addresses; a host that can never exist (RFC 6761) sends nobody anywhere."""
CONTEXT: Final = "http://iiif.io/api/presentation/3/context.json"
SVG: Final = "http://www.w3.org/2000/svg"


class WebAnnotationExporter:
    """Outlines with their holes as SVG paths, labels as words and as codes, everything else in a member `mitate`."""

    name: ClassVar[str] = "web-annotation"
    media_type: ClassVar[str] = "application/ld+json"
    holds: ClassVar[Mapping[Field, Held]] = dict.fromkeys(Field, Held.YES) | {
        Field.REPORTS: Held.NO,
        Field.FINDINGS: Held.NO,
        Field.CELLS: Held.NO,
    }

    def begin(self, campaign: CampaignFacts, required: frozenset[Field] = frozenset()) -> ExportSession:
        """Start a run."""
        return _Session(campaign, required)


class _Session:
    def __init__(self, campaign: CampaignFacts, required: frozenset[Field]) -> None:
        self._campaign = campaign
        self.losses = LossReport(WebAnnotationExporter.name, WebAnnotationExporter.holds, required)
        text = "Masks are drawn as outlines, tracks frame by frame, points as dots; as they are they stand in the member mitate."
        self.losses.note("extension", text)
        self.losses.note(
            "addresses", f"Canvases have addresses below {BASE}, which lead nowhere, and no picture: join them by image id or digest."
        )

    def entries(self, cases: Iterable[CaseFacts]) -> Iterator[Entry]:
        for case in cases:
            for image, rows in by_image(case):
                spools = FrameSpools()
                try:
                    for row in rows:
                        for place, mark in enumerate(frames_of(row, image)):
                            spool = spools.of(None if image.frame_count == 1 else mark.row.frame)
                            annotation = self._annotation(mark, image, first=place == 0)
                            spool.write((b"," if spool.size else b"") + canonical_json(annotation))
                    yield entry_of(f"manifests/{case.name}/{image.id}.json", self._manifest(case, image, dict(spools.in_order())))
                finally:
                    spools.close()

    def _manifest(self, case: CaseFacts, image: ImageFacts, pages: dict[int | None, Spool]) -> list[Piece]:
        address = f"{BASE}/{image.id}"
        head = {
            "@context": CONTEXT,
            "id": f"{address}/manifest.json",
            "type": "Manifest",
            "label": {"none": [image.id]},
            "metadata": [_said("Case", case.name), _said("SHA-256", image.digest), _said("Modality", image.modality)],
        }
        pieces: list[Piece] = [canonical_json(head)[:-1]]
        if image.frame_count > 1 and None in pages:
            pieces += [b',"annotations":[', *_page(f"{address}/annotations", pages[None]), b"]"]
        pieces.append(b',"items":[')
        for frame in range(image.frame_count):
            canvas = {
                "height": image.height_px,
                "id": _canvas(image, frame),
                "label": {"none": [str(frame)]},
                "type": "Canvas",
                "width": image.width_px,
            }
            pieces.append((b"," if frame else b"") + canonical_json(canvas)[:-1])
            page = pages.get(None if image.frame_count == 1 else frame)
            if page is not None:
                pieces += [b',"annotations":[', *_page(f"{_canvas(image, frame)}/annotations", page), b"]"]
            pieces.append(b"}")
        return [*pieces, b"]}"]

    def _annotation(self, mark: OnFrame, image: ImageFacts, *, first: bool) -> dict[str, Any]:
        row = mark.row
        said: dict[str, Any] = {"annotation": row.id, "labels": list(row.labels)}
        if mark.keyframe is not None:
            said["keyframe"] = mark.keyframe
        if first:
            member = member_of(row, self._campaign) | said
            if row.granularity != "point" and not isinstance(row.shape, Mask | Track):
                member.pop("geometry", None)  # the selector says it
            said = member
        return {
            "id": f"urn:uuid:{mark.id}",
            "type": "Annotation",
            "motivation": ["classifying"],
            "created": instant(row.created_at),
            "modified": instant(row.updated_at),
            "creator": {"id": f"urn:mitate:agent:{row.read.reader}", "type": "Person"},
            "body": self._bodies(mark),
            "target": _target(mark, image),
            "mitate": said,
        }

    def _bodies(self, mark: OnFrame) -> list[dict[str, Any]]:
        bodies: list[dict[str, Any]] = []
        for label in (self._campaign.labels[code] for code in mark.row.labels):
            for language, word in sorted(label.display.items()):
                bodies.append(
                    {"type": "TextualBody", "purpose": "classifying", "value": word, "language": language, "format": "text/plain"}
                )
            bodies += [{"type": "SpecificResource", "purpose": "classifying", "source": _uri(coding)} for coding in label.codings]
        if mark.row.text:
            bodies.append({"type": "TextualBody", "purpose": "commenting", "value": mark.row.text, "format": "text/plain"})
        return bodies


def _page(address: str, spool: Spool) -> list[Piece]:
    return [canonical_json({"id": address, "type": "AnnotationPage"})[:-1] + b',"items":[', spool, b"]}"]


def _canvas(image: ImageFacts, frame: int) -> str:
    return f"{BASE}/{image.id}/canvas/{frame}"


def _target(mark: OnFrame, image: ImageFacts) -> Any:
    """Return what the mark is about: the whole image, a frame (from 0), or a part of one; level-0 px."""
    if image.frame_count > 1 and mark.row.frame is None:
        return f"{BASE}/{image.id}/manifest.json"
    canvas = _canvas(image, mark.row.frame or 0)
    if mark.shape is None:
        return canvas
    return {"type": "SpecificResource", "source": {"id": canvas, "type": "Canvas"}, "selector": _selector(mark.shape)}


def _selector(shape: FrameShape) -> dict[str, Any]:
    x_min, y_min, x_max, y_max = shape.bounds
    if shape.kind == "Point":
        # W3C selectors know no point: a dot of one pixel's width
        return _svg("circle", {"cx": x_min, "cy": y_min, "r": 0.5})
    if shape.kind == "Rectangle":
        sides = ",".join(map(number, (x_min, y_min, x_max - x_min, y_max - y_min)))
        return {"type": "FragmentSelector", "conformsTo": "http://www.w3.org/TR/media-frags/", "value": f"xywh={sides}"}
    polygons = outlines_of_mask(shape) if isinstance(shape, Mask) else shape.polygons
    path = "".join(_path(ring) for rings in polygons for ring in rings)
    return _svg("path", {"fill-rule": "evenodd", "d": path})


def _svg(name: str, attributes: dict[str, object]) -> dict[str, Any]:
    return {"type": "SvgSelector", "value": element("svg", {"xmlns": SVG}, element(name, attributes))}


def _path(ring: list[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{number(x)} {number(y)}" for x, y in ring[:-1]) + "Z"


def _said(label: str, value: str) -> dict[str, Any]:
    return {"label": {"en": [label]}, "value": {"none": [value]}}


def _uri(coding: Coding) -> str:
    """Return a code as one address; SNOMED CT has its own way (URI Standard 2.2), others are put below their system."""
    if coding.system == "http://snomed.info/sct":
        return f"http://snomed.info/id/{quote(coding.code, safe='')}"
    return f"{coding.system}{'/' if coding.system.startswith('http') else ':'}{quote(coding.code, safe='')}"
