"""Presentation states written for tests, as a workstation would write them."""

from pathlib import Path
from typing import Any

import pydicom
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

GREYSCALE = "1.2.840.10008.5.1.4.1.1.11.1"


def dataset(**elements: Any) -> Dataset:
    """A data set from keywords; lists of data sets become sequences."""
    made = Dataset()
    for keyword, value in elements.items():
        is_sequence = isinstance(value, list) and value and isinstance(value[0], Dataset)
        setattr(made, keyword, Sequence(value) if is_sequence else value)
    return made


def image_reference(path: Path, *frames: int) -> Dataset:
    """A reference to a stored image, to its frames (from 1) if any are named."""
    header = pydicom.dcmread(path, stop_before_pixels=True)
    found = dataset(ReferencedSOPClassUID=header.SOPClassUID, ReferencedSOPInstanceUID=header.SOPInstanceUID)
    if frames:
        found.ReferencedFrameNumber = list(frames)
    return found


def graphic(kind: str, *points: float, units: str = "PIXEL", filled: str = "N") -> Dataset:
    """One graphic object."""
    return dataset(
        GraphicAnnotationUnits=units,
        GraphicDimensions=2,
        NumberOfGraphicPoints=len(points) // 2,
        GraphicData=list(points),
        GraphicType=kind,
        GraphicFilled=filled,
    )


def write_state(path: Path, images: list[Path], **elements: Any) -> Path:
    """Write a state for whole images; more elements by keyword."""
    first = pydicom.dcmread(images[0], stop_before_pixels=True)
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = GREYSCALE
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    state = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    state.SOPClassUID, state.SOPInstanceUID = GREYSCALE, meta.MediaStorageSOPInstanceUID
    state.PatientID = first.get("PatientID", "")
    state.PatientName = "Yamada^Tarou"
    state.StudyInstanceUID, state.SeriesInstanceUID = first.StudyInstanceUID, generate_uid()
    state.Modality, state.ContentLabel, state.ContentCreatorName = "PR", "LABEL", "Suzuki^Hanako"
    series = dataset(SeriesInstanceUID=first.SeriesInstanceUID, ReferencedImageSequence=[image_reference(one) for one in images])
    state.ReferencedSeriesSequence = Sequence([series])
    for keyword, value in elements.items():
        is_sequence = isinstance(value, list) and value and isinstance(value[0], Dataset)
        setattr(state, keyword, Sequence(value) if is_sequence else value)
    state.save_as(path, enforce_file_format=True)
    return path
