"""A picture of every modality, as a reader meets it: to be looked at, and never empty."""

from collections.abc import Callable
from pathlib import Path

import numpy
from playwright.sync_api import Page

from tests.browser.conftest import Visit
from tests.browser.test_frames import COLLECTION, LANGUAGES, pixels
from tests.waiting import wait_for

Begin = Callable[..., Visit]
Picture = Callable[[Page, str], None]
FILES = {
    "ct": "ct/ge_head_gantry_tilt/14.dcm",
    "ct-enhanced": "ct/enhanced_ct_2f.dcm",
    "cr": "cr/RG3_J2KR.dcm",
    "dx": "dx/dx_monochrome1.dcm",
    "mr": "mr/brain_series/brain_010.dcm",
    "mr-enhanced": "mr/enhanced/philips_8f.dcm",
    "nm": "nm/JPEG2000_UNC.dcm",
    "pt": "pt/pet_1.dcm",
    "us-echo": "us/toshiba_doppler_67f.dcm",
    "us-palette": "us/OBXXXX1A.dcm",
    "xa": "xa/rubo_96f.dcm",
    "rt-dose": "rt/rtdose.dcm",
    "rt-image": "rt/rt_image.dcm",
    "endoscopy": "endoscopy/multiframe_jpeg_40f.dcm",
    "dermatology": "derm/dermoscopic_photography.dcm",
    "fundus": "op/fundus_rgb_jpeg.dcm",
    "oct": "op/heidelberg_schematic.dcm",
    "modality-lut": "sc/mlut_18.dcm",
    "voi-lut": "sc/vlut_04.dcm",
    "pattern-rgb": "sc/TestPattern_RGB.dcm",
    "pattern-palette": "sc/TestPattern_Palette_16.dcm",
    "pattern-ybr": "sc/TestPattern_JPEG-Baseline_YBRFull.dcm",
}


@LANGUAGES
def test_every_modality(visit: Begin, take_picture: Picture, shared_data: Path, language: str) -> None:
    admin = visit("jrs-admin", language)
    page, url = admin.page, admin.site.url
    collection = next(one["id"] for one in page.request.get(f"{url}/api/collections/").json()["collections"] if one["slug"] == COLLECTION)
    listing = f"{url}/api/collections/{collection}/images/"
    token = next(cookie["value"] for cookie in admin.context.cookies() if cookie["name"] == "csrftoken")
    for name, path in FILES.items():
        before = {image["id"] for image in page.request.get(listing).json()["images"]}
        file = {"name": f"{name}.dcm", "mimeType": "application/dicom", "buffer": (shared_data / "dicom" / path).read_bytes()}
        answer = page.request.post(
            f"{url}/api/collections/{collection}/uploads/", headers={"X-CSRFToken": token, "Referer": url}, multipart={"file": file}
        )
        assert answer.ok, (name, answer.text())
        assert answer.json()["status"] == ("duplicate" if answer.json()["image_id"] in before else "accepted")
        page.goto(f"{url}/images/{answer.json()['image_id']}/")
        wait_for(f"pixels of {name}", lambda: page.evaluate("performance.getEntriesByName('mitate:first-sharp').length > 0"))
        page.wait_for_timeout(150)
        picture = pixels(page)
        inside = picture[picture.shape[0] // 4 : -picture.shape[0] // 4, picture.shape[1] // 3 : -picture.shape[1] // 3]
        assert len(numpy.unique(inside.reshape(-1, 3), axis=0)) > 8, f"{name} is empty"
        take_picture(page, f"modality-{name}")
        assert not admin.errors, (name, admin.errors)
