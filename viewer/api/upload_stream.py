"""Reads one file out of a multipart body straight into quarantine: nothing of it is held in memory or copied twice."""

from typing import IO, Any, Final

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import UnreadablePostError
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from django.utils.translation import gettext_lazy as _

from viewer.api.errors import ApiError
from viewer.services.reasons import Refused
from viewer.services.storage import CHUNK_BYTES, Quarantine

# Boundaries, part headers and small fields around the file.
_ENVELOPE_BYTES: Final = 64 << 10
_TAIL_BYTES: Final = 256
FIELD: Final = "file"


class _Body:
    """The request's body, which remembers how it ended."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.count = 0
        self.tail = b""

    def read(self, size: int | None = None) -> bytes:
        chunk = self._stream.read() if size is None else self._stream.read(size)
        self.count += len(chunk)
        self.tail = (self.tail + chunk[-_TAIL_BYTES:])[-_TAIL_BYTES:]
        return chunk


class _IntoQuarantine(FileUploadHandler):
    """Writes the one file to quarantine as it comes; what the sender says of its type is not looked at."""

    chunk_size = CHUNK_BYTES

    def __init__(self, expected_bytes: int) -> None:
        super().__init__()
        self._expected_bytes = expected_bytes
        self.quarantine: Quarantine | None = None
        self.name = ""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if self.field_name != FIELD:
            raise _no_file()
        self.name = self.file_name or ""
        self.quarantine = Quarantine(self.name, expected_bytes=self._expected_bytes)
        self.quarantine.open()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        assert self.quarantine is not None  # noqa: S101  # chunks come after new_file
        self.quarantine.write(raw_data)

    def file_complete(self, file_size: int) -> "UploadedFile[Any] | None":
        return None


def receive(stream: IO[bytes] | None, meta: dict[str, Any]) -> tuple[Quarantine, str]:
    """Return the file of a multipart request in quarantine, and its name as sent. The caller removes the quarantine.

    Raises:
        ApiError: no multipart body, no file or several, or a body that ends too early (400).
        Refused: too large, or no room.
    """
    if stream is None or not str(meta.get("CONTENT_TYPE", "")).startswith("multipart/form-data"):
        raise _no_file()
    length = int(meta.get("CONTENT_LENGTH") or 0)
    if length > settings.UPLOAD_MAX_BYTES + _ENVELOPE_BYTES:
        raise Refused("too_large", f"{settings.UPLOAD_MAX_BYTES / (1 << 20):.0f} MiB")
    handler = _IntoQuarantine(expected_bytes=max(0, length - _ENVELOPE_BYTES))
    try:
        _parse(_Body(stream), meta, handler)
    except BaseException:
        if handler.quarantine is not None:
            handler.quarantine.remove()
        raise
    assert handler.quarantine is not None  # noqa: S101  # _parse has seen to it
    return handler.quarantine, handler.name


def _parse(body: _Body, meta: dict[str, Any], handler: _IntoQuarantine) -> None:
    try:
        MultiPartParser(meta, body, [handler], "utf-8").parse()  # type: ignore[arg-type]  # reads nothing but read()
    except (MultiPartParserError, UnreadablePostError) as error:
        raise _incomplete() from error
    except SuspiciousOperation as error:  # too many files, fields or bytes around them
        raise ApiError("one_file_only", _("A request carries one file."), _("Send each file by itself."), status_code=400) from error
    if handler.quarantine is None:
        raise _no_file()
    # The parser takes a body that was cut off for one that ended; a half file must never count as whole.
    if body.count < int(meta.get("CONTENT_LENGTH") or 0) or not body.tail.rstrip().endswith(b"--"):
        raise _incomplete()


def _no_file() -> ApiError:
    text, hint = _("The request carries no file."), _("Send one file as multipart/form-data in the field “file”.")
    return ApiError("no_file", text, hint, status_code=400)


def _incomplete() -> ApiError:
    text, hint = _("The file did not arrive whole."), _("Check the connection and upload the file again.")
    return ApiError("upload_incomplete", text, hint, status_code=400)
