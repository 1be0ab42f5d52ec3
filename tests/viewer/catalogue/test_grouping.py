"""Order and warnings of stacks, on plain values."""

from typing import Any
from uuid import uuid4

import pytest

from viewer.services.grouping import ALONE, SLIDE, Member, group_key, image_digest, in_order, stack_warnings, with_stack_warnings


def member(number: int | None, position: float | None) -> Member:
    return Member(uuid4(), uuid4().hex, "p", number, position, 1)


def test_positions_order_before_instance_numbers() -> None:
    found = in_order([member(1, 10.0), member(2, 0.0), member(3, 5.0)])
    assert [one.instance_number for one in found] == [2, 3, 1]


def test_one_missing_position_leaves_the_order_to_the_numbers() -> None:
    found = in_order([member(3, 0.0), member(None, 1.0), member(1, None), member(2, -5.0)])
    assert [one.instance_number for one in found] == [1, 2, 3, None]
    assert stack_warnings(found) == ["stack_positions_missing"]


@pytest.mark.parametrize(
    ("positions", "warnings"),
    [
        ([0.0], []),
        ([0.0, 5.0, 10.0, 15.0], []),
        ([0.0, 5.0, 15.0, 20.0], ["stack_position_gap"]),
        ([0.0, 0.0, 5.0, 5.0], ["stack_positions_repeat"]),
        ([0.0, 5.0, 5.0, 10.0, 20.0], ["stack_position_gap", "stack_positions_repeat"]),
        ([2.0, 2.0], ["stack_positions_repeat"]),
        ([0.0, 2.5001, 4.9999, 7.5], []),
    ],
)
def test_warnings_on_the_order(positions: list[float], warnings: list[str]) -> None:
    assert stack_warnings([member(n, position) for n, position in enumerate(positions)]) == warnings


def test_warnings_on_the_order_come_and_go_and_others_stay() -> None:
    whole = [member(n, n * 5.0) for n in range(4)]
    with_hole = with_stack_warnings(["spacing_unknown"], [whole[0], whole[1], whole[3]])
    assert with_hole == ["spacing_unknown", "stack_position_gap"]
    assert with_stack_warnings(with_hole, whole) == ["spacing_unknown"]


def test_the_digest_of_several_files_knows_no_order() -> None:
    assert image_digest(["a"]) == "a"
    assert image_digest(["b", "a"]) == image_digest(["a", "b"]) != "a"


def inspection(**changes: Any) -> dict[str, Any]:
    """What a reader says of a CT slice."""
    dicom = {"series_instance_uid": "1.2", "position_mm": 3.0, "orientation": [1.0, 0.0, 0.0, 0.0, 1.0, 0.0], "is_volume_wsi": False}
    found = {"kind": "frames", "modality": "CT", "width": 512, "height": 512, "frame_count": 1, "dicom": dicom}
    found |= {"frames": {"encoding": "values", "invert": False}, "spacing": {"x_um": 500.0, "y_um": 500.0, "source": "PixelSpacing"}}
    dicom.update(changes.pop("dicom", {}))
    return found | changes


def test_slices_in_one_geometry_share_a_key_whatever_their_place() -> None:
    turned = [0.99996, 0.0, -0.0, 0.0, 1.0, 0.0]
    assert group_key(inspection()) == group_key(inspection(dicom={"position_mm": 8.0, "orientation": turned})) != ALONE


@pytest.mark.parametrize(
    "changes",
    [
        {"width": 256},
        {"spacing": {"x_um": 250.0, "y_um": 250.0, "source": "PixelSpacing"}},
        {"spacing": None},
        {"dicom": {"orientation": [1.0, 0.0, 0.0, 0.0, 0.0, -1.0]}},
        {"frames": {"encoding": "values", "invert": True}},
    ],
)
def test_another_geometry_is_another_stack(changes: dict[str, Any]) -> None:
    assert group_key(inspection(**changes)) not in {group_key(inspection()), ALONE}


@pytest.mark.parametrize(
    "changes",
    [
        {"dicom": None},
        {"dicom": {"series_instance_uid": None}},
        {"frame_count": 2},
        {"frames": {"encoding": "colour", "invert": False}},
        {"modality": "DX", "dicom": {"position_mm": None}},
        {"kind": "slide", "frames": None},
        {"kind": "photograph", "frames": None, "dicom": {}},
    ],
)
def test_everything_else_is_an_image_of_its_own(changes: dict[str, Any]) -> None:
    found = inspection(**{key: value for key, value in changes.items() if value is not None or key != "dicom"})
    if changes.get("dicom", {}) is None:
        found["dicom"] = None
    assert group_key(found) == ALONE


def test_levels_of_a_slide_share_a_key() -> None:
    assert group_key(inspection(kind="slide", frames=None, dicom={"is_volume_wsi": True})) == SLIDE
