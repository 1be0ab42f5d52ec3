"""Names that came from outside, made fit to be shown. No stored path is ever made of one."""

import unicodedata
from pathlib import PurePosixPath
from typing import Final

from django.utils.translation import gettext

LONGEST: Final = 255
_LONGEST_SUFFIX: Final = 16
# Suffixes that change what a reader makes of the content; all others say nothing that the content does not say itself.
_TELLING_SUFFIXES: Final = frozenset({".mrxs", ".vms", ".vmu", ".dcm", ".dicom"})


def display_name(name: str) -> str:
    """Return a file name for display: NFC, one line, no control or bidi characters, at most 255 characters.

    ``..%2f`` and the like stay as they are: the name is only ever data.
    """
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    kept = "".join(" " if ch in "\t\n\r" else ch for ch in last if unicodedata.category(ch)[0] != "C" or ch in "\t\n\r")
    text = " ".join(unicodedata.normalize("NFC", kept).split())
    if len(text) > LONGEST:
        suffix = PurePosixPath(text).suffix
        suffix = suffix if len(suffix) <= _LONGEST_SUFFIX else ""
        text = text[: LONGEST - len(suffix) - 1] + "…" + suffix
    return text or gettext("unnamed")


def telling_suffix(name: str) -> str:
    """Return the suffix a reader must know of, from a closed list; otherwise the empty text."""
    suffix = PurePosixPath(name).suffix.lower()
    return suffix if suffix in _TELLING_SUFFIXES else ""
