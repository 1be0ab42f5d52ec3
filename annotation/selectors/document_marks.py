"""Marks, and what became of suggestions, as plain facts: streams that are read from the database in bounded pieces."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet

from annotation.models import Annotation, CellLayer, Decision, ImportedAnnotation, Read, Suggestion, SuggestionRun
from annotation.schema.facts import (
    AnnotationFacts,
    CellOriginFacts,
    CitationFacts,
    DecisionFacts,
    ImportedFacts,
    ModelFacts,
    ReadFacts,
    SuggestionFacts,
)
from annotation.schema.labels import Granularity
from annotation.schema.shapes import Shape
from annotation.selectors.cell_groups import model_of_layer
from annotation.selectors.document_confirmations import confirmation_facts, put_back
from annotation.selectors.geometry import shape_of
from annotation.selectors.people import People
from viewer.dicomweb.uids import uid_of
from viewer.models import Instance
from viewer.services.frame_times import frame_seconds

__all__ = ["annotations_of", "decisions_of", "findings_of", "read_facts"]

ROWS_AT_ONCE: Final = 500


def read_facts(read: Read, people: People) -> ReadFacts:
    """Return a read with its reader's pseudonym."""
    return ReadFacts(
        id=str(read.pk),
        image_id=str(read.image_id),
        reader=people.pseudonym(read.reader_id),
        state=read.state,
        sequence=read.sequence,
        opened_at=read.opened_at,
        submitted_at=read.submitted_at,
        active_seconds=read.active_seconds,
    )


def annotations_of(
    reads: dict[UUID, ReadFacts], strategies: dict[UUID, str], people: People, until: datetime | None
) -> Iterator[AnnotationFacts]:
    """Yield the annotations of some reads by (image, id), with the decision behind each one that came from a suggestion."""
    if not reads:
        return
    stored = Annotation.objects.filter(read_id__in=list(reads), deleted=False, report__isnull=True, cites__isnull=True)
    yield from _told(stored, reads, strategies, people, until)


def findings_of(reads: dict[UUID, ReadFacts], people: People, until: datetime | None) -> tuple[AnnotationFacts, ...]:
    """Return what some reads say of the whole examination, in the order of (image, id); what it cites comes as it was said."""
    stored = Annotation.objects.filter(read_id__in=list(reads), deleted=False, cites__isnull=False)
    return tuple(replace(facts, granularity=Granularity.DIAGNOSIS) for facts in _told(stored, reads, {}, people, until))


def _told(
    stored: QuerySet[Annotation], reads: dict[UUID, ReadFacts], strategies: dict[UUID, str], people: People, until: datetime | None
) -> Iterator[AnnotationFacts]:
    ordered = stored.select_related("suggestion__run__endpoint").order_by("read__image_id", "pk")
    rows = ordered.iterator(chunk_size=ROWS_AT_ONCE)
    while batch := list(islice(rows, ROWS_AT_ONCE)):
        if until is not None:
            put_back(batch, until)
        decisions, uids, imports, layers = _last_decisions(batch), _shared_uids(batch, reads), _imports(batch), _layers(batch)
        confirmations = confirmation_facts(batch, until=until, pseudonym=people.pseudonym)
        for row in batch:
            suggestion = None
            if row.suggestion is not None:
                decision = decisions.get((row.read_id, row.suggestion.pk))
                suggestion = _decided(row.suggestion, decision, strategies.get(row.suggestion.image_id, ""), people)
            read = reads[row.read_id]
            facts = _annotation_facts(row, read, suggestion, uids.get((read.image_id, row.sop_instance_uid), ""))
            cell = _cell_origin(row.cell, layers) if row.cell else None
            yield replace(facts, imported=imports.get(row.pk), confirmations=confirmations.get(row.pk, ()), cell=cell)


def _imports(batch: Iterable[Annotation]) -> dict[UUID, ImportedFacts]:
    """Return where imported marks came from, the last time where they were imported twice; at most one query."""
    asked = [row.pk for row in batch if row.origin == "import"]
    if not asked:
        return {}
    rows = ImportedAnnotation.objects.filter(annotation_id__in=asked).select_related("run").order_by("pk")
    return {row.annotation_id: ImportedFacts(row.run.format, row.run.digest, row.source_id, row.source_label) for row in rows}


def _layers(batch: Iterable[Annotation]) -> dict[str, CellLayer]:
    """Return the layers whose cells some marks were made of; at most one query. One that a reader took a cell of is never removed."""
    asked = {row.cell["layer_id"] for row in batch if row.cell}
    return {str(layer.pk): layer for layer in CellLayer.objects.filter(pk__in=asked)} if asked else {}


def _cell_origin(cell: Mapping[str, Any], layers: Mapping[str, CellLayer]) -> CellOriginFacts | None:
    layer = layers.get(cell["layer_id"])
    return None if layer is None else CellOriginFacts(str(layer.pk), cell["number"], model_of_layer(layer), str(layer.run_id or ""))


def _shared_uids(batch: Iterable[Annotation], reads: dict[UUID, ReadFacts]) -> dict[tuple[str, str], str]:
    """Return (image, SOP Instance UID of the file) -> the UID that is told outside; at most one query."""
    named = {(reads[row.read_id].image_id, row.sop_instance_uid) for row in batch if row.sop_instance_uid}
    if not named:
        return {}
    images, uids = {image for image, _ in named}, {uid for _, uid in named}
    rows = Instance.objects.filter(image_id__in=images, sop_instance_uid__in=uids).values_list("image_id", "sop_instance_uid", "id")
    return {(str(image), uid): uid_of(key) for image, uid, key in rows}


def _last_decisions(batch: Iterable[Annotation]) -> dict[tuple[UUID, UUID], Decision]:
    """Return (read, suggestion) -> the decision that counts, for annotations that came from suggestions; one query."""
    asked = Q(pk__in=[])
    pairs = [(row.read_id, row.suggestion_id) for row in batch if row.suggestion_id is not None]
    if pairs:
        asked = Q(read_id__in={read for read, _ in pairs}, suggestion_id__in={suggestion for _, suggestion in pairs})
    return {(row.read_id, row.suggestion_id): row for row in Decision.objects.filter(asked).order_by("pk")}


def _annotation_facts(row: Annotation, read: ReadFacts, suggestion: SuggestionFacts | None, sop_instance_uid: str) -> AnnotationFacts:
    return AnnotationFacts(
        id=str(row.pk),
        revision=row.revision,
        image_id=read.image_id,
        read=read,
        granularity=row.granularity,
        shape=shape_of(row),
        labels=tuple(row.labels),
        created_at=row.created_at,
        updated_at=row.updated_at,
        frame=row.frame,
        last_frame=row.last_frame,
        frame_s=None if row.frame is None else frame_seconds(UUID(read.image_id), row.frame),
        sop_instance_uid=sop_instance_uid,
        text=row.text,
        form_data=row.form_data,
        certainty=row.certainty,
        basis=tuple(row.basis),
        suggestion=suggestion,
        active_seconds=row.active_seconds,
        cites=tuple(CitationFacts(one["image_id"], one["frame"], one["annotation_id"] or "") for one in row.cites or ()),
    )


def _decided(suggestion: Suggestion, decision: Decision | None, strategy: str, people: People) -> SuggestionFacts:
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


def decisions_of(reads: dict[UUID, ReadFacts], people: People) -> Iterator[DecisionFacts]:
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
