"""One encoded frame to an array of samples.

pydicom drives; JPEG lossless, JPEG-LS and 12-bit JPEG come from imagecodecs, which pydicom lacks a plugin for. What a
code stream says about its size is compared with the header before a codec is called.
"""

from __future__ import annotations

import struct
from contextlib import suppress
from typing import Any, Final

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from pydicom.encaps import encapsulate
from pydicom.pixels.decoders.base import Decoder, DecodeRunner, get_decoder
from pydicom.uid import (
    UID,
    ExplicitVRBigEndian,
    JPEG2000TransferSyntaxes,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    JPEGTransferSyntaxes,
)

from viewer.readers.codestream import jpeg2000_size, jpeg_frame_header
from viewer.readers.dicom_file import DicomFile
from viewer.readers.dicom_frames import FrameIndex, Layout
from viewer.readers.errors import MalformedFile, UnsupportedFormat

Samples = NDArray[Any]

PLUGIN: Final = "imagecodecs"
_ADDED: Final = (JPEGExtended12Bit, JPEGLossless, JPEGLosslessSV1, JPEGLSLossless, JPEGLSNearLossless)
# Retired syntaxes that pydicom does not know, whose code streams say themselves how they are coded: spectral selection and full
# progression, 8 and 12 bits.
_LIKE_EXTENDED: Final = frozenset({"1.2.840.10008.1.2.4.53", "1.2.840.10008.1.2.4.55"})
# Who decodes is said here, not by what else is installed: pydicom would take GDCM first, which ends the process on odd files.
_PLUGINS: Final = ("imagecodecs", "pylibjpeg", "pillow", "pydicom")
DECODER_DEPENDENCIES: Final = dict.fromkeys(_ADDED, ("imagecodecs",))
# For these pydicom compares the signs of code stream and header itself.
_SIGN_AWARE: Final = frozenset({*JPEG2000TransferSyntaxes, JPEGLSLossless, JPEGLSNearLossless})
_JPEG_LOSSLESS_MARKER: Final = 0xC3
_JPEG_LS_MARKER: Final = 0xF7


def is_available(syntax: str) -> bool:
    """Whether this module decodes the transfer syntax (asked by pydicom)."""
    return syntax in DECODER_DEPENDENCIES


def _decode_frame(source: bytes, runner: DecodeRunner) -> bytearray:
    """One JPEG-family frame to samples (called by pydicom)."""
    marker = jpeg_frame_header(source)[0]  # the transfer syntax is not always true
    if marker == _JPEG_LS_MARKER:
        array = imagecodecs.jpegls_decode(source)
    elif marker == _JPEG_LOSSLESS_MARKER:
        array = _lossless(source, runner.samples_per_pixel)
    else:
        array = imagecodecs.jpeg8_decode(source)
    runner.set_option("bits_allocated", array.dtype.itemsize * 8)
    runner.set_option("planar_configuration", 0)
    return bytearray(np.ascontiguousarray(array).tobytes())


def _lossless(source: bytes, samples: int) -> Samples:
    """JPEG lossless; of the two decoders the first is stricter and knows grey only."""
    if samples == 1:
        with suppress(imagecodecs.LjpegError):
            return np.asarray(imagecodecs.ljpeg_decode(source))
    return np.asarray(imagecodecs.jpegsof3_decode(source))


def _decoder(syntax: UID) -> Decoder:
    try:
        decoder = get_decoder(JPEGExtended12Bit if syntax in _LIKE_EXTENDED else syntax)
    except NotImplementedError as error:
        raise UnsupportedFormat("unsupported_transfer_syntax", syntax.name[:80]) from error
    if decoder.UID in DECODER_DEPENDENCIES and PLUGIN not in decoder.available_plugins:
        decoder.add_plugin(PLUGIN, (__name__, "_decode_frame"))
    if not _plugins(decoder) and decoder.is_encapsulated:
        raise UnsupportedFormat("unsupported_transfer_syntax", syntax.name[:80])
    return decoder


def _plugins(decoder: Decoder) -> list[str]:
    return [name for name in _PLUGINS if name in decoder.available_plugins]


def plugins_for(syntax: UID) -> list[str]:
    """Who may decode a transfer syntax, the first of whom does.

    Raises:
        UnsupportedFormat: when nobody does.
    """
    return _plugins(_decoder(syntax))


def check_syntax(syntax: UID) -> None:
    """Refuse a transfer syntax that nothing here decodes.

    Raises:
        UnsupportedFormat: with the syntax's name.
    """
    _decoder(syntax)


