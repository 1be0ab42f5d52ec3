"""Aperio ImageScope XML: one file for each picture, a layer for each label, holes as negative regions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from typing import ClassVar, Final

from annotation.exporters.base import Entry, ExportSession, LossReport
from annotation.exporters.details import DETAIL_NAMES, colour_of, details, names_of_labels
from annotation.exporters.fields import Field, Held
from annotation.exporters.frames import OnFrame, frame_by_frame
from annotation.exporters.markup import DECLARATION, element, opening
from annotation.exporters.outlines import rings_of
from annotation.exporters.per_frame import picture_name
from annotation.exporters.pieces import Piece, entry_of
from annotation.exporters.streams import by_image
from annotation.schema.facts import AnnotationFacts, CampaignFacts, CaseFacts, ImageFacts
from annotation.schema.spool import Spool

__all__ = ["ImageScopeExporter"]

FREEHAND: Final = 0
RECTANGLE: Final = 1
_HEADERS: Final = {name: number for number, name in enumerate(DETAIL_NAMES, 1)}
_Layers = dict[str, Spool]
"""Label code -> the regions of its layer."""


class ImageScopeExporter:
    """Outlines with their holes and boxes; what is said of a mark stands in the attributes of its region."""

    name: ClassVar[str] = "imagescope"
    media_type: ClassVar[str] = "application/xml"
    holds: ClassVar[Mapping[Field, Held]] = dict.fromkeys(Field, Held.YES) | {
        Field.REPORTS: Held.NO,
        Field.FINDINGS: Held.NO,
        Field.CELLS: Held.NO,
        Field.POINTS: Held.NO,
        Field.TRACKS: Held.PARTLY,
        Field.MASKS: Held.PARTLY,
        Field.DIAGNOSES: Held.NO,
    }

    def begin(self, campaign: CampaignFacts, required: frozenset[Field] = frozenset()) -> ExportSession:
        """Start a run."""
        return _Session(campaign, required)


class _Session:
    def __init__(self, campaign: CampaignFacts, required: frozenset[Field]) -> None:
        self._campaign = campaign
        self._names = names_of_labels(campaign)
        self._region_count = 0
        self.losses = LossReport(ImageScopeExporter.name, ImageScopeExporter.holds, required)
        self.losses.note("one_layer", "A region is in one layer, that of its primary label; all label codes are in its attributes.")
        self.losses.note("holes", "A hole is a negative region that follows the outline it belongs to and names it in its text.")

    def entries(self, cases: Iterable[CaseFacts]) -> Iterator[Entry]:
        for case in cases:
            for image, rows in by_image(case):
                yield from self._image(case, image, rows)

    def _image(self, case: CaseFacts, image: ImageFacts, rows: Iterable[AnnotationFacts]) -> Iterator[Entry]:
        self._region_count = 0
        with ExitStack() as stack:
            pictures: dict[int | None, _Layers] = {}
            for mark in frame_by_frame(rows, image, self.losses):
                layers = pictures.setdefault(mark.row.frame, {})
                code = mark.row.labels[0] if mark.row.labels else ""
                if code not in layers:
                    layers[code] = stack.enter_context(Spool())
                self._write(mark, layers[code])
            for frame in sorted(pictures or {None: {}}, key=lambda number: -1 if number is None else number):
                parts = self._parts(image, pictures.get(frame, {}))
                yield entry_of(f"annotations/{case.name}/{picture_name(image, frame)}.xml", parts)

    def _parts(self, image: ImageFacts, layers: _Layers) -> list[Piece]:
        microns = {"MicronsPerPixel": image.spacing_um[0]} if image.spacing_um is not None else {}
        parts: list[Piece] = [(DECLARATION + opening("Annotations", microns)).encode()]
        headers = [element("AttributeHeader", {"Id": number, "Name": name, "ColumnWidth": -1}) for name, number in _HEADERS.items()]
        for number, (code, name) in enumerate(self._names.items(), 1):
            spool = layers.get(code)
            if spool is None or not spool.size:
                continue
            head = {"Id": number, "Name": name, "ReadOnly": 0, "LineColor": self._colour(code), "Visible": 1, "Selected": 0, "Type": 4}
            described = element("Attributes", {}, element("Attribute", {"Name": "Description", "Id": 0, "Value": name}))
            start = opening("Annotation", head) + described + "<Regions>" + element("RegionAttributeHeaders", {}, *headers)
            parts += [start.encode(), spool, b"</Regions><Plots/></Annotation>\n"]
        return [*parts, b"</Annotations>\n"]

    def _write(self, mark: OnFrame, spool: Spool) -> None:
        shape, row = mark.shape, mark.row
        if shape is None:
            text = "Diagnoses of a whole image or frame have no shape and are left out."
            self.losses.add("without_shape", text, row.id, Field.DIAGNOSES)
            return
        if shape.kind == "Point":
            self.losses.add("points", "ImageScope has no single point; points are left out.", row.id, Field.POINTS)
            return
        said = [
            element("Attribute", {"Id": number, "Name": _HEADERS[name], "Value": text})
            for number, (name, text) in enumerate(details(mark, self._campaign).items())
        ]
        for outline, *holes in rings_of(shape, self.losses, row.id):
            kind = RECTANGLE if shape.kind == "Rectangle" else FREEHAND
            spool.write(self._region(outline, row.text or row.id, said, kind=kind, negative=False))
            for hole in holes:
                spool.write(self._region(hole, f"hole of {row.id}", [], kind=FREEHAND, negative=True))

    def _region(self, ring: list[tuple[float, float]], text: str, said: list[str], *, kind: int, negative: bool) -> bytes:
        self._region_count += 1
        head = {"Id": self._region_count, "Type": kind, "NegativeROA": int(negative), "Text": text, "Zoom": 1, "Selected": 0, "Analyze": 1}
        vertices = [element("Vertex", {"X": float(x), "Y": float(y), "Z": 0}) for x, y in ring[:-1]]
        return element("Region", head, element("Attributes", {}, *said), element("Vertices", {}, *vertices)).encode() + b"\n"

    def _colour(self, code: str) -> int:
        """Return a colour as ImageScope counts it: blue x 65,536 + green x 256 + red."""
        colour = colour_of(code, self._campaign)
        red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
        return blue << 16 | green << 8 | red
