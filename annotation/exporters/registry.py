"""The export formats by name."""

from __future__ import annotations

from typing import Final

from annotation.exporters.base import Exporter
from annotation.exporters.coco import CocoExporter
from annotation.exporters.document import DocumentExporter
from annotation.exporters.qupath import QuPathExporter

__all__ = ["EXPORTERS", "find_exporter"]

EXPORTERS: Final[dict[str, Exporter]] = {exporter.name: exporter for exporter in (DocumentExporter(), QuPathExporter(), CocoExporter())}


def find_exporter(name: str) -> Exporter | None:
    """Return the format of that name, or None."""
    return EXPORTERS.get(name)
