"""Enhanced images whose frames are of several kinds."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from viewer.tiles.pool import PixelPool

Opened = Callable[[Path], tuple[dict[str, Any], dict[str, Any]]]


def changed(tmp_path: Path, shared_data: Path, change: Callable[[int, Dataset], None]) -> Path:
    """An enhanced MR of eight frames with something done to the functional groups of each."""
    whole = pydicom.dcmread(shared_data / "dicom/mr/enhanced/philips_8f.dcm")
    for number, groups in enumerate(whole.PerFrameFunctionalGroupsSequence):
        change(number, groups)
    path = tmp_path / "enhanced.dcm"
    whole.save_as(path)
    return path


def group(**elements: Any) -> Sequence:
    item = Dataset()
    for keyword, value in elements.items():
        setattr(item, keyword, value)
    return Sequence([item])


def test_frames_of_one_kind_have_no_parts(opened: Opened, shared_data: Path) -> None:
    for name in ("enhanced/philips_8f.dcm", "enhanced/siemens_8f.dcm", "siemens_xa_enhanced/6_1.dcm", "emri/emri_small_RLE.dcm"):
        found = opened(shared_data / "dicom/mr" / name)[0]
        assert found["frames"]["parts"] == [], name
        assert "frames_of_several_kinds" not in found["warnings"]


def test_echoes_and_moments_are_told_apart(tmp_path: Path, opened: Opened, shared_data: Path) -> None:
    def change(number: int, groups: Dataset) -> None:
        groups.MREchoSequence = group(EffectiveEchoTime=[4.92, 9.84][number // 4])
        groups.FrameContentSequence = group(TemporalPositionIndex=number // 2 + 1, StackID="1")

    found = opened(changed(tmp_path, shared_data, change))[0]
    assert found["frames"]["parts"] == [
        {"start": 0, "count": 2, "values": {"echo_time_ms": 4.92, "moment": 1.0}},
        {"start": 2, "count": 2, "values": {"echo_time_ms": 4.92, "moment": 2.0}},
        {"start": 4, "count": 2, "values": {"echo_time_ms": 9.84, "moment": 3.0}},
        {"start": 6, "count": 2, "values": {"echo_time_ms": 9.84, "moment": 4.0}},
    ]
    assert "frames_of_several_kinds" in found["warnings"]


def test_planes_and_b_values_are_told_apart(tmp_path: Path, opened: Opened, shared_data: Path) -> None:
    axes = ([1, 0, 0, 0, 1, 0], [1, 0, 0, 0, 0, -1], [0, 1, 0, 0, 0, -1])

    def change(number: int, groups: Dataset) -> None:
        groups.PlaneOrientationSequence = group(ImageOrientationPatient=[float(part) for part in axes[number % 3]])
        if number == 7:
            groups.MRDiffusionSequence = group(DiffusionBValue=800.0)

    parts = opened(changed(tmp_path, shared_data, change))[0]["frames"]["parts"]
    assert [part["values"]["plane"] for part in parts] == ["axial", "coronal", "sagittal"] * 2 + ["axial", "coronal"]
    assert "b_value" not in parts[0]["values"]
    assert parts[7]["values"]["b_value"] == 800.0


def test_each_frame_has_its_own_rescale_and_window(tmp_path: Path, pool: PixelPool, opened: Opened, shared_data: Path) -> None:
    def change(number: int, groups: Dataset) -> None:
        groups.PixelValueTransformationSequence = group(RescaleSlope=number + 1, RescaleIntercept=-number, RescaleType="US")
        groups.FrameVOILUTSequence = group(WindowCenter=100 + number, WindowWidth=200 + number)

    source = opened(changed(tmp_path, shared_data, change))[1]
    for number in (0, 3, 7):
        headers = pool.frame(source, number).headers
        assert float(headers["Mitate-Rescale-Slope"]) == number + 1
        assert float(headers["Mitate-Rescale-Intercept"]) == -number
        assert float(headers["Mitate-Window-Center"]) == 100 + number
        assert float(headers["Mitate-Window-Width"]) == 200 + number


@pytest.mark.parametrize("value", ["", "not a number"])
def test_values_that_are_none_cost_nothing(value: str, tmp_path: Path, opened: Opened, shared_data: Path) -> None:
    def change(number: int, groups: Dataset) -> None:
        item = Dataset()
        item.add_new(0x00209128, "LO", value if number else "2")
        groups.FrameContentSequence = Sequence([item])

    assert opened(changed(tmp_path, shared_data, change))[0]["frame_count"] == 8
