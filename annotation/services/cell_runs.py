"""Runs whose model outlines all cells of an image: its answers are kept as files, and become one layer by the usual import.

A layer has the id of its run, and the row names the run: however often a run is carried out, there is one layer of it.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from annotation.cells.geojson import SCORE
from annotation.cells.importing import PARTS
from annotation.locks import lock_campaign
from annotation.models import CellLayer, SuggestionRun
from annotation.services.cell_layers import cells_folder, check_room, waiting_path
from annotation.services.endpoint_parameters import EndpointParameters
from annotation.services.endpoints import note_success
from annotation.services.run_leases import LeaseLost, held, tell
from annotation.services.run_requests import asked_of, request_of, same_version
from annotation.services.suggestion_errors import endpoint_refusal
from annotation.services.suggestion_pixels import Source, encode_crop
from annotation.services.suggestion_targets import Target
from annotation.suggestions.client import EndpointClient
from annotation.suggestions.crops import Crop
from annotation.suggestions.errors import EndpointError
from annotation.suggestions.limits import DEFAULT_LIMITS, Limits
from annotation.suggestions.proposals import Proposal, read_answer
from viewer.tiles.pool import PixelPool

# A model may think about a whole slide for a while; nobody stands by.
CELL_LIMITS: Final = Limits(total_s=600.0)
_GRANULARITY: Final = "cell"
_MAX_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class Asking:
    """Whom a run asks, and for what."""

    client: EndpointClient
    target: Target
    parameters: EndpointParameters
    source: Source
    pool: PixelPool


def collect_cells(*, run: SuggestionRun, crops: list[Crop], asking: Asking) -> None:
    """Ask about each crop, keep the answers, and leave them to the import of a layer; what an earlier attempt kept is not asked again.

    Raises:
        EndpointError: for what the endpoint does.
        ApiError: ``nothing_to_ask`` where the campaign or the image takes no cells, ``too_many_cell_layers``.
        LeaseLost: when the run is in other hands.
    """
    if asking.target.granularity != _GRANULARITY or run.image.has_frames:
        raise endpoint_refusal("nothing_to_ask", pointer="/parameters/cells")
    sweep_answers()
    folder = waiting_path(run.pk)
    folder.mkdir(mode=0o700, exist_ok=True)
    _note(run, steps=len(crops))
    for step, crop in enumerate(crops):
        if not _about(folder, step).exists():
            _ask(run, step, crop, asking, folder)
        # Not counted up: an attempt that was interrupted between file and row would leave it short.
        _note(run, steps_done=step + 1)
    _finish(run, folder, len(crops), asking.target)


def sweep_answers() -> None:
    """Throw away what runs left that will not go on: their rows ended without a layer."""
    folders = {path.stem: path for path in cells_folder().glob("*.import") if path.is_dir()}
    going = SuggestionRun.objects.filter(state__in=(SuggestionRun.State.QUEUED, SuggestionRun.State.RUNNING)).values_list("pk", flat=True)
    layers = CellLayer.objects.filter(run__isnull=False, pk__in=list(folders)).values_list("pk", flat=True)
    wanted = {str(pk) for pk in (*going, *layers)}
    for name, path in folders.items():
        if name not in wanted:
            shutil.rmtree(path, ignore_errors=True)


def _ask(run: SuggestionRun, step: int, crop: Crop, asking: Asking, folder: Path) -> None:
    """Ask about one crop and keep the answer; the file about it is written last, and means that it is there."""
    picture = encode_crop(crop=crop, source=asking.source, pool=asking.pool)
    request = request_of(run, asking.target, crop, asking.parameters, picture, takes_labels=False)
    # Of this attempt: one that lost its lease may still be writing.
    file = folder / f"{step:05d}-{run.attempt}.cells"
    left = settings.UPLOAD_MAX_BYTES - sum(path.stat().st_size for path in folder.glob("*.cells"))
    file.unlink(missing_ok=True)
    answer = asking.client.infer_cells(run.endpoint.model_name, *request, path=file, most_bytes=max(0, left))
    run.model_version = same_version(run, answer.model_version)
    about: dict[str, Any] = {"file": file.name, "scale": crop.scale, "left_px": crop.x, "top_px": crop.y}
    dropped = 0
    if not file.exists():
        reading = read_answer(asked_of(run, asking.target, crop), answer.outputs, DEFAULT_LIMITS)
        kept = [one for one in reading.proposals if one.score >= asking.parameters.threshold]
        body = b"".join(_feature(proposal) for proposal in kept)
        if len(body) > left:
            raise EndpointError("endpoint_too_large", f"the cells are more than {settings.UPLOAD_MAX_BYTES >> 20} MiB")
        _write(file, body)
        dropped = reading.dropped
        # A proposal is in pixels of the image already.
        about |= {"scale": 1.0, "left_px": 0, "top_px": 0}
    with file.open("rb") as stream:
        about["sha256"] = hashlib.file_digest(stream, "sha256").hexdigest()
    _note(run, model_name=run.endpoint.model_name, model_version=run.model_version, dropped_count=F("dropped_count") + dropped)
    _write(_about(folder, step), json.dumps(about).encode())


def _feature(proposal: Proposal) -> bytes:
    """Return an outline as a line of GeoJSON, its class the campaign's label."""
    polygons = proposal.shape.polygons if proposal.shape is not None else []
    said = {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": polygons[0] if polygons else []},
        "properties": {"classification": {"name": proposal.label}, "measurements": {SCORE: proposal.score}},
    }
    return json.dumps(said).encode() + b"\n"


