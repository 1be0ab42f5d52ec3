"""What of an annotation a schema can judge: its form, without the values that differ from mark to mark.

Thousands of cell outlines differ in their ids, instants, numbers and coordinates only. The schema's answer depends on none
of these once each has passed its own quick check here, so that one answer holds for all annotations of the same skeleton.
"""

from __future__ import annotations

import re
from typing import Any, Final

__all__ = ["light_copy", "skeleton"]

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_INSTANT: Final = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])T([01][0-9]|2[0-3])(:[0-5][0-9]){2}\.[0-9]{6}Z")
_ANY_UUID: Final = "00000000-0000-5000-8000-000000000000"
_ANY_INSTANT: Final = "2000-01-01T00:00:00.000000Z"
_STUBS: Final[dict[str, dict[str, Any]]] = {
    "Point": {"type": "Point", "coordinates": [0, 0]},
    "Rectangle": {"type": "Rectangle", "bbox": [0, 0, 1, 1]},
    "Polygon": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]},
    "MultiPolygon": {"type": "MultiPolygon", "coordinates": [[[[0, 0], [1, 0], [1, 1], [0, 0]]]]},
}
_RANGES: Final[dict[str, tuple[float, float]]] = {"score": (0, 1), "uncertainty": (0, 1e9), "activeSeconds": (0, 1e9)}


def light_copy(annotation: dict[str, Any]) -> dict[str, Any]:
    """Return the annotation with the smallest outline of the same type in place of each outline.

    The coordinates are left to the parser of shapes, which is stricter than the schema and far quicker.
    """
    light = dict(annotation)
    for name in ("geometry", "nucleus"):
        if isinstance(light.get(name), dict):
            light[name] = _STUBS.get(str(light[name].get("type")), light[name])
    suggestion = light.get("suggestion")
    original = suggestion.get("original") if isinstance(suggestion, dict) else None
    if isinstance(suggestion, dict) and isinstance(original, dict) and isinstance(original.get("geometry"), dict):
        geometry = _STUBS.get(str(original["geometry"].get("type")), original["geometry"])
        light["suggestion"] = suggestion | {"original": original | {"geometry": geometry}}
    return light


def skeleton(light: dict[str, Any]) -> dict[str, Any]:
    """Return a light copy with its ordinary values replaced; values that are not ordinary stay and make it unlike others."""
    bare: dict[str, Any] = {}
    for key, value in light.items():
        if key == "extensions" and isinstance(value, dict):
            bare[key] = dict.fromkeys(value, 0)
        elif key == "text" and isinstance(value, dict):
            bare[key] = {tag: "" if isinstance(text, str) else text for tag, text in value.items()}
        elif key == "form" and isinstance(value, dict) and isinstance(value.get("data"), dict):
            bare[key] = value | {"data": {}}
        else:
            bare[key] = _ordinary(key, value)
    return bare


def _ordinary(key: str, value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _ordinary(name, member) for name, member in value.items()}
    if isinstance(value, list):
        return [_ordinary("", member) for member in value]
    if isinstance(value, str):
        if _UUID.fullmatch(value):
            return _ANY_UUID
        return _ANY_INSTANT if _INSTANT.fullmatch(value) else value
    if key in _RANGES and isinstance(value, int | float) and not isinstance(value, bool):
        low, high = _RANGES[key]
        return 0 if low <= value <= high else value
    if key in {"revision", "frame"} and type(value) is int and 1 <= value < 1 << 53:
        return 1
    return value
