"""A level of a DICOM slide in several files, taken one by one in any order: one slide, what is missing told, nothing guessed."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.viewer.catalogue.conftest import stored_files
from tests.viewer.concatenations import make_sparse, save, split
from viewer.models import Collection, Image, Instance
from viewer.services.batches import in_batches, ingest_batch
from viewer.services.ingest import IngestResult
from viewer.services.manifests import browser_manifest, members_of
from viewer.services.sources import find_files
from viewer.tiles.pool import default_pool
from viewer.tiles.stored.index_file import MappedIndex

pytestmark = pytest.mark.django_db
Take = Callable[..., IngestResult]
LEVELS = "wsi/dicom/he_pyramid_jpeg"
MISSING = "slide_parts_missing"


@pytest.fixture
def parts(shared_data: Path, tmp_path: Path) -> list[Path]:
    return save(split(shared_data / LEVELS / "level0.dcm", [40, 40, 28]), tmp_path / "parts")


def _stored_tiles(data_dir: Path, image: Image) -> int:
    index = MappedIndex(data_dir / "manifests" / f"{image.pk}.tiles", str(image.revision))
    return sum(int(np.count_nonzero(np.frombuffer(index.lengths(level), "<u4"))) for level in index.levels.values())


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 0, 1), (1, 3, 2, 0)])
def test_parts_in_any_order_become_one_slide(
    order: tuple[int, ...], parts: list[Path], take: Take, shared_data: Path, data_dir: Path
) -> None:
    files = [*parts, shared_data / LEVELS / "level1.dcm"]
    told = []
    for place in order:
        result = take(files[place])
        assert (result.status, result.code) == ("accepted", "")
        told.append(MISSING in Image.objects.get().inspection["warnings"])
    arrived = [set(order[: count + 1]) - {3} for count in range(4)]
    assert told == [bool(there) and len(there) < 3 for there in arrived], "as long as a part is missing it is said"
    image = Image.objects.get()
    assert (image.kind, image.revision, len(image.inspection["levels"]), image.width_px) == ("slide", 4, 2, 2220)
    assert browser_manifest(image, members_of(image))["warnings"] == image.inspection["warnings"]
    assert _stored_tiles(data_dir, image) == 108 + 30
    source = json.loads((data_dir / "manifests" / f"{image.pk}.json").read_text())["source"]
    assert len(source["paths"]) == 4
    assert default_pool().tile(source, 1, 2, 2).content_type == "image/jpeg"
    assert Instance.objects.filter(image=image).count() == 4


def test_a_part_that_contradicts_those_that_are_there_is_refused_and_changes_nothing(
    parts: list[Path], take: Take, shared_data: Path, tmp_path: Path, data_dir: Path
) -> None:
    for path in parts[:2]:
        take(path)
    image, before = Image.objects.get(), stored_files(data_dir)
    bad = split(shared_data / LEVELS / "level0.dcm", [40, 40, 28])[2]
    for number, (keyword, value) in enumerate(
        {"ConcatenationFrameOffsetNumber": 79, "InConcatenationNumber": 2, "InConcatenationTotalNumber": 4}.items()
    ):
        changed = split(shared_data / LEVELS / "level0.dcm", [40, 40, 28])[2]
        changed.SOPInstanceUID = changed.file_meta.MediaStorageSOPInstanceUID = f"{bad.SOPInstanceUID}.{number}"
        setattr(changed, keyword, value)
        (path,) = save([changed], tmp_path / str(number))
        result = take(path)
        assert (result.status, result.code, result.http_status) == ("refused", "slide_parts_contradict", 422)
        assert result.text
        assert result.hint
    assert stored_files(data_dir) == before
    assert Image.objects.get().revision == image.revision
    assert take(parts[2]).status == "accepted"
    assert MISSING not in Image.objects.get().inspection["warnings"]


def test_a_folder_of_parts_goes_in_at_once(parts: list[Path], collection: Collection, data_dir: Path) -> None:
    results = [result for batch in in_batches(find_files(parts[0].parent)) for result in ingest_batch(collection=collection, batch=batch)]
    assert [result.status for result in results] == ["accepted"] * 3
    assert _stored_tiles(data_dir, Image.objects.get()) == 108
    again = [result for batch in in_batches(find_files(parts[0].parent)) for result in ingest_batch(collection=collection, batch=batch)]
    assert [result.status for result in again] == ["duplicate"] * 3


@pytest.mark.parametrize("in_parts", [True, False])
def test_a_level_too_large_for_an_overview_may_come_before_the_small_ones(
    in_parts: bool, shared_data: Path, take: Take, tmp_path: Path
) -> None:
    """Files come in any order: 900 megapixels alone are no slide yet that has no small level."""
    large, small = (split(shared_data / LEVELS / "level0.dcm", [2], uid=f"1.2.{number}")[0] for number in (1, 2))
    for level, side in ((large, 30_000), (small, 1_500)):
        level.TotalPixelMatrixColumns = level.TotalPixelMatrixRows = side
        make_sparse([level])
        if not in_parts:
            del level.ConcatenationUID
    (first,), (second,) = save([large], tmp_path / "large"), save([small], tmp_path / "small")
    assert take(first).status == "accepted"
    assert "pyramid_incomplete" in Image.objects.get().inspection["warnings"]
    assert take(second).status == "accepted"
    image = Image.objects.get()
    assert ([level["width"] for level in image.inspection["levels"]], image.width_px) == ([30_000, 1_500], 30_000)
    assert "pyramid_incomplete" not in image.inspection["warnings"]
