"""Cells of whole slides as Microscopy Bulk Simple Annotations: one object of each reader of an image, a group a label.

The library would hold an array a cell. It writes the object with one small triangle a group; the bulk of each group, 32-bit coordinates
and the list of where each outline begins (PS3.3, C.37.1.2), is put in while the file is sent. Eighths of a pixel are exact in 32 bits up
to 2^21 px.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

import numpy as np
from highdicom import AlgorithmIdentificationSequence
from highdicom.ann import AnnotationGroup, MicroscopyBulkSimpleAnnotations
from pydicom import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.sr.codedict import codes
from pydicom.uid import ExplicitVRLittleEndian

from annotation.exporters.base import Entry, LossReport
from annotation.exporters.cells import kept_pieces, label_of
from annotation.exporters.details import names_of_labels
from annotation.exporters.dicom.common import EQUIPMENT, ascii_text, code_of, own_code, person_name, settled, uid_for
from annotation.exporters.fields import Field
from annotation.schema.facts import CampaignFacts, CellGroupFacts, ImageFacts

__all__ = ["cell_object"]

_GROUPS: Final = 0x006A0002
_COORDINATES: Final = 0x00660016
_INDEX: Final = 0x00660040
_TRIANGLE: Final = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]], np.float32)
_LONG_HEAD: Final = struct.Struct("<HH2sHI")
_ITEM_HEAD: Final = struct.Struct("<HHI")
_MAX_BYTES: Final = 0xFFFFFFFE


class _Counted(NamedTuple):
    """A group with what the first look at it found."""

    group: CellGroupFacts
    cells: int
    vertices: int
    decided: bool


class _Item(NamedTuple):
    """A group as it is written: bytes before, between and after its coordinates and its index list."""

    counted: _Counted
    parts: tuple[bytes, bytes, bytes]

    @property
    def size(self) -> int:
        """Bytes of the item without its own head."""
        bulk = 2 * _LONG_HEAD.size + 8 * self.counted.vertices + 4 * self.counted.cells
        return bulk + sum(map(len, self.parts))


def cell_object(
    slide: Dataset, groups: Iterable[CellGroupFacts], *, image: ImageFacts, campaign: CampaignFacts, losses: LossReport, name: str
) -> Entry | None:
    """Return the object of one reader's cells on a slide, None where the reader left none.

    Args:
        slide: the object of level 0, as far as it is repeated.
        groups: of one reader.
        image: the slide.
        campaign: what the labels are called.
        losses: what is left out is counted here.
        name: of the entry.
    """
    counted = [one for one in (_look(group, losses) for group in groups) if one.cells]
    if not counted:
        return None
    reader = counted[0].group.read.reader
    series = uid_for("ann-cells", campaign.id, image.id)
    names = names_of_labels(campaign)
    moment = max(one.group.read.submitted_at or one.group.created_at for one in counted)
    made = MicroscopyBulkSimpleAnnotations(
        source_images=[slide],
        annotation_coordinate_type="2D",
        annotation_groups=[_group(number, one, names, campaign, series) for number, one in enumerate(counted, 1)],
        series_instance_uid=series,
        series_number=2,
        sop_instance_uid=uid_for(series, reader),
        instance_number=1,
        content_description=campaign.title.get("ja") or None,
        content_creator_name=person_name(reader),
        content_label="CELLS",
        specific_character_set="ISO_IR 192",
        **EQUIPMENT,
    )
    made.Laterality = ""  # type 2C: nothing here says which side
    settled(made, campaign, moment)
    items = [_item(dataset, one) for dataset, one in zip(made[_GROUPS].value, counted, strict=True)]
    before, after = _around(made)
    body = sum(_ITEM_HEAD.size + item.size for item in items)
    if body > _MAX_BYTES:
        losses.drop("too_many_cells", "The cells of a reader on an image are more than one DICOM object holds.", image.id)
        return None
    head = before + _LONG_HEAD.pack(_GROUPS >> 16, _GROUPS & 0xFFFF, b"SQ", 0, body)
    return Entry(name, len(head) + body + len(after), _chunks(head, items, after, losses))


def _look(group: CellGroupFacts, losses: LossReport) -> _Counted:
    cells = vertices = 0
    decided = False
    for piece in kept_pieces(group, losses):
        cells += len(piece.numbers)
        vertices += len(piece.vertices)
        decided = decided or bool(piece.dispositions.any())
    if cells:
        text = "Scores of cells, and what became of each of them, have no place; cells of one label are one group."
        losses.add("cell_details", text, group.id, Field.CELLS, count=cells)
    return _Counted(group, cells, vertices, decided)


def _group(number: int, one: _Counted, names: dict[str, str], campaign: CampaignFacts, series: str) -> AnnotationGroup:
    group, label = one.group, label_of(one.group, campaign)
    name = names[group.label] if label is not None else group.name or names[""]
    words: dict[str, Any] = {
        "label": ascii_text(name, group.label or "class"),
        "annotated_property_category": codes.SCT.MorphologicallyAbnormalStructure,
        "annotated_property_type": code_of(label) if label is not None else own_code("unlabelled"),
    }
    made = AnnotationGroup(
        number=number,
        uid=uid_for(series, group.id),
        algorithm_type="SEMIAUTOMATIC" if one.decided else "AUTOMATIC",
        algorithm_identification=AlgorithmIdentificationSequence(
            name=ascii_text(group.model.name), family=codes.DCM.ArtificialIntelligence, version=ascii_text(group.model.version)
        ),
        graphic_type="POLYGON",
        graphic_data=[_TRIANGLE],
        description=ascii_text(group.label, "unlabelled"),
        **words,
    )
    made.NumberOfAnnotations = one.cells
    return made


def _item(dataset: Dataset, counted: _Counted) -> _Item:
    bounds = (0, _COORDINATES, _INDEX, 0xFFFFFFFF)
    first, second, third = (
        _written([element for element in dataset if low < element.tag < high])
        for low, high in ((-1, bounds[1]), (bounds[1], bounds[2]), (bounds[2], bounds[3]))
    )
    return _Item(counted, (first, second, third))


def _around(made: Dataset) -> tuple[bytes, bytes]:
    """Return the file up to the sequence of groups, and what follows it."""
    start = Dataset()
    start.file_meta = made.file_meta
    start.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    start.preamble = b"\0" * 128
    for element in made:
        if element.tag < _GROUPS:
            start.add(element)
    file = io.BytesIO()
    start.save_as(file, enforce_file_format=True)
    return file.getvalue(), _written([element for element in made if element.tag > _GROUPS])


def _written(elements: Iterable[Any]) -> bytes:
    part = Dataset()
    for element in elements:
        part.add(element)
    file = DicomBytesIO()
    file.is_little_endian, file.is_implicit_VR = True, False
    write_dataset(file, part, parent_encoding="utf-8")
    return file.getvalue()


def _chunks(head: bytes, items: list[_Item], after: bytes, losses: LossReport) -> Iterator[bytes]:
    yield head
    for item in items:
        yield _ITEM_HEAD.pack(0xFFFE, 0xE000, item.size) + item.parts[0]
        yield _LONG_HEAD.pack(_COORDINATES >> 16, _COORDINATES & 0xFFFF, b"OF", 0, 8 * item.counted.vertices)
        for piece in kept_pieces(item.counted.group, _silent(losses)):
            yield piece.vertices.astype("<f4").tobytes()
        yield item.parts[1]
        yield _LONG_HEAD.pack(_INDEX >> 16, _INDEX & 0xFFFF, b"OL", 0, 4 * item.counted.cells)
        first = 1
        for piece in kept_pieces(item.counted.group, _silent(losses)):
            # counted in numbers, not in vertices, from 1
            yield (2 * piece.starts[:-1] + first).astype("<u4").tobytes()
            first += 2 * len(piece.vertices)
        yield item.parts[2]
    yield after


def _silent(losses: LossReport) -> LossReport:
    """Return a report that nobody reads: what a second look finds was counted by the first."""
    return LossReport(losses.format_name, losses.holds)
