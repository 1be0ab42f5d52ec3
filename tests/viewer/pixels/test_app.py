"""Pixels over HTTP: a real uvicorn for ASGI, wsgiref for WSGI, and the same answers from both."""

import gzip
import io
import json
import socket
import threading
import time
import uuid
import wsgiref.simple_server
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import imagecodecs
import numpy as np
import pytest
import uvicorn
from PIL import Image

from viewer.tiles import grant
from viewer.tiles.app import PixelApp, PixelSettings, PixelWsgi
from viewer.tiles.pool import PixelPool
from viewer.tiles.stored.shelf import LOOK_AGAIN_S

KEY = b"a key for tests, thirty-two byte"
SLIDE, STACK, BROKEN, UNKNOWN = (uuid.UUID(int=(7 << 76) + number) for number in range(1, 5))


@pytest.fixture(scope="module")
def pixel_settings(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> PixelSettings:
    data_dir = tmp_path_factory.mktemp("data")
    (data_dir / "manifests").mkdir()
    files = {
        SLIDE: ("openslide", "slide", shared_data / "wsi/aperio/CMU-1-Small-Region.svs"),
        STACK: ("dicom", "frames", shared_data / "dicom/ct/CT_small.dcm"),
        BROKEN: ("raster", "photograph", shared_data / "malformed/photo/jpeg_truncated.jpg"),
    }
    for image_id, (engine, kind, path) in files.items():
        source = {"engine": engine, "kind": kind, "paths": [str(path)], "frame_map": None, "levels": [], "encoding": None}
        manifest = {"id": str(image_id), "revision": 3, "source": source}
        (data_dir / "manifests" / f"{image_id}.json").write_text(json.dumps(manifest))
    return PixelSettings(data_dir=data_dir, signing_key=KEY, cache_bytes=50 << 20)


async def _wrapped_asgi(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"wrapped " + scope["path"].encode()})


def _wrapped_wsgi(environ: Any, start_response: Any) -> list[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"wrapped " + environ["PATH_INFO"].encode()]


@contextmanager
def _asgi_server(settings: PixelSettings, pool: PixelPool, http: str = "auto") -> Iterator[str]:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    app = PixelApp(_wrapped_asgi, settings=settings, pool=pool)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off", http=http))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listener.close()


class _Quiet(wsgiref.simple_server.WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def _protocol_server(settings: PixelSettings, pool: PixelPool) -> Iterator[str]:
    """As `manage.py serve` has it: stored tiles are answered before there is an ASGI cycle."""
    with _asgi_server(settings, pool, "viewer.tiles.protocol:TileProtocol") as address:
        yield address


@contextmanager
def _wsgi_server(settings: PixelSettings, pool: PixelPool) -> Iterator[str]:
    app = PixelWsgi(_wrapped_wsgi, settings=settings, pool=pool)
    server = wsgiref.simple_server.make_server("127.0.0.1", 0, app, handler_class=_Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module", params=["asgi", "protocol", "wsgi"])
def client(request: pytest.FixtureRequest, pixel_settings: PixelSettings, pool: PixelPool) -> Iterator[httpx.Client]:
    serve = {"asgi": _asgi_server, "protocol": _protocol_server, "wsgi": _wsgi_server}[request.param]
    with serve(pixel_settings, pool) as address, httpx.Client(base_url=address, timeout=30) as http:
        yield http


def _cookie(image_id: uuid.UUID, *, seconds: float = 60, key: bytes = KEY) -> dict[str, str]:
    token = grant.sign(image_id, 1, time.time() + seconds, key)
    return {"Cookie": f'theme="dark"; {grant.cookie_name(image_id)}={token}; other={{json}}'}


def _tile(image_id: uuid.UUID = SLIDE, rest: str = "3/tiles/0/1/2") -> str:
    return f"/pixels/{image_id}/{rest}"


def test_a_granted_tile_is_served_for_good(client: httpx.Client) -> None:
    answer = client.get(_tile(), headers=_cookie(SLIDE))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/jpeg"
    assert Image.open(io.BytesIO(answer.content)).size == (240, 240)
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert int(answer.headers["content-length"]) == len(answer.content)
    again = client.get(_tile(), headers=_cookie(SLIDE))
    assert (again.content, again.headers["etag"]) == (answer.content, answer.headers["etag"])


def test_a_known_tile_is_not_sent_again(client: httpx.Client) -> None:
    tag = client.get(_tile(), headers=_cookie(SLIDE)).headers["etag"]
    for stated in (tag, f"W/{tag}", f'"x", {tag}'):
        answer = client.get(_tile(), headers=_cookie(SLIDE) | {"If-None-Match": stated})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == tag
    assert client.get(_tile(), headers=_cookie(SLIDE) | {"If-None-Match": '"other"'}).status_code == 200
    assert client.get(_tile(), headers={"If-None-Match": tag}).status_code == 403


def test_head_has_the_headers_and_no_body(client: httpx.Client) -> None:
    answer = client.head(_tile(), headers=_cookie(SLIDE))
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) > 1000


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Cookie": "mitate_pixels_=x"},
        {"Cookie": f"{grant.cookie_name(SLIDE)}=rubbish"},
        {"Cookie": f"{grant.cookie_name(SLIDE)}=" + grant.sign(STACK, 1, time.time() + 60, KEY)},
        _cookie(STACK),
        _cookie(SLIDE, seconds=-1),
        _cookie(SLIDE, key=b"somebody else's key"),
    ],
)
def test_without_the_grant_nothing_is_shown_even_from_the_cache(client: httpx.Client, headers: dict[str, str]) -> None:
    assert client.get(_tile(), headers=_cookie(SLIDE)).status_code == 200
    answer = client.get(_tile(), headers=headers)
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "pixels_not_granted"
    assert answer.headers["cache-control"] == "no-store"


