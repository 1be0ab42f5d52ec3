"""What is said of an image to the pixel application (where the pixels lie) and to the browser (how to show them)."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from viewer.models import Image, Instance
from viewer.services.grouping import Member, in_order
from viewer.services.storage import absolute, manifests_dir, write_json_atomically


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
    }


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
        "levels": image.inspection["levels"],
        "spacing": spacing_of(image),
        "objective_power": image.inspection["objective_power"],
        "frames": _frames_block(image, members),
        "tile_url": f"{pixels}/tiles/{{level}}/{{column}}/{{row}}",
        "frame_url": f"{pixels}/frames/{{frame}}",
        "overlay_url": f"{pixels}/overlays/{{frame}}",
        "thumbnail_url": thumbnail_url(image.pk, image.revision),
        "presentations_url": presentations_url,
        "acquisition": image.inspection["acquisition"],
        "warnings": image.inspection["warnings"],
        "grant_ttl_s": settings.PIXEL_GRANT_TTL_S,
    }


def thumbnail_url(image_id: UUID, revision: int) -> str:
    """Return the address of an image's thumbnail; the revision in it makes a browser ask again when a frame joined."""
    return f"{reverse('image-thumbnail', args=[image_id])}?revision={revision}"
