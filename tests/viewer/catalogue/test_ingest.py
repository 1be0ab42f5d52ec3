"""Files into images: every kind, grouping, identity, and nothing half-stored."""

import json
import random
import stat
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pydicom
import pytest
from django.core import serializers

from tests.viewer.catalogue.conftest import stored_files
from viewer.models import Collection, Image, Instance, Series, Study
from viewer.services.frame_times import frame_seconds
from viewer.services.images import freeze
from viewer.services.ingest import IngestResult, ingest_file
from viewer.services.manifests import browser_manifest, members_of
from viewer.services.names import display_name
from viewer.services.pseudonym import subject_pseudonym
from viewer.services.reconcile import reconcile
from viewer.services.thumbnails import thumbnail
from viewer.tiles.made.completing import Completer
from viewer.tiles.pool import default_pool

pytestmark = pytest.mark.django_db
Take = Callable[..., IngestResult]

KINDS = [
    ("wsi/aperio/CMU-1-Small-Region.svs", "slide", "SM", (2220, 2967), 1),
    ("wsi/generic-tiff/he_pyramid_jpeg.tif", "slide", "SM", None, 1),
    ("wsi/generic-tiff/病理スライド №1 (H&E).tif", "slide", "SM", None, 1),
    ("wsi/hamamatsu/test3-DAPI-2-(387).ndpi", "slide", "SM", None, 1),
    ("wsi/leica/he_leica.scn", "slide", "SM", None, 1),
    ("wsi/philips/he_philips.tiff", "slide", "SM", None, 1),
    ("wsi/generic-tiff/OS-1_he_region_40x.png", "photograph", None, None, 1),
    ("dicom/ct/CT_small.dcm", "frames", "CT", (128, 128), 1),
    ("dicom/us/acuson_doppler_8f_rgb.dcm", "frames", "US", None, 8),
    ("dicom/dx/dx_monochrome1.dcm", "frames", "DX", None, 1),
    ("dicom/op/fundus_rgb_jpeg.dcm", "frames", "OP", None, 1),
    ("photo/fundus/idrid_0001.jpg", "photograph", None, (4288, 2848), 1),
    ("photo/exif/orientation_6.jpg", "photograph", None, None, 1),
    ("photo/exif/lossy.webp", "photograph", None, None, 1),
    ("video/endoscopy_h264.mp4", "video", "XC", (720, 576), 100),
    ("video/endoscopy_vp9.webm", "video", "XC", (640, 480), 50),
    ("video/endoscopy_mjpeg.avi", "video", "XC", (640, 480), 25),
    ("dicom/endoscopy/video_endoscopic_h264.dcm", "video", "ES", (720, 576), 75),
]


@pytest.mark.parametrize(("path", "kind", "modality", "size", "frames"), KINDS, ids=[row[0] for row in KINDS])
def test_every_kind_becomes_an_image_that_shows(
    *, path: str, kind: str, modality: str | None, size: tuple[int, int] | None, frames: int, shared_data: Path, take: Take, data_dir: Path
) -> None:
    result = take(shared_data / path)
    assert (result.status, result.code) == ("accepted", "")
    image = Image.objects.get(pk=result.image.pk)
    assert (image.kind, image.frame_count, image.revision) == (kind, frames, 1)
    assert modality in {None, image.modality}
    assert size in {None, (image.width_px, image.height_px)}
    manifest = json.loads((data_dir / "manifests" / f"{image.pk}.json").read_text())
    source = manifest["source"]
    assert manifest["revision"] == 1
    assert (data_dir / "manifests" / f"{image.pk}.tiles").exists() is (kind == "slide"), "stored tiles are indexed at ingest"
    assert (data_dir / "manifests" / f"{image.pk}.frames").exists() is (kind == "video"), "frames are indexed at ingest"
    assert source["engine"] in {"openslide", "tifffile", "dicom", "raster", "video"}
    assert [Path(p).is_relative_to(data_dir / "images" / str(image.collection_id)) for p in source["paths"]] == [True]
    pool = default_pool()
    body = pool.frame(source, frames - 1).body if kind in {"frames", "video"} else pool.tile(source, 0, 0, 0).body
    assert len(body) > 100
    assert stored_files(data_dir)[0].startswith("images/")
    assert not list((data_dir / "incoming").iterdir())


