"""What a DICOM header says about its image, by allow-list.

Identity stays in the `dicom` block, which the catalogue turns into pseudonyms. The acquisition map holds only keywords
that describe the device or the technique; nothing reaches it because it was not thought of.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Final

from pydicom.dataset import Dataset

from viewer.geometry import PixelSpacing
from viewer.readers import base
from viewer.readers.dicom_values import functional, number
from viewer.readers.errors import MalformedFile

WSI_CLASS: Final = "1.2.840.10008.5.1.4.1.1.77.1.6"
WITHHELD_KINDS: Final = frozenset({"LABEL", "OVERVIEW", "THUMBNAIL"})
_UID: Final = re.compile(r"[0-9.]{1,64}")
_CENTIMETRE_CODE: Final = 3
_SPATIAL_2D: Final = 1
_OBJECTIVE_RANGE: Final = (0.1, 200.0)
_FRAME_TIME_RANGE_MS: Final = (1.0, 60_000.0)

_UPRIGHT_DEGREES: Final = 0.5
_SAME_PLACE_MM: Final = 0.01
_GAP_FACTOR: Final = 1.5

_TEXT_KEYWORDS: Final = (
    "Manufacturer", "ManufacturerModelName", "BodyPartExamined", "Laterality", "ImageLaterality", "ViewPosition",
    "PatientPosition", "ScanningSequence", "SequenceVariant", "MRAcquisitionType", "ConvolutionKernel", "FilterType",
    "TransducerType", "TransducerData", "ContrastBolusAgent", "LossyImageCompression", "BurnedInAnnotation",
    "Units", "AnatomicalOrientationType", "ScanOptions", "HorizontalFieldOfView", "IlluminationTypeCodeSequence",
)  # fmt: skip
_NUMBER_KEYWORDS: Final = (
    "KVP", "XRayTubeCurrent", "ExposureTime", "Exposure", "SliceThickness", "SpacingBetweenSlices", "GantryDetectorTilt",
    "MagneticFieldStrength", "RepetitionTime", "EchoTime", "InversionTime", "FlipAngle", "EchoTrainLength",
    "MechanicalIndex", "ThermalIndex", "DepthOfScanField", "TransducerFrequency", "CineRate", "ReconstructionDiameter",
    "DistanceSourceToDetector", "DistanceSourceToPatient", "ObjectiveLensPower", "ImagedVolumeDepth",
)  # fmt: skip


def describe(header: Dataset, warnings: list[str]) -> dict[str, Any]:
    """Identity, place in the study, and the facts about the patient that research needs.

    Raises:
        MalformedFile: with `uid_invalid` when a UID is not one.
    """
    study_date = _date(header.get("StudyDate"), warnings)
    kind = [base.plain_text(part, 32) for part in _several(header.get("ImageType"))]
    sop_class = _uid(header, "SOPClassUID", warnings)
    return {
        "study_instance_uid": _uid(header, "StudyInstanceUID", warnings),
        "series_instance_uid": _uid(header, "SeriesInstanceUID", warnings),
        "sop_instance_uid": _uid(header, "SOPInstanceUID", warnings),
        "sop_class_uid": sop_class,
        "patient_id": base.plain_text(header.get("PatientID") or "") or None,
        "sex": {"M": "M", "F": "F", "O": "O"}.get(str(header.get("PatientSex") or "").strip().upper()[:1]),
        "age_years": _age(header, study_date),
        "study_date": study_date.date().isoformat() if study_date else None,
        "modality": base.plain_text(header.get("Modality") or "", 16) or None,
        "series_number": _integer(header.get("SeriesNumber")),
        "series_description": base.plain_text(header.get("SeriesDescription") or "") or None,
        "instance_number": _integer(header.get("InstanceNumber")),
        "position_mm": position_mm(header, 0),
        "orientation": orientation(header),
        "rows": _integer(header.get("Rows")),
        "columns": _integer(header.get("Columns")),
        "is_volume_wsi": sop_class == WSI_CLASS and not WITHHELD_KINDS & set(kind),
        "image_type": kind,
    }


def is_withheld(header: Dataset) -> bool:
    """Whether a whole-slide instance is the label, overview or thumbnail, or shows the label."""
    if str(header.get("SOPClassUID", "")) != WSI_CLASS:
        return False
    kind = {str(part).upper() for part in _several(header.get("ImageType"))}
    return bool(WITHHELD_KINDS & kind) or str(header.get("SpecimenLabelInImage", "")).upper() == "YES"


def objective(header: Dataset) -> float | None:
    """Magnification of the objective that a slide was scanned with, where the header states one that exists."""
    power = number(_light_path(header).get("ObjectiveLensPower"))
    low, high = _OBJECTIVE_RANGE
    return power if power is not None and low <= power <= high else None


def colour_profile(header: Dataset) -> bytes | None:
    """The ICC profile of a slide's first optical path."""
    profile = _light_path(header).get("ICCProfile")
    return profile if isinstance(profile, bytes) else None


