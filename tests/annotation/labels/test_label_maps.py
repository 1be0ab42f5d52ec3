"""Label maps and differences without a database: laws that hold for all of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.schema.label_diff import Item, diff_items, form_items, label_items
from annotation.schema.label_maps import (
    LabelRule,
    RuleKind,
    apply_rules,
    compose,
    identity_rules,
    parse_rules,
    rule_kinds,
    rule_problems,
)

SOURCE = [f"s{index}" for index in range(8)]
MIDDLE = [f"m{index}" for index in range(5)]
TARGET = [f"t{index}" for index in range(3)]


@st.composite
def some_rules(draw: st.DrawFn, source: list[str], target: list[str]) -> dict[str, LabelRule]:
    rules = {}
    for code in draw(st.lists(st.sampled_from(source), unique=True)):
        to = draw(st.lists(st.sampled_from(target), unique=True, max_size=3))
        rules[code] = LabelRule(tuple(to), draw(st.sampled_from(to)) if to else "")
    return rules


marks = st.lists(st.sampled_from(SOURCE), unique=True, max_size=4).map(tuple)


@given(marks)
def test_under_the_identity_map_every_mark_stays_what_it_is(labels: tuple[str, ...]) -> None:
    outcome = apply_rules(labels, identity_rules(SOURCE))
    assert outcome.labels == labels
    assert (outcome.dropped, outcome.unmapped, outcome.split) == ((), (), ())


@given(marks, some_rules(SOURCE, MIDDLE), some_rules(MIDDLE, TARGET))
def test_a_map_of_two_maps_does_what_they_do_one_after_the_other(
    labels: tuple[str, ...], first: dict[str, LabelRule], second: dict[str, LabelRule]
) -> None:
    both = compose(first, second)
    assert apply_rules(labels, both).labels == apply_rules(apply_rules(labels, first).labels, second).labels
    assert not list(rule_problems(both, SOURCE, TARGET)) or not both, "a map of maps can be published"


@given(some_rules(SOURCE, MIDDLE), some_rules(MIDDLE, TARGET), some_rules(TARGET, SOURCE))
def test_it_does_not_matter_which_two_of_three_maps_are_put_together_first(
    first: dict[str, LabelRule], second: dict[str, LabelRule], third: dict[str, LabelRule]
) -> None:
    left, right = compose(compose(first, second), third), compose(first, compose(second, third))
    assert {code: rule.chosen for code, rule in left.items()} == {code: rule.chosen for code, rule in right.items()}


@given(some_rules(SOURCE, TARGET))
def test_rules_read_back_as_they_were_stored(rules: dict[str, LabelRule]) -> None:
    assert parse_rules({code: rule.to_json() for code, rule in rules.items()}) == rules


def test_what_becomes_of_each_label_is_named() -> None:
    rules = parse_rules(
        {
            "a": {"to": ["a"]},
            "b": {"to": ["x"]},
            "c": {"to": ["y"]},
            "d": {"to": ["y"]},
            "e": {"to": []},
            "f": {"to": ["x2", "x3"], "chosen": "x3"},
        }
    )
    kinds = rule_kinds(rules, ["a", "b", "c", "d", "e", "f", "g"])
    assert list(kinds.values()) == [
        RuleKind.SAME, RuleKind.RENAME, RuleKind.MERGE, RuleKind.MERGE, RuleKind.DROP, RuleKind.SPLIT, RuleKind.UNMAPPED,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rules", "code", "pointer"),
    [
        ({}, "map_empty", "/rules"),
        ({"nowhere": {"to": ["t0"]}}, "map_source_unknown", "/rules/nowhere"),
        ({"s0": {"to": ["nowhere"]}}, "map_target_unknown", "/rules/s0/to"),
        ({"s0": {"to": ["t0", "t1"]}}, "map_choice_missing", "/rules/s0/chosen"),
        ({"s0": {"to": ["t0", "t1"], "chosen": "t2"}}, "map_choice_missing", "/rules/s0/chosen"),
        ({"s0": {"to": ["t0", "t0"], "chosen": "t0"}}, "map_target_repeated", "/rules/s0/to"),
    ],
)
def test_a_map_that_cannot_be_applied_is_refused_at_its_place(rules: dict[str, Any], code: str, pointer: str) -> None:
    found = list(rule_problems(parse_rules(rules), SOURCE, TARGET))
    assert (code, pointer) in [(problem.code, problem.pointer) for problem in found]


items = st.lists(
    st.builds(Item, st.sampled_from(SOURCE), st.fixed_dictionaries({"en": st.sampled_from("ab")}), st.sampled_from(["", "m"])),
    unique_by=lambda item: item.key,
)


@given(items)
def test_what_did_not_change_has_no_difference(rows: list[Item]) -> None:
    assert diff_items(rows, rows).is_empty


@given(items, items)
def test_what_came_and_went_is_told_the_other_way_round_when_looked_at_backwards(before: list[Item], after: list[Item]) -> None:
    forth, back = diff_items(before, after), diff_items(after, before)
    assert {change.key for change in forth.added} == {change.key for change in back.removed}
    assert {change.key for change in forth.renamed} == {change.key for change in back.renamed}
    assert len(forth.moved) == len(back.moved), "as few as explain the new order, in both directions"


def test_a_label_that_was_lifted_past_others_is_the_only_one_that_moved() -> None:
    before = [Item(code, {}) for code in "abcdef"]
    after = [Item(code, {}) for code in "eabcdf"]
    assert [change.key for change in diff_items(before, after).moved] == ["e"]


def test_a_label_can_be_renamed_moved_and_changed_at_once() -> None:
    old = {"code": "a", "display": {"ja": "い", "en": "A"}, "colour": "#ffffff", "key": "", "codings": []}
    new = {"code": "a", "display": {"ja": "い", "en": "B"}, "colour": "#ffff00", "parent": "p", "granularities": []}
    diff = diff_items(label_items([old]), label_items([{**old, "code": "p"}, new]))
    assert [change.fields for change in (*diff.renamed, *diff.moved, *diff.changed)] == [("en",), ("parent",), ("colour",)]
    assert [change.key for change in diff.added] == ["p"]


def test_the_fields_of_a_form_are_compared_one_by_one() -> None:
    before = ({"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}, "b": {}}}, {"order": ["a", "b"]})
    after = ({"type": "object", "required": [], "properties": {"a": {"type": "string"}, "c": {}}}, {"order": ["c", "a"]})
    diff = diff_items(form_items(*before), form_items(*after))
    told = {name: [change.key for change in getattr(diff, name)] for name in ("added", "removed", "changed")}
    assert told == {"added": ["c"], "removed": ["b"], "changed": ["a"]}
