"""The second engine for DICOM slides, for what OpenSlide does not show: JPEG-LS, RLE, 16 bits, optical paths, focal planes.

It also reads slides with levels that lie in several files, see `dicom_parts`. Tiles are the frames of the slide's levels, see
`dicom_level`. Optical paths of grey are channels.
"""

from __future__ import annotations

import io
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from viewer.geometry import Level
from viewer.readers import base, dicom_describe
from viewer.readers.base import Inspection
from viewer.readers.channels import MAX_CHANNELS, MAX_PLANES, Channel, Samples
from viewer.readers.colour import PROFILE_ERRORS, ToSrgb
from viewer.readers.dicom_file import as_malformed
from viewer.readers.dicom_frames import Layout
from viewer.readers.dicom_level import LevelFile, SlideLevel, open_levels
from viewer.readers.dicom_values import GREY, number, to_rgb
from viewer.readers.errors import UnsupportedFormat
from viewer.readers.pyramid import MAX_BLOCK_PX
from viewer.readers.viewed import Box, ViewedPyramid

NAME: Final = "dicom"
MAX_KEPT_BYTES: Final = 96 << 20


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
        self._kept: OrderedDict[tuple[LevelFile, int], Samples] = OrderedDict()
        self.kept_bytes = 0
        self._levels: list[SlideLevel] = []
        self._to_srgb: ToSrgb | None = None
        self._profile_read = False
        try:
            self._open(Path(path))
        except BaseException:
            self.close()
            raise

    def inspect(self) -> Inspection:
        """Levels, channels, planes and spacing; some of the pixels are decoded once to prove them.

        Those are the first tile, the first frame of the file that was opened, and the thumbnail, unless it would take the whole of
        a large level: the small ones may be files that come later.
        """
        header = self._levels[0].header
        warnings = [level.doubt for level in self._levels if level.doubt]
        spacing = dicom_describe.spacing(header, warnings)
        self._decoded(self._own, 0)
        self.tile(0, 0, 0)
        if len(self.channels) == 1:
            warnings.append("range_stretched")
        if self.levels[-1].size.pixels > MAX_BLOCK_PX:
            warnings.append("pyramid_incomplete")
        else:
            self.thumbnail(0, 256)
        return Inspection(
            engine=NAME,
            format=NAME,
            kind="slide",
            modality="SM",
            size=self.size,
            frame_count=self.z,
            levels=self.levels,
            spacing=spacing,
            objective_power=dicom_describe.objective(header),
            warnings=warnings,
            channels=self.described_channels(),
            planes=self.described_planes(),
        )

    def in_srgb(self, image: Image.Image) -> Image.Image:
        """Pixels of this slide in sRGB, where it is in colour and has a profile that can be used; else as they are."""
        if not self._profile_read:
            self._profile_read = True
            profile = None if self.channels else dicom_describe.colour_profile(self._levels[0].header)
            if profile is not None:
                with suppress(*PROFILE_ERRORS):
                    self._to_srgb = ToSrgb(ImageCms.ImageCmsProfile(io.BytesIO(profile)))
        return image if self._to_srgb is None else self._to_srgb.convert(image)

    def close(self) -> None:
        """Close the files and drop what was decoded."""
        self._kept.clear()
        self.kept_bytes = 0
        for level in self._levels:
            for file in level.files:
                file.close()

    @as_malformed()
    def _open(self, path: Path) -> None:
        self._levels = open_levels(path)
        self._own = next(file for file in self._levels[0].files if file.path == path)
        self._levels.sort(key=lambda level: -level.size.width)
        first = self._levels[0]
        if not 1 <= first.paths <= MAX_CHANNELS or not 1 <= first.focal <= MAX_PLANES:
            raise UnsupportedFormat("multichannel_not_supported", f"{first.paths} paths, {first.focal} planes")
        grey = first.layout.photometric in GREY
        if first.paths > 1 and not grey:
            raise UnsupportedFormat("multichannel_not_supported", "several colour pictures")
        self.channels = _channels(first) if grey and (first.paths > 1 or first.layout.allocated > 8) else []
        self.z, self.size, self.levels = first.focal, first.size, []
        for index, level in enumerate(self._levels):
            across, down = first.size.width / level.size.width, first.size.height / level.size.height
            self.levels.append(Level(index, max(1.0, (across + down) / 2), level.size, level.grid))

    def _colour(self, level: int, box: Box, plane: int) -> NDArray[np.uint8]:
        of = self._levels[level]
        out = np.full((box[2].height, box[2].width, 3), 255, np.uint8)
        for tile, left, top in self._tiles(of, box, plane, 0):
            rgb = np.repeat(_upright(tile, of.layout)[:, :, None], 3, axis=2) if tile.ndim == 2 else tile
            if tile.ndim == 3 or of.layout.photometric == "PALETTE COLOR":
                rgb = to_rgb(tile, of.header, of.layout)
            _paste(out, rgb, left, top)
        return out

    def _stored(self, level: int, box: Box, plane: int, channel: int) -> Samples:
        out: Samples = np.zeros((box[2].height, box[2].width), self._dtype())
        for tile, left, top in self._tiles(self._levels[level], box, plane, channel):
            _paste(out, tile, left, top)
        return out

    def _dtype(self) -> np.dtype[Any]:
        layout = self._levels[0].layout
        return np.dtype(f"{'i' if layout.signed else 'u'}{max(1, layout.allocated // 8)}")

    def _is_inverted(self) -> bool:
        return self._levels[0].layout.photometric == "MONOCHROME1"

    def _tiles(self, of: SlideLevel, box: Box, plane: int, path: int) -> list[tuple[Samples, int, int]]:
        """The decoded tiles under a rectangle, and where each begins in it (left, top)."""
        left, top, size = box
        wide, high = of.layout.columns, of.layout.rows
        found = []
        for row in range(top // high, min(of.grid.rows, -(-(top + size.height) // high))):
            for column in range(left // wide, min(of.grid.columns, -(-(left + size.width) // wide))):
                held = of.frame_at(column, row, plane, path)
                if held is not None:
                    found.append((self._decoded(*held), column * wide - left, row * high - top))
        return found

    @as_malformed()
    def _decoded(self, file: LevelFile, frame: int) -> Samples:
        kept = self._kept.get((file, frame))
        if kept is None:
            kept = self._kept[file, frame] = file.decoded(frame)
            self.kept_bytes += kept.nbytes
            while self.kept_bytes > MAX_KEPT_BYTES and len(self._kept) > 1:
                self.kept_bytes -= self._kept.popitem(last=False)[1].nbytes
        self._kept.move_to_end((file, frame))
        return kept


def _channels(level: SlideLevel) -> list[Channel]:
    """A channel for each optical path: what it is called, and the wavelength of its light where the file says."""
    described = []
    for path in list(level.header.get("OpticalPathSequence") or [])[: level.paths]:
        name = base.plain_text(path.get("OpticalPathDescription") or path.get("OpticalPathIdentifier") or "")
        wave: Any = number(path.get("IlluminationWaveLength"))
        described.append(Channel(name, "", wave if wave and wave > 0 else None))
    return [*described, *[Channel()] * (level.paths - len(described))]


def _upright(samples: Samples, layout: Layout) -> Samples:
    eight = samples.astype(np.uint8)
    return 255 - eight if layout.photometric == "MONOCHROME1" else eight


def _paste(out: Samples, tile: Samples, left: int, top: int) -> None:
    """Put a tile so that its first pixel lies at (left, top) of `out`; either may reach beyond the other."""
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(out.shape[1], left + tile.shape[1]), min(out.shape[0], top + tile.shape[0])
    if x1 > x0 and y1 > y0:
        out[y0:y1, x0:x1] = tile[y0 - top : y1 - top, x0 - left : x1 - left]
