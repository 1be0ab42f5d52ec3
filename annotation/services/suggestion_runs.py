"""Suggestion runs, as the worker sees them: claimed, executed step by step, ended. The row is the queue and the truth.

Every write names the attempt it belongs to: a worker that lost its lease to another one changes nothing any more.
"""

import logging
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from annotation.models import CampaignImage, ModelEndpoint, Suggestion, SuggestionRun
from annotation.services.cell_runs import CELL_LIMITS, Asking, collect_cells
from annotation.services.endpoint_parameters import parse_parameters
from annotation.services.endpoints import client_of, note_failure, note_success
from annotation.services.run_leases import LeaseLost, held, tell
from annotation.services.run_requests import asked_of, request_of, same_version
from annotation.services.suggestion_pixels import crops_of, encode_crop, source_of
from annotation.services.suggestion_targets import target_of
from annotation.suggestions.errors import EndpointError
from annotation.suggestions.limits import DEFAULT_LIMITS
from annotation.suggestions.proposals import Proposal, Reading, read_answer
from annotation.suggestions.ranking import image_uncertainty
from viewer.api.errors import ApiError
from viewer.readers.errors import ReaderError
from viewer.tiles.pool import PixelPool, default_pool

LEASE_S: Final = 30.0
MAX_ATTEMPTS: Final = 3
RETRY_AFTER: Final = timedelta(seconds=5)
# More than an answer may hold shapes: the step of a suggestion can be read from its position.
POSITIONS_PER_STEP: Final = 2 * DEFAULT_LIMITS.shapes
# A model that finds nothing may be right or blind: neither first nor last in the queue.
UNCERTAINTY_OF_NOTHING: Final = 0.5
PASSING_ERRORS: Final = frozenset({"endpoint_timeout", "endpoint_unreachable", "endpoint_not_ready"})
PASSING_READER_ERRORS: Final = frozenset({"worker_crashed", "worker_timeout", "workers_busy", "pool_closed"})
log = logging.getLogger(__name__)


def claim_run(*, lease_s: float = LEASE_S) -> SuggestionRun | None:
    """Take the oldest run that waits, or whose worker has died, and return it; None if there is none.

    Two workers never get the same run: the row is taken by an update that names the attempt it was seen at. A run that
    was interrupted three times is ended instead, so that one image cannot bring down workers for ever.
    """
    now = timezone.now()
    free = Q(endpoint__blocked_until__isnull=True) | Q(endpoint__blocked_until__lte=now)
    waiting = Q(state=SuggestionRun.State.QUEUED) & (Q(lease_until__isnull=True) | Q(lease_until__lte=now))
    abandoned = Q(state=SuggestionRun.State.RUNNING, lease_until__lte=now)
    for run in SuggestionRun.objects.filter(free, waiting | abandoned).order_by("created_at", "pk")[:20]:
        mine = SuggestionRun.objects.filter(pk=run.pk, attempt=run.attempt, state=run.state, lease_until=run.lease_until)
        if run.attempt >= MAX_ATTEMPTS:
            ended = mine.update(state=SuggestionRun.State.FAILED, error_code="run_interrupted", finished_at=now, lease_until=None)
            if ended:
                tell(run)
            continue
        lease = now + timedelta(seconds=lease_s)
        if mine.update(state=SuggestionRun.State.RUNNING, attempt=F("attempt") + 1, lease_until=lease, started_at=now):
            return SuggestionRun.objects.select_related("campaign__label_set", "image", "endpoint").get(pk=run.pk)
    return None


def renew_lease(*, run_id: UUID, attempt: int, lease_s: float = LEASE_S) -> bool:
    """Give a sign of life; return False if the run is no longer in the hands of this attempt."""
    mine = SuggestionRun.objects.filter(pk=run_id, attempt=attempt, state=SuggestionRun.State.RUNNING)
    return bool(mine.update(lease_until=timezone.now() + timedelta(seconds=lease_s)))


def release_run(*, run: SuggestionRun) -> None:
    """Put a run back unfinished because the worker is told to stop; the attempt does not count."""
    held(run).update(state=SuggestionRun.State.QUEUED, attempt=F("attempt") - 1, lease_until=None)


def execute_run(*, run: SuggestionRun, pool: PixelPool | None = None) -> SuggestionRun:
    """Carry out a claimed run and end it: done, failed, or queued again after a passing failure.

    Steps that an earlier attempt stored are not repeated. Nothing is raised for what endpoints and images do: it is
    noted on the run and on the endpoint, for the admin.
    """
    try:
        _carry_out(run, pool or default_pool())
    except LeaseLost:
        log.warning("run %s was taken over; what was not stored is given up", run.pk)
    except EndpointError as error:
        note_failure(endpoint=run.endpoint, code=error.code)
        _fail(run, error.code, error.detail, passing=error.code in PASSING_ERRORS)
    except ReaderError as error:
        _fail(run, error.code, error.text, passing=error.code in PASSING_READER_ERRORS)
    except ApiError as error:
        _fail(run, error.code, error.pointer, passing=False)
    run.refresh_from_db()
    return run