def test_a_video_says_how_it_is_played(shared_data: Path, take: Take, data_dir: Path) -> None:
    image = take(shared_data / "video/endoscopy_h264.mp4").image
    assert image is not None
    shown = browser_manifest(image, members_of(image))
    video = shown["video"]
    assert (shown["frames"]["count"], shown["frames"]["frame_time_ms"], shown["levels"]) == (100, 40.0, [])
    assert (video["media_type"], video["duration_s"]) == ('video/mp4; codecs="avc1.64001e"', 4.0)
    assert video["stream_url"] == f"/pixels/{image.pk}/1/stream"
    assert "spans" not in video
    assert str(data_dir) not in json.dumps(shown), "no path of the server is told"
    assert len(thumbnail(image=image)) > 1000
    assert frame_seconds(image.pk, 25) == 1.0
    assert frame_seconds(image.pk, 100) is None


def test_a_lost_frame_index_is_made_anew(shared_data: Path, take: Take, data_dir: Path) -> None:
    image = take(shared_data / "video/endoscopy_vp9.webm").image
    assert image is not None
    path = data_dir / "manifests" / f"{image.pk}.frames"
    before = path.read_bytes()
    path.unlink()
    assert frame_seconds(image.pk, 49) == 1.96
    assert path.read_bytes() == before


def test_stored_names_come_from_content_only(shared_data: Path, collection: Collection, data_dir: Path) -> None:
    stream = BytesIO((shared_data / "photo/exif/grey.jpg").read_bytes())
    result = ingest_file(collection=collection, path_or_stream=stream, name="../../etc/..%2f..%2fevil\u202egpj.\x07exe")
    assert result.status == "accepted"
    assert result.name == "..%2f..%2fevilgpj.exe"
    instance = Instance.objects.get()
    assert instance.path == f"images/{collection.pk}/{result.image.pk.hex}/{instance.digest}.jpg"
    assert (data_dir / instance.path).is_file()


def test_the_same_bytes_are_one_image_within_a_collection(
    shared_data: Path, take: Take, collection: Collection, other_collection: Collection, data_dir: Path
) -> None:
    path = shared_data / "photo/derm/ISIC_0000000.jpg"
    first, second = take(path), take(path, name="renamed.png")
    assert (first.status, second.status) == ("accepted", "duplicate")
    assert first.image == second.image
    elsewhere = ingest_file(collection=other_collection, path_or_stream=path, name="x.jpg")
    assert elsewhere.status == "accepted"
    assert elsewhere.image != first.image
    assert Instance.objects.filter(collection=collection).count() == 1
    assert len([name for name in stored_files(data_dir) if name.startswith("images/")]) == 2


def _positions(paths: list[str]) -> list[float]:
    found = []
    for path in paths:
        header = pydicom.dcmread(path, stop_before_pixels=True)
        a, b, c, d, e, f = (float(v) for v in header.ImageOrientationPatient)
        x, y, z = (float(v) for v in header.ImagePositionPatient)
        found.append((b * f - c * e) * x + (c * d - a * f) * y + (a * e - b * d) * z)
    return found


def test_slices_of_a_series_are_one_stack_in_order_however_they_come(shared_data: Path, take: Take, data_dir: Path) -> None:
    files = sorted((shared_data / "dicom/ct/ge_head_gantry_tilt").rglob("*.dcm"))
    assert len(files) == 28
    random.Random(7).shuffle(files)  # noqa: S311 -- any order will do
    results = [take(path) for path in files]
    assert {result.status for result in results} == {"accepted"}
    assert len({result.image.pk for result in results}) == 1
    image = Image.objects.get()
    assert (image.kind, image.frame_count, image.revision) == ("frames", 28, 28)
    source = json.loads((data_dir / "manifests" / f"{image.pk}.json").read_text())["source"]
    assert source["frame_map"] == [[n, 0] for n in range(28)]
    positions = _positions(source["paths"])
    assert positions == sorted(positions)
    shown = browser_manifest(image, members_of(image))
    assert shown["frames"]["count"] == 28
    assert shown["frames"]["positions_mm"] == pytest.approx(positions)
    assert Series.objects.count() == Study.objects.count() == 1
    assert default_pool().frame(source, 27).headers["Mitate-Rows"] == "512"


