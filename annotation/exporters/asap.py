"""ASAP XML: one file for each picture, every group declared, as ASAP otherwise throws the whole file away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar

from annotation.exporters.base import Entry, ExportSession, LossReport
from annotation.exporters.details import colour_of, names_of_labels
from annotation.exporters.fields import Field, Held
from annotation.exporters.frames import OnFrame
from annotation.exporters.markup import DECLARATION, element
from annotation.exporters.outlines import solid_rings
from annotation.exporters.per_frame import around, marks_by_picture, picture_name
from annotation.exporters.streams import by_image
from annotation.schema.facts import CampaignFacts, CaseFacts
from annotation.schema.spool import Spool

__all__ = ["AsapExporter"]


class AsapExporter:
    """Outlines, boxes and dots in groups by their primary label."""

    name: ClassVar[str] = "asap"
    media_type: ClassVar[str] = "application/xml"
    holds: ClassVar[Mapping[Field, Held]] = dict.fromkeys(Field, Held.NO) | {
        Field.HOLES: Held.PARTLY,
        Field.POINTS: Held.YES,
        Field.TRACKS: Held.PARTLY,
        Field.MASKS: Held.PARTLY,
        Field.CODES: Held.PARTLY,
    }

    def begin(self, campaign: CampaignFacts, required: frozenset[Field] = frozenset()) -> ExportSession:
        """Start a run."""
        return _Session(campaign, required)


class _Session:
    def __init__(self, campaign: CampaignFacts, required: frozenset[Field]) -> None:
        self._campaign = campaign
        self._names = names_of_labels(campaign)
        self.losses = LossReport(AsapExporter.name, AsapExporter.holds, required)
        self.losses.note("names", "ASAP keeps nothing of a mark but its name, which is its id (and the number of a part), and its group.")

    def entries(self, cases: Iterable[CaseFacts]) -> Iterator[Entry]:
        groups = [
            element("Group", {"Name": name, "PartOfGroup": "None", "Color": colour_of(code, self._campaign)}, element("Attributes"))
            for code, name in self._names.items()
        ]
        tail = "</Annotations>" + element("AnnotationGroups", {}, *groups) + "</ASAP_Annotations>\n"
        for case in cases:
            for image, rows in by_image(case):
                with marks_by_picture(rows, image, self.losses) as (pictures, marks):
                    for mark, spool in marks:
                        self._write(mark, spool)
                    for frame, spool in pictures.in_order():
                        name = f"annotations/{case.name}/{picture_name(image, frame)}.xml"
                        yield Entry(name, *around(DECLARATION + "<ASAP_Annotations><Annotations>\n", spool, tail))

    def _write(self, mark: OnFrame, spool: Spool) -> None:
        shape, row = mark.shape, mark.row
        if shape is None:
            text = "Diagnoses of a whole image or frame have no shape and are left out."
            self.losses.add("without_shape", text, row.id, Field.DIAGNOSES)
            return
        if len(row.labels) > 1:
            text = "A mark is in one group, that of its primary label; its other labels are left out."
            self.losses.add("other_labels", text, row.id, Field.CODES)
        kind = {"Point": "Dot", "Rectangle": "Rectangle"}.get(shape.kind, "Polygon")
        rings = [[shape.centre]] if shape.kind == "Point" else [ring[:-1] for ring in solid_rings(shape, self.losses, row.id)]
        code = row.labels[0] if row.labels else ""
        for number, ring in enumerate(rings):
            head = {
                "Name": row.id if len(rings) == 1 else f"{row.id} {number + 1}/{len(rings)}",
                "Type": kind,
                "PartOfGroup": self._names[code],
                "Color": colour_of(code, self._campaign),
            }
            positions = [element("Coordinate", {"Order": order, "X": float(x), "Y": float(y)}) for order, (x, y) in enumerate(ring)]
            spool.write(element("Annotation", head, element("Coordinates", {}, *positions)).encode() + b"\n")
