"""The order of a worklist, over plain rows."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from societies.queue import Candidate, choose, free_slot, in_order

START = datetime(2026, 1, 1, tzinfo=UTC)
candidates = st.builds(
    Candidate,
    image_id=st.uuids(version=4),
    uncertainty=st.none() | st.floats(0, 1),
    added_at=st.integers(0, 1000).map(lambda minutes: START + timedelta(minutes=minutes)),
    taken_slots=st.frozensets(st.integers(0, 2)),
    resumed=st.booleans(),
)


def candidate(number: int, **values: object) -> Candidate:
    return Candidate(**{"image_id": UUID(int=number), "uncertainty": None, "added_at": START, **values})  # type: ignore[arg-type]


def test_the_model_is_least_sure_first_then_what_waited_longest() -> None:
    old, new = candidate(1, added_at=START), candidate(2, added_at=START + timedelta(days=1))
    sure, unsure = candidate(3, uncertainty=0.1, added_at=START + timedelta(days=2)), candidate(4, uncertainty=0.9)
    begun = candidate(5, resumed=True, added_at=START + timedelta(days=9))
    assert in_order([new, sure, old, begun, unsure]) == [begun, unsure, sure, old, new]
    assert [each.chosen_by for each in (begun, unsure, old)] == ["resumed", "uncertainty", "age"]


def test_an_image_without_a_free_read_is_passed_over() -> None:
    full = candidate(1, uncertainty=1.0, taken_slots=frozenset({0, 1}))
    half = candidate(2, taken_slots=frozenset({0}))
    assert choose([full, half], reads_per_image=2) == (half, 1)
    assert choose([full], reads_per_image=2) is None
    assert choose([], reads_per_image=1) is None


def test_the_lowest_free_slot_is_taken() -> None:
    assert free_slot({0, 2}, 3) == 1
    assert free_slot(set(), 1) == 0
    assert free_slot({0}, 1) is None


@given(st.lists(candidates, max_size=12, unique_by=lambda each: each.image_id), st.integers(1, 3))
def test_the_choice_depends_on_the_candidates_only_and_is_the_first_that_can_be_read(rows: list[Candidate], reads: int) -> None:
    chosen = choose(rows, reads_per_image=reads)
    assert choose(list(reversed(rows)), reads_per_image=reads) == chosen
    possible = [each for each in in_order(rows) if len(each.taken_slots & set(range(reads))) < reads]
    assert (chosen[0] if chosen else None) == (possible[0] if possible else None)
    if chosen:
        assert chosen[1] not in chosen[0].taken_slots


@given(st.lists(candidates, max_size=12, unique_by=lambda each: each.image_id))
def test_order_is_total(rows: list[Candidate]) -> None:
    assert in_order(rows) == in_order(sorted(rows, key=lambda each: each.image_id))
