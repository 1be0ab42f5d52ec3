"""Forwards committed events to the channel layer. A layer that is down costs the hint, never the save."""

import asyncio
import logging
from typing import Any, Final

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from redis.exceptions import RedisError

from annotation.events import (
    AccessChanged,
    AnnotationsChanged,
    CampaignChanged,
    DecisionsChanged,
    ReadOpened,
    ReadSubmitted,
    SuggestionsChanged,
    subscribe,
)
from annotation.models import Read
from annotation.realtime.messages import (
    AnnotationsChangedMessage,
    Message,
    ProgressChangedMessage,
    ReadSubmittedMessage,
    SuggestionsChangedMessage,
    access_group,
    campaign_group,
    read_group,
)

SEND_TIMEOUT_S: Final = 2.0
"""How long a save may wait for the channel layer, in seconds."""
LAYER_ERRORS: Final = (OSError, RedisError)
"""What a channel layer that is down raises; OSError holds refused connections and TimeoutError."""
logger = logging.getLogger(__name__)


def connect() -> None:
    """Listen to the events that open pages care for; called once when the app is ready."""
    subscribe(AnnotationsChanged, _annotations_changed)
    subscribe(DecisionsChanged, _decisions_changed)
    subscribe(SuggestionsChanged, _suggestions_changed)
    subscribe(ReadOpened, _progress_changed)
    subscribe(ReadSubmitted, _read_submitted)
    subscribe(CampaignChanged, _progress_changed)
    subscribe(AccessChanged, _access_changed)


def _annotations_changed(event: AnnotationsChanged) -> None:
    _send([(read_group(event.read_id), _forward(AnnotationsChangedMessage(event.read_id, event.sequence)))])


def _decisions_changed(event: DecisionsChanged) -> None:
    _send([(read_group(event.read_id), _forward(SuggestionsChangedMessage(event.read_id, event.sequence)))])


def _suggestions_changed(event: SuggestionsChanged) -> None:
    reads = Read.objects.filter(campaign=event.campaign_id, image=event.image_id).values_list("pk", "sequence")
    told = [(read_group(pk), _forward(SuggestionsChangedMessage(pk, sequence))) for pk, sequence in reads]
    _send([*told, (campaign_group(event.campaign_id), _forward(ProgressChangedMessage(event.campaign_id)))])


def _progress_changed(event: ReadOpened | CampaignChanged) -> None:
    _send([(campaign_group(event.campaign_id), _forward(ProgressChangedMessage(event.campaign_id)))])


def _read_submitted(event: ReadSubmitted) -> None:
    _send(
        [
            (read_group(event.read_id), _forward(ReadSubmittedMessage(event.read_id, event.sequence))),
            (campaign_group(event.campaign_id), _forward(ProgressChangedMessage(event.campaign_id))),
        ]
    )


def _access_changed(event: AccessChanged) -> None:
    _send([(access_group(event.user_id), {"type": "access.changed"})])


def _forward(message: Message) -> dict[str, Any]:
    return {"type": "forward", "message": message.as_json()}


def _send(messages: list[tuple[str, dict[str, Any]]]) -> None:
    layer = get_channel_layer()
    if layer is None or not messages:
        return
    try:
        async_to_sync(_send_all)(layer, messages)
    except LAYER_ERRORS as error:
        # Pages also ask by themselves every few seconds.
        logger.warning("live hint not sent: %s", error)


async def _send_all(layer: Any, messages: list[tuple[str, dict[str, Any]]]) -> None:
    async with asyncio.timeout(SEND_TIMEOUT_S):
        for group, message in messages:
            await layer.group_send(group, message)
