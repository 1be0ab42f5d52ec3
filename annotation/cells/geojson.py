"""Cells out of GeoJSON as QuPath writes it, feature by feature: a file of any size takes the memory of a few thousand cells.

A FeatureCollection, an array of features, or one feature a line. Each feature is a polygon of one ring in level-0 pixels; its
label is its class, its score a measurement between 0 and 1. What is no such thing is told with its place and left to the
caller; nothing is mended.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, BinaryIO, Final, NamedTuple

import ijson
import numpy as np

from annotation.cells.chunk import Cells
from annotation.cells.json_depth import DepthGuard, TooDeep, TooLong
from annotation.cells.outlines import Outlines

BATCH: Final = 5_000
MAX_LABELS: Final = 255
MAX_NAME: Final = 200
SCORE: Final = "Detection probability"
_FIRST_LINE: Final = 1 << 20
_FULL: Final = 255


class NotCells(ValueError):
    """The file as a whole cannot be read; `code` says why, `feature` how many features were read before."""

    def __init__(self, code: str, feature: int, detail: str = "") -> None:
        super().__init__(f"{code} after feature {feature}: {detail}")
        self.code, self.feature, self.detail = code, feature, detail


class Refused(NamedTuple):
    """A feature that is no cell: its number from 0, and why."""

    feature: int
    code: str


@dataclass(slots=True)
class Batch:
    """Some cells, numbered by the features they come from, and what between them is none."""

    cells: Cells
    refused: list[Refused] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a file's pixels lie in the image: ``position * scale + (left_px, top_px)`` is in level-0 px."""

    scale: float = 1.0
    left_px: float = 0.0
    top_px: float = 0.0


WHOLE: Final = Placement()


@dataclass(slots=True)
class _Waiting:
    """What was said of some features: their numbers, labels and scores, and their outlines as they were written."""

    features: list[int] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    scores: list[int] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    positions: list[float] = field(default_factory=list)


