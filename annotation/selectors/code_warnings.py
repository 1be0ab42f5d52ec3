"""Codes that a table which this site loaded lacks: told where codings are written, brought in and given away, and never refused."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from annotation.models import Annotation, Campaign, CodeEntry, CodeTable
from annotation.selectors.codes import current_tables, loaded_tables

__all__ = ["MOST", "code_warnings", "warnings_of_campaign", "warnings_of_labels"]

MOST: Final = 50
"""Most warnings that are told of one thing."""
Named = tuple[str, Mapping[str, Any]]
"""Where a coding stands (a JSON pointer, or empty), and the coding: {system, code, version?}."""


def code_warnings(codings: Iterable[Named]) -> list[dict[str, str]]:
    """Return a warning for each coding whose table lacks its code, at most 50; five queries, however many codings.

    The table is the one of the coding's version if the site loaded that, else the newest one. Tables that come with the program are
    parts of their systems and lack many good codes: what they lack is not told.
    """
    every = [(pointer, one) for pointer, one in codings if one.get("system") and one.get("code")]
    wanted = {str(one["system"]) for _pointer, one in every}
    newest = {table.system: table for table in current_tables().values() if not table.shipped and table.system in wanted}
    if not newest:
        return []
    by_version = {(table.system, table.version): table for table in loaded_tables().filter(shipped=False, system__in=newest)}
    asked: dict[int, set[str]] = defaultdict(set)
    meant = []
    for pointer, one in every:
        table = by_version.get((one["system"], one.get("version", ""))) or newest.get(one["system"])
        if table is not None:
            asked[table.pk].add(one["code"])
            meant.append((pointer, one, table))
    codes = {code for several in asked.values() for code in several}
    known = set(CodeEntry.objects.filter(table__in=asked, code__in=codes).values_list("table", "code"))
    lacking: dict[tuple[str, str], dict[str, str]] = {}
    for pointer, one, table in meant:
        if (table.pk, one["code"]) not in known:
            lacking.setdefault((one["system"], one["code"]), _warning(pointer, one, table))
    return list(lacking.values())[:MOST]


def _warning(pointer: str, coding: Mapping[str, Any], table: CodeTable) -> dict[str, str]:
    name = table.name_ja if (get_language() or "").startswith("ja") else table.name_en
    said = {"table": name, "version": table.version, "code": coding["code"], "system": coding["system"]}
    message = _("%(table)s %(version)s, as it is loaded here, has no code %(code)s (%(system)s).") % said
    return {"pointer": pointer, "system": coding["system"], "code": coding["code"], "message": message}


def warnings_of_labels(labels: Iterable[Any]) -> list[dict[str, str]]:
    """Return the warnings of the labels of a draft as it was written, however wrong; pointers start at the draft."""
    found: list[Named] = []
    for index, label in enumerate(labels):
        codings = label.get("codings") if isinstance(label, Mapping) else None
        for number, coding in enumerate(codings if isinstance(codings, list) else ()):
            if isinstance(coding, Mapping) and all(isinstance(coding.get(name), str) for name in ("system", "code")):
                found.append((f"/labels/{index}/codings/{number}", coding))
    return code_warnings(found)


def warnings_of_campaign(campaign: Campaign) -> list[dict[str, str]]:
    """Return the warnings of all codings that exports of a campaign hold: of its labels, and those that readers added to reports."""
    labels = campaign.label_set.labels.values_list("codings", flat=True)
    added = Annotation.objects.filter(read__campaign=campaign, deleted=False, report__isnull=False).values_list("span__coding", flat=True)
    codings = [one for several in labels for one in several] + [one for one in added.distinct() if one]
    return code_warnings(("", one) for one in codings)
