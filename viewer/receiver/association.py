"""One association, from its request to its end: what the peer says is answered in turn (PS3.8 9.2, PS3.7 9.3.1 and 9.3.5)."""

import asyncio
import logging
import time
from asyncio import IncompleteReadError, StreamReader, StreamWriter
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Final

from viewer.receiver import dimse, pdu
from viewer.receiver.arriving import Incoming, Outcome, Unwanted
from viewer.receiver.pdu import ProtocolError
from viewer.receiver.rules import VERIFICATION, Rules, negotiated, refusal

_log = logging.getLogger(__name__)
_MAX_REQUEST_BYTES: Final = 512 << 10
_MAX_COMMAND_BYTES: Final = 4 << 10
_MAX_OTHER_BYTES: Final = 1 << 10

Opener = Callable[[dimse.Command, str], Incoming]
"""Opens the place for an instance that is announced: command and transfer syntax."""


class Association:
    """One peer.

    Attributes:
        established: whether the peer's request was accepted.

    Args:
        streams: the connection.
        rules: what the receiver goes by.
        opener: where instances go.
        threads: in which they are stored.
        stopping: set when no new instance may begin.
    """

    def __init__(
        self, streams: tuple[StreamReader, StreamWriter], rules: Rules, opener: Opener, threads: Executor, stopping: asyncio.Event
    ) -> None:
        self._reader, self._writer = streams
        self._rules, self._opener, self._threads, self._stopping = rules, opener, threads, stopping
        self.established = False
        self._peer = "?"
        self._accepted: dict[int, tuple[str, str]] = {}
        self._command = bytearray()
        self._request: tuple[int, dimse.Command] | None = None
        self._incoming: Incoming | None = None
        self._deadline = 0.0

    async def run(self, *, others: Callable[[], int]) -> None:
        """Speak with the peer until one of the two ends it.

        Args:
            others: how many established associations there are beside this one.
        """
        host = (self._writer.get_extra_info("peername") or ("?",))[0]
        try:
            if await self._opened(host, others):
                await self._serve()
        except ProtocolError as error:
            await self._abort(f"does not speak DICOM: {error}", error.reason)
        except TimeoutError:
            await self._abort("took too long", pdu.BY_USER)
        except (IncompleteReadError, OSError):
            _log.warning("%s left in the middle", self._peer)
        finally:
            if self._incoming is not None:
                self._incoming.discard()
            self._writer.close()

    async def _opened(self, host: str, others: Callable[[], int]) -> bool:
        """Answer the request for an association; return whether it is accepted."""
        self._peer = host
        async with asyncio.timeout(self._rules.request_s):
            kind, body = await self._read()
        if kind == pdu.ABORT:
            return False
        if kind != pdu.ASSOCIATE_RQ:
            raise ProtocolError("no request for an association", pdu.UNEXPECTED_PDU)
        request = pdu.parse_request(body)
        self._peer = f"{request.calling} ({host})"
        refused = refusal(self._rules, request, host=host, others=others())
        if refused is not None:
            _log.warning("%s refused: called %s, result %d, source %d, reason %d", self._peer, request.called, *refused)
            await self._send(pdu.reject(*refused))
            return False
        answers = list(negotiated(request))
        abstract = {each.id: each.abstract for each in request.contexts}
        self._accepted = {each.id: (abstract[each.id], each.syntax) for each in answers if each.result == 0}
        self.established = True
        await self._send(pdu.accept(request, answers, self._rules.pdu_bytes))
        return True

    async def _serve(self) -> None:
        while True:
            message = await self._next()
            if message is None:
                await self._abort("told that the receiver stops", pdu.BY_USER)
                return
            kind, body = message
            if kind == pdu.DATA:
                for fragment in pdu.parse_data(body):
                    await self._take(fragment)
            elif kind == pdu.RELEASE_RQ and self._request is None:
                await self._send(pdu.release_reply())
                return
            elif kind == pdu.ABORT:
                return
            else:
                raise ProtocolError("something else than data", pdu.UNEXPECTED_PDU)

    async def _next(self) -> tuple[int, bytes] | None:
        """Return the next message; None when the receiver stops and nothing is on its way."""
        if self._request is not None:
            left = min(self._deadline - time.monotonic(), self._rules.request_s)
            async with asyncio.timeout(max(0.0, left)):
                return await self._read()
        reading = asyncio.ensure_future(self._read())
        stopped = asyncio.ensure_future(self._stopping.wait())
        try:
            done, _ = await asyncio.wait({reading, stopped}, timeout=self._rules.idle_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopped.cancel()
            if not reading.done():
                reading.cancel()
        if reading in done:
            return reading.result()
        if stopped in done:
            return None
        raise TimeoutError

    async def _read(self) -> tuple[int, bytes]:
        kind, length = pdu.parse_head(await self._reader.readexactly(pdu.HEAD_BYTES))
        limit = {pdu.ASSOCIATE_RQ: _MAX_REQUEST_BYTES, pdu.DATA: self._rules.pdu_bytes}.get(kind, _MAX_OTHER_BYTES)
        if length > limit:
            raise ProtocolError(f"a message of {length} bytes")
        return kind, await self._reader.readexactly(length)

    async def _take(self, fragment: pdu.Fragment) -> None:
        if fragment.context_id not in self._accepted:
            raise ProtocolError("data for a presentation context that was not accepted")
        if fragment.is_command:
            await self._take_command(fragment)
            return
        if self._request is None or self._incoming is None or self._request[0] != fragment.context_id:
            raise ProtocolError("data that nothing announced")
        self._incoming.write(fragment.body)
        if fragment.is_last:
            await self._finish(self._incoming)

    async def _take_command(self, fragment: pdu.Fragment) -> None:
        self._command += fragment.body
        if self._request is not None or len(self._command) > _MAX_COMMAND_BYTES:
            raise ProtocolError("a command in the middle of something else")
        if not fragment.is_last:
            return
        command = dimse.parse_command(bytes(self._command))
        self._command.clear()
        if command.field == dimse.C_CANCEL:
            return
        self._request = fragment.context_id, command
        self._deadline = time.monotonic() + self._rules.instance_s
        self._incoming = self._place_for(fragment.context_id, command)
        if not command.has_data:
            await self._finish(self._incoming)

    def _place_for(self, context_id: int, command: dimse.Command) -> Incoming:
        """Return where the data set of a request goes, which for most requests is nowhere."""
        abstract, syntax = self._accepted[context_id]
        if command.field == dimse.C_ECHO:
            return Unwanted(dimse.SUCCESS, "")
        if command.field != dimse.C_STORE or abstract == VERIFICATION:
            return Unwanted(dimse.UNRECOGNIZED_OPERATION, "only C-STORE and C-ECHO are answered")
        if command.sop_class != abstract:
            return Unwanted(dimse.SOP_CLASS_NOT_SUPPORTED, "another SOP class than the presentation context's")
        if not command.has_data or not command.sop_instance:
            return Unwanted(dimse.CANNOT_UNDERSTAND, "nothing to store")
        return self._opener(command, syntax)

    async def _finish(self, incoming: Incoming) -> None:
        assert self._request is not None  # noqa: S101  # set with the incoming
        context_id, command = self._request
        self._incoming = None
        # What is being stored becomes whole and cleans up after itself, even if the peer's time is over.
        outcome = await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._threads, incoming.finish))
        self._request = None
        self._tell(command, outcome)
        await self._send(pdu.command(context_id, dimse.answer(command, outcome.status, outcome.comment)))

    def _tell(self, command: dimse.Command, outcome: Outcome) -> None:
        if command.field != dimse.C_STORE:
            return
        if outcome.status == dimse.SUCCESS:
            _log.info("%s %s %s", self._peer, "duplicate" if outcome.known else "stored", command.sop_instance)
        else:
            _log.warning("%s refused %s %04X %s", self._peer, command.sop_instance, outcome.status, outcome.comment)

    async def _send(self, message: bytes) -> None:
        async with asyncio.timeout(self._rules.request_s):
            self._writer.write(message)
            await self._writer.drain()

    async def _abort(self, why: str, reason: tuple[int, int]) -> None:
        """End the association; whether the peer still hears it is up to the peer."""
        _log.warning("%s aborted: %s", self._peer, why)
        try:
            await self._send(pdu.abort(*reason))
        except OSError:
            return
