"""The cell layers of a case as packed groups: those that a reader changed something of, as that reader leaves them."""

import hashlib
import uuid
from collections.abc import Iterator
from functools import partial
from itertools import groupby
from typing import Final
from uuid import UUID

import numpy as np

from annotation.cells.groups import GroupName, LayerGroups
from annotation.cells.layer import Layer, UnusableLayer
from annotation.cells.overlay import CellChange as Change
from annotation.cells.overlay import ChangeKind, counting
from annotation.cells.shelf import layer_path
from annotation.models import Campaign, CellChange, CellLayer, Read
from annotation.schema.facts import CellGroupFacts, ModelFacts, ReadFacts
from annotation.schema.problems import DocumentError, Problem
from annotation.selectors.cells import overlay_of
from annotation.services.cell_layers import cells_folder

__all__ = ["cell_groups", "model_of_layer", "proposed_cells"]

CHANGES_AT_ONCE: Final = 2_000
NO_CELLS: Final = np.zeros(0, np.int64)
_NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, "urn:mitate:cell-group")


def cell_groups(reads: dict[UUID, ReadFacts]) -> Iterator[CellGroupFacts]:
    """Yield the groups of every layer that one of the reads changed, by image, layer, read and label.

    A layer that nobody touched is a proposal, and no part of a document; so is one whose reader took everything back.

    Raises:
        DocumentError: ``cells_unreadable`` when a layer's file is gone or broken.
    """
    if not reads:
        return
    for layer_id, read_id in _touched(reads):
        layer = CellLayer.objects.get(pk=layer_id)
        yield from _groups_of(layer, Read.objects.get(pk=read_id), reads[read_id])


def proposed_cells(campaign: Campaign, image_ids: list[UUID], reads: dict[UUID, ReadFacts]) -> int:
    """Return how many cells lie on layers of some images that none of the reads changed; two queries."""
    layers = CellLayer.objects.filter(campaign=campaign, image_id__in=image_ids, state=CellLayer.State.READY)
    touched = {layer_id for layer_id, _ in _touched(reads)}
    return sum(count for layer_id, count in layers.values_list("pk", "cell_count") if layer_id not in touched)


def _touched(reads: dict[UUID, ReadFacts]) -> list[tuple[UUID, UUID]]:
    """Return (layer, read) where something that the read did still counts, by image, layer and read; one query."""
    rows = CellChange.objects.filter(read_id__in=list(reads)).order_by("layer__image_id", "layer_id", "read_id", "sequence")
    columns = rows.values_list("layer_id", "read_id", "operation_id", "kind", "undoes")
    return [
        pair
        for pair, changes in groupby(columns.iterator(chunk_size=CHANGES_AT_ONCE), key=lambda row: (row[0], row[1]))
        if counting([Change(key, ChangeKind(kind), NO_CELLS, undoes=undoes) for _, _, key, kind, undoes in changes])
    ]


def _groups_of(layer: CellLayer, read: Read, facts: ReadFacts) -> Iterator[CellGroupFacts]:
    try:
        outlines = Layer(layer_path(cells_folder(), layer.pk))
    except (OSError, UnusableLayer) as error:
        raise DocumentError([Problem("cells_unreadable", "", str(layer.pk))]) from error
    own = [GroupName(label["code"], "" if label["code"] else label["name"]) for label in layer.labels]
    groups = LayerGroups(outlines, overlay_of(layer, read), own)
    for place, (name, count) in enumerate(zip(groups.names, groups.counts(), strict=True)):
        if count:
            yield CellGroupFacts(
                id=str(uuid.uuid5(_NAMESPACE, f"{layer.pk}/{read.pk}/{name.code}/{name.name}")),
                image_id=facts.image_id,
                read=facts,
                label=name.code,
                name=name.name,
                model=model_of_layer(layer),
                run_id=str(layer.run_id or ""),
                count=count,
                created_at=layer.created_at,
                column=partial(groups.column, place),
                pieces=partial(groups.pieces, place),
            )


def model_of_layer(layer: CellLayer) -> ModelFacts:
    """Return what outlined the cells; a file that does not say it has a model without a name, and never the file's own name."""
    name = str(layer.source.get("model") or "not-stated")
    version = str(layer.source.get("version") or "not-stated")
    digest = hashlib.sha256(f"{name}\n{version}".encode()).hexdigest()
    return ModelFacts(f"model-{digest[:16]}", name, version)
