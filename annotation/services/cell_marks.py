"""Which cell of a layer a mark was made of: said once, when the mark is made, and kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from annotation.errors import refusal
from annotation.models import CellLayer, Read

__all__ = ["CellPlace", "check_cell_place"]


@dataclass(frozen=True, slots=True)
class CellPlace:
    """A cell of a layer by its number, from 0."""

    layer_id: UUID
    number: int

    def stored(self) -> dict[str, Any]:
        """Return what the column and the API hold."""
        return {"layer_id": str(self.layer_id), "number": self.number}


def check_cell_place(read: Read, place: CellPlace, pointer: str) -> None:
    """Check that the layer lies on the image of the read and has the cell; one query.

    Raises:
        ApiError: ``unknown_cell_layer`` with a pointer.
    """
    layers = CellLayer.objects.filter(campaign=read.campaign_id, image=read.image_id, state=CellLayer.State.READY)
    if not layers.filter(pk=place.layer_id, cell_count__gt=place.number).exists():
        raise refusal("unknown_cell_layer", pointer)
