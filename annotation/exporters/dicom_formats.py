"""The DICOM formats by name; what writes them is loaded when a run begins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from annotation.exporters.base import ExportSession, LossReport
from annotation.exporters.fields import Field, Held
from annotation.schema.facts import CampaignFacts

__all__ = ["DicomBulkExporter", "DicomReportExporter", "DicomSegmentationExporter"]


class DicomReportExporter:
    """Structured reports after TID 1500, for archives and viewers; for images that are DICOM objects."""

    name: ClassVar[str] = "dicom-sr"
    media_type: ClassVar[str] = "application/dicom"
    holds: ClassVar[Mapping[Field, Held]] = dict.fromkeys(Field, Held.YES) | {
        Field.REPORTS: Held.NO,
        Field.FINDINGS: Held.NO,
        Field.CELLS: Held.NO,
        Field.HOLES: Held.PARTLY,
        Field.TRACKS: Held.PARTLY,
        Field.MASKS: Held.PARTLY,
        Field.TEXT: Held.NO,
        Field.FORMS: Held.NO,
        Field.CONFIRMATIONS: Held.NO,
        Field.SUGGESTIONS: Held.PARTLY,
    }

    def begin(self, campaign: CampaignFacts, required: frozenset[Field] = frozenset()) -> ExportSession:
        """Start a run."""
        from annotation.exporters.dicom.report import ReportSession  # noqa: PLC0415  # highdicom takes a second to load

        return ReportSession(campaign, LossReport(self.name, self.holds, required))


class DicomSegmentationExporter:
    """Binary segmentations, pixel for pixel; for DICOM images with frames."""

    name: ClassVar[str] = "dicom-seg"
    media_type: ClassVar[str] = "application/dicom"
    holds: ClassVar[Mapping[Field, Held]] = dict.fromkeys(Field, Held.NO) | {
        Field.HOLES: Held.YES,
        Field.TRACKS: Held.PARTLY,
        Field.MASKS: Held.YES,
        Field.CODES: Held.PARTLY,
    }

    def begin(self, campaign: CampaignFacts, required: frozenset[Field] = frozenset()) -> ExportSession:
        """Start a run."""
        from annotation.exporters.dicom.segmentation import SegmentationSession  # noqa: PLC0415  # as above

        return SegmentationSession(campaign, LossReport(self.name, self.holds, required))


class DicomBulkExporter:
    """Microscopy Bulk Simple Annotations, for DICOM slides."""

    name: ClassVar[str] = "dicom-ann"
    media_type: ClassVar[str] = "application/dicom"
    holds: ClassVar[Mapping[Field, Held]] = dict.fromkeys(Field, Held.NO) | {
        Field.HOLES: Held.PARTLY,
        Field.POINTS: Held.YES,
        Field.MASKS: Held.PARTLY,
        Field.CODES: Held.PARTLY,
        Field.AUTHORS: Held.YES,
        Field.CELLS: Held.PARTLY,
    }

    def begin(self, campaign: CampaignFacts, required: frozenset[Field] = frozenset()) -> ExportSession:
        """Start a run."""
        from annotation.exporters.dicom.bulk import BulkSession  # noqa: PLC0415  # as above

        return BulkSession(campaign, LossReport(self.name, self.holds, required))
