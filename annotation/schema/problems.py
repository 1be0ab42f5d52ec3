"""What can be wrong with a shape or a document: codes, English message texts, and the errors that carry them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

__all__ = ["PROBLEM_TEXTS", "DocumentError", "Problem", "ProblemText", "ShapeError"]


def gettext_noop(text: str) -> str:
    """Mark a message id for translation; the caller who knows the user's language translates it."""
    return text


class ProblemText(NamedTuple):
    """What is wrong, and what to do next; both are message ids in English, without parameters."""

    text: str
    hint: str


PROBLEM_TEXTS: Final[dict[str, ProblemText]] = {
    "geometry_malformed": ProblemText(
        gettext_noop("The geometry is not written as the document schema says."),
        gettext_noop("Send a Point, Rectangle, Polygon or MultiPolygon with exactly the members of the schema."),
    ),
    "geometry_unknown_type": ProblemText(
        gettext_noop("This type of geometry is not known."),
        gettext_noop("Use Point, Rectangle, Polygon or MultiPolygon."),
    ),
    "geometry_not_finite": ProblemText(
        gettext_noop("A coordinate is not a finite number."),
        gettext_noop("Draw the mark again; if it happens again, report it to your administrator."),
    ),
    "geometry_not_closed": ProblemText(
        gettext_noop("A ring does not end where it starts."),
        gettext_noop("Repeat the first position at the end of each ring."),
    ),
    "geometry_self_crossing": ProblemText(
        gettext_noop("The outline crosses or touches itself."),
        gettext_noop("Move the vertices until the outline no longer crosses itself, or draw it again."),
    ),
    "geometry_invalid_rings": ProblemText(
        gettext_noop("The holes of the outline do not lie inside it."),
        gettext_noop("Keep each hole inside its outline and apart from the other holes."),
    ),
    "geometry_empty": ProblemText(
        gettext_noop("The shape has no area."),
        gettext_noop("Draw a larger shape; a single spot is marked with the point tool."),
    ),
    "geometry_too_many_vertices": ProblemText(
        gettext_noop("The shape has more than 20,000 vertices."),
        gettext_noop("Split the shape into several marks."),
    ),
    "geometry_too_complex": ProblemText(
        gettext_noop("The outline runs to and fro so often that it cannot be checked in reasonable time."),
        gettext_noop("Draw a simpler outline, or split it into several marks."),
    ),
    "geometry_outside_image": ProblemText(
        gettext_noop("The shape reaches outside the image."),
        gettext_noop("Move the shape so that all of it lies on the image."),
    ),
    "mask_malformed": ProblemText(
        gettext_noop("The mask is not written in its one canonical form."),
        gettext_noop("Compare the tile that the pointer names with docs/saving.md."),
    ),
    "mask_too_large": ProblemText(
        gettext_noop("The mask has too many tiles, or its border is too long."),
        gettext_noop("Split the mask into several marks, or draw outlines instead."),
    ),
    "geometry_required": ProblemText(
        gettext_noop("This granularity needs a shape on the image."),
        gettext_noop("Draw a shape, or record an image-level diagnosis instead."),
    ),
    "track_order": ProblemText(
        gettext_noop("The keyframes of a track do not follow one another."),
        gettext_noop("Give each keyframe a later frame than the one before it."),
    ),
    "track_empty": ProblemText(
        gettext_noop("A track is outside on all of its keyframes."),
        gettext_noop("Set its shape on at least one frame, or delete the mark."),
    ),
    "track_too_long": ProblemText(
        gettext_noop("A track has more than 2,000 keyframes."),
        gettext_noop("Split the track into several marks."),
    ),
    "track_mixed_shapes": ProblemText(
        gettext_noop("The keyframes of a track are of different kinds."),
        gettext_noop("Use points only, boxes only, or outlines only."),
    ),
    "track_needs_frames": ProblemText(
        gettext_noop("Tracks are for stacks and videos; this image has no frames."),
        gettext_noop("Draw a plain mark."),
    ),
    "track_frame": ProblemText(
        gettext_noop("The frame of a track is not the first one that it is on."),
        gettext_noop("Send the frame of the first keyframe that has a shape."),
    ),
    "granularity_not_allowed": ProblemText(
        gettext_noop("This granularity does not go with this kind of shape."),
        gettext_noop("Choose the tool that belongs to the granularity of the label."),
    ),
    "schema_violation": ProblemText(
        gettext_noop("The document breaks a rule of its JSON Schema."),
        gettext_noop("Compare the place that the pointer names with the schema."),
    ),
    "schema_version_unknown": ProblemText(
        gettext_noop("The schema version of the document is not known here."),
        gettext_noop("Use a document of a known version, or a newer Mitate."),
    ),
    "duplicate_id": ProblemText(
        gettext_noop("Two entries of the document have the same id."),
        gettext_noop("Give each entry its own id."),
    ),
    "unknown_label": ProblemText(
        gettext_noop("A label is used that the label set does not hold."),
        gettext_noop("Choose a label of the campaign's label set."),
    ),
    "unknown_image": ProblemText(
        gettext_noop("An image is referred to that the document does not hold."),
        gettext_noop("Add the image to the document, or correct the reference."),
    ),
    "unknown_agent": ProblemText(
        gettext_noop("A person or model is referred to that the document does not hold."),
        gettext_noop("Add the agent to the document, or correct the reference."),
    ),
    "unknown_report": ProblemText(
        gettext_noop("A report is referred to that the document does not hold."),
        gettext_noop("Add the report to the document, or correct the reference."),
    ),
    "cells_unreadable": ProblemText(
        gettext_noop("The file of a cell layer is gone or broken."),
        gettext_noop("Restore it from the backup, then export again."),
    ),
    "unknown_annotation": ProblemText(
        gettext_noop("An annotation is referred to that the document does not hold."),
        gettext_noop("Add the annotation to the document, or name the other document."),
    ),
    "not_a_model": ProblemText(
        gettext_noop("A suggestion names an agent that is not a model."),
        gettext_noop("Let suggestion.modelId name an agent of type model."),
    ),
    "frame_outside_image": ProblemText(
        gettext_noop("A frame is named that the image does not have."),
        gettext_noop("Frames count from 0; use a frame of this image."),
    ),
    "unknown_form": ProblemText(
        gettext_noop("The form of an annotation is not known here."),
        gettext_noop("Supply the form's own JSON Schema, in the version that the annotation names."),
    ),
    "form_invalid": ProblemText(
        gettext_noop("The form holds a value that its own schema refuses."),
        gettext_noop("Correct the value at the place that the pointer names."),
    ),
    "report_digest_mismatch": ProblemText(
        gettext_noop("The digest of a report is not that of its text."),
        gettext_noop("Get the document again from its source."),
    ),
    "term_outside_text": ProblemText(
        gettext_noop("A term of a report lies outside its text."),
        gettext_noop("Count offsets in Unicode code points, the end behind the last one."),
    ),
    "content_hash_mismatch": ProblemText(
        gettext_noop("The document was changed after its digest was computed."),
        gettext_noop("Get the document again from its source."),
    ),
}
"""Every code that this package raises, with its text and its hint."""


