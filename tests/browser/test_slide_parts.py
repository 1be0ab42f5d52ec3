"""A slide of which a file is missing: the reader is told, sees white there, and is not told any more once the file is there."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.test_frames import open_image, pixels
from tests.viewer.concatenations import UID, save, split

Begin = Callable[..., Visit]
Picture = Callable[[Page, str], None]
WHITE = 252


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_missing_part_is_said_and_white(visit: Begin, take_picture: Picture, shared_data: Path, tmp_path: Path, language: str) -> None:
    number = ["ja", "en"].index(language) + 1  # a slide of its own for each
    parts = split(shared_data / "wsi/dicom/he_pyramid_jpeg/level0.dcm", [40, 40, 28], uid=f"{UID}.{number}")
    for part in parts:
        part.SeriesInstanceUID, part.SeriesDescription = f"{UID}.{number}.99", f"Parts {number}"
    first, second, third = save(parts, tmp_path)
    admin = visit("jsp-admin", language)
    admin.site.manage("ingest", "--collection", "jsp-demo", str(first), str(third))
    page = open_image(admin, lambda image: image["name"] == f"Parts {number}")
    told = page.locator(".viewer-notes details[data-code=slide_parts_missing]")
    expect(told).to_have_count(1)
    told.locator("summary").click()
    expect(told.locator("p")).to_be_visible()
    take_picture(page, "slide-part-missing")
    page.locator(".viewer-notes-close").click()
    without = (pixels(page) >= WHITE).all(axis=-1).mean()
    admin.site.manage("ingest", "--collection", "jsp-demo", str(second))
    page = open_image(admin, lambda image: image["name"] == f"Parts {number}")
    expect(told).to_have_count(0)
    take_picture(page, "slide-part-there")
    assert (pixels(page) >= WHITE).all(axis=-1).mean() < without - 0.1
