"""What differs between two versions of a label set, a form or a label map. Pure: rows in, changes out."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Change", "Diff", "Item", "diff_items", "form_items", "label_items", "rule_items"]


@dataclass(frozen=True, slots=True)
class Item:
    """One label, field or rule: what it is called, below which it stands, and everything else that it says."""

    key: str
    display: Mapping[str, str]
    parent: str = ""
    rest: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """One difference; `fields` names what changed, `before` and `after` hold it."""

    key: str
    display: Mapping[str, str]
    fields: tuple[str, ...] = ()
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Diff:
    """All differences; an item that was renamed, moved and changed is in all three lists."""

    added: tuple[Change, ...] = ()
    removed: tuple[Change, ...] = ()
    renamed: tuple[Change, ...] = ()
    moved: tuple[Change, ...] = ()
    changed: tuple[Change, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing differs."""
        return not (self.added or self.removed or self.renamed or self.moved or self.changed)


def diff_items(before: Sequence[Item], after: Sequence[Item]) -> Diff:
    """Return what differs; keys say which items are the same. Of repeated keys, the last one counts.

    An item is moved where it stands below another parent, or where it must have been lifted out of the order of those that
    stayed below theirs: as few as explain the new order.
    """
    old, new = {item.key: item for item in before}, {item.key: item for item in after}
    kept = [key for key in new if key in old]
    lifted = _lifted(old, new)
    return Diff(
        added=tuple(Change(key, new[key].display) for key in new if key not in old),
        removed=tuple(Change(key, old[key].display) for key in old if key not in new),
        renamed=tuple(_renamed(old[key], new[key]) for key in kept if dict(old[key].display) != dict(new[key].display)),
        moved=tuple(_moved(old[key], new[key]) for key in kept if old[key].parent != new[key].parent or key in lifted),
        changed=tuple(change for key in kept if (change := _changed(old[key], new[key])) is not None),
    )


def label_items(labels: Sequence[Mapping[str, Any]]) -> list[Item]:
    """Return labels as items; empty and missing members are the same."""
    own = ("code", "display", "parent")
    return [
        Item(row["code"], row["display"], row.get("parent") or "", {key: value for key, value in row.items() if key not in own and value})
        for row in labels
    ]


def form_items(schema: Mapping[str, Any], ui: Mapping[str, Any]) -> list[Item]:
    """Return the fields of a form as items, in the order in which they are shown, after the form itself with its title."""
    properties, fields = _mapping(schema.get("properties")), _mapping(ui.get("fields"))
    order = ui.get("order")
    listed = [name for name in order if isinstance(name, str) and name in properties] if isinstance(order, list) else []
    required = schema.get("required")
    needed = set(map(str, required)) if isinstance(required, list) else set()
    items = []
    for name in [*listed, *(name for name in properties if name not in listed)]:
        shown = _mapping(fields.get(name))
        words = {key: str(shown[key]) for key in ("ja", "en") if key in shown}
        rest = {"schema": properties[name], "required": name in needed, **{key: shown[key] for key in shown if key not in words}}
        items.append(Item(name, words, "", rest))
    beside = {key: value for key, value in schema.items() if key not in {"properties", "required", "$id"}}
    return [Item("", _mapping(ui.get("title")), "", {"schema": beside}), *items]


def rule_items(rules: Mapping[str, Any], display: Mapping[str, Mapping[str, str]]) -> list[Item]:
    """Return the rules of a label map as items; `display` names the source labels."""
    return [Item(code, display.get(code, {}), "", dict(rule)) for code, rule in sorted(rules.items())]


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _lifted(old: Mapping[str, Item], new: Mapping[str, Item]) -> set[str]:
    """Return the items that were lifted out of the order below their parent: all but a longest run that kept its order."""
    place = {key: index for index, key in enumerate(old)}
    below: dict[str, list[str]] = {}
    for key, item in new.items():
        if key in old and old[key].parent == item.parent:
            below.setdefault(item.parent, []).append(key)
    return {key for keys in below.values() for key in keys if key not in _longest_run(keys, place)}


def _longest_run(keys: Sequence[str], place: Mapping[str, int]) -> set[str]:
    """Return a longest subsequence of the keys whose places ascend."""
    ends: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for index, key in enumerate(keys):
        at = bisect_left(ends, place[key])
        before.append(last[at - 1] if at else -1)
        ends[at : at + 1] = [place[key]]
        last[at : at + 1] = [index]
    run: set[str] = set()
    index = last[-1] if last else -1
    while index >= 0:
        run.add(keys[index])
        index = before[index]
    return run


def _renamed(old: Item, new: Item) -> Change:
    fields = tuple(key for key in sorted({*old.display, *new.display}) if old.display.get(key) != new.display.get(key))
    return Change(new.key, new.display, fields, dict(old.display), dict(new.display))


def _moved(old: Item, new: Item) -> Change:
    return Change(new.key, new.display, ("parent",) if old.parent != new.parent else (), {"parent": old.parent}, {"parent": new.parent})


def _changed(old: Item, new: Item) -> Change | None:
    fields = tuple(key for key in sorted({*old.rest, *new.rest}) if old.rest.get(key) != new.rest.get(key))
    if not fields:
        return None
    before, after = ({key: item.rest.get(key) for key in fields} for item in (old, new))
    return Change(new.key, new.display, fields, before, after)
