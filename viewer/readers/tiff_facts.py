"""Scale, power and device that a TIFF slide states about itself, believed only where they can be true."""

from __future__ import annotations

import re
from typing import Any, Final

import tifffile

from viewer.geometry import PixelSpacing
from viewer.readers import base

MAX_DESCRIPTION: Final = 16 << 20
# 1,270 dots an inch: what is coarser is a printer's or a screen's figure, which many programs write into every file.
COARSEST_TISSUE_UM: Final = 20.0
OBJECTIVE_RANGE: Final = (0.1, 200.0)
_OME_UNITS: Final = {"nm": 0.001, "µm": 1.0, "μm": 1.0, "um": 1.0, "mm": 1_000.0, "cm": 10_000.0, "m": 1_000_000.0}
_TAG_UNITS: Final = {2: 25_400.0, 3: 10_000.0}
_OBJECTIVE: Final = re.compile(r"NominalMagnification=\"([0-9.]{1,8})\"|<Objective>\s*([0-9.]{1,8})\s*[xX]")
_TEXT_TAGS: Final = {"Manufacturer": 271, "ManufacturerModelName": 272}


def variant(description: str) -> str:
    """A short word for the kind of file."""
    if "<OME" in description:
        return "ome-tiff"
    return "qptiff" if "PerkinElmer-QPI" in description else "tiff"


def spacing(page: tifffile.TiffPage, description: str, warnings: list[str]) -> PixelSpacing | None:
    """Micrometres a level-0 pixel, from OME or from the resolution tags; None, with a warning, where the file does not say.

    A number with a comma is none: whether it parts decimals or thousands cannot be known.
    """
    if "PhysicalSize" in description:
        x, y = (_ome_length(description, axis) for axis in "XY")
        source = "PhysicalSize"
    else:
        x, y = (_tag_length(page, tag) for tag in (282, 283))
        source = "resolution"
    if x is None or y is None:
        warnings.append("spacing_unknown")
        return None
    found = base.plausible_spacing(x, y, source)
    if found is None or max(x, y) > COARSEST_TISSUE_UM:
        warnings.append("spacing_implausible")
        return None
    return found


def objective(description: str) -> float | None:
    """Magnification of the objective, where the file states one that exists."""
    match = _OBJECTIVE.search(description)
    power = _number(match[1] or match[2]) if match else None
    low, high = OBJECTIVE_RANGE
    return power if power is not None and low <= power <= high else None


def acquisition(page: tifffile.TiffPage) -> dict[str, Any]:
    """The device, by two tags that cannot name a person."""
    found: dict[str, Any] = {}
    for keyword, code in _TEXT_TAGS.items():
        tag = page.tags.get(code)
        if tag is not None and (text := base.plain_text(tag.value)):
            found[keyword] = text
    return found


def _ome_length(description: str, axis: str) -> float | None:
    stated = re.search(rf'\bPhysicalSize{axis}="([^"]{{1,40}})"', description)
    unit = re.search(rf'\bPhysicalSize{axis}Unit="([^"]{{1,12}})"', description)
    figure = _number(stated[1]) if stated else None
    factor = _OME_UNITS.get(unit[1] if unit else "µm")
    return figure * factor if figure is not None and factor is not None else None


def _tag_length(page: tifffile.TiffPage, code: int) -> float | None:
    tag, unit = page.tags.get(code), page.tags.get(296)
    factor = _TAG_UNITS.get(int(unit.value) if unit is not None else 2)
    if tag is None or factor is None or not isinstance(tag.value, tuple) or len(tag.value) != 2:
        return None
    numerator, denominator = (float(part) for part in tag.value)
    return factor * denominator / numerator if numerator > 0 and denominator > 0 else None


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
