"""What the worker does for exports: takes one under a lease, makes its file case by case, and ends it."""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from annotation.exporters.base import Exporter
from annotation.exporters.crops import CropChoices, CropsExporter
from annotation.exporters.fields import ExportWouldLoseError, Field
from annotation.exporters.package import Package
from annotation.exporters.parts import BY_CASE, Archive, forget
from annotation.exporters.registry import EXPORTERS, takes_planes
from annotation.exporters.relabelling import LabelNotMappedError
from annotation.models import ExportJob
from annotation.schema.facts import CaseFacts
from annotation.schema.problems import DocumentError
from annotation.selectors.documents import campaign_facts, cases_of, count_cases
from annotation.services.export_jobs import CROPS, end_run, file_path, is_outdated, part_path, remove_export
from annotation.services.export_pixels import CampaignPixels
from annotation.services.label_maps import kept_relabelling

__all__ = ["LEASE_S", "REPORT_EVERY_S", "Progress", "claim_export", "execute_export", "release_export", "report_export"]

LEASE_S: Final = 30.0
REPORT_EVERY_S: Final = 0.5
MAX_ATTEMPTS: Final = 5
_State = ExportJob.State
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
log = logging.getLogger("annotation.exports")


class Progress:
    """How far an export is, told to the database by another thread than the one that makes it.

    The maker reads the campaign from an open query; SQLite refuses a write on the connection that holds one when somebody else
    has written since.
    """

    def __init__(self) -> None:
        self.cases = 0
        self.size_bytes = 0
        self.stopped = False


class _Stopped(Exception):
    """The export is in other hands, or was cancelled."""


def claim_export(*, lease_s: float = LEASE_S) -> ExportJob | None:
    """Take the oldest export that waits, or whose worker has died; None if there is none. Two workers never get the same."""
    now = timezone.now()
    waiting = Q(state=_State.WAITING) | Q(state=_State.WORKING, lease_until__lte=now)
    for job in ExportJob.objects.filter(waiting).order_by("created_at", "pk")[:20]:
        mine = ExportJob.objects.filter(pk=job.pk, attempt=job.attempt, state=job.state, lease_until=job.lease_until)
        if job.attempt >= MAX_ATTEMPTS:
            if mine.update(state=_State.FAILED, error_code="export_interrupted", lease_until=None, finished_at=now):
                end_run(job, error_code="export_interrupted")
                forget([part_path(job.pk)])
            continue
        if mine.update(state=_State.WORKING, attempt=F("attempt") + 1, lease_until=now + timedelta(seconds=lease_s)):
            related = ("campaign__label_set", "campaign__form", "requested_by")
            return ExportJob.objects.select_related(*related).get(pk=job.pk)
    return None


def report_export(*, job_id: UUID, attempt: int, progress: Progress, lease_s: float = LEASE_S) -> bool:
    """Tell how far an export is, which is its sign of life too; False, and stop it, if it is no longer in this attempt's hands."""
    lease = timezone.now() + timedelta(seconds=lease_s)
    held = _held(job_id, attempt).update(lease_until=lease, done_count=progress.cases, size_bytes=progress.size_bytes)
    progress.stopped = not held
    return bool(held)


def release_export(*, job: ExportJob) -> None:
    """Put an export back unfinished because the worker is told to stop; the attempt does not count, what is made stays."""
    _held(job.pk, job.attempt).update(state=_State.WAITING, attempt=F("attempt") - 1, lease_until=None)


