"""What a mark made from a suggestion may say, by the verdict that made it."""

from annotation.errors import refusal
from annotation.models import Decision, Suggestion
from annotation.schema.shapes import Shape
from annotation.schema.tracks import AnyShape
from annotation.services.mark_checks import CheckedMark, MarkRules, check_mark
from annotation.services.operation_input import Body


def mark_of_suggestion(rules: MarkRules, suggestion: Suggestion) -> CheckedMark:
    """Return the mark that accepting the suggestion as it stands makes.

    Raises:
        ApiError: when the campaign's label set or image does not allow it.
    """
    shape = Shape.from_wkb(suggestion.geometry_kind, bytes(suggestion.geometry_wkb)) if suggestion.geometry_wkb is not None else None
    body = Body(
        granularity=suggestion.granularity,
        frame=suggestion.frame,
        geometry=shape.to_body() if shape else None,
        labels=list(suggestion.labels),
        text="",
        form=None,
        certainty="",
        basis=[],
        origin="suggestion",
        active_seconds=0.0,
    )
    return check_mark(rules, body)


def check_verdict(rules: MarkRules, verdict: str, suggestion: Suggestion, mark: CheckedMark) -> None:
    """Raise ApiError ``verdict_mismatch`` where a mark differs from the suggestion in more than the verdict says.

    Accepting changes nothing, relabelling the labels only, editing anything: how good a model is gets measured by these.
    """
    if verdict == Decision.Verdict.EDIT:
        return
    proposed = mark_of_suggestion(rules, suggestion)
    if proposed.columns["frame"] != mark.columns["frame"] or not _same_shape(proposed.shape, mark.shape):
        raise refusal("verdict_mismatch", "/annotation/geometry")
    if verdict == Decision.Verdict.ACCEPT and proposed.columns["labels"] != mark.columns["labels"]:
        raise refusal("verdict_mismatch", "/annotation/labels")


def _same_shape(one: AnyShape | None, other: AnyShape | None) -> bool:
    return (one.to_body() if one else None) == (other.to_body() if other else None)
