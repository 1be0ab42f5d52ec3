"""Text of Japanese and other devices arrives as it was written, in the catalogue and in its search."""

from collections.abc import Callable
from pathlib import Path

import pydicom
import pytest
from django.test import Client
from pydicom.uid import DeflatedExplicitVRLittleEndian, generate_uid

from viewer.models import Image
from viewer.services.ingest import IngestResult

pytestmark = pytest.mark.django_db
Take = Callable[..., IngestResult]

SETS = {
    "kanji by escape": (["", "ISO 2022 IR 87"], "胸部単純 造影後"),
    "half-width katakana": ("ISO_IR 13", "ｷｮｳﾌﾞ ﾀﾝｼﾞｭﾝ"),
    "katakana and kanji": (["ISO 2022 IR 13", "ISO 2022 IR 87"], "胸部 ｷｮｳﾌﾞ"),
    "supplementary kanji": (["", "ISO 2022 IR 87", "ISO 2022 IR 159"], "頭部 丂"),
    "UTF-8": ("ISO_IR 192", "右乳房 MLO 髙橋"),
    "GB18030": ("GB18030", "胸部平扫"),
    "GBK": ("GBK", "胸部平扫"),
    "Korean": (["", "ISO 2022 IR 149"], "흉부 촬영"),
}


def written(path: Path, shared_data: Path, characters: str | list[str], text: str) -> Path:
    header = pydicom.dcmread(shared_data / "dicom/ct/CT_small.dcm")
    header.SpecificCharacterSet = characters
    # pydicom does not write katakana without escapes: there stands something of the same length, and the bytes are put in its place.
    katakana = text.encode("shift_jis") if characters == "ISO_IR 13" else b""
    header.SeriesDescription = header.Manufacturer = "#" * len(katakana) or text
    header.SOPInstanceUID = header.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    header.save_as(path)
    if katakana:
        path.write_bytes(path.read_bytes().replace(b"#" * len(katakana), katakana))
    return path


@pytest.mark.parametrize("name", SETS)
def test_text_arrives_as_it_was_written(name: str, take: Take, reader: Client, shared_data: Path, tmp_path: Path) -> None:
    characters, text = SETS[name]
    result = take(written(tmp_path / "one.dcm", shared_data, characters, text))
    assert result.status == "accepted"
    image = Image.objects.get()
    assert image.series.description == text
    assert image.name == text
    assert image.inspection["acquisition"]["Manufacturer"] == text
    found = reader.get(f"/api/collections/{image.collection_id}/images/", {"q": text.split()[0]}).json()["images"]
    assert [one["name"] for one in found] == [text]


def test_text_of_a_deflated_file(take: Take, shared_data: Path, tmp_path: Path) -> None:
    characters, text = SETS["katakana and kanji"]
    plain = pydicom.dcmread(written(tmp_path / "plain.dcm", shared_data, characters, text))
    plain.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    plain.save_as(tmp_path / "deflated.dcm", enforce_file_format=True)
    assert take(tmp_path / "deflated.dcm").status == "accepted"
    assert Image.objects.get().name == text


def test_a_character_set_that_does_not_exist_costs_the_text_only(take: Take, shared_data: Path, tmp_path: Path) -> None:
    path = written(tmp_path / "one.dcm", shared_data, "ISO_IR 100", "Thorax")
    path.write_bytes(path.read_bytes().replace(b"ISO_IR 100", b"ISO_IR 999"))
    assert take(path).status == "accepted"
    assert Image.objects.get().name == "Thorax"


def test_the_files_of_the_test_set(take: Take, shared_data: Path) -> None:
    """Their patients' names are in many scripts; none of it is kept."""
    for path in sorted((shared_data / "dicom/charsets").glob("*.dcm")):
        result = take(path)
        assert result.status in {"accepted", "duplicate"} or result.code in {"no_pixels", "sop_uid_conflict", "truncated"}, path.name
    kept = repr(list(Image.objects.values_list("name", "search_text", "inspection", "series__description")))
    for person in ("ﾔﾏﾀﾞ", "山田", "太郎", "김희중", "Люкceмбypг", "王"):
        assert person not in kept
