"""What a pixel worker does with a request: find the reader, ask it, answer with a header and a body."""

from __future__ import annotations

import time
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from viewer.geometry import Level0Point, RegionRequest, Size
from viewer.readers import base
from viewer.readers.base import EncodedPixels, ImageReader, ViewedReader
from viewer.readers.companions import is_spread
from viewer.readers.errors import OutOfRange, ReaderError, to_json
from viewer.readers.pyramid import PyramidReader
from viewer.readers.registry import HandleCache, open_reader
from viewer.tiles.packing import packed

if TYPE_CHECKING:
    from viewer.readers.video.reader import VideoReader

# Tiles that are asked for together come back together, unless making them takes so long that waiting would be felt.
TOGETHER_S: Final = 0.010

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
    if verb == "listed":
        from viewer.readers.dicomdir import listed_files  # noqa: PLC0415 -- engines load on first use

        return {"files": listed_files(str(header["path"]))}, b""
    if verb == "index":
        return {}, _index(header["source"])
    if verb == "times":
        return {}, _times(header["source"])
    if verb == "share":
        return _share(header)
    if verb == "make":
        return _make(header)
    if verb == "tiles":
        return _tiles(header)
    handler = _HANDLERS.get(str(verb))
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
    from viewer.tiles.stored.index_file import pack  # noqa: PLC0415 -- engines load on first use
    from viewer.tiles.stored.making import make_index  # noqa: PLC0415

    paths = [str(path) for path in source["paths"]]
    reader = _pyramid(paths[0])
    if reader is None or is_spread(paths[0]):  # the tiles of one that is spread over several files overlap
        return pack([])
    return make_index(reader, paths, list(source["levels"]))


def _make(header: dict[str, Any]) -> Answer:
    """Tiles for a sidecar; see `viewer.tiles.made.maker`."""
    from viewer.tiles.made import maker  # noqa: PLC0415 -- engines load on first use

    try:
        if header["kind"] == "shrink":
            return maker.shrink(header)
        source, level = header["source"], int(header["level"])
        reader = _pyramid(str(source["paths"][0]))
        if reader is None:
            raise OutOfRange
        return maker.render(reader, reader.announced_level(source["levels"][level]), header["cells"])
    except (KeyError, TypeError, ValueError, IndexError, OSError) as error:
        raise ReaderError("bad_request", type(error).__name__) from error


def _pyramid(path: str) -> PyramidReader | None:
    """The slide's reader; None for what is no slide."""
    return _within(_handles.get(path))


def _within(reader: ImageReader) -> PyramidReader | None:
    """The slide's reader out of what DICOM has put around it."""
    from viewer.readers.dicom import DicomSlideReader  # noqa: PLC0415 -- engines load on first use

    reader = reader.slide if isinstance(reader, DicomSlideReader) else reader
    return reader if isinstance(reader, PyramidReader) else None


def _video_of(source: dict[str, Any]) -> VideoReader:
    """The reader of a video, with the frame index that was proven at ingest where that is at hand."""
    from viewer.readers.video.reader import VideoReader  # noqa: PLC0415 -- engines load on first use

    reader = _handles.get(str(source["paths"][0]))
    if not isinstance(reader, VideoReader):
        raise OutOfRange("no_such_frame")
    reader.known_times(Path(str(source["video"]["times"])), int(source["video"]["frame_count"]))
    return reader


def _times(source: dict[str, Any]) -> bytes:
    """The frame index of a video, as its container states it, up to the frames that could be shown at ingest."""
    from viewer.readers.video.times import pack  # noqa: PLC0415 -- loaded for video only

    return pack(_video_of(source).times)


def _strip(header: dict[str, Any]) -> EncodedPixels:
    from viewer.readers.video.strip import strip_of  # noqa: PLC0415 -- loaded for video only

    return _video_of(header["source"]).strip(strip_of(header["source"]["video"]["strip"]))


