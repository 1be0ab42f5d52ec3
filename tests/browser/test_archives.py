"""Folders and archives on the upload page: names with their folders, a result for each file, pause, another visit, a report."""

import csv
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.test_resumable import UploadPage
from tests.viewer.catalogue.test_batches import slices

Begin = Callable[..., Visit]
Picture = Callable[[Page, str], None]
# More than two requests take, on a fast machine too.
SLICES = 800


def medium(shared_data: Path, folder: Path, language: str) -> Path:
    """Write an archive of a series that no other test has, a photograph of everybody, and what does not go in."""
    path = folder / f"検査-{language}.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for each in slices(shared_data, folder / "in", SLICES, series=f"1.2.{ord(language[0])}"):
            archive.write(each, f"series/{each.name}")
        archive.write(shared_data / "malformed/dicom/truncated_35.dcm", "cut.dcm")
        archive.writestr(".DS_Store", b"x")
        archive.writestr("../../escaped.jpg", b"x")
    return path


@pytest.mark.parametrize("language", ["ja", "en"])
def test_an_archive_is_unpacked_paused_and_goes_on_on_another_visit(
    visit: Begin, take_picture: Picture, shared_data: Path, tmp_path: Path, language: str
) -> None:
    path = medium(shared_data, tmp_path, language)
    upload = UploadPage(visit("jda-admin", language))
    page = upload.page
    page.set_input_files("#upload-files", [path])
    expect(page.locator('#upload-rows > li[data-state="accepted"]').first).to_be_visible(timeout=60_000)
    page.locator("#upload-pause").click()
    upload.row("paused")
    assert 0 < page.locator('#upload-rows > li[data-state="accepted"]').count() < SLICES
    page.reload()
    expect(page.locator("#upload-earlier [data-upload]")).to_have_count(1)
    page.set_input_files("#upload-files", [path])
    upload.row("unpacked")
    expect(page.locator('#upload-rows > li[data-state="accepted"]')).to_have_count(SLICES, timeout=60_000)
    expect(page.locator('#upload-rows > li[data-state="refused"]')).to_have_count(2)
    expect(page.locator('#upload-rows > li[data-state="skipped"]')).to_have_count(1)
    take_picture(page, "upload-archive")
    page.locator("#upload-problems").check()
    take_picture(page, "upload-archive-problems")
    with page.expect_download() as download:
        page.locator("#upload-report").click()
    head, *rows = csv.reader(download.value.path().read_text("utf-8-sig").splitlines())
    assert head[0] == {"ja": "ファイル", "en": "File"}[language]
    assert len(rows) == SLICES + 4
    assert sum(row[6].startswith(f"{upload.url}/images/") for row in rows) == SLICES
    assert upload.offsets == []
    # The visit before may still be unpacking; the page waits for its turn.
    assert {error.split("status of ")[-1][:3] for error in upload.visit.errors} <= {"423"}
    upload.visit.errors.clear()


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_folder_keeps_its_structure_in_the_list(
    visit: Begin, take_picture: Picture, shared_data: Path, tmp_path: Path, language: str
) -> None:
    root = tmp_path / f"症例-{language}"
    slices(shared_data, root / "CT" / "series 1", 3, series=f"1.3.{ord(language[0])}")
    slices(shared_data, root / "CT" / "series 2", 2, series=f"1.4.{ord(language[0])}")
    (root / ".hidden").mkdir()
    (root / ".hidden" / "x.dcm").write_bytes(b"x")
    (root / "readme.txt").write_text("not an image")
    upload = UploadPage(visit("jda-admin", language))
    upload.page.set_input_files("#upload-folder", root)
    expect(upload.page.locator('#upload-rows > li[data-state="accepted"]')).to_have_count(5, timeout=60_000)
    expect(upload.page.locator('#upload-rows > li[data-state="refused"]')).to_have_count(1)
    names = upload.page.locator("#upload-rows .upload-name").all_inner_texts()
    assert names[0] == f"症例-{language}/CT/series 1/1.3.{ord(language[0])}-0000.dcm"
    assert names[-1] == f"症例-{language}/readme.txt"
    expect(upload.page.locator("#upload-note")).to_be_visible()
    take_picture(upload.page, "upload-folder")
    assert {error.split("status of ")[-1][:3] for error in upload.visit.errors} <= {"422"}
    upload.visit.errors.clear()
