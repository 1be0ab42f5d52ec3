"""The DICOM engine: single and multi-frame images, grey and colour, one frame decoded at a time.

Whole-slide instances are checked here and then opened by the slide engine, whose pyramid spans the series' folder.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from PIL import Image
from pydicom.dataset import Dataset
from pydicom.uid import UID, JPEGBaseline8Bit

from viewer.geometry import RegionRequest, Size
from viewer.readers import base, dicom_decode, dicom_describe, dicom_overlays, tiff_structure
from viewer.readers.base import EncodedPixels, ImageReader, Inspection, ViewedReader
from viewer.readers.dicom_decode import Samples
from viewer.readers.dicom_dimensions import parts_of
from viewer.readers.dicom_file import DicomFile, as_malformed, check_depth, open_dicom
from viewer.readers.dicom_frames import FrameIndex, check_stack, read_layout
from viewer.readers.dicom_parts import lies_in_parts, part_of
from viewer.readers.dicom_presentation import DicomPresentationReader
from viewer.readers.dicom_values import (
    CT_PRESETS,
    GREY,
    Values,
    Window,
    auto_window,
    encode_values,
    number,
    padding_of,
    rescale_of,
    to_display,
    to_rgb,
    to_values,
    windows_of,
)
from viewer.readers.errors import LimitExceeded, MalformedFile, OutOfRange, UnsupportedFormat, WithheldImage

if TYPE_CHECKING:
    from viewer.readers.dicom_tiles import DicomTileReader
    from viewer.readers.openslide import OpenSlideReader

NAME: Final = "dicom"
_SEGMENTATION_CLASSES: Final = frozenset({"1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7"})


class DicomReader:
    """One DICOM instance that is no whole-slide image.

    Args:
        file: an open file; closed with the reader.

    Raises:
        ReaderError: with the reason why it is refused.
    """

    def __init__(self, file: DicomFile) -> None:
        self._file = file
        self.header = file.header
        if str(self.header.get("SOPClassUID", "")) in _SEGMENTATION_CLASSES:
            raise UnsupportedFormat("no_pixels", "a segmentation")
        self.layout = read_layout(file)
        check_stack(self.layout)
        dicom_decode.check_syntax(file.syntax)
        self._index = FrameIndex(file, self.layout)
        self.size = Size(self.layout.columns, self.layout.rows)
        self.grey = self.layout.photometric in GREY
        self.invert = self.layout.photometric == "MONOCHROME1"
        self._overlays, self._overlays_whole = dicom_overlays.overlays_of(self.header, words=self._has_words(file))

    @as_malformed()
    def inspect(self) -> Inspection:
        """Header facts; the first, middle and last frames are decoded once to prove them."""
        check_depth(self.header)
        warnings: list[str] = []
        identity = dicom_describe.describe(self.header, warnings)
        spacing = dicom_describe.spacing(self.header, warnings)
        frames = self.layout.frames
        for index in sorted({0, frames // 2, frames - 1}):
            self._prove(index)
        if not all(rescale_of(self.header, frame).believed for frame in (0, frames - 1)):
            warnings.append("rescale_ignored")
        warnings += dicom_describe.doubts(self.header, self._positions())
        if not self._overlays_whole:
            warnings.append("overlay_unreadable")
        block = self._frames_block(identity["modality"])
        if block["parts"]:
            warnings.append("frames_of_several_kinds")
        return Inspection(
            engine=NAME,
            format=NAME,
            kind="frames",
            modality=identity["modality"] or "OT",
            size=self.size,
            frame_count=frames,
            spacing=spacing,
            frames=block,
            dicom=identity,
            acquisition=dicom_describe.acquisition(self.header),
            warnings=warnings,
        )

    def tile(self, level: int, column: int, row: int) -> EncodedPixels:
        """Frames are not tiled."""
        raise OutOfRange

    @as_malformed()
    def frame(self, index: int) -> EncodedPixels:
        """One frame (0-based): values for grey, JPEG for colour."""
        samples, overlays = self._samples(index), self.overlays_over(index)
        if not self.grey:
            picture = base.encode_jpeg(self._colour(samples), base.FRAME_QUALITY, full_chroma=True)
            return dicom_overlays.with_count(picture, overlays)
        values = to_values(samples, self.header, index)
        stated = windows_of(self.header, index)
        return dicom_overlays.with_count(encode_values(values, self.invert, stated[0] if stated else None), overlays)

    @as_malformed()
    def colour(self, index: int) -> Image.Image:
        """One colour frame (0-based) as RGB, before it is compressed for the browser."""
        return self._colour(self._samples(index))

    @as_malformed()
    def stored_jpeg(self, index: int) -> bytes | None:
        """The code stream of a frame (0-based), where it is JPEG baseline in YCbCr, which browsers show; else None."""
        layout = self.layout
        is_shown = self._file.syntax == JPEGBaseline8Bit and layout.allocated == 8 and layout.photometric in {"YBR_FULL", "YBR_FULL_422"}
        return self._index.frame_bytes(index) if is_shown else None

    def overlays_over(self, index: int) -> int:
        """How many overlays lie over a frame (0-based)."""
        return dicom_overlays.count_over(self._overlays, index)

    @as_malformed()
    def overlay(self, index: int) -> EncodedPixels:
        """The overlays that lie over a frame (0-based), as a palette PNG of its size; see `dicom_overlays`.

        Raises:
            OutOfRange: when there is no such frame, or nothing lies over it.
        """
        if not 0 <= index < self.layout.frames or not self.overlays_over(index):
            raise OutOfRange("no_such_frame")
        in_words = any(overlay.bit is not None for overlay in self._overlays)
        words = dicom_decode.pixel_words(self._file, self.layout, self._index, index) if in_words else None
        return dicom_overlays.encode(dicom_overlays.planes(self.header, self._overlays, index, self.size, words), self.size)

    @as_malformed()
    def thumbnail(self, index: int, max_px: int) -> EncodedPixels:
        """A frame (0-based) through its first window, small."""
        out = self.size.fitted_into(max_px)
        image = self._picture(index).resize((out.width, out.height), Image.Resampling.BOX)
        return base.encode_jpeg(image, base.THUMBNAIL_QUALITY)

    @as_malformed()
    def region(self, request: RegionRequest) -> EncodedPixels:
        """A rectangle of one frame through its first window."""
        return base.encode_png(base.crop_region(self._picture(request.frame), request))

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _has_words(self, file: DicomFile) -> bool:
        return not file.encapsulated and self.layout.samples == 1 and self.layout.allocated in {8, 16, 32} and file.keyword == "PixelData"

    def _prove(self, index: int) -> None:
        """Decode a frame (0-based) up to what is shown of it; encoding it for a browser would prove nothing more."""
        samples = self._samples(index)
        if self.grey:
            to_values(samples, self.header, index)
        else:
            self._colour(samples)

    def _samples(self, index: int) -> Samples:
        return dicom_decode.decode(self._file, self.layout, self._index, index)

    def _colour(self, samples: Samples) -> Image.Image:
        return Image.fromarray(to_rgb(samples, self.header, self.layout), "RGB")

    def _picture(self, index: int) -> Image.Image:
        samples = self._samples(index)
        if not self.grey:
            return self._colour(samples)
        values = to_values(samples, self.header, index)
        return Image.fromarray(to_display(values, self._window(values, index), self.invert), "L")

    def _window(self, values: Values, index: int) -> Window:
        stated = windows_of(self.header, index)
        return stated[0] if stated else auto_window(values, padding_of(self.header))

    def _frames_block(self, modality: str | None) -> dict[str, Any]:
        windows: list[Window] = []
        if self.grey:
            windows = windows_of(self.header, 0)
            middle = self.layout.frames // 2
            values = to_values(self._samples(middle), self.header, middle)
            windows.append(auto_window(values, padding_of(self.header)))
            if modality == "CT":
                windows.extend(Window(center, width, name) for name, center, width in CT_PRESETS)
        return {
            "encoding": "values" if self.grey else "colour",
            "frame_time_ms": dicom_describe.frame_time_ms(self.header),
            "windows": [window.as_json() for window in windows],
            "invert": self.invert,
            "positions_mm": self._positions(),
            "parts": parts_of(self.header, self.layout.frames),
        }

    def _positions(self) -> list[float] | None:
        """Each frame's place along the normal, if every frame states one."""
        if self.layout.frames == 1 or "PerFrameFunctionalGroupsSequence" not in self.header:
            return None
        found = [dicom_describe.position_mm(self.header, frame) for frame in range(self.layout.frames)]
        known = [place for place in found if place is not None]
        return known if len(known) == len(found) else None


