"""Which label of a campaign a class of a file stands for."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple


class KnownLabel(NamedTuple):
    """A label with the names that it goes by."""

    code: str
    names: Sequence[str]


def codes_of(classes: Iterable[str], labels: Iterable[KnownLabel], given: Mapping[str, str]) -> list[str]:
    """Code for each class: as given, or that of the label with this code or name in any language; "" for none.

    Capitals, width and blanks at the ends make no difference, and neither does how a word is put together ("tumor cell",
    "tumor-cell").
    """
    by_name: dict[str, str] = {}
    for label in labels:
        for name in (label.code, *label.names):
            by_name.setdefault(_folded(name), label.code)
    return [given.get(name) or by_name.get(_folded(name), "") for name in classes]


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold().strip().replace("-", " ").replace("_", " ")
