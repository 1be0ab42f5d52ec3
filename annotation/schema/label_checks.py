"""What is wrong with a list of labels, said at its place. Pure: rows in, problems out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from annotation.schema.labels import LABEL_ROLES, Granularity

__all__ = ["CODING_MAPPINGS", "MAX_LABELS", "MIN_CONTRAST", "VIEWER_SURFACE", "ContentProblem", "advice", "contrast", "label_problems"]

MAX_LABELS: Final = 2_000
CODING_MAPPINGS: Final = ("exact", "broader", "narrower", "related")
"""How a coding relates to its label; the label's own coding is the `primary` one."""
VIEWER_SURFACE: Final = "#1e1f21"
MIN_CONTRAST: Final = 3.0
"""Least contrast of a label's colour on the viewer's ground, as WCAG 2 asks of graphics."""
_CODE: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_COLOUR: Final = re.compile(r"#[0-9a-f]{6}")
_SYSTEM: Final = re.compile(r"[a-z][a-z0-9+.-]*:\S{1,200}")
_GRANULARITIES: Final = frozenset(str(known) for known in Granularity)


class ContentProblem(NamedTuple):
    """Something wrong at a JSON pointer; `detail` names the value where that helps."""

    pointer: str
    code: str
    detail: str = ""


def label_problems(labels: Sequence[Mapping[str, Any]]) -> Iterator[ContentProblem]:
    """Yield what keeps labels from being published: rows as :class:`annotation.services.label_sets.LabelSpec`, parents first."""
    if not labels:
        yield ContentProblem("/labels", "set_empty")
    if len(labels) > MAX_LABELS:
        yield ContentProblem("/labels", "set_too_large", str(len(labels)))
        return
    earlier: set[str] = set()
    taken: dict[tuple[str, str], str] = {}
    for index, label in enumerate(labels):
        where = f"/labels/{index}"
        yield from _own(label, where, earlier)
        yield from _key(label, where, taken)
        yield from _codings(label, where)
        earlier.add(label["code"])


def advice(labels: Sequence[Mapping[str, Any]]) -> Iterator[ContentProblem]:
    """Yield what people who edit a set must mend too: keys that belong to tools, colours that cannot be seen in the viewer."""
    for index, label in enumerate(labels):
        key = label.get("key", "")
        if len(key) == 1 and key not in "0123456789":
            yield ContentProblem(f"/labels/{index}/key", "key_of_tools", key)
        if _COLOUR.fullmatch(label["colour"]) and contrast(label["colour"], VIEWER_SURFACE) < MIN_CONTRAST:
            yield ContentProblem(f"/labels/{index}/colour", "colour_faint", label["colour"])


def contrast(first: str, second: str) -> float:
    """Return the contrast of two #rrggbb colours after WCAG 2: 1 (equal) to 21 (black on white)."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _own(label: Mapping[str, Any], where: str, earlier: set[str]) -> Iterator[ContentProblem]:
    code, parent = label["code"], label.get("parent")
    if not _CODE.fullmatch(code):
        yield ContentProblem(f"{where}/code", "code_malformed", code)
    elif code in earlier:
        yield ContentProblem(f"{where}/code", "code_taken", code)
    if label["role"] not in LABEL_ROLES:
        yield ContentProblem(f"{where}/role", "role_unknown", label["role"])
    if not (label["display"].get("ja") and label["display"].get("en")):
        yield ContentProblem(f"{where}/display", "display_missing")
    if not _COLOUR.fullmatch(label["colour"]):
        yield ContentProblem(f"{where}/colour", "colour_malformed", label["colour"])
    if len(label.get("key", "")) > 1:
        yield ContentProblem(f"{where}/key", "key_malformed", label["key"])
    if parent and parent not in earlier:
        yield ContentProblem(f"{where}/parent", "parent_unknown", parent)
    unknown = sorted(set(label.get("granularities", ())) - _GRANULARITIES)
    if unknown:
        yield ContentProblem(f"{where}/granularities", "granularity_unknown", unknown[0])


def _key(label: Mapping[str, Any], where: str, taken: dict[tuple[str, str], str]) -> Iterator[ContentProblem]:
    """Refuse a key that would choose two labels of one granularity."""
    key = label.get("key", "")
    if not key:
        return
    uses = [(key, granularity) for granularity in label.get("granularities") or sorted(_GRANULARITIES)]
    held = next((taken[use] for use in uses if use in taken), None)
    if held is not None:
        yield ContentProblem(f"{where}/key", "key_taken", held)
    taken.update(dict.fromkeys(uses, label["code"]))


def _codings(label: Mapping[str, Any], where: str) -> Iterator[ContentProblem]:
    for number, coding in enumerate(label.get("codings", ())):
        place = f"{where}/codings/{number}"
        if not _SYSTEM.fullmatch(coding.get("system", "")):
            yield ContentProblem(f"{place}/system", "coding_system", str(coding.get("system", "")))
        if not coding.get("code"):
            yield ContentProblem(f"{place}/code", "coding_code")
        if coding.get("mapping", "related") not in CODING_MAPPINGS:
            yield ContentProblem(f"{place}/mapping", "coding_mapping", str(coding["mapping"]))
