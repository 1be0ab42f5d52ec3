"""GeoJSON of cells for tests: circles on a grid, as QuPath writes detections."""

from __future__ import annotations

import json
import math
from typing import Any


def cell(x_px: float, y_px: float, name: str = "tumour", *, radius_px: float = 6, score: float = 0.8) -> dict[str, Any]:
    """One detection: a polygon of twelve vertices around a point, level-0 px."""
    angles = [math.tau * step / 12 for step in range(12)]
    ring = [[round(x_px + radius_px * math.cos(angle), 2), round(y_px + radius_px * math.sin(angle), 2)] for angle in angles]
    return {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]},
        "properties": {"objectType": "detection", "classification": {"name": name}, "measurements": {"Detection probability": score}},
    }


def collection(features: list[dict[str, Any]]) -> bytes:
    """A FeatureCollection."""
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def grid(columns: int, rows: int, *, step_px: float = 30, names: tuple[str, ...] = ("tumour", "stroma")) -> list[dict[str, Any]]:
    """Cells in columns and rows, their classes in turns, their scores from 0 to 1."""
    return [
        cell(
            20 + column * step_px,
            20 + row * step_px,
            names[(row * columns + column) % len(names)],
            score=(row * columns + column) / max(1, columns * rows - 1),
        )
        for row in range(rows)
        for column in range(columns)
    ]
