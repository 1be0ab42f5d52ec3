"""Answers of thousands of geometries as JSON text, whose coordinates never become Python objects."""

import json
from collections.abc import Iterable
from typing import Any, Final

# None of the values is NaN, which JSON does not know; the encoder writes it all the same, and a name in front of it stands
# in no text of a person, as the quotation marks of a text are escaped. So it tells where the geometry goes.
PLACE: Final = float("nan")
_PLACE_TEXT: Final = '"geometry":NaN'
ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def with_geometries(members: list[dict[str, Any]], geometries: Iterable[str]) -> str:
    """Return objects as JSON with commas between them, each with the text of its geometry where ``geometry`` is ``PLACE``."""
    # The line separators are escaped, as in every other answer: JSON that is JavaScript as well.
    text = ENCODER.encode(members)[1:-1].replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    before, *after = text.split(_PLACE_TEXT)
    return before + "".join(f'"geometry":{geometry}{rest}' for geometry, rest in zip(geometries, after, strict=True))
