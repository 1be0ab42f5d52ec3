"""An instance on its way in: written to quarantine piece by piece, then given to the catalogue, and what the sender is told of it."""

import logging
from typing import Final, NamedTuple, Protocol

from django.db import DatabaseError, connections
from django.utils import translation

from viewer.models import Collection
from viewer.receiver import dimse
from viewer.receiver.head import HEAD_BYTES, identity, write_meta
from viewer.receiver.storing import SUFFIX, store
from viewer.services.reasons import RETRY_LATER, Refused
from viewer.services.storage import Quarantine

_log = logging.getLogger(__name__)
_NO_RESOURCES: Final = RETRY_LATER | {"too_large"}


class Outcome(NamedTuple):
    """What is answered for one instance.

    Attributes:
        status: 0000 only when the instance is in the catalogue and on the disk (PS3.4 table B.2-1).
        comment: why it is refused, in English; for a success a notice at most.
        known: whether it was there already.
    """

    status: int
    comment: str = ""
    known: bool = False


class Incoming(Protocol):
    """Where the bytes of a data set go."""

    def write(self, piece: bytes | memoryview) -> None:
        """Take the next bytes."""

    def finish(self) -> Outcome:
        """Say what became of them; blocks for as long as storing takes."""

    def discard(self) -> None:
        """Forget what is there; harmless after :meth:`finish`."""


class Unwanted:
    """The data set of a request that is refused already: it is read to its end, because the answer comes behind it."""

    def __init__(self, status: int, comment: str) -> None:
        self._outcome = Outcome(status, comment)

    def write(self, piece: bytes | memoryview) -> None:
        """Let it fall."""

    def finish(self) -> Outcome:
        """Return the refusal."""
        return self._outcome

    def discard(self) -> None:
        """Nothing is there."""


class Arriving:
    """An instance that may be taken. All but :meth:`finish` is quick enough for an event loop."""

    def __init__(self, collection: Collection, command: dimse.Command, syntax: str, *, limit_bytes: int) -> None:
        self._collection, self._command, self._syntax = collection, command, syntax
        self._limit_bytes, self._taken = limit_bytes, 0
        self._head = bytearray()
        self._refused: Refused | None = None
        self._quarantine = Quarantine(f"instance{SUFFIX}")
        self._write_file(write_meta(command.sop_class, command.sop_instance, syntax), first=True)

    def write(self, piece: bytes | memoryview) -> None:
        """Append to the file; what comes after a refusal is let fall."""
        self._taken += len(piece)
        if self._taken > self._limit_bytes and self._refused is None:
            self._refuse(Refused("too_large", f"{self._limit_bytes >> 20} MiB"))
        if len(self._head) < HEAD_BYTES:
            self._head += piece[: HEAD_BYTES - len(self._head)]
        self._write_file(bytes(piece))

    def _write_file(self, piece: bytes, *, first: bool = False) -> None:
        if self._refused is not None:
            return
        try:
            if first:
                self._quarantine.open()
            self._quarantine.write(piece)
        except Refused as refusal:
            self._refuse(refusal)

    def _refuse(self, refusal: Refused) -> None:
        self._refused = refusal
        self._quarantine.remove()

    def finish(self) -> Outcome:
        """Store the instance; runs in a thread of its own."""
        try:
            with translation.override("en"):
                return self._stored()
        except DatabaseError:
            _log.exception("the catalogue could not be asked")
            return Outcome(dimse.OUT_OF_RESOURCES, "storage_failed: the catalogue cannot be reached")
        finally:
            self._quarantine.remove()
            connections.close_all()

    def _stored(self) -> Outcome:
        if self._refused is not None:
            return _refusal(self._refused.code, self._refused.text)
        found = identity(bytes(self._head), self._syntax)
        if found is not None and found != (self._command.sop_class, self._command.sop_instance):
            return Outcome(dimse.DOES_NOT_MATCH, "the data set is another instance than the one announced")
        result = store(self._collection, self._quarantine, self._command.sop_instance)
        return Outcome(dimse.SUCCESS, result.code, result.known) if result.digest else _refusal(result.code, result.text)

    def discard(self) -> None:
        """Remove the file."""
        self._quarantine.remove()


def _refusal(code: str, text: str) -> Outcome:
    """Return the status of a refusal: what may be sent again later is told apart from what never will be taken."""
    return Outcome(dimse.OUT_OF_RESOURCES if code in _NO_RESOURCES else dimse.CANNOT_UNDERSTAND, f"{code}: {text}")
