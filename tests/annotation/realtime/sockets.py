"""Opening the site's sockets as somebody who is signed in."""

from __future__ import annotations

from asgiref.sync import sync_to_async
from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from annotation.realtime.routing import websocket_urlpatterns
from tests.annotation.realtime.page import Page

APPLICATION = AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(websocket_urlpatterns)))


def session_of(user: User) -> str:
    """Sign in and return the session's key."""
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


async def connected(path: str, user: User) -> Page:
    """Return a page whose socket was accepted."""
    session = await sync_to_async(session_of)(user)
    page = Page(APPLICATION, path, cookie=f"{settings.SESSION_COOKIE_NAME}={session}")
    assert await page.connect()
    return page
