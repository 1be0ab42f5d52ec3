"""Finding entries of code tables by their terms, on SQLite by FTS5 and on PostgreSQL by GIN.

Both hold the same numbers, see :mod:`annotation.codes.terms`, so that both find the same entries. An entry's number is its place in the
list: FTS5 hands hits over in that order and stops when enough are found, and PostgreSQL sorts few and reads many in order.
https://www.sqlite.org/fts5.html#contentless_tables https://www.postgresql.org/docs/current/gin.html
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Final

from django.db import connection, transaction

from annotation.codes.terms import Folded, entry_terms, folded
from annotation.models import CodeEntry

_MAKE: Final = {
    "sqlite": ["CREATE VIRTUAL TABLE annotation_code_terms USING fts5(terms, content='', detail='none', columnsize=0, tokenize='ascii')"],
    "postgresql": [
        "CREATE TABLE annotation_code_terms (entry_id bigint PRIMARY KEY, terms integer[] NOT NULL)",
        "CREATE INDEX annotation_code_terms_gin ON annotation_code_terms USING gin (terms)",
    ],
}
_LENGTH_BITS, _TABLE_BITS, _ROW_BITS = 16, 16, 24
# A step that more entries take is read in the order of the list, where enough come soon.
_FEW: Final = 3_000


def make_tables(cursor: Any) -> None:
    """Make the table of the index."""
    for statement in _MAKE[connection.vendor]:
        cursor.execute(statement)


def entry_id(*, table: int, row: int, ja: str, en: str) -> int:
    """Return the number of an entry: the length of its name, its table, its place there."""
    length = min(len(ja or en), (1 << (_LENGTH_BITS - 1)) - 1)
    if table >> _TABLE_BITS or row >> _ROW_BITS:
        raise OverflowError(f"table {table}, row {row}")
    return (length << (_TABLE_BITS + _ROW_BITS)) | (table << _ROW_BITS) | row


def folded_entry(entry: CodeEntry) -> Folded:
    """Return an entry as it is compared."""
    return folded(code=entry.code, ja=entry.ja, reading=entry.reading, en=entry.en)


def index_entries(entries: Iterable[CodeEntry]) -> None:
    """Bring new entries into the index, in the transaction in which they were written."""
    rows = [(entry.pk, entry_terms(folded_entry(entry), entry.table_id)) for entry in entries]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.executemany(
                "INSERT INTO annotation_code_terms (rowid, terms) VALUES (%s, %s)", [(key, _words(terms)) for key, terms in rows]
            )
        else:
            # One statement, and arrays as texts: a tenth of the time.
            texts = ["{" + ",".join(map(str, terms)) + "}" for _key, terms in rows]
            cursor.execute(
                "INSERT INTO annotation_code_terms (entry_id, terms) "
                "SELECT key, written::integer[] FROM unnest(%s::bigint[], %s::text[]) AS row (key, written)",
                [[key for key, _terms in rows], texts],
            )


def forget_entries(entries: Iterable[CodeEntry]) -> None:
    """Take entries out of the index, in the transaction in which they are deleted."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            # A table without content is told what it held.
            gone = [(entry.pk, _words(entry_terms(folded_entry(entry), entry.table_id))) for entry in entries]
            cursor.executemany("INSERT INTO annotation_code_terms (annotation_code_terms, rowid, terms) VALUES ('delete', %s, %s)", gone)
        else:
            cursor.execute("DELETE FROM annotation_code_terms WHERE entry_id = ANY(%s)", [[entry.pk for entry in entries]])


def tidy() -> None:
    """Put the index in order after many entries came or went."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("INSERT INTO annotation_code_terms (annotation_code_terms) VALUES ('optimize')")
        else:
            # What came last waits in a list that every question would read through.
            cursor.execute("SELECT gin_clean_pending_list('annotation_code_terms_gin')")
            cursor.execute("ANALYZE annotation_code_terms")
            cursor.execute("ANALYZE annotation_codeentry")


@contextmanager
def looking() -> Iterator[None]:
    """Make ready for questions to the index; ``having`` is used within."""
    if connection.vendor == "sqlite":
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            # The planner knows nothing of a term that its sample has not, and would rather read the table.
            cursor.execute("SET LOCAL enable_seqscan = off")
        yield
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan TO DEFAULT")


def having(terms: frozenset[int], *, page: int, most: int) -> Iterator[int]:
    """Yield the numbers of entries that have all terms, in the order of the list.

    Args:
        terms: at least one.
        page: how many are asked for at once.
        most: where to stop.
    """
    yield from (_sqlite_having if connection.vendor == "sqlite" else _postgres_having)(terms, page, most)


def _words(terms: Iterable[int]) -> str:
    return " ".join(map(_word, terms))


@lru_cache(maxsize=1 << 17)
def _word(term: int) -> str:
    return f"{term & 0xFFFFFFFF:08x}"


def _sqlite_having(terms: frozenset[int], page: int, most: int) -> Iterator[int]:
    asked, after = " AND ".join(map(_word, terms)), -1
    for _begun in range(0, most, page):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT rowid FROM annotation_code_terms WHERE annotation_code_terms MATCH %s AND rowid > %s ORDER BY rowid LIMIT %s",
                [asked, after, page],
            )
            found = [row[0] for row in cursor.fetchall()]
        yield from found
        if len(found) < page:
            return
        after = found[-1]


def _postgres_having(terms: frozenset[int], page: int, most: int) -> Iterator[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT entry_id FROM annotation_code_terms WHERE terms @> %s::integer[] LIMIT %s", [list(terms), _FEW + 1])
        few = [row[0] for row in cursor.fetchall()]
    if len(few) <= _FEW:
        yield from sorted(few)[:most]
        return
    after = -1
    for _begun in range(0, most, page):
        with connection.cursor() as cursor:
            # It would sort many where few are wanted.
            cursor.execute("SET LOCAL enable_bitmapscan = off")
            cursor.execute(
                "SELECT entry_id FROM annotation_code_terms WHERE terms @> %s::integer[] AND entry_id > %s ORDER BY entry_id LIMIT %s",
                [list(terms), after, page],
            )
            found = [row[0] for row in cursor.fetchall()]
            cursor.execute("SET LOCAL enable_bitmapscan TO DEFAULT")
        yield from found
        if len(found) < page:
            return
        after = found[-1]
