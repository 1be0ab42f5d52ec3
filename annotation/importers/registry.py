"""The import formats, and the one way to read a file: its content says which format it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from annotation.importers.asap import AsapReader
from annotation.importers.base import Reader
from annotation.importers.coco import CocoReader
from annotation.importers.cvat import CvatReader
from annotation.importers.cytomine import CytomineReader
from annotation.importers.dicom_ann import AnnReader
from annotation.importers.dicom_seg import SegReader
from annotation.importers.dicom_sr import OtherDicomReader, SrReader
from annotation.importers.document import DocumentReader
from annotation.importers.facts import Options, Target
from annotation.importers.geojson import GeoJsonReader
from annotation.importers.histomics import HistomicsReader
from annotation.importers.imagescope import ImageScopeReader
from annotation.importers.labelme import LabelmeReader, LabelmeXmlReader
from annotation.importers.labelstudio import LabelStudioReader
from annotation.importers.ndpa import NdpaReader
from annotation.importers.others import ArchiveReader, DatumaroReader, HoverNetReader, SectraReader
from annotation.importers.pictures import PictureReader
from annotation.importers.problems import FileError
from annotation.importers.reading import Reading
from annotation.importers.source import MAX_BYTES, Source
from annotation.importers.voc import VocReader
from annotation.importers.yolo import ClassNamesReader, YoloReader

__all__ = ["READERS", "read_source"]

READERS: Final[dict[str, Reader]] = {
    reader.name: reader
    for reader in (
        DocumentReader(),
        GeoJsonReader(),
        ImageScopeReader(),
        NdpaReader(),
        AsapReader(),
        CocoReader(),
        VocReader(),
        YoloReader(),
        CvatReader(),
        LabelStudioReader(),
        LabelmeReader(),
        LabelmeXmlReader(),
        HistomicsReader(),
        DatumaroReader(),
        HoverNetReader(),
        CytomineReader(),
        SectraReader(),
        PictureReader(),
        SegReader(),
        SrReader(),
        AnnReader(),
        OtherDicomReader(),
        ArchiveReader(),
        ClassNamesReader(),
    )
}
"""In the order in which they are asked; no file is claimed by two."""


def read_source(source: Source, candidates: Sequence[Target] = (), options: Options | None = None) -> tuple[Reader, Reading]:
    """Return the format of a file and all that it holds.

    Args:
        source: the file.
        candidates: images of the campaign that it may be about.
        options: what a person chose.

    Raises:
        FileError: when the file as a whole cannot be read.
    """
    if not source.data:
        raise FileError("file_empty")
    if len(source.data) > MAX_BYTES:
        raise FileError("file_too_large", "", f"{len(source.data)} bytes")
    reader = next((reader for reader in READERS.values() if reader.claims(source)), None)
    if reader is None:
        raise FileError("format_unknown")
    reading = Reading(source.name, candidates, options)
    reader.read(source, reading)
    if not reading.marks and not reading.refused:
        reading.refuse("", "no_annotations")
    return reader, reading
