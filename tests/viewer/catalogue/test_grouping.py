"""Order and warnings of stacks, on plain values."""

from uuid import uuid4

import pytest

from viewer.services.grouping import Member, image_digest, in_order, stack_warnings, with_stack_warnings


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