def _carry_out(run: SuggestionRun, pool: PixelPool) -> None:
    if not run.endpoint.enabled:
        _fail(run, "endpoint_disabled", "", passing=False)
        return
    parameters = parse_parameters(run.endpoint.parameters)
    target = target_of(run.campaign, run.endpoint, parameters)
    source = source_of(run.image)
    crops = crops_of(run=run, parameters=parameters, source=source, pool=pool)
    if parameters.cells and run.region is None:
        collect_cells(run=run, crops=crops, asking=Asking(client_of(run.endpoint, CELL_LIMITS), target, parameters, source, pool))
        return
    client = client_of(run.endpoint)
    takes_labels = target.task == "classify" and bool(crops) and "labels" in client.model(run.endpoint.model_name).inputs
    stored = set(run.suggestions.order_by().values_list("position", flat=True))
    done_steps = {position // POSITIONS_PER_STEP for position in stored}
    uncertainties: list[float] = []
    for step, crop in enumerate(crops):
        if step in done_steps:
            continue
        request = request_of(run, target, crop, parameters, encode_crop(crop=crop, source=source, pool=pool), takes_labels=takes_labels)
        answer = client.infer(run.endpoint.model_name, *request)
        version = same_version(run, answer.model_version)
        reading = read_answer(asked_of(run, target, crop), answer.outputs, DEFAULT_LIMITS)
        _store(run, step, reading, version, threshold=parameters.threshold)
        uncertainties += [reading.uncertainty] if reading.uncertainty is not None else []
    _finish(run, uncertainties)


@transaction.atomic
def _store(run: SuggestionRun, step: int, reading: Reading, version: str, *, threshold: float) -> None:
    """Store what one step found, all of it or nothing, if the run is still this worker's."""
    kept = [proposal for proposal in reading.proposals if proposal.score >= threshold]
    run.model_version = version[:64]
    owned = held(run).update(
        model_name=run.endpoint.model_name,
        model_version=run.model_version,
        dropped_count=F("dropped_count") + reading.dropped,
        suggestion_count=F("suggestion_count") + len(kept),
    )
    if not owned:
        raise LeaseLost
    rows = [suggestion_row(run, step * POSITIONS_PER_STEP + number, proposal) for number, proposal in enumerate(kept)]
    Suggestion.objects.bulk_create(rows, batch_size=500)


def suggestion_row(run: SuggestionRun, position: int, proposal: Proposal) -> Suggestion:
    """Return the row of a proposal, not stored yet."""
    row = Suggestion(
        run=run,
        campaign=run.campaign,
        image=run.image,
        position=position,
        frame=proposal.frame,
        granularity=proposal.granularity,
        labels=[proposal.label],
        score=proposal.score,
        uncertainty=proposal.uncertainty,
    )
    if proposal.shape is not None:
        row.geometry_kind = proposal.shape.kind
        row.geometry_wkb = proposal.shape.wkb()
        row.min_x_px, row.min_y_px, row.max_x_px, row.max_y_px = proposal.shape.bounds
    return row


@transaction.atomic
def _finish(run: SuggestionRun, uncertainties: list[float]) -> None:
    now = timezone.now()
    if not held(run).update(state=SuggestionRun.State.DONE, lease_until=None, finished_at=now, error_code="", error_detail=""):
        raise LeaseLost
    note_success(endpoint=run.endpoint, version=run.model_version)
    if run.region is None:
        uncertainty, strategy = _uncertainty_of(run, uncertainties)
        CampaignImage.objects.filter(campaign=run.campaign, image=run.image).update(uncertainty=uncertainty, strategy=strategy)
    tell(run)


def _uncertainty_of(run: SuggestionRun, uncertainties: list[float]) -> tuple[float | None, str]:
    """Return how unsure the model is of the image, and how that was made."""
    stored = list(run.suggestions.order_by("position").values_list("score", "uncertainty"))
    if run.endpoint.task == ModelEndpoint.Task.CLASSIFY:
        # Nothing was counted in this attempt if an earlier one had stored the step.
        found = uncertainties or [uncertainty for _score, uncertainty in stored if uncertainty is not None]
        return (sum(found) / len(found) if found else None), "entropy"
    if not stored:
        return UNCERTAINTY_OF_NOTHING, "nothing_found"
    return image_uncertainty([score for score, _uncertainty in stored if score is not None]), "score"


def _fail(run: SuggestionRun, code: str, detail: str, *, passing: bool) -> None:
    """End a run with a reason; after a passing failure it waits and is tried again, up to three times."""
    now = timezone.now()
    again = passing and run.attempt < MAX_ATTEMPTS
    held(run).update(
        state=SuggestionRun.State.QUEUED if again else SuggestionRun.State.FAILED,
        lease_until=now + RETRY_AFTER * 2 ** (run.attempt - 1) if again else None,
        finished_at=None if again else now,
        error_code=code[:40],
        error_detail=detail[:500],
    )
    tell(run)
