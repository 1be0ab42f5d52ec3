"""The slide's colour profile: kept out of stored tiles, applied on request, and then exactly as Little CMS does it."""

import io
import json
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openslide
import pytest
import tifffile
from PIL import Image, ImageCms

from viewer.tiles import grant
from viewer.tiles.pool import PixelPool
from viewer.tiles.service import PixelService, PixelSettings, Reply

KEY = b"a key for tests, thirty-two byte"
Opened = Callable[[Path], tuple[dict[str, Any], dict[str, Any]]]


def _swapped_profile() -> bytes:
    """sRGB with the primaries of red and green exchanged: a valid profile whose effect nobody can miss."""
    raw = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    entries = {bytes(raw[at : at + 4]): at for at in range(132, 132 + 12 * int.from_bytes(raw[128:132], "big"), 12)}
    red, green = entries[b"rXYZ"], entries[b"gXYZ"]
    raw[red + 4 : red + 12], raw[green + 4 : green + 12] = raw[green + 4 : green + 12], raw[red + 4 : red + 12]
    return bytes(raw)


def _slide(path: Path, tissue: np.ndarray[Any, Any], profile: bytes | None) -> Path:
    tags = [] if profile is None else [(34675, 7, len(profile), profile, True)]
    tifffile.imwrite(path, tissue, tile=(256, 256), compression="jpeg", photometric="rgb", extratags=tags)
    return path


@pytest.mark.parametrize("kind", ["swapped", "none", "broken"])
def test_the_profile_is_applied_on_request_only(kind: str, tmp_path: Path, pool: PixelPool, opened: Opened, shared_data: Path) -> None:
    tissue = np.asarray(Image.open(shared_data / "wsi/generic-tiff/OS-1_he_region_40x.png").convert("RGB"))[:512, :768]
    profile = {"swapped": _swapped_profile(), "none": None, "broken": b"no profile" * 20}[kind]
    path = _slide(tmp_path / "slide.tif", tissue, profile)
    found, source = opened(path)
    assert found["engine"] == "openslide"
    image_id = uuid.uuid4()
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / f"{image_id}.json").write_text(json.dumps({"id": str(image_id), "revision": 1, "source": source}))
    service = PixelService(PixelSettings(tmp_path, KEY, cache_bytes=1 << 24), pool)

    def get(query: str) -> Reply:
        cookie = f"{grant.cookie_name(image_id)}={grant.sign(image_id, 1, time.time() + 60, KEY)}"
        return service.reply("GET", f"/pixels/{image_id}/1/tiles/0/1/1{query}", {"cookie": cookie})

    stored, asked = get(""), get("?icc=1")
    assert (stored.status, asked.status) == (200, 200)
    assert b"ICC_PROFILE" not in stored.body + asked.body
    assert stored.headers["ETag"] != asked.headers["ETag"]
    assert (get("?icc=1"), get("")) == (asked, stored), "neither takes the other's place in a cache"
    assert get("?icc=2").status == get("?icc=1&icc=1").status == 404
    assert _rgb(asked.body) == _expected(path, kind)
    far = np.abs(np.asarray(_image(stored.body)).astype(int) - np.asarray(_image(asked.body))).mean()
    assert far > 10 if kind == "swapped" else far < 4


def _expected(path: Path, kind: str) -> bytes:
    pixels = openslide.OpenSlide(str(path)).read_region((256, 256), 0, (256, 256)).convert("RGB")
    if kind == "swapped":
        profile = ImageCms.ImageCmsProfile(io.BytesIO(_swapped_profile()))
        converted = ImageCms.profileToProfile(
            pixels, profile, ImageCms.createProfile("sRGB"), ImageCms.Intent(ImageCms.getDefaultIntent(profile))
        )
        assert converted is not None
        pixels = converted
    buffer = io.BytesIO()
    pixels.save(buffer, "JPEG", quality=85, subsampling=0)
    return _rgb(buffer.getvalue())


def _image(body: bytes) -> Image.Image:
    return Image.open(io.BytesIO(body)).convert("RGB")


def _rgb(body: bytes) -> bytes:
    return _image(body).tobytes()
