"""Files made in tests, and what reading them says."""

import json
from typing import Any

from annotation.importers.base import Reader
from annotation.importers.facts import Options, Target
from annotation.importers.reading import Reading
from annotation.importers.registry import read_source
from annotation.importers.source import Source

SLIDE = Target("slide-id", "slide.svs", 4000, 3000, digest="ab" * 32, spacing_um=(0.5, 0.5), centre_offset_nm=(1000.0, -2000.0))
LOOP = Target("loop-id", "loop.dcm", 640, 480, frame_count=10, has_frames=True)


def reading_of(content: Any, name: str = "slide.json", *candidates: Target, options: Options | None = None) -> tuple[Reader, Reading]:
    """Read a value as JSON, a text, or bytes."""
    data = content if isinstance(content, bytes) else (content if isinstance(content, str) else json.dumps(content)).encode()
    return read_source(Source(name, data), candidates or (SLIDE,), options)


def read(content: Any, name: str = "slide.json", *candidates: Target, options: Options | None = None) -> Reading:
    """Read without caring for the format."""
    return reading_of(content, name, *candidates, options=options)[1]


def geometries(reading: Reading) -> list[dict[str, Any] | None]:
    """Return the geometries of the marks as documents write them."""
    return [mark.shape.to_document() if mark.shape is not None else None for mark in reading.marks]


def bounds(reading: Reading) -> list[tuple[float, ...]]:
    """Return the bounds of the marks that have a shape."""
    return [mark.shape.bounds for mark in reading.marks if mark.shape is not None]


def codes(reading: Reading) -> dict[str, int]:
    """Return how often what was refused."""
    return dict(reading.refused_counts)
