"""What is answered to a request for pixels, without any web framework.

The order is fixed: grant, then image, then the tile as the slide stores it, then cache, then decoder. A tile that lies
ready is no reason to show it to somebody who may not see it, and an image that does not exist looks the same as one that
is not granted.
"""

from __future__ import annotations

import json
import re
import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, NamedTuple

from viewer.readers import errors, views
from viewer.tiles.film import Stream, stream_answer, times_of
from viewer.tiles.packing import GZIP, packing_for
from viewer.tiles.pool import Encoded, PixelPool, default_pool
from viewer.tiles.quick import FOR_EVER, SAFE_HEADERS, QuickTiles, is_granted, is_known, stored_tag
from viewer.tiles.rendered import Outcome, Rendered
from viewer.tiles.stored.shelf import Shelf

PREFIX: Final = "/pixels/"
# Behind a tile's address: with the slide's colour profile applied, which no stored tile has; as in `_ADDRESS`.
IN_SRGB: Final = "?icc=1"
RENDER_VERSION: Final = "2"
MANIFESTS_KEPT: Final = 256
MAX_MANIFEST_BYTES: Final = 32 << 20
_ADDRESS: Final = re.compile(
    r"/pixels/(?P<image>[0-9a-fA-F-]{32,36})/(?P<revision>[A-Za-z0-9._-]{1,64})/"
    rf"(?:(?:views/(?P<view>{views.PATTERN})/)?"
    r"tiles/(?P<level>[0-9]{1,3})/(?P<column>[0-9]{1,9})/(?P<row>[0-9]{1,9})(?P<srgb>\?icc=1)?|"
    r"(?P<sort>frames|overlays)/(?P<frame>[0-9]{1,9})|(?P<film>stream|times|strip))"
)
_PACKED: Final = re.compile(r"/pixels/(?P<image>[0-9a-fA-F-]{32,36})/(?P<revision>[A-Za-z0-9._-]{1,64})/packed/(?P<part>[a-z0-9_-]{1,32})")
_IMAGE: Final = re.compile(r"/pixels/(?P<image>[0-9a-fA-F-]{32,36})/")
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
        packed: gives a part of something else that is granted like an image, by its id and the part's name, as a gzip stream;
            None where there is no such part.
    """

    data_dir: Path
    signing_key: bytes = field(repr=False)
    cache_bytes: int
    packed: Callable[[uuid.UUID, str], bytes | None] | None = None


class Request(NamedTuple):
    """What is asked for; arguments as for `PixelService.reply`."""

    method: str
    path: str
    headers: dict[str, str]


class Reply(NamedTuple):
    """A complete answer; the body is left out for HEAD by the adapter, and read piece by piece where it is a stream."""

    status: int
    headers: dict[str, str]
    body: bytes | Stream


class _Wanted(NamedTuple):
    """What has to be made for somebody who may see it, and how the answer is known again."""

    image_id: uuid.UUID
    address: re.Match[str]
    source: dict[str, Any]
    key: str
    tag: str
    packing: str

    def held(self) -> dict[str, str]:
        """The headers that say how long the answer holds."""
        varies = {"Vary": "Accept-Encoding"} if self.address["sort"] == "frames" else {}
        return {"ETag": self.tag, **FOR_EVER, **varies}

    def reply(self, outcome: Outcome) -> Reply:
        """The answer with what was made."""
        if isinstance(outcome, errors.ReaderError):
            return _reader_error(outcome)
        length = {"Content-Type": outcome.content_type, "Content-Length": str(len(outcome.body))}
        return Reply(HTTPStatus.OK, {**self.held(), **outcome.headers, **length}, outcome.body)


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
        self._rendered = Rendered(settings.data_dir / "cache", settings.cache_bytes)
        self._manifests: OrderedDict[str, tuple[int, dict[str, Any]]] = OrderedDict()
        self._lock = threading.Lock()
        self._shelf = Shelf(settings.data_dir / "manifests")
        self.quick = QuickTiles(self._shelf, settings.signing_key)

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
        if method not in {"GET", "HEAD"}:
            return None
        found = self.quick.answer(path, headers.get("cookie", "").encode("latin-1"), headers.get("if-none-match", "").encode("latin-1"))
        if found is None:
            return None
        return _not_modified(found.tag) if found.pieces is None else _jpeg(found.tag, b"".join(found.pieces))

    def reply(self, method: str, path: str, headers: dict[str, str]) -> Reply:
        """The answer to one request; may wait for a disk or a decoder.

        Args:
            method: as sent, upper case.
            path: decoded, without query but for `IN_SRGB`.
            headers: lower-case names; `cookie`, `if-none-match`, `accept-encoding`, `range` and `if-range` matter.
        """
        try:
            return self._answer(method, path, headers)
        except _Refusal as refusal:
            return _error(refusal.status, refusal.code, *_TEXTS[refusal.code])
        except errors.ReaderError as error:
            return _reader_error(error)

    def reply_together(self, requests: Sequence[Request]) -> list[Reply | None]:
        """The answers to GET requests of one `together`; None for one that has to be asked for by itself with `reply`.

        Tiles that have to be made are made together, and then one that ends its worker is not known from the others.
        """
        replies: list[Reply | None] = [None] * len(requests)
        wanted: dict[str, tuple[int, _Wanted]] = {}
        for number, (_, path, headers) in enumerate(requests):
            try:
                found = self._found(path, headers)
            except (_Refusal, errors.ReaderError):
                continue
            if isinstance(found, Reply):
                replies[number] = found
            else:
                wanted.setdefault(found.key, (number, found))
        ones = [one for _, one in wanted.values()]
        if ones:
            with suppress(errors.ReaderError):
                outcomes = self._rendered.several(ones[0].image_id.hex, list(wanted), partial(self._render_several, ones))
                for (number, one), outcome in zip(wanted.values(), outcomes, strict=True):
                    replies[number] = one.reply(outcome)
        return replies

    def _answer(self, method: str, path: str, headers: dict[str, str]) -> Reply:
        if method not in {"GET", "HEAD"}:
            raise _Refusal(HTTPStatus.METHOD_NOT_ALLOWED, "method_not_allowed")
        if (packed := _PACKED.fullmatch(path)) is not None:
            return self._packed(packed, headers)
        found = self._found(path, headers)
        if isinstance(found, Reply):
            return found
        if found.address["film"] == "stream":
            status, stated, body = stream_answer(found.source, method, headers, found.tag)
            return Reply(status, {**FOR_EVER, **stated}, body)
        if found.address["film"] == "times":
            return self._times(found.image_id, found.source, found.tag)
        return found.reply(self._rendered.one(found.image_id.hex, found.key, partial(self._render, found)))

    def _found(self, path: str, headers: dict[str, str]) -> Reply | _Wanted:
        """The answer with what need not be made; else what has to be made, for whoever may have it."""
        image_id, address, source = self._addressed(path, headers)
        stored = self._stored(image_id, address, source, headers)
        if stored is not None:
            return stored
        is_frame = address["sort"] == "frames"
        packing = packing_for(headers.get("accept-encoding", "")) if is_frame else GZIP
        key = _rendered_key(path, packing)
        tag = f'"{blake2b(key.encode(), digest_size=12).hexdigest()}"'
        wanted = _Wanted(image_id, address, source, key, tag, packing)
        return Reply(HTTPStatus.NOT_MODIFIED, wanted.held(), b"") if is_known(tag, headers.get("if-none-match")) else wanted

    def _addressed(self, path: str, headers: dict[str, str]) -> tuple[uuid.UUID, re.Match[str], dict[str, Any]]:
        """The image that is asked for and granted, the address in its parts, and where the pixels lie."""
        image = _IMAGE.match(path)
        if image is None:
            raise _Refusal(HTTPStatus.NOT_FOUND, "bad_address")
        image_id = self._granted(image["image"], headers)
        address = _ADDRESS.fullmatch(path)
        if address is None:
            raise _Refusal(HTTPStatus.NOT_FOUND, "bad_address")
        manifest = self._manifest(image_id)
        if str(manifest.get("revision")) != address["revision"]:
            raise _Refusal(HTTPStatus.NOT_FOUND, "image_not_found")
        source: dict[str, Any] = manifest["source"]
        if address["view"] is not None:
            _check_view(address["view"], source)
        return image_id, address, source

    def _granted(self, named: str, headers: dict[str, str]) -> uuid.UUID:
        found = _uuid(named)
        if not is_granted(headers.get("cookie", "").encode("latin-1"), found.hex, self._settings.signing_key):
            raise _Refusal(HTTPStatus.FORBIDDEN, "pixels_not_granted")
        return found

    def _packed(self, address: re.Match[str], headers: dict[str, str]) -> Reply:
        granted = self._granted(address["image"], headers)
        tag = f'"{address["revision"]}/{address["part"]}"'
        if is_known(tag, headers.get("if-none-match")):
            return _not_modified(tag)
        body = self._settings.packed(granted, address["part"]) if self._settings.packed else None
        if body is None:
            raise _Refusal(HTTPStatus.NOT_FOUND, "image_not_found")
        said = {"Content-Type": "application/octet-stream", "Content-Encoding": "gzip", "Content-Length": str(len(body))}
        return Reply(HTTPStatus.OK, {"ETag": tag, **FOR_EVER, **said}, body)

    def _stored(self, image_id: uuid.UUID, address: re.Match[str], source: dict[str, Any], headers: dict[str, str]) -> Reply | None:
        """The answer with the tile as the slide stores it, or None where it has to be rendered."""
        if address["level"] is None or address["view"] is not None or address["srgb"] is not None:
            return None
        slide = self._shelf.fetch(image_id, address["revision"], source, self._pool or default_pool())
        place = slide.place(int(address["level"]), int(address["column"]), int(address["row"])) if slide else None
        if slide is None or place is None:
            return None
        tag = stored_tag(address["revision"], address["level"], address["column"], address["row"])
        if is_known(tag, headers.get("if-none-match")):
            return _not_modified(tag)
        pieces = slide.read(place)
        return None if pieces is None else _jpeg(tag, b"".join(pieces))

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

    def _times(self, image_id: uuid.UUID, source: dict[str, Any], tag: str) -> Reply:
        if source.get("kind") != "video":
            raise errors.OutOfRange("no_such_frame")
        packed = times_of(self._settings.data_dir / "manifests", image_id, source, self._pool or default_pool())
        said = {"Content-Type": "application/json", "Content-Encoding": "gzip", "Content-Length": str(len(packed))}
        return Reply(HTTPStatus.OK, {"ETag": tag, **FOR_EVER, **said}, packed)

    def _render(self, wanted: _Wanted) -> Encoded:
        pool, address, source = self._pool or default_pool(), wanted.address, wanted.source
        if address["sort"] == "overlays":
            return pool.overlay(source, int(address["frame"]))
        if address["film"] == "strip":
            return pool.strip(source)
        if address["frame"] is not None:
            return pool.frame(source, int(address["frame"]), packing=wanted.packing)
        place = int(address["level"]), int(address["column"]), int(address["row"])
        if address["srgb"] is not None:
            return pool.tile_in_srgb(source, *place)
        return pool.tile(source, *place, view=address["view"]) if address["view"] else pool.tile(source, *place)

    def _render_several(self, wanted: list[_Wanted], which: list[int]) -> list[Outcome]:
        """Those of some tiles of one level and view that are asked for."""
        address, source = wanted[0].address, wanted[0].source
        cells = [(int(wanted[place].address["column"]), int(wanted[place].address["row"])) for place in which]
        pool, srgb = self._pool or default_pool(), address["srgb"] is not None
        return pool.tiles(source, int(address["level"]), cells, view=address["view"] or "", srgb=srgb)


def together(method: str, path: str) -> str | None:
    """What requests have in common that are better answered together: tiles of one level, image and view; None for all others."""
    level, _, cell = path.rpartition("/tiles/")
    number, _, place = cell.partition("/")
    if method != "GET" or not level or not number.isdigit():
        return None
    return f"{level}/{number}{IN_SRGB if place.endswith(IN_SRGB) else ''}"


def _check_view(view: str, source: dict[str, Any]) -> None:
    """Refuse a view that the image does not have, or that is not written in its one way, before the cache is asked.

    Raises:
        OutOfRange: `no_such_view`.
    """
    allowed = source.get("views") or {}
    views.parse_view(view, limits=list(allowed.get("limits", ())), planes=int(allowed.get("planes", 0)))


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise _Refusal(HTTPStatus.NOT_FOUND, "bad_address") from error


def _rendered_key(path: str, packing: str) -> str:
    """What tells an answer that is not stored in the slide from all others."""
    return f"{RENDER_VERSION}{path.lower()}" + ("" if packing == GZIP else f"#{packing}")


def _not_modified(tag: str) -> Reply:
    return Reply(HTTPStatus.NOT_MODIFIED, {"ETag": tag, **FOR_EVER}, b"")


def _jpeg(tag: str, body: bytes) -> Reply:
    return Reply(HTTPStatus.OK, {"ETag": tag, **FOR_EVER, "Content-Type": "image/jpeg", "Content-Length": str(len(body))}, body)


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
        **SAFE_HEADERS,
    }
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = "GET, HEAD"
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = "2"
    return Reply(status, headers, body)
