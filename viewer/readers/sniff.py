"""What a file is, by its first bytes; names and suffixes are not believed.

The one suffix that counts is `.mrxs`: a MIRAX slide begins as an ordinary JPEG, and its pixels lie in a folder beside it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

from viewer.readers.errors import MalformedFile, ReaderError, UnsupportedFormat
from viewer.readers.video.sniffing import container_of

Family = Literal["dicom", "tiff", "jpeg", "png", "webp", "spread", "mp4", "webm", "avi"]

HEAD_BYTES: Final = 1_024
PREAMBLE_BYTES: Final = 128
_TIFF_MAGIC: Final = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_KEY_FILES: Final = (b"[Virtual Microscope Specimen]", b"[Uncompressed Virtual Microscope Specimen]")
_STILL_BRANDS: Final = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis", b"crx ", b"jp2 "}
)
_EXPLICIT_VR: Final = frozenset(
    b"AE AS AT CS DA DS DT FD FL IS LO LT OB OD OF OL OV OW PN SH SL SQ SS ST SV TM UC UI UL UN UR US UT UV".split()
)
_REFUSED: Final[tuple[tuple[bytes, str], ...]] = (
    (b"GIF8", "unsupported_format"),
    (b"BM", "unsupported_format"),
    (b"\0\0\0\x0cjP  ", "unsupported_format"),
    (b"\xffO\xffQ", "unsupported_format"),
    (b"FOCT", "unsupported_format"),
    (b"ZISRAWFILE", "unsupported_slide_format"),
    (b"SQLite format 3", "unsupported_slide_format"),
    (b"\0\0\x01\xba", "video_not_supported"),
    (b"\0\0\x01\xb3", "video_not_supported"),
    (b"PK\x03\x04", "archive_not_supported"),
    (b"PK\x05\x06", "archive_not_supported"),
    (b"\x1f\x8b", "archive_not_supported"),
    (b"7z\xbc\xaf'\x1c", "archive_not_supported"),
    (b"Rar!", "archive_not_supported"),
)


def sniff(path: str) -> Family:
    """The family of the file at `path`.

    "spread" is a slide of several files, of which this is the first; see `companions`.

    Raises:
        UnsupportedFormat: for a file that is something else, with a code that says what.
        MalformedFile: for an empty file.
        ReaderError: with `not_found` when it cannot be opened.
    """
    if Path(path).suffix.lower() == ".mrxs":
        return "spread"
    try:
        with Path(path).open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError as error:
        raise ReaderError("not_found") from error
    if not head:
        raise MalformedFile("empty_file")
    family = _family(head)
    if family is None:
        raise _refusal(head, Path(path).suffix.lower())
    return family


def _family(head: bytes) -> Family | None:
    if head[PREAMBLE_BYTES : PREAMBLE_BYTES + 4] == b"DICM":
        return "dicom"
    if head[:4] in _TIFF_MAGIC:
        return "tiff"
    if head[:3] == b"\xff\xd8\xff":
        return "jpeg"
    if head[:8] == b"\x89PNG\r\n\x1a\n":
        return "png"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(_KEY_FILES):
        return "spread"
    container = container_of(head)
    if container is not None and head[4:12] not in {b"ftyp" + brand for brand in _STILL_BRANDS}:
        return container
    return "dicom" if _is_bare_dicom(head) else None


def _is_bare_dicom(head: bytes) -> bool:
    """Whether a data set without preamble starts here: a low group, then a known VR or a small length."""
    for order in ("little", "big"):
        group = int.from_bytes(head[0:2], order)
        element = int.from_bytes(head[2:4], order)
        if group not in {0x0002, 0x0004, 0x0008} or element > 0x2000:
            continue
        if head[4:6] in _EXPLICIT_VR:
            return True
        if int.from_bytes(head[4:8], order) < HEAD_BYTES and len(head) > 8:
            return True
    return False


def _refusal(head: bytes, suffix: str) -> ReaderError:
    for magic, code in _REFUSED:
        if head.startswith(magic):
            return UnsupportedFormat(code)
    if head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        return UnsupportedFormat("vector_not_supported")
    return UnsupportedFormat("not_dicom" if suffix in {".dcm", ".dicom"} else "unsupported_format")
