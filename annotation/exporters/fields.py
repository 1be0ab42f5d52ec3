"""What a mark may carry that a format may not hold, and the refusal of an export that would drop what somebody requires."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

__all__ = ["NOT_HELD", "ExportWouldLoseError", "Field", "Held"]


class Field(StrEnum):
    """Something that people may require of an export."""

    HOLES = "holes"
    POINTS = "points"
    TRACKS = "tracks"
    MASKS = "masks"
    DIAGNOSES = "diagnoses"
    CODES = "codes"
    AUTHORS = "authors"
    TEXT = "text"
    FORMS = "forms"
    BASIS = "basis"
    CONFIRMATIONS = "confirmations"
    SUGGESTIONS = "suggestions"
    REVIEW = "review"
    EFFORT = "effort"
    REPORTS = "reports"
    FINDINGS = "findings"
    CELLS = "cells"


class Held(StrEnum):
    """Whether a format holds a field: as it is, sometimes or in another form (counted in `losses.json`), or never."""

    YES = "yes"
    PARTLY = "partly"
    NO = "no"


NOT_HELD: Final[dict[Field, str]] = {
    Field.HOLES: "Holes of outlines have no place in this format.",
    Field.POINTS: "Points have no place in this format.",
    Field.TRACKS: "Tracks have no place in this format.",
    Field.MASKS: "Masks have no place in this format.",
    Field.DIAGNOSES: "Diagnoses of a whole image or frame have no place in this format.",
    Field.CODES: "Codes of labels have no place in this format.",
    Field.AUTHORS: "Who made a mark has no place in this format.",
    Field.TEXT: "Free text of a mark has no place in this format.",
    Field.FORMS: "Forms have no place in this format.",
    Field.BASIS: "Basis and certainty of a diagnosis have no place in this format.",
    Field.CONFIRMATIONS: "Late confirmations, and what a diagnosis was before them, have no place in this format.",
    Field.SUGGESTIONS: "What a model had suggested, and what became of it, have no place in this format.",
    Field.REVIEW: "Whether a read was submitted has no place in this format.",
    Field.REPORTS: "Reports, the terms marked in them and the diagnoses they confirm have no place in this format.",
    Field.FINDINGS: "Findings of a whole examination, and what shows them, have no place in this format.",
    Field.EFFORT: "How long somebody worked on a mark has no place in this format.",
    Field.CELLS: "Cells of layers have no place in this format.",
}
"""What `losses.json` says of a field that a format never holds."""


class ExportWouldLoseError(Exception):
    """An export would drop something that is required; `identity` names the mark where it happens, empty: any."""

    code: Final = "export_would_lose"

    def __init__(self, field: Field, format_name: str, identity: str = "") -> None:
        self.field = field
        self.format = format_name
        self.identity = identity
        super().__init__(f"{format_name} does not hold {field.value}{f' of {identity}' if identity else ''}")
