"""Granularity, label roles, and the value types of coded labels."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Literal

from annotation.schema.masks import FrameShape
from annotation.schema.problems import ShapeError
from annotation.schema.shapes import ShapeKind

__all__ = [
    "BASIS_METHODS",
    "BASIS_STATUSES",
    "CERTAINTIES",
    "GRANULARITY_KINDS",
    "LABEL_ROLES",
    "QUERY_STRATEGIES",
    "Coding",
    "Granularity",
    "LabelValue",
    "check_granularity",
]


class Granularity(StrEnum):
    """How finely a mark says what it says, from coarse to fine."""

    PRESENCE = "presence"
    DIAGNOSIS = "diagnosis"
    TISSUE = "tissue"
    POINT = "point"
    BOX = "box"
    REGION = "region"
    CELL = "cell"


GRANULARITY_KINDS: Final[dict[Granularity, frozenset[ShapeKind | Literal["Mask"] | None]]] = {
    Granularity.PRESENCE: frozenset({None}),
    Granularity.DIAGNOSIS: frozenset({None}),
    Granularity.TISSUE: frozenset({None, "Rectangle", "Polygon", "MultiPolygon"}),
    Granularity.POINT: frozenset({"Point"}),
    Granularity.BOX: frozenset({"Rectangle"}),
    Granularity.REGION: frozenset({"Polygon", "MultiPolygon", "Mask"}),
    Granularity.CELL: frozenset({"Polygon", "Mask"}),
}
"""Which kinds of shape each granularity takes; None stands for no shape at all."""

LABEL_ROLES: Final = (
    "normality",
    "diagnosis",
    "differential",
    "finding",
    "tissue",
    "cell-type",
    "grade",
    "stage",
    "site",
    "procedure",
    "quality",
    "emergency",
    "artefact",
)
CERTAINTIES: Final = ("definite", "probable", "possible", "indeterminate")
BASIS_METHODS: Final = (
    "histopathology-resection",
    "histopathology-biopsy",
    "cytology",
    "CT",
    "MR",
    "US",
    "CEUS",
    "PET",
    "endoscopy",
    "angiography",
    "laboratory",
    "microbiology",
    "visual-field",
    "OCT",
    "fluorescein-angiography",
    "clinical-course",
    "expert-consensus",
    "image-only",
)
QUERY_STRATEGIES: Final = ("uncertainty", "margin", "entropy", "diversity", "bald", "disagreement", "random", "manual", "none")
BASIS_STATUSES: Final = ("confirmed", "supports", "pending", "contradicts", "not-confirmable")


def check_granularity(granularity: str, shape: FrameShape | None) -> None:
    """Raise ShapeError `granularity_not_allowed` or `geometry_required` unless the shape suits the granularity."""
    try:
        allowed = GRANULARITY_KINDS[Granularity(granularity)]
    except ValueError as error:
        raise ShapeError("granularity_not_allowed") from error
    if shape is None and None not in allowed:
        raise ShapeError("geometry_required")
    if shape is not None and shape.kind not in allowed:
        raise ShapeError("granularity_not_allowed", "/type")


@dataclass(frozen=True, slots=True)
class Coding:
    """A code of a coding system; `display` maps a language tag to a text and may be empty for licensed systems."""

    system: str
    code: str
    version: str = ""
    display: dict[str, str] = field(default_factory=dict)
    mapping: str = ""

    def to_document(self) -> dict[str, Any]:
        """Return the coding as the document writes it, without empty members."""
        members: dict[str, Any] = {"system": self.system, "code": self.code}
        if self.version:
            members["version"] = self.version
        if self.display:
            members["display"] = dict(self.display)
        if self.mapping:
            members["mapping"] = self.mapping
        return members


@dataclass(frozen=True, slots=True)
class LabelValue:
    """A coded label as it is attached to an annotation: its role, its codings (the primary one first), its display."""

    role: str
    code: str
    display: dict[str, str]
    codings: tuple[Coding, ...] = ()
    colour: str = "#808080"

    def to_document(self) -> dict[str, Any]:
        """Return the label as the document writes it."""
        members: dict[str, Any] = {"role": self.role}
        if self.codings:
            members["coding"] = [coding.to_document() for coding in self.codings]
        if self.display:
            members["text"] = dict(self.display)
        return members
