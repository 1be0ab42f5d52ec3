"""What readers of channels and planes do alike, once they can read a rectangle of one of them."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from viewer.geometry import RegionRequest, Size
from viewer.readers import channels
from viewer.readers.base import EncodedPixels, Inspection
from viewer.readers.channels import Channel, Samples, Steps
from viewer.readers.errors import OutOfRange
from viewer.readers.pyramid import MAX_BLOCK_PX, PyramidReader
from viewer.readers.views import Shown, View, parse_view

MAX_SAMPLED_PX: Final = 1_000_000
_SQUARE_PX: Final = 256
_SQUARES_A_SIDE: Final = 4

Box = tuple[int, int, Size]


class ViewedPyramid(PyramidReader):
    """A slide in channels or planes, or in neither; a subclass sets the attributes and reads rectangles.

    Attributes:
        channels: what is shown added up; empty for colour, and for grey of 8 bits.
        z: planes of focus.
        t: moments; plane `m * z + f` is focus `f` at moment `m`.
        z_step_um: distance of two planes of focus, if the file says.
    """

    channels: list[Channel]
    z: int = 1
    t: int = 1
    z_step_um: float | None = None

    def __init__(self) -> None:
        self._measures: dict[int, tuple[Steps, dict[str, Any]]] = {}

    @abstractmethod
    def inspect(self) -> Inspection:
        """Metadata without identifiers."""

    @abstractmethod
    def _colour(self, level: int, box: Box, plane: int) -> NDArray[np.uint8]:
        """A rectangle (left, top, size; level pixels) of a plane of an image without channels: shape (height, width, 3)."""

    @abstractmethod
    def _stored(self, level: int, box: Box, plane: int, channel: int) -> Samples:
        """A rectangle of one channel of one plane as stored: shape (height, width)."""

    @abstractmethod
    def _dtype(self) -> np.dtype[Any]:
        """The type of the stored values."""

    @abstractmethod
    def _is_inverted(self) -> bool:
        """Whether the smallest stored value is the brightest."""

    def seen(self, view: str) -> _Seen:
        """The slide as a view shows it; see `channels`.

        Raises:
            OutOfRange: when the slide has no such view.
        """
        limits = [channels.limit_of(self._dtype())] * len(self.channels)
        return _Seen(self, parse_view(view, limits=limits, planes=self.z * self.t))

    def region(self, request: RegionRequest) -> EncodedPixels:
        """A rectangle of level-0 pixels of the plane `request.frame`."""
        if request.frame >= self.z * self.t:
            raise OutOfRange("no_such_frame")
        return _Seen(self, replace(self._first_view(), plane=request.frame)).rectangle(request)

    def read_view(self, level: int, left: int, top: int, size: Size, view: View) -> Image.Image:
        """A rectangle of level pixels as a view shows it, RGB."""
        if not self.channels:
            return Image.fromarray(self._colour(level, (left, top, size), view.plane), "RGB")
        parts = [(self._steps(level, (left, top, size), view.plane, shown.channel), shown) for shown in view.shown]
        return Image.fromarray(channels.blend(parts, size.height, size.width), "RGB")

    def _read(self, level: int, left: int, top: int, size: Size) -> Image.Image:
        return self.read_view(level, left, top, size, self._first_view())

    def _first_view(self) -> View:
        """What is shown before anybody chose: the middle plane, the first channels in their own ranges."""
        shown = []
        for number, colour in enumerate(channels.colours_of(self.channels)[: channels.SHOWN_AT_FIRST]):
            measured = self._measured(number)[1]
            red, green, blue = bytes.fromhex(colour[1:])
            shown.append(Shown(number, (red, green, blue), measured["low"], measured["high"]))
        return View(self._middle, tuple(shown))

    @property
    def _middle(self) -> int:
        return self.z // 2

    def _steps(self, level: int, box: Box, plane: int, channel: int) -> NDArray[np.float32]:
        """A rectangle of one channel of one plane, in steps."""
        return self._in_steps(self._stored(level, box, plane, channel), self._steps_of(channel))

    def _in_steps(self, stored: Samples, steps: Steps) -> NDArray[np.float32]:
        scaled = steps.scaled(stored)
        return steps.limit - scaled if self._is_inverted() else scaled

    def _steps_of(self, channel: int) -> Steps:
        """How a channel's values become steps; only values that are no small whole numbers have to be sampled for it."""
        dtype = self._dtype()
        return Steps.of(dtype, np.zeros(1)) if channels.is_small(dtype) else self._measured(channel)[0]

    def _measured(self, channel: int) -> tuple[Steps, dict[str, Any]]:
        """How a channel's values become steps, and what they are like on the coarsest level of the middle plane."""
        if channel not in self._measures:
            alone, last = len(self.channels) == 1, len(self.levels) - 1
            stored = [self._stored(last, square, self._middle, channel).ravel() for square in self._squares(alone=alone)]
            sampled = np.concatenate(stored)
            steps = Steps.of(sampled.dtype, sampled)
            self._measures[channel] = steps, channels.measured(self._in_steps(sampled, steps), steps.limit, whole=alone)
        return self._measures[channel]

    def _squares(self, *, alone: bool) -> list[Box]:
        """Where the coarsest level is sampled: all of it, or squares spread over it; of one grey channel its middle."""
        last = self.levels[-1].size
        if last.pixels <= (MAX_BLOCK_PX if alone else MAX_SAMPLED_PX):
            return [(0, 0, last)]
        side, number = (int(MAX_BLOCK_PX**0.5), 1) if alone else (_SQUARE_PX, _SQUARES_A_SIDE)
        size = Size(min(last.width, side), min(last.height, side))
        across, down = (((whole - part) / (number + 1)) for whole, part in ((last.width, size.width), (last.height, size.height)))
        return [(int(across * (x + 1)), int(down * (y + 1)), size) for x in range(number) for y in range(number)]

    def described_channels(self) -> list[dict[str, Any]] | None:
        """The channels as an inspection carries them."""
        colours = channels.colours_of(self.channels)
        described = []
        for number, channel in enumerate(self.channels):
            steps, measured = self._measured(number)
            facts = {"name": channel.name, "colour": colours[number], "emission_nm": channel.emission_nm}
            scale = {"offset": steps.offset, "step": steps.size}
            described.append({**facts, **scale, **measured, "shown": number < channels.SHOWN_AT_FIRST})
        return described or None

    def described_planes(self) -> dict[str, Any] | None:
        """The planes as an inspection carries them."""
        count = self.z * self.t
        if count < 2:
            return None
        return {"count": count, "z": self.z, "t": self.t, "first": self._middle, "z_step_um": self.z_step_um}


class _Seen(PyramidReader):
    """A slide through one view; shares everything with its reader."""

    def __init__(self, reader: ViewedPyramid, view: View) -> None:
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
