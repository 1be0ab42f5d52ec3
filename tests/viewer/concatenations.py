"""DICOM slides whose level lies in several files, made by splitting the frames of real ones (PS3.3 C.7.6.16, concatenations)."""

from collections.abc import Sequence as Several
from copy import deepcopy
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, encapsulate_extended, generate_frames
from pydicom.sequence import Sequence

UID = "1.2.826.0.1.3680043.8.498.77"


def frames_of(dataset: Dataset) -> list[bytes]:
    """The code streams of a slide level."""
    return list(generate_frames(dataset.PixelData, number_of_frames=dataset.NumberOfFrames))


def split(level: Path, counts: Several[int], *, uid: str = UID, total: bool = True) -> list[Dataset]:
    """The parts of a level with so many frames each, whole but for their pixels; see `save`.

    Args:
        level: an instance with TILED_FULL frames in JPEG.
        counts: frames a part.
        uid: of the concatenation.
        total: whether the parts say how many they are, which is optional.
    """
    whole = pydicom.dcmread(level)
    frames = frames_of(whole)
    del whole.PixelData
    parts = []
    for number, (count, end) in enumerate(zip(counts, accumulate(counts), strict=True), 1):
        part = deepcopy(whole)
        part.SOPInstanceUID = part.file_meta.MediaStorageSOPInstanceUID = f"{uid}.{number}"
        part.SOPInstanceUIDOfConcatenationSource = whole.SOPInstanceUID
        part.ConcatenationUID, part.InConcatenationNumber, part.NumberOfFrames = uid, number, count
        part.ConcatenationFrameOffsetNumber = end - count
        part.InstanceNumber = number
        if total:
            part.InConcatenationTotalNumber = len(counts)
        part.frames = frames[end - count : end]
        parts.append(part)
    return parts


def make_sparse(parts: list[Dataset]) -> None:
    """Have each frame say where it lies, as TILED_SPARSE has it."""
    for part in parts:
        columns = -(-part.TotalPixelMatrixColumns // part.Columns)
        groups = []
        for cell in range(part.ConcatenationFrameOffsetNumber, part.ConcatenationFrameOffsetNumber + part.NumberOfFrames):
            place, group = Dataset(), Dataset()
            place.ColumnPositionInTotalImagePixelMatrix = cell % columns * part.Columns + 1
            place.RowPositionInTotalImagePixelMatrix = cell // columns * part.Rows + 1
            group.PlanePositionSlideSequence = Sequence([place])
            groups.append(group)
        part.DimensionOrganizationType = "TILED_SPARSE"
        part.PerFrameFunctionalGroupsSequence = Sequence(groups)


def save(parts: list[Dataset], folder: Path, *, table: str = "basic", fragments: int = 1, stem: str = "part") -> list[Path]:
    """Write parts; `table` is basic, extended or none.

    With several `fragments` each frame lies in as many items, which needs a table.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, part in enumerate(parts, 1):
        written = deepcopy(part)
        frames: list[bytes] = written.frames
        options: dict[str, Any] = {"fragments_per_frame": fragments, "has_bot": table == "basic" or fragments > 1}
        if table == "extended" and fragments == 1:
            data, written.ExtendedOffsetTable, written.ExtendedOffsetTableLengths = encapsulate_extended(frames)
        else:
            data = encapsulate(frames, **options)
        if table == "extended" and fragments > 1:
            offsets = np.frombuffer(data[8 : 8 + 4 * len(frames)], "<u4")
            data = data[:4] + bytes(4) + data[8 + 4 * len(frames) :]
            written.ExtendedOffsetTable = offsets.astype("<u8").tobytes()
            written.ExtendedOffsetTableLengths = np.array([len(frame) for frame in frames], "<u8").tobytes()
        written.add_new("PixelData", "OB", data)
        written["PixelData"].is_undefined_length = True
        paths.append(folder / f"{stem}{number}.dcm")
        written.save_as(paths[-1])
    return paths