class CellReader:
    """Reads one file, or several that together are one layer.

    Args:
        width_px: of the image; outlines that leave it are refused.
        height_px: likewise.
        score: name of the measurement that is the score.

    Attributes:
        labels: names of the classes in the order in which they came; cells without one have the name "".
    """

    def __init__(self, *, width_px: int, height_px: int, score: str = SCORE) -> None:
        self._width_px, self._height_px = width_px, height_px
        self._score = score
        self._numbers: dict[str, int] = {}
        self._placement = WHOLE
        self._read = 0

    @property
    def labels(self) -> list[str]:
        """Names of the classes that came so far; a cell's label is its place in here."""
        return list(self._numbers)

    def batches(self, stream: BinaryIO, placement: Placement = WHOLE) -> Iterator[Batch]:
        """Cells of the file, some thousand at a time; features of a further file are numbered on.

        Args:
            stream: the file.
            placement: where its pixels lie in the image.

        Raises:
            NotCells: when the file is no GeoJSON, is cut short, holds no feature, or has more than 255 classes; what came
                before stands.
        """
        waiting, refused = _Waiting(), list[Refused]()
        self._placement = placement
        number = before = self._read - 1
        for number, feature in enumerate(_features(stream), self._read):
            self._read = number + 1
            code = self._take(number, feature, waiting)
            if code:
                refused.append(Refused(number, code))
            if len(waiting.features) + len(refused) >= BATCH:
                yield self._batch(waiting, refused)
                waiting, refused = _Waiting(), []
        if number == before:
            raise NotCells("no_features", self._read)
        if waiting.features or refused:
            yield self._batch(waiting, refused)

    def _take(self, number: int, feature: Any, waiting: _Waiting) -> str:
        """Add what a feature says to what waits; or why it is no cell."""
        geometry = feature.get("geometry") if isinstance(feature, dict) else None
        if not isinstance(geometry, dict):
            return "geometry_malformed"
        if geometry.get("type") != "Polygon":
            return "geometry_unknown_type"
        rings = geometry.get("coordinates")
        if not isinstance(rings, list) or not rings or not isinstance(rings[0], list) or not rings[0]:
            return "geometry_malformed"
        if len(rings) > 1:
            return "cell_with_holes"
        ring = rings[0]
        if set(map(type, ring)) != {list} or set(map(len, ring)) != {2}:
            return "geometry_malformed"
        positions = list(chain.from_iterable(ring))
        if not set(map(type, positions)) <= {int, float}:  # true would be taken for 1
            return "geometry_malformed"
        properties = feature.get("properties")
        properties = properties if isinstance(properties, dict) else {}
        waiting.features.append(number)
        waiting.labels.append(self._label(number, properties.get("classification")))
        waiting.scores.append(self._score_of(properties.get("measurements")))
        waiting.counts.append(len(ring))
        waiting.positions += positions
        return ""

    def _label(self, number: int, said: Any) -> int:
        name = said.get("name") or said.get("names") if isinstance(said, dict) else said
        name = ": ".join(str(part) for part in name) if isinstance(name, list) else str(name or "")
        known = self._numbers.setdefault(name[:MAX_NAME], len(self._numbers))
        if known >= MAX_LABELS:
            raise NotCells("too_many_classes", number)
        return known

    def _score_of(self, said: Any) -> int:
        """0 to 255; cells without a score are taken as certain."""
        if isinstance(said, list):  # QuPath before 0.4
            said = {
                entry.get("name"): entry.get("value") for entry in said if isinstance(entry, dict) and isinstance(entry.get("name"), str)
            }
        value = said.get(self._score) if isinstance(said, dict) else None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            return _FULL
        return round(value * _FULL)

    def _batch(self, waiting: _Waiting, refused: list[Refused]) -> Batch:
        positions = np.array(waiting.positions, np.float64).reshape(-1, 2)
        place = self._placement
        if place != WHOLE:
            positions = positions * place.scale + (place.left_px, place.top_px)
        counts = np.array(waiting.counts, np.int64)
        outlines = Outlines(positions, counts, width_px=self._width_px, height_px=self._height_px)
        good = outlines.good
        cells = Cells(
            np.array(waiting.features, np.int64)[good],
            np.concatenate(([0], np.cumsum(outlines.counts))),
            outlines.vertices,
            np.array(waiting.labels, np.uint8)[good],
            np.array(waiting.scores, np.uint8)[good],
        )
        spoilt = [Refused(waiting.features[place], str(outlines.codes[place])) for place in np.flatnonzero(outlines.codes != "")]
        return Batch(cells, sorted([*refused, *spoilt]))


def _features(stream: BinaryIO) -> Iterator[Any]:
    """The features of a file, whatever stands around them."""
    start = stream.read(_FIRST_LINE)
    whole = io.BufferedReader(_Joined(start, stream), _FIRST_LINE)
    start = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    kind = "item" if start.startswith(b"[") else "" if _is_feature_line(start) else "features.item"
    number = -1
    try:
        for number, feature in enumerate(ijson.items(whole, kind, use_float=True, multiple_values=kind == "")):  # noqa: B007
            yield feature
    except TooDeep as error:
        raise NotCells("json_too_deep", number + 1) from error
    except TooLong as error:
        raise NotCells("bad_json", number + 1, "a word without end") from error
    except (ijson.JSONError, UnicodeDecodeError, ValueError, OverflowError) as error:
        raise NotCells("bad_json", number + 1, str(error)[:200]) from error


def _is_feature_line(start: bytes) -> bool:
    """Whether the first line is a feature by itself, as where there is one a line."""
    try:
        said = json.loads(start.split(b"\n", 1)[0])
    except (ValueError, RecursionError):
        return False
    return isinstance(said, dict) and said.get("type") == "Feature"


class _Joined(io.RawIOBase):
    """What was read of a stream to look at it, and then the rest; without a byte order mark, and not nested without end."""

    def __init__(self, start: bytes, rest: BinaryIO) -> None:
        super().__init__()
        self._start, self._rest = memoryview(start.removeprefix(b"\xef\xbb\xbf")), rest
        self._depth = DepthGuard()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        taken = bytes(self._start[: len(buffer)]) if self._start else self._rest.read(len(buffer))
        self._start = self._start[len(taken) :]
        self._depth.feed(taken)
        buffer[: len(taken)] = taken
        return len(taken)
