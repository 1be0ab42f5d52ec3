"""Exports that the worker makes, as people who may export see them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import QuerySet

from annotation.models import Annotation, Campaign, CellChange, ExportJob
from annotation.selectors.annotations import instant
from annotation.services.export_job_errors import say_job
from viewer.api.errors import not_found

__all__ = ["export_file_name", "export_job_json", "export_jobs_of", "get_export_job", "is_large"]

MARKS_AT_ONCE = 20_000
IMAGES_AT_ONCE = 500


def export_jobs_of(campaign: Campaign) -> QuerySet[ExportJob]:
    """Return the exports of a campaign, the newest first."""
    return ExportJob.objects.filter(campaign=campaign).select_related("requested_by", "campaign").order_by("-created_at", "pk")


def get_export_job(*, user: User, job_id: UUID) -> ExportJob:
    """Return an export of a campaign that the user may export.

    Raises:
        ApiError: ``not_found`` for everybody else.
    """
    job = ExportJob.objects.select_related("campaign", "requested_by").filter(pk=job_id).first()
    if job is None or not user.has_perm("annotation.export_campaign", job.campaign):
        raise not_found()
    return job


def export_job_json(job: ExportJob) -> dict[str, Any]:
    """Return what is known of an export; texts in the language of the request."""
    done = job.state == ExportJob.State.DONE
    return {
        "id": str(job.pk),
        "format": job.format,
        "drafts": job.include_drafts,
        "require": job.required,
        "options": job.options,
        "label_maps": job.label_maps,
        "unmapped": job.unmapped,
        "state": job.state,
        "cases": job.case_count,
        "done": job.done_count,
        "size_bytes": job.size_bytes,
        "sha256": job.digest,
        "file_name": export_file_name(job),
        "file_url": f"/api/export-jobs/{job.pk}/file/" if done else None,
        "removed_for": job.removed_for or None,
        "error": say_job(job),
        "requested_by": job.requested_by.get_full_name() or job.requested_by.username,
        "created_at": instant(job.created_at),
        "finished_at": instant(job.finished_at) if job.finished_at is not None else None,
        "kept_until": instant(job.kept_until) if done and job.kept_until is not None else None,
    }


def export_file_name(job: ExportJob) -> str:
    """Return the name under which the file is saved."""
    return f"{job.campaign.code}-{job.format}.zip"


def is_large(campaign: Campaign) -> bool:
    """Tell whether an export of a campaign is better made by the worker: many images or marks, or cells; at most three queries."""
    if CellChange.objects.filter(read__campaign=campaign).exists() or campaign.campaign_images.count() > IMAGES_AT_ONCE:
        return True
    marks = Annotation.objects.filter(read__campaign=campaign, deleted=False)
    return marks[MARKS_AT_ONCE : MARKS_AT_ONCE + 1].exists()
