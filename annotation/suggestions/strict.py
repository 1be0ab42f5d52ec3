"""Reading an answer: bytes with a limit, then JSON with nothing that JSON does not have."""

import json
import math
import zlib
from collections.abc import Iterable
from typing import Any

from annotation.suggestions.errors import EndpointError


def read_bounded(chunks: Iterable[bytes], *, encoding: str, limit: int) -> bytes:
    """Return the whole body, cut off with an error at the limit, before and after unpacking.

    Raises:
        EndpointError: ``endpoint_too_large`` above the limit, ``endpoint_bad_answer`` for an encoding nobody asked for.
    """
    encoding = encoding.strip().lower()
    if encoding not in {"", "identity", "gzip", "deflate"}:
        raise EndpointError("endpoint_bad_answer", "the answer is packed in a way that was not asked for")
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 32) if encoding in {"gzip", "deflate"} else None
    body = bytearray()
    received = 0
    for chunk in chunks:
        received += len(chunk)
        try:
            body += unpack.decompress(chunk, limit + 1 - len(body)) if unpack else chunk
        except zlib.error as error:
            raise EndpointError("endpoint_bad_answer", "the packed answer cannot be unpacked") from error
        if received > limit or len(body) > limit or (unpack and unpack.unconsumed_tail):
            raise EndpointError("endpoint_too_large", f"the answer is larger than {limit >> 20} MiB")
    return bytes(body)


def parse_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object in the body.

    Raises:
        EndpointError: ``endpoint_bad_answer`` for anything else: HTML, NaN, infinity, doubled keys, deep nesting.
    """
    try:
        document = json.loads(
            body.decode("utf-8"), parse_constant=_refuse_constant, parse_float=_finite, object_pairs_hook=_without_doubles
        )
    except (ValueError, RecursionError) as error:
        raise EndpointError("endpoint_bad_answer", "the answer is not strict JSON") from error
    if not isinstance(document, dict):
        raise EndpointError("endpoint_bad_answer", "the answer is not a JSON object")
    return document


def _refuse_constant(name: str) -> float:
    raise ValueError(name)


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key occurs twice")
    return found
