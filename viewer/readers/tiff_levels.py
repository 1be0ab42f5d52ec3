"""Which directories of a TIFF are levels of one pyramid, and which are other pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import tifffile

from viewer.readers.errors import UnsupportedFormat

MAX_LEVELS: Final = 32
MAX_ASPECT_ERROR: Final = 0.02
SMALLEST_STEP: Final = 1.2
_OTHER_PICTURE: Final = re.compile(r"\b(label|macro|overview|thumbnail)\b", re.IGNORECASE)


def find_levels(file: tifffile.TiffFile) -> list[tifffile.TiffPage]:
    """The full picture and its smaller copies, largest first.

    They hang below the first directory (OME-TIFF), or follow it and look like it (QPTIFF, plain pyramids). A directory that
    calls itself label, macro, overview or thumbnail is none, nor is one of another shape, depth or colour.

    Raises:
        UnsupportedFormat: when directories of the same size are channels, planes or moments, and nothing says which.
    """
    first = file.pages.first
    if any((page.imagewidth, page.imagelength) == (first.imagewidth, first.imagelength) for page in _further(file)):
        raise UnsupportedFormat("multichannel_not_supported")
    levels = [first]
    for page in sorted(_candidates(file, first), key=lambda page: -int(page.imagewidth)):
        if len(levels) < MAX_LEVELS and is_smaller_copy(page, levels[-1], first):
            levels.append(page)
    return levels


def _candidates(file: tifffile.TiffFile, first: tifffile.TiffPage) -> Iterator[tifffile.TiffPage]:
    for index in range(len(first.subifds or ())):
        page = first.pages[index] if first.pages is not None else None
        if isinstance(page, tifffile.TiffPage):
            yield page
    # Pages in strips may be anything; only one that calls itself reduced is a level.
    yield from (page for page in _further(file) if page.is_tiled or page.is_reduced)


def _further(file: tifffile.TiffFile) -> Iterator[tifffile.TiffPage]:
    for index in range(1, len(file.pages)):
        page = file.pages[index]
        if isinstance(page, tifffile.TiffPage):
            yield page


def is_smaller_copy(page: tifffile.TiffPage, above: tifffile.TiffPage, first: tifffile.TiffPage) -> bool:
    """Whether a directory shows what `first` shows, clearly smaller than `above`."""
    if min(page.imagewidth, page.imagelength) < 1 or page.imagewidth * SMALLEST_STEP > above.imagewidth:
        return False
    alike = (page.photometric, page.samplesperpixel, page.dtype, page.is_tiled, page.planarconfig)
    if alike != (first.photometric, first.samplesperpixel, first.dtype, first.is_tiled, first.planarconfig):
        return False
    if _OTHER_PICTURE.search(str(page.description)[:4_096]):
        return False
    across, down = first.imagewidth / page.imagewidth, first.imagelength / page.imagelength
    # Halving rounds; of a small level one pixel is much.
    slack = MAX_ASPECT_ERROR + 1.0 / min(page.imagewidth, page.imagelength)
    return bool(abs(across - down) <= slack * max(across, down))
