"""Where frames lie, out of shared headers that say all of it, part of it, or nonsense."""

from typing import Any

import pytest

from viewer.dicomweb.planes import FramePlane, planes_in

UP = [1, 0, 0, 0, 1, 0]
PLAIN: dict[str, Any] = {
    "00200052": {"vr": "UI", "Value": ["2.25.7"]},
    "00200032": {"vr": "DS", "Value": [1, 2.5, -3]},
    "00200037": {"vr": "DS", "Value": UP},
    "00280030": {"vr": "DS", "Value": [0.5, 0.25]},
    "00180050": {"vr": "DS", "Value": [2]},
}


def group(sequence: str, tag: str, value: list[float]) -> dict[str, Any]:
    return {sequence: {"vr": "SQ", "Value": [{tag: {"vr": "DS", "Value": value}}]}}


def test_a_slice_of_its_own() -> None:
    found = planes_in(PLAIN, 1)
    assert found is not None
    assert found.frame_of_reference_uid == "2.25.7"
    assert found.frames == (FramePlane((1, 2.5, -3), tuple(UP), (0.5, 0.25), 2),)


def test_frames_say_their_own_place_and_share_the_rest() -> None:
    shared = group("00209116", "00200037", UP) | group("00289110", "00280030", [1, 2])
    per_frame = [group("00209113", "00200032", [0, 0, place]) for place in (0, 5)]
    header = {
        "00200052": PLAIN["00200052"],
        "52009229": {"vr": "SQ", "Value": [shared]},
        "52009230": {"vr": "SQ", "Value": per_frame},
    }
    found = planes_in(header, 2)
    assert found is not None
    assert [frame.position_mm for frame in found.frames] == [(0, 0, 0), (0, 0, 5)]
    assert {(frame.orientation, frame.spacing_mm, frame.thickness_mm) for frame in found.frames} == {(tuple(UP), (1, 2), None)}
    assert planes_in(header, 3) is None, "the third frame says nothing"


@pytest.mark.parametrize(
    ("tag", "value"),
    [
        ("00200052", None),
        ("00200052", [""]),
        ("00200032", None),
        ("00200032", [1, 2]),
        ("00200032", [1, 2, None]),
        ("00200032", [1, 2, float("nan")]),
        ("00200037", [1, 0, 0]),
        ("00280030", [0.5]),
        ("00280030", [0.5, 0]),
        ("00280030", ["a", "b"]),
    ],
)
def test_what_is_not_said_is_not_made_up(tag: str, value: list[Any] | None) -> None:
    header = {key: member for key, member in PLAIN.items() if key != tag or value is not None}
    if value is not None:
        header[tag] = {"vr": PLAIN[tag]["vr"], "Value": value}
    assert planes_in(header, 1) is None


def test_a_slice_without_thickness_is_a_plane_all_the_same() -> None:
    found = planes_in(PLAIN | {"00180050": {"vr": "DS", "Value": [0]}}, 1)
    assert found is not None
    assert found.frames[0].thickness_mm is None
