"""The messages that open pages get. Each carries its type and version; a page passes over what it does not know."""

from dataclasses import asdict, dataclass
from typing import Any, ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Message:
    """A hint to an open page."""

    type: ClassVar[str]
    version: ClassVar[int] = 1

    def as_json(self) -> dict[str, Any]:
        """Return the message as it is sent."""
        members = {name: str(value) if isinstance(value, UUID) else value for name, value in asdict(self).items()}
        return {"type": self.type, "version": self.version, **members}


@dataclass(frozen=True, slots=True)
class ReadMessage(Message):
    """A hint about one read; ``sequence`` is its list revision."""

    read_id: UUID
    sequence: int


@dataclass(frozen=True, slots=True)
class AnnotationsChangedMessage(ReadMessage):
    """Pull the marks that changed since the list revision you know."""

    type: ClassVar[str] = "annotations.changed"


@dataclass(frozen=True, slots=True)
class SuggestionsChangedMessage(ReadMessage):
    """Pull the suggestions and their decisions."""

    type: ClassVar[str] = "suggestions.changed"


@dataclass(frozen=True, slots=True)
class ReadSubmittedMessage(ReadMessage):
    """The read is submitted: it can no longer change."""

    type: ClassVar[str] = "read.submitted"


@dataclass(frozen=True, slots=True)
class ProgressChangedMessage(Message):
    """Pull the progress of the campaign."""

    type: ClassVar[str] = "progress.changed"
    campaign_id: UUID


def read_group(read_id: UUID) -> str:
    """Return the name of the group of sockets that look at a read."""
    return f"read.{read_id.hex}"


def campaign_group(campaign_id: UUID) -> str:
    """Return the name of the group of sockets that look at a campaign."""
    return f"campaign.{campaign_id.hex}"


def access_group(user_id: int) -> str:
    """Return the name of the group of all sockets of a user."""
    return f"access.{user_id}"
