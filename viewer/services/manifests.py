"""What is said of an image to the pixel application (where the pixels lie) and to the browser (how to show them)."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from viewer.models import Image, Instance
from viewer.readers.video.times import SUFFIX
from viewer.services.grouping import SEVERAL_STACKS, STACK_MARK, Member, in_order
from viewer.services.storage import absolute, manifests_dir, write_json_atomically
from viewer.tiles.made.places import open_made
from viewer.tiles.made.plan import added_levels
from viewer.tiles.service import IN_SRGB


def members_of(image: Image) -> list[Member]:
    """Return the files of an image in the order of its frames; one query."""
    rows = Instance.objects.filter(image=image).values_list("id", "digest", "path", "instance_number", "position_mm", "frame_count")
    return in_order(Member(*row) for row in rows)


def source_of(image: Image, members: list[Member]) -> dict[str, Any]:
    """Return where an image's pixels lie; read by the pixel workers only, never sent to a browser."""
    inspection = image.inspection
    is_stack = image.kind == Image.Kind.FRAMES and len(members) > 1
    return {
        "engine": inspection["engine"],
        "kind": image.kind,
        "paths": [str(absolute(member.path)) for member in members],
        "frame_map": [[index, 0] for index in range(len(members))] if is_stack else None,
        "levels": inspection["levels"],
        "encoding": (inspection["frames"] or {}).get("encoding"),
        "video": _stored_video(image),
        **_views_block(inspection),
    }


def _views_block(inspection: dict[str, Any]) -> dict[str, Any]:
    """Return which views the image has, where it has any; see `viewer.readers.views`."""
    channels, planes = inspection.get("channels"), inspection.get("planes")
    if not channels and not planes:
        return {}
    limits = [channel["limit"] for channel in channels or []]
    return {"views": {"limits": limits, "planes": planes["count"] if planes else 1, "first": planes["first"] if planes else 0}}


def _stored_video(image: Image) -> dict[str, Any] | None:
    """Return where a video's stream, times and small pictures lie; None for other images."""
    video = image.inspection.get("video")
    if not video:
        return None
    return {
        "media_type": video["media_type"],
        "spans": video["spans"],
        "strip": video["strip"],
        "frame_count": image.frame_count,
        "times": str(frame_times_path(image.pk)),
    }


def frame_times_path(image_id: UUID) -> Path:
    """Return where the frame index of a video lies, beside its manifest."""
    return manifests_dir() / f"{image_id}{SUFFIX}"


def pixel_manifest(image: Image, members: list[Member]) -> dict[str, Any]:
    """Return the whole content of an image's manifest file."""
    return {"id": str(image.pk), "revision": image.revision, "source": source_of(image, members)}


def manifest_path(image_id: UUID) -> Path:
    """Return where the manifest file of an image lies."""
    return manifests_dir() / f"{image_id}.json"


def write_manifest(image: Image, members: list[Member]) -> None:
    """Tell the pixel application where the pixels of an image lie from now on.

    Raises:
        OSError: when the disk does not take it; what was told before stays.
    """
    write_json_atomically(manifest_path(image.pk), pixel_manifest(image, members))


def manifest_is_current(image: Image, members: list[Member]) -> bool:
    """Return whether the manifest file says what the database says."""
    try:
        return bool(json.loads(manifest_path(image.pk).read_bytes()) == pixel_manifest(image, members))
    except (OSError, ValueError):
        return False


def _frames_block(image: Image, members: list[Member]) -> dict[str, Any] | None:
    frames = image.inspection["frames"]
    if not frames:
        return None
    positions = frames.get("positions_mm")
    if len(members) > 1:
        known = [member.position_mm for member in members if member.position_mm is not None]
        positions = known if len(known) == len(members) else None
    return {
        "count": image.frame_count,
        "encoding": frames["encoding"],
        "frame_time_ms": frames["frame_time_ms"],
        "windows": frames["windows"],
        "invert": frames["invert"],
        "positions_mm": positions,
        "parts": frames.get("parts", []) if len(members) == 1 else [],
    }


