"""The same answers as XML (PS3.19 A.1): every value of the JSON stands in them, and nothing else."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client

from tests.viewer.dicomweb.conftest import CT, ULTRASOUND, address, get, parts_of
from viewer.dicomweb.native_xml import as_xml
from viewer.models import Instance

SPACE = "{http://dicom.nema.org/PS3.19/models/NativeDICOM}"
XML = 'multipart/related; type="application/dicom+xml"'
Stored = Callable[..., list[Instance]]


def read(document: bytes | str) -> dict[str, Any]:
    """A document as DICOM JSON; written by the standard's schema, not by our writer."""
    root = ElementTree.fromstring(document)  # noqa: S314  # our own answer
    assert root.tag == f"{SPACE}NativeDicomModel"
    return dict(attributes(root))


def attributes(parent: ElementTree.Element) -> Iterator[tuple[str, Any]]:
    for element in parent:
        assert element.tag == f"{SPACE}DicomAttribute"
        member: dict[str, Any] = {"vr": element.get("vr")}
        numbers = [int(child.get("number") or 0) for child in element if child.get("number")]
        assert numbers == sorted(set(numbers))
        for child in element:
            name = child.tag.removeprefix(SPACE)
            if name == "BulkData":
                member["BulkDataURI"] = child.get("uri")
            elif name == "InlineBinary":
                member["InlineBinary"] = child.text
            elif name == "PersonName":
                groups = {group.tag.removeprefix(SPACE): "^".join(part.text or "" for part in group) for group in child}
                member.setdefault("Value", []).append(groups)
            else:
                member.setdefault("Value", []).append(dict(attributes(child)) if name == "Item" else child.text)
        yield str(element.get("tag")), member


def plain(value: Any) -> Any:
    """JSON with its numbers as text, as XML has them, and without empty places."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value if each is not None]
    return str(value)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", [f"dicom/{CT}", f"dicom/{ULTRASOUND}", "wsi/dicom/he_pyramid_jpeg/level2.dcm", "dicom/ct/enhanced_ct_2f.dcm"]
)
def test_metadata(reader: Client, stored: Stored, name: str) -> None:
    instance = stored(name)[0]
    path = address(instance).split("/instances/")[0] + "/metadata"
    answer = get(reader, path, XML)
    documents = [content for kind, content in parts_of(answer) if kind == "application/dicom+xml"]
    assert [read(each) for each in documents] == [plain(each) for each in json.loads(get(reader, path).getvalue())]
    single = get(reader, address(instance, "metadata"), "application/dicom+xml")
    assert single.headers["Content-Type"] == "application/dicom+xml"
    assert read(single.getvalue())["00080018"]["Value"][0] in address(instance)
    if len(documents) > 1:
        assert get(reader, path, "application/dicom+xml").status_code == 406


@pytest.mark.django_db
def test_searches(reader: Client, stored: Stored) -> None:
    stored(f"dicom/{CT}")
    for level in ("studies", "series", "instances"):
        answer = get(reader, f"/dicomweb/{level}", XML)
        found = [read(content) for _, content in parts_of(answer)]
        assert found == [plain(each) for each in get(reader, f"/dicomweb/{level}").json()]
    assert get(reader, "/dicomweb/studies", XML, PatientSex="O").status_code == 204
    assert get(reader, "/dicomweb/studies", "application/dicom+xml", PatientSex="O").status_code == 204


def test_what_xml_cannot_hold_is_replaced() -> None:
    members: Any = {
        "00081030": {"vr": "LO", "Value": ["<b>&\"'\x00\x1b\ud800 日本", None, "x"]},
        "00100010": {"vr": "PN", "Value": [{"Alphabetic": "Yamada^Tarou", "Ideographic": "山田^太郎"}]},
        "00091001": {"vr": "UN", "InlineBinary": "AAA="},
    }
    text = as_xml(members)
    assert text.encode("utf-8")
    found = read(text)
    assert found["00081030"]["Value"] == ["<b>&\"'\ufffd\ufffd\ufffd 日本", "x"]
    assert found["00100010"]["Value"] == [{"Alphabetic": "Yamada^Tarou", "Ideographic": "山田^太郎"}]
    assert 'tag="00091001" vr="UN">' in text  # a private attribute has no keyword
    assert 'keyword="StudyDescription"' in text
