"""What a pixel worker does with a request: find the reader, ask it, answer with a header and a body."""

from __future__ import annotations

from math import isfinite
from typing import Any, Final

from viewer.geometry import Level0Point, RegionRequest, Size
from viewer.readers import base
from viewer.readers.base import EncodedPixels, ImageReader
from viewer.readers.errors import OutOfRange, ReaderError
from viewer.readers.registry import HandleCache, open_reader

_handles: Final = HandleCache()
Answer = tuple[dict[str, Any], bytes]


def serve(header: dict[str, Any]) -> Answer:
    """Carry out one request.

    Raises:
        ReaderError: with the reason why it cannot be answered.
    """
    verb = header.get("verb")
    if verb == "inspect":
        return _inspect(str(header["path"])), b""
    if verb == "index":
        return {}, _index(header["source"])
    if verb == "share":
        return _share(header)
    handler = {"tile": _tile, "frame": _frame, "overlay": _overlay, "thumbnail": _thumbnail, "region": _region}.get(str(verb))
    if handler is None:
        raise ReaderError("bad_request")
    try:
        encoded = handler(header)
    except (KeyError, TypeError, ValueError) as error:
        raise ReaderError("bad_request", type(error).__name__) from error
    finally:
        _handles.trim()
    return {"content_type": encoded.content_type, "headers": encoded.headers}, encoded.body


def _share(header: dict[str, Any]) -> Answer:
    """What DICOMweb sends of one instance; see `viewer.tiles.share`."""
    from viewer.tiles import share  # noqa: PLC0415 -- engines load on first use

    try:
        return share.serve(header)
    except (KeyError, TypeError, ValueError) as error:
        raise ReaderError("bad_request", type(error).__name__) from error


def _inspect(path: str) -> dict[str, Any]:
    """Inspect with a reader of its own, as the file may be replaced under the same name afterwards."""
    _handles.forget(path)
    reader = open_reader(path)
    try:
        return reader.inspect().as_json()
    finally:
        reader.close()


def _index(source: dict[str, Any]) -> bytes:
    """The index of the tiles that a slide stores, empty for what is no slide; see `viewer.tiles.stored`."""
    from viewer.readers.dicom import DicomSlideReader  # noqa: PLC0415 -- engines load on first use
    from viewer.readers.openslide import OpenSlideReader  # noqa: PLC0415
    from viewer.tiles.stored.index_file import pack  # noqa: PLC0415
    from viewer.tiles.stored.making import make_index  # noqa: PLC0415

    paths = [str(path) for path in source["paths"]]
    reader = _handles.get(paths[0])
    reader = reader.slide if isinstance(reader, DicomSlideReader) else reader
    return make_index(reader, paths, list(source["levels"])) if isinstance(reader, OpenSlideReader) else pack([])


def _tile(header: dict[str, Any]) -> EncodedPixels:
    reader = _handles.get(str(header["source"]["paths"][0]))
    return reader.tile(int(header["level"]), int(header["column"]), int(header["row"]))


def _frame(header: dict[str, Any]) -> EncodedPixels:
    from viewer.readers.dicom import DicomReader  # noqa: PLC0415 -- engines load on first use
    from viewer.tiles.stored_frames import stored_frame  # noqa: PLC0415

    reader, index = _frame_of(header["source"], int(header["frame"]))
    stored = stored_frame(reader, index) if isinstance(reader, DicomReader) else None
    return stored or reader.frame(index)


def _overlay(header: dict[str, Any]) -> EncodedPixels:
    """What is drawn over a frame; only DICOM frames have something of the kind."""
    from viewer.readers.dicom import DicomReader  # noqa: PLC0415 -- engines load on first use

    reader, index = _frame_of(header["source"], int(header["frame"]))
    if not isinstance(reader, DicomReader):
        raise OutOfRange("no_such_frame")
    return reader.overlay(index)


def _thumbnail(header: dict[str, Any]) -> EncodedPixels:
    source = header["source"]
    side = min(max(16, int(header["max_px"])), base.MAX_THUMBNAIL_PX)
    reader, index = _frame_of(source, _middle(source)) if source.get("kind") == "frames" else _frame_of(source, 0)
    return reader.thumbnail(index, side)


def _region(header: dict[str, Any]) -> EncodedPixels:
    numbers = [float(header[name]) for name in ("x", "y", "width", "height")]
    out_width, out_height = int(header["out_width"]), int(header["out_height"])
    sides_fit = 0 < out_width <= base.MAX_REGION_SIDE_PX and 0 < out_height <= base.MAX_REGION_SIDE_PX
    if not all(isfinite(value) and abs(value) < 1e9 for value in numbers) or not sides_fit:
        raise OutOfRange("bad_region")
    if numbers[2] <= 0 or numbers[3] <= 0 or out_width * out_height > base.MAX_REGION_PX:
        raise OutOfRange("bad_region")
    reader, index = _frame_of(header["source"], int(header.get("frame", 0)))
    origin = Level0Point(numbers[0], numbers[1])
    return reader.region(RegionRequest(origin, numbers[2], numbers[3], Size(out_width, out_height), index))


def _frame_of(source: dict[str, Any], frame: int) -> tuple[ImageReader, int]:
    """The reader that holds `frame` of the image (0-based), and the frame's index within its file."""
    frame_map = source.get("frame_map")
    if not frame_map or source.get("kind") != "frames":
        return _handles.get(str(source["paths"][0])), frame
    if not 0 <= frame < len(frame_map):
        raise OutOfRange("no_such_frame")
    path_index, index = (int(value) for value in frame_map[frame])
    if not 0 <= path_index < len(source["paths"]):
        raise OutOfRange("no_such_frame")
    return _handles.get(str(source["paths"][path_index])), index


def _middle(source: dict[str, Any]) -> int:
    frame_map = source.get("frame_map")
    if frame_map:
        return len(frame_map) // 2
    reader = _handles.get(str(source["paths"][0]))
    layout = getattr(reader, "layout", None)
    return layout.frames // 2 if layout is not None else 0
