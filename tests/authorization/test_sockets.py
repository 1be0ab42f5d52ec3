"""The sockets of the table, through the consumers and the middleware that the site runs."""

from __future__ import annotations

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings

from annotation.realtime.consumers import READING_BLIND
from annotation.realtime.routing import websocket_urlpatterns
from tests.annotation.realtime.page import Page
from tests.authorization.everybody import FIRST, SECOND, Everybody, leaks, secrets_of
from tests.authorization.routes import routes
from tests.authorization.table import ANONYMOUS, NOBODY, OPEN, OTHERS, ROLES, SOCKETS


def address_of(route: str, world: Everybody, role: str, *, phantom: bool = False) -> str:
    asked = world.asked(role).phantom() if phantom else world.asked(role)
    pattern = next(each.pattern for each in routes(websocket_urlpatterns) if each.name == route)
    for name in ("read_id", "campaign_id", "image_id"):
        pattern = pattern.replace(f"<uuid:{name}>", str(getattr(asked, name)))
    return f"/{pattern}"


def listened(world: Everybody, role: str, address: str) -> tuple[int, str]:
    """Return the code that a socket is closed with and what it said; OPEN and its first message where it stays open."""
    session = world.client(role).cookies.get(settings.SESSION_COOKIE_NAME)

    from config.asgi import application  # it looks for the folder of static files, which the fixture has made

    async def listen() -> tuple[int, str]:
        page = Page(application, address, cookie=f"{settings.SESSION_COOKIE_NAME}={session.value}" if session else "")
        assert await page.connect()
        output = await page.wire.receive_output(5)
        await page.disconnect(output.get("code", 1000))
        return output.get("code", OPEN), output.get("text") or output.get("reason") or ""

    # The consumer's database work comes back to this thread, into the transaction of the test.
    return async_to_sync(listen)()


def test_every_socket_has_a_row() -> None:
    assert {route.name for route in routes(websocket_urlpatterns)} == set(SOCKETS)


def test_every_row_speaks_of_every_role() -> None:
    assert all(set(row) == set(ROLES) for row in SOCKETS.values())


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("route", sorted(SOCKETS))
def test_socket(world: Everybody, route: str, role: str) -> None:
    code, said = listened(world, role, address_of(route, world, role))
    assert code == SOCKETS[route][role], said
    # Who is kept apart may see the image; to all others who are refused it is as if it did not exist.
    if code not in {OPEN, READING_BLIND}:
        assert (code, said) == listened(world, role, address_of(route, world, role, phantom=True))
    if role in {ANONYMOUS, NOBODY, *OTHERS}:
        assert leaks(said, secrets_of(world.first, FIRST)) == []
    else:
        assert leaks(said, secrets_of(world.second, SECOND)) == []
