"""DICOM SEG (PS3.3 A.51, C.8.20): binary segments and label maps, frame by frame or as tiles of a slide; DICOM frames count from 1."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from annotation.importers.facts import SourceLabel
from annotation.importers.problems import FileError
from annotation.importers.raster import mask_of_picture
from annotation.importers.reading import FileImage, Reading
from annotation.importers.source import Source
from annotation.schema.masks import Mask, RowRuns, mask_of_row_runs
from annotation.schema.problems import ShapeError, gettext_noop

__all__ = ["SegReader"]

MAX_PX: Final = 1 << 28
MAX_FRAMES: Final = 100_000
_DEFLATED_FRAMES: Final = "1.2.840.10008.1.2.8.1"
_NATIVE: Final = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2")


class _Frame(NamedTuple):
    """Where the pixels of a frame belong: segment (None in label maps), instance and its frame (from 1), corner in px."""

    segment: int | None
    uid: str
    number: int
    x_px: int
    y_px: int


class SegReader:
    """One mask a segment and frame; on slides one mask a segment."""

    name: ClassVar[str] = "dicom-seg"
    title: ClassVar[str] = "DICOM SEG"
    takes: ClassVar[str] = (
        "binary segments and label maps, also tiled ones of slides; the segment's type and label, on the referenced frame"
    )
    losses: ClassVar[Mapping[str, str]] = {
        "algorithm": gettext_noop("Whether a segment was made by hand or by an algorithm is left out."),
        "tracking": gettext_noop("Tracking identifiers are left out."),
    }

    def claims(self, source: Source) -> bool:
        """Tell by the modality."""
        return source.modality == "SEG"

    def read(self, source: Source, reading: Reading) -> None:
        """Decode the frames one after the other and gather the masks."""
        dataset = source.dicom
        segments = _segments(dataset, reading)
        rows, columns, count = (int(dataset.get(name) or 1) for name in ("Rows", "Columns", "NumberOfFrames"))
        if rows * columns * count > MAX_PX or count > MAX_FRAMES:
            raise FileError("file_too_large", "", f"{columns} x {rows} x {count}")
        if dataset.get("SegmentationType") == "FRACTIONAL":
            for number in segments:
                reading.refuse(f"segment {number}", "fractional_not_taken")
            return
        is_tiled = "TotalPixelMatrixColumns" in dataset
        size = (int(dataset.TotalPixelMatrixColumns), int(dataset.TotalPixelMatrixRows)) if is_tiled else (columns, rows)
        frames = list(_frames(dataset, count, segments, size if is_tiled else None))
        image = reading.image(width=size[0], height=size[1], keys=[*_referenced(dataset), *(frame.uid for frame in frames[:1])])
        masks = _Masks(is_tiled)
        for frame, pixels in zip(frames, _pixels(dataset, rows, columns, count), strict=False):
            masks.add(frame, pixels, size)
        for key, mask in masks.done(reading):
            _take(key, mask, segments, image, reading)


class _Masks:
    """Runs of pixels of each segment, on each frame or, for a tiled slide, on the whole slide."""

    def __init__(self, is_tiled: bool) -> None:
        self._is_tiled = is_tiled
        self._runs: dict[tuple[int, str, int], list[RowRuns]] = {}

    def add(self, frame: _Frame, pixels: NDArray[Any], size: tuple[int, int]) -> None:
        pixels = pixels[: max(size[1] - frame.y_px, 0), : max(size[0] - frame.x_px, 0)]
        values = [frame.segment] if frame.segment is not None else [int(value) for value in np.unique(pixels) if value]
        for value in values:
            key = (value, "", 0) if self._is_tiled else (value, frame.uid, frame.number)
            is_in = pixels != 0 if frame.segment is not None else pixels == value
            runs = self._runs.setdefault(key, [])
            try:
                runs += mask_of_picture(is_in, x_px=frame.x_px, y_px=frame.y_px).row_runs()
            except ShapeError:
                continue  # an empty frame adds nothing

    def done(self, reading: Reading) -> Iterator[tuple[tuple[int, str, int], Mask]]:
        for key, runs in self._runs.items():
            if not runs:
                reading.refuse(f"segment {key[0]}", "geometry_empty")
                continue
            try:
                yield key, mask_of_row_runs(RowRuns(*(np.concatenate(part) for part in zip(*runs, strict=True))))
            except ShapeError as error:
                reading.refuse(f"segment {key[0]}", error.code)


def _take(key: tuple[int, str, int], mask: Mask, segments: Mapping[int, SourceLabel], image: FileImage, reading: Reading) -> None:
    segment, uid, number = key
    place = f"segment {segment}" + (f", instance {uid[-24:]}, frame {number}" if uid else "")
    frame = reading.frame_of(image, uid, number) if uid else None
    if image.target is not None and image.target.has_frames and image.target.frame_count > 1 and frame is None:
        return reading.refuse(place, "referenced_image_unknown")
    label = segments.get(segment)
    reading.mark(mask, place=place, image=image, source_id=f"{segment}/{uid}/{number}", labels=[label] if label else [], frame=frame)
    return None


def _segments(dataset: Any, reading: Reading) -> dict[int, SourceLabel]:
    found: dict[int, SourceLabel] = {}
    for item in dataset.get("SegmentSequence", ()):
        number = int(item.get("SegmentNumber", 0))
        if number == 0 and dataset.get("SegmentationType") == "LABELMAP":
            continue  # the background of a label map
        coded = (item.get("SegmentedPropertyTypeCodeSequence") or [None])[0]
        text = str(item.get("SegmentLabel", "")) or f"segment {number}"
        code, system = (str(coded.get(name, "")) if coded is not None else "" for name in ("CodeValue", "CodingSchemeDesignator"))
        found[number] = SourceLabel(text, code, system)
        if item.get("SegmentAlgorithmType"):
            reading.lose("algorithm")
        if item.get("TrackingUID"):
            reading.lose("tracking")
    # Where several segments share a type, only their labels tell them apart.
    shared = {key for key, times in Counter(label.key for label in found.values()).items() if times > 1}
    return {number: SourceLabel(label.text) if label.key in shared else label for number, label in found.items()}


def _referenced(dataset: Any) -> list[str]:
    series = dataset.get("ReferencedSeriesSequence", ())
    return [str(one.ReferencedSOPInstanceUID) for item in series for one in item.get("ReferencedInstanceSequence", ())]


def _frames(dataset: Any, count: int, segments: Mapping[int, SourceLabel], matrix: tuple[int, int] | None) -> Iterator[_Frame]:
    per_frame = dataset.get("PerFrameFunctionalGroupsSequence", ())
    shared = (dataset.get("SharedFunctionalGroupsSequence") or [None])[0]
    is_map = dataset.get("SegmentationType") == "LABELMAP"
    if matrix is not None and len(per_frame) < count:
        yield from _full_tiling(dataset, segments, matrix, is_map)
        return
    for group in per_frame:
        segment = None if is_map else _segment_of(group, shared)
        uid, number = _source_of(group, shared)
        position = (group.get("PlanePositionSlideSequence") or [None])[0] if matrix is not None else None
        x, y = (int(position.get(name, 1)) - 1 for name in _CORNER) if position is not None else (0, 0)
        yield _Frame(segment, uid, number, x, y)


_CORNER: Final = ("ColumnPositionInTotalImagePixelMatrix", "RowPositionInTotalImagePixelMatrix")


def _full_tiling(dataset: Any, segments: Mapping[int, SourceLabel], matrix: tuple[int, int], is_map: bool) -> Iterator[_Frame]:
    """Yield the tiles of TILED_FULL: segment by segment, row by row (PS3.3 C.7.6.17.3)."""
    columns, rows = int(dataset.Columns), int(dataset.Rows)
    for segment in [None] if is_map else sorted(segments):
        for y in range(0, matrix[1], rows):
            for x in range(0, matrix[0], columns):
                yield _Frame(segment, "", 1, x, y)


def _segment_of(group: Any, shared: Any) -> int:
    for holder in (group, shared):
        identified = (holder.get("SegmentIdentificationSequence") or [None])[0] if holder is not None else None
        if identified is not None:
            return int(identified.ReferencedSegmentNumber)
    raise FileError("dicom_malformed", "", "SegmentIdentificationSequence")


def _source_of(group: Any, shared: Any) -> tuple[str, int]:
    for holder in (group, shared):
        for derived in holder.get("DerivationImageSequence", ()) if holder is not None else ():
            for one in derived.get("SourceImageSequence", ()):
                number = one.get("ReferencedFrameNumber", 1)
                return str(one.ReferencedSOPInstanceUID), int(number if isinstance(number, int | str) else number[0])
    return "", 1


def _pixels(dataset: Any, rows: int, columns: int, count: int) -> Iterator[NDArray[Any]]:
    """Yield the frames. Raises FileError ``pixels_undecodable``."""
    syntax, bits = str(dataset.file_meta.TransferSyntaxUID), int(dataset.get("BitsAllocated", 8))
    data = dataset.get("PixelData", b"")
    try:
        if syntax in _NATIVE:
            frames = _unpacked(data, bits, rows * columns, count)
        elif syntax == _DEFLATED_FRAMES:
            from pydicom.encaps import generate_frames  # noqa: PLC0415  # as in Source.dicom

            inflated = (_inflated(frame, rows * columns * 2) for frame in generate_frames(data, number_of_frames=count))
            frames = (next(iter(_unpacked(one, bits, rows * columns, 1))) for one in inflated)
        else:
            array = dataset.pixel_array.reshape(count, rows, columns)
            frames = iter(array)
        for frame in frames:
            yield frame.reshape(rows, columns)
    except (RuntimeError, NotImplementedError, ValueError, AttributeError, KeyError, OSError, zlib.error, StopIteration) as error:
        raise FileError("pixels_undecodable", "", f"{syntax}: {str(error)[:80]}") from error


def _inflated(data: bytes, limit: int) -> bytes:
    """Return the bytes of a deflated frame, no more than a 16-bit frame has."""
    return zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, limit)


def _unpacked(data: bytes, bits: int, size: int, count: int) -> Iterator[NDArray[Any]]:
    """Yield frames of so many px; those of one bit follow one another without a gap (PS3.5 8.1.1)."""
    if bits == 1:
        if len(data) * 8 < size * count:
            raise ValueError("pixel data is cut short")
        flat = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little", count=size * count)
    else:
        flat = np.frombuffer(data, np.uint8 if bits == 8 else "<u2", count=size * count)
    for number in range(count):
        yield flat[number * size : (number + 1) * size]
