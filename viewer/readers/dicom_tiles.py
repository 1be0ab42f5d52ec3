"""The second engine for DICOM slides: tiles that OpenSlide does not decode (JPEG-LS, RLE, 16 bits), optical paths, focal planes.

Tiles are the frames of one instance, in the order of PS3.3 C.7.6.17.3 (TILED_FULL: columns, rows, focal planes, optical paths)
or where each frame says it lies (TILED_SPARSE). Smaller levels are the series' other instances in the same folder, which is
the slide's own. Optical paths of grey are channels.
"""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from viewer.geometry import Level, Size, TileGrid
from viewer.readers import base, dicom_decode, dicom_describe
from viewer.readers.base import Inspection
from viewer.readers.channels import MAX_CHANNELS, MAX_PLANES, Channel, Samples
from viewer.readers.dicom_file import DicomFile, as_malformed, open_dicom
from viewer.readers.dicom_frames import FrameIndex, Layout, read_layout
from viewer.readers.dicom_values import GREY, functional, number, to_rgb
from viewer.readers.errors import MalformedFile, ReaderError, UnsupportedFormat
from viewer.readers.pyramid import MAX_BLOCK_PX
from viewer.readers.viewed import Box, ViewedPyramid

NAME: Final = "dicom"
MAX_KEPT_BYTES: Final = 96 << 20
MAX_SIBLINGS: Final = 64
_SMALLEST_STEP: Final = 1.2
_SUFFIXES: Final = frozenset({".dcm", ".dicom"})


