"""The Native DICOM Model (PS3.19 A.1): DICOM JSON objects written as XML, for those who ask for ``application/dicom+xml``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from viewer.dicomweb.attributes import Dataset

HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>'
_OPEN: Final = '<NativeDicomModel xmlns="http://dicom.nema.org/PS3.19/models/NativeDICOM" xml:space="preserve">'
_CLOSE: Final = "</NativeDicomModel>"
# Characters that XML 1.0 cannot hold in any spelling.
_NO_CHARACTERS: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_GROUPS: Final = ("Alphabetic", "Ideographic", "Phonetic")
_NAME_PARTS: Final = ("FamilyName", "GivenName", "MiddleName", "NamePrefix", "NameSuffix")


def as_xml(members: Dataset) -> str:
    """A whole document of one data set."""
    return f"{HEAD}{_OPEN}{''.join(_attributes(members))}{_CLOSE}"


def _attributes(members: Dataset) -> Iterator[str]:
    # The dictionary weighs 20 MB, which a web process that nobody asks for XML does not carry.
    from pydicom.datadict import keyword_for_tag  # noqa: PLC0415

    for tag, member in members.items():
        keyword = keyword_for_tag(int(tag, 16))
        named = f" keyword={quoteattr(keyword)}" if keyword else ""
        yield f'<DicomAttribute tag="{tag}" vr={quoteattr(member["vr"])}{named}>'
        yield from _content(member)
        yield "</DicomAttribute>"


def _content(member: dict[str, Any]) -> Iterator[str]:
    if "BulkDataURI" in member:
        yield f"<BulkData uri={quoteattr(member['BulkDataURI'])}/>"
    if "InlineBinary" in member:
        yield f"<InlineBinary>{escape(member['InlineBinary'])}</InlineBinary>"
    for number, value in enumerate(member.get("Value", ()), 1):
        if value is None:
            continue
        if member["vr"] == "SQ":
            yield f'<Item number="{number}">{"".join(_attributes(value))}</Item>'
        elif isinstance(value, dict):
            yield f'<PersonName number="{number}">{"".join(_name(value))}</PersonName>'
        else:
            yield f'<Value number="{number}">{_text(value)}</Value>'


def _name(value: dict[str, str]) -> Iterator[str]:
    for group in _GROUPS:
        if value.get(group):
            parts = zip(_NAME_PARTS, value[group].split("^"), strict=False)
            yield f"<{group}>{''.join(f'<{part}>{_text(text)}</{part}>' for part, text in parts if text)}</{group}>"


def _text(value: Any) -> str:
    return escape(_NO_CHARACTERS.sub("\ufffd", str(value)))
