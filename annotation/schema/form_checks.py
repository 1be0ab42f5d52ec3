"""What is wrong with a form that people edit, said at its place: its JSON Schema, and the words that it is shown with. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from annotation.schema.label_checks import ContentProblem

__all__ = ["form_content_problems"]

_LONGEST_DETAIL: Final = 200
_MOST_PARTS: Final = 20_000
_DEEPEST: Final = 128
_DATA: Final = frozenset({"enum", "const", "default", "examples", "required", "title", "description"})
_NAMED: Final = frozenset({"properties", "$defs", "dependentSchemas"})
"""Members whose own members are names, not keywords."""


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
        _Measure(schema).of(schema, 0)
    except SchemaError as error:
        where = "".join("/" + _escaped(str(step)) for step in error.absolute_path)
        return ContentProblem(f"/schema{where}", "form_schema_broken", error.message[:_LONGEST_DETAIL])
    except _TooMuchError as error:
        return ContentProblem("/schema", error.code, error.detail[:_LONGEST_DETAIL])
    return None


class _TooMuchError(Exception):
    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


class _Measure:
    """How much a reader's data would be compared with: every reference counts as what it stands for.

    A form is checked in a request, again and again. So it holds no regular expression, which may run for ever, no reference
    that leads out or round in a circle, and none that double at every step.
    """

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._known: dict[str, int] = {}
        self._open: set[str] = set()

    def of(self, node: Any, depth: int) -> int:
        """Return the number of parts. Raises _TooMuchError."""
        if depth > _DEEPEST:
            raise _TooMuchError("form_too_large")
        total = 1
        if isinstance(node, list):
            total += sum(self.of(each, depth + 1) for each in node)
        elif isinstance(node, Mapping):
            total += sum(self._member(key, value, depth + 1) for key, value in node.items())
        if total > _MOST_PARTS:
            raise _TooMuchError("form_too_large")
        return total

    def _member(self, key: str, value: Any, depth: int) -> int:
        if key in _DATA:
            return 1
        if key in _NAMED and isinstance(value, Mapping):
            return sum(self.of(each, depth) for each in value.values())
        if key in {"pattern", "patternProperties"}:
            raise _TooMuchError("form_pattern")
        if key == "$id" and depth > 1:  # references below it would mean something else
            raise _TooMuchError("form_reference", str(value))
        if key in {"$ref", "$dynamicRef"}:
            return self._referred(str(value), depth)
        return self.of(value, depth)

    def _referred(self, reference: str, depth: int) -> int:
        if reference in self._open or not (reference == "#" or reference.startswith("#/")):
            raise _TooMuchError("form_reference", reference)
        if reference not in self._known:
            self._open.add(reference)
            self._known[reference] = self.of(self._target(reference), depth)
            self._open.remove(reference)
        return self._known[reference]

    def _target(self, reference: str) -> Any:
        node: Any = self._root
        for step in reference.split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            if not isinstance(node, Mapping) or name not in node:
                raise _TooMuchError("form_reference", reference)
            node = node[name]
        return node


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
