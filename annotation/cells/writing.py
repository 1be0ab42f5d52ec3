"""A layer with what a reader made of it, as GeoJSON that QuPath reads: a FeatureCollection of detections, square by square.

The same layer and the same changes give the same bytes. Coordinates are level-0 pixels; eighths of a pixel are exact.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from annotation.cells.chunk import UNITS_PER_PX, Cells
from annotation.cells.geojson import SCORE
from annotation.cells.layer import Layer
from annotation.cells.overlay import UNTOUCHED, Overlay

_PIECE_CELLS: Final = 2_000
_FULL: Final = 255


class LabelName(NamedTuple):
    """How a label is called in the file.

    Attributes:
        name: of the class.
        colour: red, green, blue, 0 to 255 each; None lets the reader of the file choose.
        code: in the campaign's label set, "" for a class that it does not have.
    """

    name: str
    colour: tuple[int, int, int] | None
    code: str


def geojson_of(layer: Layer, overlay: Overlay, labels: Sequence[LabelName], given: Mapping[str, LabelName]) -> Iterator[bytes]:
    """Yield the file piece by piece; cells that were deleted are left out.

    Args:
        layer: the outlines.
        overlay: what a reader made of them.
        labels: of the layer, as its cells number them.
        given: by code, for labels that the reader gave.

    Raises:
        UnusableLayer: when the layer's file is broken.
    """
    own = [_properties(label) for label in labels]
    changed = [_properties(given[code]) for code in overlay.codes]
    separator = b""
    yield b'{"type":"FeatureCollection","features":['
    for cells in layer.all_cells():
        kept = np.flatnonzero(~overlay.deleted[cells.numbers])
        for first in range(0, len(kept), _PIECE_CELLS):
            features = [_feature(cells, int(index), overlay, own, changed) for index in kept[first : first + _PIECE_CELLS]]
            yield separator + ",".join(features).encode()
            separator = b","
    yield b"]}\n"


def _feature(cells: Cells, index: int, overlay: Overlay, own: list[str], changed: list[str]) -> str:
    number = int(cells.numbers[index])
    given = int(overlay.given[number])
    label = own[int(cells.labels[index])] if given == UNTOUCHED else changed[given]
    ring: list[list[Any]] = [[_px(x), _px(y)] for x, y in cells.outline(index).tolist()]
    ring.append(ring[0])
    score = round(int(cells.scores[index]) / _FULL, 4)
    decided = "true" if overlay.decided[number] else "false"
    return (
        f'{{"type":"Feature","geometry":{{"type":"Polygon","coordinates":[{json.dumps(ring, separators=(",", ":"))}]}},'
        f'"properties":{{"objectType":"detection",{label}"measurements":{{"{SCORE}":{score}}},'
        f'"metadata":{{"mitate:cell":"{number}","mitate:decided":"{decided}"}}}}}}'
    )


def _px(units: int) -> float | int:
    return units // UNITS_PER_PX if units % UNITS_PER_PX == 0 else units / UNITS_PER_PX


def _properties(label: LabelName) -> str:
    if not label.name:
        return ""
    # A colon would make QuPath read the name as a class derived from another; the file's own classes may be that.
    said: dict[str, Any] = {"name": label.name.replace(":", " -") if label.code else label.name}
    if label.colour is not None:
        said["color"] = list(label.colour)
    return f'"classification":{json.dumps(said, ensure_ascii=False, separators=(",", ":"))},'
