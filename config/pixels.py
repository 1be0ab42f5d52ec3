"""Hands Django's settings to the pixel application, which knows no Django."""

from django.conf import settings

from annotation.cells.shelf import LayerShelf
from annotation.services.cell_layers import cells_folder
from viewer.services.pixel_key import pixel_key
from viewer.tiles.app import PixelSettings


def pixel_settings() -> PixelSettings:
    """Return what the pixel application needs to serve without asking Django again."""
    return PixelSettings(
        data_dir=settings.DATA_DIR,
        signing_key=pixel_key(),
        cache_bytes=settings.TILE_CACHE_BYTES,
        packed=LayerShelf(cells_folder()).part,
    )
