"""What an image is found by: its name, modality, series and how it was made, in one text without differences of writing."""

import unicodedata
from typing import Any, Final

_LONGEST: Final = 2000


def plain(text: str) -> str:
    """Return a text for comparing: full and half width alike, without case, one space between words."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def search_text(*, name: str, modality: str, series: str, inspection: dict[str, Any]) -> str:
    """Return what an image is found by; the acquisition map whole, whatever its keys, as it holds no word on the subject.

    Args:
        name: of the image.
        modality: DICOM code.
        series: its description.
        inspection: what the reader said; ``acquisition`` and ``objective_power`` of it are taken.
    """
    power = inspection.get("objective_power")
    made = [f"{value:g}" if isinstance(value, float) else str(value) for value in (inspection.get("acquisition") or {}).values()]
    words = [name, modality, series, f"{power:g}x" if power else "", *made]
    return plain("\n".join(words))[:_LONGEST]
