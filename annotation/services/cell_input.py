"""Reads one change to cells from JSON values: its types and its members, nothing that needs the database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, TypeGuard
from uuid import UUID

from annotation.cells.overlay import ChangeKind
from annotation.errors import refusal
from annotation.services.operation_input import parse_uuid

VERB: Final = "cells"
_MEMBERS: Final = frozenset({"operation_id", "verb", "layer_id", "change"})
# Members of the other verbs, which clients may send empty.
_EMPTY: Final = {"annotation_id": None, "base_revision": 0, "annotation": None, "suggestion_id": None, "verdict": None}
_CHANGE_MEMBERS: Final = {
    ChangeKind.RELABEL: {"kind", "cells", "label"},
    ChangeKind.ACCEPT: {"kind", "cells"},
    ChangeKind.DELETE: {"kind", "cells"},
    ChangeKind.UNDO: {"kind", "undoes"},
}


@dataclass(frozen=True, slots=True)
class CellOperation:
    """One change to the cells of one layer. `runs` are as they came, see `annotation.cells.runs`."""

    operation_id: UUID
    layer_id: UUID
    kind: ChangeKind
    runs: list[Any]
    label: str
    undoes: UUID | None


def is_cell_operation(value: object) -> TypeGuard[dict[str, Any]]:
    """Whether an operation is about cells, be it well written or not."""
    return isinstance(value, dict) and value.get("verb") == VERB


def parse_cell_operation(value: dict[str, Any]) -> CellOperation:
    """Return the operation.

    Raises:
        ApiError: ``operation_malformed`` with a pointer from the operation.
    """
    for name, member in value.items():
        if name not in _MEMBERS and not (name in _EMPTY and member == _EMPTY[name] and not isinstance(member, bool)):
            raise refusal("operation_malformed", f"/{name}")
    change = value.get("change")
    if not isinstance(change, dict) or change.get("kind") not in list(ChangeKind):
        raise refusal("operation_malformed", "/change")
    kind = ChangeKind(change["kind"])
    if set(change) != _CHANGE_MEMBERS[kind]:
        raise refusal("operation_malformed", "/change")
    runs, label = change.get("cells", []), change.get("label", "")
    if not isinstance(runs, list) or not isinstance(label, str):
        raise refusal("operation_malformed", "/change")
    return CellOperation(
        operation_id=_uuid(value.get("operation_id"), "/operation_id"),
        layer_id=_uuid(value.get("layer_id"), "/layer_id"),
        kind=kind,
        runs=runs,
        label=label,
        undoes=_uuid(change["undoes"], "/change/undoes") if kind == ChangeKind.UNDO else None,
    )


def _uuid(value: object, pointer: str) -> UUID:
    parsed = parse_uuid(value)
    if parsed is None:
        raise refusal("operation_malformed", pointer)
    return parsed
