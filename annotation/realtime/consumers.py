"""The sockets of open pages. They only tell; nothing that a page sends over these is acted upon."""

import asyncio
import contextlib
import logging
from importlib import import_module
from typing import Any, ClassVar, Final
from uuid import UUID

from channels.auth import get_user
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.conf import settings
from django.contrib.auth.models import User

from annotation.realtime.messages import (
    AnnotationsChangedMessage,
    Message,
    ProgressChangedMessage,
    access_group,
    campaign_group,
    read_group,
)
from annotation.realtime.publish import LAYER_ERRORS
from annotation.selectors.campaigns import get_campaign
from annotation.selectors.reads import get_read
from viewer.api.errors import ApiError

NOT_SIGNED_IN: Final = 4401
NO_LONGER_ALLOWED: Final = 4403
NOT_FOUND: Final = 4404
SILENT: Final = 4408
READING_BLIND: Final = 4423
TRY_AGAIN_LATER: Final = 1013
_REASONS: Final = {
    NOT_SIGNED_IN: "not_signed_in",
    NO_LONGER_ALLOWED: "no_longer_allowed",
    NOT_FOUND: "not_found",
    SILENT: "silent",
    READING_BLIND: "reading_blind",
    TRY_AGAIN_LATER: "try_again_later",
}
_CODES: Final = {"reading_blind": READING_BLIND}
logger = logging.getLogger(__name__)


class HintConsumer(AsyncJsonWebsocketConsumer):  # type: ignore[misc]  # the library has no types
    """Tells one page about one object, as long as its user is signed in and may look at it.

    A refusal is a close code with a reason, sent after the handshake, for a browser hides the answer of a failed one:
    4401 not signed in (any more), 4403 no longer allowed, 4404 nothing here for you, 4423 one reads the image independently of
    others, 1013 no hints at the moment.
    """

    recheck_seconds: ClassVar[float] = 60.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.object_id: UUID | None = None
        self.groups_joined: list[str] = []
        self.rechecking: asyncio.Task[None] | None = None
        self.refused = False
        self.reason: int | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one socket; when the channel layer goes away, close it in good order: pages ask by themselves until it is back."""
        try:
            await super().__call__(scope, receive, send)
        except LAYER_ERRORS as error:
            logger.warning("live hints ended: %s", error)
            await self.disconnect(TRY_AGAIN_LATER)
            if not self.refused:
                await self.refuse(TRY_AGAIN_LATER)

    def look(self, user: User, object_id: UUID) -> Message:
        """Return the message that says how things stand now; raises ApiError when the user may not look."""
        raise NotImplementedError

    def group_of(self, object_id: UUID) -> str:
        """Return the group whose messages this socket gets."""
        raise NotImplementedError

    async def connect(self) -> None:
        """Accept, check, join, and say how things stand: what happened before joining is in that first message."""
        await self.accept()
        self.object_id = next(iter(self.scope["url_route"]["kwargs"].values()))
        user: User | None = self.scope.get("user")
        if user is None or not user.is_authenticated:
            await self.refuse(NOT_SIGNED_IN)
        elif await self._look(user) is None:
            await self.refuse(self.reason or NOT_FOUND)
        elif not await self._join(self.group_of(self.object_id), access_group(user.pk)):
            await self.refuse(TRY_AGAIN_LATER)
        else:
            self.rechecking = asyncio.create_task(self._recheck_regularly())
            message = await self._look(user)
            if message is not None:
                await self.send_json(message.as_json())

    async def disconnect(self, code: int) -> None:
        """Leave every group and stop asking."""
        if self.rechecking is not None and self.rechecking is not asyncio.current_task():
            self.rechecking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.rechecking
        with contextlib.suppress(*LAYER_ERRORS):
            for group in self.groups_joined:
                await self.channel_layer.group_discard(group, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **kwargs: Any) -> None:
        """Pass over whatever a page sends: writes go through the API, where they are checked."""

    async def forward(self, event: dict[str, Any]) -> None:
        """Send a message of the group to the page."""
        await self.send_json(event["message"])

    async def access_changed(self, event: dict[str, Any]) -> None:
        """Ask again at once whether the user may look."""
        await self.recheck()

    async def refuse(self, code: int) -> None:
        """Close the socket with a code and its reason."""
        self.refused = True
        await self.close(code=code, reason=_REASONS[code])

    async def recheck(self) -> bool:
        """Close the socket if the session ended or the permission is gone; return whether it stays open."""
        user = await self._signed_in_user()
        if user is None:
            await self.refuse(NOT_SIGNED_IN)
        elif await self._look(user) is None:
            await self.refuse(self.reason or NO_LONGER_ALLOWED)
        else:
            return True
        return False

    async def _join(self, *groups: str) -> bool:
        """Join groups; return False when the channel layer is down."""
        try:
            for group in groups:
                await self.channel_layer.group_add(group, self.channel_name)
                self.groups_joined.append(group)
        except LAYER_ERRORS as error:
            logger.warning("live hints are not available: %s", error)
            return False
        return True

    async def _recheck_regularly(self) -> None:
        while True:
            await asyncio.sleep(self.recheck_seconds)
            if not await self.recheck():
                return

    async def _signed_in_user(self) -> User | None:
        """Return the user of the session as it is stored now, or None when the session ended."""
        store = import_module(settings.SESSION_ENGINE).SessionStore(session_key=self.scope["session"].session_key)
        user = await get_user({"session": store})
        return user if user.is_authenticated and user.pk == self.scope["user"].pk else None

    async def _look(self, user: User) -> Message | None:
        try:
            message: Message = await database_sync_to_async(self.look)(user, self.object_id)
        except ApiError as error:
            self.reason = _CODES.get(error.code)
            return None
        return message


class ReadConsumer(HintConsumer):
    """Tells about the marks, suggestions and state of one read."""

    def look(self, user: User, object_id: UUID) -> Message:
        """Return the read's list revision."""
        return AnnotationsChangedMessage(object_id, get_read(user=user, read_id=object_id).sequence)

    def group_of(self, object_id: UUID) -> str:
        """Return the read's group."""
        return read_group(object_id)


class CampaignConsumer(HintConsumer):
    """Tells dashboards that the progress of a campaign changed."""

    def look(self, user: User, object_id: UUID) -> Message:
        """Check that the user may look at the campaign."""
        permissions = ("annotation.view_campaign", "annotation.manage_campaign")
        return ProgressChangedMessage(get_campaign(user=user, campaign_id=object_id, permissions=permissions).pk)

    def group_of(self, object_id: UUID) -> str:
        """Return the campaign's group."""
        return campaign_group(object_id)