def test_an_image_that_is_not_there_looks_like_one_that_is_not_granted(client: httpx.Client) -> None:
    assert client.get(_tile(UNKNOWN)).json() == client.get(_tile(SLIDE)).json()
    answer = client.get(_tile(UNKNOWN), headers=_cookie(UNKNOWN))
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "image_not_found")


@pytest.mark.parametrize(
    ("rest", "code"),
    [
        ("2/tiles/0/1/2", "image_not_found"),
        ("3/tiles/0/10/0", "no_such_tile"),
        ("3/tiles/0/0/13", "no_such_tile"),
        ("3/tiles/7/0/0", "no_such_tile"),
        ("3/tiles/0/-1/0", "bad_address"),
        ("3/tiles/0/1.5/0", "bad_address"),
        ("3/tiles/0/1/99999999999999999999", "bad_address"),
        ("3/tiles/0/%EF%BC%91/0", "bad_address"),
        ("3/tiles/0/1", "bad_address"),
        ("3/tiles/0/1/2/", "bad_address"),
        ("3/frames/0", "no_such_frame"),
        ("3/frames/x", "bad_address"),
        ("..%2f..%2fetc%2fpasswd", "bad_address"),
        ("", "bad_address"),
    ],
)
def test_addresses_of_nothing_are_404(client: httpx.Client, rest: str, code: str) -> None:
    answer = client.get(httpx.URL(client.base_url, raw_path=f"/pixels/{SLIDE}/{rest}".encode()), headers=_cookie(SLIDE))
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, code)


def test_a_picture_that_cannot_be_decoded_is_422_with_a_reason(client: httpx.Client) -> None:
    answer = client.get(_tile(BROKEN, "3/tiles/0/0/0"), headers=_cookie(BROKEN))
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "pixels_undecodable"
    assert answer.json()["error"]["hint"]


def test_only_reading(client: httpx.Client) -> None:
    answer = client.post(_tile(), headers=_cookie(SLIDE))
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


def test_frames_carry_their_meaning_in_headers(client: httpx.Client) -> None:
    with client.stream("GET", _tile(STACK, "3/frames/0"), headers=_cookie(STACK)) as answer:
        raw = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["mitate-pixel-type"] == "int16"
    samples = np.frombuffer(gzip.decompress(raw), "<i2")
    assert samples.size == 128 * 128 == int(answer.headers["mitate-rows"]) * int(answer.headers["mitate-columns"])
    assert (float(answer.headers["mitate-rescale-slope"]), float(answer.headers["mitate-rescale-intercept"])) == (1.0, -1024.0)


def _frame(client: httpx.Client, accepted: str | None, **headers: str) -> tuple[httpx.Response, bytes]:
    offer = {} if accepted is None else {"Accept-Encoding": accepted}
    request = client.build_request("GET", _tile(STACK, "3/frames/0"), headers={**_cookie(STACK), **headers})
    request.headers.pop("Accept-Encoding", None)
    request.headers.update(offer)
    answer = client.send(request, stream=True)
    try:
        return answer, b"".join(answer.iter_raw())
    finally:
        answer.close()


