"""Cells by the hundred thousand for formats that write them one by one: their outlines as text and figures, piece by piece.

A piece is what one square of a layer holds of a group; no more than that is in memory. Cells that a reader rejected are left out of
most formats, as marks are that somebody deleted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from annotation.exporters.base import LossReport
from annotation.schema.facts import CampaignFacts, CaseFacts, CellGroupFacts, CellPiece, ImageFacts
from annotation.schema.labels import LabelValue
from annotation.schema.problems import DocumentError, Problem

__all__ = [
    "DISPOSITIONS",
    "Figures",
    "cells_by_image",
    "count_what_stays",
    "figures_of",
    "group_words",
    "kept_pieces",
    "label_of",
    "number_texts",
    "position_texts",
]

DISPOSITIONS: Final = ("pending", "accepted", "relabelled", "rejected")
"""What became of a cell, by its number in `annotation.cells.groups`."""
_REJECTED: Final = DISPOSITIONS.index("rejected")


class Figures(NamedTuple):
    """What follows from the outlines of a piece, one entry a cell; level-0 px."""

    boxes: NDArray[np.float64]
    """x_min, y_min, x_max, y_max; shape (n, 4)."""
    areas: NDArray[np.float64]
    """px², to 1/128; shape (n,)."""


def cells_by_image(case: CaseFacts) -> Iterator[tuple[ImageFacts, Iterator[CellGroupFacts]]]:
    """Yield each image with its groups, which must be consumed before the next image is asked for.

    Raises DocumentError `unknown_image` for a group of an image that is not among the case's.
    """
    images = {image.id: image for image in case.images}
    for image_id, groups in groupby(case.cells, key=lambda group: group.image_id):
        if image_id not in images:
            raise DocumentError([Problem("unknown_image", "", image_id)], case.name)
        yield images[image_id], groups


def label_of(group: CellGroupFacts, campaign: CampaignFacts) -> LabelValue | None:
    """Return the label of a group, None for a class that the label set lacks. Raises DocumentError `unknown_label`."""
    if not group.label:
        return None
    label = campaign.labels.get(group.label)
    if label is None:
        raise DocumentError([Problem("unknown_label", "", group.label)])
    return label


def group_words(group: CellGroupFacts) -> dict[str, Any]:
    """Return what is the same for all cells of a group, without empty values."""
    said = {
        "class": group.name,
        "granularity": "cell",
        "group": group.id,
        "labels": [group.label] if group.label else [],
        "model": f"{group.model.name} {group.model.version}",
        "reader": group.read.reader,
        "state": group.read.state,
    }
    return {key: value for key, value in said.items() if value}


def kept_pieces(group: CellGroupFacts, losses: LossReport) -> Iterator[CellPiece]:
    """Yield the cells of a group that nobody rejected; those that somebody did are counted."""
    rejected = 0
    for piece in group.pieces():
        kept = np.flatnonzero(piece.dispositions != _REJECTED)
        rejected += len(piece.numbers) - len(kept)
        if len(kept) == len(piece.numbers):
            yield piece
        elif len(kept):
            yield _taken(piece, kept)
    if rejected:
        losses.add("rejected_cells", "Cells that their reader took out are left out.", group.id, count=rejected)


def figures_of(piece: CellPiece) -> Figures:
    """Return boxes and areas of the outlines (the shoelace formula; exact on the 1/8 px grid below 2^20 px)."""
    starts, vertices = piece.starts[:-1], piece.vertices
    boxes = np.concatenate((np.minimum.reduceat(vertices, starts), np.maximum.reduceat(vertices, starts)), axis=1)
    following = np.arange(1, len(vertices) + 1)
    following[piece.starts[1:] - 1] = starts
    # relative to each cell's own corner: products stay small, so that no bit is lost
    own = vertices - np.repeat(boxes[:, :2], np.diff(piece.starts), axis=0)
    crossed = own[:, 0] * own[following, 1] - own[following, 0] * own[:, 1]
    return Figures(boxes, np.abs(np.add.reduceat(crossed, starts)) / 2)


def position_texts(piece: CellPiece) -> list[str]:
    """Return `x,y` of each vertex in the shortest decimals."""
    return _plain(piece.vertices.tolist())[2:-2].split("],[")


def number_texts(values: NDArray[np.float64]) -> list[str]:
    """Return numbers in the shortest decimals, shape (n,)."""
    return _plain(values.tolist())[1:-1].split(",")


def count_what_stays(case: CaseFacts, losses: LossReport, *, with_groups: bool) -> None:
    """Count the cells that are in no entry: proposals, and where the format has no place for cells all the others.

    Args:
        case: whose entries are written.
        losses: what is told.
        with_groups: the format has no place for cells, and has read none of the groups.
    """
    if case.proposed_cells:
        text = "Cells of layers on which no reader did anything are proposals, and in no export."
        losses.add("proposed_cells", text, case.name, count=case.proposed_cells)
    if with_groups:
        for group in case.cells:
            losses.add("cells_left_out", "Cells of layers have no place in this format.", group.id, count=group.count)


def _plain(values: list[Any]) -> str:
    """Return JSON of floats without spaces, whole ones without a fraction."""
    text = json.dumps(values, separators=(",", ":"))
    return text.replace(".0,", ",").replace(".0]", "]")


def _taken(piece: CellPiece, kept: NDArray[np.intp]) -> CellPiece:
    counts = np.diff(piece.starts)[kept]
    starts = np.concatenate(([0], np.cumsum(counts)))
    within = np.arange(starts[-1]) - np.repeat(starts[:-1], counts)
    vertices = piece.vertices[np.repeat(piece.starts[:-1][kept], counts) + within]
    return CellPiece(piece.numbers[kept], starts, vertices, piece.scores[kept], piece.dispositions[kept])
