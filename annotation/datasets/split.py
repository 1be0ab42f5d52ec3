"""Train, tune and test: a split by groups of subjects that never moves anybody, and a proof that nobody is in two of them.

A group's place follows from the seed, from the strata and from earlier versions, never from the order in which rows come.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

__all__ = ["QUARANTINE", "SPLITS", "Assignment", "Leak", "Stratum", "assign", "check_shares", "leaks", "torn"]

SPLITS: Final = ("train", "tune", "test")
QUARANTINE: Final = "quarantine"
"""Where those go who were found to be one person after they had been put into two splits: they serve none of them any more."""
DRAWN: Final = "drawn"
KEPT: Final = "kept"
MERGED: Final = "merged-across-splits"
ELSEWHERE: Final = "as-in-another-dataset"
TORN: Final = "tested-and-learned-from"
_LEARNED: Final = frozenset({"train", "tune"})

Stratum = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Assignment:
    """Where a group is, and why.

    Drawn in this version, kept from an earlier one, or as in another dataset; in quarantine because it was merged across splits, or
    because one dataset tests with it and another one learns from it.
    """

    split: str
    reason: str


@dataclass(frozen=True, slots=True)
class Leak:
    """A group that is in more than one split."""

    group: str
    splits: tuple[str, ...]


def check_shares(shares: Mapping[str, int]) -> bool:
    """Tell whether shares are whole percentages of the three splits that make 100."""
    return set(shares) == set(SPLITS) and all(0 <= share <= 100 for share in shares.values()) and sum(shares.values()) == 100


def assign(
    strata: Mapping[str, Stratum],
    *,
    shares: Mapping[str, int],
    seed: str,
    kept: Mapping[str, Iterable[str]],
    elsewhere: Mapping[str, Iterable[str]] | None = None,
) -> dict[str, Assignment]:
    """Return group -> where it is.

    Within a stratum each split gets its share of the groups by largest remainder: without earlier versions it is never off by a
    whole group. Which split a remainder falls to is settled by what the splits lack over all strata, so that many small
    strata do not all round the same way.

    Args:
        strata: every group of the version -> its stratum.
        shares: of train, tune and test, in percent of the groups.
        seed: the draw; the same seed draws the same.
        kept: group -> the splits in which its subjects were in earlier versions. Those stay; with two of them the group goes to
            quarantine, and who is there never comes back.
        elsewhere: group -> the splits in which its subjects ever were in other datasets. Whom one of them tests with no dataset
            learns from, and the other way round; who is new here gets the place from there.

    Raises:
        ValueError: for shares that do not make 100.
    """
    if not check_shares(shares):
        raise ValueError("shares are whole percentages of train, tune and test that make 100")
    others = elsewhere or {}
    known = {group: (set(kept.get(group, ())), set(others.get(group, ()))) for group in strata}
    placed = {group: _kept(earlier, away) for group, (earlier, away) in known.items() if earlier or away}
    drawing = _Drawing(shares, {group: stratum for group, stratum in strata.items() if _counts(placed.get(group))})
    for group, assignment in placed.items():
        if _counts(assignment):
            drawing.put(strata[group], assignment.split)
    waiting = _in_order((group for group in strata if group not in placed), seed)
    for group, split in drawing.draw(waiting, strata).items():
        placed[group] = Assignment(split, DRAWN)
    return placed


def leaks(assigned: Iterable[tuple[str, str]], groups: Mapping[str, str]) -> list[Leak]:
    """Return every group that is in two splits, from (subject, split): the proof that nobody leaks is that there is none.

    Args:
        assigned: the members of a version; quarantine counts as no split, because it is never handed out.
        groups: subject -> group, as it is known today.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for subject, split in assigned:
        if split != QUARANTINE:
            found[groups.get(subject, subject)].add(split)
    return [Leak(group, tuple(sorted(splits))) for group, splits in sorted(found.items()) if len(splits) > 1]


def torn(assigned: Iterable[tuple[str, str]], elsewhere: Iterable[tuple[str, str]], groups: Mapping[str, str]) -> list[Leak]:
    """Return every group that one dataset tests with while another one learns from it.

    Args:
        assigned: (subject, split) of the members of a version.
        elsewhere: the same of all versions of other datasets.
        groups: subject -> group, as it is known today.
    """
    away: dict[str, set[str]] = defaultdict(set)
    for subject, split in elsewhere:
        away[groups.get(subject, subject)].add(split)
    found: dict[str, set[str]] = defaultdict(set)
    for subject, split in assigned:
        group = groups.get(subject, subject)
        against = _LEARNED if split == "test" else {"test"} if split in _LEARNED else frozenset()
        if away[group] & against:
            found[group].add(split)
    return [Leak(group, tuple(sorted(splits))) for group, splits in sorted(found.items())]


class _Drawing:
    """How many groups each split has and lacks, by stratum and in all; counted in hundredths of a group, so exactly."""

    def __init__(self, shares: Mapping[str, int], strata: Mapping[str, Stratum]) -> None:
        self._shares = shares
        self._sizes = Counter(strata.values())
        self._size = len(strata)
        self._counts: dict[Stratum, Counter[str]] = defaultdict(Counter)
        self._totals: Counter[str] = Counter()

    def put(self, stratum: Stratum, split: str) -> None:
        """Count a group in a split."""
        self._counts[stratum][split] += 1
        self._totals[split] += 1

    def draw(self, waiting: Sequence[str], strata: Mapping[str, Stratum]) -> dict[str, str]:
        """Return group -> split: first the whole groups that a share asks for, in every stratum, then the remainders."""
        drawn: dict[str, str] = {}
        for whole in (True, False):
            for group in waiting:
                if group not in drawn and (split := self._choice(strata[group], whole=whole)):
                    drawn[group] = split
                    self.put(strata[group], split)
        return drawn

    def _choice(self, stratum: Stratum, *, whole: bool) -> str:
        lacking = {split: self._shares[split] * self._sizes[stratum] - 100 * self._counts[stratum][split] for split in SPLITS}
        in_all = {split: self._shares[split] * self._size - 100 * self._totals[split] for split in SPLITS}
        if whole:
            return max((split for split in SPLITS if lacking[split] >= 100), key=lambda split: lacking[split], default="")
        return max((split for split in SPLITS if lacking[split] > 0), key=lambda split: (in_all[split], lacking[split]))


def _kept(earlier: set[str], away: set[str]) -> Assignment:
    if QUARANTINE in earlier or len(earlier) > 1:
        return Assignment(QUARANTINE, MERGED)
    ever = earlier | away
    if "test" in ever and ever & _LEARNED:
        return Assignment(QUARANTINE, TORN)
    if earlier:
        return Assignment(earlier.pop(), KEPT)
    return Assignment(next(split for split in ("test", "train", "tune") if split in away), ELSEWHERE)


def _counts(assignment: Assignment | None) -> bool:
    return assignment is None or assignment.split != QUARANTINE


def _in_order(groups: Iterable[str], seed: str) -> list[str]:
    """Return groups in an order that only the seed decides."""
    key = seed.encode()
    return sorted(groups, key=lambda group: (hmac.new(key, group.encode(), hashlib.sha256).digest(), group))
