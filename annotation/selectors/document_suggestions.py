"""What models proposed of the images of some reads, and what readers decided: the part of documents on suggestions."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any, Final
from uuid import UUID

from django.db.models import Q

from annotation.models import (
    Annotation,
    Decision,
    Suggestion,
    SuggestionRun,
)
from annotation.schema.facts import (
    DecisionFacts,
    ModelFacts,
    ReadFacts,
    SuggestionFacts,
)
from annotation.schema.shapes import Shape
from annotation.selectors.people import People

__all__ = ["decided", "decisions", "last_decisions"]

ROWS_AT_ONCE: Final = 500


def last_decisions(batch: Iterable[Annotation]) -> dict[tuple[UUID, UUID], Decision]:
    """Return (read, suggestion) -> the decision that counts, for annotations that came from suggestions; one query."""
    asked = Q(pk__in=[])
    pairs = [(row.read_id, row.suggestion_id) for row in batch if row.suggestion_id is not None]
    if pairs:
        asked = Q(read_id__in={read for read, _ in pairs}, suggestion_id__in={suggestion for _, suggestion in pairs})
    return {(row.read_id, row.suggestion_id): row for row in Decision.objects.filter(asked).order_by("pk")}


def decided(suggestion: Suggestion, decision: Decision | None, strategy: str, people: People) -> SuggestionFacts:
    """Return a suggestion with the decision that counts; without one, as it was proposed. `strategy` is why its image was asked for."""
    if decision is None or decision.verdict == Decision.Verdict.UNDO:
        return _suggestion_facts(suggestion, strategy=strategy)
    return _suggestion_facts(
        suggestion,
        strategy=strategy,
        verdict=decision.verdict,
        decided_by=people.pseudonym(decision.author_id),
        decided_at=decision.decided_at,
        shown_at=decision.shown_at,
        reason=decision.reason,
    )


def _suggestion_facts(suggestion: Suggestion, *, strategy: str = "", verdict: str = "", **decided: Any) -> SuggestionFacts:
    return SuggestionFacts(
        id=str(suggestion.pk),
        run_id=str(suggestion.run_id),
        model=_model_facts(suggestion.run),
        score=suggestion.score,
        uncertainty=suggestion.uncertainty,
        strategy=strategy,
        shape=_shape(suggestion),
        labels=tuple(suggestion.labels),
        verdict=verdict,
        **decided,
    )


def _model_facts(run: SuggestionRun) -> ModelFacts:
    name = run.model_name or run.endpoint.model_name
    version = run.model_version or "not-stated"
    digest = hashlib.sha256(f"{name}\n{version}".encode()).hexdigest()
    return ModelFacts(f"model-{digest[:16]}", name, version)


def _shape(row: Suggestion) -> Shape | None:
    return Shape.from_wkb(row.geometry_kind, bytes(row.geometry_wkb)) if row.geometry_wkb is not None else None


def decisions(reads: dict[UUID, ReadFacts], people: People) -> Iterator[DecisionFacts]:
    """Yield every verdict of some reads in the order in which they fell, undone ones included."""
    if not reads:
        return
    rows = (
        Decision.objects.filter(read_id__in=list(reads))
        .select_related("suggestion__run__endpoint", "annotation")
        .order_by("pk")
        .iterator(chunk_size=ROWS_AT_ONCE)
    )
    for row in rows:
        mark = row.annotation
        yield DecisionFacts(
            suggestion=_suggestion_facts(row.suggestion),
            image_id=str(row.suggestion.image_id),
            frame=row.suggestion.frame,
            granularity=row.suggestion.granularity,
            read_id=str(row.read_id),
            verdict=row.verdict,
            by=people.pseudonym(row.author_id),
            at=row.decided_at,
            shown_at=row.shown_at,
            reason=row.reason,
            annotation_id=str(mark.pk) if mark is not None else "",
            kept=mark is not None and not mark.deleted and mark.suggestion_id == row.suggestion_id,
        )
