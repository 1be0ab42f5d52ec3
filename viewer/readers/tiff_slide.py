"""The second slide engine: TIFF pyramids that OpenSlide refuses or misreads, by tifffile and imagecodecs.

OME-TIFF with levels below its first directory, QPTIFF, big-endian tiles, strips, colour planes stored apart, grey deeper than
8 bits, fluorescence in several channels, planes of focus and moments. Only directories of this one file are read: an OME
description may name other files, and is not followed. Grey that is deeper than 8 bits is a channel in white; its range is the
smallest and largest value of its coarsest level. Deep colour keeps its full range.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

from viewer.geometry import Level, RegionRequest, Size, TileGrid
from viewer.readers import channels, tiff_facts
from viewer.readers.base import EncodedPixels, Inspection
from viewer.readers.channels import Steps
from viewer.readers.errors import MalformedFile, OutOfRange, ReaderError
from viewer.readers.pyramid import MAX_BLOCK_PX, PyramidReader, usable_tile
from viewer.readers.tiff_planes import find_stack
from viewer.readers.tiff_segments import READ_ERRORS, WHITE_IS_ZERO, Samples, Segments, check_page
from viewer.readers.views import Shown, View, parse_view

NAME: Final = "tifffile"
MAX_SAMPLED_PX: Final = 4_000_000
_SQUARE_PX: Final = 512
_SQUARES_A_SIDE: Final = 4


class TiffSlideReader(PyramidReader):
    """A TIFF pyramid opened by tifffile.

    Args:
        path: a TIFF whose structure `tiff_structure` has checked.

    Raises:
        UnsupportedFormat: for channels that are no colour and that nothing explains, and for layouts that are not read.
        LimitExceeded: for strips beyond the limit.
        MalformedFile: when directories contradict each other.
    """

    def __init__(self, path: str) -> None:
        try:
            self._file = tifffile.TiffFile(path, _multifile=False)
        except READ_ERRORS as error:
            raise MalformedFile("malformed", type(error).__name__) from error
        self._segments = Segments(self._file)
        self._measures: dict[int, tuple[Steps, dict[str, Any]]] = {}
        try:
            self._open()
        except READ_ERRORS as error:
            self.close()
            raise MalformedFile("malformed", type(error).__name__) from error
        except ReaderError:
            self.close()
            raise

    @property
    def kept_bytes(self) -> int:
        """Memory that decoded tiles and strips take."""
        return self._segments.kept_bytes

    def inspect(self) -> Inspection:
        """Levels, channels, planes, spacing and objective; the thumbnail and the first tile are decoded once to prove them."""
        warnings: list[str] = []
        first = self._stack.levels[0][0]
        spacing = tiff_facts.spacing(first, self._description, warnings)
        self.thumbnail(0, 256)
        self.tile(0, 0, 0)
        if len(self._stack.channels) == 1:
            warnings.append("range_stretched")
        if self.levels[-1].size.pixels > MAX_BLOCK_PX:
            warnings.append("pyramid_incomplete")
        return Inspection(
            engine=NAME,
            format=tiff_facts.variant(self._description),
            kind="slide",
            modality="SM",
            size=self.size,
            frame_count=len(self._stack.places),
            levels=self.levels,
            spacing=spacing,
            objective_power=tiff_facts.objective(self._description),
            acquisition=tiff_facts.acquisition(first),
            warnings=warnings,
            channels=self._described_channels(),
            planes=self._described_planes(),
        )

    def close(self) -> None:
        """Close the file and drop what was decoded."""
        self._segments.clear()
        self._file.close()

    def seen(self, view: str) -> _Seen:
        """The slide as a view shows it; see `channels`.

        Raises:
            OutOfRange: when the slide has no such view.
        """
        limits = [self._measured(channel)[0].limit for channel in range(len(self._stack.channels))]
        return _Seen(self, parse_view(view, limits=limits, planes=len(self._stack.places)))

    def region(self, request: RegionRequest) -> EncodedPixels:
        """A rectangle of level-0 pixels of the plane `request.frame`."""
        if request.frame >= len(self._stack.places):
            raise OutOfRange("no_such_frame")
        return _Seen(self, replace(self._first_view(), plane=request.frame)).rectangle(request)

    def read_view(self, level: int, left: int, top: int, size: Size, view: View) -> Image.Image:
        """A rectangle of level pixels as a view shows it, RGB."""
        places = self._stack.places[view.plane]
        if not self._stack.channels:
            page = self._stack.levels[level][places[0][0]]
            return Image.fromarray(_to_eight_bits(self._segments.colour(page, left, top, size), page), "RGB")
        parts = [(self._steps(level, (left, top, size), view.plane, shown.channel), shown) for shown in view.shown]
        return Image.fromarray(channels.blend(parts, size.height, size.width), "RGB")

    def _open(self) -> None:
        self._description = str(self._file.pages.first.description)[: tiff_facts.MAX_DESCRIPTION]
        self._stack = find_stack(self._file, self._description)
        for page in (page for level in self._stack.levels for page in level):
            check_page(page)
        first = self._stack.levels[0][0]
        self.size = Size(first.imagewidth, first.imagelength)
        self.levels = []
        for index, pages in enumerate(self._stack.levels):
            size = Size(pages[0].imagewidth, pages[0].imagelength)
            tile = usable_tile(pages[0].tilewidth, pages[0].tilelength)
            downsample = max(1.0, (self.size.width / size.width + self.size.height / size.height) / 2)
            self.levels.append(Level(index, downsample, size, TileGrid.covering(size, tile)))

    def _read(self, level: int, left: int, top: int, size: Size) -> Image.Image:
        return self.read_view(level, left, top, size, self._first_view())

    def _first_view(self) -> View:
        """What is shown before anybody chose: the middle plane, the first channels in their own ranges."""
        shown = []
        for number, colour in enumerate(channels.colours_of(self._stack.channels)[: channels.SHOWN_AT_FIRST]):
            measured = self._measured(number)[1]
            red, green, blue = bytes.fromhex(colour[1:])
            shown.append(Shown(number, (red, green, blue), measured["low"], measured["high"]))
        return View(self._middle, tuple(shown))

    @property
    def _middle(self) -> int:
        return self._stack.z // 2

    def _steps(self, level: int, box: tuple[int, int, Size], plane: int, channel: int) -> NDArray[np.float32]:
        """A rectangle (left, top, size) of one channel of one plane, in steps."""
        number, sample = self._stack.places[plane][channel]
        page = self._stack.levels[level][number]
        return _scaled(self._segments.sample(page, *box, sample), self._measured(channel)[0], page)

    def _measured(self, channel: int) -> tuple[Steps, dict[str, Any]]:
        """How a channel's values become steps, and what they are like on the coarsest level of the middle plane."""
        if channel not in self._measures:
            number, sample = self._stack.places[self._middle][channel]
            page = self._stack.levels[-1][number]
            alone = len(self._stack.channels) == 1
            stored = [self._segments.sample(page, *square, sample).ravel() for square in self._squares(alone=alone)]
            sampled = np.concatenate(stored)
            steps = Steps.of(sampled.dtype, sampled)
            self._measures[channel] = steps, channels.measured(_scaled(sampled, steps, page), steps.limit, whole=alone)
        return self._measures[channel]

    def _squares(self, *, alone: bool) -> list[tuple[int, int, Size]]:
        """Where the coarsest level is sampled: all of it, or squares spread over it; of one grey channel its middle."""
        last = self.levels[-1].size
        if last.pixels <= (MAX_BLOCK_PX if alone else MAX_SAMPLED_PX):
            return [(0, 0, last)]
        side, number = (int(MAX_BLOCK_PX**0.5), 1) if alone else (_SQUARE_PX, _SQUARES_A_SIDE)
        size = Size(min(last.width, side), min(last.height, side))
        across, down = (((whole - part) / (number + 1)) for whole, part in ((last.width, size.width), (last.height, size.height)))
        return [(int(across * (x + 1)), int(down * (y + 1)), size) for x in range(number) for y in range(number)]

    def _described_channels(self) -> list[dict[str, Any]] | None:
        colours = channels.colours_of(self._stack.channels)
        described = []
        for number, channel in enumerate(self._stack.channels):
            steps, measured = self._measured(number)
            facts = {"name": channel.name, "colour": colours[number], "emission_nm": channel.emission_nm}
            scale = {"offset": steps.offset, "step": steps.size}
            described.append({**facts, **scale, **measured, "shown": number < channels.SHOWN_AT_FIRST})
        return described or None

    def _described_planes(self) -> dict[str, Any] | None:
        stack = self._stack
        if len(stack.places) < 2:
            return None
        return {"count": len(stack.places), "z": stack.z, "t": stack.t, "first": self._middle, "z_step_um": stack.z_step_um}


