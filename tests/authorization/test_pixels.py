"""Tiles and frames through the application that the site runs in front of Django: only those who could open the image."""

from __future__ import annotations

import time
from collections.abc import Iterator
from http.cookies import SimpleCookie
from typing import Any

import httpx
import pytest
from asgiref.sync import async_to_sync
from django.core.asgi import get_asgi_application
from django.test import Client

from config.pixels import pixel_settings
from tests.authorization.everybody import FIRST, Everybody, leaks, secrets_of
from tests.authorization.table import OTHERS, PIXELS, ROLES, SEEING_A_READ, VIEWERS
from viewer.models import Image
from viewer.services.pixel_key import pixel_key
from viewer.tiles.app import PixelApp
from viewer.tiles.grant import cookie_name, sign
from viewer.tiles.service import _ADDRESS


@pytest.fixture
def pixel_app(world: Everybody) -> Iterator[PixelApp]:
    app = PixelApp(get_asgi_application(), settings=pixel_settings())
    yield app
    app._threads.shutdown()


def fetch(app: PixelApp, address: str, cookies: str = "", method: str = "GET", headers: dict[str, str] | None = None) -> httpx.Response:
    async def request() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
            return await client.request(method, address, headers=({"Cookie": cookies} if cookies else {}) | (headers or {}))

    return async_to_sync(request)()


def address_of(image: Image, kind: str) -> str:
    place = {"tile": "tiles/0/0/0", "frame": "frames/0", "overlay": "overlays/0", "view": "views/p0/tiles/0/0/0"}.get(kind, kind)
    return f"/pixels/{image.pk}/{image.revision}/{place}"


def image_for(world: Everybody, kind: str) -> Image:
    images = {"tile": world.first.photographs[0], "frame": world.first.stack}
    return Image.objects.get(pk=images.get(kind, world.first.clip).pk)


def opened(client: Client, image: Image) -> str:
    """Open an image as its page does; return the cookie header that the browser then has for its pixels."""
    client.post(f"/api/images/{image.pk}/open/")
    return cookie_header(client.cookies)


def cookie_header(cookies: SimpleCookie) -> str:
    return "; ".join(f"{name}={morsel.value}" for name, morsel in cookies.items())


def test_the_table_speaks_of_every_kind_of_address() -> None:
    assert set(_ADDRESS.groupindex) == {"image", "revision", "view", "level", "column", "row", "srgb", "sort", "frame", "film"}
    assert set(PIXELS) == {"tile", "frame", "overlay", "view", "stream", "times", "strip"}
    assert all(set(row) == set(ROLES) for row in PIXELS.values())


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("kind", sorted(PIXELS))
def test_pixels(world: Everybody, pixel_app: PixelApp, kind: str, role: str) -> None:
    image = image_for(world, kind)
    answer = fetch(pixel_app, address_of(image, kind), opened(world.client(role), image))
    assert answer.status_code == PIXELS[kind][role], answer.text
    if answer.status_code == 403:
        phantom = world.asked(role).phantom()
        nothing = fetch(pixel_app, address_of(image, kind).replace(str(image.pk), str(phantom.image_id)))
        assert (nothing.status_code, nothing.text, dict(nothing.headers)) == (403, answer.text, dict(answer.headers))
        assert leaks(answer.text, secrets_of(world.first, FIRST)) == []


