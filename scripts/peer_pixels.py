"""Pixels as an independent decoder has them, compared by value with what our readers give out.

DICOM is decoded by GDCM, whose JPEG, JPEG-LS and RLE codecs are its own; photographs by imagecodecs. Our readers use pydicom with
pylibjpeg and imagecodecs, and Pillow. What GDCM does not read is decoded by a second codec of imagecodecs or by Pillow, which the
result says.
"""

from __future__ import annotations

import io
import logging
import multiprocessing
import warnings
from collections.abc import Iterable
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from pathlib import Path
from typing import Any, Final

import gdcm
import imagecodecs
import numpy as np
import pydicom
from numpy.typing import NDArray
from PIL import Image
from pydicom.encaps import get_frame
from pydicom.pixels.processing import apply_modality_lut
from pydicom.uid import RLELossless

from viewer.geometry import Level0Point, RegionRequest, Size
from viewer.readers.base import ImageReader, Inspection
from viewer.readers.registry import open_reader

Array = NDArray[Any]
_KINDS: Final = {
    "UINT8": "u1",
    "INT8": "i1",
    "UINT16": "u2",
    "INT16": "i2",
    "UINT32": "u4",
    "INT32": "i4",
    "FLOAT32": "f4",
    "FLOAT64": "f8",
}
_MOST_FRAMES: Final = 400 << 20


class NoPeer(Exception):
    """Nothing here reads the file but the reader that is to be proven."""


def compare_all(paths: Iterable[Path]) -> dict[Path, str]:
    """`compare` for each file in a process of its own kind, as GDCM ends the process on files that it finds strange."""
    found: dict[Path, str] = {}
    executor = _worker()
    for path in paths:
        try:
            found[path] = executor.submit(compare, path).result()
        except BrokenExecutor:
            executor = _worker()
            found[path] = executor.submit(compare, path, trust_gdcm=False).result()
    executor.shutdown()
    return found


def _worker() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), initializer=_be_quiet)