class _Instance:
    """One level: an open instance, and which frame lies where."""

    def __init__(self, file: DicomFile) -> None:
        self.file, self.header = file, file.header
        self.layout: Layout = read_layout(file)
        dicom_decode.check_syntax(file.syntax)
        self.index = FrameIndex(file, self.layout)
        self.size = Size(*(int(number(self.header.get(f"TotalPixelMatrix{name}")) or 0) for name in ("Columns", "Rows")))
        self.grid = TileGrid.covering(self.size, Size(self.layout.columns, self.layout.rows))
        self.paths = _count(self.header, "NumberOfOpticalPaths")
        self.focal = _count(self.header, "TotalPixelMatrixFocalPlanes")
        self._placed = self._place_sparse() if "PerFrameFunctionalGroupsSequence" in self.header else None
        if self._placed is None and self.layout.frames < self.grid.columns * self.grid.rows * self.paths * self.focal:
            raise MalformedFile("truncated", f"{self.layout.frames} frames")

    def frame_at(self, column: int, row: int, plane: int, path: int) -> int | None:
        """The frame (0-based) of a tile; None where none is stored."""
        if self._placed is not None:
            return self._placed.get((column, row, plane, path))
        a_plane = self.grid.columns * self.grid.rows
        return ((path * self.focal) + plane) * a_plane + row * self.grid.columns + column

    def _place_sparse(self) -> dict[tuple[int, int, int, int], int] | None:
        """Where each frame says it lies; None where the frames say nothing and so follow each other."""
        stated: list[tuple[int, int, float, str]] = []
        for frame in range(self.layout.frames):
            position = functional(self.header, frame, "PlanePositionSlideSequence")
            path = functional(self.header, frame, "OpticalPathIdentificationSequence")
            if position is None:
                return None
            corner = [number(position.get(f"{axis}PositionInTotalImagePixelMatrix")) or 1 for axis in ("Column", "Row")]
            depth = number(position.get("ZOffsetInSlideCoordinateSystem")) or 0.0
            stated.append((int(corner[0]) - 1, int(corner[1]) - 1, round(depth, 6), str(path.get("OpticalPathIdentifier")) if path else ""))
        depths = sorted({depth for _, _, depth, _ in stated})
        paths = list(dict.fromkeys(name for _, _, _, name in stated))
        self.focal, self.paths = len(depths), len(paths)
        found: dict[tuple[int, int, int, int], int] = {}
        for frame, (left, top, depth, name) in enumerate(stated):
            if left % self.layout.columns or top % self.layout.rows:
                raise UnsupportedFormat("unsupported_slide_format", "tiles that lie in no grid")
            place = (left // self.layout.columns, top // self.layout.rows)
            found.setdefault((*place, depths.index(depth), paths.index(name)), frame)
        return found


class DicomTileReader(ViewedPyramid):
    """A DICOM slide, its tiles decoded one by one by pydicom and imagecodecs.

    Args:
        path: an instance that was checked as a whole-slide image; the series' other instances beside it become levels.

    Raises:
        UnsupportedFormat: for transfer syntaxes and layouts that are not read.
        MalformedFile: when frames are missing.
    """

    def __init__(self, path: str) -> None:
        super().__init__()
        self._kept: OrderedDict[tuple[int, int], Samples] = OrderedDict()
        self.kept_bytes = 0
        self._instances: list[_Instance] = []
        try:
            self._open(Path(path))
        except BaseException:
            self.close()
            raise

    def inspect(self) -> Inspection:
        """Levels, channels, planes and spacing; the thumbnail and the first tile are decoded once to prove them."""
        warnings: list[str] = []
        spacing = dicom_describe.spacing(self._instances[0].header, warnings)
        self.thumbnail(0, 256)
        self.tile(0, 0, 0)
        if len(self.channels) == 1:
            warnings.append("range_stretched")
        if self.levels[-1].size.pixels > MAX_BLOCK_PX:
            warnings.append("pyramid_incomplete")
        return Inspection(
            engine=NAME,
            format=NAME,
            kind="slide",
            modality="SM",
            size=self.size,
            frame_count=self.z,
            levels=self.levels,
            spacing=spacing,
            warnings=warnings,
            channels=self.described_channels(),
            planes=self.described_planes(),
        )

    def close(self) -> None:
        """Close the files and drop what was decoded."""
        self._kept.clear()
        self.kept_bytes = 0
        for instance in self._instances:
            instance.file.close()

    @as_malformed()
    def _open(self, path: Path) -> None:
        own = _opened(path)
        self._instances.append(own)
        self._instances += _siblings(path, own)
        self._instances.sort(key=lambda instance: -instance.size.width)
        first = self._instances[0]
        if not 1 <= first.paths <= MAX_CHANNELS or not 1 <= first.focal <= MAX_PLANES:
            raise UnsupportedFormat("multichannel_not_supported", f"{first.paths} paths, {first.focal} planes")
        grey = first.layout.photometric in GREY
        if first.paths > 1 and not grey:
            raise UnsupportedFormat("multichannel_not_supported", "several colour pictures")
        self.channels = _channels(first) if grey and (first.paths > 1 or first.layout.allocated > 8) else []
        self.z, self.size, self.levels = first.focal, first.size, []
        for index, instance in enumerate(self._instances):
            across, down = first.size.width / instance.size.width, first.size.height / instance.size.height
            self.levels.append(Level(index, max(1.0, (across + down) / 2), instance.size, instance.grid))

    def _colour(self, level: int, box: Box, plane: int) -> NDArray[np.uint8]:
        instance = self._instances[level]
        out = np.full((box[2].height, box[2].width, 3), 255, np.uint8)
        for tile, left, top in self._tiles(instance, level, box, plane, 0):
            rgb = np.repeat(_upright(tile, instance.layout)[:, :, None], 3, axis=2) if tile.ndim == 2 else tile
            if tile.ndim == 3 or instance.layout.photometric == "PALETTE COLOR":
                rgb = to_rgb(tile, instance.header, instance.layout)
            _paste(out, rgb, left, top)
        return out

    def _stored(self, level: int, box: Box, plane: int, channel: int) -> Samples:
        instance = self._instances[level]
        out: Samples = np.zeros((box[2].height, box[2].width), self._dtype())
        for tile, left, top in self._tiles(instance, level, box, plane, channel):
            _paste(out, tile, left, top)
        return out

    def _dtype(self) -> np.dtype[Any]:
        layout = self._instances[0].layout
        return np.dtype(f"{'i' if layout.signed else 'u'}{max(1, layout.allocated // 8)}")

    def _is_inverted(self) -> bool:
        return self._instances[0].layout.photometric == "MONOCHROME1"

    def _tiles(self, instance: _Instance, level: int, box: Box, plane: int, path: int) -> list[tuple[Samples, int, int]]:
        """The decoded tiles under a rectangle, and where each begins in it (left, top)."""
        left, top, size = box
        wide, high = instance.layout.columns, instance.layout.rows
        found = []
        for row in range(top // high, min(instance.grid.rows, -(-(top + size.height) // high))):
            for column in range(left // wide, min(instance.grid.columns, -(-(left + size.width) // wide))):
                frame = instance.frame_at(column, row, plane, path)
                if frame is not None:
                    found.append((self._decoded(instance, level, frame), column * wide - left, row * high - top))
        return found

    @as_malformed()
    def _decoded(self, instance: _Instance, level: int, frame: int) -> Samples:
        kept = self._kept.get((level, frame))
        if kept is None:
            kept = self._kept[level, frame] = dicom_decode.decode(instance.file, instance.layout, instance.index, frame)
            self.kept_bytes += kept.nbytes
            while self.kept_bytes > MAX_KEPT_BYTES and len(self._kept) > 1:
                self.kept_bytes -= self._kept.popitem(last=False)[1].nbytes
        self._kept.move_to_end((level, frame))
        return kept


def _opened(path: Path) -> _Instance:
    file = open_dicom(str(path))
    try:
        return _Instance(file)
    except BaseException:
        file.close()
        raise


def _count(header: Dataset, keyword: str) -> int:
    return max(1, int(number(header.get(keyword)) or 1))


def _siblings(path: Path, own: _Instance) -> list[_Instance]:
    """The other levels of the slide: instances of its series in its folder, alike but for their size."""
    found: list[_Instance] = []
    beside = sorted(each for each in path.parent.iterdir() if each.suffix.lower() in _SUFFIXES and each != path)
    for each in beside[:MAX_SIBLINGS]:
        try:
            file = open_dicom(str(each))
        except ReaderError:
            continue  # whatever it is, it is no level of this slide
        try:
            instance = _Instance(file) if _same_series(file.header, own.header) else None
        except ReaderError:
            instance = None
        known = [own, *found]
        if instance is not None and all(_is_other_level(instance, other) for other in known):
            found.append(instance)
        else:
            file.close()
    return found


def _same_series(header: Dataset, own: Dataset) -> bool:
    alike = ("SOPClassUID", "SeriesInstanceUID", "PhotometricInterpretation", "BitsAllocated", "SamplesPerPixel")
    return all(header.get(keyword) == own.get(keyword) for keyword in alike) and not dicom_describe.is_withheld(header)


def _is_other_level(instance: _Instance, other: _Instance) -> bool:
    widths = sorted((instance.size.width, other.size.width))
    across = instance.size.width / other.size.width
    down = instance.size.height / max(1, other.size.height)
    shape = abs(across / down - 1) <= 0.02 + 1.0 / max(1, min(instance.size.height, other.size.height))
    return widths[1] >= _SMALLEST_STEP * widths[0] and shape and (instance.paths, instance.focal) == (other.paths, other.focal)


def _channels(instance: _Instance) -> list[Channel]:
    """A channel for each optical path: what it is called, and the wavelength of its light where the file says."""
    described = []
    for path in list(instance.header.get("OpticalPathSequence") or [])[: instance.paths]:
        name = base.plain_text(path.get("OpticalPathDescription") or path.get("OpticalPathIdentifier") or "")
        wave: Any = number(path.get("IlluminationWaveLength"))
        described.append(Channel(name, "", wave if wave and wave > 0 else None))
    return [*described, *[Channel()] * (instance.paths - len(described))]


def _upright(samples: Samples, layout: Layout) -> Samples:
    eight = samples.astype(np.uint8)
    return 255 - eight if layout.photometric == "MONOCHROME1" else eight


def _paste(out: Samples, tile: Samples, left: int, top: int) -> None:
    """Put a tile so that its first pixel lies at (left, top) of `out`; either may reach beyond the other."""
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(out.shape[1], left + tile.shape[1]), min(out.shape[0], top + tile.shape[0])
    if x1 > x0 and y1 > y0:
        out[y0:y1, x0:x1] = tile[y0 - top : y1 - top, x0 - left : x1 - left]