def _video_block(image: Image, pixels: str) -> dict[str, Any] | None:
    """Return how a video is played: its stream where browsers may know it, when each frame is shown, and small pictures."""
    video = image.inspection.get("video")
    if not video:
        return None
    return {
        "codec": video["codec"],
        "media_type": video["media_type"],
        "stream_url": f"{pixels}/stream" if video["spans"] else None,
        "times_url": f"{pixels}/times",
        "strip": {"url": f"{pixels}/strip", **video["strip"]},
        "duration_s": video["duration_s"],
        "varies": video["varies"],
        "pixel_aspect": video["pixel_aspect"],
        "turn_degrees": video["turn_degrees"],
    }


def _series_warnings(image: Image) -> list[str]:
    """Return what is to be said of the series: that it makes several stacks, as its slices differ in size, scale or direction."""
    group = str(image.inspection.get("group", ""))
    if not group.startswith(STACK_MARK):
        return []
    others = Image.objects.filter(series=image.series_id, inspection__group__startswith=STACK_MARK)
    return [SEVERAL_STACKS] if others.exclude(inspection__group=group).exists() else []


def spacing_of(image: Image) -> dict[str, Any] | None:
    """Return micrometres per level-0 pixel and where they come from; None where the file does not say."""
    if image.spacing_x_um is None or image.spacing_y_um is None:
        return None
    return {"x_um": image.spacing_x_um, "y_um": image.spacing_y_um, "source": image.spacing_source}


def browser_manifest(image: Image, members: list[Member], presentations_url: str | None = None) -> dict[str, Any]:
    """Return what a viewer needs to show an image: no paths, no UIDs, no identifiers.

    Args:
        image: what is shown.
        members: its files in order.
        presentations_url: where its presentation states are found; None where it has none.
    """
    pixels = f"/pixels/{image.pk}/{image.revision}"
    return {
        "id": str(image.pk),
        "name": image.name,
        "kind": image.kind,
        "modality": image.modality,
        "width": image.width_px,
        "height": image.height_px,
        "revision": image.revision,
        "levels": levels_now(image),
        "spacing": spacing_of(image),
        "objective_power": image.inspection["objective_power"],
        "frames": _frames_block(image, members),
        "channels": image.inspection.get("channels"),
        "planes": image.inspection.get("planes"),
        "video": _video_block(image, pixels),
        "tile_url": f"{pixels}/tiles/{{level}}/{{column}}/{{row}}",
        "view_url": f"{pixels}/views/{{view}}/tiles/{{level}}/{{column}}/{{row}}",
        "srgb_tile_url": f"{pixels}/tiles/{{level}}/{{column}}/{{row}}{IN_SRGB}" if image.kind == Image.Kind.SLIDE else None,
        "frame_url": f"{pixels}/frames/{{frame}}",
        "overlay_url": f"{pixels}/overlays/{{frame}}",
        "thumbnail_url": thumbnail_url(image.pk, image.revision),
        "presentations_url": presentations_url,
        "acquisition": image.inspection["acquisition"],
        "warnings": image.inspection["warnings"] + _series_warnings(image),
        "grant_ttl_s": settings.PIXEL_GRANT_TTL_S,
    }


def levels_now(image: Image) -> list[dict[str, Any]]:
    """Return the slide's own levels and behind them those that were added, as long as their tiles are there.

    An added level changes no address of another one, so the revision stays and what browsers keep stays right.
    """
    own: list[dict[str, Any]] = image.inspection["levels"]
    if image.kind != Image.Kind.SLIDE:
        return own
    made = open_made(manifests_dir(), image.pk, str(image.revision))
    if made is None:
        return own
    return own + [added.level.as_json() for added in added_levels(own) if added.level.index in made.levels]


def thumbnail_url(image_id: UUID, revision: int) -> str:
    """Return the address of an image's thumbnail; the revision in it makes a browser ask again when a frame joined."""
    return f"{reverse('image-thumbnail', args=[image_id])}?revision={revision}"
