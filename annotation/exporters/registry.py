"""The export formats by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from annotation.exporters.asap import AsapExporter
from annotation.exporters.base import Exporter
from annotation.exporters.coco import CocoExporter
from annotation.exporters.cvat import CvatExporter
from annotation.exporters.dicom_formats import DicomBulkExporter, DicomReportExporter, DicomSegmentationExporter
from annotation.exporters.document import DocumentExporter
from annotation.exporters.fhir import FhirExporter
from annotation.exporters.fields import Field, Held
from annotation.exporters.histomicsui import HistomicsUiExporter
from annotation.exporters.imagescope import ImageScopeExporter
from annotation.exporters.label_maps import MaskPngExporter, MaskTiffExporter
from annotation.exporters.label_studio import LabelStudioExporter
from annotation.exporters.qupath import QuPathExporter
from annotation.exporters.table import CsvExporter
from annotation.exporters.voc import VocExporter
from annotation.exporters.web_annotation import WebAnnotationExporter
from annotation.exporters.yolo import YoloExporter

__all__ = ["EXPORTERS", "find_exporter", "formats_that_hold", "holdings", "takes_planes"]

EXPORTERS: Final[dict[str, Exporter]] = {
    exporter.name: exporter
    for exporter in (
        DocumentExporter(),
        CsvExporter(),
        CocoExporter(),
        VocExporter(),
        YoloExporter(),
        CvatExporter(),
        LabelStudioExporter(),
        MaskPngExporter(),
        MaskTiffExporter(),
        QuPathExporter(),
        HistomicsUiExporter(),
        AsapExporter(),
        ImageScopeExporter(),
        WebAnnotationExporter(),
        FhirExporter(),
        DicomReportExporter(),
        DicomSegmentationExporter(),
        DicomBulkExporter(),
    )
}


def find_exporter(name: str) -> Exporter | None:
    """Return the format of that name, or None."""
    return EXPORTERS.get(name)


def takes_planes(name: str) -> bool:
    """Return whether a format says where the frames of an image lie in the patient."""
    return name == DicomSegmentationExporter.name


def holdings() -> dict[str, Mapping[Field, Held]]:
    """Return format name -> what it holds."""
    return {name: exporter.holds for name, exporter in EXPORTERS.items()}


def formats_that_hold(fields: frozenset[Field]) -> list[str]:
    """Return the names of the formats that hold every one of some fields as it is."""
    return [name for name, exporter in EXPORTERS.items() if all(exporter.holds[field] == Held.YES for field in fields)]
