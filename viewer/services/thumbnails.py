"""Small pictures of images, rendered once by a pixel worker and kept."""

from pathlib import Path
from typing import Final

from viewer.models import Image
from viewer.services.manifests import members_of, source_of
from viewer.services.storage import data_dir, disk_errors_refuse, write_atomically
from viewer.tiles.pool import default_pool

SIDE_PX: Final = 256
# Part of the ETag: a change of how thumbnails are made must reach browsers that kept the old ones.
_RENDERING: Final = 1


def thumbnail_etag(image: Image) -> str:
    """Return the quoted entity tag of an image's thumbnail."""
    return f'"{image.pk.hex}-{image.revision}-{_RENDERING}"'


def _path(image: Image) -> Path:
    return data_dir() / "cache" / "thumbnails" / f"{image.pk}-{image.revision}-{_RENDERING}.jpg"


def thumbnail(*, image: Image) -> bytes:
    """Return a JPEG of the whole image (the middle frame of a stack), its longer side at most 256 px.

    Raises:
        ReaderError: when the pixels cannot be decoded.
        Refused: when the disk does not take the result.
    """
    path = _path(image)
    try:
        return path.read_bytes()
    except FileNotFoundError:
        pass
    body = default_pool().thumbnail(source_of(image, members_of(image)), max_px=SIDE_PX).body
    with disk_errors_refuse():
        write_atomically(path, body)
    return body


def forget_thumbnails(image_id: str) -> None:
    """Remove what is kept of an image's earlier revisions."""
    for path in (data_dir() / "cache" / "thumbnails").glob(f"{image_id}-*.jpg"):
        path.unlink(missing_ok=True)
