"""The index of a DICOM medium (PS3.3 Annex F, PS3.10): the files that it lists, as names that are never followed here."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pydicom.filereader import dcmread
from pydicom.multival import MultiValue

from viewer.readers.dicom_file import as_malformed
from viewer.readers.errors import MalformedFile

MAX_BYTES: Final = 64 << 20
MAX_FILES: Final = 100_000
_MAX_COMPONENTS: Final = 16


def listed_files(path: str) -> list[list[str]]:
    """The Referenced File IDs (0004,1500) of a DICOMDIR, in its order, each as the names of its folders and its own.

    Records that name no file (patients, studies, series) are passed over, and how records point at each other is not looked at:
    offsets are wrong more often than names.

    Raises:
        MalformedFile: when it is no index, or a larger one than any medium holds.
    """
    if Path(path).stat().st_size > MAX_BYTES:
        raise MalformedFile("malformed", f"more than {MAX_BYTES >> 20} MiB of index")
    with as_malformed():
        records = dcmread(path).get("DirectoryRecordSequence")
        if records is None:
            raise MalformedFile("malformed", "no directory records")
        found = []
        for record in records:
            value = record.get("ReferencedFileID")
            if value:
                found.append([str(part) for part in (value if isinstance(value, MultiValue | list) else [value])][:_MAX_COMPONENTS])
            if len(found) > MAX_FILES:
                raise MalformedFile("malformed", f"more than {MAX_FILES} files")
    return found
