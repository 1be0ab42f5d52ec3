"""Colour frames handed over as they are stored: the same picture as decoded, nothing but the picture, and only where that is true."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.encaps import encapsulate, get_frame
from pydicom.pixels import pixel_array

from viewer.tiles.pool import PixelPool

Opened = Callable[[Path], tuple[dict[str, Any], dict[str, Any]]]
pytestmark = pytest.mark.filterwarnings("ignore")
HANDED_OVER = [
    "endoscopy/multiframe_jpeg_40f.dcm",
    "us/toshiba_doppler_67f.dcm",
    "op/fundus_rgb_jpeg.dcm",
    "endoscopy/vl_endoscopic_jpeg.dcm",
]


def scan_of(jpeg: bytes) -> bytes:
    """The entropy-coded part."""
    return jpeg[jpeg.index(b"\xff\xda") : jpeg.rindex(b"\xff\xd9")]


@pytest.mark.parametrize("name", HANDED_OVER)
def test_the_stored_frame_itself_is_sent(name: str, pool: PixelPool, opened: Opened, shared_data: Path) -> None:
    path = shared_data / "dicom" / name
    found, source = opened(path)
    header = pydicom.dcmread(path)
    for frame in {0, found["frame_count"] // 2, found["frame_count"] - 1}:
        sent = pool.frame(source, frame)
        stored = get_frame(header.PixelData, frame, number_of_frames=found["frame_count"])
        assert sent.content_type == "image/jpeg"
        assert scan_of(sent.body) == scan_of(stored)
        shown = np.asarray(Image.open(io.BytesIO(sent.body)).convert("RGB")).astype(int)
        assert np.abs(shown - pixel_array(path, index=frame)).mean() < 1.5


def test_comments_and_profiles_stay_behind(tmp_path: Path, pool: PixelPool, opened: Opened, shared_data: Path) -> None:
    header = pydicom.dcmread(shared_data / "dicom/endoscopy/vl_endoscopic_jpeg.dcm")
    stream = get_frame(header.PixelData, 0, number_of_frames=1)
    secret = b"Yamada^Tarou"
    spoken = b"\xff\xfe" + (len(secret) + 2).to_bytes(2, "big") + secret
    header.PixelData = encapsulate([stream[:2] + spoken + stream[2:]])
    header.save_as(tmp_path / "spoken.dcm")
    sent = pool.frame(opened(tmp_path / "spoken.dcm")[1], 0)
    assert secret not in sent.body
    assert scan_of(sent.body) == scan_of(stream)


def test_what_is_no_ycbcr_is_decoded(tmp_path: Path, pool: PixelPool, opened: Opened, shared_data: Path) -> None:
    """RGB stored as such looks wrong in a browser that is told nothing; a header that lies about it is found out by the pixels."""
    picture = Image.open(shared_data / "photo/derm/ISIC_0000000.jpg").convert("RGB").crop((0, 0, 350, 286))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=95, subsampling=0, keep_rgb=True)
    header = pydicom.dcmread(shared_data / "dicom/endoscopy/vl_endoscopic_jpeg.dcm")
    header.Rows, header.Columns = 286, 350
    header.PixelData = encapsulate([buffer.getvalue()])
    header.PhotometricInterpretation = "RGB"
    header.save_as(tmp_path / "rgb.dcm")
    sent = pool.frame(opened(tmp_path / "rgb.dcm")[1], 0)
    shown = np.asarray(Image.open(io.BytesIO(sent.body)).convert("RGB")).astype(int)
    assert np.abs(shown - np.asarray(picture)).mean() < 3
    assert scan_of(sent.body) != scan_of(buffer.getvalue())
