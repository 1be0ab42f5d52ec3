"""What a pixel worker answers to DICOMweb: a header, frames as stored or decoded, a whole instance without its identifiers."""

from __future__ import annotations

import io
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import UID, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from viewer.geometry import Size
from viewer.readers import base, dicom_decode
from viewer.readers.base import EncodedPixels
from viewer.readers.dicom_decode import Samples
from viewer.readers.dicom_file import DicomFile, as_malformed, check_depth, open_dicom
from viewer.readers.dicom_frames import FrameIndex, Layout, read_layout
from viewer.readers.dicom_shared import as_json, bulk_value, shared_header
from viewer.readers.dicom_values import GREY, Window, auto_window, padding_of, to_display, to_rgb, to_values, windows_of
from viewer.readers.errors import LimitExceeded, OutOfRange

MAX_ANSWER_BYTES: Final = 512 << 20
_KEPT: Final = 8
_NATIVE: Final = (ExplicitVRLittleEndian, ImplicitVRLittleEndian)


class Opened(NamedTuple):
    """One instance, parsed; files are never changed once they are stored."""

    file: DicomFile
    layout: Layout
    frames: FrameIndex


_opened: Final[OrderedDict[str, Opened]] = OrderedDict()


def serve(header: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Carry out one request; the header names the ``path`` of the instance's file, and what is wanted.

    Raises:
        ReaderError: with the reason why it cannot be answered.
    """
    wanted: dict[str, Callable[[Opened, dict[str, Any]], tuple[dict[str, Any], bytes]]] = {
        "metadata": _metadata,
        "bulk": _bulk,
        "frame": _frame,
        "head": _head,
        "rendered": _rendered,
    }
    with as_malformed():
        return wanted[str(header["wanted"])](_open(str(header["path"])), header)


def _open(path: str) -> Opened:
    found = _opened.pop(path, None)
    if found is None:
        file = open_dicom(path)
        try:
            check_depth(file.header)
            layout = read_layout(file)
            dicom_decode.check_syntax(file.syntax)
            found = Opened(file, layout, FrameIndex(file, layout))
        except BaseException:
            file.close()
            raise
    _opened[path] = found
    while len(_opened) > _KEPT:
        _opened.popitem(last=False)[1].file.close()
    return found


def _metadata(opened: Opened, header: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    return {"syntax": str(opened.file.syntax)}, as_json(shared_header(opened.file.header, str(header["uid_key"])))


def _bulk(opened: Opened, header: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    shared = shared_header(opened.file.header, str(header["uid_key"]))
    return {}, bulk_value(shared, [str(step) for step in header["steps"]])


def _frame(opened: Opened, header: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """One frame (0-based): as stored where it is compressed and that is wanted, else as Explicit VR Little Endian has it."""
    frame = int(header["frame"])
    if opened.file.encapsulated and not header["native"]:
        return {"syntax": str(opened.file.syntax)}, opened.frames.frame_bytes(frame)
    return {"syntax": str(ExplicitVRLittleEndian)}, _native(opened, frame)


def _native(opened: Opened, frame: int) -> bytes:
    """The samples of a frame, little endian; stored pixels as they are, decoded colour as RGB by pixel."""
    file, layout = opened.file, opened.layout
    if not file.encapsulated:
        raw = opened.frames.frame_bytes(frame)
        return _swapped(raw, file, layout) if file.syntax == ExplicitVRBigEndian else raw
    samples = dicom_decode.decode(file, layout, opened.frames, frame)
    return np.ascontiguousarray(samples.astype(samples.dtype.newbyteorder("<"))).tobytes()


def _swapped(raw: bytes, file: DicomFile, layout: Layout) -> bytes:
    """Big-endian samples made little endian; bytes written as words (OW) are swapped in pairs."""
    width = 2 if layout.allocated <= 8 and file.pixel_vr == "OW" else layout.allocated // 8
    if width < 2:
        return raw
    even = raw[: len(raw) // width * width]
    return np.frombuffer(even, dtype=f">u{width}").astype(f"<u{width}").tobytes()


def _head(opened: Opened, header: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """An instance as a DICOM file (PS3.10) up to its pixels, and the span of the file that are its pixels.

    The result says ``offset`` and ``length`` of the stored pixel value where the caller can copy it from the file, and what
    comes behind it (``tail``, hexadecimal); else the body holds the whole instance.
    """
    file, layout = opened.file, opened.layout
    dataset = shared_header(file.header, str(header["uid_key"]))
    dataset.update(Dataset.from_json(header["identity"]))
    for keyword in ("ExtendedOffsetTable", "ExtendedOffsetTableLengths"):
        if keyword in file.header:
            dataset[keyword] = file.header[keyword]
    stored_as_is = file.encapsulated or (file.syntax in _NATIVE and not isinstance(file.stream, io.BytesIO))
    syntax = file.syntax if file.encapsulated else ExplicitVRLittleEndian
    value_bytes = layout.frames * layout.frame_bits // 8 + (layout.frames * layout.frame_bits % 8 > 0)
    vr = b"OB" if file.encapsulated or (layout.allocated == 8 and file.pixel_vr == "OB") else b"OW"
    head = _file_head(dataset, syntax)
    if file.encapsulated:
        end, tail = _end_of_items(file)
        return {"offset": file.offset, "length": end - file.offset, "tail": tail.hex()}, head + _element(file, vr, 0xFFFFFFFF)
    if value_bytes > MAX_ANSWER_BYTES and not stored_as_is:
        raise LimitExceeded("too_many_pixels")
    element = _element(file, vr, value_bytes + value_bytes % 2)
    if stored_as_is:
        return {"offset": file.offset, "length": value_bytes, "tail": "00" * (value_bytes % 2)}, head + element
    raw = file.at(file.offset, value_bytes)
    pixels = _swapped(raw, file, layout) if file.syntax == ExplicitVRBigEndian else raw
    return {}, head + element + pixels + b"\0" * (len(pixels) % 2)


def _element(file: DicomFile, vr: bytes, length: int) -> bytes:
    """The start of the pixel element in explicit little endian."""
    numbers = {"PixelData": (0x10, vr), "FloatPixelData": (0x08, b"OF"), "DoubleFloatPixelData": (0x09, b"OD")}
    element, kind = numbers[file.keyword]
    return b"\xe0\x7f" + bytes([element, 0]) + kind + b"\0\0" + length.to_bytes(4, "little")


def _end_of_items(file: DicomFile) -> tuple[int, bytes]:
    """Where the items of encapsulated pixels end, and the delimiter that ends them, which some files leave out."""
    place = file.offset
    while place + 8 <= file.stream_bytes:
        head = file.at(place, 8)
        if head[:4] == b"\xfe\xff\xdd\xe0":
            break
        place += 8 + int.from_bytes(head[4:], "little")
    return min(place, file.stream_bytes), b"\xfe\xff\xdd\xe0\0\0\0\0"


def _file_head(dataset: Dataset, syntax: UID) -> bytes:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = syntax
    dataset.file_meta = meta
    buffer = io.BytesIO()
    dcmwrite(buffer, dataset, implicit_vr=False, little_endian=True, enforce_file_format=True)
    return buffer.getvalue()


def _rendered(opened: Opened, header: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """A frame (0-based) as a picture, through the window and into the viewport that are asked for."""
    frame = int(header["frame"])
    if not 0 <= frame < opened.layout.frames:
        raise OutOfRange("no_such_frame")
    picture = _picture(opened, frame, header.get("window"))
    encoded = _encode(_in_viewport(picture, header.get("viewport")), str(header["media_type"]), int(header["quality"]))
    return {"media_type": encoded.content_type}, encoded.body


def _picture(opened: Opened, frame: int, window: list[float] | None) -> Image.Image:
    file, layout = opened.file, opened.layout
    samples: Samples = dicom_decode.decode(file, layout, opened.frames, frame)
    if layout.photometric not in GREY:
        return Image.fromarray(to_rgb(samples, file.header, layout), "RGB")
    values = to_values(samples, file.header, frame)
    if window is not None:
        chosen = Window(float(window[0]), float(window[1]), "")
    else:
        stated = windows_of(file.header, frame)
        chosen = stated[0] if stated else auto_window(values, padding_of(file.header))
    return Image.fromarray(to_display(values, chosen, layout.photometric == "MONOCHROME1"), "L")


def _in_viewport(picture: Image.Image, viewport: list[float] | None) -> Image.Image:
    """The picture, or a rectangle of it, scaled into width x height; its shape is kept (PS3.18 8.3.5.1.3)."""
    if viewport is None:
        return picture
    width, height, *source = viewport
    if source:
        left, top, across, down = source
        box = (left, top, left + abs(across), top + abs(down))
        picture = picture.crop((round(max(0, box[0])), round(max(0, box[1])), *_corner(picture, box)))
        picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if across < 0 else picture
        picture = picture.transpose(Image.Transpose.FLIP_TOP_BOTTOM) if down < 0 else picture
    scale = min(width / picture.width, height / picture.height)
    out = Size(max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    if out.pixels > base.MAX_REGION_PX:
        raise OutOfRange("bad_region")
    return picture.resize((out.width, out.height), Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR)


def _corner(picture: Image.Image, box: tuple[float, float, float, float]) -> tuple[int, int]:
    right, bottom = round(min(picture.width, box[2])), round(min(picture.height, box[3]))
    if right <= box[0] or bottom <= box[1]:
        raise OutOfRange("bad_region")
    return right, bottom


def _encode(picture: Image.Image, media_type: str, quality: int) -> EncodedPixels:
    if media_type == "image/png":
        buffer = io.BytesIO()
        picture.save(buffer, "PNG", compress_level=1)
        return EncodedPixels("image/png", buffer.getvalue())
    return base.encode_jpeg(picture, quality, full_chroma=True)