@pytest.mark.parametrize(
    ("accepted", "packing"),
    [
        ("gzip, deflate, br, zstd", "zstd"),
        ("ZSTD", "zstd"),
        ("gzip;q=1.0, zstd ; q=0.5", "zstd"),
        ("gzip, deflate", "gzip"),
        ("zstd;q=0, gzip", "gzip"),
        ("zstd; Q=0.000", "gzip"),
        ("zstdx", "gzip"),
        ("", "gzip"),
        (None, "gzip"),
    ],
)
def test_frames_are_packed_in_a_way_that_the_browser_takes(client: httpx.Client, accepted: str | None, packing: str) -> None:
    answer, raw = _frame(client, accepted)
    assert (answer.headers["content-encoding"], answer.headers["vary"]) == (packing, "Accept-Encoding")
    assert int(answer.headers["content-length"]) == len(raw)
    samples = imagecodecs.zstd_decode(raw) if packing == "zstd" else gzip.decompress(raw)
    plain = _frame(client, "gzip")[1]
    assert samples == gzip.decompress(plain)


def test_an_entity_tag_is_of_one_packing(client: httpx.Client) -> None:
    tags = {packing: _frame(client, packing)[0].headers["etag"] for packing in ("gzip", "zstd")}
    assert tags["gzip"] != tags["zstd"]
    for packing, tag in tags.items():
        for accepted in tags:
            answer, raw = _frame(client, accepted, **{"If-None-Match": tag})
            assert (answer.status_code == 304) == (accepted == packing) == (raw == b"")
            assert answer.headers["vary"] == "Accept-Encoding"


def test_everything_else_is_the_wrapped_application(client: httpx.Client) -> None:
    for path in ("/", "/pixelsx/", "/api/images/"):
        assert client.get(path).text == f"wrapped {path}"


def test_a_new_revision_is_seen_within_a_blink(client: httpx.Client, pixel_settings: PixelSettings) -> None:
    path = pixel_settings.data_dir / "manifests" / f"{SLIDE}.json"
    original = path.read_text()
    try:
        path.write_text(json.dumps(json.loads(original) | {"revision": 4}))
        time.sleep(LOOK_AGAIN_S)
        assert client.get(_tile(), headers=_cookie(SLIDE)).status_code == 404
        assert client.get(_tile(rest="4/tiles/0/1/2"), headers=_cookie(SLIDE)).status_code == 200
    finally:
        path.write_text(original)


@pytest.mark.parametrize("rubbish", ["", "[]", "{", '{"revision": 3}', '{"revision": 3, "source": 5}', "\x00"])
def test_a_broken_manifest_is_no_image(client: httpx.Client, pixel_settings: PixelSettings, rubbish: str) -> None:
    (pixel_settings.data_dir / "manifests" / f"{UNKNOWN}.json").write_text(rubbish)
    try:
        answer = client.get(_tile(UNKNOWN), headers=_cookie(UNKNOWN))
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "image_not_found")
    finally:
        (pixel_settings.data_dir / "manifests" / f"{UNKNOWN}.json").unlink()


def test_the_lifespan_starts_and_stops_the_decoders(pixel_settings: PixelSettings) -> None:
    pool = PixelPool(workers=1)
    app = PixelApp(_wrapped_asgi, settings=pixel_settings, pool=pool)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    deadline = time.monotonic() + 30
    while not (server.started and pool._idle) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert pool._idle
    server.should_exit = True
    thread.join()
    listener.close()
    assert pool._closed


def test_one_rendering_for_many_who_wait(pixel_settings: PixelSettings) -> None:
    pool = PixelPool(workers=1)
    asked: list[Callable[..., Any]] = []
    render = pool.tiles
    pool.tiles = lambda *address, **view: (asked.append(render), time.sleep(1.0), render(*address, **view))[-1]  # type: ignore[method-assign]
    with _asgi_server(pixel_settings, pool) as address:
        answers: list[int] = []

        def ask() -> None:
            answers.append(httpx.get(address + _tile(rest="3/tiles/0/9/9"), headers=_cookie(SLIDE)).status_code)

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    pool.close()
    assert answers == [200] * 4
    assert len(asked) == 1


def test_the_colour_profile_is_asked_for_in_the_query(client: httpx.Client) -> None:
    plain, asked = (client.get(_tile() + query, headers=_cookie(SLIDE)) for query in ("", "?icc=1"))
    assert (plain.status_code, asked.status_code) == (200, 200)
    assert plain.headers["etag"] != asked.headers["etag"]
    assert client.get(_tile() + "?icc=1").status_code == 403
    assert client.get(_tile() + "?other=1", headers=_cookie(SLIDE)).headers["etag"] == plain.headers["etag"]
