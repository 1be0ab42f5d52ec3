"""Finding images by parts of words: on SQLite by FTS5 with its trigram tokenizer, in the order of the list.

PostgreSQL keeps an index of its own (pg_trgm); SQLite has a table that is written beside the images, by the functions that write
``search_text``. A row's number is its place in the list, made of the image's date and key, so that hits come newest first without
being sorted and a page begins where the one before ended. In front of the text stand three characters for the collection and three for
the kind: what is looked for is always a set of trigrams, and the rarest leads.

Trigrams know no word of one or two characters, which in Japanese is most of them. ``viewer_search_gram`` holds every trigram there is;
a short word is any of those that begin with it, for PostgreSQL too. https://www.sqlite.org/fts5.html#the_trigram_tokenizer
"""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.utils import OperationalError

from viewer.models import Image

_FTS_TABLE: Final = "CREATE VIRTUAL TABLE viewer_image_fts USING fts5(text, image_id UNINDEXED, tokenize='trigram')"
_GRAM_TABLE: Final = {
    "sqlite": "CREATE TABLE viewer_search_gram (gram TEXT PRIMARY KEY) WITHOUT ROWID",
    "postgresql": 'CREATE TABLE viewer_search_gram (gram varchar(3) COLLATE "C" PRIMARY KEY)',
}
# Where FTS5 keeps what was indexed; asking there does not make it write what it has gathered so far.
_TEXTS: Final = "viewer_image_fts_content"
_SET: Final = "INSERT INTO viewer_image_fts (viewer_image_fts, rank) VALUES (%s, %s)"
_HASH_BYTES: Final = 1 << 20
_REBUILD_HASH_BYTES: Final = 64 << 20
_SINCE: Final = datetime(2020, 1, 1, tzinfo=UTC)
_KEY_BITS: Final = 12
# Images made in the same microsecond whose keys begin alike lie side by side.
_SAME_PLACE: Final = 16
_GRAM: Final = 3
# A short word that begins more trigrams than this is in so many texts that looking for it there is quick.
_MOST_GRAMS: Final = 1000
_MOST_CONDITIONS: Final = 100
_BATCH: Final = 1000
# Characters for private use, which no text that is looked for holds.
_SCOPE, _KIND = 0xE000, 0xF000


class Entry(NamedTuple):
    """What is indexed of an image."""

    id: UUID
    collection_id: UUID
    kind: str
    created_at: datetime
    text: str


def is_available() -> bool:
    """Return whether the database is searched by this index."""
    with connection.cursor() as cursor:
        return _has_table(cursor)


def make_tables(cursor: Any) -> None:
    """Make the tables of the index."""
    cursor.execute(_GRAM_TABLE[connection.vendor])
    if connection.vendor == "sqlite":
        # Without FTS5, or before it had trigrams, the search reads the list.
        with suppress(OperationalError):
            cursor.execute(_FTS_TABLE)


def index_images(images: Iterable[Image], *, again: bool = False) -> None:
    """Bring the index up to images whose rows were written in this transaction.

    Args:
        images: with their collection, kind, date and text.
        again: true for images that may be in it already.
    """
    rows = [Entry(image.pk, image.collection_id, image.kind, image.created_at, image.search_text) for image in images]
    with connection.cursor() as cursor:
        if again and _has_table(cursor):
            stale = [_stored_place(cursor, row) for row in rows]
            cursor.executemany("DELETE FROM viewer_image_fts WHERE rowid = %s", [(place,) for place in stale if place is not None])
        write(cursor, rows)


def write(cursor: Any, rows: Iterable[Entry]) -> None:
    """Write entries that are not in the index yet, within a transaction."""
    coming, has_table = iter(rows), _has_table(cursor)
    while some := list(islice(coming, _BATCH)):
        if has_table:
            _write_texts(cursor, some)
        # In their order, so that two imports that bring the same ones wait for each other, and never both.
        grams = sorted({gram for row in some for gram in _grams(row.text)})
        cursor.executemany("INSERT INTO viewer_search_gram (gram) VALUES (%s) ON CONFLICT DO NOTHING", [(gram,) for gram in grams])


def _write_texts(cursor: Any, rows: list[Entry]) -> None:
    places: dict[int, Entry] = {}
    for row in rows:
        at = _place(row.created_at, row.id)
        while at in places or _is_taken(cursor, at):
            at += 1
        places[at] = row
    cursor.executemany(
        "INSERT INTO viewer_image_fts (rowid, text, image_id) VALUES (%s, %s, %s)",
        [(at, _written(row), row.id.hex) for at, row in places.items()],
    )


def rebuild() -> None:
    """Write the index anew from the images."""
    with transaction.atomic(), connection.cursor() as cursor:
        if _has_table(cursor):
            cursor.execute("DELETE FROM viewer_image_fts")
        cursor.execute("DELETE FROM viewer_search_gram")
        fill(cursor, Image.objects.all())


def fill(cursor: Any, images: QuerySet[Any]) -> None:
    """Write an empty index from all images, within a transaction; much is gathered before it is written, and then put in order."""
    columns = ("id", "collection_id", "kind", "created_at", "search_text")
    has_table = _has_table(cursor)
    if has_table:
        cursor.execute(_SET, ["hashsize", _REBUILD_HASH_BYTES])
    write(cursor, (Entry(*row) for row in images.values_list(*columns).iterator(_BATCH)))
    if has_table:
        cursor.execute(_SET, ["hashsize", _HASH_BYTES])
        cursor.execute("INSERT INTO viewer_image_fts (viewer_image_fts) VALUES ('optimize')")


