"""Forms that people write: what is wrong is said at its place, and what would hold up a server is refused at once."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.schema.form_checks import form_content_problems

WORDS = {"ja": "項目", "en": "Field"}


def form(*, more: dict[str, Any] | None = None, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, **(more or {})}


def problems(schema: Any, **fields: Any) -> list[tuple[str, str]]:
    names = schema.get("properties", {}) if isinstance(schema, dict) else {}
    shown = dict.fromkeys(names, WORDS) | fields if isinstance(names, dict) else {}
    return [(each.code, each.pointer) for each in form_content_problems(schema, {"fields": shown})]


def test_a_form_with_words_for_everything_has_no_problem() -> None:
    schema = form(
        size={"type": "number", "minimum": 0},
        pattern={"type": "string", "maxLength": 20},
        site={"$ref": "#/$defs/site"},
        more={"$defs": {"site": {"type": "string"}}, "required": ["size"]},
    )
    assert problems(schema) == [], "a field may be called pattern"


@pytest.mark.parametrize(
    ("schema", "code", "pointer"),
    [
        ([], "form_not_object", "/schema"),
        ({"type": "object"}, "form_not_object", "/schema"),
        (form(), "form_empty", "/schema/properties"),
        (form(a={"type": "colour"}), "form_schema_broken", "/schema/properties/a/type"),
        (form(a={}, more={"required": ["b"]}), "form_required_unknown", "/schema/required"),
        (form(a={"enum": []}), "form_options_missing", "/schema/properties/a"),
        (form(a={"type": "array"}), "form_options_missing", "/schema/properties/a"),
        (form(a={"enum": ["x"]}), "form_option_words", "/ui/fields/a/options/x"),
        (form(a={"type": "string", "pattern": "(a+)+$"}), "form_pattern", "/schema"),
        (form(a={"type": "object", "patternProperties": {"(a+)+$": {}}}), "form_pattern", "/schema"),
        (form(a={"$ref": "http://127.0.0.1:1/never-fetched"}), "form_reference", "/schema"),
        (form(a={"$ref": "#/properties/a"}), "form_reference", "/schema"),
        (form(a={"$ref": "#/$defs/nowhere"}), "form_reference", "/schema"),
        (form(a={"anyOf": [{"$ref": "#"}]}), "form_reference", "/schema"),
        (form(a={"$id": "urn:other", "type": "string"}), "form_reference", "/schema"),
    ],
)
def test_what_is_wrong_is_said_at_its_place(schema: Any, code: str, pointer: str) -> None:
    assert (code, pointer) in problems(schema)


def test_references_that_double_at_every_step_are_refused_before_anything_is_checked() -> None:
    steps = {f"d{index}": {"allOf": [{"$ref": f"#/$defs/d{index + 1}"}] * 2} for index in range(60)}
    begun = time.monotonic()
    assert problems(form(a={"$ref": "#/$defs/d0"}, more={"$defs": steps | {"d60": {"type": "string"}}})) == [("form_too_large", "/schema")]
    assert time.monotonic() - begun < 5


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["type", "enum", "items", "$ref", "properties", "a"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(json_values)
def test_nothing_that_is_written_into_a_field_breaks_the_check(value: Any) -> None:
    for each in form_content_problems(form(a=value), {"fields": {"a": WORDS}}):
        assert each.pointer.startswith(("/schema", "/ui"))
