"""What of open members may pass to the disclosed tiers: codes, words of a list, figures; no sentence, no date.

The rules are those of `$defs/codedText`, `codedValue`, `deviceText` and `disclosedImage` of the document schema, so that what
passes here is what a receiver's own check accepts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from annotation.schema.versions import load_schema

__all__ = ["HELD_BACK", "coded_acquisition", "coded_value"]

HELD_BACK: Final = object()
"""Stands for a value that does not pass."""


def coded_value(value: Any) -> Any:
    """Return what of a form's value passes, or HELD_BACK; members and entries that do not pass are left out."""
    if isinstance(value, str):
        return value if _matches("codedText", value) else HELD_BACK
    if isinstance(value, list):
        return [kept for member in value if (kept := coded_value(member)) is not HELD_BACK]
    if isinstance(value, Mapping):
        return {key: kept for key, member in value.items() if _matches("codedText", key) and (kept := coded_value(member)) is not HELD_BACK}
    return value if _is_small(value) else HELD_BACK


def coded_acquisition(parameters: Mapping[str, Any], *, device_only: bool) -> dict[str, Any]:
    """Return what of the acquisition parameters passes: listed keywords with plain values.

    Args:
        parameters: keyword -> value, besides ``manufacturer`` and ``model``.
        device_only: keep nothing but ``manufacturer`` and ``model``.
    """
    listed = _definition("disclosedImage")["properties"]["acquisition"]["properties"]["parameters"]["propertyNames"]["enum"]
    allowed = {"manufacturer", "model"} | (set() if device_only else set(listed))
    return {key: value for key, value in parameters.items() if key in allowed and _is_device_value(value)}


def _is_device_value(value: Any) -> bool:
    if isinstance(value, str):
        return _matches("deviceText", value)
    if isinstance(value, list):
        return all(_is_device_value(member) for member in value)
    return value is not None and _is_small(value)


def _is_small(value: Any) -> bool:
    """Tell whether a plain value is none that a date could be written as (20261001)."""
    if value is None or isinstance(value, bool):
        return True
    return isinstance(value, int | float) and value <= _definition("codedValue")["anyOf"][0]["maximum"]


def _matches(name: str, text: str) -> bool:
    rule = _definition(name)
    return re.search(rule["pattern"], text) is not None and re.search(rule["not"]["pattern"], text) is None


@cache
def _definition(name: str) -> Any:
    return load_schema()["$defs"][name]
