"""What is said about a DICOM stack that a reader could otherwise take for granted."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pydicom

from viewer.readers import errors

Opened = Callable[[Path], tuple[dict[str, Any], dict[str, Any]]]


def test_what_a_reader_should_know_of_a_stack_is_said(opened: Opened, shared_data: Path) -> None:
    for path in sorted(path for path in (shared_data / "dicom").glob("*/*.dcm") if path.parent.name in {"ct", "mr", "pr", "sc"}):
        header = pydicom.dcmread(path, stop_before_pixels=True, force=True)
        try:
            found = opened(path)[0]
        except errors.ReaderError:
            continue
        assert ("gantry_tilted" in found["warnings"]) == (abs(float(header.get("GantryDetectorTilt") or 0)) > 0.5), path.name
    tilted = opened(shared_data / "dicom/ct/ge_head_gantry_tilt/01.dcm")[0]
    assert "gantry_tilted" in tilted["warnings"]


def test_frames_that_differ_in_spacing_or_lie_unevenly_are_said(tmp_path: Path, opened: Opened, shared_data: Path) -> None:
    path = shared_data / "dicom/mr/enhanced/philips_8f.dcm"
    whole, before = pydicom.dcmread(path), opened(path)[0]
    assert not {"spacing_varies", "frames_unevenly_spaced"} & set(before["warnings"])
    groups = whole.PerFrameFunctionalGroupsSequence
    groups[3].PixelMeasuresSequence = pydicom.Sequence([pydicom.Dataset()])
    groups[3].PixelMeasuresSequence[0].PixelSpacing = [9.0, 9.0]
    whole.save_as(tmp_path / "spacing.dcm")
    found = opened(tmp_path / "spacing.dcm")[0]
    assert found["spacing"] is None
    assert "spacing_varies" in found["warnings"]
    whole = pydicom.dcmread(path)
    for number, group in enumerate(whole.PerFrameFunctionalGroupsSequence):
        group.PlaneOrientationSequence = pydicom.Sequence([pydicom.Dataset()])
        group.PlaneOrientationSequence[0].ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        group.PlanePositionSequence = pydicom.Sequence([pydicom.Dataset()])
        group.PlanePositionSequence[0].ImagePositionPatient = [0, 0, 5 * number + (20 if number > 5 else 0)]
    whole.save_as(tmp_path / "uneven.dcm")
    found = opened(tmp_path / "uneven.dcm")[0]
    assert found["frames"]["positions_mm"] == [5.0 * number + (20 if number > 5 else 0) for number in range(8)]
    assert "frames_unevenly_spaced" in found["warnings"]
