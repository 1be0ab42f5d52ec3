"""The concepts that come with the program: those of the DICOM standard's own lists that may be passed on, as pydicom holds them."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import pydicom
from pydicom.sr import _concepts_dict

from annotation.codes.reading import Row
from annotation.codes.systems import BY_SLUG, System

# Designators of DICOM; SNOMED CT is the part that DICOM products may use freely. Others in pydicom's list are left where they are.
_DESIGNATORS: Final = {"DCM": "dcm", "SCT": "sct", "RADLEX": "radlex", "NCIt": "ncit", "UCUM": "ucum"}
VERSION: Final = f"pydicom-{pydicom.__version__}"


def shipped_systems() -> list[System]:
    """Return the systems of which concepts are shipped."""
    return [BY_SLUG[slug] for slug in _DESIGNATORS.values()]


def shipped_rows(system: System, japanese: Mapping[str, str]) -> Iterator[Row]:
    """Yield the concepts of a system, by code.

    Args:
        system: one of ``shipped_systems``.
        japanese: names by code, where there are any.
    """
    designator = next(name for name, slug in _DESIGNATORS.items() if slug == system.slug)
    concepts: dict[str, Any] = _concepts_dict.concepts[designator]
    meanings = {code: meaning for by_code in concepts.values() for code, (meaning, _lists) in by_code.items()}
    for code in sorted(meanings):
        yield Row(code, japanese.get(code, ""), "", meanings[code])
