"""Reading ``multipart/related`` (RFC 2387, RFC 2046 5.1) a piece at a time: memory holds one piece, whatever the sender says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

PIECE_BYTES: Final = 256 << 10
MAX_PARTS: Final = 10_000
_MAX_PREAMBLE_BYTES: Final = 64 << 10
_MAX_HEAD_BYTES: Final = 16 << 10
# RFC 2046 permits 70 characters; Orthanc sends 73.
_BOUNDARY: Final = re.compile(r"[0-9A-Za-z'()+_,\-./:=? ]{0,199}[0-9A-Za-z'()+_,\-./:=?]")
_PARAMETER: Final = re.compile(r';\s*([!#$%&\'*+.^_`|~0-9A-Za-z-]+)\s*=\s*(?:"([^"]*)"|([^;"\s]*))')


class BrokenMultipart(ValueError):
    """The body is no multipart message, or ends before its end."""


class ContentType(NamedTuple):
    """A Content-Type taken apart: lower-case media type, and its parameters by lower-case name."""

    media_type: str
    parameters: dict[str, str]


def parse_content_type(text: str) -> ContentType:
    """A Content-Type header; empty where it says nothing."""
    found = {match[1].lower(): match[2] if match[2] is not None else match[3] for match in _PARAMETER.finditer(text[:1024])}
    return ContentType(text.partition(";")[0].strip().lower(), found)


class Part:
    """One part; its bytes are read once, before the next part is asked for.

    Attributes:
        content_type: as the part says it.
    """

    def __init__(self, content_type: ContentType, pieces: Iterator[bytes]) -> None:
        self.content_type = content_type
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces


def parts(read: Callable[[int], bytes], boundary: str) -> Iterator[Part]:
    """Yield the parts of a message. What of a part was not read is passed over.

    Args:
        read: gives at most so many bytes of the body, none at its end.
        boundary: as the Content-Type says it.

    Raises:
        BrokenMultipart: when there is no such boundary, too many parts, or no end.
    """
    if not _BOUNDARY.fullmatch(boundary):
        raise BrokenMultipart("the boundary is none")
    body = _Body(read, b"\r\n--" + boundary.encode("ascii"))
    body.pass_preamble()
    for _number in range(MAX_PARTS):
        if body.at_end():
            return
        part = Part(body.head(), body.pieces())
        yield part
        for _piece in part:
            pass
    if not body.at_end():
        raise BrokenMultipart("more parts than are taken at a time")


class _Body:
    """The bytes of the message, of which only what stands before the next delimiter is given out."""

    def __init__(self, read: Callable[[int], bytes], delimiter: bytes) -> None:
        self._read, self._delimiter = read, delimiter
        # The first delimiter may stand at the very beginning, without a line before it.
        self._held = b"\r\n"

    def _more(self) -> None:
        piece = self._read(PIECE_BYTES)
        if not piece:
            raise BrokenMultipart("the body ends before its end")
        self._held += piece

    def pass_preamble(self) -> None:
        """Go to behind the first delimiter."""
        while (at := self._held.find(self._delimiter)) < 0:
            if len(self._held) > _MAX_PREAMBLE_BYTES:
                raise BrokenMultipart("the boundary does not come")
            self._more()
        self._held = self._held[at + len(self._delimiter) :]

    def at_end(self) -> bool:
        """Return whether the delimiter just passed was the closing one; otherwise go to behind its line."""
        while len(self._held) < 2:
            self._more()
        if self._held.startswith(b"--"):
            return True
        line, self._held = self._until(b"\r\n", 256)
        if line.strip(b" \t"):
            raise BrokenMultipart("something stands behind a boundary")
        return False

    def _until(self, mark: bytes, limit: int) -> tuple[bytes, bytes]:
        while (at := self._held.find(mark)) < 0:
            if len(self._held) > limit:
                raise BrokenMultipart("a line without end")
            self._more()
        return self._held[:at], self._held[at + len(mark) :]

    def head(self) -> ContentType:
        """Read the headers of a part; of them only the type matters."""
        if self._held.startswith(b"\r\n"):  # no header at all
            self._held = self._held[2:]
            return ContentType("", {})
        text, self._held = self._until(b"\r\n\r\n", _MAX_HEAD_BYTES)
        for line in text.decode("latin-1").split("\r\n"):
            name, _, value = line.partition(":")
            if name.strip().lower() == "content-type":
                return parse_content_type(value.strip())
        return ContentType("", {})

    def pieces(self) -> Iterator[bytes]:
        """Yield what stands before the next delimiter, and go to behind that."""
        while (at := self._held.find(self._delimiter)) < 0:
            # The beginning of a delimiter may lie at the end of what is held.
            sure = len(self._held) - len(self._delimiter)
            if sure > 0:
                given, self._held = self._held[:sure], self._held[sure:]
                yield given
            self._more()
        given, self._held = self._held[:at], self._held[at + len(self._delimiter) :]
        if given:
            yield given
