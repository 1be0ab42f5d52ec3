"""Reads one operation of the save protocol from JSON values: its types and its members, nothing that needs the database."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from annotation.errors import refusal
from annotation.models import Decision
from annotation.services.cell_marks import CellPlace
from annotation.services.exam_marks import Citation, parse_cites
from annotation.services.report_marks import Span, parse_span

_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_MEMBERS: Final = frozenset({"operation_id", "verb", "annotation_id", "base_revision", "annotation", "suggestion_id", "verdict", "reason"})
_BODY_MEMBERS: Final = frozenset(
    {
        "granularity",
        "frame",
        "geometry",
        "labels",
        "text",
        "form",
        "certainty",
        "basis",
        "origin",
        "suggestion_id",
        "active_seconds",
        "span",
        "cites",
        "cell",
    }
)
_MAX_REVISION: Final = 2**31 - 1
_MAX_LABELS: Final = 32
_MAX_BASIS: Final = 32
_MAX_REASON: Final = 500
_MAX_SECONDS: Final = 1e7
MARKING_VERDICTS: Final = frozenset({Decision.Verdict.ACCEPT, Decision.Verdict.EDIT, Decision.Verdict.RELABEL})
"""The verdicts that make a suggestion into a mark."""


@dataclass(frozen=True, slots=True)
class Body:
    """What a mark shall say, as it came: types are right, meaning is not yet checked. Coordinates: level-0 px."""

    granularity: str
    frame: int | None
    geometry: Any
    labels: list[str]
    text: str
    form: dict[str, Any] | None
    certainty: str
    basis: list[dict[str, str]]
    origin: str
    active_seconds: float
    span: Span | None = None
    """Of a mark on a report: where in its text."""
    cites: tuple[Citation, ...] | None = None
    """Of a finding of the whole examination: what shows it."""
    cell: CellPlace | None = None
    """Of a mark that is made of a cell of a layer: which one."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One change to one read. ``base_revision`` is the revision that the change was made on; 0 makes a new mark."""

    operation_id: UUID
    verb: str
    annotation_id: UUID | None
    base_revision: int
    body: Body | None
    suggestion_id: UUID | None
    verdict: str
    reason: str

    @property
    def mark_ids(self) -> list[UUID]:
        """The one mark that the operation names, or none."""
        return [] if self.annotation_id is None else [self.annotation_id]


def parse_uuid(value: object) -> UUID | None:
    """Return the UUID in its usual 36 characters, or None for anything else."""
    return UUID(value) if isinstance(value, str) and _UUID.fullmatch(value) else None


def parse_operation(value: object) -> Operation:
    """Return the operation.

    Raises:
        ApiError: ``operation_malformed`` with a pointer from the operation.
    """
    if not isinstance(value, dict):
        raise refusal("operation_malformed")
    for name in value:
        if name not in _MEMBERS:
            raise refusal("operation_malformed", f"/{name}")
    reason = value.get("reason")
    operation_id = parse_uuid(value.get("operation_id"))
    if operation_id is None:
        raise refusal("operation_malformed", "/operation_id")
    if reason is not None and not (isinstance(reason, str) and len(reason) <= _MAX_REASON):
        raise refusal("operation_malformed", "/reason")
    operation = Operation(
        operation_id=operation_id,
        verb=value["verb"] if value.get("verb") in ("put", "delete", "decide") else "",
        annotation_id=_optional_uuid(value, "annotation_id"),
        base_revision=_whole_number(value.get("base_revision", 0), "/base_revision"),
        body=None if value.get("annotation") is None else parse_body(value["annotation"], "/annotation"),
        suggestion_id=_optional_uuid(value, "suggestion_id"),
        verdict=value["verdict"] if value.get("verdict") in Decision.Verdict.values else "",
        reason=reason or "",
    )
    _check_members_of_verb(operation, verdict_given=value.get("verdict") is not None)
    return operation


