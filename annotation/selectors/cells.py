"""Cell layers as readers and managers see them, and what each reader made of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import QuerySet

from annotation.cells.layer import Layer, UnusableLayer
from annotation.cells.overlay import CellChange as Change
from annotation.cells.overlay import ChangeKind, Overlay
from annotation.cells.runs import Numbers, to_runs, unpacked
from annotation.cells.shelf import layer_path
from annotation.cells.writing import LabelName, geojson_of
from annotation.errors import refusal
from annotation.models import Campaign, CellChange, CellLayer, Read
from annotation.selectors.annotations import instant
from annotation.services.cell_errors import say_import
from annotation.services.cell_layers import cells_folder
from viewer.api.errors import not_found


def layers_of(read: Read) -> QuerySet[CellLayer]:
    """Return the layers on the image of a read, the oldest first; those that could not be imported are none."""
    return CellLayer.objects.filter(campaign=read.campaign_id, image=read.image_id).exclude(state=CellLayer.State.FAILED)


def get_ready_layer(*, read: Read, layer_id: UUID) -> CellLayer:
    """Return a layer on the image of a read.

    Raises:
        ApiError: ``not_found``.
    """
    layer = layers_of(read).filter(pk=layer_id, state=CellLayer.State.READY).first()
    if layer is None:
        raise not_found()
    return layer


def layer_json(layer: CellLayer) -> dict[str, Any]:
    """Return a layer as a reader's browser needs it."""
    return {
        "id": str(layer.pk),
        "name": layer.name,
        "state": layer.state,
        "source": layer.source,
        "run_id": str(layer.run_id) if layer.run_id else None,
        "labels": layer.labels,
        "cells": layer.cell_count,
        "part_url": f"/pixels/{layer.pk}/{layer.digest[:16]}/packed/{{part}}",
        "created_at": instant(layer.created_at),
    }


def managed_layer_json(layer: CellLayer) -> dict[str, Any]:
    """Return a layer as those see it who manage its campaign."""
    message, hint = say_import(layer.error_code)
    failure = {"code": layer.error_code, "message": message, "hint": hint, "detail": layer.error_detail}
    return {
        **layer_json(layer),
        "image_id": str(layer.image_id),
        "image_name": layer.image.name,
        "refused": layer.refused,
        "error": failure if layer.error_code else None,
    }


def layers_to_manage(campaign: Campaign) -> list[dict[str, Any]]:
    """Return all layers of a campaign, the newest first."""
    rows = CellLayer.objects.filter(campaign=campaign).select_related("image").order_by("-created_at", "pk")
    return [managed_layer_json(layer) for layer in rows]


def cell_changes_since(read: Read, since: int) -> dict[str, Any]:
    """Return what a read changed in cells after a list revision, and the list revision up to which that is all."""
    sequence = Read.objects.values_list("sequence", flat=True).get(pk=read.pk)
    rows = CellChange.objects.filter(read=read, sequence__gt=since).select_related("layer").order_by("sequence")
    return {"sequence": sequence, "changes": [_change_json(row) for row in rows]}


class LayerFile:
    """A layer with what one reader made of it, as GeoJSON to be sent.

    Raises:
        ApiError: ``cell_layer_unreadable`` when the layer's file is gone or broken.
    """

    def __init__(self, layer: CellLayer, read: Read) -> None:
        self.layer, self.read = layer, read
        self.file_name = f"cells-{layer.pk}.geojson"
        try:
            self._outlines = Layer(layer_path(cells_folder(), layer.pk))
        except (OSError, UnusableLayer) as error:
            raise refusal("cell_layer_unreadable") from error

    def chunks(self) -> Iterator[bytes]:
        """Yield the bytes."""
        rows = self.layer.campaign.label_set.labels.all()
        known = {row.code: LabelName(row.display_en or row.code, _rgb(row.colour), row.code) for row in rows}
        own = [known.get(label["code"]) or LabelName(label["name"], None, "") for label in self.layer.labels]
        yield from geojson_of(self._outlines, overlay_of(self.layer, self.read), own, known)

    def close(self) -> None:
        """Nothing is held."""


def overlay_of(layer: CellLayer, read: Read) -> Overlay:
    """Return what a read made of a layer."""
    rows = CellChange.objects.filter(layer=layer, read=read).order_by("sequence")
    changes = [Change(row.operation_id, ChangeKind(row.kind), _numbers(row, layer.cell_count), row.label, row.undoes) for row in rows]
    return Overlay(layer.cell_count, changes)


def _change_json(row: CellChange) -> dict[str, Any]:
    return {
        "operation_id": str(row.operation_id),
        "layer_id": str(row.layer_id),
        "sequence": row.sequence,
        "kind": row.kind,
        "label": row.label,
        "cells": to_runs(_numbers(row, row.layer.cell_count)),
        "undoes": str(row.undoes) if row.undoes else None,
        "created_at": instant(row.created_at),
    }


def _numbers(row: CellChange, count: int) -> Numbers:
    return unpacked(bytes(row.cells), count) if row.cells else _NONE


_NONE = np.zeros(0, np.int64)


def _rgb(colour: str) -> tuple[int, int, int]:
    return (int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16))
