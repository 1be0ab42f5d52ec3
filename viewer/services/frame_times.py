"""The frame index of a video, kept beside its manifest: made once the video is in its place, asked when marks are told."""

import json
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from viewer.models import Image
from viewer.readers.errors import ReaderError
from viewer.readers.video import times as frame_times
from viewer.services.manifests import frame_times_path, manifest_path, members_of, source_of
from viewer.services.storage import manifests_dir
from viewer.tiles.film import keep_times, times_of
from viewer.tiles.pool import default_pool

_KEPT = 16


def index_frames(image: Image) -> None:
    """Have a video's frames indexed by a pixel worker, outside any transaction.

    What fails here fails silently: the pixel application makes a missing index at the first look.
    """
    if image.kind != Image.Kind.VIDEO:
        return
    with suppress(ReaderError, OSError):
        keep_times(frame_times_path(image.pk), default_pool().frame_times(source_of(image, members_of(image))))


def frame_seconds(image_id: UUID, frame: int) -> float | None:
    """Return when a frame (0-based) begins to be shown, in seconds from the first one; None where the image is no video.

    Asks no database. An index that is lost is made anew.
    """
    try:
        times = _times(manifests_dir(), image_id)
    except (OSError, ValueError, KeyError, ReaderError):
        return None
    return round(times.seconds(frame) - times.seconds(0), 6) if 0 <= frame < times.count else None


@lru_cache(maxsize=_KEPT)  # an index never changes; what raises is not kept
def _times(manifests: Path, image_id: UUID) -> frame_times.FrameTimes:
    with suppress(frame_times.UnusableTimes):
        return frame_times.read(manifests / frame_times_path(image_id).name)
    source = json.loads(manifest_path(image_id).read_bytes())["source"]
    if source["kind"] != Image.Kind.VIDEO:
        raise ValueError("no video")
    return frame_times.unpack(times_of(manifests, image_id, source, default_pool()))