@pytest.mark.parametrize("part", ["overview", "squares", "0_0"])
@pytest.mark.parametrize("role", ROLES)
def test_cells_are_for_those_who_may_see_the_read(world: Everybody, pixel_app: PixelApp, role: str, part: str) -> None:
    layer, client = world.first.cells, world.client(role)
    client.post(f"/api/reads/{world.asked(role).read_id}/cell-layers/open/")
    address = f"/pixels/{layer.pk}/{layer.digest[:16]}/packed/{part}"
    answer = fetch(pixel_app, address, cookie_header(client.cookies))
    assert answer.status_code == (200 if SEEING_A_READ[role] == 200 else 403)
    if answer.status_code == 200:
        assert answer.headers["content-encoding"] == "gzip"
        assert (
            fetch(pixel_app, address, cookie_header(client.cookies), headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
        )
        assert fetch(pixel_app, address.replace(part, "7_7"), cookie_header(client.cookies)).status_code == 404
    nothing = fetch(pixel_app, address.replace(str(layer.pk), str(layer.image_id)), opened(client, world.first.photographs[0]))
    assert nothing.status_code in {403, 404}


@pytest.mark.parametrize("role", OTHERS)
def test_no_part_of_a_video_is_for_strangers(world: Everybody, pixel_app: PixelApp, role: str) -> None:
    image = image_for(world, "stream")
    address, cookies = address_of(image, "stream"), opened(world.client(role), image)
    answer = fetch(pixel_app, address, cookies, headers={"Range": "bytes=0-9"})
    assert (answer.status_code, "etag" in answer.headers, "content-range" in answer.headers) == (403, False, False)
    allowed = fetch(pixel_app, address, opened(world.client("reader"), image), headers={"Range": "bytes=0-9"})
    assert (allowed.status_code, len(allowed.content)) == (206, 10)


@pytest.mark.parametrize("role", OTHERS)
def test_a_tile_that_lies_ready_is_not_for_strangers(world: Everybody, pixel_app: PixelApp, role: str) -> None:
    image = image_for(world, "tile")
    address = address_of(image, "tile")
    ready = fetch(pixel_app, address, opened(world.client("reader"), image))
    assert ready.status_code == 200
    answer = fetch(pixel_app, address, opened(world.client(role), image))
    assert (answer.status_code, "etag" in answer.headers) == (403, False)


def test_a_session_alone_opens_no_pixels(world: Everybody, pixel_app: PixelApp) -> None:
    image = image_for(world, "tile")
    assert fetch(pixel_app, address_of(image, "tile"), cookie_header(world.client("admin").cookies)).status_code == 403


def test_a_grant_is_for_its_own_image(world: Everybody, pixel_app: PixelApp) -> None:
    image, own = image_for(world, "tile"), world.second.photographs[0]
    client = world.client("other_reader")
    client.post(f"/api/images/{own.pk}/open/")
    token = client.cookies[cookie_name(own.pk)].value
    assert fetch(pixel_app, address_of(image, "tile"), f"{cookie_name(image.pk)}={token}").status_code == 403


@pytest.mark.parametrize("change", ["over", "other key", "another user", "longer"])
def test_a_grant_cannot_be_made_or_stretched(world: Everybody, pixel_app: PixelApp, change: str) -> None:
    image, key = image_for(world, "tile"), pixel_key()
    user, now = world.first.people["reader"].pk, int(time.time())
    good = sign(image.pk, user, now + 60, key)
    seal = good.rpartition(".")[2]
    token: Any = {
        "over": sign(image.pk, user, now - 1, key),
        "other key": sign(image.pk, user, now + 60, b"a key that somebody made up"),
        "another user": f"1.{world.nobody.pk}.{now + 60}.{seal}",
        "longer": f"1.{user}.{now + 6_000}.{seal}",
    }[change]
    assert fetch(pixel_app, address_of(image, "tile"), f"{cookie_name(image.pk)}={good}").status_code == 200
    assert fetch(pixel_app, address_of(image, "tile"), f"{cookie_name(image.pk)}={token}").status_code == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_pixels_are_only_read(world: Everybody, pixel_app: PixelApp, method: str) -> None:
    image = image_for(world, "tile")
    assert fetch(pixel_app, address_of(image, "tile"), opened(world.client("admin"), image), method).status_code == 405


@pytest.mark.parametrize("rest", ["", "manifest.json", "1/label", "1/macro", "1/thumbnail", "1/tiles/0/0/0/.."])
def test_nothing_else_of_an_image_is_served(world: Everybody, pixel_app: PixelApp, rest: str) -> None:
    image = image_for(world, "tile")
    cookies = opened(world.client("admin"), image)
    assert fetch(pixel_app, f"/pixels/{image.pk}/{rest}", cookies).status_code == 404


def test_who_is_taken_off_cannot_renew_the_grant(world: Everybody, pixel_app: PixelApp) -> None:
    image, reader = image_for(world, "tile"), world.first.people["reader"]
    client = world.client("reader")
    assert client.post(f"/api/images/{image.pk}/open/").status_code == 200
    world.client("admin").delete(f"/api/campaigns/{world.first.campaign.pk}/readers/{reader.pk}/")
    assert client.post(f"/api/images/{image.pk}/open/").status_code == 404


def test_the_cookie_of_a_grant_is_for_the_browser_only(world: Everybody) -> None:
    image = image_for(world, "tile")
    for role in VIEWERS:
        client = world.client(role)
        client.post(f"/api/images/{image.pk}/open/")
        cookie = client.cookies[cookie_name(image.pk)]
        assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Strict", 60)
        assert cookie["path"].rstrip("/") == f"/pixels/{image.pk}"
