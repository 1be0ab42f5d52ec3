"""The save protocol: applies operations to a read, each at most once, none at the cost of another. See docs/saving.md."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from annotation.errors import Conflict, refusal
from annotation.events import AnnotationsChanged, DecisionsChanged, publish
from annotation.locks import lock_read
from annotation.models import Annotation, CellChange, Decision, Read, Revision, Suggestion
from annotation.selectors.annotations import annotation_json
from annotation.selectors.reads import check_may_write
from annotation.services.cell_changes import store_change, stored_change
from annotation.services.cell_input import CellOperation, is_cell_operation, parse_cell_operation
from annotation.services.decisions import store_decision
from annotation.services.mark_checks import IMAGE_LEVEL, CheckedMark, MarkRules, check_mark
from annotation.services.operation_input import Operation, parse_operation
from annotation.services.replays import is_repetition
from annotation.services.suggested_marks import check_verdict, mark_of_suggestion
from viewer.api.errors import ApiError

MAX_OPERATIONS: Final = 200
_ATTEMPTS: Final = 2


@dataclass(frozen=True, slots=True)
class OperationResult:
    """What became of one operation. ``annotation`` is the mark after it, or, for a conflict, as the server holds it now."""

    operation_id: str | None
    status: str  # applied, replayed, conflict or rejected
    annotation: dict[str, Any] | None = None
    error: ApiError | None = None


@dataclass(frozen=True, slots=True)
class OperationsResult:
    """What became of a list of operations; ``sequence`` is the read's list revision afterwards."""

    sequence: int
    results: list[OperationResult]


def apply_operations(*, user: User, read_id: UUID, operations: Sequence[object]) -> OperationsResult:
    """Apply operations in their order and say of each what became of it.

    All that is applied is committed together; what is refused leaves nothing behind. An operation that was applied
    before, in whatever request, is answered from its stored revision or decision and not applied again.

    Args:
        user: the reader.
        read_id: the read that all operations belong to.
        operations: JSON values, at most 200, see docs/saving.md.

    Raises:
        ApiError: ``not_found``, ``not_your_read``, ``reading_not_allowed`` or ``too_many_operations``; then nothing is applied.
    """
    if len(operations) > MAX_OPERATIONS:
        raise refusal("too_many_operations", "/operations")
    check_may_write(user=user, read_id=read_id)
    parsed = [_parse(value) for value in operations]
    with transaction.atomic():
        batch = _Batch(
            lock_read(read_id), user, {operation.operation_id for operation in parsed if not isinstance(operation, OperationResult)}
        )
        results = [batch.apply(operation) for operation in parsed]
        batch.finish()
    return OperationsResult(batch.read.sequence, results)


def _parse(value: object) -> Operation | CellOperation | OperationResult:
    """Return an operation, or the refusal of what is none."""
    try:
        return parse_cell_operation(value) if is_cell_operation(value) else parse_operation(value)
    except ApiError as error:
        given = value.get("operation_id") if isinstance(value, dict) else None
        return OperationResult(given[:64] if isinstance(given, str) else None, "rejected", error=error)


def _stored(operation_ids: set[UUID]) -> set[UUID]:
    """Return those operations that were applied before, in whatever read: one query for a whole request."""
    revisions, decisions, changes = (
        model.objects.order_by().filter(operation_id__in=operation_ids).values_list("operation_id", flat=True)
        for model in (Revision, Decision, CellChange)
    )
    return set(revisions.union(decisions, changes))


