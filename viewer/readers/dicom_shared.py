"""What of a DICOM header may leave the site, by allow-list.

An attribute is kept because it describes the pixels, the device or the technique; everything else stays behind, private
attributes, overlays and free text about the patient included, at every depth. UIDs that stay are exchanged for others.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from math import isfinite
from typing import Any, Final

from pydicom.datadict import keyword_for_tag
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from viewer.readers import base
from viewer.readers.errors import OutOfRange

INLINE_BYTES: Final = 1024
# Numbers by the hundred thousand in JSON are bulk in all but name.
INLINE_VALUES: Final = 4096
_BINARY: Final = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})
_TEXT_LIMIT: Final = 1024
_UIDS: Final = frozenset(
    {"FrameOfReferenceUID", "DimensionOrganizationUID", "PyramidUID", "ConcatenationUID", "SOPInstanceUIDOfConcatenationSource"}
)

# Image and pixels: PS3.3 C.7.6.1, C.7.6.3, C.7.6.5, C.7.6.6, C.11.1, C.11.2, C.11.15
_PIXELS: Final = """
    SOPClassUID ImageType Modality AcquisitionNumber InstanceNumber SamplesPerPixel PhotometricInterpretation PlanarConfiguration
    NumberOfFrames Rows Columns BitsAllocated BitsStored HighBit PixelRepresentation SmallestImagePixelValue LargestImagePixelValue
    PixelPaddingValue PixelPaddingRangeLimit PixelAspectRatio PixelSpacing ImagerPixelSpacing NominalScannedPixelSpacing
    PixelSpacingCalibrationType RedPaletteColorLookupTableDescriptor GreenPaletteColorLookupTableDescriptor
    BluePaletteColorLookupTableDescriptor RedPaletteColorLookupTableData GreenPaletteColorLookupTableData
    BluePaletteColorLookupTableData SegmentedRedPaletteColorLookupTableData SegmentedGreenPaletteColorLookupTableData
    SegmentedBluePaletteColorLookupTableData ICCProfile ColorSpace FrameIncrementPointer FrameTime FrameTimeVector FrameDelay CineRate
    RecommendedDisplayFrameRate StartTrim StopTrim RescaleSlope RescaleIntercept RescaleType WindowCenter WindowWidth
    WindowCenterWidthExplanation VOILUTFunction ModalityLUTSequence VOILUTSequence LUTDescriptor LUTData ModalityLUTType
    PixelIntensityRelationship PixelIntensityRelationshipSign PresentationLUTShape LossyImageCompression LossyImageCompressionRatio
    LossyImageCompressionMethod BurnedInAnnotation DoseGridScaling Units
"""
# Where it lies: C.7.6.2, C.7.6.16
_PLACE: Final = """
    ImagePositionPatient ImageOrientationPatient SliceThickness SpacingBetweenSlices SliceLocation FrameOfReferenceUID
    PatientOrientation PatientPosition AnatomicalOrientationType BodyPartExamined Laterality ImageLaterality FrameLaterality
    ViewPosition SharedFunctionalGroupsSequence PerFrameFunctionalGroupsSequence PlanePositionSequence PlaneOrientationSequence
    PixelMeasuresSequence PixelValueTransformationSequence FrameVOILUTSequence FrameContentSequence FrameAcquisitionNumber StackID
    InStackPositionNumber TemporalPositionIndex DimensionIndexValues DimensionOrganizationSequence DimensionOrganizationUID
    DimensionOrganizationType DimensionIndexSequence DimensionIndexPointer FunctionalGroupPointer CTImageFrameTypeSequence
    MRImageFrameTypeSequence FrameType PixelPresentation VolumetricProperties VolumeBasedCalculationTechnique FrameAnatomySequence
    AnatomicRegionSequence CodeValue CodingSchemeDesignator CodingSchemeVersion CodeMeaning MREchoSequence EffectiveEchoTime
    MRDiffusionSequence DiffusionBValue DiffusionDirectionality
"""
# Slides: C.8.12; levels in several files: C.7.6.16
_SLIDE: Final = """
    TotalPixelMatrixColumns TotalPixelMatrixRows TotalPixelMatrixFocalPlanes TotalPixelMatrixOriginSequence ImagedVolumeWidth
    ImagedVolumeHeight ImagedVolumeDepth ImageOrientationSlide SpecimenLabelInImage FocusMethod ExtendedDepthOfField
    NumberOfOpticalPaths OpticalPathSequence OpticalPathIdentifier OpticalPathIdentificationSequence IlluminationTypeCodeSequence
    IlluminationColorCodeSequence ObjectiveLensPower ObjectiveLensNumericalAperture PlanePositionSlideSequence
    XOffsetInSlideCoordinateSystem YOffsetInSlideCoordinateSystem ZOffsetInSlideCoordinateSystem PyramidUID
    ColumnPositionInTotalImagePixelMatrix RowPositionInTotalImagePixelMatrix WholeSlideMicroscopyImageFrameTypeSequence
    ConcatenationUID SOPInstanceUIDOfConcatenationSource ConcatenationFrameOffsetNumber InConcatenationNumber
    InConcatenationTotalNumber
