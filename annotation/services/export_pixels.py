"""Where the pictures of an export come from: the pixel workers, which read the image as the viewer does."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from annotation.exporters.crops import Box, PixelsError
from annotation.models import Campaign
from annotation.services.suggestion_pixels import source_of
from viewer.models import Image
from viewer.readers.errors import OutOfRange, ReaderError
from viewer.tiles.pool import PixelPool, default_pool

__all__ = ["CampaignPixels"]

SOURCES_KEPT: Final = 64


class CampaignPixels:
    """The pixels of a campaign's images.

    Args:
        campaign: no other image is read.
        pool: the site's own where none is given.
    """

    def __init__(self, campaign: Campaign, pool: PixelPool | None = None) -> None:
        self._campaign, self._pool = campaign, pool or default_pool()
        self._source = lru_cache(SOURCES_KEPT)(self._read_source)

    def crop(self, image_id: str, box: Box, out: tuple[int, int], frame: int | None) -> bytes:
        """Return a rectangle as PNG of `out` (width, height) pixels. Raises PixelsError."""
        try:
            source = self._source(image_id)
            shown = int((source.get("views") or {}).get("first", 0)) if frame is None else frame
            place = {"x": box.x, "y": box.y, "width": box.width, "height": box.height}
            return self._pool.region(source, **place, out_width=out[0], out_height=out[1], frame=shown).body
        except (ReaderError, OutOfRange) as error:
            raise PixelsError(getattr(error, "code", "unreadable")) from error

    def _read_source(self, image_id: str) -> dict[str, Any]:
        image = Image.objects.filter(pk=image_id, campaign_images__campaign=self._campaign).first()
        if image is None:
            raise ReaderError("unreadable")
        return source_of(image)
