"""The list of suggestions says of each what the database has, whatever its shape."""

from pathlib import Path
from typing import Any

import pytest

from annotation.models import Suggestion, SuggestionRun
from annotation.schema.shapes import Shape, parse_geometry
from tests.annotation.suggestions import objects

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

RING = [[10, 10], [20.125, 10], [20.125, 30.5], [10, 30.5], [10, 10]]
HOLE = [[12, 12], [12, 20], [15.25, 20], [12, 12]]
FAR = [[[x + 40, y] for x, y in RING]]
GEOMETRIES: list[dict[str, Any] | None] = [
    {"type": "Polygon", "coordinates": [RING]},
    {"type": "Polygon", "coordinates": [RING, HOLE]},
    {"type": "MultiPolygon", "coordinates": [[RING, HOLE], FAR]},
    {"type": "Rectangle", "bbox": [1, 2.5, 30, 40]},
    {"type": "Point", "coordinates": [7, 8.875]},
    None,
]


@pytest.fixture
def run(photograph: Path) -> SuggestionRun:
    image = objects.ingested(photograph)
    endpoint = objects.endpoint("http://127.0.0.1:9/", "m", "segment")
    campaign = objects.campaign([image], "nuclei", endpoint)
    return SuggestionRun.objects.create(
        campaign=campaign, image=image, endpoint=endpoint, state="done", model_name='a "geometry":NaN model\u2028', model_version="2"
    )


def planted(run: SuggestionRun, position: int, geometry: dict[str, Any] | None) -> Suggestion:
    shape = parse_geometry(geometry) if geometry else None
    columns: dict[str, Any] = {}
    if shape:
        corners = dict(zip(("min_x_px", "min_y_px", "max_x_px", "max_y_px"), shape.bounds, strict=True))
        columns = {"geometry_kind": shape.kind, "geometry_wkb": shape.wkb(), **corners}
    return Suggestion.objects.create(
        run=run, campaign=run.campaign, image=run.image, position=position, granularity="region" if geometry else "image",
        labels=["CELL"], score=0.25 * position, frame=position or None, **columns,
    )  # fmt: skip


def test_each_is_told_as_it_is_stored(run: SuggestionRun) -> None:
    rows = [planted(run, position, geometry) for position, geometry in enumerate(GEOMETRIES)]
    shown = objects.shown(objects.read(run.campaign, run.image))
    assert [each["geometry"] for each in shown] == [
        None if row.geometry_wkb is None else Shape.from_wkb(row.geometry_kind, bytes(row.geometry_wkb)).to_document() for row in rows
    ]
    assert [each["geometry"] for each in shown] == GEOMETRIES
    assert shown[3] == {
        "id": str(rows[3].pk),
        "run_id": str(run.pk),
        "frame": 3,
        "granularity": "region",
        "geometry": GEOMETRIES[3],
        "labels": ["CELL"],
        "score": 0.75,
        "uncertainty": None,
        "model": {"name": run.model_name, "version": "2"},
        "decision": None,
    }
