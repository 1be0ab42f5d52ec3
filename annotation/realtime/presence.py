"""Who looks at an image together. A page opens this socket only when its person chose to be seen; nothing is stored.

Every window tells the whole of what it shows, and tells it again with each sign of life, so that a message that got lost on the way is
made good by the next one, and whoever comes later hears of everybody.
"""

import asyncio
import contextlib
import time
from typing import Any, ClassVar, Final
from uuid import UUID

from django.contrib.auth.models import User

from annotation.errors import refusal
from annotation.realtime.consumers import SILENT, HintConsumer
from annotation.realtime.messages import Message
from annotation.realtime.peers import SILENCE_S, Peers, Rate
from annotation.realtime.presence_messages import LeftMessage, NotUnderstood, PresentMessage, Shown, WelcomeMessage, parse, presence_group
from annotation.realtime.publish import LAYER_ERRORS
from annotation.selectors.campaigns import reads_blind
from viewer.api.images import get_image

MESSAGES_PER_SECOND: Final = 15


class PresenceConsumer(HintConsumer):
    """Passes on, among the people who look at an image and chose to be seen, where each of them looks and points.

    A window hears of others only after it has told what it shows itself, and one that gives no sign of life is closed with 4408, so that
    nobody sees without being seen. What is malformed or above the rate is dropped.
    """

    silence_seconds: ClassVar[float] = SILENCE_S
    watch_seconds: ClassVar[float] = 1.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.size = (0, 0)
        self.name = ""
        self.group = ""
        self.shown: Shown | None = None
        self.moved_at = 0.0
        self.heard_at = time.monotonic()
        self.peers = Peers(self.silence_seconds)
        self.rate = Rate(MESSAGES_PER_SECOND)
        self.watching: asyncio.Task[None] | None = None

    def look(self, user: User, object_id: UUID) -> Message:
        """Check that the user may see the image and need not read it independently of others, and note its size."""
        image = get_image(user, object_id)
        if reads_blind(user=user, image_id=image.pk):
            raise refusal("reading_blind")
        self.size = (image.width_px, image.height_px)
        self.name = user.get_full_name() or user.get_username()
        return WelcomeMessage(image.pk, user.pk)

    def group_of(self, object_id: UUID) -> str:
        """Return the group of those who look at the image together, and keep it for what is told."""
        self.group = presence_group(object_id)
        return self.group

    async def connect(self) -> None:
        """Let in whoever may see the image, and begin to listen for silence."""
        await super().connect()
        if not self.refused:
            self.heard_at = time.monotonic()
            self.watching = asyncio.create_task(self._watch())

    async def disconnect(self, code: int) -> None:
        """Tell the others, then leave."""
        if self.watching is not None:
            self.watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.watching
        if self.shown is not None:
            self.shown = None
            with contextlib.suppress(*LAYER_ERRORS):
                await self._tell("presence.gone")
        await super().disconnect(code)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **kwargs: Any) -> None:
        """Take what the page shows, or its sign of life, and tell the others."""
        if self.refused or self.watching is None or not self.rate.allows(time.monotonic()):
            return
        try:
            shown = parse(text_data or "", width=self.size[0], height=self.size[1])
        except NotUnderstood:
            return
        self.heard_at = time.monotonic()
        is_first = self.shown is None
        if shown is not None:
            self.shown, self.moved_at = shown, time.time()
        await self._announce()
        if is_first and self.shown is not None:
            await self._tell("presence.hello")

    async def presence_present(self, event: dict[str, Any]) -> None:
        """Hear of somebody else, and pass on what is new."""
        if not self._hears(event):
            return
        if self.peers.heard(event["person"], event["window"], moved_at=event["moved_at"], now=time.monotonic()):
            await self.send_json(PresentMessage(event["person"], event["name"], event["shown"]).as_json())

    async def presence_gone(self, event: dict[str, Any]) -> None:
        """Hear that a window was closed."""
        if self._hears(event) and self.peers.gone(event["person"], event["window"]):
            await self.send_json(LeftMessage(event["person"]).as_json())

    async def presence_hello(self, event: dict[str, Any]) -> None:
        """Tell somebody new where one is."""
        if self._hears(event):
            await self._announce()

    def _hears(self, event: dict[str, Any]) -> bool:
        return self.shown is not None and not self.refused and event["person"] != self.scope["user"].pk

    async def _announce(self) -> None:
        if self.shown is not None:
            await self._tell("presence.present", name=self.name, moved_at=self.moved_at, shown=self.shown.as_json())

    async def _tell(self, kind: str, **members: Any) -> None:
        event = {"type": kind, "person": self.scope["user"].pk, "window": self.channel_name, **members}
        await self.channel_layer.group_send(self.group, event)

    async def _watch(self) -> None:
        while not self.refused:
            await asyncio.sleep(self.watch_seconds)
            now = time.monotonic()
            for person in self.peers.forget_silent(now):
                await self.send_json(LeftMessage(person).as_json())
            if now - self.heard_at > self.silence_seconds:
                await self.refuse(SILENT)
