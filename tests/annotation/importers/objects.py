"""Imports from a file to marks, as the page and the worker carry them out."""

from __future__ import annotations

import io
import json
from typing import Any

from annotation.models import Annotation, ImportRun, Read
from annotation.services.import_work import claim_import, execute_import
from annotation.services.mark_imports import confirm_import, receive_import

NAME = "slide.svs"
SQUARE = [[100, 100], [200, 100], [200, 200], [100, 200], [100, 100]]


def feature(x: float = 0, *, name: str = "Tumour", **members: Any) -> dict[str, Any]:
    """A square of QuPath, so far to the right."""
    ring = [[x + across, y] for across, y in SQUARE]
    properties = {"objectType": "annotation", "classification": {"name": name, "color": [200, 0, 0]}}
    return {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]}, "properties": properties, **members}


def collection(*features: dict[str, Any]) -> dict[str, Any]:
    """A file of QuPath."""
    return {"type": "FeatureCollection", "features": [*features]}


def named(read: Read, name: str = NAME) -> Read:
    """Give the image of a read a name that files can go by."""
    read.image.name = name
    read.image.save(update_fields=["name"])
    return read


def received(read: Read, content: Any, *, name: str = "slide.geojson", **options: Any) -> ImportRun:
    """Bring a file; JSON values are written as such."""
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return receive_import(user=read.reader, campaign=read.campaign, stream=io.BytesIO(data), name=name, options=options)


def worked() -> ImportRun:
    """Let the worker do the next step."""
    run = claim_import()
    assert run is not None
    return execute_import(run=run)


def looked_at(read: Read, content: Any, **values: Any) -> ImportRun:
    """Bring a file and have it read."""
    received(read, content, **values)
    run = worked()
    assert run.state == ImportRun.State.READ, (run.error_code, run.error_detail)
    return run


def imported(read: Read, content: Any, labels: dict[str, str | None] | None = None, **values: Any) -> ImportRun:
    """Bring a file and import it with every class as the same label."""
    run = looked_at(read, content, **values)
    confirm_import(run=run, labels=labels if labels is not None else {row["key"]: "tumour" for row in run.preview["labels"]})
    return worked()


def marks(read: Read) -> list[Annotation]:
    """The live marks of a read in the order in which they were made."""
    return list(read.annotations.filter(deleted=False).order_by("sequence"))
