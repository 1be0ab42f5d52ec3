"""Media with an index: it chooses among what came with it, says what is missing, and reaches nothing else."""

import shutil
import zipfile
from collections import Counter
from pathlib import Path

import pydicom
import pytest

from viewer.readers.errors import MalformedFile
from viewer.services.sources import Found, find_files
from viewer.tiles.pool import default_pool


@pytest.fixture
def medium(shared_data: Path, tmp_path: Path) -> Path:
    """A medium of which some files were left behind, with what else such media hold."""
    root = tmp_path / "medium"
    shutil.copytree(shared_data / "dicom/dicomdir", root)
    for other in root.glob("DICOMDIR-*"):
        other.unlink()
    for name in listed(root)[2:20:6]:
        root.joinpath(*name).unlink()
    (root / "AUTORUN.INF").write_text("[autorun]")
    (root / "VIEWER").mkdir()
    shutil.copy(shared_data / "photo/exif/grey.jpg", root / "VIEWER" / "icon.jpg")
    return root


def codes(found: list[Found]) -> Counter[str]:
    return Counter(each.skipped for each in found)


def listed(root: Path, name: str = "DICOMDIR") -> list[tuple[str, ...]]:
    records = pydicom.dcmread(root / name).DirectoryRecordSequence
    return [tuple(record.ReferencedFileID) for record in records if "ReferencedFileID" in record]


def test_what_the_index_lists_is_taken_in_its_order_and_the_rest_is_told(medium: Path, shared_data: Path) -> None:
    names = listed(medium)
    here = [name for name in names if medium.joinpath(*name).is_file()]
    found = list(find_files(medium))
    assert [each.path.relative_to(medium).parts for each in found if not each.skipped] == here
    assert len(here) > 5
    assert codes(found) == {
        "": len(here),
        "dicomdir_followed": 1,
        "dicomdir_missing": len(names) - len(here),
        "dicomdir_unlisted": 2,
    }
    assert [each.is_refused for each in found if each.skipped == "dicomdir_missing"] == [True] * (len(names) - len(here))


def test_a_medium_in_lower_case_with_versions_is_followed_from_an_archive(medium: Path, tmp_path: Path) -> None:
    path = tmp_path / "medium.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for each in sorted(medium.rglob("*")):
            if each.is_file():
                archive.write(each, f"cd/{str(each.relative_to(medium)).lower()};1")
        archive.write(medium / "DICOMDIR", "cd/dicomdir")
        archive.write(medium / "VIEWER/icon.jpg", "beside.jpg")
    expected = codes(list(find_files(medium)))
    found = list(find_files(path))
    assert codes(found)[""] == expected[""] + 1, "what lies beside the medium is none of its index's business"
    assert codes(found)["dicomdir_missing"] == expected["dicomdir_missing"]


@pytest.mark.parametrize("name", ["DICOMDIR-bigEnd", "DICOMDIR-implicit", "DICOMDIR-nooffset", "DICOMDIR-reordered"])
def test_every_way_of_writing_an_index_is_read(name: str, medium: Path, shared_data: Path) -> None:
    shutil.copy(shared_data / "dicom/dicomdir" / name, medium / "DICOMDIR")
    assert sorted(map(tuple, default_pool().listed_files(str(medium / "DICOMDIR")))) == sorted(listed(medium))
    assert codes(list(find_files(medium)))["dicomdir_followed"] == 1


def test_an_index_alone_is_refused_and_guides_nothing(shared_data: Path, tmp_path: Path) -> None:
    shutil.copy(shared_data / "dicom/dicomdir/DICOMDIR", tmp_path / "DICOMDIR")
    (alone,) = find_files(tmp_path / "DICOMDIR")
    assert (alone.skipped, alone.is_refused) == ("dicomdir", True)
    shutil.copy(shared_data / "photo/exif/grey.jpg", tmp_path / "a.jpg")
    assert [(each.path.name, each.skipped) for each in find_files(tmp_path)] == [("DICOMDIR", "dicomdir"), ("a.jpg", "")]


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_names_that_leave_the_medium_find_nothing(medium: Path, tmp_path: Path, shared_data: Path) -> None:
    secret = tmp_path / "secret.dcm"
    shutil.copy(shared_data / "dicom/ct/CT_small.dcm", secret)
    index = pydicom.dcmread(medium / "DICOMDIR")
    records = [record for record in index.DirectoryRecordSequence if "ReferencedFileID" in record]
    hostile = [["..", "secret.dcm"], [str(secret)], ["VIEWER", "..", "..", "secret.dcm"], ["C:", "secret.dcm"], ["."]]
    for record, name in zip(records, hostile, strict=False):
        record.ReferencedFileID = name
    index.save_as(medium / "DICOMDIR")
    found = list(find_files(medium))
    assert codes(found)["dicomdir_unsafe_name"] == len(hostile)
    for each in found:
        if not each.skipped:
            assert each.path.is_relative_to(medium)
            assert ".." not in each.path.parts


@pytest.mark.parametrize("content", [b"", b"x", bytes(132) + b"no", bytes(128) + b"DICM" + bytes(1000)])
def test_an_index_that_cannot_be_read_guides_nothing_and_says_so(content: bytes, medium: Path) -> None:
    (medium / "DICOMDIR").write_bytes(content)
    found = list(find_files(medium))
    assert codes(found)["dicomdir_damaged"] == 1
    assert codes(found)["dicomdir_missing"] == 0
    assert {each.path.name for each in found if not each.skipped} >= {"icon.jpg", "AUTORUN.INF"}
    with pytest.raises(MalformedFile):
        default_pool().listed_files(str(medium / "DICOMDIR"))


def test_two_media_in_one_folder_are_followed_each_by_itself(medium: Path, tmp_path: Path) -> None:
    both = tmp_path / "both"
    both.mkdir()
    shutil.copytree(medium, both / "1")
    shutil.copytree(medium, both / "2")
    once = codes(list(find_files(medium)))
    assert codes(list(find_files(both))) == {code: 2 * count for code, count in once.items()}


def test_files_that_differ_in_case_only_are_all_told(medium: Path) -> None:
    (first, *_) = (each for each in find_files(medium) if not each.skipped)
    twin = first.path.with_name(first.path.name + ";2")
    shutil.copy(first.path, twin)
    assert {each.path: each.skipped for each in find_files(medium)}.keys() >= {first.path, twin}