def test_the_digest_of_a_stack_does_not_depend_on_the_order_of_arrival(
    shared_data: Path, collection: Collection, other_collection: Collection
) -> None:
    files = sorted((shared_data / "dicom/ct/ct-3slice").rglob("*.dcm"))
    for target, order in ((collection, files), (other_collection, files[::-1])):
        for path in order:
            ingest_file(collection=target, path_or_stream=path, name=path.name)
    digests = set(Image.objects.values_list("digest", "frame_count"))
    assert len(digests) == 1
    assert {count for _, count in digests} == {3}


def test_a_frozen_stack_takes_no_slice_any_more_and_says_so(shared_data: Path, take: Take) -> None:
    files = sorted((shared_data / "dicom/ct/ct-3slice").rglob("*.dcm"))
    first = take(files[0])
    freeze(images=[first.image])
    late, later = take(files[1]), take(files[2])
    assert [result.code for result in (first, late, later)] == ["", "new_image_frozen", "new_image_frozen"]
    assert late.text
    assert late.hint
    assert late.image != first.image
    assert late.image == later.image
    assert all("series_in_several_stacks" not in _said(image) for image in Image.objects.all()), "they are of one geometry"
    frozen = Image.objects.get(pk=first.image.pk)
    assert (frozen.frame_count, frozen.revision) == (1, 1)


def test_freezing_twice_keeps_the_first_date(shared_data: Path, take: Take) -> None:
    image = take(shared_data / "photo/exif/grey.jpg").image
    freeze(images=[image])
    first = Image.objects.get().frozen_at
    freeze(images=[image])
    assert Image.objects.get().frozen_at == first is not None


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_dicom_pyramid_in_any_order_becomes_one_slide(seed: int, shared_data: Path, take: Take, data_dir: Path) -> None:
    files = sorted((shared_data / "wsi/dicom/he_pyramid_jpeg").glob("*.dcm"))
    random.Random(seed).shuffle(files)  # noqa: S311 -- any order will do
    results = {path.stem: take(path) for path in files}
    assert {name: result.status for name, result in results.items() if name.startswith("level")} == {
        "level0": "accepted",
        "level1": "accepted",
        "level2": "accepted",
    }
    assert {results[name].code for name in ("label", "overview", "thumbnail")} == {"label_image"}
    image = Image.objects.get()
    assert (image.kind, image.revision, len(image.inspection["levels"])) == ("slide", 3, 3)
    assert image.width_px == image.inspection["levels"][0]["width"]
    source = json.loads((data_dir / "manifests" / f"{image.pk}.json").read_text())["source"]
    assert len({Path(path).parent for path in source["paths"]}) == 1
    assert len(source["paths"]) == 3
    for level in range(3):
        assert default_pool().tile(source, level, 0, 0).content_type == "image/jpeg"


def test_a_frozen_slide_does_not_gain_a_level(shared_data: Path, take: Take, data_dir: Path) -> None:
    folder = shared_data / "wsi/dicom/he_pyramid_jpeg"
    first = take(folder / "level1.dcm")
    freeze(images=[first.image])
    late = take(folder / "level0.dcm")
    assert (late.status, late.code) == ("accepted", "new_image_frozen")
    manifests = [json.loads(path.read_text()) for path in (data_dir / "manifests").glob("*.json")]
    assert [len(manifest["source"]["levels"]) for manifest in manifests] == [1, 1]
    folders = {Path(manifest["source"]["paths"][0]).parent for manifest in manifests}
    assert len(folders) == 2
    for manifest in manifests:
        assert default_pool().tile(manifest["source"], 0, 0, 0).body


def test_another_file_under_a_known_sop_uid_replaces_nothing(shared_data: Path, take: Take, data_dir: Path) -> None:
    folder = shared_data / "malformed/dicom"
    assert take(folder / "same_uid_two_patients_1.dcm").status == "accepted"
    before = stored_files(data_dir)
    second = take(folder / "same_uid_two_patients_2.dcm")
    assert (second.status, second.code) == ("refused", "sop_uid_conflict")
    assert stored_files(data_dir) == before
    assert Instance.objects.count() == 1


