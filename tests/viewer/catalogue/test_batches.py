"""Many files at once: each has its own result, a few queries serve all, and whatever is killed half-way leaves nothing half-stored."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pydicom
import pytest

from tests.conftest import REPOSITORY
from tests.viewer.catalogue.conftest import Site, stored_files
from viewer.models import Collection, Image, Instance, Series, Study
from viewer.readers import errors
from viewer.services.batches import BATCH_FILES, in_batches, ingest_batch
from viewer.services.images import freeze
from viewer.services.sources import Found, find_files
from viewer.tiles.inspecting import inspect_all
from viewer.tiles.pool import PixelPool


def slices(shared_data: Path, folder: Path, count: int, *, series: str = "1.2.3") -> list[Path]:
    """Write slices of one CT series, no two alike."""
    folder.mkdir(parents=True, exist_ok=True)
    dataset = pydicom.dcmread(shared_data / "dicom/ct/CT_small.dcm")
    dataset.SeriesInstanceUID = series
    paths = []
    for number in range(count):
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"{series}.{number + 1}"
        dataset.InstanceNumber = number + 1
        dataset.ImagePositionPatient = [0, 0, number]
        paths.append(folder / f"{series}-{number:04}.dcm")
        dataset.save_as(paths[-1])
    return paths


def codes(collection: Collection, paths: list[Path]) -> list[tuple[str, str]]:
    return [(result.status, result.code) for result in ingest_batch(collection=collection, batch=[Found(path) for path in paths])]


@pytest.mark.django_db
def test_a_series_is_stored_with_a_few_queries(
    shared_data: Path, tmp_path: Path, collection: Collection, data_dir: Path, django_assert_max_num_queries: Any
) -> None:
    paths = slices(shared_data, tmp_path, 40)
    with django_assert_max_num_queries(25):
        assert codes(collection, paths[:30]) == [("accepted", "")] * 30
    with django_assert_max_num_queries(25):
        assert codes(collection, paths[30:]) == [("accepted", "")] * 10
    image = Image.objects.get()
    assert (image.frame_count, image.revision, image.instances.count()) == (40, 2, 40)
    assert Study.objects.count() == Series.objects.count() == 1
    manifest = json.loads((data_dir / "manifests" / f"{image.pk}.json").read_text())
    assert manifest["revision"] == 2
    stored = [pydicom.dcmread(path, stop_before_pixels=True).InstanceNumber for path in manifest["source"]["paths"]]
    assert stored == list(range(1, 41))
    assert not list((data_dir / "incoming").iterdir())


@pytest.mark.django_db(transaction=True)
def test_each_file_of_a_batch_has_its_own_result(shared_data: Path, tmp_path: Path, collection: Collection, data_dir: Path) -> None:
    first, second, third = slices(shared_data, tmp_path, 3)
    copy = Path(shutil.copy(first, tmp_path / "copy.dcm"))
    other = pydicom.dcmread(first)
    other.InstanceNumber = 99
    other.save_as(tmp_path / "conflict.dcm")
    assert codes(collection, [third]) == [("accepted", "")]
    malformed = shared_data / "malformed/dicom"
    batch = [first, copy, malformed / "truncated_35.dcm", tmp_path / "conflict.dcm", second, third, tmp_path / "gone.dcm"]
    batch += [
        malformed / "empty.dcm",
        *sorted((shared_data / "wsi/dicom/he_pyramid_jpeg").glob("level*.dcm")),
        shared_data / "photo/exif/grey.jpg",
    ]
    found = codes(collection, batch)
    assert found[:2] == [("accepted", ""), ("duplicate", "")]
    assert found[2][1] in {"truncated", "malformed"}
    assert found[3:6] == [("refused", "sop_uid_conflict"), ("accepted", ""), ("duplicate", "")]
    assert found[6:8] == [("refused", "unreadable_source"), ("refused", "empty_file")]
    assert found[8:] == [("accepted", "")] * 4
    assert sorted(Image.objects.values_list("kind", "frame_count")) == [("frames", 3), ("photograph", 1), ("slide", 1)]
    assert len([name for name in stored_files(data_dir) if name.startswith("images/")]) == Instance.objects.count() == 7


@pytest.mark.django_db
def test_a_frozen_stack_takes_no_slice_of_a_batch(shared_data: Path, tmp_path: Path, collection: Collection) -> None:
    first, *others = slices(shared_data, tmp_path, 4)
    codes(collection, [first])
    freeze(images=Image.objects.all())
    assert codes(collection, others) == [("accepted", "new_image_frozen")] * 3
    assert sorted(Image.objects.values_list("frame_count", "revision")) == [(1, 1), (3, 1)]


@pytest.mark.django_db
@pytest.mark.parametrize("place", ["images", "manifests", "incoming"])
def test_when_the_disk_fails_under_a_batch_nothing_stays(
    place: str, shared_data: Path, tmp_path: Path, collection: Collection, data_dir: Path
) -> None:
    paths = [*slices(shared_data, tmp_path / "in", 5), shared_data / "photo/exif/grey.jpg"]
    data_dir.mkdir(exist_ok=True)
    (data_dir / place).write_text("a file where a folder should be")
    assert codes(collection, paths) == [("refused", "storage_failed")] * 6
    assert not any(model.objects.exists() for model in (Instance, Image, Series, Study))
    (data_dir / place).unlink()
    assert stored_files(data_dir) == []
    assert codes(collection, paths) == [("accepted", "")] * 6


@pytest.mark.django_db
def test_a_batch_that_cannot_be_stored_whole_is_stored_but_for_the_bad_one(
    shared_data: Path, tmp_path: Path, collection: Collection, data_dir: Path
) -> None:
    one, two, three = slices(shared_data, tmp_path, 3)
    bad = slices(shared_data, tmp_path, 1, series="9.9.9")[0]
    (image,) = (result.image for result in ingest_batch(collection=collection, batch=[Found(bad)]))
    again = slices(shared_data, tmp_path / "more", 2, series="9.9.9")[1]
    blocked = data_dir / "images" / str(collection.pk) / image.pk.hex
    shutil.move(blocked, tmp_path / "aside")
    blocked.write_text("in the way of one image only")
    found = codes(collection, [one, again, two, three])
    assert found == [("accepted", ""), ("refused", "storage_failed"), ("accepted", ""), ("accepted", "")]


def test_a_batch_is_bounded_by_files_and_bytes(tmp_path: Path) -> None:
    sizes = [10] * 100 + [9 << 20] + [5 << 20] * 8
    for number, size in enumerate(sizes):
        with (tmp_path / f"{number:04}").open("wb") as file:
            file.truncate(size)
    batches = [[each.size_bytes for each in batch] for batch in in_batches(find_files(tmp_path))]
    assert [9 << 20] in batches
    assert max(map(len, batches)) == BATCH_FILES
    assert max(sum(batch) for batch in batches) <= 32 << 20
    assert sum(map(len, batches)) == len(sizes)


def _found(answers: list[Any]) -> list[Any]:
    return [answer.code if isinstance(answer, errors.ReaderError) else answer["width"] for answer in answers]


def test_a_worker_that_dies_over_a_batch_costs_no_file(shared_data: Path) -> None:
    pool = PixelPool(workers=1)
    paths = [str(shared_data / "photo/exif/grey.jpg"), str(shared_data / "dicom/ct/CT_small.dcm")] * 30
    expected = _found(inspect_all(pool, paths))
    stop = threading.Event()

    def kill() -> None:
        while not stop.wait(0.15):
            for child in [*pool._busy]:
                os.kill(child.pid, signal.SIGSEGV)

    killer = threading.Thread(target=kill)
    killer.start()
    time.sleep(0.1)
    answers = inspect_all(pool, paths)
    stop.set()
    killer.join()
    assert len(answers) == len(paths)
    assert {code for code in _found(answers) if isinstance(code, str)} <= {"worker_crashed"}
    assert _found(inspect_all(pool, paths)) == expected
    pool.close()


def test_only_the_file_that_takes_too_much_is_refused(shared_data: Path) -> None:
    pool = PixelPool(workers=1, memory_limit_bytes=420 << 20)
    good = str(shared_data / "photo/exif/grey.jpg")
    bad = [str(shared_data / "malformed/dicom" / name) for name in ("deflate_bomb_300MB.dcm", "jpeg_bomb_65500.dcm")]
    answers = _found(inspect_all(pool, [good, bad[0], good, bad[1], good, "/nowhere"]))
    assert answers[0] == answers[2] == answers[4]
    assert isinstance(answers[0], int)
    assert all(isinstance(answers[at], str) for at in (1, 3))
    assert answers[5] == "not_found"
    pool.close()


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_an_import_that_is_killed_leaves_nothing_half_stored_and_goes_on(seed: int, site: Site, shared_data: Path, tmp_path: Path) -> None:
    medium = tmp_path / "medium"
    for number in range(4):
        slices(shared_data, medium / f"{number}", 80, series=f"1.2.{number + 1}")
    command = [sys.executable, "manage.py", "ingest", str(medium), "--collection", "ours"]
    process = subprocess.Popen(command, cwd=REPOSITORY, env=site.environment(), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for _ in range(random.Random(seed).randrange(1, 200)):  # noqa: S311 -- any moment will do
        process.stdout.readline()
    process.kill()
    process.wait()
    process.stdout.close()
    script = """
from viewer.models import Image, Instance
from viewer.services.reconcile import reconcile
from viewer.services.storage import absolute
found = reconcile(settled_s=0)
assert not found.missing
for instance in Instance.objects.all():
    assert absolute(instance.path).stat().st_size == instance.size_bytes
for image in Image.objects.all():
    assert image.frame_count == image.instances.count()
print(Instance.objects.count())
"""
    taken = int(site.run(script))
    assert len([name for name in stored_files(site.folder) if name.startswith("images/")]) == taken
    again = site.manage("ingest", str(medium), "--collection", "ours")
    assert again.stdout.strip().endswith(f"{320 - taken} accepted, {taken} duplicate, 0 refused, 0 skipped")
    assert int(site.run(script)) == 320
