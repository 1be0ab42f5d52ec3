"""Exports as people steer them: ask, cancel, remove; and the files, kept for a while within a limit. The row is the queue."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from annotation.exporters.crops import CropChoices
from annotation.exporters.fields import Field
from annotation.exporters.parts import forget
from annotation.exporters.registry import find_exporter
from annotation.exporters.relabelling import Relabelling, Unmapped
from annotation.models import Campaign, ExportJob, ExportRun, Withdrawal
from annotation.services.export import unknown_format
from annotation.services.export_job_errors import job_refusal
from annotation.services.export_requirements import refuse_impossible

__all__ = [
    "CROPS",
    "cancel_export",
    "exports_folder",
    "file_path",
    "is_outdated",
    "part_path",
    "remove_export",
    "request_export",
    "sweep_exports",
]

CROPS: Final = "crops"
MAX_OPEN: Final = 20
_State = ExportJob.State
OPEN_STATES: Final = (_State.WAITING, _State.WORKING)


def exports_folder() -> Path:
    """Where exports lie, those that are being made too."""
    folder: Path = settings.DATA_DIR / "exports"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def file_path(job_id: UUID) -> Path:
    """The finished file."""
    return exports_folder() / f"{job_id}.zip"


def part_path(job_id: UUID) -> Path:
    """The file on its way; its journal lies beside it."""
    return exports_folder() / f"{job_id}.part"


def request_export(
    *,
    campaign: Campaign,
    user: User,
    request_id: UUID,
    format_name: str,
    include_drafts: bool = False,
    required: frozenset[Field] = frozenset(),
    options: Mapping[str, Any] | None = None,
    relabelling: Relabelling | None = None,
) -> ExportJob:
    """Leave an export to the worker; the caller has checked that the user may export. The same request gives the same job.

    Raises:
        ApiError: ``unknown_format``, ``export_would_lose``, ``export_malformed``, ``export_request_reused``, ``too_many_exports``.
    """
    chosen = _options(format_name, options or {})
    exporter = find_exporter(format_name)
    if exporter is not None:
        refuse_impossible(exporter, required)
    elif format_name != CROPS:
        raise unknown_format()
    elif required:
        raise job_refusal("export_malformed", "/require")
    asked = {
        "campaign": campaign,
        "format": format_name,
        "include_drafts": include_drafts,
        "required": sorted(required),
        "options": chosen,
        "label_maps": [] if relabelling is None else relabelling.named,
        "unmapped": Unmapped.REFUSE.value if relabelling is None else relabelling.unmapped.value,
    }
    known = ExportJob.objects.filter(requested_by=user, request_id=request_id).first()
    if known is None:
        if ExportJob.objects.filter(campaign=campaign, requested_by=user, state__in=OPEN_STATES).count() >= MAX_OPEN:
            raise job_refusal("too_many_exports")
        try:
            with transaction.atomic():
                told = {"format": format_name, "include_drafts": include_drafts, "label_maps": asked["label_maps"]}
                run = ExportRun.objects.create(campaign=campaign, requested_by=user, **told)
                return ExportJob.objects.create(requested_by=user, request_id=request_id, run=run, **asked)
        except IntegrityError:  # the same request came twice at this very moment
            known = ExportJob.objects.get(requested_by=user, request_id=request_id)
    if any(getattr(known, name) != value for name, value in asked.items()):
        raise job_refusal("export_request_reused", "/request_id")
    return known


def cancel_export(*, job: ExportJob) -> ExportJob:
    """End an export that is not finished; whoever makes it stops at the next piece.

    Raises:
        ApiError: ``export_over``.
    """
    now = timezone.now()
    held = ExportJob.objects.filter(pk=job.pk, state__in=OPEN_STATES)
    if not held.update(state=_State.CANCELLED, lease_until=None, finished_at=now):
        raise job_refusal("export_over")
    end_run(job, error_code="export_cancelled")
    forget([part_path(job.pk)])
    job.refresh_from_db()
    return job


def remove_export(*, job: ExportJob, reason: str = ExportJob.Reason.PERSON) -> ExportJob:
    """Throw the file of a finished export away; the row stays and says why.

    Raises:
        ApiError: ``export_over``.
    """
    if not ExportJob.objects.filter(pk=job.pk, state=_State.DONE).update(state=_State.REMOVED, removed_for=reason):
        raise job_refusal("export_over")
    forget([file_path(job.pk)])
    job.refresh_from_db()
    return job


def is_outdated(job: ExportJob) -> bool:
    """Tell whether a subject of the collection withdrew since the export was asked for."""
    return Withdrawal.objects.filter(collection=job.campaign.collection_id, recorded_at__gte=job.created_at).exists()


def sweep_exports() -> int:
    """Remove files that are too old, hold somebody who withdrew, or take more room than exports may; return how many."""
    removed, room = 0, settings.EXPORT_BYTES
    done = ExportJob.objects.filter(state=_State.DONE).select_related("campaign").order_by("-finished_at", "pk")
    for job in done:
        room -= job.size_bytes
        reason = ""
        if is_outdated(job):
            reason = ExportJob.Reason.WITHDRAWAL
        elif job.kept_until is None or job.kept_until <= timezone.now():
            reason = ExportJob.Reason.AGE
        elif room < 0:
            reason = ExportJob.Reason.SPACE
        if reason:
            room += job.size_bytes
            remove_export(job=job, reason=reason)
            removed += 1
    _forget_strangers()
    return removed


def end_run(job: ExportJob, *, error_code: str = "", digest: str = "", count: int = 0) -> None:
    """Finish the row that says who took what."""
    state = ExportRun.State.FAILED if error_code else ExportRun.State.DONE
    ExportRun.objects.filter(jobs=job).update(
        state=state, error_code=error_code, digest=digest, document_count=count, finished_at=timezone.now()
    )


def _forget_strangers() -> None:
    """Remove parts whose export is over, as they are left by a worker that was told to stop while it wrote."""
    parts = {path.stem: path for path in exports_folder().glob("*.part")}
    open_jobs = ExportJob.objects.filter(state__in=OPEN_STATES).values_list("pk", flat=True)
    forget(path for name, path in parts.items() if name not in set(map(str, open_jobs)))


def _options(format_name: str, options: Mapping[str, Any]) -> dict[str, Any]:
    if format_name != CROPS:
        if options:
            raise job_refusal("export_malformed", "/options")
        return {}
    try:
        return CropChoices.parse(options).to_json()
    except ValueError as error:
        raise job_refusal("export_malformed", f"/options/{error}") from error
