"""HistomicsUI and large_image: one annotation an image, everything that its schema has no place for under `user.mitate`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

from annotation.exporters.base import Entry, ExportSession, LossReport
from annotation.exporters.details import colour_of, member_of, names_of_labels
from annotation.exporters.fields import Field, Held
from annotation.exporters.frames import OnFrame, frames_of
from annotation.exporters.pieces import Piece, entry_of
from annotation.exporters.streams import by_image
from annotation.schema.canonical import canonical_json
from annotation.schema.facts import AnnotationFacts, CampaignFacts, CaseFacts, ImageFacts
from annotation.schema.mask_outlines import outlines_of_mask
from annotation.schema.masks import FrameShape, Mask
from annotation.schema.spool import Spool
from annotation.schema.tracks import Track

__all__ = ["HistomicsUiExporter"]


class HistomicsUiExporter:
    """Elements with holes; a mark's first element says everything that the document says of it."""

    name: ClassVar[str] = "histomicsui"
    media_type: ClassVar[str] = "application/json"
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
        self._names = names_of_labels(campaign)
        self.losses = LossReport(HistomicsUiExporter.name, HistomicsUiExporter.holds, required)
        text = "Masks are drawn as their outlines, tracks as an element for each frame; both as they are stand under user.mitate."
        self.losses.note("drawn_otherwise", text)
        self.losses.note("governance", "Reads without a mark and governance have no place here.")

    def entries(self, cases: Iterable[CaseFacts]) -> Iterator[Entry]:
        for case in cases:
            for image, rows in by_image(case):
                with Spool() as diagnoses, Spool() as elements:
                    for row in rows:
                        self._write(row, image, diagnoses, elements)
                    head = {
                        "case": case.name,
                        "digest": image.digest,
                        "height": image.height_px,
                        "image": image.id,
                        "width": image.width_px,
                    }
                    description = self._campaign.title.get("en") or self._campaign.code
                    parts: list[Piece] = [
                        b'{"attributes":{"mitate":' + canonical_json(head)[:-1] + b',"diagnoses":[',
                        diagnoses,
                        b']}},"description":' + canonical_json(description) + b',"elements":[',
                        elements,
                        b'],"name":' + canonical_json(image.id) + b"}",
                    ]
                    yield entry_of(f"annotations/{case.name}/{image.id}.json", parts)

    def _write(self, row: AnnotationFacts, image: ImageFacts, diagnoses: Spool, elements: Spool) -> None:
        member = member_of(row, self._campaign)
        member["labels"] = list(row.labels)
        if row.shape is None:
            diagnoses.write((b"," if diagnoses.size else b"") + canonical_json(member))
            return
        if not isinstance(row.shape, Mask | Track):
            del member["geometry"]
        for number, element in enumerate(self._elements(row, image)):
            user = {"mitate": {"annotation": row.id, "part": number, **element.pop("user")}}
            user["mitate"] |= member if number == 0 else {}
            elements.write((b"," if elements.size else b"") + canonical_json(element | {"user": user}))

    def _elements(self, row: AnnotationFacts, image: ImageFacts) -> Iterator[dict[str, Any]]:
        code = row.labels[0] if row.labels else ""
        colour = colour_of(code, self._campaign)
        red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
        look = {
            "lineColor": f"rgb({red},{green},{blue})",
            "lineWidth": 2,
            "label": {"value": self._names[code]},
            "group": self._names[code],
        }
        for mark in frames_of(row, image):
            if mark.shape is None:
                continue
            for element in _drawn(mark.shape, f"rgba({red},{green},{blue},0.15)"):
                yield {**look, **element, "user": _place(mark)}


def _place(mark: OnFrame) -> dict[str, Any]:
    """Return the frame (from 0) of an element, and whether a person drew it there; nothing for an image without frames."""
    if mark.row.frame is None:
        return {}
    return {"frame": mark.row.frame} if mark.keyframe is None else {"frame": mark.row.frame, "keyframe": mark.keyframe}


def _drawn(shape: FrameShape, fill: str) -> Iterator[dict[str, Any]]:
    """Yield the elements of a shape; positions are x, y, 0 in level-0 px."""
    x_min, y_min, x_max, y_max = shape.bounds
    if shape.kind == "Point":
        yield {"type": "point", "center": [x_min, y_min, 0]}
        return
    if shape.kind == "Rectangle":
        centre = [(x_min + x_max) / 2, (y_min + y_max) / 2, 0]
        yield {"type": "rectangle", "center": centre, "width": x_max - x_min, "height": y_max - y_min, "rotation": 0, "fillColor": fill}
        return
    for rings in outlines_of_mask(shape) if isinstance(shape, Mask) else shape.polygons:
        outline, *holes = ([[x, y, 0] for x, y in ring[:-1]] for ring in rings)
        yield {"type": "polyline", "closed": True, "points": outline, "fillColor": fill, **({"holes": holes} if holes else {})}
