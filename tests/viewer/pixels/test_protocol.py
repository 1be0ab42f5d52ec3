"""Tiles written by the connection itself: the same bytes as the ordinary way, in order, and nothing else is taken over."""

import json
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from viewer.tiles import grant, quick
from viewer.tiles.app import PixelApp, PixelSettings
from viewer.tiles.pool import PixelPool
from viewer.tiles.protocol import TileProtocol

KEY = b"a key for tests, thirty-two byte"
SLIDE = uuid.UUID(int=(7 << 76) + 9)
TILE = f"/pixels/{SLIDE}/1/tiles/0/1/2"


async def _wrapped(scope: Any, receive: Any, send: Any) -> None:
    body = b""
    while (message := await receive())["type"] == "http.request":
        body += message["body"]
        if not message["more_body"]:
            break
    body = f"{scope['method']} {scope['path']} ".encode() + body
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(body)).encode())]})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory, shared_data: Path, pool: PixelPool) -> Iterator[int]:
    data_dir = tmp_path_factory.mktemp("data")
    (data_dir / "manifests").mkdir()
    path = str(shared_data / "wsi/aperio/CMU-1-Small-Region.svs")
    source = {"engine": "openslide", "kind": "slide", "paths": [path], "frame_map": None, "levels": pool.inspect(path)["levels"]}
    (data_dir / "manifests" / f"{SLIDE}.json").write_text(json.dumps({"id": str(SLIDE), "revision": 1, "source": source}))
    app = PixelApp(_wrapped, settings=PixelSettings(data_dir, KEY, cache_bytes=1 << 20), pool=pool)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="error", lifespan="off", http="viewer.tiles.protocol:TileProtocol", loop="uvloop")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    number = listener.getsockname()[1]
    _talk(number, _get())  # indexes and opens the slide
    yield number
    server.should_exit = True
    thread.join()
    listener.close()


@pytest.fixture
def asgi_cycles(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tiles that the ASGI application was asked for, one after the other."""
    asked: list[str] = []
    call = PixelApp.__call__

    async def noted(self: PixelApp, scope: Any, receive: Any, send: Any) -> None:
        asked.append(scope["path"])
        await call(self, scope, receive, send)

    monkeypatch.setattr(PixelApp, "__call__", noted)
    return asked


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The addresses of the requests whose headers the parser went through."""
    addresses: list[bytes] = []
    complete = TileProtocol.on_headers_complete

    def noted(self: TileProtocol) -> None:
        addresses.append(self.url)
        complete(self)

    monkeypatch.setattr(TileProtocol, "on_headers_complete", noted)
    return addresses


def _cookie(seconds: float = 86_400) -> str:  # requests are written when tests are collected
    return f"{grant.cookie_name(SLIDE)}={grant.sign(SLIDE, 1, time.time() + seconds, KEY)}"


def _get(target: str = TILE, *, version: str = "1.1", method: str = "GET", more: str = "", cookie: str | None = None) -> bytes:
    return f"{method} {target} HTTP/{version}\r\nHost: x\r\nCookie: {cookie or _cookie()}\r\n{more}\r\n".encode()


def _talk(port: int, request: bytes, answers: int = 1) -> list[tuple[int, dict[str, str], bytes]]:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection, connection.makefile("rb") as stream:
        connection.sendall(request)
        return [_answer(stream, head=request.startswith(b"HEAD")) for _ in range(answers)]


def _answer(stream: Any, *, head: bool = False) -> tuple[int, dict[str, str], bytes]:
    status = int(stream.readline().split()[1])
    headers: dict[str, str] = {}
    while (line := stream.readline().strip()) != b"":
        name, _, value = line.decode("latin-1").partition(": ")
        headers[name] = value
    return status, headers, b"" if head or status == 304 else stream.read(int(headers.get("content-length", 0)))


def test_a_ready_tile_needs_no_cycle_and_is_the_same(port: int, asgi_cycles: list[str]) -> None:
    [(status, headers, body)] = _talk(port, _get())
    assert (status, asgi_cycles) == (200, [])
    [(_, ordinary, same)] = _talk(port, _get(version="1.0", more="Connection: keep-alive\r\n"))
    assert asgi_cycles == [TILE]
    assert same == body
    assert {**ordinary, "date": "", "connection": ""} == {**headers, "date": "", "connection": ""} | {"connection": ""}
    assert headers["date"]
    assert body[:2] == b"\xff\xd8"


def test_pipelined_requests_are_answered_in_their_order(port: int) -> None:
    other = f"/pixels/{SLIDE}/1/tiles/0/3/3"
    request = _get() + _get("/page") + _get(other) + _get() + _get(method="POST", more="Content-Length: 3\r\n") + b"abc" + _get(other)
    answers = _talk(port, request, 6)
    assert [answer[0] for answer in answers] == [200, 200, 200, 200, 405, 200]
    assert answers[1][2] == b"GET /page "
    assert answers[0][2] == answers[3][2] != answers[2][2] == answers[5][2]


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (_get(cookie="a=b"), 403),
        (_get(cookie=_cookie(-1)), 403),
        (_get(method="HEAD"), 200),
        (_get(TILE + "?x=1"), 200),
        (_get(TILE.replace("/0/1/2", "/0/+1/2")), 404),
        (_get(TILE.replace("/0/1/2", "/0/1_0/2")), 404),
        (_get(TILE.replace("/0/1/2", "/0/" + "9" * 5000 + "/2")), 404),
        (_get(TILE.replace("/0/1/2", "/0/%EF%BC%91/2")), 404),
        (_get(TILE.replace("/1/tiles", "/2/tiles")), 404),
        (_get(more="Content-Length: 2\r\n") + b"{}", 200),
        (_get(more="Connection: close\r\n"), 200),
        (_get(more='If-None-Match: "s2/1/0/1/2"\r\n'), 304),
    ],
)
def test_what_is_not_a_plain_ready_tile_goes_the_ordinary_way(port: int, asgi_cycles: list[str], request_bytes: bytes, status: int) -> None:
    [answer] = _talk(port, request_bytes)
    assert answer[0] == status
    assert len(asgi_cycles) == 1


