from django.apps import AppConfig
from django.conf import settings

from viewer.tiles.pool import configure_default_pool


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        """Register the checks that refuse settings which cannot work together, and size the pixel workers."""
        from config import checks  # noqa: F401, PLC0415  # registering is the purpose

        configure_default_pool(workers=settings.PIXEL_WORKERS, memory_limit_bytes=settings.PIXEL_MEMORY_BYTES)