"""
# Ultrasound: C.8.5.5
_ULTRASOUND: Final = """
    SequenceOfUltrasoundRegions RegionSpatialFormat RegionDataType RegionFlags RegionLocationMinX0 RegionLocationMinY0
    RegionLocationMaxX1 RegionLocationMaxY1 ReferencePixelX0 ReferencePixelY0 PhysicalUnitsXDirection PhysicalUnitsYDirection
    ReferencePixelPhysicalValueX ReferencePixelPhysicalValueY PhysicalDeltaX PhysicalDeltaY MechanicalIndex ThermalIndex
    DepthOfScanField TransducerType TransducerFrequency
"""
# Device and technique
_TECHNIQUE: Final = """
    Manufacturer ManufacturerModelName ScanningSequence SequenceVariant MRAcquisitionType ConvolutionKernel FilterType
    ContrastBolusAgent ScanOptions HorizontalFieldOfView KVP XRayTubeCurrent ExposureTime Exposure GantryDetectorTilt
    MagneticFieldStrength RepetitionTime EchoTime InversionTime FlipAngle EchoTrainLength ReconstructionDiameter
    DistanceSourceToDetector DistanceSourceToPatient
"""
ALLOWED: Final = frozenset("".join((_PIXELS, _PLACE, _SLIDE, _ULTRASOUND, _TECHNIQUE)).split())


def shared_header(header: Dataset, uid_key: str) -> Dataset:
    """The part of a header that may leave the site.

    Args:
        header: as it was parsed; not changed.
        uid_key: what exchanged UIDs are derived with; the same key and UID give the same new UID.
    """
    kept = Dataset()
    for tag in list(header.keys()):
        keyword = keyword_for_tag(tag)
        if keyword not in ALLOWED:
            continue
        element = header[tag]
        if element.VR == "SQ":
            kept.add(DataElement(tag, "SQ", [shared_header(item, uid_key) for item in element.value or []]))
        elif keyword in _UIDS:
            kept.add(DataElement(tag, "UI", exchanged_uid(str(element.value), uid_key) if element.value else ""))
        else:
            kept.add(element)
    _without_empty_window(kept)
    return kept


def _without_empty_window(kept: Dataset) -> None:
    """Leave out a window without width, which some devices write: viewers believe it and show black."""
    if "WindowWidth" in kept and not any((_number(width) or 0) > 0 for width in _several(kept.WindowWidth)):
        for keyword in ("WindowCenter", "WindowWidth", "WindowCenterWidthExplanation"):
            if keyword in kept:
                del kept[keyword]


def exchanged_uid(uid: str, key: str) -> str:
    """A UID of the form 2.25.<number> (PS3.5 B.2) that stands for another one."""
    digest = hashlib.blake2b(uid.encode(), key=key.encode()[:64], digest_size=16).digest()
    return f"2.25.{int.from_bytes(digest, 'big')}"


def as_json(shared: Dataset) -> bytes:
    """A shared header as a DICOM JSON object (PS3.18 F.2); large values as ``BulkDataURI`` below ``@/``.

    The caller, who knows the instance's address, puts it in the place of the ``@``.
    """
    return json.dumps(_members(shared, ""), ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8", "replace")


def bulk_value(shared: Dataset, steps: list[str]) -> bytes:
    """The bytes of a large value: tags (eight hexadecimal digits) and item numbers (from 0) on the way to it.

    Raises:
        OutOfRange: when there is no such value.
    """
    place: Any = shared
    for step in steps:
        if isinstance(place, Dataset):
            tag = BaseTag(int(step, 16))
            if tag not in place:
                raise OutOfRange("no_such_frame")
            place = place[tag].value
        elif not isinstance(place, bytes) and int(step) < len(place):
            place = place[int(step)]
        else:
            raise OutOfRange("no_such_frame")
    if not isinstance(place, bytes):
        raise OutOfRange("no_such_frame")
    return place


def _members(dataset: Dataset, prefix: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for tag in sorted(dataset.keys()):
        element, key = dataset[tag], f"{tag:08X}"
        if element.VR == "SQ":
            found[key] = {"vr": "SQ"}
            items = [_members(item, f"{prefix}{key}/{index}/") for index, item in enumerate(element.value or [])]
            if items:
                found[key]["Value"] = items
        else:
            found[key] = _member(element, f"{prefix}{key}")
    return found


def _member(element: DataElement, place: str) -> dict[str, Any]:
    vr = str(element.VR)[:2]
    value = element.value
    if isinstance(value, bytes):
        kind = vr if vr in _BINARY else "OB"
        if not value:
            return {"vr": kind}
        if len(value) > INLINE_BYTES:
            return {"vr": kind, "BulkDataURI": f"@/{place}"}
        return {"vr": kind, "InlineBinary": base64.b64encode(value).decode()}
    values = [_plain(part, vr) for part in _several(value)][:INLINE_VALUES]
    return {"vr": vr, "Value": values} if any(part is not None for part in values) else {"vr": vr}


def _several(value: Any) -> Iterator[Any]:
    if value is None or value == "":
        return
    if isinstance(value, str | int | float) or not hasattr(value, "__iter__"):
        yield value
    else:
        yield from value


def _plain(value: Any, vr: str) -> Any:
    """One value as JSON has it; None for what is no such value."""
    if vr == "AT":
        return f"{int(value):08X}"
    if vr in {"IS", "SL", "SS", "SV", "UL", "US", "UV"}:
        number = _number(value)
        return None if number is None else int(number)
    if vr in {"DS", "FD", "FL"}:
        return _number(value)
    return base.plain_text(value, _TEXT_LIMIT) or None


def _number(value: Any) -> float | None:
    try:
        number = float(str(value))
    except ValueError:
        return None
    return number if isfinite(number) else None
