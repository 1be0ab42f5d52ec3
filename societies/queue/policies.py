"""The order of a worklist: first what the model is least sure of, then what has waited longest."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Candidate:
    """An image that a reader could be given now.

    Attributes:
        image_id: the image.
        uncertainty: 0 (sure) to 1 (unsure); None where no model has spoken.
        added_at: since when the campaign asks for it.
        taken_slots: which of the image's reads are done or held by other readers.
        resumed: whether this reader had begun it and let the lease run out.
    """

    image_id: UUID
    uncertainty: float | None
    added_at: datetime
    taken_slots: frozenset[int] = frozenset()
    resumed: bool = False

    @property
    def chosen_by(self) -> str:
        """Say why an image of this kind comes when it does: ``resumed``, ``uncertainty`` or ``age``."""
        if self.resumed:
            return "resumed"
        return "age" if self.uncertainty is None else "uncertainty"


def _rank(candidate: Candidate) -> tuple[bool, bool, float, datetime, bytes]:
    """Return the sort key; the id decides between equals, so that the order is the same for everybody."""
    known = candidate.uncertainty is not None
    return (not candidate.resumed, not known, -(candidate.uncertainty or 0.0), candidate.added_at, candidate.image_id.bytes)


def in_order(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Return the candidates, the next one first: begun before, then by uncertainty, then by age."""
    return sorted(candidates, key=_rank)


def free_slot(taken: Collection[int], reads_per_image: int) -> int | None:
    """Return the lowest read of an image, counted from 0, that nobody has; None when all are taken."""
    return next((slot for slot in range(reads_per_image) if slot not in taken), None)


def choose(candidates: Iterable[Candidate], *, reads_per_image: int) -> tuple[Candidate, int] | None:
    """Return the next image and the slot to take, or None when nothing is left for this reader."""
    for candidate in in_order(candidates):
        slot = free_slot(candidate.taken_slots, reads_per_image)
        if slot is not None:
            return candidate, slot
    return None
