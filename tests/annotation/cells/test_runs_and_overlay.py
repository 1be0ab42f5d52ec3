"""Runs name any set of cells; what is no set is refused; changes that are undone do not count, those that are redone do."""

import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.cells.overlay import UNTOUCHED, CellChange, ChangeKind, Overlay
from annotation.cells.runs import UnusableRuns, from_runs, packed, to_runs, unpacked

SETS = st.sets(st.integers(0, 999), min_size=1)


@given(SETS)
def test_runs_bring_back_the_numbers(numbers: set[int]) -> None:
    ascending = np.array(sorted(numbers), np.int64)
    np.testing.assert_array_equal(from_runs(to_runs(ascending), 1000), ascending)
    np.testing.assert_array_equal(unpacked(packed(ascending), 1000), ascending)


def test_written_as_the_documentation_says() -> None:
    assert from_runs([3, 2, 5, 1], 11).tolist() == [3, 4, 10]
    assert to_runs(np.array([0, 1, 2])) == [0, 3]


@pytest.mark.parametrize(
    "runs",
    [
        [],
        [1],
        [0, 0],
        [-1, 3],
        [0, 11],
        [8, 3],
        [0, 2, 0, 2],
        [0, True],
        [0, 1.0],
        ["0", "1"],
        [0, None],
        [10**30, 1],
        [0, 10**30],
        [[0, 1]],
    ],
)
def test_what_names_no_cells_is_refused(runs: list[Any]) -> None:
    with pytest.raises(UnusableRuns):
        from_runs(runs, 10)


@pytest.mark.parametrize("raw", [b"", b"xx", zlib.compress(b"123"), zlib.compress(bytes(8)), zlib.compress(bytes(100_000))])
def test_spoilt_storage_is_said_to_be_so(raw: bytes) -> None:
    with pytest.raises(UnusableRuns):
        unpacked(raw, 10)


def change(key: str, kind: str, numbers: set[int] = frozenset(), label: str = "", undoes: str | None = None) -> CellChange:  # type: ignore[assignment]
    return CellChange(key, ChangeKind(kind), np.array(sorted(numbers), np.int64), label, undoes)


def told(count: int, changes: list[CellChange]) -> list[tuple[str, bool, bool]]:
    overlay = Overlay(count, changes)
    labels = ["" if given == UNTOUCHED else overlay.codes[given] for given in overlay.given]
    return list(zip(labels, overlay.deleted.tolist(), overlay.decided.tolist(), strict=True))


def test_later_changes_lie_over_earlier_ones_and_undone_ones_do_not_count() -> None:
    first = [change("a", "relabel", {0, 1}, "t"), change("b", "relabel", {1, 2}, "s"), change("c", "delete", {2})]
    assert told(4, first) == [("t", False, True), ("s", False, True), ("s", True, True), ("", False, False)]
    undone = [*first, change("d", "undo", undoes="b")]
    assert told(4, undone) == [("t", False, True), ("t", False, True), ("", True, True), ("", False, False)]
    assert told(4, [*undone, change("e", "undo", undoes="d")]) == told(4, first)
    assert told(4, [*undone, change("f", "undo", undoes="b")]) == told(4, undone)


KINDS = st.sampled_from(["relabel", "accept", "delete", "undo"])


@given(st.lists(st.tuples(KINDS, SETS, st.sampled_from("ts"), st.integers(0, 20)), max_size=20))
def test_undoing_everything_leaves_nothing(steps: list[tuple[str, set[int], str, int]]) -> None:
    changes: list[CellChange] = []
    for place, (kind, numbers, label, target) in enumerate(steps):
        if kind == "undo":
            if target < place:
                changes.append(change(str(place), kind, undoes=str(target)))
        else:
            changes.append(change(str(place), kind, numbers, label))
    state = told(1000, changes)
    keys = [one.key for one in changes if one.kind != "undo"]
    undone = told(1000, [*changes, *(change(f"u{key}", "undo", undoes=str(key)) for key in reversed(keys))])
    assert undone == [("", False, False)] * 1000
    redone = [*changes, *(change(f"u{key}", "undo", undoes=str(key)) for key in keys)]
    assert told(1000, [*redone, *(change(f"r{key}", "undo", undoes=f"u{key}") for key in keys)]) == state
