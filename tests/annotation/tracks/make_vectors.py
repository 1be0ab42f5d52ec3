"""Writes vectors.json: shapes between keyframes, which Python and JavaScript have to compute alike.

Run with ``python -m tests.annotation.tracks.make_vectors`` after the method has changed on purpose.
"""

import json
import math
from pathlib import Path
from typing import Any

from annotation.schema.between import Between
from annotation.schema.shapes import normalise, parse_geometry

VECTORS = Path(__file__).parent / "vectors.json"
SHARES = (0.25, 0.5, 2 / 3)


def ring(centre: tuple[float, float], radii: tuple[float, float], corners: int, wave: float = 0) -> list[list[float]]:
    turns = [2 * math.pi * corner / corners for corner in range(corners)]
    reach = [1 + wave * math.sin(5 * turn) for turn in turns]
    made = [
        [round((centre[0] + radii[0] * far * math.cos(turn)) * 8) / 8, round((centre[1] + radii[1] * far * math.sin(turn)) * 8) / 8]
        for turn, far in zip(turns, reach, strict=True)
    ]
    return [*made, made[0]]


def polygon(*rings: list[list[float]]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [*rings]}


def pairs() -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """Name -> two keyframes."""
    crescent = [[10, 10], [40, 5], [60, 30], [40, 55], [10, 50], [40, 45], [50, 30], [40, 15], [10, 10]]
    return {
        "points": ({"type": "Point", "coordinates": [3, 4]}, {"type": "Point", "coordinates": [10.125, 0]}),
        "boxes": ({"type": "Rectangle", "bbox": [0, 0, 10, 20]}, {"type": "Rectangle", "bbox": [33.125, 5, 7.25, 0.125]}),
        "discs far apart": (polygon(ring((30, 30), (12, 12), 24)), polygon(ring((300, 210), (20, 8), 31))),
        "a star and a disc": (polygon(ring((50, 50), (20, 20), 40, 0.4)), polygon(ring((52, 47), (14, 14), 17))),
        "a ring and a disc": (polygon(ring((40, 40), (18, 18), 24), ring((40, 40), (9, 9), 12)), polygon(ring((44, 40), (16, 16), 20))),
        "two parts and one": (
            {"type": "MultiPolygon", "coordinates": [[ring((20, 20), (8, 8), 12)], [ring((44, 20), (9, 7), 14)]]},
            polygon(ring((34, 26), (22, 9), 26)),
        ),
        "a crescent and a small disc": (polygon(crescent), polygon(ring((30, 30), (2, 2), 8))),
        "smaller than the grid": (polygon([[0, 0], [0.5, 0], [0.25, 0.5], [0, 0]]), polygon([[5, 5], [7, 5], [7, 7], [5, 7], [5, 5]])),
        "thousands of corners": (polygon(ring((500, 500), (300, 250), 3000, 0.1)), polygon(ring((540, 500), (280, 280), 1999, 0.05))),
    }


def vectors() -> list[dict[str, Any]]:
    """The two keyframes of each case, and what lies between them."""
    made = []
    for name, (start, end) in pairs().items():
        between = Between(normalise(parse_geometry(start)), normalise(parse_geometry(end)))
        shares = SHARES[1:2] if "thousands" in name else SHARES
        made.append({"name": name, "start": start, "end": end, "between": [[share, between.at(share).to_document()] for share in shares]})
    return made


if __name__ == "__main__":
    VECTORS.write_text(json.dumps(vectors(), separators=(",", ":")) + "\n", "utf-8")
