"""The stored stream of a video over HTTP: ranges as RFC 9110 has them, the same through ASGI and WSGI."""

from __future__ import annotations

import gzip
import json
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests import clips
from tests.viewer.pixels.test_app import KEY, _asgi_server, _wsgi_server
from viewer.tiles import film, grant
from viewer.tiles.pool import PixelPool
from viewer.tiles.ranges import Part, Unsatisfiable, asked_part
from viewer.tiles.service import PixelSettings

VIDEO, SPLIT, FRAMES_ONLY = (uuid.UUID(int=(9 << 76) + number) for number in range(1, 4))
TAG = '"a tag"'


@pytest.mark.parametrize(
    ("header", "part"),
    [
        (None, None),
        ("bytes=0-", Part(0, 100)),
        ("bytes=0-0", Part(0, 1)),
        ("bytes=10-19", Part(10, 10)),
        ("BYTES = 10 - 19 ", Part(10, 10)),
        ("bytes=990-5000", Part(990, 10)),
        ("bytes=-7", Part(993, 7)),
        ("bytes=-5000", Part(0, 100)),
        ("bytes=500-", Part(500, 100)),
        ("bytes=5-4", None),
        ("bytes=0-1,5-6", None),
        ("bytes=", None),
        ("bytes=-", None),
        ("bytes=a-b", None),
        ("bytes=0x1-2", None),
        ("bytes=99999999999999999999-", None),
        ("seconds=1-2", None),
    ],
)
def test_the_part_that_is_asked_for(header: str | None, part: Part | None) -> None:
    assert asked_part(header, None, TAG, 1_000, 100) == part


@pytest.mark.parametrize("header", ["bytes=1000-", "bytes=1000-1001", "bytes=-0"])
def test_parts_that_are_not_there(header: str) -> None:
    with pytest.raises(Unsatisfiable):
        asked_part(header, None, TAG, 1_000, 100)


def test_a_part_of_another_version_is_not_given() -> None:
    assert asked_part("bytes=0-9", TAG, TAG, 1_000, 100) == Part(0, 10)
    for other in ('"another"', f"W/{TAG}", "Sat, 21 Nov 2026 10:00:00 GMT"):
        assert asked_part("bytes=0-9", other, TAG, 1_000, 100) is None


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> tuple[PixelSettings, bytes]:
    """A video whole, the same video in three parts of another file, and one that is only shown frame by frame."""
    folder = tmp_path_factory.mktemp("film")
    raw = clips.make(folder / "clip.mp4", frames=30).read_bytes()
    third = len(raw) // 3
    parts = [raw[:third], raw[third : 2 * third], raw[2 * third :]]
    (folder / "parts.bin").write_bytes(b"head" + b"item".join(parts) + b"tail")
    places = [(4 + number * (third + 4), len(part)) for number, part in enumerate(parts)]
    (folder / "manifests").mkdir()
    for image_id, name, spans in ((VIDEO, "clip.mp4", [(0, len(raw))]), (SPLIT, "parts.bin", places), (FRAMES_ONLY, "clip.mp4", None)):
        times = str(folder / "manifests" / f"{image_id}.frames")
        strip = {"frames": [0, 15, 29], "columns": 3, "width": 40, "height": 24}
        video = {"media_type": 'video/mp4; codecs="avc1.64000c"', "spans": spans, "strip": strip, "frame_count": 30, "times": times}
        source = {"engine": "video", "kind": "video", "paths": [str(folder / name)], "frame_map": None, "levels": [], "video": video}
        (folder / "manifests" / f"{image_id}.json").write_text(json.dumps({"id": str(image_id), "revision": 1, "source": source}))
    return PixelSettings(data_dir=folder, signing_key=KEY, cache_bytes=50 << 20), raw