def test_bodies_reach_the_application_after_a_tile(port: int) -> None:
    answers = _talk(port, _get() + _get("/save", method="PUT", more="Content-Length: 5\r\n") + b"marks", 2)
    assert answers[1][2] == b"PUT /save marks"


def test_who_asks_without_reading_is_made_to_wait(port: int, asgi_cycles: list[str]) -> None:
    """Thousands of pipelined tiles are not gathered in memory: beyond the socket's buffer the ordinary way holds them back."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection, connection.makefile("rb") as stream:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        sender = threading.Thread(target=connection.sendall, args=(_get() * 2000,))
        sender.start()
        time.sleep(0.5)
        answered_early = 2000 - len(asgi_cycles)
        assert [_answer(stream)[0] for _ in range(2000)] == [200] * 2000
        sender.join()
    assert answered_early > 0
    assert asgi_cycles, "the rest waited in the queue"


def test_a_grant_that_ends_ends_here_too(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    cookie = _cookie(5)
    assert _talk(port, _get(cookie=cookie))[0][0] == 200
    later = time.time() + 6
    monkeypatch.setattr(quick.time, "time", lambda: later)
    assert _talk(port, _get(cookie=cookie))[0][0] == 403


def _in_turn(port: int, pieces: list[bytes], *, pause_s: float = 0.0) -> list[tuple[int, bytes]]:
    """Send one piece after the other over one connection, each once the answer to the one before is in; b"" waits for none."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection, connection.makefile("rb") as stream:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        answers: list[tuple[int, bytes]] = []
        for piece in pieces:
            for part in piece.split(b"|"):
                connection.sendall(part)
                time.sleep(pause_s)
            status, _, body = _answer(stream)
            answers.append((status, body))
        return answers


def test_headers_that_come_again_are_not_parsed_again(port: int, parsed: list[bytes]) -> None:
    cookie = _cookie()
    others = [f"/pixels/{SLIDE}/1/tiles/0/{column}/3" for column in range(5)]
    answers = _in_turn(port, [_get(other, cookie=cookie) for other in [TILE, *others, TILE]])
    # A tile that the kernel cannot hand over at once, which happens on a busy machine, goes the ordinary way.
    assert parsed[0] == TILE.encode()
    assert len(parsed) <= 3
    assert [status for status, _ in answers] == [200] * 7
    assert len({body for _, body in answers}) == 6
    assert answers[0] == answers[6] == _in_turn(port, [_get(cookie=cookie)])[0]


def test_other_headers_and_addresses_are_parsed(port: int, parsed: list[bytes], asgi_cycles: list[str]) -> None:
    cookie = _cookie()
    answers = _in_turn(
        port,
        [
            _get(cookie=cookie),
            _get(cookie="a=b"),  # no grant
            _get(cookie=cookie),
            _get("/page", cookie=cookie),
            _get(TILE + "?x=1", cookie=cookie),
            _get(TILE.replace("/0/1/2", "/9/1/2"), cookie=cookie),
            _get(cookie=cookie, more='If-None-Match: "s2/1/0/1/2"\r\n'),
            _get(cookie=cookie),
            _get(TILE + " HTTP/1.1\r\nX: y", cookie=cookie),  # a header within the address is none of it
        ],
    )
    assert [status for status, _ in answers] == [200, 403, 200, 200, 200, 404, 304, 200, 200]
    assert len(parsed) == 7, "the third and the last but one had the headers of the first"
    assert asgi_cycles == [TILE, "/page", TILE, TILE.replace("/0/1/2", "/9/1/2"), TILE]


def test_requests_in_pieces_and_together_after_known_headers(port: int) -> None:
    cookie = _cookie()
    first, other = _get(cookie=cookie), _get(f"/pixels/{SLIDE}/1/tiles/0/3/3", cookie=cookie)
    split = other[:30] + b"|" + other[30:200] + b"|" + other[200:]
    answers = _in_turn(port, [first, split, first, other[:-1] + b"|" + other[-1:], other], pause_s=0.05)
    assert [status for status, _ in answers] == [200] * 5
    assert answers[0] == answers[2] != answers[1] == answers[3] == answers[4]
    assert [answer[2] for answer in _talk(port, first + first + other, 3)] == [answers[0][1], answers[0][1], answers[1][1]]
    post = _get("/save", method="POST", cookie=cookie, more=f"Content-Length: {len(first)}\r\n") + first
    together = _in_turn(port, [first, post, first])
    assert together[1][1] == b"POST /save " + first
    assert together[2] == answers[0]


def test_a_connection_over_which_tiles_go_is_kept_and_an_idle_one_closed(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    began = TileProtocol.__init__

    def hasty(self: TileProtocol, *args: Any, **kwargs: Any) -> None:
        began(self, *args, **kwargs)
        self.timeout_keep_alive = 1

    monkeypatch.setattr(TileProtocol, "__init__", hasty)
    request = _get()
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection, connection.makefile("rb") as stream:
        for _ in range(6):
            connection.sendall(request)
            assert _answer(stream)[0] == 200
            time.sleep(0.4)
        assert stream.read() == b"", "closed after a second without a request"
