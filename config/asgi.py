"""ASGI entry: pixels in front, then Django for pages and API, and the live sockets."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Django is set up by this call; what follows imports models.
django_application = get_asgi_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402
from django.conf import settings  # noqa: E402

from annotation.realtime.routing import websocket_urlpatterns  # noqa: E402
from config.body_limit import BodyLimit  # noqa: E402
from config.pixels import pixel_settings  # noqa: E402
from config.warm import warm_soon  # noqa: E402
from viewer.tiles.app import PixelApp  # noqa: E402

application = PixelApp(
    ProtocolTypeRouter(
        {
            "http": BodyLimit(django_application, upload_bytes=settings.UPLOAD_MAX_BYTES),
            "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(websocket_urlpatterns))),
        }
    ),
    settings=pixel_settings(),
)
warming = warm_soon()