def _check_members_of_verb(operation: Operation, *, verdict_given: bool) -> None:
    """Raise ApiError ``operation_malformed`` where a verb lacks a member or has one that is not its own."""
    decide = operation.verb == "decide"
    marks = operation.verb == "put" or operation.verdict in MARKING_VERDICTS
    body_wanted = marks and operation.verdict != Decision.Verdict.ACCEPT
    faults = {
        "/verb": not operation.verb,
        "/verdict": verdict_given != decide or (decide and not operation.verdict),
        "/suggestion_id": (operation.suggestion_id is not None) != decide,
        "/annotation_id": operation.annotation_id is None and (marks or operation.verb == "delete"),
        "/annotation": (operation.body is None) if body_wanted else (operation.body is not None and not marks),
        "/base_revision": operation.base_revision == 0 and operation.annotation_id is not None and not marks,
    }
    for pointer, wrong in faults.items():
        if wrong:
            raise refusal("operation_malformed", pointer)


def parse_body(value: object, pointer: str) -> Body:
    """Return what a mark shall say; ``pointer`` is where the value stands in the request.

    Raises:
        ApiError: ``operation_malformed``.
    """
    if not isinstance(value, dict):
        raise refusal("operation_malformed", pointer)
    for name in value:
        if name not in _BODY_MEMBERS:
            raise refusal("operation_malformed", f"{pointer}/{name}")
    frame, form = value.get("frame"), value.get("form")
    if form is not None and not isinstance(form, dict):
        raise refusal("operation_malformed", f"{pointer}/form")
    _optional_uuid(value, "suggestion_id", pointer)
    return Body(
        granularity=_text(value.get("granularity"), f"{pointer}/granularity"),
        frame=None if frame is None else _whole_number(frame, f"{pointer}/frame"),
        geometry=value.get("geometry"),
        labels=_labels(value.get("labels"), f"{pointer}/labels"),
        text=_text(value.get("text", ""), f"{pointer}/text"),
        form=form,
        certainty="" if value.get("certainty") is None else _text(value["certainty"], f"{pointer}/certainty"),
        basis=_basis(value.get("basis", []), f"{pointer}/basis"),
        origin=_text(value.get("origin", "manual"), f"{pointer}/origin"),
        active_seconds=_seconds(value.get("active_seconds", 0), f"{pointer}/active_seconds"),
        span=parse_span(value.get("span"), f"{pointer}/span"),
        cites=parse_cites(value.get("cites"), f"{pointer}/cites"),
        cell=_cell(value.get("cell"), f"{pointer}/cell"),
    )


def _cell(value: object, pointer: str) -> CellPlace | None:
    if value is None:
        return None
    layer_id = parse_uuid(value.get("layer_id")) if isinstance(value, dict) and set(value) == {"layer_id", "number"} else None
    if layer_id is None or not isinstance(value, dict):
        raise refusal("operation_malformed", pointer)
    return CellPlace(layer_id, _whole_number(value["number"], f"{pointer}/number"))


def _optional_uuid(value: Mapping[str, Any], name: str, pointer: str = "") -> UUID | None:
    found = value.get(name)
    parsed = parse_uuid(found)
    if found is not None and parsed is None:
        raise refusal("operation_malformed", f"{pointer}/{name}")
    return parsed


def _text(value: object, pointer: str) -> str:
    if not isinstance(value, str):
        raise refusal("operation_malformed", pointer)
    return value


def _whole_number(value: object, pointer: str) -> int:
    # bool is an int in Python and a different thing in JSON
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MAX_REVISION:
        raise refusal("operation_malformed", pointer)
    return value


def _seconds(value: object, pointer: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or not 0 <= value <= _MAX_SECONDS:
        raise refusal("operation_malformed", pointer)
    return float(value)


def _labels(value: object, pointer: str) -> list[str]:
    if not isinstance(value, list) or len(value) > _MAX_LABELS:
        raise refusal("operation_malformed", pointer)
    codes = [_text(code, f"{pointer}/{index}") for index, code in enumerate(value)]
    if len(set(codes)) < len(codes):
        raise refusal("operation_malformed", pointer)
    return codes


def _basis(value: object, pointer: str) -> list[dict[str, str]]:
    if not isinstance(value, list) or len(value) > _MAX_BASIS:
        raise refusal("operation_malformed", pointer)
    for index, entry in enumerate(value):
        if not isinstance(entry, dict) or set(entry) != {"method", "status"}:
            raise refusal("operation_malformed", f"{pointer}/{index}")
        for name, member in entry.items():
            _text(member, f"{pointer}/{index}/{name}")
    return [dict(entry) for entry in value]
