"""Regions as the browser computes them, beside GEOS, which computes in floating point."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import shapely

from annotation.schema.shapes import normalise, parse_geometry

REPOSITORY = Path(__file__).resolve().parents[3]
SCRIPT = REPOSITORY / "tests/js/annotation/retraced.mjs"
LARGEST_DIFFERENCE = 1e-3
HALF_A_STEP_PX = 1 / 16


@pytest.fixture(scope="module")
def sequences() -> list[dict[str, Any]]:
    """What the script printed: a sequence a line."""
    done = subprocess.run(["node", SCRIPT], capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def multipolygon(region: list[list[list[list[float]]]]) -> shapely.MultiPolygon:
    """Return a region of the browser as GEOS knows it, not repaired."""
    return shapely.MultiPolygon([shapely.Polygon(rings[0], rings[1:]) for rings in region])


def results(sequences: list[dict[str, Any]]) -> Iterator[list[list[list[list[float]]]]]:
    """Every region that was computed."""
    for sequence in sequences:
        yield from (operation["result"] for operation in sequence["operations"])


def test_areas_are_those_of_geos(sequences: list[dict[str, Any]]) -> None:
    assert sum(len(sequence["operations"]) for sequence in sequences if sequence["isWide"]) == 2100
    for sequence in sequences:
        truth: Any = multipolygon(sequence["start"])
        for number, operation in enumerate(sequence["operations"]):
            operand = shapely.Polygon(operation["operand"])
            truth = truth.difference(operand) if operation["erases"] else truth.union(operand)
            # An outline cannot be truer than its grid: what a small brush leaves is told by its edge, not by its area.
            allowed = LARGEST_DIFFERENCE * truth.area if sequence["isWide"] else HALF_A_STEP_PX * truth.length
            area = multipolygon(operation["result"]).area
            assert abs(area - truth.area) <= allowed, (number, area, truth.area)


def test_every_result_is_saved_as_it_is(sequences: list[dict[str, Any]]) -> None:
    for region in results(sequences):
        geometry = {"type": "MultiPolygon", "coordinates": region}
        stored = normalise(parse_geometry(geometry)).to_document()
        assert stored["coordinates"] == region
