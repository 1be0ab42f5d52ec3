"""Triggers that make history append-only, whoever writes: a service, a shell, or raw SQL."""

from collections.abc import Sequence

from django.db.backends.base.base import BaseDatabaseWrapper

TABLES = ("annotation_revision", "annotation_decision", "annotation_exposure")
CELL_TABLES = ("annotation_cellchange",)
LEDGER_TABLES = ("annotation_ledgerentry",)
RELEASE_TABLES = ("annotation_releaseread",)
PUBLISHED_TABLES = ("annotation_labelset", "annotation_label", "annotation_formdefinition", "annotation_labelmap")
CLINICAL_TABLES = ("annotation_confirmation", "annotation_reporttext")
ALL_TABLES = (*TABLES, *CELL_TABLES, *LEDGER_TABLES, *RELEASE_TABLES, *PUBLISHED_TABLES, *CLINICAL_TABLES)
_POSTGRES_FUNCTION = """
CREATE OR REPLACE FUNCTION mitate_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'append-only: % of % is refused', TG_OP, TG_TABLE_NAME;
END $$
"""


def create_triggers(connection: BaseDatabaseWrapper, tables: Sequence[str] = TABLES) -> None:
    """Make the database refuse UPDATE and DELETE on history tables."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_POSTGRES_FUNCTION)
        for table in tables:
            for verb in ("UPDATE", "DELETE"):
                name = f"{table}_no_{verb.lower()}"
                if connection.vendor == "postgresql":
                    cursor.execute(f"CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW EXECUTE FUNCTION mitate_append_only()")
                else:
                    refusal = f"SELECT RAISE(ABORT, 'append-only: {verb} of {table} is refused');"
                    cursor.execute(f"CREATE TRIGGER {name} BEFORE {verb} ON {table} BEGIN {refusal} END")


def drop_triggers(connection: BaseDatabaseWrapper, tables: Sequence[str] = ALL_TABLES) -> None:
    """Take the triggers away: for going back a migration, and for emptying a test database."""
    with connection.cursor() as cursor:
        for table in tables:
            for verb in ("update", "delete"):
                where = f" ON {table}" if connection.vendor == "postgresql" else ""
                cursor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{verb}{where}")
