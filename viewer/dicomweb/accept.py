"""What a client accepts (RFC 9110 12.5.1, PS3.18 8.7), in every spelling that clients use, against what lies there.

Types come quoted or not, transfer syntaxes as a parameter, as ``*`` or not at all, with weights or without.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

EXPLICIT_LITTLE: Final = "1.2.840.10008.1.2.1"
IMPLICIT_LITTLE: Final = "1.2.840.10008.1.2"
OCTETS: Final = "application/octet-stream"
DICOM: Final = "application/dicom"
DICOM_JSON: Final = "application/dicom+json"
DICOM_XML: Final = "application/dicom+xml"
JSON_TYPES: Final = (DICOM_JSON, "application/json")
PICTURES: Final = ("image/jpeg", "image/png")
_MULTIPART: Final = "multipart/related"
_ANY: Final = "*/*"

MEDIA_TYPES: Final = {
    "1.2.840.10008.1.2.5": "image/dicom-rle",
    **dict.fromkeys((f"1.2.840.10008.1.2.4.{end}" for end in (50, 51, 57, 70)), "image/jpeg"),
    **dict.fromkeys((f"1.2.840.10008.1.2.4.{end}" for end in (80, 81)), "image/jls"),
    **dict.fromkeys((f"1.2.840.10008.1.2.4.{end}" for end in (90, 91)), "image/jp2"),
    **dict.fromkeys((f"1.2.840.10008.1.2.4.{end}" for end in (92, 93)), "image/jpx"),
    **dict.fromkeys((f"1.2.840.10008.1.2.4.{end}" for end in (201, 202, 203)), "image/jphc"),
}
"""Transfer syntax -> media type of one frame (PS3.18 table 8.7.3-5)."""
_OTHER_NAMES: Final = {"image/x-jls": "image/jls", "image/x-dicom-rle": "image/dicom-rle", "image/jph": "image/jphc"}
_PARAMETER: Final = re.compile(r';\s*([!#$%&\'*+.^_`|~0-9A-Za-z-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;"\s]*))\s*')
_SPLIT: Final = re.compile(r',(?=(?:[^"]*"[^"]*")*[^"]*$)')
_MAX_HEADER: Final = 4096


class NotAcceptable(Exception):
    """Nothing that the client accepts can be made of what is there."""


@dataclass(frozen=True, slots=True)
class Range:
    """One member of an Accept header.

    Attributes:
        media_type: lower case; of the parts, where several parts in one answer are meant.
        multipart: whether ``multipart/related`` is meant; None where either will do.
        syntax: transfer syntax; ``*`` for any; empty where it is not said.
        weight: from 0 to 1.
    """

    media_type: str
    multipart: bool | None
    syntax: str
    weight: float


class Choice(NamedTuple):
    """What is sent: how it is wrapped, what it is called, and whether frames are decoded for it."""

    multipart: bool
    media_type: str
    native: bool = False


def parse_accept(header: str) -> list[Range]:
    """The members of an Accept header, what is liked best first; an empty header accepts everything."""
    found = [_parse(part.strip()) for part in _SPLIT.split(header[:_MAX_HEADER]) if part.strip()]
    wanted = [each for each in found or [_parse(_ANY)] if each.weight > 0]
    return sorted(wanted, key=lambda each: -each.weight)


def _parse(text: str) -> Range:
    media_type = text.split(";", 1)[0].strip().lower()
    parameters = {match[1].lower(): (match[2] if match[2] is not None else match[3]).strip() for match in _PARAMETER.finditer(text)}
    try:
        weight = min(1.0, max(0.0, float(parameters.get("q", "1"))))
    except ValueError:
        weight = 1.0
    multipart: bool | None = None if media_type == _ANY else media_type in {_MULTIPART, "multipart/*"}
    inner = parameters.get("type", _ANY).lower() if multipart else media_type
    return Range(inner, multipart, parameters.get("transfer-syntax", ""), weight)


def choose_frames(header: str, stored: str, count: int) -> Choice:
    """How frames are sent.

    Args:
        header: the Accept header.
        stored: transfer syntax of the file.
        count: how many frames are asked for; only a single one can go without multipart.

    Raises:
        NotAcceptable: when nothing fits.
    """
    for wanted in parse_accept(header):
        if wanted.multipart is False and count > 1:
            continue
        for media_type, native in _offers(wanted, stored):
            return Choice(wanted.multipart is not False, media_type, native)
    raise NotAcceptable


def _offers(wanted: Range, stored: str) -> Iterator[tuple[str, bool]]:
    """Yield media type and whether to decode, for what of one frame fits one member."""
    compressed = MEDIA_TYPES.get(stored)
    stored_fits = wanted.syntax in {"", "*", stored}
    if compressed is not None and stored_fits:
        if _matches(_OTHER_NAMES.get(wanted.media_type, wanted.media_type), compressed):
            yield (wanted.media_type if wanted.media_type in _OTHER_NAMES else compressed), False
        elif wanted.media_type == OCTETS and wanted.syntax:
            yield OCTETS, False
    if _matches(wanted.media_type, OCTETS) and (wanted.syntax in {"", EXPLICIT_LITTLE} or (compressed is None and stored_fits)):
        yield OCTETS, True


def _matches(wanted: str, offered: str) -> bool:
    return wanted in {_ANY, offered} or (wanted.endswith("/*") and offered.startswith(wanted[:-1]))


def choose_plain(header: str, offered: tuple[str, ...]) -> str:
    """The media type of an answer that has one part, from what can be made, the usual one first.

    Raises:
        NotAcceptable: when nothing fits.
    """
    for wanted in parse_accept(header):
        if wanted.multipart is not True:
            for media_type in offered:
                if _matches(wanted.media_type, media_type):
                    return media_type
    raise NotAcceptable


def choose_metadata(header: str, count: int) -> Choice:
    """How attributes are sent: JSON in one piece, or XML, of which each data set is a document and so a part of its own.

    Args:
        header: the Accept header; JSON where it does not matter.
        count: how many data sets; only a single one can be XML without multipart.

    Raises:
        NotAcceptable: when nothing fits.
    """
    for wanted in parse_accept(header):
        if wanted.multipart is not True:
            for media_type in JSON_TYPES:
                if _matches(wanted.media_type, media_type):
                    return Choice(multipart=False, media_type=media_type)
        if _matches(wanted.media_type, DICOM_XML) and (wanted.multipart or count <= 1):
            return Choice(wanted.multipart is True, DICOM_XML)
    raise NotAcceptable


def choose_pictures(header: str, count: int) -> Choice:
    """How rendered frames are sent: JPEG where it does not matter, several only as parts.

    Raises:
        NotAcceptable: when nothing fits.
    """
    for wanted in parse_accept(header):
        if wanted.multipart is False and count > 1:
            continue
        for media_type in PICTURES:
            if _matches(wanted.media_type, media_type):
                return Choice(wanted.multipart is True or count > 1, media_type)
    raise NotAcceptable


def choose_bulk(header: str) -> Choice:
    """How a large value is sent; its bytes have no transfer syntax of their own.

    Raises:
        NotAcceptable: when nothing fits.
    """
    for wanted in parse_accept(header):
        if _matches(wanted.media_type, OCTETS):
            return Choice(wanted.multipart is not False, OCTETS)
    raise NotAcceptable


def choose_instances(header: str, stored: set[str], count: int) -> Choice:
    """How whole instances are sent: in the transfer syntax they have (native ones always as Explicit VR Little Endian).

    Args:
        header: the Accept header.
        stored: transfer syntaxes in which the instances would be sent.
        count: how many instances; only a single one can go without multipart.

    Raises:
        NotAcceptable: when nothing fits.
    """
    ranges = [each for each in parse_accept(header) if _matches(each.media_type, DICOM)]
    for wanted in ranges:
        if wanted.multipart is False and count > 1:
            continue
        same = [each for each in ranges if each.multipart is wanted.multipart]
        syntaxes = {each.syntax for each in same}
        if syntaxes & {"", "*"} or stored <= syntaxes:
            return Choice(wanted.multipart is not False, DICOM)
    raise NotAcceptable
