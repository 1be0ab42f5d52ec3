"""What is answered to a request for pixels, without any web framework.

The order is fixed: grant, then image, then the tile as the slide stores it, then cache, then decoder. A tile that lies
ready is no reason to show it to somebody who may not see it, and an image that does not exist looks the same as one that
is not granted.
"""

from __future__ import annotations

import json
import re
import threading
import time
import uuid
from collections import OrderedDict
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, NamedTuple

from viewer.readers import errors
from viewer.tiles import grant
from viewer.tiles.cache import TileCache
from viewer.tiles.film import Stream, stream_answer, times_of
from viewer.tiles.pool import Encoded, PixelPool, default_pool
from viewer.tiles.stored.shelf import Shelf

PREFIX: Final = "/pixels/"
RENDER_VERSION: Final = "1"
STORED_VERSION: Final = "s1"
MANIFESTS_KEPT: Final = 256
MAX_MANIFEST_BYTES: Final = 32 << 20
_ADDRESS: Final = re.compile(
    r"/pixels/(?P<image>[0-9a-fA-F-]{32,36})/(?P<revision>[A-Za-z0-9._-]{1,64})/"
    r"(?:tiles/(?P<level>[0-9]{1,3})/(?P<column>[0-9]{1,9})/(?P<row>[0-9]{1,9})|frames/(?P<frame>[0-9]{1,9})|(?P<film>stream|times|strip))"
)
_IMAGE: Final = re.compile(r"/pixels/(?P<image>[0-9a-fA-F-]{32,36})/")
_SAFE_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}
_FOR_EVER: Final = {"Cache-Control": "private, max-age=31536000, immutable", **_SAFE_HEADERS}
_TEXTS: Final = {
    "pixels_not_granted": ("You may not see this image, or have not opened it.", "Open the image again."),
    "image_not_found": ("There is no such image, or it has changed.", "Reload the page."),
    "bad_address": ("The address names no tile and no frame.", "Reload the page."),
    "method_not_allowed": ("Pixels are only read.", "Use GET or HEAD."),
}
_STATUS_BY_TYPE: Final[tuple[tuple[type[errors.ReaderError], HTTPStatus], ...]] = (
    (errors.OutOfRange, HTTPStatus.NOT_FOUND),
    (errors.WorkerBusy, HTTPStatus.SERVICE_UNAVAILABLE),
    (errors.WorkerTimeout, HTTPStatus.SERVICE_UNAVAILABLE),
)


@dataclass(frozen=True, slots=True)
class PixelSettings:
    """What serving pixels needs to know.

    Attributes:
        data_dir: holds `manifests/` (read) and `cache/` (written).
        signing_key: seals the grants; shared with whoever opens images.
        cache_bytes: limit of the disk cache.
    """

    data_dir: Path
    signing_key: bytes = field(repr=False)
    cache_bytes: int


class Reply(NamedTuple):
    """A complete answer; the body is left out for HEAD by the adapter, and read piece by piece where it is a stream."""

    status: int
    headers: dict[str, str]
    body: bytes | Stream