def _be_quiet() -> None:
    """GDCM and pydicom speak of every oddity of a file, which is not what is asked here."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    gdcm.Trace.WarningOff()
    gdcm.Trace.ErrorOff()


def compare(path: Path, *, trust_gdcm: bool = True) -> str:
    """How the pixels of a file that a reader opens differ from those of another decoder, in words for a table.

    Args:
        path: a file; empty words for what is neither frames nor a photograph.
        trust_gdcm: False where GDCM has ended a process on this file.
    """
    reader = open_reader(str(path))
    try:
        found = reader.inspect()
        if found.kind == "frames":
            return _compare_frames(path, reader, found, trust_gdcm=trust_gdcm)
        if found.kind == "photograph":
            return _compare_photograph(path, reader, Size(found.size.width, found.size.height))
    except NoPeer as reason:
        return f"no peer: {reason}"
    except (ValueError, OverflowError, KeyError, TypeError) as error:  # of the other decoder, on files that break its rules
        return f"no peer: {type(error).__name__} in the other decoder"
    finally:
        reader.close()
    return ""


def _compare_frames(path: Path, reader: ImageReader, found: Inspection, *, trust_gdcm: bool) -> str:
    count, grey = found.frame_count, (found.frames or {})["encoding"] == "values"
    peer, frames = _peer_frames(path, trust_gdcm=trust_gdcm)
    if frames.shape[0] != count:
        return f"{peer}: {frames.shape[0]} frames instead of {count}"
    header = pydicom.dcmread(path, stop_before_pixels=True, force=True)
    apart, step = [], 0.0
    for index in sorted({0, count // 2, count - 1}):
        ours = _rgb(reader, index)
        if grey:
            ours, step = _values(reader, index)
        theirs = _rescaled(frames[index], header, index) if grey else frames[index]
        if ours.shape != theirs.shape:
            return f"{peer}: {theirs.shape} instead of {ours.shape}"
        apart.append(np.abs(ours.astype(np.float64) - theirs))
    return _said(peer, np.stack(apart), step, _sign(header))


def _said(peer: str, apart: Array, step: float, sign: float = 0.0) -> str:
    """Differences in words.

    Args:
        peer: who the others are from.
        apart: absolute differences.
        step: of the 16-bit samples that are sent; values between two steps were rounded.
        sign: the difference that a forgotten sign makes; 0 where there is none.
    """
    differs = apart > 0.5001 * step + 1e-6
    if not differs.any():
        return f"{peer}: equal"
    if sign and np.isclose(apart[differs], sign).all():
        return f"{peer}: equal but for the sign, which it leaves out"
    return f"{peer}: {100 * differs.mean():.2g} % of samples differ, by at most {apart.max():.4g}"


def _sign(header: pydicom.Dataset) -> float:
    return float(1 << int(header.get("BitsStored", 0))) if header.get("PixelRepresentation") == 1 else 0.0


def _values(reader: ImageReader, index: int) -> tuple[Array, float]:
    """Values as they are sent, and the smallest step between two of them."""
    sent = reader.frame(index)
    kind = {"int16": "<i2", "uint16": "<u2"}[sent.headers["Mitate-Pixel-Type"]]
    samples = np.frombuffer(sent.body, kind).reshape(int(sent.headers["Mitate-Rows"]), -1)
    slope = float(sent.headers["Mitate-Rescale-Slope"])
    return np.asarray(samples * slope + float(sent.headers["Mitate-Rescale-Intercept"])), abs(slope)


def _rgb(reader: ImageReader, index: int) -> Array:
    """A frame as the reader has it before it is compressed for the browser."""
    size: Size = reader.size  # type: ignore[attr-defined]
    whole = RegionRequest(Level0Point(0, 0), size.width, size.height, size, index)
    return np.asarray(Image.open(io.BytesIO(reader.region(whole).body)).convert("RGB"))


def _rescaled(raw: Array, header: pydicom.Dataset, index: int) -> Array:
    per_frame = header.get("PerFrameFunctionalGroupsSequence")
    shared = header.get("SharedFunctionalGroupsSequence")
    for holder in (per_frame[index] if per_frame and index < len(per_frame) else None, shared[0] if shared else None):
        if holder is not None and "PixelValueTransformationSequence" in holder:
            item = holder.PixelValueTransformationSequence[0]
            return np.asarray(raw * float(item.RescaleSlope) + float(item.RescaleIntercept))
    if header.get("Modality") == "RTDOSE":
        return np.asarray(raw * float(header.DoseGridScaling))
    if header.get("Modality") in {"XA", "RF"} and header.get("PixelIntensityRelationship") in {"LOG", "DISP"}:
        return raw.astype(np.float64)  # such a table leads to X-ray intensity, not to the screen
    return np.asarray(apply_modality_lut(raw, header)).astype(np.float64)


def _peer_frames(path: Path, *, trust_gdcm: bool) -> tuple[str, Array]:
    """All frames by a decoder that our reader does not use: (frames, rows, columns[, 3])."""
    reader = gdcm.ImageReader()
    reader.SetFileName(str(path))
    if trust_gdcm and reader.Read():
        return "GDCM", _of_gdcm(reader.GetImage(), pydicom.dcmread(path, stop_before_pixels=True, force=True))
    return _by_codec(path)


def _of_gdcm(image: Any, header: pydicom.Dataset) -> Array:
    if image.GetPhotometricInterpretation().GetString().strip() == "PALETTE COLOR":
        through = gdcm.ImageApplyLookupTable()
        through.SetInput(image)
        if not through.Apply():
            raise NoPeer("palette not read by GDCM")
        image = through.GetOutput()
    if image.GetBufferLength() > _MOST_FRAMES:
        raise NoPeer("too large for GDCM, which decodes all frames at once")
    form = image.GetPixelFormat()
    kind = _KINDS.get(form.GetScalarTypeAsString().strip(), "u1")
    text = image.GetBuffer()
    if text is None:
        raise NoPeer("not decoded by GDCM")
    raw = np.frombuffer(text.encode("utf-8", "surrogateescape"), kind)
    columns, rows = image.GetDimension(0), image.GetDimension(1)
    if form.GetBitsAllocated() == 1:
        raw = np.unpackbits(raw, bitorder="little")[: columns * rows * int(header.get("NumberOfFrames") or 1)]
    samples = form.GetSamplesPerPixel()
    frames: Array
    if samples == 1:
        frames = raw.reshape(-1, rows, columns)
    elif image.GetPlanarConfiguration():
        frames = raw.reshape(-1, 3, rows, columns).transpose(0, 2, 3, 1)
    else:
        frames = raw.reshape(-1, rows, columns, 3)
    name = image.GetPhotometricInterpretation().GetString().strip()
    return np.stack([_to_rgb(frame, name, header) for frame in frames]) if samples == 3 else frames


def _to_rgb(frame: Array, name: str, header: pydicom.Dataset) -> Array:
    if frame.dtype.itemsize > 1:
        stored = 16 if header.PhotometricInterpretation == "PALETTE COLOR" else int(header.BitsStored)
        frame = (frame >> max(0, stored - 8)).astype(np.uint8)
    if not name.startswith("YBR_FULL"):
        return frame
    # PS3.3 C.7.6.3.1.2, written out
    luma, blue, red = (frame[..., at].astype(np.float64) for at in range(3))
    rgb = (luma + 1.402 * (red - 128), luma - 0.344136 * (blue - 128) - 0.714136 * (red - 128), luma + 1.772 * (blue - 128))
    return np.clip(np.rint(np.stack(rgb, axis=-1)), 0, 255).astype(np.uint8)


def _by_codec(path: Path) -> tuple[str, Array]:
    """Frames that GDCM does not decode: plain samples by numpy, others by a codec that our reader does not use for them."""
    header = pydicom.dcmread(path, force=True)
    count, shape = int(header.get("NumberOfFrames") or 1), (int(header.Rows), int(header.Columns))
    for keyword, kind in (("FloatPixelData", "<f4"), ("DoubleFloatPixelData", "<f8")):
        if keyword in header:
            return "numpy", np.frombuffer(header[keyword].value, kind)[: count * shape[0] * shape[1]].reshape(count, *shape)
    syntax = header.file_meta.TransferSyntaxUID
    if not syntax.is_encapsulated:
        return "numpy", _plain(header, count, shape)
    streams = [get_frame(header.PixelData, index, number_of_frames=count) for index in range(count)]
    if streams[0].startswith(b"\xff\x4f\xff\x51"):
        return "imagecodecs", np.stack([np.asarray(imagecodecs.jpeg2k_decode(stream)) for stream in streams])
    if streams[0].startswith(b"\xff\xd8\xff") and header.SamplesPerPixel == 3:
        return "Pillow", np.stack([np.asarray(Image.open(io.BytesIO(stream)).convert("RGB")) for stream in streams])
    if syntax == RLELossless and header.SamplesPerPixel == 1:
        kind = f"u{header.BitsAllocated // 8}"
        return "imagecodecs", np.stack([np.frombuffer(imagecodecs.dicomrle_decode(one, kind), kind).reshape(shape) for one in streams])
    raise NoPeer("not read by GDCM")


def _plain(header: pydicom.Dataset, count: int, shape: tuple[int, int]) -> Array:
    if header.SamplesPerPixel != 1 or header.BitsAllocated not in {8, 16} or header.get("PixelRepresentation"):
        raise NoPeer("not read by GDCM")
    words = np.frombuffer(header.PixelData, f"<u{header.BitsAllocated // 8}")[: count * shape[0] * shape[1]]
    return np.asarray(words.reshape(count, *shape) & ((1 << int(header.BitsStored)) - 1))


def _compare_photograph(path: Path, reader: ImageReader, size: Size) -> str:
    """A photograph upright in RGB; what is changed on the way to the screen (see-through parts, profiles, CMYK) is not compared."""
    with Image.open(path) as header:
        mode, orientation = header.mode, header.getexif().get(274, 1)
        if mode not in {"RGB", "L"} or "icc_profile" in header.info or "transparency" in header.info:
            raise NoPeer(f"{'colour profile' if 'icc_profile' in header.info else mode} changed on purpose")
    raw = path.read_bytes()
    decoder = {b"\xff\xd8": imagecodecs.jpeg8_decode, b"\x89P": imagecodecs.png_decode, b"RI": imagecodecs.webp_decode}.get(raw[:2])
    pixels = np.asarray(decoder(raw)) if decoder else np.asarray(imagecodecs.imread(raw))
    if pixels.dtype != np.uint8:
        raise NoPeer("deep colours cut to 8 bits")
    if pixels.ndim == 2:
        pixels = np.stack([pixels] * 3, axis=-1)
    whole = RegionRequest(Level0Point(0, 0), size.width, size.height, size, 0)
    ours = np.asarray(Image.open(io.BytesIO(reader.region(whole).body)).convert("RGB"))
    theirs = _upright(pixels[..., :3], orientation)
    if ours.shape != theirs.shape:
        return f"imagecodecs: {theirs.shape} instead of {ours.shape}"
    return _said("imagecodecs", np.abs(ours.astype(np.float64) - theirs), 0.0)


def _upright(pixels: Array, orientation: int) -> Array:
    """EXIF 2.32, tag 274: what the first row and the first column of the stored picture are on the upright one."""
    if orientation >= 5:
        pixels = pixels.swapaxes(0, 1)
    if orientation in {3, 4, 7, 8}:
        pixels = pixels[::-1]
    return pixels[:, ::-1] if orientation in {2, 3, 6, 7} else pixels
