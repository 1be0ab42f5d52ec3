"""CSV: one row a mark, for spreadsheets and statistics, safe to open."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar, Final

from annotation.exporters.base import Entry, ExportSession, LossReport
from annotation.exporters.cells import DISPOSITIONS, cells_by_image, figures_of, group_words, label_of, number_texts, position_texts
from annotation.exporters.details import DETAIL_NAMES, details
from annotation.exporters.fields import Field, Held
from annotation.exporters.frames import OnFrame
from annotation.exporters.markup import number
from annotation.exporters.streams import by_image
from annotation.schema.canonical import canonical_json
from annotation.schema.facts import AnnotationFacts, CampaignFacts, CaseFacts, CellGroupFacts, ImageFacts
from annotation.schema.masks import Mask
from annotation.schema.shapes import Shape
from annotation.schema.spool import Spool

__all__ = ["CsvExporter", "neutral"]

_PLACE: Final = ("case", "image", "digest", "width_px", "height_px", "modality", "frame", "frame_s", "label_en", "label_ja")
_SHAPE: Final = ("shape", "x_min", "y_min", "x_max", "y_max", "centre_x", "centre_y", "area_px", "geometry")
COLUMNS: Final = (*_PLACE, *(name for name in DETAIL_NAMES if name != "keyframe"), *_SHAPE)
_CELL_GROUP: Final = ("case", "image", "digest", "label_en", "label_ja", "labels", "class", "model", "reader", "state", "group")
CELL_COLUMNS: Final = (*_CELL_GROUP, "cell", "disposition", "score", "x_min", "y_min", "x_max", "y_max", "area_px", "geometry")
MAX_CELL: Final = 32_767
"""Most characters of a cell that spreadsheets keep."""
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def neutral(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: one that would begin like one gets an apostrophe in front."""
    return f"'{text}" if text.lstrip(" \n\ufeff").startswith(_FORMULA) or text.startswith(_FORMULA) else text


class CsvExporter:
    """A table of all marks with their geometry as the document writes it (RFC 4180, UTF-8 with a byte order mark)."""

    name: ClassVar[str] = "csv"
    media_type: ClassVar[str] = "text/csv"
    holds: ClassVar[Mapping[Field, Held]] = dict.fromkeys(Field, Held.YES) | {Field.REPORTS: Held.NO, Field.FINDINGS: Held.NO}

    def begin(self, campaign: CampaignFacts, required: frozenset[Field] = frozenset()) -> ExportSession:
        """Start a run."""
        return _Session(campaign, required)


class _Session:
    def __init__(self, campaign: CampaignFacts, required: frozenset[Field]) -> None:
        self._campaign = campaign
        self.losses = LossReport(CsvExporter.name, CsvExporter.holds, required)
        self.losses.note("reads_without_marks", "A read without any mark has no row; neither have subjects and governance.")
        text = "A text that begins like a formula (= + - @) has an apostrophe in front, so that no spreadsheet computes it."
        self.losses.note("formulas", text)
        self.losses.note("cells", "Cells are in a table of their own, cells.csv, those that their reader took out too.")

    def entries(self, cases: Iterable[CaseFacts]) -> Iterator[Entry]:
        with Spool() as spool, Spool() as in_bulk:
            spool.write(b"\xef\xbb\xbf" + _line(list(COLUMNS)))
            for case in cases:
                for image, rows in by_image(case):
                    for row in rows:
                        spool.write(_line(self._cells(case.name, image, row)))
                for image, groups in cells_by_image(case):
                    for group in groups:
                        self._write_group(case.name, image, group, in_bulk)
            yield Entry("annotations.csv", spool.size, spool.chunks())
            if in_bulk.size:
                yield Entry("cells.csv", in_bulk.size, in_bulk.chunks())

    def _write_group(self, case: str, image: ImageFacts, group: CellGroupFacts, spool: Spool) -> None:
        """Write a row a cell, rejected ones too; its geometry is a ring that is closed, as in a document's Polygon."""
        if not spool.size:
            spool.write(b"\xef\xbb\xbf" + _line(list(CELL_COLUMNS)))
        label = label_of(group, self._campaign)
        words = group_words(group)
        shared = {"case": case, "image": image.id, "digest": image.digest, **words, "labels": " ".join(words.get("labels", ()))}
        if label is not None:
            shared |= {"label_en": label.display.get("en", ""), "label_ja": label.display.get("ja", "")}
        head = _line([neutral(shared.get(name, "")) for name in _CELL_GROUP])[:-2].decode()
        for piece in group.pieces():
            positions, starts, (boxes, areas) = position_texts(piece), piece.starts.tolist(), figures_of(piece)
            sides = number_texts(boxes.ravel())
            rows = zip(piece.numbers.tolist(), number_texts(piece.scores), piece.dispositions.tolist(), number_texts(areas), strict=True)
            lines = [
                f"{head},{number},{DISPOSITIONS[disposition]},{score},{','.join(sides[4 * index : 4 * index + 4])},{area},"
                f'"[[[{"],[".join(positions[starts[index] : starts[index + 1]])}],[{positions[starts[index]]}]]]"\r\n'
                for index, (number, score, disposition, area) in enumerate(rows)
            ]
            spool.write("".join(lines).encode())

    def _cells(self, case: str, image: ImageFacts, row: AnnotationFacts) -> list[str]:
        label = self._campaign.labels[row.labels[0]] if row.labels else None
        values = {
            "case": case,
            "image": image.id,
            "digest": image.digest,
            "width_px": str(image.width_px),
            "height_px": str(image.height_px),
            "modality": image.modality,
            "frame": "" if row.frame is None else str(row.frame),
            "frame_s": "" if row.frame_s is None else number(row.frame_s),
            "label_en": label.display.get("en", "") if label is not None else "",
            "label_ja": label.display.get("ja", "") if label is not None else "",
            **details(OnFrame(row, None, row.id, None), self._campaign),
            **_shape_cells(row),
        }
        if len(values.get("geometry", "")) > MAX_CELL:
            text = "A geometry is longer than the 32,767 characters that spreadsheets keep in a cell; programs read it whole."
            self.losses.add("long_cells", text, row.id)
        return [neutral(values.get(name, "")) for name in COLUMNS]


def _shape_cells(row: AnnotationFacts) -> dict[str, str]:
    """Return the cells of a shape, all in level-0 pixels; a track has the box around all of its frames, and no area."""
    if row.shape is None:
        return {}
    cells = {"shape": row.shape.kind, "geometry": canonical_json(row.shape.to_document()).decode()}
    cells |= dict(zip(("x_min", "y_min", "x_max", "y_max"), map(number, row.shape.bounds), strict=True))
    if isinstance(row.shape, Shape | Mask):
        centre_x, centre_y = row.shape.centre
        cells |= {"centre_x": number(centre_x), "centre_y": number(centre_y), "area_px": number(row.shape.area)}
    return cells


def _line(cells: list[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue().encode()