def execute_export(*, job: ExportJob, progress: Progress | None = None) -> ExportJob:
    """Make the file of a claimed export and end it. Nothing is raised for what is wrong with the campaign's data.

    Raises:
        DatabaseError: the lease ends then, and another attempt goes on.
    """
    progress = progress or Progress()
    try:
        _make(job, progress)
    except (_Stopped, BlockingIOError):
        # what was made is another attempt's now, unless the export is over
        if not ExportJob.objects.filter(pk=job.pk, state__in=(_State.WAITING, _State.WORKING)).exists():
            forget([part_path(job.pk)])
    except DocumentError as error:
        _fail(job, error.code, f"{error.case}{error.pointer}", error.problems[0].detail)
    except ExportWouldLoseError as error:
        _fail(job, error.code, error.identity, error.field.value)
    except LabelNotMappedError as error:
        _fail(job, error.code, error.identity, error.label)
    except OSError as error:
        log.exception("export %s", job.pk)
        _fail(job, "export_no_room" if error.errno in _FULL else "export_crashed", "", type(error).__name__)
    except DatabaseError:
        raise
    except Exception as error:  # a fault of one export must not keep all others waiting
        log.exception("export %s", job.pk)
        _fail(job, "export_crashed", "", type(error).__name__)
    job.refresh_from_db()
    return job


def _make(job: ExportJob, progress: Progress) -> None:
    _held(job.pk, job.attempt).update(case_count=count_cases(job.campaign, include_drafts=job.include_drafts))
    with closing(Archive(part_path(job.pk), by_case=job.format in BY_CASE)) as archive:
        _write(job, archive, progress)


def _write(job: ExportJob, archive: Archive, progress: Progress) -> None:
    progress.cases, progress.size_bytes = archive.begun.cases, archive.begun.offset
    package = Package(
        _exporter(job),
        campaign_facts(job.campaign),
        _cases_left(job, archive),
        include_drafts=job.include_drafts,
        required=frozenset(map(Field, job.required)),
        relabelling=kept_relabelling(job.campaign, job.label_maps, job.unmapped),
        begun=archive.begun,
    )

    def follow(cases: int, size_bytes: int) -> None:
        progress.cases, progress.size_bytes = cases, size_bytes
        if progress.stopped:
            raise _Stopped

    def watch(size_bytes: int) -> None:
        follow(progress.cases, size_bytes)

    digest, size_bytes = archive.write(package, follow, watch)
    _finish(job, part_path(job.pk), digest, size_bytes, package.case_count)


def _exporter(job: ExportJob) -> Exporter:
    if job.format == CROPS:
        return CropsExporter(CropChoices.parse(job.options), CampaignPixels(job.campaign))
    return EXPORTERS[job.format]


def _cases_left(job: ExportJob, archive: Archive) -> Iterator[CaseFacts]:
    """Yield the cases that no earlier attempt wrote."""
    for case in cases_of(job.campaign, include_drafts=job.include_drafts, with_planes=takes_planes(job.format)):
        if case.name not in archive.done_cases:
            archive.saw(case.name)
            yield case


def _finish(job: ExportJob, path: Path, digest: str, size_bytes: int, cases: int) -> None:
    """Put the file in its place, and say so."""
    if not _held(job.pk, job.attempt).exists():
        raise _Stopped
    path.replace(file_path(job.pk))
    now = timezone.now()
    said: dict[str, Any] = {
        "state": _State.DONE,
        "lease_until": None,
        "done_count": cases,
        "case_count": cases,
        "size_bytes": size_bytes,
        "digest": digest,
        "finished_at": now,
        "kept_until": now + timedelta(days=settings.EXPORT_KEEP_DAYS),
    }
    if not _held(job.pk, job.attempt).update(**said):
        forget([file_path(job.pk)])
        raise _Stopped
    end_run(job, digest=digest, count=cases)
    forget([path])
    if is_outdated(job):
        remove_export(job=job, reason=ExportJob.Reason.WITHDRAWAL)


def _fail(job: ExportJob, code: str, place: str, detail: str) -> None:
    said = {"error_code": code[:40], "error_place": place[:200], "error_detail": detail[:300]}
    if _held(job.pk, job.attempt).update(state=_State.FAILED, lease_until=None, finished_at=timezone.now(), **said):
        end_run(job, error_code=code[:40])
        forget([part_path(job.pk)])


def _held(job_id: UUID, attempt: int) -> QuerySet[ExportJob]:
    return ExportJob.objects.filter(pk=job_id, attempt=attempt, state=_State.WORKING)
