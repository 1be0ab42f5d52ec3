"""Loads tables of codes: a version whole or not at all, in short transactions, so that readers go on saving meanwhile."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from itertools import islice
from typing import IO, Final, NamedTuple

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from annotation.codes.reading import Layout, Row, TableError, find_layout, read_rows, summarise
from annotation.codes.shipped import VERSION, shipped_rows, shipped_systems
from annotation.codes.systems import BY_URI, Columns
from annotation.models import CodeEntry, CodeTable
from annotation.services import code_index
from annotation.services.code_errors import codes_refusal, table_refusal

# So few that readers who save meanwhile hardly wait for them.
_BATCH: Final = 500
# SQLite's waiting sleeps up to so long between two looks; without a pause other processes would never find it free.
_PAUSE_S: Final = 0.11
_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]{1,190}")
_STALE: Final = timedelta(minutes=2)
"""A loading that made no step for so long was broken off."""


class TableFacts(NamedTuple):
    """What a table is: the URI of its system, its version, its names, and on which terms the site holds it."""

    system: str
    version: str
    name_ja: str = ""
    name_en: str = ""
    licence: str = ""


class Loaded(NamedTuple):
    """What loading came to; ``was_there``: the same version with the same content, so that nothing was done."""

    table: CodeTable
    was_there: bool


def load_csv(
    *,
    facts: TableFacts,
    file: IO[bytes],
    file_name: str,
    named: Columns,
    numbered: Columns | None = None,
    encoding: str = "",
    has_names: bool | None = None,
    user: User | None = None,
) -> Loaded:
    """Load a version of a table from a CSV file, all of it or nothing.

    Args:
        facts: what the table is; empty names are those of a system that is known.
        file: open for reading, seekable; it is read twice.
        file_name: as the person calls it.
        named: columns by their names or numbers, see :func:`annotation.codes.reading.find_layout`.
        numbered: columns of a file without names.
        encoding: empty to find it.
        has_names: whether the first row names the columns; None to find it.
        user: who loads it.

    Raises:
        ApiError: what :mod:`annotation.services.code_errors` lists; nothing is stored then.
    """
    facts = _checked(facts)
    try:
        layout = find_layout(file, named=named, numbered=numbered or Columns(), encoding=encoding, has_names=has_names)
        summary = summarise(read_rows(file, layout))
        table = CodeTable(**facts._asdict(), file_name=file_name[:255], encoding=_told(layout), digest=summary.digest, loaded_by=user)
        return _load(table, lambda: read_rows(file, layout))
    except TableError as error:
        raise table_refusal(error) from error


def load_shipped(japanese: dict[str, dict[str, str]]) -> list[Loaded]:
    """Load the concepts that come with the program; what came with an earlier one is taken away.

    Args:
        japanese: names by the system's URI and code, where there are any.
    """
    done = []
    for system in shipped_systems():
        names = japanese.get(system.uri, {})
        summary = summarise(shipped_rows(system, names))
        for other in CodeTable.objects.filter(system=system.uri, shipped=True).exclude(version=VERSION, digest=summary.digest):
            remove_table(other)
        table = CodeTable(
            system=system.uri,
            version=VERSION,
            name_ja=system.name_ja,
            name_en=system.name_en,
            shipped=True,
            digest=summary.digest,
        )
        done.append(_load(table, lambda system=system, names=names: shipped_rows(system, names)))  # type: ignore[misc]
    return done


def remove_table(table: CodeTable) -> None:
    """Take a table away, batch by batch; codings that name its codes stay as they are."""
    CodeTable.objects.filter(pk=table.pk).update(state=CodeTable.State.LOADING, heard_at=timezone.now())
    while True:
        with transaction.atomic():
            entries = list(CodeEntry.objects.filter(table=table)[:_BATCH])
            code_index.forget_entries(entries)
            CodeEntry.objects.filter(pk__in=[entry.pk for entry in entries]).delete()
        if len(entries) < _BATCH:
            break
        _let_others_write()
    CodeTable.objects.filter(pk=table.pk).delete()


def _checked(facts: TableFacts) -> TableFacts:
    if not _URI.fullmatch(facts.system):
        raise codes_refusal("codes_system_invalid", "/system")
    version = facts.version.strip()
    if not version or len(version) > 64 or not version.isprintable():
        raise codes_refusal("codes_version_invalid", "/version")
    if version.startswith("pydicom-"):
        raise codes_refusal("codes_shipped", "/version")
    known = BY_URI.get(facts.system)
    ja = facts.name_ja.strip() or (known.name_ja if known else "")
    en = facts.name_en.strip() or (known.name_en if known else "")
    if not ja and not en:
        raise codes_refusal("codes_name_missing", "/name_ja")
    return TableFacts(facts.system, version, (ja or en)[:200], (en or ja)[:200], facts.licence.strip()[:300])


def _told(layout: Layout) -> str:
    return {"utf-8-sig": "UTF-8", "cp932": "Shift_JIS"}.get(layout.encoding, layout.encoding)


def _load(table: CodeTable, rows: Callable[[], Iterator[Row]]) -> Loaded:
    """Store a table that was read through once; reads it again, batch by batch."""
    known = _claim(table)
    if known is not None:
        return Loaded(known, was_there=True)
    try:
        count = _store(table, rows())
    except BaseException:
        remove_table(table)
        raise
    code_index.tidy()
    table.state, table.entry_count, table.loaded_at = CodeTable.State.READY, count, timezone.now()
    table.save(update_fields=["state", "entry_count", "loaded_at"])
    return Loaded(table, was_there=False)


def _claim(table: CodeTable) -> CodeTable | None:
    """Store the row of a table that is to be loaded; return the table if it is loaded already.

    Raises:
        ApiError: ``codes_version_loaded`` or ``codes_loading``.
    """
    table.heard_at = timezone.now()
    known, created = CodeTable.objects.get_or_create(
        system=table.system, version=table.version, defaults={"heard_at": table.heard_at, "digest": table.digest}
    )
    if not created and known.state == CodeTable.State.READY:
        if known.digest != table.digest:
            raise codes_refusal("codes_version_loaded", "/version")
        return known
    if not created:
        # Of two that find a loading broken off, one takes it over.
        taken = CodeTable.objects.filter(pk=known.pk, heard_at=known.heard_at, heard_at__lt=table.heard_at - _STALE)
        if not taken.update(heard_at=table.heard_at):
            raise codes_refusal("codes_loading")
        remove_table(known)
        return _claim(table)
    table.pk = known.pk
    table.save(force_update=True)
    return None


def _store(table: CodeTable, rows: Iterable[Row]) -> int:
    """Write the entries and return how many; raises ``codes_changed`` if they are not those that were read before."""
    coming, digest, count = iter(rows), hashlib.sha256(), 0
    while some := list(islice(coming, _BATCH)):
        for row in some:
            digest.update("\0".join(row).encode() + b"\n")
        entries = [
            CodeEntry(pk=code_index.entry_id(table=table.pk, row=count + at, ja=row.ja, en=row.en), table=table, **row._asdict())
            for at, row in enumerate(some)
        ]
        with transaction.atomic():
            CodeEntry.objects.bulk_create(entries)
            code_index.index_entries(entries)
            CodeTable.objects.filter(pk=table.pk).update(heard_at=timezone.now())
        count += len(some)
        if len(some) == _BATCH:
            _let_others_write()
    if digest.hexdigest() != table.digest:
        raise codes_refusal("codes_changed")
    return count


def _let_others_write() -> None:
    if connection.vendor == "sqlite":
        time.sleep(_PAUSE_S)
