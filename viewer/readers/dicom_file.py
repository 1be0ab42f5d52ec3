"""A DICOM file opened up to its pixels: the data set, and where each frame's bytes lie.

pydicom parses the header; the pixel data element is never read whole. Declared sizes are compared with what is there
before anything is decoded, because a two-kilobyte file can otherwise cost sixteen gigabytes.
"""

from __future__ import annotations

import io
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, Final

from pydicom import config as pydicom_config
from pydicom.datadict import dictionary_has_tag, dictionary_VR
from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.filereader import dcmread, read_dataset, read_partial
from pydicom.tag import BaseTag
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from viewer.readers.base import plain_text
from viewer.readers.bounded_file import BoundedFile
from viewer.readers.errors import LimitExceeded, MalformedFile, ReaderError, UnsupportedFormat
from viewer.readers.sniff import PREAMBLE_BYTES

MAX_INFLATED_BYTES: Final = 256 << 20
DEFER_BYTES: Final = 4 << 20
MAX_DEPTH: Final = 32
PIXEL_TAGS: Final = {
    b"\xe0\x7f\x10\x00": "PixelData",
    b"\xe0\x7f\x08\x00": "FloatPixelData",
    b"\xe0\x7f\x09\x00": "DoubleFloatPixelData",
}
UNDEFINED_LENGTH: Final = 0xFFFFFFFF
_VIDEO: Final = ("1.2.840.10008.1.2.4.10", "1.2.840.10008.1.2.7.")  # MPEG-2, H.264, HEVC; SMPTE ST 2110
_LONG_VR: Final = frozenset({b"OB", b"OW", b"OF", b"OD", b"OL", b"OV", b"UN"})
# Greyscale and colour softcopy presentation states, the only instances without pixels that are read.
PRESENTATION_CLASSES: Final = frozenset({"1.2.840.10008.5.1.4.1.1.11.1", "1.2.840.10008.5.1.4.1.1.11.2"})
_DIRECTORY_CLASS: Final = "1.2.840.10008.1.3.10"

pydicom_config.settings.reading_validation_mode = pydicom_config.IGNORE


@dataclass(slots=True)
class DicomFile:
    """A parsed header and the place of the pixels.

    Attributes:
        header: the data set before the pixels.
        syntax: the transfer syntax, guessed where the file does not say.
        keyword: which pixel element it is; empty when there is none.
        offset: where its value starts.
        length: its length; `UNDEFINED_LENGTH` for encapsulated pixels.
        pixel_vr: "OB" or "OW"; matters for big-endian 8-bit pixels.
        stream: the file, or its inflated data set.
        stream_bytes: size of `stream`.
    """

    header: Dataset
    syntax: UID
    keyword: str
    offset: int
    length: int
    pixel_vr: str
    stream: BinaryIO
    stream_bytes: int

    @property
    def encapsulated(self) -> bool:
        """Whether the pixels lie in items."""
        return self.length == UNDEFINED_LENGTH

    @property
    def is_video(self) -> bool:
        """Whether the transfer syntax is one of video (PS3.5 A.4.5 to A.4.8, A.4.10)."""
        return self.syntax.startswith(_VIDEO)

    def at(self, offset: int, count: int) -> bytes:
        """`count` bytes at `offset`.

        Raises:
            MalformedFile: when the file ends before.
        """
        if offset < 0 or count < 0 or offset + count > self.stream_bytes:
            raise MalformedFile("truncated")
        self.stream.seek(offset)
        raw = self.stream.read(count)
        if len(raw) != count:
            raise MalformedFile("truncated")
        return raw

    def close(self) -> None:
        """Close the file."""
        self.stream.close()


def open_dicom(path: str, *, video: bool = False) -> DicomFile:
    """Parse the header of the DICOM file at `path`.

    Args:
        path: an existing file.
        video: whether a video transfer syntax is welcome; its pixel data are no frames.

    Raises:
        UnsupportedFormat: for video that is not welcome, and for files without pixels.
        LimitExceeded: when a deflated data set grows too large.
        MalformedFile: when it cannot be parsed.
    """
    stream: BinaryIO = BoundedFile(path)
    try:
        with as_malformed():
            file = _open(stream, path)
        if file.is_video and not video:
            raise UnsupportedFormat("video_not_supported", file.syntax.name)
    except ReaderError:
        stream.close()
        raise
    return file


def read_head(path: str, last_tag: int) -> Dataset:
    """The elements of the DICOM file at `path` up to a tag, for a quick look at many files; none of a deflated data set.

    Raises:
        MalformedFile: when it cannot be parsed.
    """
    with as_malformed(), BoundedFile(path) as stream:
        bare, meta = _meta(stream)
        if str(meta.get("TransferSyntaxUID", "")) == DeflatedExplicitVRLittleEndian:
            return Dataset()
        head = read_partial(stream, lambda tag, _vr, _length: tag > last_tag, defer_size=DEFER_BYTES, force=bare)
        head.fileobj_type = _opened_again
        return head


@contextmanager
def as_malformed() -> Iterator[None]:
    """Turn what pydicom raises on broken headers, now or when an element is first looked at, into `MalformedFile`."""
    try:
        yield
    except _PARSE_ERRORS as error:
        raise MalformedFile("malformed", type(error).__name__) from error