def test_projections_and_clips_of_one_series_stay_apart(shared_data: Path, take: Take, tmp_path: Path) -> None:
    for number in (1, 2):
        header = pydicom.dcmread(shared_data / "dicom/dx/dx_monochrome1.dcm")
        header.SOPInstanceUID = header.file_meta.MediaStorageSOPInstanceUID = f"1.2.3.{number}"
        header.save_as(tmp_path / f"{number}.dcm")
        assert take(tmp_path / f"{number}.dcm").status == "accepted"
    assert Image.objects.count() == 2
    assert Series.objects.count() == 1


def _said(image: Image) -> list[str]:
    return list(browser_manifest(image, members_of(image))["warnings"])


def test_slices_of_another_spacing_are_another_stack(shared_data: Path, take: Take, tmp_path: Path) -> None:
    for number, spacing in enumerate([1, 1, 2]):
        header = pydicom.dcmread(shared_data / "dicom/ct/CT_small.dcm")
        header.SOPInstanceUID = header.file_meta.MediaStorageSOPInstanceUID = f"1.2.3.{number}"
        header.PixelSpacing = [spacing, spacing]
        header.save_as(tmp_path / f"{number}.dcm")
        assert take(tmp_path / f"{number}.dcm").status == "accepted"
        if number == 1:
            assert "series_in_several_stacks" not in _said(Image.objects.get())
    assert sorted(Image.objects.values_list("spacing_x_um", "frame_count")) == [(1000.0, 2), (2000.0, 1)]
    assert all("series_in_several_stacks" in _said(image) for image in Image.objects.all())


def test_nothing_of_a_person_reaches_the_database(shared_data: Path, take: Take, tmp_path: Path) -> None:
    header = pydicom.dcmread(shared_data / "dicom/ct/CT_small.dcm")
    header.PatientName = "Geheim^Gerda"
    header.PatientID = "HOSP-123456789"
    header.PatientBirthDate = "19210304"
    header.OtherPatientIDs = "OTHER-777"
    header.PatientAge = "103Y"
    header.InstitutionName = "Verschwiegenheitsklinik"
    header.save_as(tmp_path / "one.dcm")
    assert take(tmp_path / "one.dcm").status == "accepted"
    models = (Study, Series, Image, Instance)
    everything = "".join(serializers.serialize("json", model.objects.all()) for model in models)
    for secret in ("Geheim", "Gerda", "HOSP-123456789", "19210304", "1921-03-04", "OTHER-777", "Verschwiegen", "patient_id"):
        assert secret not in everything
    study = Study.objects.get()
    assert study.subject_age_years == 90
    assert study.subject_sex == header.PatientSex
    assert len(study.subject_pseudonym) == 64


def test_pseudonyms_are_keyed_and_forgive_width_case_and_blanks(data_dir: Path) -> None:
    one = subject_pseudonym(patient_id="ab-12 ", digest="d")
    assert subject_pseudonym(patient_id="ＡＢ－１２", digest="e") == one
    assert subject_pseudonym(patient_id="AB-13", digest="d") != one
    assert subject_pseudonym(patient_id=" ", digest="d") != subject_pseudonym(patient_id="", digest="e")
    key = data_dir / "facility.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    key.unlink()
    assert subject_pseudonym(patient_id="ab-12", digest="d") != one


def test_a_mirax_slide_is_not_taken_for_the_jpeg_it_begins_with(shared_data: Path, take: Take) -> None:
    result = take(shared_data / "malformed/tiff/mrxs_without_folder.mrxs")
    assert (result.status, result.code) == ("refused", "companion_files")