class ShapeError(Exception):
    """A shape is refused.

    `code` is one of PROBLEM_TEXTS, `text` and `hint` are English message ids, `pointer` is a JSON pointer that starts
    at the geometry ("" = the geometry itself).
    """

    def __init__(self, code: str, pointer: str = "") -> None:
        self.code = code
        self.text, self.hint = PROBLEM_TEXTS[code]
        self.pointer = pointer
        super().__init__(f"{code} at '{pointer}': {self.text}")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a document; `pointer` is a JSON pointer from the document's root."""

    code: str
    pointer: str
    detail: str = ""

    @property
    def text(self) -> str:
        """Return the English message id."""
        return PROBLEM_TEXTS[self.code].text

    @property
    def hint(self) -> str:
        """Return the English message id of the next step."""
        return PROBLEM_TEXTS[self.code].hint


class DocumentError(Exception):
    """A document is refused; `problems` holds the first findings, `case` names the document if it is known."""

    def __init__(self, problems: list[Problem], case: str = "") -> None:
        self.problems = problems
        self.case = case
        first = problems[0]
        self.code = first.code
        self.text, self.hint = PROBLEM_TEXTS[first.code]
        self.pointer = first.pointer
        super().__init__(f"case {case or '?'}: {first.code} at '{first.pointer}': {first.detail or first.text}")
