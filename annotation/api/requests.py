"""What the views of marking read from a request besides its JSON."""

import re
from collections.abc import Mapping
from io import BytesIO
from typing import IO, Any, Final, NamedTuple, cast
from uuid import UUID

from django.contrib.auth.models import User
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.request import Request

from annotation.errors import refusal
from annotation.services.operation_input import parse_uuid
from viewer.api.strict_json import StrictJSONParser

MAX_BATCH_BYTES: Final = 1 << 20
_REVISION: Final = re.compile(r'"([0-9]{1,9})"')


class BatchParser(StrictJSONParser):
    """Parses a list of operations of at most 1 MiB."""

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        """Return the value in the body; raises ParseError with code ``too_large`` or ``bad_json``."""
        raw = stream.read(MAX_BATCH_BYTES + 1)
        if len(raw) > MAX_BATCH_BYTES:
            raise ParseError(_("The request is larger than %(limit)d bytes.") % {"limit": MAX_BATCH_BYTES}, code="too_large")
        return super().parse(BytesIO(raw), media_type, parser_context)


class Preconditions(NamedTuple):
    """On which revision a single change was made (0: there was no mark), and the key that it is repeated with."""

    base_revision: int
    operation_id: UUID


def signed_in(request: Request) -> User:
    """Return the user of a request that the permission classes have let in."""
    return cast("User", request.user)


def preconditions(request: Request) -> Preconditions:
    """Return what If-Match (or ``If-None-Match: *`` for a new mark) and Idempotency-Key say.

    Raises:
        ApiError: ``precondition_required`` or ``precondition_malformed``.
    """
    if_match, key = request.headers.get("If-Match"), request.headers.get("Idempotency-Key")
    if if_match is None and request.headers.get("If-None-Match") == "*":
        if_match = '"0"'
    if if_match is None or key is None:
        raise refusal("precondition_required")
    revision, operation_id = _REVISION.fullmatch(if_match.strip()), parse_uuid(key.strip())
    if revision is None or operation_id is None:
        raise refusal("precondition_malformed")
    return Preconditions(int(revision[1]), operation_id)
