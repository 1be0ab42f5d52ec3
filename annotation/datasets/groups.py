"""Which subjects are one person: the unit that is split, so that nobody is in two splits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

__all__ = ["Link", "group_subjects", "shared_links"]

Link = tuple[str, str]
"""Two subjects known to be one person, or known to share an image."""


def group_subjects(subjects: Iterable[str], links: Iterable[Link]) -> Mapping[str, str]:
    """Return subject -> group, for every subject that is given or linked.

    A subject is a pseudonym: images with the same one are the same subject already. Links join subjects, also over several
    steps. A group is named after the first of its subjects by name, so that the order of what is given does not matter.
    """
    parents = {subject: subject for subject in subjects}
    for first, second in links:
        low, high = sorted((_root(parents, first), _root(parents, second)))
        parents[high] = low
    return {subject: _root(parents, subject) for subject in list(parents)}


def shared_links(owners: Iterable[tuple[str, str]]) -> list[Link]:
    """Return links between subjects that share a thing, from (thing, subject): the same file under two names is one leak."""
    sharing: dict[str, set[str]] = defaultdict(set)
    for thing, subject in owners:
        sharing[thing].add(subject)
    return [(ordered[0], other) for subjects in sharing.values() for ordered in [sorted(subjects)] for other in ordered[1:]]


def _root(parents: dict[str, str], subject: str) -> str:
    """Return the first subject of a group, shortening the way there for the next one who asks."""
    parents.setdefault(subject, subject)
    root = subject
    while parents[root] != root:
        root = parents[root]
    while parents[subject] != root:
        parents[subject], subject = root, parents[subject]
    return root