class DicomSlideReader:
    """A whole-slide instance, checked as DICOM and read by a slide engine."""

    def __init__(self, slide: OpenSlideReader | DicomTileReader, header: Dataset) -> None:
        self._header = header
        self._slide = slide

    @property
    def slide(self) -> OpenSlideReader | DicomTileReader:
        """The slide engine that reads the pixels."""
        return self._slide

    @property
    def kept_bytes(self) -> int:
        """Memory that decoded tiles take."""
        return int(getattr(self._slide, "kept_bytes", 0))

    def seen(self, view: str) -> ImageReader:
        """The slide as a view shows it, where it has channels or planes."""
        if not isinstance(self._slide, ViewedReader):
            raise OutOfRange("no_such_view")
        return self._slide.seen(view)

    @as_malformed()
    def inspect(self) -> Inspection:
        """The slide's inspection with the instance's identity."""
        check_depth(self._header)
        found = self._slide.inspect()
        found.dicom = dicom_describe.describe(self._header, found.warnings)
        found.acquisition = dicom_describe.acquisition(self._header)
        found.modality = found.dicom["modality"] or "SM"
        return found

    def tile(self, level: int, column: int, row: int) -> EncodedPixels:
        """One tile in the slide's own grid."""
        return self._slide.tile(level, column, row)

    def frame(self, index: int) -> EncodedPixels:
        """A slide has no frames."""
        return self._slide.frame(index)

    def thumbnail(self, index: int, max_px: int) -> EncodedPixels:
        """The whole slide, small."""
        return self._slide.thumbnail(index, max_px)

    def region(self, request: RegionRequest) -> EncodedPixels:
        """A rectangle of level-0 pixels."""
        return self._slide.region(request)

    def close(self) -> None:
        """Close the slide."""
        self._slide.close()


