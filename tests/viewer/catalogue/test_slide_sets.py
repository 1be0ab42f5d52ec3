"""Slides of several files on their way in: one image each out of a folder or an archive, and nothing from outside of it."""

import zipfile
from collections.abc import Callable
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.viewer import spread_slides
from tests.viewer.catalogue.conftest import stored_files
from viewer.models import Collection, Image, Instance
from viewer.services.ingest import IngestResult
from viewer.services.reconcile import reconcile
from viewer.services.slide_sets import Part, gather, ingest_slide_set
from viewer.services.storage import absolute
from viewer.tiles.pool import default_pool

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _one_at_a_time(settings: Any) -> None:
    """A database in memory locks whole tables against a second thread."""
    settings.PIXEL_WORKERS = 0


def ingest(path: Path) -> str:
    out = StringIO()
    try:
        call_command("ingest", path, collection="ours", stdout=out)
    except CommandError:
        out.write("nothing went in")
    return out.getvalue()


def zipped(folder: Path, path: Path, rename: Callable[[str], str] = str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(p for p in folder.rglob("*") if p.is_file()):
            archive.write(file, rename(file.relative_to(folder).as_posix()))
    return path


@pytest.fixture
def export(tmp_path: Path, shared_data: Path) -> Path:
    """A folder as scanners write them: two MIRAX, a VMS, a photograph, and what nobody asked for."""
    folder = tmp_path / "export"
    for name in ("症例 1", "b.c"):
        spread_slides.write_mirax(folder / f"{name}.mrxs")
    index = folder / "b.c/Slidedat.ini"  # the same picture, but another slide
    index.write_bytes(index.read_bytes().replace(b"OBJECTIVE_MAGNIFICATION = 20", b"OBJECTIVE_MAGNIFICATION = 40"))
    (folder / "b.c/Data9999.dat").write_bytes(b"named by nobody")
    (folder / "vms").mkdir()
    spread_slides.write_vms(folder / "vms/s.vms")
    (folder / "vms/photograph.jpg").write_bytes((shared_data / "photo/exif/grey.jpg").read_bytes())
    return folder


@pytest.mark.parametrize("packed", [False, True])
def test_a_folder_and_an_archive_give_one_image_a_slide(packed: bool, export: Path, collection: Collection, data_dir: Path) -> None:
    source = zipped(export, export.parent / "all.zip") if packed else export
    said = ingest(source)
    assert said.splitlines()[-1] == "4 accepted, 0 duplicate, 0 refused, 0 skipped", said
    images = {image.name: image for image in Image.objects.all()}
    assert set(images) == {"症例 1.mrxs", "b.c.mrxs", "s.vms", "photograph.jpg"}
    mirax = Instance.objects.get(image=images["b.c.mrxs"])
    folder = absolute(mirax.path).parent
    assert sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()) == [
        "slide.mrxs",
        *(f"slide/{name}" for name in ("Data0000.dat", "Index.dat", "Slidedat.ini")),
    ]
    assert mirax.size_bytes == sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())
    assert default_pool().thumbnail({"kind": "slide", "paths": [str(absolute(mirax.path))]}).body
    assert not [name for name in stored_files(data_dir) if name.startswith("incoming")]
    assert ingest(zipped(export, export.parent / "again.zip")).splitlines()[-1] == "0 accepted, 4 duplicate, 0 refused, 0 skipped"
    assert reconcile(settled_s=0) == type(reconcile())()
    (folder / "slide/Data0000.dat").unlink()
    assert reconcile().missing == [mirax.path]


def test_the_first_file_alone_brings_its_companions(export: Path, collection: Collection) -> None:
    assert "1 accepted, 0 duplicate, 0 refused" in ingest(export / "症例 1.mrxs")
    assert "1 accepted, 0 duplicate, 0 refused" in ingest(export / "vms/s.vms")
    assert set(Image.objects.values_list("name", flat=True)) == {"症例 1.mrxs", "s.vms"}


