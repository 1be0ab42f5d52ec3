"""The members of a version: chosen images, each with its subject, its group and its split; and the digest over all of them."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from annotation.datasets.groups import Link, group_subjects
from annotation.datasets.query import Candidate
from annotation.datasets.split import Assignment, Stratum, assign
from annotation.schema.canonical import canonical_json

__all__ = ["STRATA", "Member", "Recipe", "make_members", "members_digest"]

STRATA: Final = ("label", "collection", "modality", "device", "campaign")
"""What a split can be balanced by."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a split is made: shares in percent, what it is balanced by (of STRATA), and the seed of the draw."""

    shares: Mapping[str, int]
    strata: Sequence[str]
    seed: str


@dataclass(frozen=True, slots=True)
class Member:
    """An image of a version and where it is."""

    candidate: Candidate
    group: str
    split: str
    reason: str

    @property
    def key(self) -> tuple[str, str]:
        """What is the same in every version: the campaign and the image."""
        return self.candidate.campaign, self.candidate.image


def make_members(
    candidates: Iterable[Candidate],
    recipe: Recipe,
    *,
    links: Iterable[Link],
    kept: Mapping[str, str],
    elsewhere: Iterable[tuple[str, str]] = (),
) -> list[Member]:
    """Return the members of a version, by campaign and image.

    Args:
        candidates: the images that were chosen.
        recipe: how to split.
        links: subjects known to be one person.
        kept: subject -> split in the newest earlier version that held it.
        elsewhere: subject and split, of all versions of other datasets; quarantine is no place.

    Raises:
        ValueError: for shares that do not make 100.
    """
    chosen = sorted(candidates, key=lambda each: (each.campaign, each.image))
    others = list(elsewhere)
    groups = group_subjects([*(each.subject for each in chosen), *kept, *(subject for subject, _split in others)], links)
    earlier, away = _by_group(kept.items(), groups), _by_group(others, groups)
    strata = _strata(chosen, groups, recipe.strata)
    assigned = assign(strata, shares=recipe.shares, seed=recipe.seed, kept=earlier, elsewhere=away)
    return [_member(each, groups[each.subject], assigned[groups[each.subject]]) for each in chosen]


def _by_group(placed: Iterable[tuple[str, str]], groups: Mapping[str, str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for subject, split in placed:
        found[groups[subject]].add(split)
    return found


def members_digest(members: Sequence[Member], **said: Any) -> str:
    """Return the SHA-256, hexadecimal, over the canonical JSON of members and of what else is said of their version."""
    rows = [asdict(member) for member in sorted(members, key=lambda member: member.key)]
    return hashlib.sha256(canonical_json({**said, "members": rows})).hexdigest()


def _strata(chosen: Iterable[Candidate], groups: Mapping[str, str], names: Sequence[str]) -> dict[str, Stratum]:
    """Return group -> its stratum: of each name all values that its images have, so that a group is in one stratum only."""
    values: dict[str, list[set[str]]] = {}
    for each in chosen:
        found = values.setdefault(groups[each.subject], [set() for _name in names])
        for known, name in zip(found, names, strict=True):
            known.add(getattr(each, name))
    return {group: tuple("|".join(sorted(known)) for known in found) for group, found in values.items()}


def _member(candidate: Candidate, group: str, assignment: Assignment) -> Member:
    return Member(candidate, group, assignment.split, assignment.reason)
