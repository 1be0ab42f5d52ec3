"""What readers have seen of their images."""

import base64
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from annotation.models import Read, Walk
from annotation.selectors.annotations import instant


def walks_of(read: Read) -> list[dict[str, Any]]:
    """Return the last round of each grid of a read, so that a walk can go on elsewhere; one query."""
    last: dict[tuple[float, int, int], Walk] = {}
    for walk in read.walks.order_by("round", "pk"):
        last[walk.magnification, walk.columns, walk.rows] = walk
    return [walk_json(walk) for walk in sorted(last.values(), key=lambda walk: walk.updated_at)]


def walk_json(walk: Walk) -> dict[str, Any]:
    """Return a walk as the API gives it."""
    return counts_json(walk) | {
        "round": walk.round,
        "columns": walk.columns,
        "rows": walk.rows,
        "seen": base64.b64encode(walk.seen).decode(),
        "wanted": base64.b64encode(walk.wanted).decode() if walk.wanted is not None else None,
        "place": [walk.place_x, walk.place_y] if walk.place_x is not None else None,
    }


def counts_json(walk: Walk) -> dict[str, Any]:
    """Return how much of what is worth looking at was seen in a walk."""
    return {
        "magnification": walk.magnification,
        "seen_count": walk.seen_count,
        "wanted_count": walk.wanted_count,
        "updated_at": instant(walk.updated_at),
    }


def most_seen(reads: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    """Return the walk of each read that saw most, of those that were not started again; at equal shares the nearer one; one query."""
    best: dict[UUID, Walk] = {}
    last: dict[tuple[UUID, float, int, int], Walk] = {}
    for walk in Walk.objects.filter(read__in=list(reads)).defer("seen", "wanted").order_by("round", "pk"):
        last[walk.read_id, walk.magnification, walk.columns, walk.rows] = walk
    for walk in last.values():
        known = best.get(walk.read_id)
        if known is None or _rank(walk) > _rank(known):
            best[walk.read_id] = walk
    return {read_id: counts_json(walk) for read_id, walk in best.items()}


def _rank(walk: Walk) -> tuple[float, float]:
    return walk.seen_count / max(walk.wanted_count, 1), walk.magnification
