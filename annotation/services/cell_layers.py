"""Cell layers: taken in as a file, made by the worker, thrown away while nobody has worked on them. The row is the queue."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import IO, Any, Final
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import F, ProtectedError, Q, QuerySet
from django.utils import timezone

from annotation.cells.importing import Report, import_file
from annotation.cells.names import KnownLabel, codes_of
from annotation.cells.shelf import layer_path
from annotation.errors import refusal
from annotation.events import CampaignChanged, publish
from annotation.locks import lock_campaign
from annotation.models import Annotation, Campaign, CellLayer
from annotation.services.suggestion_errors import image_not_in_campaign
from annotation.services.uploads import keep_upload
from viewer.api.errors import ApiError
from viewer.models import Image

LEASE_S: Final = 30.0
MAX_ATTEMPTS: Final = 3
MAX_LAYERS: Final = 20
_MAX_NAME: Final = 200
_MAX_MAP: Final = 255


def cells_folder() -> Path:
    """Where layers lie, and the files that they are made of until then."""
    folder: Path = settings.DATA_DIR / "cells"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def receive_layer(
    *, user: User, campaign: Campaign, image_id: UUID, stream: IO[bytes], name: str, label_map: Mapping[str, str] | None = None
) -> CellLayer:
    """Take a GeoJSON file for an image of a campaign and leave it to the worker; the caller has checked the permission.

    Args:
        user: who brings it.
        campaign: whose readers see the cells.
        image_id: of an image of the campaign.
        stream: GeoJSON as QuPath writes it, plain or gzip.
        name: what readers shall call it.
        label_map: class of the file -> code of the campaign's label set, where names do not tell.

    Raises:
        ApiError: ``image_not_in_campaign``, ``cell_layer_invalid``, ``too_many_cell_layers``, ``cells_empty`` or
            ``cells_file_too_large``; then nothing is kept.
    """
    image = Image.objects.filter(pk=image_id, campaign_images__campaign=campaign).first()
    if image is None:
        raise image_not_in_campaign()
    if image.has_frames or not name.strip() or len(name) > _MAX_NAME:
        raise refusal("cell_layer_invalid", "/name" if not image.has_frames else "")
    labels = dict(label_map or {})
    known = set(campaign.label_set.labels.values_list("code", flat=True))
    if len(labels) > _MAX_MAP or not set(labels.values()) <= known:
        raise refusal("cell_layer_invalid", "/label_map")
    layer = CellLayer(campaign=campaign, image=image, name=name.strip(), label_map=labels, created_by=user)
    limit = settings.UPLOAD_MAX_BYTES
    digest, _size = keep_upload(stream, waiting_path(layer.pk), max_bytes=limit, empty="cells_empty", too_large="cells_file_too_large")
    layer.source = {"file": name.strip(), "sha256": digest}
    with transaction.atomic():
        lock_campaign(campaign.pk)
        try:
            check_room(campaign, image)
        except ApiError:
            waiting_path(layer.pk).unlink(missing_ok=True)
            raise
        layer.save(force_insert=True)
    return layer


def check_room(campaign: Campaign, image: Image) -> None:
    """Refuse one layer too many on an image; raises ``ApiError``: ``too_many_cell_layers``."""
    if CellLayer.objects.filter(campaign=campaign, image=image).exclude(state=CellLayer.State.FAILED).count() >= MAX_LAYERS:
        raise refusal("too_many_cell_layers")


def delete_layer(*, layer: CellLayer) -> None:
    """Throw a layer away that no reader has changed anything of; the caller has checked the permission.

    Raises:
        ApiError: ``cell_layer_in_use``.
    """
    layer_id = layer.pk
    if Annotation.objects.filter(read__campaign=layer.campaign_id, cell__layer_id=str(layer_id)).exists():
        raise refusal("cell_layer_in_use")
    try:
        with transaction.atomic():
            layer.delete()
            transaction.on_commit(lambda: _forget_files(layer_id))
    except (ProtectedError, IntegrityError) as error:  # a change that comes at this very moment is seen by the database alone
        raise refusal("cell_layer_in_use") from error


def claim_layer(*, lease_s: float = LEASE_S) -> CellLayer | None:
    """Take the oldest layer that waits, or whose worker has died; None if there is none. Two workers never get the same."""
    now = timezone.now()
    waiting = Q(state=CellLayer.State.WAITING) | Q(state=CellLayer.State.IMPORTING, lease_until__lte=now)
    for layer in CellLayer.objects.filter(waiting).order_by("created_at", "pk")[:20]:
        mine = CellLayer.objects.filter(pk=layer.pk, attempt=layer.attempt, state=layer.state, lease_until=layer.lease_until)
        if layer.attempt >= MAX_ATTEMPTS:
            mine.update(state=CellLayer.State.FAILED, error_code="import_interrupted", lease_until=None)
            continue
        lease = now + timedelta(seconds=lease_s)
        if mine.update(state=CellLayer.State.IMPORTING, attempt=F("attempt") + 1, lease_until=lease):
            return CellLayer.objects.select_related("campaign__label_set", "image").get(pk=layer.pk)
    return None


def renew_layer_lease(*, layer_id: UUID, attempt: int, lease_s: float = LEASE_S) -> bool:
    """Give a sign of life; False if the import is no longer in the hands of this attempt."""
    return bool(_held(layer_id, attempt).update(lease_until=timezone.now() + timedelta(seconds=lease_s)))


def release_layer(*, layer: CellLayer) -> None:
    """Put an import back unfinished because the worker is told to stop; the attempt does not count."""
    _held(layer.pk, layer.attempt).update(state=CellLayer.State.WAITING, attempt=F("attempt") - 1, lease_until=None)


def import_layer(*, layer: CellLayer) -> CellLayer:
    """Carry out a claimed import and end it: ready or failed. Nothing is raised for what is wrong with the file."""
    source, target = waiting_path(layer.pk), layer_path(cells_folder(), layer.pk)
    if source.exists():
        report = import_file(source, target, width_px=layer.image.width_px, height_px=layer.image.height_px)
    else:
        report = Report(code="import_file_gone")
    values = _failed(report) if report.code else _ready(layer, report, target)
    if _held(layer.pk, layer.attempt).update(lease_until=None, refused=report.refused, **values):
        _throw_away(source)
        publish(CampaignChanged(campaign_id=layer.campaign_id))
    layer.refresh_from_db()
    return layer


def _failed(report: Report) -> dict[str, Any]:
    return {"state": CellLayer.State.FAILED, "error_code": report.code[:40], "error_detail": report.detail[:500]}


def _ready(layer: CellLayer, report: Report, path: Path) -> dict[str, Any]:
    rows = layer.campaign.label_set.labels.all()
    known = [KnownLabel(row.code, (row.display_ja, row.display_en)) for row in rows]
    codes = codes_of(report.labels, known, layer.label_map)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    labels = [{"name": name, "code": code} for name, code in zip(report.labels, codes, strict=True)]
    return {"state": CellLayer.State.READY, "labels": labels, "cell_count": report.cells, "digest": digest}


def _held(layer_id: UUID, attempt: int) -> QuerySet[CellLayer]:
    return CellLayer.objects.filter(pk=layer_id, attempt=attempt, state=CellLayer.State.IMPORTING)


def _forget_files(layer_id: UUID) -> None:
    layer_path(cells_folder(), layer_id).unlink(missing_ok=True)
    _throw_away(waiting_path(layer_id))


def _throw_away(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def waiting_path(layer_id: UUID) -> Path:
    """Where the file of a layer that is to be imported lies; of one that a model made, a folder with its answers."""
    return cells_folder() / f"{layer_id}.import"