def _tile(header: dict[str, Any]) -> EncodedPixels:
    source, number = header["source"], int(header["level"])
    path, column, row = str(source["paths"][0]), int(header["column"]), int(header["row"])
    announced = source.get("levels") or []
    reader = _seen(_handles.get(path), str(header.get("view", "")))
    if source.get("kind") == "slide" and number >= len(announced) > 0:
        return _tile_between(reader, announced, number, column, row)
    slide = _within(reader) if header.get("srgb") else reader
    if isinstance(slide, PyramidReader) and 0 <= number < len(announced):
        pixels = slide.cell_pixels(slide.announced_level(announced[number]), column, row)
        pixels = slide.in_srgb(pixels) if header.get("srgb") else pixels
        return base.encode_jpeg(pixels, base.TILE_QUALITY, full_chroma=True)
    return reader.tile(number, column, row)


def _tiles(header: dict[str, Any]) -> Answer:
    """The first of some tiles of one level, at least one: as many as `TOGETHER_S` allows for; errors are answers too."""
    said: list[dict[str, Any]] = []
    bodies: list[bytes] = []
    began_s = time.monotonic()
    for column, row in header["cells"]:
        try:
            answer, body = serve({**header, "verb": "tile", "column": column, "row": row})
            said.append({**answer, "length": len(body)})
            bodies.append(body)
        except ReaderError as error:
            said.append({"error": to_json(error)})
        if (time.monotonic() - began_s) * (len(said) + 1) > TOGETHER_S * len(said):  # the next would take as long as these did
            break
    return {"tiles": said}, b"".join(bodies)


def _seen(reader: ImageReader, view: str) -> ImageReader:
    """The image as a view shows it; as it is, without one."""
    if not view:
        return reader
    if not isinstance(reader, ViewedReader):
        raise OutOfRange("no_such_view")
    return reader.seen(view)


def _tile_between(reader: ImageReader, announced: list[dict[str, Any]], number: int, column: int, row: int) -> EncodedPixels:
    """A tile of a level that the slide itself has not: its sidecar is gone, or does not have this view."""
    from viewer.tiles.made.plan import added_levels  # noqa: PLC0415 -- rarely needed

    level = next((added.level for added in added_levels(announced) if added.level.index == number), None)
    pyramid = _within(reader)
    if level is None or pyramid is None:
        raise OutOfRange
    return pyramid.tile_between(level, column, row)


def _frame(header: dict[str, Any]) -> EncodedPixels:
    from viewer.readers.dicom import DicomReader  # noqa: PLC0415 -- engines load on first use
    from viewer.tiles.stored_frames import stored_frame  # noqa: PLC0415

    reader, index = _frame_of(header["source"], int(header["frame"]))
    stored = stored_frame(reader, index) if isinstance(reader, DicomReader) else None
    return stored or packed(reader.frame(index), str(header["packing"]))


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
    reader, index = _frame_of(source, _middle(source) if source.get("kind") in {"frames", "video"} else 0)
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
    if source.get("kind") == "video":
        return _video_of(source), frame
    if not frame_map or source.get("kind") != "frames":
        return _handles.get(str(source["paths"][0])), frame
    if not 0 <= frame < len(frame_map):
        raise OutOfRange("no_such_frame")
    path_index, index = (int(value) for value in frame_map[frame])
    if not 0 <= path_index < len(source["paths"]):
        raise OutOfRange("no_such_frame")
    return _handles.get(str(source["paths"][path_index])), index


def _middle(source: dict[str, Any]) -> int:
    if source.get("kind") == "video":
        times = _video_of(source).times
        return times.key_before(times.count // 2)
    frame_map = source.get("frame_map")
    if frame_map:
        return len(frame_map) // 2
    reader = _handles.get(str(source["paths"][0]))
    layout = getattr(reader, "layout", None)
    return layout.frames // 2 if layout is not None else 0


_HANDLERS: Final = {
    "tile": _tile,
    "frame": _frame,
    "overlay": _overlay,
    "thumbnail": _thumbnail,
    "region": _region,
    "strip": _strip,
}
