"""What two versions of a dataset differ in: what came, went, moved to another split, or says something else now."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from annotation.datasets.members import Member

__all__ = ["Comparison", "Pair", "compare"]

Pair = tuple[Member, Member]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Members by campaign and image; a pair is the member before and after. One that moved may also have changed."""

    came: tuple[Member, ...]
    went: tuple[Member, ...]
    moved: tuple[Pair, ...]
    """In another split: only ever into quarantine."""
    changed: tuple[Pair, ...]
    """With other labels, reads or marks."""
    same: int
    """How many are just as they were."""


def compare(before: Iterable[Member], after: Iterable[Member]) -> Comparison:
    """Return what is different in `after`."""
    old, new = ({member.key: member for member in members} for members in (before, after))
    both = [(old[key], new[key]) for key in sorted(old.keys() & new.keys())]
    moved = _where(both, lambda pair: pair[0].split != pair[1].split)
    changed = _where(both, lambda pair: pair[0].candidate != pair[1].candidate)
    return Comparison(
        came=tuple(new[key] for key in sorted(new.keys() - old.keys())),
        went=tuple(old[key] for key in sorted(old.keys() - new.keys())),
        moved=moved,
        changed=changed,
        same=len(both) - len({pair[0].key for pair in (*moved, *changed)}),
    )


def _where(pairs: Iterable[Pair], differs: Callable[[Pair], bool]) -> tuple[Pair, ...]:
    return tuple(pair for pair in pairs if differs(pair))
