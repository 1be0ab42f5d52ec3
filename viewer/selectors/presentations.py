"""Presentation states as the images they are for are shown with them."""

from typing import Any, Final

from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse

from viewer.models import Image, Instance, PresentationReference, PresentationState
from viewer.services.manifests import members_of

MAX_STATES: Final = 200
_ABOUT_IMAGES: Final = ("voi", "areas", "graphics")

Values = dict[str, Any]
Frames = dict[str, tuple[int, int]]


def states_of(image: Image) -> QuerySet[PresentationState]:
    """Return the states for an image, oldest first.

    A frozen image has those that were there when it was frozen: what its readers are offered does not change under them.
    """
    own = Instance.objects.filter(image=image).exclude(sop_instance_uid="").values("sop_instance_uid")
    named = PresentationReference.objects.filter(state=OuterRef("pk"), sop_instance_uid__in=own)
    found = PresentationState.objects.filter(Exists(named), collection=image.collection_id)
    return (found if image.frozen_at is None else found.filter(created_at__lte=image.frozen_at)).order_by("created_at", "pk")


def presentations_url(image: Image) -> str | None:
    """Return where an image's states are found; None where it has none. One query."""
    return reverse("api-image-presentations", args=[image.pk]) if states_of(image).exists() else None


def presentations_json(image: Image) -> list[Values]:
    """Return the states for an image with frames in place of instances; no UID leaves the server. Three queries."""
    frames = _frames_of(image)
    return [_as_shown(state, frames) for state in states_of(image)[:MAX_STATES]]


def _frames_of(image: Image) -> Frames:
    """Return the first frame of each instance of an image in the order it is shown in, and how many it has."""
    uids = dict(Instance.objects.filter(image=image).values_list("pk", "sop_instance_uid"))
    found: Frames = {}
    start = 0
    for member in members_of(image):
        found[uids[member.id]] = (start, member.frame_count)
        start += member.frame_count
    return found


def _as_shown(state: PresentationState, frames: Frames) -> Values:
    content = state.content
    meant = _shown(content["references"], frames)
    shown: Values = {
        key: [_for_frames(item, frames) for item in value] if key in _ABOUT_IMAGES else value
        for key, value in content.items()
        if key not in {"references", "label"}
    }
    for key in _ABOUT_IMAGES:
        shown[key] = [item for item in shown[key] if item["frames"] is None or item["frames"]]
    return {"id": str(state.pk), "name": state.label, "frames": meant, **shown}


def _for_frames(item: Values, frames: Frames) -> Values:
    images = item["images"]
    rest = {key: value for key, value in item.items() if key != "images"}
    return {**rest, "frames": None if images is None else _shown(images, frames)}


def _shown(images: list[Values], frames: Frames) -> list[int]:
    """Return the frames (from 0) that references mean, of those that the image has."""
    found: set[int] = set()
    for image in images:
        start, count = frames.get(image["uid"], (0, 0))
        wanted = range(count) if image["frames"] is None else [frame for frame in image["frames"] if frame < count]
        found.update(start + frame for frame in wanted)
    return sorted(found)
