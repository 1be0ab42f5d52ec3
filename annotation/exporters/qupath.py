"""GeoJSON as QuPath reads it: one FeatureCollection an image, coordinates in level-0 pixels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

from annotation.exporters.base import Entry, ExportSession, LossReport
from annotation.exporters.cells import DISPOSITIONS, cells_by_image, group_words, kept_pieces, label_of, number_texts, position_texts
from annotation.exporters.details import details
from annotation.exporters.fields import Field, Held
from annotation.exporters.frames import OnFrame, frame_by_frame
from annotation.exporters.streams import by_image
from annotation.schema.canonical import canonical_json
from annotation.schema.facts import AnnotationFacts, CampaignFacts, CaseFacts, CellGroupFacts, ImageFacts
from annotation.schema.labels import LabelValue
from annotation.schema.mask_outlines import outlines_of_mask
from annotation.schema.masks import FrameShape, Mask
from annotation.schema.spool import Spool

__all__ = ["QuPathExporter"]


class QuPathExporter:
    """Shapes with class names and colours, for QuPath 0.5 and later."""

    name: ClassVar[str] = "qupath"
    media_type: ClassVar[str] = "application/geo+json"

    holds: ClassVar[Mapping[Field, Held]] = dict.fromkeys(Field, Held.YES) | {
        Field.REPORTS: Held.NO,
        Field.FINDINGS: Held.NO,
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
        self.losses = LossReport(QuPathExporter.name, QuPathExporter.holds, required)
        self.losses.note("governance", "Reads without a mark and governance have no place in QuPath objects.")
        self.losses.note("rectangles_as_polygons", "A rectangle is written as a polygon with four corners.")
        self.losses.note("one_class", "QuPath keeps one class an object: the primary label; all label codes are in the metadata.")
        self.losses.note("cells", "Cells are detections in a file of their own beside that of the marks, <image>.cells.geojson.")

    def entries(self, cases: Iterable[CaseFacts]) -> Iterator[Entry]:
        for case in cases:
            for image, rows in by_image(case):
                with Spool() as spool:
                    self._write_image(image, rows, spool)
                    yield Entry(f"geojson/{case.name}/{image.id}.geojson", spool.size, spool.chunks())
            for image, groups in cells_by_image(case):
                with Spool() as spool:
                    self._write_cells(groups, spool)
                    yield Entry(f"geojson/{case.name}/{image.id}.cells.geojson", spool.size, spool.chunks())

    def _write_image(self, image: ImageFacts, rows: Iterable[AnnotationFacts], spool: Spool) -> None:
        spool.write(b'{"features":[')
        separator = b""
        for mark in frame_by_frame(rows, image, self.losses):
            if mark.shape is None:
                self.losses.add(
                    "without_shape", "Diagnoses of a whole image or frame have no shape and are left out.", mark.id, Field.DIAGNOSES
                )
                continue
            if isinstance(mark.shape, Mask):
                self.losses.add(
                    "masks_as_outlines", "A mask is written as its outline along the edges of its pixels.", mark.id, Field.MASKS
                )
            spool.write(separator + canonical_json(self._feature(mark, mark.shape)))
            separator = b","
        spool.write(b'],"type":"FeatureCollection"}')

    def _write_cells(self, groups: Iterable[CellGroupFacts], spool: Spool) -> None:
        """Write cells as detections; a file of their own, because QuPath opens a hundred marks sooner than a million cells."""
        spool.write(b'{"features":[')
        separator = ""
        for group in groups:
            before, after = self._around_a_cell(group)
            for piece in kept_pieces(group, self.losses):
                positions, starts = position_texts(piece), piece.starts.tolist()
                rows = zip(piece.numbers.tolist(), number_texts(piece.scores), piece.dispositions.tolist(), strict=True)
                features = [
                    f'{{"geometry":{{"coordinates":[[[{"],[".join(positions[start:end])}],[{positions[start]}]]],"type":"Polygon"}},'
                    f'{before}{{"Detection probability":{score}}},"metadata":{{"mitate:cell":"{number}",'
                    f'"mitate:disposition":"{DISPOSITIONS[disposition]}",{after}'
                    for start, end, (number, score, disposition) in zip(starts, starts[1:], rows, strict=False)
                ]
                spool.write((separator + ",".join(features)).encode())
                separator = ","
        spool.write(b'],"type":"FeatureCollection"}')

    def _around_a_cell(self, group: CellGroupFacts) -> tuple[str, str]:
        """Return the properties that all cells of a group share, as text before and after those of each."""
        label = label_of(group, self._campaign)
        said: dict[str, Any] = {}
        if label is not None:
            said = {"classification": {"name": _class_name(label), "color": _rgb(label.colour)}}
        elif group.name:
            said = {"classification": {"name": group.name}}
        words = {f"mitate:{key}": " ".join(value) if isinstance(value, list) else value for key, value in group_words(group).items()}
        shared = canonical_json(said)[1:-1].decode()
        before = f'"properties":{{{shared}{"," if shared else ""}"isLocked":false,"measurements":'
        return before, canonical_json(words)[1:].decode() + ',"objectType":"detection"},"type":"Feature"}'

    def _feature(self, mark: OnFrame, shape: FrameShape) -> dict[str, Any]:
        row = mark.row
        labels = [self._campaign.labels[code] for code in row.labels]
        metadata = {f"mitate:{name}": text for name, text in details(mark, self._campaign).items()}
        if labels:
            metadata["mitate:label-ja"] = labels[0].display.get("ja", "")
        properties: dict[str, Any] = {
            "objectType": "detection" if row.granularity == "cell" else "annotation",
            "isLocked": False,
            "metadata": metadata,
        }
        if labels:
            properties["classification"] = {"name": _class_name(labels[0]), "color": _rgb(labels[0].colour)}
        return {"type": "Feature", "id": mark.id, "geometry": _geometry(shape, row.frame), "properties": properties}


def _geometry(shape: FrameShape, frame: int | None) -> dict[str, Any]:
    """Return GeoJSON; QuPath reads the plane of a stack from inside the geometry, counted from 0."""
    if isinstance(shape, Mask):
        rings = [[[list(position) for position in ring] for ring in polygon] for polygon in outlines_of_mask(shape)]
        one = len(rings) == 1
        geometry: dict[str, Any] = {"type": "Polygon" if one else "MultiPolygon", "coordinates": rings[0] if one else rings}
    else:
        geometry = shape.to_document()
    if shape.kind == "Rectangle":
        geometry = {"type": "Polygon", "coordinates": [[list(position) for position in ring] for ring in shape.polygons[0]]}
    if frame is not None:
        geometry["plane"] = {"c": -1, "z": frame, "t": 0}
    return geometry


def _class_name(label: LabelValue) -> str:
    # a colon would make QuPath read the name as a class derived from another
    return (label.display.get("en") or label.code).replace(":", " -")


def _rgb(colour: str) -> list[int]:
    return [int(colour[index : index + 2], 16) for index in (1, 3, 5)]
