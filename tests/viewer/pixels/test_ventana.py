"""Ventana BIF: the tissue and never the label; its own tiles where they do not overlap, made ones where they do."""

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
from PIL import Image

from tests.viewer.pixels.ventana import write_bif
from viewer.tiles import grant
from viewer.tiles.made import places
from viewer.tiles.made.completing import Completer
from viewer.tiles.pool import PixelPool
from viewer.tiles.service import PixelService, PixelSettings

KEY = b"a key for tests, thirty-two byte"
Opened = Callable[[Path], tuple[dict[str, Any], dict[str, Any]]]


@pytest.mark.parametrize("overlap_px", [0, 16])
def test_bif_shows_its_tissue_with_openslides_pixels(
    *, overlap_px: int, tmp_path: Path, pool: PixelPool, opened: Opened, shared_data: Path
) -> None:
    tissue = np.asarray(Image.open(shared_data / "wsi/generic-tiff/OS-1_he_region_40x.png").convert("RGB"))
    path = tmp_path / "slide.tif"
    write_bif(path, np.tile(tissue, (2, 2, 1)), columns=8, rows=6, overlap_px=overlap_px)
    found, source = opened(path)
    assert (found["engine"], found["format"], found["spacing"]["x_um"], found["objective_power"]) == ("openslide", "ventana", 0.25, 40.0)
    assert (found["width"], found["height"]) == (2048 - 7 * overlap_px, 1536 - 5 * overlap_px)
    image_id, manifests = uuid.uuid4(), tmp_path / "manifests"
    manifests.mkdir()
    (manifests / f"{image_id}.json").write_text(json.dumps({"id": str(image_id), "revision": 1, "source": source}))
    places.wish(manifests, image_id)
    assert Completer(tmp_path, limit_bytes=1 << 30, pool=pool).run_once() == int(overlap_px > 0), "nothing to make of tiles that fit"
    service = PixelService(PixelSettings(tmp_path, KEY, cache_bytes=1 << 20), pool)
    cookie = f"{grant.cookie_name(image_id)}={grant.sign(image_id, 1, time.time() + 60, KEY)}"
    slide = openslide.OpenSlide(str(path))
    for level in (0, 1, 2):
        answer = service.reply("GET", f"/pixels/{image_id}/1/tiles/{level}/1/1", {"cookie": cookie})
        assert answer.headers["ETag"].startswith('"s2/'), "the slide's own or made, but no longer rendered"
        step = 256 << level
        wanted = np.asarray(slide.read_region((step, step), level, (256, 256)).convert("RGB")).astype(int)
        shown = np.asarray(Image.open(io.BytesIO(answer.body)).convert("RGB")).astype(int)
        shown, wanted = (one[: min(256, source["levels"][level]["height"] - 256) // 8 * 8, :224] for one in (shown, wanted))
        if overlap_px:
            assert np.abs(_blocks(shown) - _blocks(wanted)).mean() < 1
        else:
            assert np.abs(shown - wanted).max() <= 2


def _blocks(pixels: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    means: np.ndarray[Any, Any] = pixels.reshape(pixels.shape[0] // 8, 8, pixels.shape[1] // 8, 8, 3).mean(axis=(1, 3))
    return means