def test_a_missing_companion_is_named_and_nothing_stays(export: Path, collection: Collection, data_dir: Path) -> None:
    (export / "症例 1/Data0000.dat").unlink()
    (export / "vms/スライド_map.jpg").unlink()
    said = ingest(export)
    assert "companion_files: This slide is spread over several files, and one of them is missing. (Data0000.dat)" in said
    assert "(スライド_map.jpg)" in said
    assert said.splitlines()[-1] == "2 accepted, 0 duplicate, 2 refused, 0 skipped"
    assert len([name for name in stored_files(data_dir) if name.startswith("images")]) == 5


def test_names_that_lead_out_are_refused_in_folder_and_archive(export: Path, collection: Collection, data_dir: Path) -> None:
    key_file = export / "症例 1/Slidedat.ini"
    key_file.write_bytes(key_file.read_bytes().replace(b"FILE_0 = Data0000.dat", b"FILE_0 = ../b.c/Data0000.dat"))
    vms = export / "vms/s.vms"
    vms.write_text(vms.read_text(encoding="utf-8").replace("MapFile=", "MapFile=../"), encoding="utf-8")
    for source in (export, zipped(export, export.parent / "all.zip")):
        said = ingest(source)
        assert said.count("companion_unsafe: ") == 2, said
    assert set(Image.objects.values_list("name", flat=True)) >= {"b.c.mrxs", "photograph.jpg"}
    assert not Image.objects.filter(name__in=["症例 1.mrxs", "s.vms"]).exists()


def test_links_are_never_followed(export: Path, collection: Collection) -> None:
    secret = export.parent / "secret.dat"
    secret.write_bytes((export / "症例 1/Data0000.dat").read_bytes())
    (export / "症例 1/Data0000.dat").unlink()
    (export / "症例 1/Data0000.dat").symlink_to(secret)
    (export / "vms/スライド_map.jpg").rename(export.parent / "map.jpg")
    (export / "vms/スライド_map.jpg").symlink_to(export.parent / "map.jpg")
    said = ingest(export)
    assert said.splitlines()[-1] == "2 accepted, 0 duplicate, 2 refused, 0 skipped", said
    (export / "b.c.mrxs").rename(export / "c.mrxs")
    (export / "b.c").rename(export.parent / "moved")
    (export / "c").symlink_to(export.parent / "moved")
    assert "0 accepted" in ingest(export / "c.mrxs")


def _parts(files: dict[str, bytes]) -> list[Part]:
    return [Part(name, lambda raw=raw: BytesIO(raw)) for name, raw in files.items()]  # type: ignore[misc]


def test_an_archive_of_hostile_names_gathers_only_what_lies_beside(collection: Collection, tmp_path: Path) -> None:
    spread_slides.write_mirax(tmp_path / "a.mrxs")
    files = {p.relative_to(tmp_path).as_posix(): p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    moved = {name.replace("a/Data0000.dat", "b/Data0000.dat"): raw for name, raw in files.items()}
    (slide,), rest = gather(_parts({**moved, "a/../a/Data0000.dat": b"x", "/a/Data0000.dat": b"x", "a/x/Data0000.dat": b"x"}))
    assert [part.name for part in rest] == ["b/Data0000.dat", "a/../a/Data0000.dat", "/a/Data0000.dat", "a/x/Data0000.dat"]
    result = ingest_slide_set(collection=collection, slide=slide)
    assert (result.status, result.code) == ("refused", "companion_files")
    assert "(Data0000.dat)" in result.text
    (slide,), rest = gather(_parts({name.replace("Data0000", "DATA0000"): raw for name, raw in files.items()}))
    assert rest == []
    assert ingest_slide_set(collection=collection, slide=slide).status == "accepted"  # case is a matter of the disk it came from


def test_the_limit_holds_for_the_whole_slide(export: Path, collection: Collection, settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = (export / "症例 1/Data0000.dat").stat().st_size + 100
    assert "too_large: " in ingest(export / "症例 1.mrxs")
    assert not Image.objects.exists()


def test_a_lone_first_file_on_the_upload_page_says_what_is_missing(take: Callable[..., IngestResult], tmp_path: Path) -> None:
    spread_slides.write_vms(tmp_path / "s.vms")
    result = take(tmp_path / "s.vms")
    assert (result.status, result.code) == ("refused", "companion_files")
    assert "スライド.jpg" in result.text
