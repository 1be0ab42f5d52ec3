"""Cell layers that are kept open, and the parts of them that browsers ask for."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Final
from uuid import UUID

from annotation.cells.layer import Layer, UnusableLayer

KEPT_OPEN: Final = 64
SUFFIX: Final = ".cells"
_SQUARE: Final = re.compile(r"(-?[0-9]{1,5})_(-?[0-9]{1,5})")


def layer_path(folder: Path, layer_id: UUID) -> Path:
    """Where the file of a layer lies."""
    return folder / f"{layer_id}{SUFFIX}"


class LayerShelf:
    """Hands out parts of layers as gzip streams; thread-safe. A layer's file never changes once it is there.

    Args:
        folder: holds the files.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: OrderedDict[UUID, Layer] = OrderedDict()
        self._lock = threading.Lock()

    def part(self, layer_id: UUID, name: str) -> bytes | None:
        """`overview`, `squares`, or the chunk at `column_row`; None where there is no such layer or part."""
        try:
            layer = self._layer(layer_id)
        except (OSError, UnusableLayer):
            return None
        if name == "overview":
            return layer.packed_overview()
        if name == "squares":
            return layer.packed_squares()
        square = _SQUARE.fullmatch(name)
        return None if square is None else layer.packed(int(square[1]), int(square[2]))

    def _layer(self, layer_id: UUID) -> Layer:
        with self._lock:
            layer = self._open.get(layer_id)
            if layer is not None:
                self._open.move_to_end(layer_id)
                return layer
        layer = Layer(layer_path(self._folder, layer_id))
        with self._lock:
            self._open[layer_id] = layer
            while len(self._open) > KEPT_OPEN:
                self._open.popitem(last=False)
        return layer