def _in_the_way(folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("a file where a folder should be")


@pytest.mark.parametrize("place", ["images", "manifests", "incoming"])
def test_when_the_disk_fails_half_way_nothing_stays(place: str, shared_data: Path, take: Take, data_dir: Path) -> None:
    _in_the_way(data_dir / place)
    for path in ("photo/exif/grey.jpg", "dicom/ct/CT_small.dcm", "wsi/dicom/he_pyramid_jpeg/level2.dcm"):
        result = take(shared_data / path)
        assert (result.status, result.code, result.http_status) == ("refused", "storage_failed", 503)
        assert str(data_dir) not in result.text + result.hint
    assert not Image.objects.exists()
    assert not Instance.objects.exists()
    assert not Study.objects.exists()
    (data_dir / place).unlink()
    assert stored_files(data_dir) == []
    assert take(shared_data / "photo/exif/grey.jpg").status == "accepted"


@pytest.mark.parametrize("files", [["dicom/ct/ct-3slice", "*.dcm"], ["wsi/dicom/he_pyramid_jpeg", "level*.dcm"]], ids=["stack", "slide"])
def test_a_failed_join_leaves_the_image_as_it_was(files: list[str], shared_data: Path, take: Take, data_dir: Path) -> None:
    first, second, *_ = sorted((shared_data / files[0]).rglob(files[1]))
    image = take(first).image
    before = stored_files(data_dir), (data_dir / "manifests" / f"{image.pk}.json").read_text()
    manifests = data_dir / "manifests"
    manifests.rename(data_dir / "aside")
    _in_the_way(manifests)
    assert take(second).code == "storage_failed"
    manifests.unlink()
    (data_dir / "aside").rename(manifests)
    assert (stored_files(data_dir), (manifests / f"{image.pk}.json").read_text()) == before
    stored = Image.objects.get()
    assert (stored.revision, stored.digest) == (1, image.digest)
    assert take(second).status == "accepted"


def test_a_file_over_the_limit_is_refused_while_it_streams(settings: Any, collection: Collection, data_dir: Path) -> None:
    settings.UPLOAD_MAX_BYTES = 1 << 20
    result = ingest_file(collection=collection, path_or_stream=BytesIO(bytes((1 << 20) + 1)), name="big.bin")
    assert (result.status, result.code, result.http_status) == ("refused", "too_large", 413)
    assert stored_files(data_dir) == []


def test_an_open_file_over_the_limit_is_refused_before_it_is_copied(
    settings: Any, collection: Collection, tmp_path: Path, data_dir: Path
) -> None:
    settings.UPLOAD_MAX_BYTES = 1 << 20
    with (tmp_path / "big.bin").open("w+b") as file:
        file.truncate((1 << 20) + 1)
        result = ingest_file(collection=collection, path_or_stream=file, name="big.bin")
        assert file.tell() == 0
    assert (result.code, stored_files(data_dir)) == ("too_large", [])


def test_names_for_display() -> None:
    assert display_name("フォルダー\\カ\u3099ンマ.svs") == "ガンマ.svs"
    assert display_name("a\u202eb\u200bc\x00\x1b[31m.dcm") == "abc[31m.dcm"
    assert display_name("\ud800\udfff") not in {"", "\ud800\udfff"}
    long = display_name("x" * 400 + ".dcm")
    assert len(long) == 255
    assert long.endswith("….dcm")
    assert len(display_name("y" * 400)) == 255


def test_levels_that_a_slide_lacks_join_its_manifest_when_their_tiles_are_there(shared_data: Path, take: Take, data_dir: Path) -> None:
    """The revision stays: no address of another tile changes, and the document keeps the slide's own levels."""
    image = Image.objects.get(pk=take(shared_data / "wsi/aperio/CMU-1-Small-Region.svs").image.pk)
    assert (data_dir / "made/wanted" / str(image.pk)).exists(), "made in the background, not while a file is taken in"
    before = browser_manifest(image, members_of(image))
    assert [level["downsample"] for level in before["levels"]] == [1.0]
    assert Completer(data_dir, limit_bytes=1 << 30, pool=default_pool()).run_once() == 1
    after = browser_manifest(image, members_of(image))
    assert after["levels"][:1] == before["levels"]
    assert (after["levels"][1]["index"], after["levels"][1]["downsample"], after["levels"][1]["width"]) == (1, 2.0, 1110)
    assert {**after, "levels": []} == {**before, "levels": []}
    assert len(json.loads((data_dir / "manifests" / f"{image.pk}.json").read_text())["source"]["levels"]) == 1
    assert reconcile(settled_s=0).removed == []
    for path in (data_dir / "made").glob("*.jpgs"):
        path.unlink()
    assert browser_manifest(image, members_of(image)) == before


def test_without_room_for_levels_nobody_wishes(shared_data: Path, take: Take, data_dir: Path, settings: Any) -> None:
    settings.LEVELS_BYTES = 0
    take(shared_data / "wsi/aperio/CMU-1-Small-Region.svs")
    assert not (data_dir / "made").exists()
