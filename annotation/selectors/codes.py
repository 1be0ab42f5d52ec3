"""Codes that people find by name or code, and the tables that this site holds."""

from itertools import islice
from typing import Any, Final

from django.db.models import Max, QuerySet
from django.utils.translation import get_language

from annotation.codes.systems import BY_URI
from annotation.codes.terms import Question, question, rank, steps, table_term
from annotation.models import CodeEntry, CodeTable
from annotation.services.code_index import folded_entry, having, looking

MOST: Final = 50
"""Answers to one question."""
_PAGE: Final = 32
# Entries that have all pairs of a word nearly always have the word; where they do not, looking ends here.
_LOOKED_AT: Final = 1_024


def loaded_tables() -> QuerySet[CodeTable]:
    """Return the tables that are wholly loaded, by system, the newest version of each first."""
    return CodeTable.objects.filter(state=CodeTable.State.READY)


def current_tables() -> dict[int, CodeTable]:
    """Return the version of each system that was loaded last, by its key."""
    newest = loaded_tables().values("system").annotate(at=Max("loaded_at"))
    at = {row["system"]: row["at"] for row in newest}
    return {table.pk: table for table in loaded_tables() if at[table.system] == table.loaded_at}


def search_codes(*, q: str, system: str = "", version: str = "", limit: int = 20) -> tuple[list[dict[str, Any]], bool]:
    """Return the codes that answer a question, best first, and whether there are more.

    Exact codes and names come first, then codes and names that begin so, then names whose words begin so, then the rest that holds all
    words in any order; shorter names before longer ones.

    Args:
        q: names in Japanese, kana or English, or a code.
        system: URI of the system to look in; empty for all.
        version: of that system; empty for the one loaded last.
        limit: how many at most.
    """
    tables = {pk: table for pk, table in current_tables().items() if not system or table.system == system}
    if system and version:
        tables = {table.pk: table for table in loaded_tables().filter(system=system, version=version)}
    asked = question(q)
    found = _answers(asked, set(tables), min(limit, MOST) + 1, one_table=bool(system))
    answers = [_code_json(entry, tables[entry.table_id]) for entry in found[:limit]]
    return answers, len(found) > limit


class _Search:
    """The answers to a question, gathered step by step."""

    def __init__(self, asked: Question, tables: set[int], wanted: int) -> None:
        self.asked = asked
        self.tables = tables
        self.wanted = wanted
        self.found: dict[int, tuple[int, CodeEntry]] = {}

    def take(self, terms: frozenset[int], least: int) -> None:
        """Add entries with these terms that answer with this rank or a better one, until enough are found."""
        coming = (key for key in having(terms, page=_PAGE, most=_LOOKED_AT) if key not in self.found)
        taken = 0
        while taken < self.wanted and (page := list(islice(coming, _PAGE))):
            rows = CodeEntry.objects.in_bulk(page)
            for key in page:
                entry = rows.get(key)
                if entry is None or entry.table_id not in self.tables:
                    continue
                how = rank(folded_entry(entry), self.asked)
                if how <= least:
                    self.found[key] = (how, entry)
                    taken += 1

    def best(self) -> list[CodeEntry]:
        """Return what was found, best first."""
        ordered = sorted(self.found.values(), key=lambda answer: (answer[0], len(answer[1].ja or answer[1].en), answer[1].pk))
        return [entry for _rank, entry in ordered[: self.wanted]]


def _answers(asked: Question, tables: set[int], wanted: int, *, one_table: bool) -> list[CodeEntry]:
    search = _Search(asked, tables, wanted)
    of_table = {table_term(table) for table in tables} if one_table else set()
    with looking():
        for step in steps(asked) if tables else ():
            search.take(step.terms | of_table, step.rank)
            if len(search.found) >= wanted:
                break
    return search.best()


def _code_json(entry: CodeEntry, table: CodeTable) -> dict[str, Any]:
    return {
        "system": table.system,
        "version": table.version,
        "code": entry.code,
        "display": {"ja": entry.ja, "en": entry.en},
        "reading": entry.reading,
        "system_name": {"ja": table.name_ja, "en": table.name_en},
    }


def table_json(table: CodeTable) -> dict[str, Any]:
    """Return what is said about a table."""
    by = table.loaded_by
    return {
        "system": table.system,
        "version": table.version,
        "name": {"ja": table.name_ja, "en": table.name_en},
        "licence": table.licence or _terms_of(table.system),
        "shipped": table.shipped,
        "entry_count": table.entry_count,
        "file_name": table.file_name,
        "encoding": table.encoding,
        "loaded_by": (by.get_full_name() or by.get_username()) if by else "",
        "loaded_at": table.loaded_at,
    }


def _terms_of(uri: str) -> str:
    """Return what is known of the terms of a system, in the language that is on."""
    known = BY_URI.get(uri)
    if known is None:
        return ""
    return known.licence.ja if (get_language() or "").startswith("ja") else known.licence.en