def _light_path(header: Dataset) -> Dataset:
    found = header.get("OpticalPathSequence")
    return found[0] if found and isinstance(found[0], Dataset) else Dataset()


def acquisition(header: Dataset) -> dict[str, Any]:
    """Device and technique, by the two lists above; never a name, number, date or free description."""
    found: dict[str, Any] = {}
    for keyword in _TEXT_KEYWORDS:
        value = header.get(keyword)
        if value is None or isinstance(value, bytes | Dataset):
            continue
        if text := base.plain_text("/".join(str(part) for part in _several(value))):
            found[keyword] = text
    for keyword in _NUMBER_KEYWORDS:
        if (figure := number(header.get(keyword))) is not None:
            found[keyword] = figure
    return found


def orientation(header: Dataset) -> list[float] | None:
    """Direction cosines of the first frame's row and column (PS3.3 C.7.6.2.1.1), to 4 decimals; None when the file does not say.

    Frames that lie in different planes are not one stack, however alike they are otherwise.
    """
    plane = functional(header, 0, "PlaneOrientationSequence") or header
    axes = [number(value) for value in _several(plane.get("ImageOrientationPatient"))]
    known = [round(value, 4) for value in axes if value is not None]
    return known if len(axes) == len(known) == 6 else None


def position_mm(header: Dataset, frame: int) -> float | None:
    """Where `frame` (0-based) lies along the normal of its plane, in mm; None when the file does not say."""
    plane = functional(header, frame, "PlaneOrientationSequence") or header
    place = functional(header, frame, "PlanePositionSequence") or header
    axes = [number(value) for value in _several(plane.get("ImageOrientationPatient"))]
    point = [number(value) for value in _several(place.get("ImagePositionPatient"))]
    if len(axes) != 6 or len(point) != 3 or None in axes or None in point:
        return None
    (a, b, c, d, e, f), (x, y, z) = axes, point
    projection = (b * f - c * e) * x + (c * d - a * f) * y + (a * e - b * d) * z  # type: ignore[operator]
    return number(projection)


def doubts(header: Dataset, positions_mm: list[float] | None) -> list[str]:
    """Warning codes for what a reader should know about the stack: tilted gantry, uneven frames.

    Args:
        header: the data set before the pixels.
        positions_mm: each frame's place along the normal, if every frame states one.
    """
    found = []
    if abs(number(header.get("GantryDetectorTilt")) or 0.0) > _UPRIGHT_DEGREES:
        found.append("gantry_tilted")
    places = sorted(positions_mm or [])
    steps = [after - before for before, after in pairwise(places) if after - before > _SAME_PLACE_MM]
    if steps and max(steps) > _GAP_FACTOR * min(steps):
        found.append("frames_unevenly_spaced")
    return found