class _Batch:
    """The operations of one request on one read, whose row the caller has locked."""

    def __init__(self, read: Read, user: User, operation_ids: set[UUID]) -> None:
        self.read = read
        self.user = user
        self.known_ids = _stored(operation_ids)
        self.rules = MarkRules(read)
        self.first_sequence = read.sequence
        self.decided = False

    def apply(self, operation: Operation | CellOperation | OperationResult) -> OperationResult:
        """Apply one operation in a savepoint of its own; one that was refused as it came stays refused."""
        if isinstance(operation, OperationResult):
            return operation
        operation_id = str(operation.operation_id)
        try:
            status, annotation = self._apply_once_more_if_raced(operation)
        except Conflict as conflict:
            return OperationResult(operation_id, "conflict", conflict.current, conflict)
        except ApiError as error:
            return OperationResult(operation_id, "rejected", error=error)
        self.known_ids.add(operation.operation_id)
        return OperationResult(operation_id, status, annotation)

    def finish(self) -> None:
        """Store the list revision and tell who listens."""
        if self.read.sequence == self.first_sequence:
            return
        self.read.save(update_fields=["sequence"])
        read_id, campaign_id, sequence = self.read.pk, self.read.campaign_id, self.read.sequence
        publish(AnnotationsChanged(read_id=read_id, campaign_id=campaign_id, sequence=sequence))
        if self.decided:
            publish(DecisionsChanged(read_id=read_id, campaign_id=campaign_id, sequence=sequence))

    def _apply_once_more_if_raced(self, operation: Operation | CellOperation) -> tuple[str, dict[str, Any] | None]:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                with transaction.atomic():
                    return self._apply_to_cells(operation) if isinstance(operation, CellOperation) else self._apply(operation)
            except IntegrityError:
                # Another read took the same id in this very moment; it is committed now and is seen by the next look.
                if attempt == _ATTEMPTS:
                    raise
                self.known_ids.add(operation.operation_id)
        raise AssertionError("the loop returns or raises")

    def _apply(self, operation: Operation) -> tuple[str, dict[str, Any] | None]:
        if operation.operation_id in self.known_ids and (replayed := self._replay(operation)):
            return replayed
        if self.read.state != Read.State.OPEN:
            raise refusal("read_submitted")
        annotation = self._decide(operation) if operation.verb == "decide" else self._put_or_delete(operation)
        self.read.sequence += 1
        self.decided = self.decided or operation.verb == "decide"
        return "applied", annotation

    def _replay(self, operation: Operation) -> tuple[str, dict[str, Any] | None] | None:
        """Return what was answered before; None for an operation that lost a race for something else than its own id."""
        revision = Revision.objects.filter(operation_id=operation.operation_id).first()
        decision = Decision.objects.filter(operation_id=operation.operation_id).first()
        if revision or decision:
            self._check_repetition(operation, revision, decision)
            return "replayed", revision.body if revision else None
        if CellChange.objects.filter(operation_id=operation.operation_id).exists():
            raise refusal("operation_id_reused", "/operation_id")
        return None

    def _apply_to_cells(self, operation: CellOperation) -> tuple[str, None]:
        if stored_change(read=self.read, user=self.user, operation=operation):
            return "replayed", None
        if any(model.objects.filter(operation_id=operation.operation_id).exists() for model in (Revision, Decision)):
            raise refusal("operation_id_reused", "/operation_id")
        if self.read.state != Read.State.OPEN:
            raise refusal("read_submitted")
        store_change(read=self.read, user=self.user, operation=operation, rules=self.rules)
        self.read.sequence += 1
        return "applied", None

    def _check_repetition(self, operation: Operation, revision: Revision | None, decision: Decision | None) -> None:
        """Raise ApiError ``operation_id_reused`` unless the operation is a repetition of what is stored."""
        mine = all(
            (stored.read_id, stored.author_id) == (self.read.pk, self.user.pk) for stored in (revision, decision) if stored is not None
        )
        try:
            suggestion = decision.suggestion if decision and revision else None
            mark = self._mark(operation, suggestion) if mine else None
        except ApiError as error:
            # What is stored was valid; what is not valid is something else.
            raise refusal("operation_id_reused", "/operation_id") from error
        if not mine or not is_repetition(operation, revision=revision, decision=decision, mark=mark):
            raise refusal("operation_id_reused", "/operation_id")

    def _mark(self, operation: Operation, suggestion: Suggestion | None) -> CheckedMark | None:
        """Return the mark that an operation asks for; None for one that asks for none."""
        if operation.body is not None:
            return check_mark(self.rules, operation.body)
        accepted = operation.verdict == Decision.Verdict.ACCEPT and suggestion is not None
        return mark_of_suggestion(self.rules, suggestion) if accepted and suggestion else None

    def _put_or_delete(self, operation: Operation) -> dict[str, Any]:
        known = self._known(operation)
        mark = self._mark(operation, None)
        if mark is None:
            return self._delete(operation, known)
        if known is None and operation.body is not None and operation.body.origin != "manual":
            raise refusal("decision_required", "/annotation/origin")
        return self._store(operation, known, mark, None)

    def _decide(self, operation: Operation) -> dict[str, Any] | None:
        suggestion = self._suggestion(operation)
        known = self._known(operation) if operation.annotation_id else None
        mark = self._mark(operation, suggestion)
        others = self.read.annotations.filter(suggestion=suggestion, deleted=False).exclude(pk__in=operation.mark_ids)
        if operation.verdict != Decision.Verdict.UNDO and others.exists():
            raise refusal("already_decided", "/suggestion_id")
        body = None
        if mark is not None:
            check_verdict(self.rules, operation.verdict, suggestion, mark)
            body = self._store(operation, known, mark, suggestion)
        elif known is not None and known.suggestion_id != suggestion.pk:
            raise refusal("not_found", "/annotation_id")
        elif known is not None and not known.deleted:
            body = self._delete(operation, known)
        store_decision(
            read=self.read,
            suggestion=suggestion,
            user=self.user,
            verdict=operation.verdict,
            reason=operation.reason,
            annotation=Annotation.objects.filter(pk__in=operation.mark_ids).first(),
            operation_id=operation.operation_id,
            shown_at=None,  # the first exposure in this read
        )
        return body

    def _suggestion(self, operation: Operation) -> Suggestion:
        """Return the suggestion that is decided on; one of another image or reader does not exist here."""
        theirs = Q(run__read__isnull=True) | Q(run__read=self.read)
        on_this_image = Suggestion.objects.filter(theirs, campaign=self.read.campaign_id, image=self.read.image_id)
        suggestion = on_this_image.filter(pk=operation.suggestion_id).first() if operation.suggestion_id else None
        if suggestion is None:
            raise refusal("unknown_suggestion", "/suggestion_id")
        return suggestion

    def _known(self, operation: Operation) -> Annotation | None:
        """Return the mark that an operation changes, or None for one that makes a mark.

        Raises:
            ApiError: ``not_found`` when this read has no such mark, or another read has it.
            Conflict: when the mark is at another revision than the one that the operation was made on.
        """
        known = Annotation.objects.filter(pk__in=operation.mark_ids).first()
        if known is None and operation.base_revision == 0:
            return None
        if known is None or known.read_id != self.read.pk:
            raise refusal("not_found", "/annotation_id")
        if operation.verb == "delete" and known.deleted:
            raise Conflict("already_deleted", annotation_json(known, reader_id=self.read.reader_id))
        if known.revision != operation.base_revision:
            raise Conflict("stale_revision", annotation_json(known, reader_id=self.read.reader_id))
        return known

    def _store(self, operation: Operation, known: Annotation | None, mark: CheckedMark, suggestion: Suggestion | None) -> dict[str, Any]:
        """Store a new, changed or restored mark and its revision; return it as the API gives it."""
        if mark.is_image_level and self._other_diagnosis(operation).exists():
            raise refusal("diagnosis_exists", "/annotation/granularity")
        verb = "create" if known is None else "restore" if known.deleted else "update"
        annotation = known or Annotation(id=operation.mark_ids[0], read=self.read, revision=0, created_at=timezone.now())
        for column, value in mark.columns.items():
            # Of what cell a mark was made is said when it is made; nothing done later changes it.
            if column != "cell" or known is None:
                setattr(annotation, column, value)
        if suggestion is not None:
            annotation.origin, annotation.suggestion = "suggestion", suggestion
        annotation.deleted = False
        return self._write(operation, annotation, verb)

    def _delete(self, operation: Operation, known: Annotation | None) -> dict[str, Any]:
        if known is None:
            raise refusal("not_found", "/annotation_id")
        known.deleted = True
        return self._write(operation, known, "delete")

    def _write(self, operation: Operation, annotation: Annotation, verb: str) -> dict[str, Any]:
        annotation.revision += 1
        annotation.sequence = self.read.sequence + 1
        annotation.updated_at = timezone.now()
        annotation.save(force_insert=verb == "create", force_update=verb != "create")
        body = annotation_json(annotation, reader_id=self.read.reader_id)
        Revision.objects.create(
            annotation=annotation,
            read=self.read,
            number=annotation.revision,
            sequence=annotation.sequence,
            verb=verb,
            operation_id=operation.operation_id,
            author=self.user,
            body=body,
            created_at=annotation.updated_at,
        )
        return body

    def _other_diagnosis(self, operation: Operation) -> QuerySet[Annotation]:
        image_level = self.read.annotations.filter(deleted=False, geometry_kind="", granularity__in=IMAGE_LEVEL)
        return image_level.exclude(pk__in=operation.mark_ids)
