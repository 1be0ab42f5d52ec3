"""Which versions of the document schema exist, and how an older document becomes a newer one."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

from annotation.schema.problems import DocumentError, Problem

__all__ = ["KNOWN_VERSIONS", "LATEST_VERSION", "load_schema", "schema_bytes", "schema_id", "upgrade"]

Step = tuple[str, Callable[[dict[str, Any]], dict[str, Any]]]

LATEST_VERSION: Final = "1.0.0"
KNOWN_VERSIONS: Final = ("1.0.0",)
"""Every published version, oldest first. A published version never changes."""

_DRAFT_KINDS: Final = {"dicom": "frames", "dicom-series": "frames", "wsi": "slide", "still": "photograph"}
_DRAFT_ROLES: Final = {"annotator": "reader"}


def _from_draft(document: dict[str, Any]) -> dict[str, Any]:
    """Give the words of the draft their names in 1.0.0; what a tier must not hold any more is left for the check to tell."""
    _rename(document.get("images"), "kind", _DRAFT_KINDS)
    _rename(document.get("agents"), "role", _DRAFT_ROLES)
    document.pop("$schema", None)
    return document


def _rename(entries: object, member: str, names: Mapping[str, str]) -> None:
    """Replace values of a member; what is not written as the schema asks stays, and is refused by the check."""
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and isinstance(entry.get(member), str):
            entry[member] = names.get(entry[member], entry[member])


UPGRADES: Final[dict[str, Step]] = {"0.1.0": ("1.0.0", _from_draft)}
"""version -> (next version, function that turns a document of the first into one of the second); 0.1.0 was a draft."""

_FOLDER: Final = Path(__file__).parent / "json"


def schema_id(version: str = LATEST_VERSION) -> str:
    """Return the `$id` of a version."""
    return f"urn:mitate:schema:document:{version}"


@cache
def schema_bytes(version: str = LATEST_VERSION) -> bytes:
    """Return the published file of a version, byte for byte. Raises KeyError for an unknown one."""
    if version not in KNOWN_VERSIONS:
        raise KeyError(version)
    return (_FOLDER / f"document-{version}.json").read_bytes()


@cache
def load_schema(version: str = LATEST_VERSION) -> dict[str, Any]:
    """Return the parsed schema of a version; do not change it. Raises KeyError for an unknown one."""
    return cast("dict[str, Any]", json.loads(schema_bytes(version)))


def upgrade(document: dict[str, Any], *, steps: Mapping[str, Step] = UPGRADES, to: str = LATEST_VERSION) -> dict[str, Any]:
    """Return the document in a newer version, as a copy; the digest is dropped because it no longer holds.

    Raises DocumentError `schema_version_unknown` when no chain of steps leads there.
    """
    version = document.get("schemaVersion")
    if version == to:
        return document
    current = copy.deepcopy(document)
    current.pop("contentHash", None)
    seen: set[Any] = set()
    while version != to:
        if not isinstance(version, str) or version not in steps or version in seen:
            raise DocumentError([Problem("schema_version_unknown", "/schemaVersion")], str(document.get("documentId", "")))
        seen.add(version)
        following, change = steps[version]
        current = change(current)
        current["schemaVersion"] = version = following
    return current
