"""How deep a JSON text is nested and how long its words are, seen before a parser gets it.

Each level costs a streaming parser the path to it once more, and each piece of a word that has no end the whole word once more.
"""

from __future__ import annotations

import re
from typing import Final

import numpy as np

MAX_DEPTH: Final = 64
MAX_WORD_BYTES: Final = 4 << 20
_SPECIAL: Final = re.compile(rb'\\.|["\[\]{}]', re.DOTALL)
_OPENING, _CLOSING = frozenset(b"[{"), frozenset(b"]}")
_STEPS: Final = np.zeros(256, np.int8)
_STEPS[list(_OPENING)] = 1
_STEPS[list(_CLOSING)] = -1
_QUOTE: Final = ord('"')
_ENDS: Final = (b",", b"]", b"}", b":", b" ", b"\n")


class TooDeep(ValueError):
    """Brackets within brackets, more than `MAX_DEPTH` of them."""


class TooLong(ValueError):
    """A string or number of more than about `MAX_WORD_BYTES`."""


class DepthGuard:
    """Follows a text piece by piece."""

    def __init__(self) -> None:
        self._depth = 0
        self._in_string = False
        self._carried = b""
        self._word_bytes = 0

    def feed(self, piece: bytes) -> None:
        """Look at the next piece.

        Raises:
            TooDeep: when the text is nested too deeply.
            TooLong: when a word in it has no end.
        """
        piece = self._carried + piece
        # A backslash at the end belongs to what comes next; after an even number of them nothing is left to belong.
        slashes = len(piece) - len(piece.rstrip(b"\\"))
        self._carried = piece[-1:] if slashes % 2 else b""
        piece = piece[: len(piece) - slashes % 2]
        # Counted by pieces: a word that ends within one is short enough.
        ends = (b'"',) if self._in_string else (b'"', *_ENDS)
        self._word_bytes = 0 if any(end in piece for end in ends) else self._word_bytes + len(piece)
        if self._word_bytes > MAX_WORD_BYTES:
            raise TooLong
        if b'\\"' in piece or b"\\\\" in piece:
            self._step_by_step(piece)
        elif piece:
            self._at_once(piece)

    def _at_once(self, piece: bytes) -> None:
        """Where no quote is escaped, every second one ends a string."""
        codes = np.frombuffer(piece, np.uint8)
        quotes = np.cumsum(codes == _QUOTE, dtype=np.int64)
        outside = (quotes & 1) == int(self._in_string)
        depths = self._depth + np.cumsum(np.where(outside, _STEPS[codes], 0), dtype=np.int64)
        self._depth = int(depths[-1])
        self._in_string ^= bool(quotes[-1] & 1)
        if int(depths.max()) > MAX_DEPTH:
            raise TooDeep

    def _step_by_step(self, piece: bytes) -> None:
        for match in _SPECIAL.finditer(piece):
            code = piece[match.start()]
            if code == _QUOTE:
                self._in_string = not self._in_string
            elif not self._in_string:
                self._depth += (code in _OPENING) - (code in _CLOSING)
                if self._depth > MAX_DEPTH:
                    raise TooDeep