def open_instance(path: str) -> ImageReader:
    """The reader for the DICOM instance at `path`.

    Raises:
        WithheldImage: for the label, overview or thumbnail of a slide.
        ReaderError: with the reason why it is refused.
    """
    file = open_dicom(path, video=True)
    try:
        if file.is_video:
            return _open_video(path, file)
        with as_malformed():
            if not file.keyword:
                return DicomPresentationReader(file)
            if str(file.header.get("SOPClassUID", "")) != dicom_describe.WSI_CLASS:
                return DicomReader(file)
            _check_slide(file)
    except BaseException:
        file.close()
        raise
    file.close()
    return DicomSlideReader(_slide_engine(path, file), file.header)


def _slide_engine(path: str, file: DicomFile) -> OpenSlideReader | DicomTileReader:
    """OpenSlide where it shows the slide truly, the second engine for deep tiles, focal planes, parts and what it does not know."""
    from viewer.readers.dicom_tiles import DicomTileReader  # noqa: PLC0415 -- loaded for slides only
    from viewer.readers.openslide import OpenSlideReader  # noqa: PLC0415

    several = any((number(file.header.get(keyword)) or 1) > 1 for keyword in ("NumberOfOpticalPaths", "TotalPixelMatrixFocalPlanes"))
    deep = file.syntax != UID("1.2.840.10008.1.2.4.50") and number(file.header.get("BitsAllocated")) != 8
    if several or deep or lies_in_parts(Path(path), file.header):
        return DicomTileReader(path)
    try:
        return OpenSlideReader(path)
    except UnsupportedFormat:
        return DicomTileReader(path)


def _open_video(path: str, file: DicomFile) -> ImageReader:
    from viewer.readers.video.dicom import DicomVideoReader  # noqa: PLC0415 -- loaded for video only

    reader = DicomVideoReader(path, file)
    file.close()
    return reader


def _check_slide(file: DicomFile) -> None:
    """Refuse what is never shown, and an instance whose declared size and frames do not fit what is there."""
    if dicom_describe.is_withheld(file.header):
        raise WithheldImage
    header, layout = file.header, read_layout(file)
    width, height = (number(header.get(f"TotalPixelMatrix{name}")) or 0 for name in ("Columns", "Rows"))
    if width < 1 or height < 1:
        raise MalformedFile("malformed", "no total pixel matrix")
    if max(width, height) > tiff_structure.MAX_SLIDE_SIDE_PX:
        raise LimitExceeded("too_many_pixels", f"{width:.0f} x {height:.0f}")
    if not all(8 <= side <= tiff_structure.MAX_TILE_SIDE_PX for side in (layout.rows, layout.columns)):
        raise LimitExceeded("tile_size", f"{layout.columns} x {layout.rows}")
    is_part = part_of(header, layout.frames) is not None
    tiles = -(-int(width) // layout.columns) * -(-int(height) // layout.rows)
    sparse = str(header.get("DimensionOrganizationType", "")).upper() == "TILED_SPARSE"
    if not is_part and not sparse and "PerFrameFunctionalGroupsSequence" not in header and layout.frames < tiles:
        raise MalformedFile("truncated", f"{layout.frames} frames for {tiles} tiles")
    if not FrameIndex(file, layout).table_fits:
        raise MalformedFile("malformed", "the offset table points between the frames")
