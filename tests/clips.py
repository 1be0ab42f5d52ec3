"""Short videos made for tests: every frame carries its own number as a row of black and white fields."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

BITS = 10
FIELD_PX = 16
TICK = Fraction(1, 12_800)
EVEN = 512  # 25 frames a second
# A camera that slows down in the dark: every fourth frame is shown three times as long.
UNEVEN = (512, 512, 512, 1_536)

Picture = NDArray[np.uint8]


def picture(number: int, width: int = 320, height: int = 192) -> Picture:
    """Rows x columns x (red, green, blue): the number in the first row of fields, a coloured slope that moves below."""
    across = np.linspace(0, 255, width)[None, :]
    down = np.linspace(0, 255, height)[:, None]
    image = np.empty((height, width, 3), dtype=np.uint8)
    image[..., 0] = np.roll(np.broadcast_to(across, (height, width)), 4 * number, axis=1)
    image[..., 1] = np.broadcast_to(down, (height, width))
    image[..., 2] = 255 - image[..., 1]
    for bit in range(BITS):
        image[:FIELD_PX, bit * FIELD_PX : (bit + 1) * FIELD_PX] = 255 if number >> bit & 1 else 0
    return image


def number_in(image: NDArray[Any]) -> int:
    """The number that a picture carries; rows x columns x colours, or rows x columns."""
    grey = image.astype(float).mean(axis=2) if image.ndim == 3 else image.astype(float)
    centre = FIELD_PX // 2
    return sum(
        1 << bit
        for bit in range(BITS)
        if grey[centre - 3 : centre + 3, bit * FIELD_PX + centre - 3 : bit * FIELD_PX + centre + 3].mean() > 127
    )


def make(
    path: Path,
    *,
    codec: str = "libx264",
    frames: int = 60,
    steps: Sequence[int] = (EVEN,),
    size: tuple[int, int] = (320, 192),
    keys_every: int = 24,
    options: dict[str, str] | None = None,
    container: dict[str, str] | None = None,
    rotation: int = 0,
    aspect: Fraction | None = None,
) -> Path:
    """Write a clip.

    Args:
        path: its suffix says the container.
        codec: of FFmpeg.
        frames: how many.
        steps: ticks (1/12800 s) that frames are shown, repeated in turn.
        size: width and height.
        keys_every: frames from key frame to key frame.
        options: of the encoder.
        container: options of the container.
        aspect: width to height of a pixel.
        rotation: degrees that the file says it has to be turned, anticlockwise as FFmpeg counts.
    """
    with av.open(str(path), "w", options=container or {}) as output:
        stream = output.add_stream(codec, rate=25)
        stream.width, stream.height = size
        stream.pix_fmt = {"mjpeg": "yuvj420p", "ffv1": "yuv420p"}.get(codec, "yuv420p")
        stream.codec_context.time_base = TICK if path.suffix != ".avi" else Fraction(1, 25)
        stream.codec_context.gop_size = keys_every
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        stream.options = {
            "libx264": {"preset": "veryfast", "bf": "3", "crf": "18"},
            "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8"},
        }.get(codec, {}) | (options or {})
        tick = 0
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(picture(number, *size), format="rgb24")
            frame.pts, frame.time_base = (tick, TICK) if path.suffix != ".avi" else (number, Fraction(1, 25))
            tick += steps[number % len(steps)]
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    if rotation:
        _say_rotation(path, rotation)
    return path


def _say_rotation(path: Path, degrees: int) -> None:
    """Write the turn into the track header's matrix of an MP4 (ISO/IEC 14496-12, 8.3.2), where cameras put it."""
    raw = bytearray(path.read_bytes())
    at = raw.index(b"tkhd") + 4 + 40
    one = 0x10000
    a, b, c, d = {90: (0, one, -one, 0), 180: (-one, 0, 0, -one), 270: (0, -one, one, 0)}[degrees]
    matrix = (a, b, 0, c, d, 0, 0, 0, 0x40000000)
    raw[at : at + 36] = b"".join(value.to_bytes(4, "big", signed=True) for value in matrix)
    path.write_bytes(bytes(raw))


def decoded(path: Path) -> list[tuple[Fraction, Picture]]:
    """Every frame of a clip by an independent program: when it is shown in seconds, and its pixels (RGB)."""
    with av.open(str(path)) as source:
        return [(Fraction(frame.pts) * frame.time_base, frame.to_ndarray(format="rgb24")) for frame in source.decode(video=0)]