class _Refusal(Exception):
    def __init__(self, status: HTTPStatus, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


class PixelService:
    """Answers requests for tiles and frames; thread-safe.

    Args:
        settings: where things lie, and the key.
        pool: decoders; the process's own pool when left out.
    """

    def __init__(self, settings: PixelSettings, pool: PixelPool | None = None) -> None:
        self._settings = settings
        self._pool = pool
        self._cache = TileCache(settings.data_dir / "cache", settings.cache_bytes)
        self._manifests: OrderedDict[str, tuple[int, dict[str, Any]]] = OrderedDict()
        self._lock = threading.Lock()
        self._running: dict[str, Future[Encoded]] = {}
        self._shelf = Shelf(settings.data_dir / "manifests")

    def start(self) -> None:
        """Start the decoders before anybody waits for them."""
        (self._pool or default_pool()).warm_up()

    def stop(self) -> None:
        """Stop the decoders."""
        (self._pool or default_pool()).close()

    def reply_at_once(self, method: str, path: str, headers: dict[str, str]) -> Reply | None:
        """The answer to one request if it takes microseconds: a stored tile of an open slide, in memory.

        None for everything else, refusals among it: then `reply` has to be asked, where waiting hurts nobody.

        Args:
            method: as sent, upper case.
            path: decoded, without query.
            headers: as for `reply`.
        """
        address = _ADDRESS.fullmatch(path)
        if address is None or address["level"] is None or method not in {"GET", "HEAD"}:
            return None
        image = address["image"]
        slide = self._shelf.ready(grant.canonical(image), address["revision"])
        if slide is None or not self._is_granted(image, headers.get("cookie", "")):
            return None
        place = slide.place(int(address["level"]), int(address["column"]), int(address["row"]))
        if place is None:
            return None
        tag = _tag(STORED_VERSION, path)
        if _is_known(tag, headers):
            return _not_modified(tag)
        body = slide.read_at_once(place)
        return None if body is None else _jpeg(tag, body)

    def reply(self, method: str, path: str, headers: dict[str, str]) -> Reply:
        """The answer to one request; may wait for a disk or a decoder.

        Args:
            method: as sent, upper case.
            path: decoded, without query.
            headers: lower-case names; `cookie`, `if-none-match`, `range` and `if-range` matter.
        """
        try:
            return self._answer(method, path, headers)
        except _Refusal as refusal:
            return _error(refusal.status, refusal.code, *_TEXTS[refusal.code])
        except errors.ReaderError as error:
            return _reader_error(error)

    def _answer(self, method: str, path: str, headers: dict[str, str]) -> Reply:
        if method not in {"GET", "HEAD"}:
            raise _Refusal(HTTPStatus.METHOD_NOT_ALLOWED, "method_not_allowed")
        image = _IMAGE.match(path)
        if image is None:
            raise _Refusal(HTTPStatus.NOT_FOUND, "bad_address")
        image_id = _uuid(image["image"])
        if not self._is_granted(image_id, headers.get("cookie", "")):
            raise _Refusal(HTTPStatus.FORBIDDEN, "pixels_not_granted")
        address = _ADDRESS.fullmatch(path)
        if address is None:
            raise _Refusal(HTTPStatus.NOT_FOUND, "bad_address")
        manifest = self._manifest(image_id)
        if str(manifest.get("revision")) != address["revision"]:
            raise _Refusal(HTTPStatus.NOT_FOUND, "image_not_found")
        stored = self._stored(image_id, path, address, manifest["source"], headers)
        if stored is not None:
            return stored
        tag = _tag(RENDER_VERSION, path)
        if _is_known(tag, headers):
            return _not_modified(tag)
        if address["film"] == "stream":
            status, said, body = stream_answer(manifest["source"], method, headers, tag)
            return Reply(status, {**_FOR_EVER, **said}, body)
        if address["film"] == "times":
            return self._times(image_id, manifest["source"], tag)
        encoded = self._encoded(image_id.hex, path, address, manifest["source"])
        length = {"Content-Type": encoded.content_type, "Content-Length": str(len(encoded.body))}
        return Reply(HTTPStatus.OK, {"ETag": tag, **_FOR_EVER, **encoded.headers, **length}, encoded.body)

    def _is_granted(self, image_id: object, cookie_header: str) -> bool:
        expires_s = _granted_until(cookie_header, grant.canonical(image_id), self._settings.signing_key)
        return expires_s is not None and time.time() < expires_s

    def _stored(
        self, image_id: uuid.UUID, path: str, address: re.Match[str], source: dict[str, Any], headers: dict[str, str]
    ) -> Reply | None:
        """The answer with the tile as the slide stores it, or None where it has to be rendered."""
        if address["level"] is None:
            return None
        slide = self._shelf.fetch(image_id, address["revision"], source, self._pool or default_pool())
        place = slide.place(int(address["level"]), int(address["column"]), int(address["row"])) if slide else None
        if slide is None or place is None:
            return None
        tag = _tag(STORED_VERSION, path)
        if _is_known(tag, headers):
            return _not_modified(tag)
        body = slide.read(place)
        return None if body is None else _jpeg(tag, body)

    def _manifest(self, image_id: uuid.UUID) -> dict[str, Any]:
        path = self._settings.data_dir / "manifests" / f"{image_id}.json"
        try:
            status = path.stat()
            with self._lock:
                kept = self._manifests.get(image_id.hex)
                if kept is not None and kept[0] == status.st_mtime_ns:
                    self._manifests.move_to_end(image_id.hex)
                    return kept[1]
            if status.st_size > MAX_MANIFEST_BYTES:
                raise _Refusal(HTTPStatus.NOT_FOUND, "image_not_found")
            manifest = json.loads(path.read_bytes())
        except (OSError, ValueError) as error:
            raise _Refusal(HTTPStatus.NOT_FOUND, "image_not_found") from error
        if not isinstance(manifest, dict) or not isinstance(manifest.get("source"), dict):
            raise _Refusal(HTTPStatus.NOT_FOUND, "image_not_found")
        with self._lock:
            self._manifests[image_id.hex] = (status.st_mtime_ns, manifest)
            while len(self._manifests) > MANIFESTS_KEPT:
                self._manifests.popitem(last=False)
        return manifest

    def _encoded(self, image: str, path: str, address: re.Match[str], source: dict[str, Any]) -> Encoded:
        key = f"{RENDER_VERSION}{path.lower()}"
        stored = self._cache.get(image, key)
        if stored is not None:
            return stored
        with self._lock:
            future = self._running.get(key)
            first = future is None
            if future is None:
                future = self._running[key] = Future()
        if not first:
            return future.result()
        try:
            encoded = self._render(address, source)
            self._cache.put(image, key, encoded)
            future.set_result(encoded)
        except BaseException as error:
            future.set_exception(error)
            raise
        finally:
            with self._lock:
                self._running.pop(key, None)
        return encoded

    def _times(self, image_id: uuid.UUID, source: dict[str, Any], tag: str) -> Reply:
        if source.get("kind") != "video":
            raise errors.OutOfRange("no_such_frame")
        packed = times_of(self._settings.data_dir / "manifests", image_id, source, self._pool or default_pool())
        said = {"Content-Type": "application/json", "Content-Encoding": "gzip", "Content-Length": str(len(packed))}
        return Reply(HTTPStatus.OK, {"ETag": tag, **_FOR_EVER, **said}, packed)

    def _render(self, address: re.Match[str], source: dict[str, Any]) -> Encoded:
        pool = self._pool or default_pool()
        if address["film"] == "strip":
            return pool.strip(source)
        if address["frame"] is not None:
            return pool.frame(source, int(address["frame"]))
        return pool.tile(source, int(address["level"]), int(address["column"]), int(address["row"]))


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise _Refusal(HTTPStatus.NOT_FOUND, "bad_address") from error


@lru_cache(maxsize=512)  # every tile of an open image brings the same cookies
def _granted_until(cookie_header: str, image: str, key: bytes) -> int | None:
    """When the grant of an image in the cookies ends, seconds since 1970; None without a genuine one."""
    name = grant.cookie_name(image)
    pairs = (pair.strip().partition("=") for pair in cookie_header.split(";"))
    token = next((value for said, _, value in pairs if said == name), "")
    found = grant.verify(token, image, 0, key)
    return None if found is None else found.expires_s


def _tag(version: str, path: str) -> str:
    return f'"{blake2b(f"{version}{path.lower()}".encode(), digest_size=12).hexdigest()}"'


def _is_known(tag: str, headers: dict[str, str]) -> bool:
    known = headers.get("if-none-match")
    return known is not None and tag in {part.strip().removeprefix("W/") for part in known.split(",")}


def _not_modified(tag: str) -> Reply:
    return Reply(HTTPStatus.NOT_MODIFIED, {"ETag": tag, **_FOR_EVER}, b"")


def _jpeg(tag: str, body: bytes) -> Reply:
    return Reply(HTTPStatus.OK, {"ETag": tag, **_FOR_EVER, "Content-Type": "image/jpeg", "Content-Length": str(len(body))}, body)


def _reader_error(error: errors.ReaderError) -> Reply:
    status = next((status for kind, status in _STATUS_BY_TYPE if isinstance(error, kind)), HTTPStatus.UNPROCESSABLE_ENTITY)
    if error.code in {"pool_closed"}:
        status = HTTPStatus.SERVICE_UNAVAILABLE
    return _error(status, error.code, error.text, error.hint)


def _error(status: HTTPStatus, code: str, message: str, hint: str) -> Reply:
    body = json.dumps({"error": {"code": code, "message": message, "hint": hint}}).encode()
    headers = {
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        **_SAFE_HEADERS,
    }
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = "GET, HEAD"
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = "2"
    return Reply(status, headers, body)
