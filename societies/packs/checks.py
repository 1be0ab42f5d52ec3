"""What makes a pack usable: both languages, keys that choose one thing, colours that can be told apart, a form that is whole."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from annotation.schema.label_checks import MIN_CONTRAST, VIEWER_SURFACE, contrast
from annotation.schema.labels import BASIS_METHODS, LABEL_ROLES, Granularity

if TYPE_CHECKING:
    from societies.packs.loader import Pack

_SHAPED: Final = ("point", "box", "region", "cell")
_SOCIETIES: Final = ("JRS", "JGES", "JSP", "JOS", "JSUM", "JDA", "other")
_TOOLS: Final = ("box", "polygon", "freehand", "point")


def check_pack(pack: Pack) -> list[str]:
    """Return everything that is wrong with a pack; an empty list: nothing."""
    return [
        *_check_frame(pack),
        *_check_labels(pack),
        *_check_diagnosis(pack),
        *_check_suggestions(pack),
        *check_form(pack.form_schema, pack.form_ui),
    ]


def _check_frame(pack: Pack) -> Iterator[str]:
    if pack.society not in _SOCIETIES:
        yield f"society {pack.society!r} is unknown to the document schema"
    if not set(pack.granularities) <= {str(known) for known in Granularity} or not pack.granularities:
        yield "granularities: unknown or none"
    if not set(pack.tools) <= set(_TOOLS):
        yield "tools: unknown"
    if bool(set(pack.granularities) & set(_SHAPED)) != bool(pack.tools):
        yield "tools: marks need tools, and tools need something to mark"
    for name, texts in (("name", pack.name), ("protocol", pack.protocol)):
        if not (texts.get("ja") and texts.get("en")):
            yield f"{name}: both languages are needed"


def _check_labels(pack: Pack) -> Iterator[str]:
    earlier: set[str] = set()
    for label in pack.labels:
        where = f"label {label.code}"
        if label.code in earlier or not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", label.code):
            yield f"{where}: the code is taken or not a short name"
        if label.role not in LABEL_ROLES:
            yield f"{where}: unknown role {label.role}"
        if not (label.ja and label.en):
            yield f"{where}: both languages are needed"
        if label.parent and label.parent not in earlier:
            yield f"{where}: the parent must stand earlier"
        if not set(label.granularities) <= set(pack.granularities) or not label.granularities:
            yield f"{where}: granularities beyond those of the pack"
        if not re.fullmatch(r"#[0-9a-f]{6}", label.colour):
            yield f"{where}: the colour is not #rrggbb"
        elif contrast(label.colour, VIEWER_SURFACE) < MIN_CONTRAST:
            yield f"{where}: the colour cannot be seen in the viewer"
        earlier.add(label.code)
    keys = Counter(label.key for label in pack.labels if label.key)
    yield from (f"key {key}: chooses {count} labels" for key, count in keys.items() if count > 1)
    yield from (f"key {key!r}: only digits, letters belong to tools" for key in keys if not key.isdigit())


def _check_diagnosis(pack: Pack) -> Iterator[str]:
    wanted = pack.diagnosis
    if set(wanted) != {"required", "label_roles", "ask_certainty", "ask_basis", "basis_methods"}:
        yield "diagnosis: members are missing or unknown"
        return
    if not set(wanted["label_roles"]) <= set(LABEL_ROLES):
        yield "diagnosis: unknown label role"
    if not set(wanted["basis_methods"]) <= set(BASIS_METHODS):
        yield "diagnosis: unknown basis method"
    offered = [label for label in pack.labels if label.role in wanted["label_roles"] and "diagnosis" in label.granularities]
    if wanted["required"] and not offered:
        yield "diagnosis: required, but no label can say it"


def _check_suggestions(pack: Pack) -> Iterator[str]:
    wanted = pack.suggestions
    if not wanted:
        return
    if not wanted.get("model") or wanted.get("task") not in {"segment", "detect", "classify"}:
        yield "suggestions: a model and a task are needed"
    unknown = set(wanted.get("label_map", {}).values()) - {label.code for label in pack.labels}
    yield from (f"suggestions: the label map leads to {code}, which is no label" for code in sorted(unknown))
    if wanted.get("parameters", {}).get("granularity", pack.granularities[0]) not in pack.granularities:
        yield "suggestions: a granularity that readers do not mark at"


def check_form(schema: Mapping[str, Any], ui: Mapping[str, Any]) -> list[str]:
    """Return everything that is wrong with a form and its display: not a schema, a field or an option without words."""
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        return [f"form: not JSON Schema 2020-12: {error.message}"]
    problems = []
    if schema.get("type") != "object" or schema.get("additionalProperties") is not False:
        problems.append("form: must be an object without additional members")
    properties, fields = schema.get("properties", {}), ui.get("fields", {})
    if set(schema.get("required", ())) - set(properties):
        problems.append("form: requires a field that it does not have")
    if sorted(ui.get("order", ())) != sorted(properties) or set(fields) != set(properties):
        problems.append("form: the display must name exactly the form's fields")
        return problems
    for name, definition in properties.items():
        problems += _check_field(name, definition, fields[name])
    return problems


def _check_field(name: str, definition: Mapping[str, Any], shown: Mapping[str, Any]) -> Iterator[str]:
    texts = [shown, *([shown["help"]] if "help" in shown else [])]
    if not all(text.get("ja") and text.get("en") for text in texts):
        yield f"form field {name}: both languages are needed"
    values = definition.get("enum") or definition.get("items", {}).get("enum") or []
    options = shown.get("options", {})
    if set(options) != set(values) or not all(option.get("ja") and option.get("en") for option in options.values()):
        yield f"form field {name}: every option needs a display in both languages"