def is_complete() -> bool:
    """Return whether the index has as many entries as there are images."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT (SELECT count(*) FROM viewer_image_fts) = (SELECT count(*) FROM viewer_image)")
        return bool(cursor.fetchone()[0])


def find(*, collection_id: UUID, words: list[str], kind: str, before: tuple[datetime, UUID] | None, size: int) -> list[UUID]:
    """Return the images of a collection whose text holds all words, in the order of the list.

    Args:
        collection_id: whose images.
        words: as :func:`viewer.services.search_text.plain` writes them; at least one.
        kind: of the images; empty for all.
        before: date and key of the image after which to begin; None for the newest.
        size: how many at most.
    """
    with connection.cursor() as cursor:
        terms, everywhere = [_quoted(_token(_SCOPE, collection_id.hex))], []
        terms += [_quoted(_token(_KIND, kind))] if kind else []
        for word in words:
            grams = [word] if len(word) >= _GRAM else _beginning_with(cursor, word)
            if len(grams) > _MOST_GRAMS:
                everywhere.append(word)
            elif not grams:
                return []
            else:
                terms.append(f"({' OR '.join(map(_quoted, grams))})")
        conditions, values = ["viewer_image_fts MATCH %s"], [f"text : ({' AND '.join(terms)})"]
        conditions += ["instr(text, %s) > 0"] * len(everywhere)
        values += everywhere
        if before:
            conditions.append("rowid < %s")
            values.append(_known_place(cursor, *before))  # type: ignore[arg-type]  # a number among texts
        cursor.execute(
            f"SELECT image_id FROM viewer_image_fts WHERE {' AND '.join(conditions)} ORDER BY rowid DESC LIMIT %s",  # noqa: S608  # constants
            [*values, size],
        )
        return [UUID(row[0]) for row in cursor.fetchall()]


def parts_of(word: str) -> list[str]:
    """Return texts, one of which every text holds that holds a word, if looking for those is quicker than for the word; else none.

    For PostgreSQL, whose index knows a part of a word by three characters, or by two at the end of a word.
    """
    if len(word) != _GRAM - 1 or not word.isalnum():
        return []
    with connection.cursor() as cursor:
        grams = _beginning_with(cursor, word)
    return grams if len(grams) <= _MOST_CONDITIONS else []


def _has_table(cursor: Any) -> bool:
    if connection.vendor != "sqlite":
        return False
    cursor.execute("SELECT 1 FROM sqlite_master WHERE name = 'viewer_image_fts'")
    return cursor.fetchone() is not None


def _place(created_at: datetime, key: UUID) -> int:
    """Return where an image lies in the list: microseconds, then the first bits of its key, as the list is ordered."""
    return (((created_at - _SINCE) // timedelta(microseconds=1)) << _KEY_BITS) + (key.int >> (128 - _KEY_BITS))


def _is_taken(cursor: Any, place: int) -> bool:
    cursor.execute(
        f"SELECT 1 FROM {_TEXTS} WHERE id = %s",  # noqa: S608  # a constant
        [place],
    )
    return cursor.fetchone() is not None


def _stored_place(cursor: Any, row: Entry) -> int | None:
    at = _place(row.created_at, row.id)
    cursor.execute(
        f"SELECT id FROM {_TEXTS} WHERE id BETWEEN %s AND %s AND c1 = %s",  # noqa: S608  # a constant
        [at, at + _SAME_PLACE, row.id.hex],
    )
    found = cursor.fetchone()
    return int(found[0]) if found else None


def _known_place(cursor: Any, created_at: datetime, key: UUID) -> int:
    stored = _stored_place(cursor, Entry(key, key, "", created_at, ""))
    return _place(created_at, key) if stored is None else stored


def _token(first: int, text: str) -> str:
    """Return three characters that stand for a text."""
    digest = int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big")
    width = 12 if first == _SCOPE else 7
    return "".join(chr(first + ((digest >> (width * at)) & ((1 << width) - 1))) for at in range(_GRAM))


def _written(row: Entry) -> str:
    # Two characters at the end, so that a short word there begins a trigram as well.
    return f"{_token(_SCOPE, row.collection_id.hex)}{_token(_KIND, row.kind)}\n{row.text}\n\n"


def _grams(text: str) -> Iterator[str]:
    padded = f"{text}\n\n"
    return (padded[at : at + _GRAM] for at in range(len(text)))


def _beginning_with(cursor: Any, word: str) -> list[str]:
    """Return the trigrams that begin with a word of one or two characters, a few more than are used."""
    last = ord(word[-1]) + 1
    end = word[:-1] + chr(0xE000 if 0xD800 <= last < 0xE000 else min(last, 0x10FFFF))
    cursor.execute("SELECT gram FROM viewer_search_gram WHERE gram >= %s AND gram < %s LIMIT %s", [word, end, _MOST_GRAMS + 1])
    return [row[0] for row in cursor.fetchall()]


def _quoted(phrase: str) -> str:
    return '"' + phrase.replace('"', '""') + '"'
