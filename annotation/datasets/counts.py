"""How many images, subjects and marks a version holds: in all, by split, by label, and by what it is balanced by."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from annotation.datasets.members import STRATA, Member
from annotation.datasets.split import QUARANTINE, SPLITS

__all__ = ["count_members"]

Count = dict[str, int]


def count_members(members: Sequence[Member]) -> dict[str, Any]:
    """Return the counts of a version.

    `splits`: split -> {images, subjects, persons, reads, marks}; `total`: the same of all; `by`: of every stratum value -> split
    -> {images, subjects, persons, reads, marks}, by the names of STRATA and by `labels`, where an image counts under each of its labels.
    Subjects of one person are one person. `reasons`: why persons are where they are -> how many.
    """
    reasons = {member.group: member.reason for member in members}
    return {
        "total": _count(members),
        "splits": {split: _count([member for member in members if member.split == split]) for split in (*SPLITS, QUARANTINE)},
        "by": {name: _table(members, _value_of(name)) for name in STRATA}
        | {"labels": _table(members, lambda member: member.candidate.labels)},
        "reasons": dict(sorted(Counter(reasons.values()).items())),
        "without_label": sum(not member.candidate.label for member in members),
    }


def _value_of(name: str) -> Callable[[Member], Iterable[str]]:
    return lambda member: (getattr(member.candidate, name),)


def _labels_of(member: Member) -> Iterable[str]:
    return member.candidate.labels


def _table(members: Iterable[Member], values_of: Callable[[Member], Iterable[str]]) -> dict[str, dict[str, Count]]:
    cells: dict[str, dict[str, list[Member]]] = defaultdict(lambda: defaultdict(list))
    for member in members:
        for value in values_of(member):
            cells[value][member.split].append(member)
    return {value: {split: _count(found) for split, found in sorted(cells[value].items())} for value in sorted(cells)}


def _count(members: Sequence[Member]) -> Count:
    return {
        "images": len({member.candidate.image for member in members}),
        "subjects": len({member.candidate.subject for member in members}),
        "persons": len({member.group for member in members}),
        "reads": sum(len(member.candidate.reads) for member in members),
        "marks": sum(member.candidate.marks for member in members),
    }