def check_depth(header: Dataset) -> None:
    """Refuse sequences nested deeper than any real image has them; whoever walks the tree later would run out of stack.

    Raises:
        MalformedFile: beyond 32 levels.
    """
    open_ends: list[tuple[Dataset, int]] = [(header, 0)]
    while open_ends:
        dataset, depth = open_ends.pop()
        if depth > MAX_DEPTH:
            raise MalformedFile("malformed", f"sequences nested deeper than {MAX_DEPTH}")
        for tag in list(dataset.keys()):
            if _is_sequence(dataset, tag):
                open_ends.extend((item, depth + 1) for item in dataset[tag].value or [])


def _is_sequence(dataset: Dataset, tag: BaseTag) -> bool:
    vr = dataset.get_item(tag).VR
    if vr is None and dictionary_has_tag(tag):
        vr = dictionary_VR(tag)
    return vr == "SQ"


_PARSE_ERRORS: Final = (
    RecursionError,
    BytesLengthException,
    InvalidDicomError,
    EOFError,
    OSError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    NotImplementedError,
    IndexError,
    OverflowError,
    StopIteration,
    zlib.error,
)


def _open(stream: BinaryIO, path: str) -> DicomFile:
    size = os.fstat(stream.fileno()).st_size
    bare, meta = _meta(stream)
    if str(meta.get("TransferSyntaxUID", "")) == DeflatedExplicitVRLittleEndian:
        return _deflated(stream, size, meta)
    header = dcmread(stream, stop_before_pixels=True, force=bare, defer_size=DEFER_BYTES)
    header.fileobj_type = _opened_again
    syntax = header.file_meta.get("TransferSyntaxUID", "") if hasattr(header, "file_meta") else ""
    implicit, little = header.original_encoding
    return _finish(header, _syntax(str(syntax), bool(implicit), bool(little)), stream, size)


def _opened_again(path: str, _mode: str) -> BinaryIO:
    """The file in which pydicom looks up a large value that it left out at first, whatever length the header claims for it."""
    return BoundedFile(path)


def _meta(stream: BinaryIO) -> tuple[bool, Dataset]:
    """Whether the file has no preamble, and its meta information; the stream stands at its beginning afterwards."""
    stream.seek(PREAMBLE_BYTES)
    bare = stream.read(4) != b"DICM"
    meta = Dataset() if bare else read_dataset(stream, False, True, stop_when=_after_meta)
    stream.seek(0)
    return bare, meta


def _syntax(stated: str, implicit: bool, little: bool) -> UID:
    if stated:
        return UID(stated)
    if not little:
        return ExplicitVRBigEndian
    return ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian


def _deflated(stream: BinaryIO, size: int, meta: Dataset) -> DicomFile:
    start = PREAMBLE_BYTES + 4 + 12 + int(meta.FileMetaInformationGroupLength)
    stream.seek(start)
    engine = zlib.decompressobj(-zlib.MAX_WBITS)
    inflated = engine.decompress(stream.read(size - start), MAX_INFLATED_BYTES)
    if engine.unconsumed_tail:
        raise LimitExceeded("expands_too_far", f"more than {MAX_INFLATED_BYTES >> 20} MiB")
    if not engine.eof:
        raise MalformedFile("truncated")
    stream.close()
    memory = io.BytesIO(inflated)
    header = read_dataset(memory, False, True, stop_when=_at_pixels)
    return _finish(header, ExplicitVRLittleEndian, memory, len(inflated))


def _after_meta(tag: int, _vr: str | None, _length: int) -> bool:
    return tag >> 16 != 0x0002


def _at_pixels(tag: int, _vr: str | None, _length: int) -> bool:
    return tag in {0x7FE00008, 0x7FE00009, 0x7FE00010}


def _finish(header: Dataset, syntax: UID, stream: BinaryIO, size: int) -> DicomFile:
    sop_class = str(header.get("SOPClassUID", "") or getattr(header, "file_meta", {}).get("MediaStorageSOPClassUID", ""))
    if sop_class == _DIRECTORY_CLASS or "DirectoryRecordSequence" in header:
        raise UnsupportedFormat("dicomdir")
    place = stream.tell()
    head = stream.read(12)
    keyword = PIXEL_TAGS.get(head[:4] if syntax != ExplicitVRBigEndian else head[1::-1] + head[3:1:-1], "")
    if not keyword and sop_class in PRESENTATION_CLASSES:
        return DicomFile(header, syntax, "", place, 0, "OW", stream, size)
    if not keyword:
        if not any(key in header for key in ("SOPClassUID", "Rows", "Modality", "SOPInstanceUID")):
            raise MalformedFile("truncated" if size < 1024 else "malformed", "no image, no instance")
        raise UnsupportedFormat("no_pixels", plain_text(UID(sop_class).name) if sop_class else "")
    implicit = syntax == ImplicitVRLittleEndian
    order = "big" if syntax == ExplicitVRBigEndian else "little"
    if not implicit and head[4:6] not in _LONG_VR:
        raise MalformedFile("malformed", "the pixel data has no such value representation")
    length_bytes, start = (head[4:8], place + 8) if implicit else (head[8:12], place + 12)
    length = int.from_bytes(length_bytes, order)  # type: ignore[arg-type]
    vr = "OW" if implicit else head[4:6].decode("ascii", "replace")
    if length == UNDEFINED_LENGTH and not syntax.is_encapsulated:
        raise MalformedFile("malformed", "encapsulated pixels in an uncompressed transfer syntax")
    return DicomFile(header, syntax, keyword, start, length, vr, stream, size)
