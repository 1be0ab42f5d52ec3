"""Changes that readers make to cells: checked, and added to the list of the read that they belong to."""

from __future__ import annotations

from typing import Final

from django.contrib.auth.models import User
from django.utils import timezone

from annotation.cells.overlay import ChangeKind
from annotation.cells.runs import UnusableRuns, from_runs, packed
from annotation.errors import refusal
from annotation.models import CellChange, CellLayer, Read
from annotation.services.cell_input import CellOperation
from annotation.services.mark_checks import MarkRules

_DRAWN: Final = frozenset({"cell", "region", "box", "point"})


def stored_change(*, read: Read, user: User, operation: CellOperation) -> CellChange | None:
    """Return the change that was stored under the operation's id, None for an operation that is new.

    Raises:
        ApiError: ``operation_id_reused`` when something else was stored under it.
    """
    stored = CellChange.objects.filter(operation_id=operation.operation_id).first()
    if stored is None:
        return None
    same_place = (stored.read_id, stored.author_id, stored.layer_id) == (read.pk, user.pk, operation.layer_id)
    same_change = (stored.kind, stored.label, stored.undoes) == (operation.kind, operation.label, operation.undoes)
    if not (same_place and same_change and bytes(stored.cells) == _packed(operation, stored.layer.cell_count)):
        raise refusal("operation_id_reused", "/operation_id")
    return stored


def store_change(*, read: Read, user: User, operation: CellOperation, rules: MarkRules) -> CellChange:
    """Add a change to a read whose row the caller has locked, at the list revision that follows.

    Raises:
        ApiError: ``unknown_cell_layer``, ``cells_malformed``, ``unknown_label``, ``label_not_allowed`` or ``unknown_cell_change``.
    """
    layer = CellLayer.objects.filter(
        pk=operation.layer_id, campaign=read.campaign_id, image=read.image_id, state=CellLayer.State.READY
    ).first()
    if layer is None:
        raise refusal("unknown_cell_layer", "/layer_id")
    if operation.kind == ChangeKind.RELABEL:
        _check_label(rules, operation.label)
    if operation.undoes is not None and not layer.changes.filter(read=read, operation_id=operation.undoes).exists():
        raise refusal("unknown_cell_change", "/change/undoes")
    cells = _packed(operation, layer.cell_count)
    return CellChange.objects.create(
        layer=layer,
        read=read,
        sequence=read.sequence + 1,
        operation_id=operation.operation_id,
        author=user,
        kind=operation.kind,
        label=operation.label,
        cells=cells,
        cell_count=sum(operation.runs[1::2]),
        undoes=operation.undoes,
        created_at=timezone.now(),
    )


def _packed(operation: CellOperation, cell_count: int) -> bytes:
    if operation.kind == ChangeKind.UNDO:
        return b""
    try:
        return packed(from_runs(operation.runs, cell_count))
    except UnusableRuns as error:
        raise refusal("cells_malformed", "/change/cells") from error


def _check_label(rules: MarkRules, code: str) -> None:
    allowed = rules.labels.get(code)
    if allowed is None:
        raise refusal("unknown_label", "/change/label")
    if allowed and not allowed & _DRAWN:
        raise refusal("label_not_allowed", "/change/label")