def _finish(run: SuggestionRun, folder: Path, steps: int, target: Target) -> None:
    """End the run, and with it let the layer wait for its import; none of the same cells that are there already."""
    parts = [json.loads(_about(folder, step).read_bytes()) for step in range(steps)]
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
    is_empty = not any((folder / part["file"]).stat().st_size for part in parts)
    _write(folder / PARTS, json.dumps(parts).encode())
    with transaction.atomic():
        lock_campaign(run.campaign_id)
        known = CellLayer.objects.filter(campaign=run.campaign, image=run.image, run__endpoint=run.endpoint, source__sha256=digest)
        is_new = not is_empty and not known.exclude(state=CellLayer.State.FAILED).exists()
        if is_new:
            check_room(run.campaign, run.image)
            _layer(run, digest, target.codes).save(force_insert=True)
        now = timezone.now()
        if not held(run).update(state=SuggestionRun.State.DONE, lease_until=None, finished_at=now, error_code="", error_detail=""):
            raise LeaseLost
        note_success(endpoint=run.endpoint, version=run.model_version)
        tell(run)
    if not is_new:
        shutil.rmtree(folder, ignore_errors=True)


def _layer(run: SuggestionRun, digest: str, codes: Iterable[str]) -> CellLayer:
    known = frozenset(codes)
    model, version = run.endpoint.model_name, run.model_version
    return CellLayer(
        pk=run.pk,
        run=run,
        campaign=run.campaign,
        image=run.image,
        name=f"{model} {version}".strip()[:_MAX_NAME],
        label_map={word: code for word, code in run.endpoint.label_map.items() if code in known},
        source={"file": "", "sha256": digest, "model": model, "version": version, "endpoint": run.endpoint.name},
        created_by=run.requested_by or User.objects.get(pk=run.endpoint.created_by_id),
    )


def _note(run: SuggestionRun, **values: Any) -> None:
    if not held(run).update(**values):
        raise LeaseLost
    if "steps_done" in values:
        tell(run)


def _about(folder: Path, step: int) -> Path:
    return folder / f"{step:05d}.json"


def _write(path: Path, body: bytes) -> None:
    temporary = path.with_suffix(".part")
    temporary.write_bytes(body)
    temporary.replace(path)
