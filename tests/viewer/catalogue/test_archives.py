"""ZIP archives: each entry taken or refused by itself, with a reason; nothing outside the quarantine, nothing without bound."""

import re
import stat
import struct
import zipfile
from collections import Counter
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.viewer.catalogue.conftest import stored_files
from viewer.models import Collection, Image
from viewer.services import archives
from viewer.services.archives import entries
from viewer.services.reasons import Refused
from viewer.services.sources import find_files

PHOTOGRAPH = "photo/exif/grey.jpg"


def ingest(path: Path) -> str:
    out = StringIO()
    try:
        call_command("ingest", path, collection="ours", stdout=out)
    except CommandError:
        out.write("nothing went in")
    return out.getvalue()


@pytest.mark.django_db(transaction=True)
def test_the_files_of_an_archive_go_in_and_each_bad_one_is_refused_by_itself(
    collection: Collection, shared_data: Path, tmp_path: Path, data_dir: Path
) -> None:
    photograph = shared_data / PHOTOGRAPH
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(photograph, "study/皮膚.jpg")
        archive.write(shared_data / "dicom/ct/CT_small.dcm", "study/1.dcm", compress_type=zipfile.ZIP_STORED)
        archive.write(photograph, "../../escaped.jpg")
        archive.writestr(zipfile.ZipInfo("/absolute.jpg"), photograph.read_bytes())
        archive.writestr(zipfile.ZipInfo("a\\..\\windows.jpg"), photograph.read_bytes())
        archive.write(photograph, "packed.jpg", compress_type=zipfile.ZIP_LZMA)
        archive.writestr("__MACOSX/._1.dcm", b"x")
        archive.writestr("DICOMDIR", b"x")
        archive.writestr("empty.jpg", b"")
        archive.writestr("zeros.bin", bytes(17 << 20))
        inner = tmp_path / "inner.zip"
        with zipfile.ZipFile(inner, "w") as nested:
            nested.write(photograph, "a.jpg")
        archive.write(inner, "inner.zip")
        link = zipfile.ZipInfo("link.jpg")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    said = ingest(path)
    reasons = dict(re.findall(r"export\.zip/(.*)  ([a-z_]+): ", said))
    for name, code in {
        "../../escaped.jpg": "archive_unsafe_name",
        "packed.jpg": "archive_method",
        "__MACOSX/._1.dcm": "hidden_file",
        "DICOMDIR": "dicomdir_damaged",
        "empty.jpg": "empty_file",
        "zeros.bin": "archive_expands",
        "inner.zip": "archive_not_supported",
        "link.jpg": "not_a_file",
    }.items():
        assert reasons[name] == code, said
    assert Counter(reasons.values())["archive_unsafe_name"] == 3
    assert said.splitlines()[-1] == "2 accepted, 0 duplicate, 8 refused, 2 skipped"
    assert set(Image.objects.values_list("name", flat=True)) >= {"皮膚.jpg"}
    assert not [name for name in stored_files(data_dir) if name.startswith("incoming")]
    assert not (tmp_path.parent / "escaped.jpg").exists()


def _codes(path: Path) -> list[str]:
    return [entry.refused for entry in entries(path)]


def test_an_encrypted_entry_is_refused(shared_data: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(shared_data / PHOTOGRAPH, "a.jpg")
    content = bytearray(path.read_bytes())
    content[6] |= 1
    content[content.rfind(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    assert _codes(path) == ["archive_encrypted"]


def test_entries_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "overlap.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.jpg", b"x" * 100)
        archive.writestr("b.jpg", b"x" * 100)
        archive.writestr("c.jpg", b"x" * 100)
        archive.filelist[1].header_offset = archive.filelist[0].header_offset
    assert _codes(path) == ["archive_expands", "archive_expands", ""]


def _end_record(count: int, directory_bytes: int) -> bytes:
    return struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, directory_bytes, 0, 0)


def _end_record_64(count: int) -> bytes:
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, 0, 0)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, 2, 1)
    return b"PK" + record + locator + _end_record(0xFFFF, 0xFFFFFFFF)


BAD_ARCHIVES = {
    "nothing": (b"PK", "archive_damaged"),
    "no end": (b"PK\x03\x04" + bytes(1000), "archive_damaged"),
    "cut off": (b"PK" + _end_record(1, 46)[:20], "archive_damaged"),
    "no directory": (b"PK" + _end_record(1, 46), "archive_damaged"),
    "a huge directory": (b"PK" + _end_record(10, 0x7FFFFFFF), "archive_too_many"),
    "millions of entries": (_end_record_64(50_000_000), "archive_too_many"),
    "a locator to nowhere": (b"PK" + struct.pack("<4sLQL", b"PK\x06\x07", 0, 1 << 62, 1) + _end_record(1, 1), "archive_damaged"),
}


@pytest.mark.parametrize("name", BAD_ARCHIVES)
def test_an_archive_that_is_none_is_refused_whole(name: str, tmp_path: Path) -> None:
    content, code = BAD_ARCHIVES[name]
    path = tmp_path / "bad.zip"
    path.write_bytes(content)
    with pytest.raises(Refused, match=code):
        list(entries(path))
    (found,) = find_files(path)
    assert (found.skipped, found.is_refused) == (code, True)


@pytest.mark.parametrize("at", [0.1, 0.5, 0.9])
def test_a_damaged_entry_is_refused_when_it_is_read(at: float, shared_data: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(shared_data / PHOTOGRAPH, "a.jpg")
    content = bytearray(path.read_bytes())
    place = 40 + int(at * (content.rfind(b"PK\x01\x02") - 60))
    content[place : place + 8] = b"\xff" * 8
    path.write_bytes(content)
    (entry,) = entries(path)

    def read() -> None:
        with entry.open() as stream:
            while stream.read(1000):
                pass

    with pytest.raises(Refused, match="archive_damaged"):
        read()


def test_ten_thousand_entries_are_listed_one_after_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    path = tmp_path / "many.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(10_000):
            archive.writestr(f"{number:05}.dcm", b"x")
    assert sum(1 for entry in entries(path) if not entry.refused) == 10_000
    monkeypatch.setattr(archives, "MAX_ENTRIES", 9_999)
    with pytest.raises(Refused, match="archive_too_many"):
        next(entries(path))
