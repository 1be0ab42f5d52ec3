"""WSGI entry: pixels and HTTP for sites that run the live sockets in a process of their own."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django_application = get_wsgi_application()

from config.pixels import pixel_settings  # noqa: E402
from config.warm import warm_soon  # noqa: E402
from viewer.tiles.app import PixelWsgi  # noqa: E402

application = PixelWsgi(django_application, settings=pixel_settings())
warming = warm_soon()
