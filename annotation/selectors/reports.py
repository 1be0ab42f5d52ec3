"""The reports of a study as a reader reads them."""

from __future__ import annotations

from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from annotation.models import Campaign, Read, Report, ReportText

__all__ = ["has_reports", "last_texts", "reports_of_campaign", "reports_of_read"]


def has_reports(read: Read) -> bool:
    """Return whether there are reports of the study that a read is about; one query."""
    return Report.objects.filter(study__series__images=read.image_id).exists()


def reports_of_read(read: Read) -> list[dict[str, Any]]:
    """Return the reports of the read's study with their words as they are now; one query."""
    rows = last_texts().filter(report__study__series__images=read.image_id)
    return [
        {
            "id": str(row.report_id),
            "kind": row.report.kind,
            "issued_on": row.report.issued_on,
            "text": row.text,
            "digest": row.digest,
            "number": row.number,
        }
        for row in rows
    ]


def reports_of_campaign(campaign: Campaign) -> int:
    """Return how many reports belong to studies of the campaign's images; one query."""
    return Report.objects.filter(study__series__images__campaign_images__campaign=campaign).distinct().count()


def last_texts() -> QuerySet[ReportText]:
    """Return the text that counts of each report, with the report, in the order in which they were attached."""
    newest = ReportText.objects.filter(report=OuterRef("report")).order_by("-number").values("number")[:1]
    return ReportText.objects.filter(number=Subquery(newest)).select_related("report").order_by("report__created_at", "report")
