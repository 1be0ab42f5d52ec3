"""What a read is shown of a model's proposals, and what an admin sees of runs and endpoints."""

import json
from collections.abc import Iterable, Iterator
from hashlib import sha256
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Count, Q, QuerySet
from guardian.shortcuts import get_objects_for_user

from annotation.models import Campaign, Decision, ModelEndpoint, Read, Suggestion, SuggestionRun
from annotation.schema.shape_texts import body_texts
from annotation.selectors.annotations import instant
from annotation.selectors.json_texts import Written, as_text
from annotation.services.suggestion_errors import say
from viewer.api.errors import not_found

MAX_RUNS = 200


def suggestions_text(read: Read) -> str:
    """Return the suggestions on the image of a read as the API gives them, in JSON; coordinates in level-0 px, frames from 0.

    Shown are those of the newest finished run over the whole image and of the runs over a region since then; and whatever
    this read has decided on, so that a newer run takes nothing away from under a reader. What another reader pointed at is
    nobody else's.
    """
    decided = _last_decisions(read)
    shown = Q(run__in=[run.pk for run in _current_runs(read)]) | Q(pk__in=[pk for pk, row in decided.items() if row.verdict != "undo"])
    kept = Suggestion.objects.filter(shown, campaign=read.campaign_id, image=read.image_id).order_by(
        "run__created_at", "run_id", "position"
    )
    rows = [SuggestionRow._make(values) for values in kept.values_list(*SuggestionRow.columns())]
    together = zip(rows, _geometry_texts(rows), strict=True)
    return f"[{as_text([_suggestion_json(row, Written(geometry), decided.get(row.id)) for row, geometry in together])}]"


def suggestions_tag(read: Read) -> str:
    """Return an entity tag that changes whenever :func:`suggestions_text` or :func:`is_run_waiting` would."""
    facts = [read.sequence, is_run_waiting(read), *(str(run.pk) for run in _current_runs(read))]
    return f'W/"{sha256(repr(facts).encode()).hexdigest()[:32]}"'


def is_run_waiting(read: Read) -> bool:
    """Tell whether a model was asked about this image and has not answered yet."""
    waiting = (SuggestionRun.State.QUEUED, SuggestionRun.State.RUNNING)
    return SuggestionRun.objects.filter(campaign=read.campaign_id, image=read.image_id, state__in=waiting).exists()


def endpoints_for(user: User, *, permissions: Iterable[str] = ("use_modelendpoint", "manage_modelendpoint")) -> QuerySet[ModelEndpoint]:
    """Return the endpoints on which the user holds one of the permissions."""
    names = [f"annotation.{name}" for name in permissions]
    rows: QuerySet[ModelEndpoint] = get_objects_for_user(user, names, klass=ModelEndpoint, any_perm=True, accept_global_perms=False)
    return rows


def get_endpoint_to_manage(*, user: User, endpoint_id: UUID) -> ModelEndpoint:
    """Return an endpoint that the user may change; raises ApiError ``not_found`` for all others."""
    endpoint = endpoints_for(user, permissions=("manage_modelendpoint",)).filter(pk=endpoint_id).first()
    if endpoint is None:
        raise not_found()
    return endpoint


def endpoint_json(endpoint: ModelEndpoint, *, can_manage: bool) -> dict[str, Any]:
    """Return an endpoint as the API gives it, with what its last state means in the language of the request."""
    message, hint = say(endpoint.last_state)
    return {
        "id": str(endpoint.pk),
        "name": endpoint.name,
        "url": endpoint.url,
        "model_name": endpoint.model_name,
        "task": endpoint.task,
        "label_map": endpoint.label_map,
        "parameters": endpoint.parameters,
        "enabled": endpoint.enabled,
        "last_state": endpoint.last_state,
        "last_version": endpoint.last_version,
        "last_checked_at": instant(endpoint.last_checked_at) if endpoint.last_checked_at else None,
        "failures_in_a_row": endpoint.failures_in_a_row,
        "blocked_until": instant(endpoint.blocked_until) if endpoint.blocked_until else None,
        "message": message,
        "hint": hint,
        "can_manage": can_manage,
    }


def list_endpoints(user: User) -> list[dict[str, Any]]:
    """Return the endpoints that the user may use or change; two queries."""
    managed = set(endpoints_for(user, permissions=("manage_modelendpoint",)).values_list("pk", flat=True))
    return [endpoint_json(row, can_manage=row.pk in managed) for row in endpoints_for(user)]