def decode(file: DicomFile, layout: Layout, index: FrameIndex, frame: int) -> Samples:
    """Frame `frame` (0-based): shape (rows, columns) or (rows, columns, 3); YBR is turned into RGB.

    Raises:
        OutOfRange: when there is no such frame.
        MalformedFile: when it cannot be decoded, or is not the size the header says.
    """
    raw = index.frame_bytes(frame)
    if file.keyword != "PixelData":
        kind = "f4" if file.keyword == "FloatPixelData" else "f8"
        return np.frombuffer(raw, dtype="<" + kind).reshape(layout.rows, layout.columns)
    if layout.allocated == 1 and not file.encapsulated:
        return _unpack_bits(raw, index.first_bit(frame), layout)
    if file.encapsulated:
        _check_stream(raw, file.syntax, layout)
        raw = encapsulate([raw], has_bot=False)
    samples = _run(file, layout, raw)
    shape = (layout.rows, layout.columns) if layout.samples == 1 else (layout.rows, layout.columns, 3)
    if samples.shape != shape:
        raise MalformedFile("pixels_undecodable", "the frame is not the size the header says")
    return samples if file.syntax in _SIGN_AWARE else _clean(samples, layout)


def pixel_words(file: DicomFile, layout: Layout, index: FrameIndex, frame: int) -> Samples:
    """Frame `frame` (0-based) of uncompressed grey with every bit that is allocated, as old files keep overlays in spare ones.

    pydicom clears those bits, therefore the words are read here.

    Raises:
        OutOfRange: when there is no such frame.
    """
    order = ">" if file.syntax == ExplicitVRBigEndian else "<"
    kind = order + {8: "u1", 16: "u2", 32: "u4"}[layout.allocated]
    words = np.frombuffer(index.frame_bytes(frame), dtype=kind).reshape(layout.rows, layout.columns)
    return words.astype(words.dtype.newbyteorder("="))


def _run(file: DicomFile, layout: Layout, raw: bytes) -> Samples:
    options: dict[str, Any] = {
        "rows": layout.rows,
        "columns": layout.columns,
        "samples_per_pixel": layout.samples,
        "bits_allocated": layout.allocated,
        "bits_stored": layout.stored,
        "pixel_representation": int(layout.signed),
        "photometric_interpretation": layout.photometric,
        "number_of_frames": 1,
        "pixel_keyword": file.keyword,
        "pixel_vr": file.pixel_vr if file.pixel_vr in {"OB", "OW"} else "OW",
    }
    if layout.samples == 3:
        options["planar_configuration"] = layout.planar
    decoder = _decoder(file.syntax)
    try:
        return np.asarray(decoder.as_array(raw, index=0, decoding_plugin=next(iter(_plugins(decoder)), ""), **options)[0])
    except (ValueError, RuntimeError, TypeError, IndexError, KeyError, AttributeError, StopIteration, struct.error) as error:
        raise MalformedFile("pixels_undecodable", file.syntax.name[:80]) from error
    except NotImplementedError as error:
        raise UnsupportedFormat("unsupported_pixel_layout", layout.photometric[:20]) from error


def _clean(samples: Samples, layout: Layout) -> Samples:
    """Samples with the bits above BitsStored (old overlays) gone and the sign restored."""
    if layout.samples != 1 or samples.dtype.kind not in "iu":
        return samples
    native = samples.astype(samples.dtype.newbyteorder("="))
    spare = samples.dtype.itemsize * 8 - layout.stored
    if spare <= 0:
        return native
    return np.asarray((native << spare) >> spare)


def _unpack_bits(raw: bytes, first_bit: int, layout: Layout) -> Samples:
    bits = np.unpackbits(np.frombuffer(raw, dtype=np.uint8), bitorder="little")
    wanted = layout.rows * layout.columns
    return bits[first_bit : first_bit + wanted].reshape(layout.rows, layout.columns)


def _check_stream(raw: bytes, syntax: UID, layout: Layout) -> None:
    """Compare the code stream's own size with the header's, before a codec allocates for it."""
    found: tuple[int, int] | None = None
    if syntax in JPEGTransferSyntaxes or syntax in _LIKE_EXTENDED or syntax in {JPEGLSLossless, JPEGLSNearLossless}:
        found = jpeg_frame_header(raw)[1]
    elif syntax in JPEG2000TransferSyntaxes or syntax.startswith("1.2.840.10008.1.2.4.20"):
        found = jpeg2000_size(raw)
        if b"\xff\xd9" not in raw[-16:]:
            raise MalformedFile("truncated", "the code stream has no end")
    else:
        return
    if found is None:
        raise MalformedFile("pixels_undecodable", "no frame header in the code stream")
    if found != (layout.columns, layout.rows):
        detail = f"{found[0]} x {found[1]} in the code stream, {layout.columns} x {layout.rows} in the header"
        raise MalformedFile("pixels_undecodable", detail)
