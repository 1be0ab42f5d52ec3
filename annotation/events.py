"""What happened, told to whoever listens once it is committed.

A listener never changes the outcome: an event is delivered after the commit, and a listener that fails is logged.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from django.db import transaction


@dataclass(frozen=True, slots=True)
class Event:
    """Something that is committed."""


@dataclass(frozen=True, slots=True)
class AnnotationsChanged(Event):
    """Operations were applied to a read; ``sequence`` is its list revision afterwards."""

    read_id: UUID
    campaign_id: UUID
    sequence: int


@dataclass(frozen=True, slots=True)
class DecisionsChanged(Event):
    """A reader decided on suggestions in a read; ``sequence`` is its list revision afterwards."""

    read_id: UUID
    campaign_id: UUID
    sequence: int


@dataclass(frozen=True, slots=True)
class ReadOpened(Event):
    """A reader began a read."""

    read_id: UUID
    campaign_id: UUID


@dataclass(frozen=True, slots=True)
class ReadSubmitted(Event):
    """A reader submitted a read."""

    read_id: UUID
    campaign_id: UUID
    sequence: int


@dataclass(frozen=True, slots=True)
class SuggestionsChanged(Event):
    """A suggestion run on an image of a campaign ended, whatever came of it."""

    campaign_id: UUID
    image_id: UUID


@dataclass(frozen=True, slots=True)
class CampaignChanged(Event):
    """A campaign, its images, readers or runs changed: its dashboard is out of date."""

    campaign_id: UUID


@dataclass(frozen=True, slots=True)
class AccessChanged(Event):
    """What a user may see changed: open sockets ask again at once."""

    user_id: int


E = TypeVar("E", bound=Event)
_listeners: dict[type[Event], list[Callable[[Any], None]]] = defaultdict(list)


def subscribe(kind: type[E], listener: Callable[[E], None]) -> None:
    """Call ``listener`` with each event of this kind; subscribing the same one again changes nothing."""
    if listener not in _listeners[kind]:
        _listeners[kind].append(listener)


def publish(event: Event) -> None:
    """Deliver the event when the current transaction commits, or at once when there is none."""
    for listener in _listeners[type(event)]:
        # robust: a save that is committed stays a success, whatever a listener does.
        transaction.on_commit(partial(listener, event), robust=True)