class _Seen(PyramidReader):
    """A slide through one view; shares everything with its reader."""

    def __init__(self, reader: TiffSlideReader, view: View) -> None:
        self.size, self.levels = reader.size, reader.levels
        self._reader, self._view = reader, view

    def inspect(self) -> Inspection:
        """The reader's own inspection; a view changes nothing of it."""
        return self._reader.inspect()

    def close(self) -> None:
        """Nothing: the file is the reader's."""

    def rectangle(self, request: RegionRequest) -> EncodedPixels:
        """What `region` answers with, of this view's plane."""
        return super().region(request)

    def _read(self, level: int, left: int, top: int, size: Size) -> Image.Image:
        return self._reader.read_view(level, left, top, size, self._view)


def _scaled(stored: Samples, steps: Steps, page: tifffile.TiffPage) -> NDArray[np.float32]:
    scaled = steps.scaled(stored)
    return steps.limit - scaled if page.photometric == WHITE_IS_ZERO else scaled


def _to_eight_bits(samples: Samples, page: tifffile.TiffPage) -> NDArray[np.uint8]:
    if samples.shape[2] == 3:
        eight = samples if samples.dtype == np.uint8 else np.rint(samples / (np.iinfo(samples.dtype).max / 255.0))
        return np.ascontiguousarray(eight, dtype=np.uint8)
    grey = 255 - samples if page.photometric == WHITE_IS_ZERO else samples
    return np.ascontiguousarray(np.repeat(grey, 3, axis=2), dtype=np.uint8)
