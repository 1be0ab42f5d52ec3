"""The order in which annotations of a case come: by image, then by id, each one once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from annotation.schema.facts import AnnotationFacts
from annotation.schema.problems import DocumentError, Problem

__all__ = ["in_order"]


def in_order(rows: Iterable[AnnotationFacts], case_name: str) -> Iterator[AnnotationFacts]:
    """Pass annotations on as they come. Raises DocumentError `duplicate_id` when one does not follow the one before it."""
    before = ("", "")
    for index, row in enumerate(rows):
        if (row.image_id, row.id) <= before:
            raise DocumentError([Problem("duplicate_id", f"/annotations/{index}/id", row.id)], case_name)
        before = (row.image_id, row.id)
        yield row
