"""Colour frames that a file stores as JPEG a browser can show: handed over as they are, without a codec and without a second loss.

Which colours the three components are is proven once a file, on its pixels: the handed-over frame has to look as the reader decodes
it (see ADR 7 for slides).
"""

from __future__ import annotations

import io
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np
from PIL import Image

from viewer.readers import dicom_overlays
from viewer.readers.base import EncodedPixels
from viewer.readers.dicom import DicomReader
from viewer.tiles.stored.jpeg import YCBCR, recipe

# Two decoders round the same samples differently, by one level or two; other colours are dozens apart.
MAX_MEAN_APART: Final = 2.0
# Wrong colours are wrong in every pixel; a sixteenth of them tells.
_STRIDE: Final = 4
_proven: WeakKeyDictionary[DicomReader, bool] = WeakKeyDictionary()


def stored_frame(reader: DicomReader, index: int) -> EncodedPixels | None:
    """Frame `index` (0-based) as the file stores it, without its comments; None where it has to be decoded."""
    stored = reader.stored_jpeg(index)
    made = recipe(width=reader.size.width, height=reader.size.height, components=3, transform=YCBCR)
    body = made.complete(stored) if made and stored else None
    if body is None or not _shows_the_same(reader, index, body):
        return None
    return dicom_overlays.with_count(EncodedPixels("image/jpeg", body), reader.overlays_over(index))


def _shows_the_same(reader: DicomReader, index: int, body: bytes) -> bool:
    """Whether a browser shows what the reader decodes; looked at for the first frame that is asked for."""
    if reader not in _proven:
        with Image.open(io.BytesIO(body), formats=("JPEG",)) as picture:
            shown = np.asarray(picture.convert("RGB"))[::_STRIDE, ::_STRIDE].astype(np.int16)
        meant = np.asarray(reader.colour(index))[::_STRIDE, ::_STRIDE].astype(np.int16)
        _proven[reader] = shown.shape == meant.shape and float(np.abs(shown - meant).mean()) <= MAX_MEAN_APART
    return _proven[reader]