def list_runs(campaign: Campaign) -> dict[str, Any]:
    """Return the newest runs of a campaign and how many there are in each state, prompts of readers left out; two queries."""
    asked = SuggestionRun.objects.filter(campaign=campaign, read__isnull=True)
    runs = asked.select_related("image", "endpoint")[:MAX_RUNS]
    counted = asked.order_by().values_list("state").annotate(count=Count("pk"))
    counts = dict.fromkeys(SuggestionRun.State.values, 0) | dict(counted)
    return {"runs": [run_json(run) for run in runs], "counts": counts}


def run_json(run: SuggestionRun) -> dict[str, Any]:
    """Return a run as the API gives it to an admin."""
    message, hint = say(run.error_code)
    return {
        "id": str(run.pk),
        "image_id": str(run.image_id),
        "image_name": run.image.name,
        "endpoint": {"id": str(run.endpoint_id), "name": run.endpoint.name},
        "state": run.state,
        "attempt": run.attempt,
        "region": run.region,
        "model": {"name": run.model_name, "version": run.model_version},
        "suggestion_count": run.suggestion_count,
        "dropped_count": run.dropped_count,
        "steps": run.steps,
        "steps_done": run.steps_done,
        "error": {"code": run.error_code, "message": message, "hint": hint, "detail": run.error_detail} if run.error_code else None,
        "created_at": instant(run.created_at),
        "finished_at": instant(run.finished_at) if run.finished_at else None,
    }


def _last_decisions(read: Read) -> dict[UUID, Decision]:
    """Return the decision of this read that counts, by suggestion."""
    return {row.suggestion_id: row for row in Decision.objects.filter(read=read).order_by("pk")}


def _current_runs(read: Read) -> list[SuggestionRun]:
    """Return the newest finished run over the whole image and the finished runs over a region asked for after it."""
    theirs = Q(read__isnull=True) | Q(read=read)
    done = SuggestionRun.objects.filter(theirs, campaign=read.campaign_id, image=read.image_id, state=SuggestionRun.State.DONE)
    current: list[SuggestionRun] = []
    for run in done.order_by("-created_at", "-finished_at", "pk"):
        current.append(run)
        if run.region is None:
            break
    return current


class SuggestionRow(NamedTuple):
    """The columns of a suggestion that its JSON is made from: thousands of them are read at once, and no object is made of each."""

    id: UUID
    run_id: UUID
    frame: int | None
    granularity: str
    labels: list[str]
    score: float | None
    uncertainty: float | None
    geometry_kind: str
    geometry_wkb: bytes | memoryview | None
    model_name: str
    model_version: str

    @classmethod
    def columns(cls) -> list[str]:
        """Return what to ask the database for."""
        return [f"run__{name}" if name.startswith("model_") else name for name in cls._fields]


def suggestion_json(row: Suggestion) -> dict[str, Any]:
    """Return a suggestion that nobody decided on as the API gives it."""
    columns = SuggestionRow._make(attrgetter(*(name.replace("__", ".") for name in SuggestionRow.columns()))(row))
    return _suggestion_json(columns, json.loads(next(_geometry_texts([columns]))), None)


def _geometry_texts(rows: list[SuggestionRow]) -> Iterator[str]:
    plain = [(row.geometry_kind, bytes(row.geometry_wkb)) for row in rows if row.geometry_wkb is not None]
    texts = iter(body_texts([kind for kind, _ in plain], [wkb for _, wkb in plain]))
    for row in rows:
        yield "null" if row.geometry_wkb is None else next(texts)


def _suggestion_json(row: SuggestionRow, geometry: object, decision: Decision | None) -> dict[str, Any]:
    open_again = decision is None or decision.verdict == Decision.Verdict.UNDO
    return {
        "id": str(row.id),
        "run_id": str(row.run_id),
        "frame": row.frame,
        "granularity": row.granularity,
        "geometry": geometry,
        "labels": row.labels,
        "score": row.score,
        "uncertainty": row.uncertainty,
        "model": {"name": row.model_name, "version": row.model_version},
        "decision": None if decision is None or open_again else {"verdict": decision.verdict, "at": instant(decision.decided_at)},
    }
