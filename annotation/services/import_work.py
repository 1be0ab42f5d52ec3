"""What the worker does for imports: takes one under a lease, reads its file or stores its marks, and ends it."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db.models import F, Q
from django.utils import timezone

from annotation.importers.facts import Options
from annotation.importers.problems import FileError
from annotation.importers.process import read_file
from annotation.models import ImportRun
from annotation.services.import_storing import store_marks
from annotation.services.import_targets import targets_of
from annotation.services.mark_imports import end, forget_files, marks_path, source_path
from viewer.api.errors import ApiError

LEASE_S: Final = 30.0
MAX_ATTEMPTS: Final = 3
_State = ImportRun.State
_AT_WORK: Final = {_State.WAITING: _State.READING, _State.CONFIRMED: _State.STORING}
_DICOM_HEAD: Final = 132


def claim_import(*, lease_s: float = LEASE_S) -> ImportRun | None:
    """Take the oldest import that waits, or whose worker has died; None if there is none. Two workers never get the same."""
    now = timezone.now()
    waiting = Q(state__in=_AT_WORK) | Q(state__in=_AT_WORK.values(), lease_until__lte=now)
    for run in ImportRun.objects.filter(waiting).order_by("created_at", "pk")[:20]:
        mine = ImportRun.objects.filter(pk=run.pk, attempt=run.attempt, state=run.state, lease_until=run.lease_until)
        if run.attempt >= MAX_ATTEMPTS:
            mine.update(state=_State.FAILED, error_code="import_interrupted", lease_until=None, finished_at=now)
            continue
        state = _AT_WORK.get(_State(run.state), _State(run.state))
        if mine.update(state=state, attempt=F("attempt") + 1, lease_until=now + timedelta(seconds=lease_s)):
            return ImportRun.objects.select_related("campaign__label_set", "campaign__form", "created_by").get(pk=run.pk)
    return None


def renew_import_lease(*, run_id: UUID, attempt: int, lease_s: float = LEASE_S) -> bool:
    """Give a sign of life; False if the import is no longer in the hands of this attempt."""
    held = ImportRun.objects.filter(pk=run_id, attempt=attempt, state__in=_AT_WORK.values())
    return bool(held.update(lease_until=timezone.now() + timedelta(seconds=lease_s)))


def release_import(*, run: ImportRun) -> None:
    """Put an import back unfinished because the worker is told to stop; the attempt does not count."""
    before = next(before for before, at_work in _AT_WORK.items() if at_work == run.state)
    held = ImportRun.objects.filter(pk=run.pk, attempt=run.attempt, state=run.state)
    held.update(state=before, attempt=F("attempt") - 1, lease_until=None)


def execute_import(*, run: ImportRun) -> ImportRun:
    """Carry out a claimed step and end it. Nothing is raised for what is wrong with the file or the read."""
    if run.state == _State.READING:
        _read(run)
    else:
        _store(run)
    run.refresh_from_db()
    return run


def _read(run: ImportRun) -> None:
    source = source_path(run.pk)
    try:
        with source.open("rb") as file:
            is_dicom = file.read(_DICOM_HEAD)[-4:] == b"DICM"
        candidates = targets_of(run.campaign, with_instances=is_dicom)
        chosen = run.options
        options = Options(chosen.get("images", {}), tuple(chosen.get("classes", ())), chosen.get("y_axis", ""))
        preview = read_file(source, marks_path(run.pk), name=run.file_name, candidates=candidates, options=options)
    except FileNotFoundError:
        end(run, _State.FAILED, error_code="import_file_gone")
    except FileError as error:
        said = {"error_code": error.code[:40], "error_place": error.place[:200], "error_detail": error.detail[:300]}
        end(run, _State.FAILED, **said)
    else:
        end(run, _State.READ, preview=preview, format=preview["format"], attempt=0, finished_at=None)


def _store(run: ImportRun) -> None:
    try:
        store_marks(run=run)
    except ApiError as error:
        end(run, _State.FAILED, error_code=error.code[:40], error_place=error.pointer[:200])
        return
    except FileNotFoundError:
        end(run, _State.FAILED, error_code="import_file_gone")
        return
    forget_files(run.pk)
