"""Tells a repeated operation from a new one that wrongly carries a used operation id."""

from typing import Any

from annotation.models import Decision, Revision
from annotation.selectors.annotations import span_json
from annotation.services.mark_checks import CheckedMark
from annotation.services.operation_input import Operation

_PLAIN_MEMBERS = {"granularity": "granularity", "frame": "frame", "labels": "labels", "text": "text", "form": "form_data", "basis": "basis"}


def is_repetition(operation: Operation, *, revision: Revision | None, decision: Decision | None, mark: CheckedMark | None) -> bool:
    """Return whether what is stored under this operation id is what the operation asks for.

    Args:
        operation: the operation at hand, of the same read and author as what is stored.
        revision: the revision stored under the operation id, if any.
        decision: the decision stored under the operation id, if any.
        mark: the operation's mark as it would be stored; None when it has none.
    """
    if (decision is not None) != (operation.verb == "decide"):
        return False
    if decision is not None:
        asked = (operation.suggestion_id, operation.verdict, operation.reason)
        if (decision.suggestion_id, decision.verdict, decision.reason) != asked:
            return False
    if revision is None:
        return mark is None
    if (revision.annotation_id, revision.number) != (operation.annotation_id, operation.base_revision + 1):
        return False
    if mark is None:
        return revision.verb == "delete"
    return revision.verb != "delete" and _says_the_same(mark, revision.body)


def _says_the_same(mark: CheckedMark, body: dict[str, Any]) -> bool:
    columns = mark.columns
    return (
        all(columns[column] == body[member] for member, column in _PLAIN_MEMBERS.items())
        and (mark.shape.to_body() if mark.shape else None) == body["geometry"]
        and (columns["certainty"] or None) == body["certainty"]
        and columns["active_seconds"] == body["active_seconds"]
        and span_json(columns["report"].pk if columns["report"] else None, columns["span"]) == body.get("span")
        and columns["cites"] == body.get("cites")
        and columns["cell"] in (None, body.get("cell"))
    )
