"""How the samples of a grey frame are packed for the way to the browser."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from viewer.readers.base import EncodedPixels

GZIP: Final = "gzip"
ZSTD: Final = "zstd"
SAMPLES: Final = "application/octet-stream"
_LEVEL: Final = 1


def packing_for(accept_encoding: str) -> str:
    """The content coding for who sends this `Accept-Encoding`: Zstandard (RFC 8878) where it is taken, gzip elsewhere.

    A slice of 512 x 512 px takes 1.3 ms to pack instead of 2.7 and 0.3 instead of 1.5 to unpack, and is 3 % larger. Browsers offer it
    over TLS and on their own machine.
    """
    for offer in accept_encoding.lower().split(","):
        coding, *parameters = (part.strip() for part in offer.split(";"))
        if coding == ZSTD:
            return GZIP if any(_is_refusal(parameter) for parameter in parameters) else ZSTD
    return GZIP


def _is_refusal(parameter: str) -> bool:
    """Whether a parameter of an offer says that it is none: `q=0`, RFC 9110 section 12.4.2."""
    name, _, value = parameter.partition("=")
    return name.strip() == "q" and not value.strip().strip("0.")


def packed(frame: EncodedPixels, packing: str) -> EncodedPixels:
    """The frame with its samples packed; a picture as it is.

    Raises:
        ValueError: for another packing than `GZIP` and `ZSTD`.
    """
    if frame.content_type != SAMPLES:
        return frame
    return replace(frame, body=_pack(frame.body, packing), headers={**frame.headers, "Content-Encoding": packing})


def _pack(samples: bytes, packing: str) -> bytes:
    import imagecodecs  # noqa: PLC0415 -- only pixel workers load codecs

    if packing == ZSTD:
        return bytes(imagecodecs.zstd_encode(samples, _LEVEL))
    if packing == GZIP:
        return bytes(imagecodecs.gzip_encode(samples, _LEVEL))  # by libdeflate, in half the time of zlib
    raise ValueError(packing)
