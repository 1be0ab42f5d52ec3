"""Label maps: how the labels of one published set become those of another. Pure.

A rule names what a label becomes: one label (renamed, or merged where several become the same), several with the one that
marks get (split), or none (dropped). A label without a rule is unmapped, which is not the same as dropped: nobody decided.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from annotation.schema.label_checks import ContentProblem

__all__ = ["LabelRule", "Outcome", "RuleKind", "apply_rules", "compose", "identity_rules", "parse_rules", "rule_kinds", "rule_problems"]


class RuleKind(StrEnum):
    """What becomes of a label."""

    SAME = "same"
    RENAME = "rename"
    MERGE = "merge"
    SPLIT = "split"
    DROP = "drop"
    UNMAPPED = "unmapped"


@dataclass(frozen=True, slots=True)
class LabelRule:
    """What one label becomes: any of `to`, of which marks get `chosen`; nothing at all: the label is dropped."""

    to: tuple[str, ...] = ()
    chosen: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the rule as it is stored."""
        return {"to": list(self.to)} | ({"chosen": self.chosen} if len(self.to) > 1 else {})


Rules = Mapping[str, LabelRule]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the labels of one mark: the new ones without repeats, and the old ones that were dropped, unmapped or split."""

    labels: tuple[str, ...]
    dropped: tuple[str, ...] = ()
    unmapped: tuple[str, ...] = ()
    split: tuple[str, ...] = ()


_DROPPED: Final = LabelRule()


def parse_rules(stored: Mapping[str, Mapping[str, Any]]) -> dict[str, LabelRule]:
    """Return stored rules; a rule to one label chooses it."""
    rules = {}
    for code, rule in stored.items():
        to = tuple(rule.get("to", ()))
        rules[code] = LabelRule(to, to[0] if len(to) == 1 else str(rule.get("chosen") or ""))
    return rules


def rule_problems(rules: Rules, source: Collection[str], target: Collection[str]) -> Iterator[ContentProblem]:
    """Yield what keeps a map from being published; labels without a rule are no problem, they are told."""
    if not rules:
        yield ContentProblem("/rules", "map_empty")
    for code, rule in rules.items():
        where = f"/rules/{_escaped(code)}"
        if code not in source:
            yield ContentProblem(where, "map_source_unknown", code)
        unknown = [one for one in rule.to if one not in target]
        if unknown:
            yield ContentProblem(f"{where}/to", "map_target_unknown", unknown[0])
        if len(set(rule.to)) != len(rule.to):
            yield ContentProblem(f"{where}/to", "map_target_repeated")
        if rule.to and rule.chosen not in rule.to:
            yield ContentProblem(f"{where}/chosen", "map_choice_missing", code)


def rule_kinds(rules: Rules, source: Sequence[str]) -> dict[str, RuleKind]:
    """Return what becomes of each label of the source set, in its order."""
    aims = Counter(one for code, rule in rules.items() if code in source for one in rule.to)
    kinds = {}
    for code in source:
        rule = rules.get(code)
        if rule is None:
            kinds[code] = RuleKind.UNMAPPED
        elif not rule.to:
            kinds[code] = RuleKind.DROP
        elif len(rule.to) > 1:
            kinds[code] = RuleKind.SPLIT
        elif aims[rule.chosen] > 1:
            kinds[code] = RuleKind.MERGE
        else:
            kinds[code] = RuleKind.SAME if rule.chosen == code else RuleKind.RENAME
    return kinds


def identity_rules(codes: Sequence[str]) -> dict[str, LabelRule]:
    """Return the rules under which every label stays what it is."""
    return {code: LabelRule((code,), code) for code in codes}


def apply_rules(labels: Sequence[str], rules: Rules) -> Outcome:
    """Return what the labels of one mark become, in their order; of labels that become the same, the first place counts."""
    found: dict[str, None] = {}
    dropped, unmapped, split = [], [], []
    for code in labels:
        rule = rules.get(code)
        if rule is None:
            unmapped.append(code)
        elif not rule.to:
            dropped.append(code)
        else:
            found[rule.chosen] = None
            if len(rule.to) > 1:
                split.append(code)
    return Outcome(tuple(found), tuple(dropped), tuple(unmapped), tuple(split))


def compose(first: Rules, second: Rules) -> dict[str, LabelRule]:
    """Return the rules that do what one map does after the other.

    A label whose mark-giving choice is unmapped in the second map is unmapped in both together.
    """
    return {code: after for code, rule in first.items() if (after := _after(rule, second)) is not None}


def _after(rule: LabelRule, second: Rules) -> LabelRule | None:
    if not rule.to:
        return _DROPPED
    chosen = second.get(rule.chosen)
    if chosen is None:
        return None
    if not chosen.to:
        return _DROPPED
    possible = dict.fromkeys(one for code in rule.to if code in second for one in second[code].to)
    return LabelRule(tuple(possible), chosen.chosen)


def _escaped(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1")
