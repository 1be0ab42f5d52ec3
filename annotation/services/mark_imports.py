"""Imports of marks as their reader steers them: bring a file, choose, confirm, take back, throw away. The row is the queue."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Final
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from annotation.errors import refusal
from annotation.importers.preview import CODED
from annotation.importers.source import MAX_BYTES
from annotation.models import Campaign, ImportMapping, ImportRun
from annotation.services.uploads import keep_upload

MAX_OPEN: Final = 200
_MAX_NAME: Final = 255
_State = ImportRun.State
_OPEN_STATES: Final = (_State.WAITING, _State.READING, _State.READ, _State.CONFIRMED, _State.STORING)
_THROWABLE: Final = (_State.WAITING, _State.READ, _State.FAILED)


def imports_folder() -> Path:
    """Where files lie until their import is over, and what was read of them."""
    folder: Path = settings.DATA_DIR / "imports"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def source_path(run_id: UUID) -> Path:
    """The file as it came."""
    return imports_folder() / f"{run_id}.source"


def marks_path(run_id: UUID) -> Path:
    """What was read of it, a mark a line."""
    return imports_folder() / f"{run_id}.marks"


def receive_import(*, user: User, campaign: Campaign, stream: IO[bytes], name: str, options: Mapping[str, Any]) -> ImportRun:
    """Take a file of marks and leave it to the worker to be read; the caller has checked that the user reads the campaign.

    Args:
        user: who brings it, into whose own reads it goes.
        campaign: whose images it is about.
        stream: the file.
        name: as it came.
        options: see :func:`checked_options`.

    Raises:
        ApiError: ``import_malformed``, ``too_many_imports``, ``import_empty`` or ``import_too_large``; then nothing is kept.
    """
    if not 0 < len(name) <= _MAX_NAME or not name.isprintable():
        raise refusal("import_malformed", "/name")
    if ImportRun.objects.filter(campaign=campaign, created_by=user, state__in=_OPEN_STATES).count() >= MAX_OPEN:
        raise refusal("too_many_imports")
    run = ImportRun(campaign=campaign, created_by=user, file_name=name, options=checked_options(campaign, options))
    limit = min(MAX_BYTES, settings.UPLOAD_MAX_BYTES)
    run.digest, run.size_bytes = keep_upload(
        stream, source_path(run.pk), max_bytes=limit, empty="import_empty", too_large="import_too_large"
    )
    run.save(force_insert=True)
    return run


def checked_options(campaign: Campaign, value: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a reader chose where the file does not say: images, classes, y_axis; absent ones are empty.

    Raises:
        ApiError: ``import_malformed`` with a pointer, or ``image_not_in_campaign``.
    """
    unknown = set(value) - {"images", "classes", "y_axis"}
    if unknown:
        raise refusal("import_malformed", f"/{min(unknown)}")
    images, classes, y_axis = value.get("images", {}), value.get("classes", []), value.get("y_axis", "")
    if not isinstance(images, dict) or len(images) > 1000 or not all(isinstance(one, str) and len(one) <= 36 for one in images.values()):
        raise refusal("import_malformed", "/images")
    if not isinstance(classes, list) or len(classes) > 1000 or not all(isinstance(one, str) and len(one) <= 200 for one in classes):
        raise refusal("import_malformed", "/classes")
    if y_axis not in ("", "up", "down"):
        raise refusal("import_malformed", "/y_axis")
    known = {str(pk) for pk in campaign.campaign_images.values_list("image_id", flat=True)}
    for name, image_id in images.items():
        if image_id not in known:
            raise refusal("import_malformed", f"/images/{name}")
    return {"images": images, "classes": classes, "y_axis": y_axis}


def choose_options(*, run: ImportRun, options: Mapping[str, Any]) -> ImportRun:
    """Read the file once more with other choices.

    Raises:
        ApiError: ``import_state`` unless the import waits to be confirmed or failed on being read, or as :func:`checked_options`.
    """
    chosen = checked_options(run.campaign, options)
    _move(run, (_State.READ, _State.FAILED), _State.WAITING, options=chosen, attempt=0, error_code="", error_place="", error_detail="")
    return run


def confirm_import(*, run: ImportRun, labels: Mapping[str, str | None]) -> ImportRun:
    """Let the worker import what was read, with these labels, and remember them for the campaign.

    Args:
        run: an import that waits to be confirmed.
        labels: label of the file -> code of the campaign's label set, None where the class is left out.

    Raises:
        ApiError: ``import_state``, ``import_choice_missing`` or ``unknown_label`` with a pointer, ``import_nothing``.
    """
    known = set(run.campaign.label_set.labels.values_list("code", flat=True))
    for key, code in labels.items():
        if code is not None and code not in known:
            raise refusal("unknown_label", f"/labels/{key}")
    asked = [row["key"] for row in run.preview.get("labels", ())]
    missing = next((key for key in asked if key not in labels), None)
    if missing is not None:
        raise refusal("import_choice_missing", f"/labels/{missing}")
    chosen = {key: labels[key] for key in asked}
    placed = any(image["target"] and image["marks"] for image in run.preview.get("images", ()))
    # What bears a code of its own asks for no label.
    coded = any(group["kind"] == CODED for group in run.preview.get("groups", ()))
    if run.state == _State.READ and not (placed and (coded or any(chosen.values()))):
        raise refusal("import_nothing")
    with transaction.atomic():
        _move(run, (_State.READ,), _State.CONFIRMED, mapping=chosen, attempt=0, done_count=0)
        for key, code in chosen.items():
            ImportMapping.objects.update_or_create(
                campaign=run.campaign, format=run.format, source_label=key, defaults={"code": code or ""}
            )
    return run


def discard_import(*, run: ImportRun) -> None:
    """Throw a file away that was not imported.

    Raises:
        ApiError: ``import_state`` for one that is being worked on or was imported.
    """
    run_id = run.pk
    with transaction.atomic():
        if not ImportRun.objects.filter(pk=run_id, state__in=_THROWABLE, imported=None).delete()[0]:
            raise refusal("import_state")
        transaction.on_commit(lambda: forget_files(run_id))


def forget_files(run_id: UUID) -> None:
    """Remove the file and what was read of it."""
    for path in (source_path(run_id), marks_path(run_id)):
        path.unlink(missing_ok=True)


def _move(run: ImportRun, before: tuple[str, ...], after: str, **values: Any) -> None:
    """Put a run to another step, unless it is not at one of the steps before. Raises ApiError ``import_state``."""
    if not ImportRun.objects.filter(pk=run.pk, state__in=before).update(state=after, lease_until=None, **values):
        raise refusal("import_state")
    run.refresh_from_db()


def end(run: ImportRun, state: str, **values: Any) -> bool:
    """Finish what the worker holds; False if it is in other hands by now."""
    held = ImportRun.objects.filter(pk=run.pk, attempt=run.attempt, state=run.state)
    return bool(held.update(**{"state": state, "lease_until": None, "finished_at": timezone.now()} | values))
