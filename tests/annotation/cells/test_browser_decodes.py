"""What the server packs, the browser's own code opens: the same cells, and an error for what is none."""

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annotation.cells.chunk import UNITS_PER_PX, pack, unpack
from tests.annotation.cells.test_chunk import SIDE, cells_of
from tests.annotation.cells.test_layer import made_cells


def decoded(raw: bytes) -> dict[str, Any]:
    done = subprocess.run(["node", Path(__file__).parent / "decode_chunk.mjs"], input=raw, capture_output=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_browser_finds_the_same_cells() -> None:
    wide = cells_of([[(9, 9), (9 + 3000, 9), (9, 3000)], [(SIDE - 1, 5), (SIDE + 100, 5), (SIDE, 90)]], [900, 901])
    for cells, column, row in ((made_cells(300, side_px=2048), 0, 0), (wide, 0, 0)):
        raw = pack(cells, column, row)
        expected, found = unpack(raw), decoded(raw)
        assert found["count"] == len(expected)
        assert found["numbers"] == expected.numbers.tolist()
        assert found["starts"] == expected.starts.tolist()
        assert found["labels"] == expected.labels.tolist()
        assert found["scores"] == expected.scores.tolist()
        np.testing.assert_array_equal(np.array(found["vertices"]).reshape(-1, 2), expected.vertices / UNITS_PER_PX)


def test_squares_far_out_keep_their_eighths() -> None:
    column, row = 120, 90  # 245,760 px from the origin
    corner = np.array([column, row]) * SIDE
    outline = [tuple((corner + offset).tolist()) for offset in ((1, 3), (100, 5), (55, 121))]
    found = decoded(pack(cells_of([outline]), column, row))
    assert found["vertices"] == [value / UNITS_PER_PX for vertex in outline for value in vertex]


@pytest.mark.parametrize("damage", [lambda raw: raw[:20], lambda raw: raw[:-4], lambda raw: raw + bytes(4), lambda raw: b"x" + raw[1:]])
def test_the_browser_refuses_what_is_no_chunk(damage: Any) -> None:
    assert decoded(damage(pack(made_cells(20, side_px=2048), 0, 0))) == {"error": "RangeError"}