def spacing(header: Dataset, warnings: list[str]) -> PixelSpacing | None:
    """Distance between pixels, in the patient where the file says so, else at the detector; None where frames differ."""
    measures = functional(header, 0, "PixelMeasuresSequence")
    if _spacing_differs(header):
        warnings.append("spacing_varies")
        return None
    stated = [("PixelSpacing", measures.get("PixelSpacing") if measures else None)]
    stated += [(key, header.get(key)) for key in ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing")]
    for source, value in stated:
        pair = [number(part) for part in _several(value)]
        if len(pair) != 2 or pair[0] is None or pair[1] is None:
            continue
        found = base.plausible_spacing(pair[1] * 1000, pair[0] * 1000, source)
        if found is None:
            warnings.append("spacing_implausible")
        elif source != "PixelSpacing":
            warnings.append("spacing_at_detector")
        return found
    return _ultrasound_spacing(header, warnings)


def _spacing_differs(header: Dataset) -> bool:
    """Whether the frames of an enhanced image state more than one spacing."""
    stated = set()
    for frame in range(len(header.get("PerFrameFunctionalGroupsSequence") or [])):
        measures = functional(header, frame, "PixelMeasuresSequence")
        pair = [number(part) for part in _several(measures.get("PixelSpacing") if measures else None)]
        stated.add(tuple(round(part, 5) for part in pair if part is not None))
    return len(stated) > 1


def _ultrasound_spacing(header: Dataset, warnings: list[str]) -> PixelSpacing | None:
    """The scale of the two-dimensional regions, if they all have the same."""
    scales = set()
    for region in header.get("SequenceOfUltrasoundRegions") or []:
        units = (region.get("PhysicalUnitsXDirection"), region.get("PhysicalUnitsYDirection"))
        if region.get("RegionSpatialFormat") != _SPATIAL_2D or units != (_CENTIMETRE_CODE, _CENTIMETRE_CODE):
            continue
        x, y = number(region.get("PhysicalDeltaX")), number(region.get("PhysicalDeltaY"))
        if x and y:
            scales.add((round(abs(x) * 10_000, 3), round(abs(y) * 10_000, 3)))
    if len(scales) != 1:
        warnings.append("spacing_varies" if scales else "spacing_unknown")
        return None
    x_um, y_um = scales.pop()
    return base.plausible_spacing(x_um, y_um, "SequenceOfUltrasoundRegions")


def frame_time_ms(header: Dataset) -> float | None:
    """Milliseconds from frame to frame, as recorded; the median where they differ."""
    low, high = _FRAME_TIME_RANGE_MS
    candidates = [number(header.get("FrameTime"))]
    steps = sorted(step for part in _several(header.get("FrameTimeVector"))[1:] if (step := number(part)))
    candidates.append(steps[len(steps) // 2] if steps else None)
    for keyword in ("CineRate", "RecommendedDisplayFrameRate"):
        rate = number(header.get(keyword))
        candidates.append(1000.0 / rate if rate and rate > 0 else None)
    return next((value for value in candidates if value is not None and low <= value <= high), None)


def _several(value: object) -> list[Any]:
    if value is None:
        return []
    if isinstance(value, str | bytes | int | float):
        return [value]
    return list(value) if hasattr(value, "__iter__") else [value]


def _uid(header: Dataset, keyword: str, warnings: list[str]) -> str | None:
    value = str(header.get(keyword) or "").strip(" \0")
    if not value:
        warnings.append("uid_missing")
        return None
    if _UID.fullmatch(value) is None:
        raise MalformedFile("uid_invalid", keyword)
    return value


def _integer(value: object) -> int | None:
    figure = number(value)
    return int(figure) if figure is not None and abs(figure) < 2**31 else None


def _date(value: object, warnings: list[str]) -> datetime | None:
    text = str(value or "").strip()
    if not text:
        return None
    try:
        return datetime.strptime(text[:8], "%Y%m%d").replace(tzinfo=UTC)
    except ValueError:
        warnings.append("date_invalid")
        return None


def _age(header: Dataset, study_date: datetime | None) -> int | None:
    match = re.fullmatch(r"\s*(\d{3})([DWMY])\s*", str(header.get("PatientAge") or ""))
    if match:
        days = {"D": 1.0, "W": 7.0, "M": 30.44, "Y": 365.25}[match[2]]
        return int(int(match[1]) * days / 365.25 + 1e-9)
    born = _date(header.get("PatientBirthDate"), [])
    if born is None or study_date is None or study_date < born:
        return None
    years = study_date.year - born.year - ((study_date.month, study_date.day) < (born.month, born.day))
    return years if years < 130 else None
