"""Single characters beyond ASCII, found by an index of PostgreSQL's: 癌 is a word."""

from typing import Final
from uuid import UUID

from django.db import connection, transaction

# Letters and digits are in nearly every text, so that reading the list finds them soon, and would make the index large.
CHARACTERS: Final = r"string_to_array(regexp_replace(search_text, '[\u0001-\u007f]+', '', 'g'), NULL)"
# A character that more images have is found soon by reading the list.
_MOST: Final = 5_000


def is_indexed(word: str) -> bool:
    """Return whether a word is a single character that the index holds."""
    return len(word) == 1 and not word.isascii()


def images_with(character: str, collection_id: UUID) -> list[UUID] | None:
    """Return the images of a collection whose text holds a character, in no order; None where there are many.

    Args:
        character: one, for which `is_indexed`.
        collection_id: whose images.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        # The planner knows nothing of a character that its sample of the table has not, and would rather read the table.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            f"SELECT id FROM viewer_image WHERE {CHARACTERS} @> ARRAY[%s]::text[] AND collection_id = %s LIMIT %s",  # noqa: S608  # a constant
            [character, collection_id, _MOST + 1],
        )
        found = [row[0] for row in cursor.fetchall()]
        cursor.execute("SET LOCAL enable_seqscan TO DEFAULT")
    return found if len(found) <= _MOST else None
