"""What is wrong with a form that people edit, said at its place: its JSON Schema, and the words that it is shown with. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from referencing import Registry
from referencing.exceptions import Unresolvable

from annotation.schema.label_checks import ContentProblem

__all__ = ["form_content_problems"]

_LONGEST_DETAIL: Final = 200


def form_content_problems(schema: Any, ui: Mapping[str, Any]) -> Iterator[ContentProblem]:
    """Yield what keeps a form from being published; pointers begin with `/schema` or `/ui`."""
    if not isinstance(schema, Mapping) or schema.get("type") != "object" or not isinstance(schema.get("properties"), Mapping):
        yield ContentProblem("/schema", "form_not_object")
        return
    broken = _broken(schema)
    if broken is not None:
        yield broken
        return
    properties = schema["properties"]
    if not properties:
        yield ContentProblem("/schema/properties", "form_empty")
    for name in schema.get("required", ()):
        if name not in properties:
            yield ContentProblem("/schema/required", "form_required_unknown", name)
    for name in ui.get("order", ()):
        if name not in properties:
            yield ContentProblem("/ui/order", "form_order", str(name))
    fields = ui.get("fields", {})
    for name, definition in properties.items():
        if isinstance(definition, Mapping):
            yield from _words(name, definition, fields.get(name, {}))


def _broken(schema: Mapping[str, Any]) -> ContentProblem | None:
    try:
        Draft202012Validator.check_schema(schema)
        # Walk through it once: a reference that leads nowhere shows only then. The empty registry fetches nothing.
        for _error in Draft202012Validator(schema, registry=Registry()).iter_errors(dict.fromkeys(schema["properties"])):
            pass
    except SchemaError as error:
        where = "".join("/" + _escaped(str(step)) for step in error.absolute_path)
        return ContentProblem(f"/schema{where}", "form_schema_broken", error.message[:_LONGEST_DETAIL])
    except Unresolvable as error:
        return ContentProblem("/schema", "form_schema_broken", str(error)[:_LONGEST_DETAIL])
    except RecursionError:
        return ContentProblem("/schema", "form_schema_broken", "$ref")
    return None


def _words(name: str, definition: Mapping[str, Any], shown: Mapping[str, Any]) -> Iterator[ContentProblem]:
    where = f"/ui/fields/{_escaped(name)}"
    if not (shown.get("ja") and shown.get("en")):
        yield ContentProblem(where, "form_field_words", name)
    items = definition.get("items")
    values = definition.get("enum") or (items.get("enum") if isinstance(items, Mapping) else None) or []
    if ("enum" in definition and not values) or (definition.get("type") == "array" and not values):
        yield ContentProblem(f"/schema/properties/{_escaped(name)}", "form_options_missing", name)
    options = shown.get("options", {})
    for value in values:
        option = options.get(str(value), {}) if value is not None else {"ja": "-", "en": "-"}
        if not (option.get("ja") and option.get("en")):
            yield ContentProblem(f"{where}/options/{_escaped(str(value))}", "form_option_words", str(value))


def _escaped(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1")
