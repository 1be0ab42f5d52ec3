"""What pages that look at one image together send and get: who, where one looks, where the pointer is. Never a mark."""

import json
import math
from dataclasses import dataclass
from typing import Any, ClassVar, Final
from uuid import UUID

from annotation.realtime.messages import Message

MAX_MESSAGE_CHARS: Final = 512
_MAX_FRAME: Final = 10_000_000
_MAX_PERSON: Final = 2**63 - 1
_RESOLUTIONS: Final = (1e-4, 1e6)
_VIEW_MEMBERS: Final = {"x", "y", "resolution", "rotation", "frame"}
_MEMBERS: Final = {"type", "view", "pointer", "following"}


class NotUnderstood(ValueError):
    """A message that no page sends."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a person shows to the others.

    Attributes:
        view: ``x`` and ``y`` of the middle of the screen in level-0 px, ``resolution`` in level-0 px per screen px, ``rotation`` in
            degrees clockwise, ``frame`` counted from 0, or None where the image has none.
        pointer: level-0 px [x, y]; None while it is not on the image.
        following: whom the person follows; None for nobody.
    """

    view: dict[str, float | int | None]
    pointer: tuple[float, float] | None
    following: int | None

    def as_json(self) -> dict[str, Any]:
        """Return the members as they are sent."""
        return {"view": self.view, "pointer": self.pointer and list(self.pointer), "following": self.following}


@dataclass(frozen=True, slots=True)
class WelcomeMessage(Message):
    """You may look together with others: tell where you look, and you hear of them."""

    type: ClassVar[str] = "presence.welcome"
    image_id: UUID
    person: int


@dataclass(frozen=True, slots=True)
class PresentMessage(Message):
    """Somebody is here, or moved."""

    type: ClassVar[str] = "presence.present"
    person: int
    name: str
    shown: dict[str, Any]


@dataclass(frozen=True, slots=True)
class LeftMessage(Message):
    """Somebody is no longer here, in no window."""

    type: ClassVar[str] = "presence.left"
    person: int


def presence_group(image_id: UUID) -> str:
    """Return the name of the group of sockets of people who look at an image together."""
    return f"presence.{image_id.hex}"


def parse(text: str, *, width: int, height: int) -> Shown | None:
    """Return what a page shows; None for a mere sign of life.

    Args:
        text: the message, ``{"type": "here"}`` or ``{"type": "shown", "view", "pointer", "following"}``.
        width: of the image, level-0 px. Places may lie outside it by its own size at most.
        height: the same downwards.

    Raises:
        NotUnderstood: for everything else.
    """
    if len(text) > MAX_MESSAGE_CHARS:
        raise NotUnderstood("too long")
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotUnderstood("no JSON") from error
    if said == {"type": "here"}:
        return None
    if not isinstance(said, dict) or set(said) != _MEMBERS or said["type"] != "shown":
        raise NotUnderstood("other members")
    return Shown(_view(said["view"], width, height), _pointer(said["pointer"], width, height), _count(said["following"], _MAX_PERSON))


def _view(view: Any, width: int, height: int) -> dict[str, float | int | None]:
    if not isinstance(view, dict) or set(view) != _VIEW_MEMBERS:
        raise NotUnderstood("view")
    return {
        "x": _number(view["x"], -width, 2 * width),
        "y": _number(view["y"], -height, 2 * height),
        "resolution": _number(view["resolution"], *_RESOLUTIONS),
        "rotation": _number(view["rotation"], -360, 360),
        "frame": _count(view["frame"], _MAX_FRAME),
    }


def _pointer(pointer: Any, width: int, height: int) -> tuple[float, float] | None:
    if pointer is None:
        return None
    if not isinstance(pointer, list) or len(pointer) != 2:
        raise NotUnderstood("pointer")
    return _number(pointer[0], -width, 2 * width), _number(pointer[1], -height, 2 * height)


def _number(value: Any, least: float, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most or not math.isfinite(value):
        raise NotUnderstood("number")
    return float(value)


def _count(value: Any, most: int) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise NotUnderstood("count")
    return value