@pytest.fixture(scope="module", params=["asgi", "wsgi"])
def client(request: pytest.FixtureRequest, stored: tuple[PixelSettings, bytes]) -> Iterator[httpx.Client]:
    pool = PixelPool(workers=1)
    server = {"asgi": _asgi_server, "wsgi": _wsgi_server}[request.param]
    with server(stored[0], pool) as url, httpx.Client(base_url=url) as asking:
        for image_id in (VIDEO, SPLIT, FRAMES_ONLY):
            asking.cookies.set(grant.cookie_name(image_id), grant.sign(image_id, 1, int(time.time()) + 300, KEY))
        yield asking
    pool.close()


def stream(client: httpx.Client, image_id: uuid.UUID = VIDEO, method: str = "GET", **headers: str) -> httpx.Response:
    return client.request(
        method, f"/pixels/{image_id}/1/stream", headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


@pytest.mark.parametrize("image_id", [VIDEO, SPLIT])
def test_parts_and_wholes(client: httpx.Client, stored: tuple[PixelSettings, bytes], image_id: uuid.UUID) -> None:
    raw = stored[1]
    whole = stream(client, image_id)
    assert (whole.status_code, whole.content) == (200, raw)
    assert (whole.headers["content-type"], whole.headers["accept-ranges"]) == ("video/mp4", "bytes")
    for first in (0, 1, len(raw) // 3 - 2, len(raw) - 5):
        part = stream(client, image_id, Range=f"bytes={first}-{first + 9}")
        assert (part.status_code, part.content) == (206, raw[first : first + 10])
        assert part.headers["content-range"] == f"bytes {first}-{min(first + 9, len(raw) - 1)}/{len(raw)}"
        assert part.headers["etag"] == whole.headers["etag"]
        assert not part.headers["etag"].startswith("W/")
    assert stream(client, image_id, Range="bytes=-9").content == raw[-9:]


def test_heads_and_what_is_not_there(client: httpx.Client, stored: tuple[PixelSettings, bytes]) -> None:
    raw = stored[1]
    head = stream(client, method="HEAD", Range="bytes=0-3")
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(raw)))
    beyond = stream(client, Range=f"bytes={len(raw)}-")
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(raw)}")
    tag = head.headers["etag"]
    assert stream(client, Range="bytes=0-3", If_Range=tag).status_code == 206
    assert stream(client, Range="bytes=0-3", If_Range='"old"').content == raw
    assert stream(client, If_None_Match=tag).status_code == 304
    assert stream(client, FRAMES_ONLY).status_code == 404
    assert stream(client, method="POST").status_code == 405


def test_one_answer_is_bounded(client: httpx.Client, stored: tuple[PixelSettings, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(film, "MOST_BYTES", 1_000)
    monkeypatch.setattr(film, "CHUNK_BYTES", 700)
    raw, got = stored[1], b""
    while len(got) < len(raw):
        part = stream(client, Range=f"bytes={len(got)}-")
        assert part.status_code == 206
        assert 0 < len(part.content) <= 1_000
        got += part.content
    assert got == raw == stream(client).content


def test_times_frames_and_small_pictures(client: httpx.Client, stored: tuple[PixelSettings, bytes]) -> None:
    times = client.get(f"/pixels/{VIDEO}/1/times")
    assert (times.json()["durations"], times.headers["content-encoding"]) == ([[512, 30]], "gzip")
    kept = stored[0].data_dir / "manifests" / f"{VIDEO}.frames"
    assert json.loads(gzip.decompress(kept.read_bytes())) == times.json()
    assert client.get(f"/pixels/{VIDEO}/1/frames/29").headers["content-type"] == "image/jpeg"
    assert client.get(f"/pixels/{VIDEO}/1/frames/30").status_code == 404
    assert client.get(f"/pixels/{VIDEO}/1/strip").headers["content-type"] == "image/jpeg"


def test_a_file_that_is_gone(client: httpx.Client, stored: tuple[PixelSettings, bytes]) -> None:
    moved = Path(stored[0].data_dir / "parts.bin")
    away = moved.rename(moved.with_suffix(".away"))
    answer = stream(client, SPLIT, Range="bytes=0-9")
    away.rename(moved)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "not_found")
