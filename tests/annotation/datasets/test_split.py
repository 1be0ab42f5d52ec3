"""Nobody is in two splits, nobody ever moves, and the shares hold in every stratum."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.datasets.groups import group_subjects, shared_links
from annotation.datasets.members import Member, make_members, members_digest
from annotation.datasets.query import Candidate
from annotation.datasets.split import QUARANTINE, SPLITS, assign, check_shares, leaks
from tests.annotation.datasets.candidates import SHARES, candidate, recipe

NAMES = st.integers(0, 30).map(lambda number: f"subject-{number:02}")
LINKS = st.lists(st.tuples(NAMES, NAMES), max_size=12)
LABELS = st.sampled_from(["adenoma", "cancer", "hyperplasia"])
PERCENT = st.integers(0, 100).flatmap(lambda train: st.integers(0, 100 - train).map(lambda tune: (train, tune, 100 - train - tune)))


@st.composite
def chosen(draw: st.DrawFn) -> list[Candidate]:
    rows = draw(st.lists(st.tuples(NAMES, LABELS), max_size=40))
    return [candidate(number, subject, label=label) for number, (subject, label) in enumerate(rows)]


def places(members: Sequence[Member]) -> dict[str, str]:
    found: dict[str, str] = {}
    for member in members:
        assert found.setdefault(member.candidate.subject, member.split) == member.split
    return found


def no_leak(members: Sequence[Member], groups: Mapping[str, str]) -> bool:
    return leaks(((member.candidate.subject, member.split) for member in members), groups) == []


@given(chosen(), LINKS, PERCENT, st.text(max_size=8), st.randoms())
def test_the_same_input_gives_the_same_split_in_whatever_order_it_comes(
    rows: list[Candidate], links: list[tuple[str, str]], percent: tuple[int, int, int], seed: str, chance: random.Random
) -> None:
    how = recipe(shares=dict(zip(SPLITS, percent, strict=True)), strata=("label", "device"), seed=seed)
    first = make_members(rows, how, links=links, kept={})
    mixed, turned = chance.sample(rows, len(rows)), [(second, first) for first, second in chance.sample(links, len(links))]
    second = make_members(mixed, how, links=turned, kept={})
    assert second == first
    assert members_digest(second, version=1) == members_digest(first, version=1) != members_digest(first, version=2)


@given(chosen(), chosen(), LINKS)
def test_nobody_ever_moves_when_others_come(rows: list[Candidate], more: list[Candidate], links: list[tuple[str, str]]) -> None:
    kept = places(make_members(rows, recipe(), links=links, kept={}))
    shifted = [candidate(100 + number, each.subject, label=each.label) for number, each in enumerate(more)]
    after = places(make_members([*rows, *shifted], recipe(seed="another"), links=links, kept=kept))
    assert {subject: after[subject] for subject in kept} == kept


@given(chosen(), LINKS, LINKS)
def test_no_group_is_in_two_splits_also_when_persons_are_recognised_later(
    rows: list[Candidate], links: list[tuple[str, str]], later: list[tuple[str, str]]
) -> None:
    before = make_members(rows, recipe(), links=links, kept={})
    assert no_leak(before, group_subjects([], links))
    kept = places(before)
    groups = group_subjects(kept, [*links, *later])
    after = make_members(rows, recipe(), links=[*links, *later], kept=kept)
    assert no_leak(after, groups)
    torn = {leak.group for leak in leaks(kept.items(), groups)}
    assert {member.group for member in after if member.split == QUARANTINE} == torn
    assert all(member.reason == ("merged-across-splits" if member.group in torn else "kept") for member in after)
    again = make_members(rows, recipe(), links=[], kept=places(after))
    assert places(again) == places(after), "who was in quarantine never comes back"


@given(st.lists(st.integers(0, 60), min_size=1, max_size=6), PERCENT, st.text(max_size=8))
def test_every_stratum_has_its_shares_within_one_group(sizes: list[int], percent: tuple[int, int, int], seed: str) -> None:
    shares = dict(zip(SPLITS, percent, strict=True))
    strata = {f"{stratum}/{number}": (str(stratum),) for stratum, size in enumerate(sizes) for number in range(size)}
    assigned = assign(strata, shares=shares, seed=seed, kept={})
    for stratum, size in enumerate(sizes):
        counts = Counter(assigned[group].split for group in strata if strata[group] == (str(stratum),))
        assert all(abs(100 * counts[split] - shares[split] * size) < 100 for split in SPLITS)
        assert counts.total() == size


def test_many_small_strata_do_not_all_round_the_same_way() -> None:
    strata = {f"group-{number}": (str(number),) for number in range(100)}
    counts = Counter(each.split for each in assign(strata, shares=SHARES, seed="s", kept={}).values())
    assert counts == SHARES


def test_a_split_without_a_share_gets_nobody() -> None:
    strata = {f"group-{number}": (str(number % 7),) for number in range(50)}
    assigned = assign(strata, shares={"train": 100, "tune": 0, "test": 0}, seed="s", kept={})
    assert {each.split for each in assigned.values()} == {"train"}


def test_who_comes_later_fills_what_is_lacking() -> None:
    first = assign({f"group-{n}": () for n in range(10)}, shares={"train": 100, "tune": 0, "test": 0}, seed="s", kept={})
    kept = {group: [each.split] for group, each in first.items()}
    after = assign({f"group-{n}": () for n in range(20)}, shares={"train": 50, "tune": 25, "test": 25}, seed="s", kept=kept)
    assert Counter(each.split for each in after.values()) == {"train": 10, "tune": 5, "test": 5}


def test_another_seed_draws_otherwise() -> None:
    rows = [candidate(number) for number in range(60)]
    one, two = (places(make_members(rows, recipe(seed=seed), links=[], kept={})) for seed in ("one", "two"))
    assert one != two


def test_who_is_linked_to_somebody_of_an_earlier_version_is_judged_with_them() -> None:
    """Also when that other one is not chosen any more: a model may have learned from them."""
    kept = {"subject-a": "train", "subject-b": "test"}
    (member,) = make_members([candidate(1, "subject-b")], recipe(), links=[("subject-a", "subject-b")], kept=kept)
    assert (member.split, member.reason, member.group) == (QUARANTINE, "merged-across-splits", "subject-a")


def test_subjects_who_share_a_file_are_linked() -> None:
    links = shared_links([("file-1", "c"), ("file-1", "a"), ("file-2", "a"), ("file-1", "b"), ("file-3", "d")])
    groups = group_subjects(["a", "b", "c", "d"], links)
    assert groups == {"a": "a", "b": "a", "c": "a", "d": "d"}


def test_the_proof_finds_a_leak() -> None:
    rows = [("a", "train"), ("b", "test"), ("c", "tune"), ("d", QUARANTINE)]
    assert leaks(rows, {}) == []
    (found,) = leaks(rows, group_subjects([], [("a", "b"), ("c", "d")]))
    assert (found.group, found.splits) == ("a", ("test", "train"))


@pytest.mark.parametrize("shares", [{"train": 100}, {"train": 50, "tune": 50, "test": 1}, {"train": 120, "tune": -20, "test": 0}])
def test_shares_make_a_hundred(shares: dict[str, int]) -> None:
    assert not check_shares(shares)
    with pytest.raises(ValueError, match="100"):
        assign({}, shares=shares, seed="", kept={})
