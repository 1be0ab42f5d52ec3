"""Lists of marks as the API gives them, as JSON text: what changed since a list revision, and what lies in a rectangle.

A page that opens asks for ten thousand marks at once. Model instances and a list for each vertex took seconds; here columns
are read, and their JSON is made some hundred marks at a time. The text says what ``annotation_json`` says of each row.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

from django.db.models import Q, QuerySet, TextField
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast

from annotation.models import Annotation, Read
from annotation.schema.shape_texts import body_texts
from annotation.schema.tracks import Track
from annotation.selectors.annotations import MarkRow, row_json
from annotation.selectors.json_texts import Written, as_text

MARKS_IN_VIEW: Final = 300
_ROWS_AT_ONCE: Final = 500
_SEQUENCE: Final = MarkRow._fields.index("sequence")
_JSON_PLACES: Final = [MarkRow._fields.index(name) for name in ("labels", "form_data", "basis", "cites")]
_PARSED_PLACES: Final = [MarkRow._fields.index(name) for name in ("span", "cell")]
_KEY_PLACES: Final = [MarkRow._fields.index(name) for name in ("id", "suggestion_id", "report_id")]
_SHAPE_COLUMNS: Final = ("geometry_kind", "geometry_wkb", "mask", "track")


class Box(NamedTuple):
    """A rectangle in level-0 px."""

    min_x: float
    min_y: float
    max_x: float
    max_y: float


def changes_since(read: Read, since: int | None) -> str:
    """Return what a page must take over that knows the list revision ``since``: also marks that were deleted after it.

    None stands for a page that holds nothing yet: it gets all marks that are not deleted. 0 is not the same: a page that
    opened an empty read knows list revision 0, may hold marks that it made itself, and must hear that one of them was
    deleted elsewhere.

    The list revision is read before the rows: a save in between shows up twice for the page, never not at all.

    Returns:
        JSON: ``{"sequence", "annotations"}``.
    """
    sequence = Read.objects.values_list("sequence", flat=True).get(pk=read.pk)
    rows = read.annotations.filter(deleted=False) if since is None else read.annotations.filter(sequence__gt=since)
    return f'{{"sequence":{sequence},"annotations":[{_texts(_columns(rows), read.reader_id)}]}}'


def marks_in_view(read: Read, *, box_px: Box, frame: int | None = None, after: int = 0) -> str:
    """Return the live marks whose bounding boxes touch a rectangle, at most 300, by the list revision at which each last changed.

    Args:
        read: whose marks.
        box_px: in level-0 px; marks of the whole image or on a report are in no rectangle.
        frame: 0-based; only marks on it, tracks that cross it among them.
        after: only marks that changed after this list revision: the ``next`` of the answer before. What changes
            meanwhile comes again at its new place, so that no mark is missed.

    Returns:
        JSON: ``{"sequence", "annotations", "next"}``.
    """
    sequence = Read.objects.values_list("sequence", flat=True).get(pk=read.pk)
    there = read.annotations.filter(
        deleted=False,
        min_x_px__isnull=False,
        min_x_px__lte=box_px.max_x,
        max_x_px__gte=box_px.min_x,
        min_y_px__lte=box_px.max_y,
        max_y_px__gte=box_px.min_y,
        sequence__gt=after,
    )
    if frame is not None:
        there = there.filter(Q(frame=frame) | Q(frame__lt=frame, last_frame__gte=frame))
    # By themselves the places are found in the index annotation_in_order alone, without a look at rows that lie elsewhere.
    found = there.order_by("sequence").values("sequence")[: MARKS_IN_VIEW + 1]
    rows = _columns(read.annotations.filter(sequence__in=found))
    shown = rows[:MARKS_IN_VIEW]
    following = str(shown[-1][_SEQUENCE]) if len(rows) > len(shown) else "null"
    return f'{{"sequence":{sequence},"annotations":[{_texts(shown, read.reader_id)}],"next":{following}}}'


def _columns(rows: QuerySet[Annotation]) -> list[tuple[Any, ...]]:
    """Return the columns of ``MarkRow`` and of the shape, by list revision; keys and JSON as the database's text.

    An object for each key would be most of what the garbage collector has to look through, and each JSON text comes often.
    """
    names: list[str | Combinable] = [*MarkRow._fields, *_SHAPE_COLUMNS]
    for place in (*_KEY_PLACES, *_JSON_PLACES, *_PARSED_PLACES):
        names[place] = Cast(MarkRow._fields[place], TextField())
    return list(rows.order_by("sequence").values_list(*names))


def _texts(rows: Sequence[tuple[Any, ...]], reader_id: int) -> str:
    """Return marks as JSON, with commas between them."""
    return ",".join(_parcel(rows[start : start + _ROWS_AT_ONCE], reader_id) for start in range(0, len(rows), _ROWS_AT_ONCE))


def _parcel(rows: Sequence[tuple[Any, ...]], reader_id: int) -> str:
    width = len(MarkRow._fields)
    geometries = _geometry_texts([row[width:] for row in rows])
    together = zip(rows, geometries, strict=True)
    known = _written()
    return as_text([row_json(_row(row[:width], known), geometry=Written(geometry), reader_id=reader_id) for row, geometry in together])


def _written() -> Callable[[str | None], Written | None]:
    """Return a writer of JSON that a database gives in its own manner, with blanks and escapes; each text is read once."""

    @cache
    def written(text: str | None) -> Written | None:
        return None if text is None else Written(as_text([json.loads(text)]))

    return written


def _row(columns: tuple[Any, ...], written: Callable[[str | None], Written | None]) -> MarkRow:
    values = [*columns]
    for place in _JSON_PLACES:
        values[place] = written(values[place])
    for place in _PARSED_PLACES:
        if values[place] is not None:
            values[place] = json.loads(values[place])
    for place in _KEY_PLACES:
        values[place] = _key_text(values[place])
    return MarkRow._make(values)


def _key_text(text: str | None) -> str | None:
    """Return a key with its hyphens, which SQLite keeps without."""
    if text is None or len(text) > 32:
        return text
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _geometry_texts(shapes: Sequence[tuple[Any, ...]]) -> Iterator[str]:
    """Yield the JSON of geometries, given the columns that hold them, as ``shape_of`` tells them apart."""
    plain = [(kind, bytes(wkb)) for kind, wkb, mask, track in shapes if mask is None and track is None and wkb is not None]
    texts = iter(body_texts([kind for kind, _ in plain], [wkb for _, wkb in plain]))
    for _, wkb, mask, track in shapes:
        if mask is not None:  # kept as its tiles in JSON
            yield f'{{"type":"Mask","tiles":{bytes(mask).decode("ascii")}}}'
        elif wkb is None:
            yield "null"
        elif track is not None:
            yield as_text([Track.from_storage(track, bytes(wkb)).to_body()])
        else:
            yield next(texts)
