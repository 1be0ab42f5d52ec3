"""QIDO-RS: what is found, what is told of it, pages, warnings, and how many queries it takes."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.viewer.dicomweb.conftest import CT, MR, ULTRASOUND, address, get
from viewer.dicomweb.uids import uid_of
from viewer.models import Collection, Instance

pytestmark = pytest.mark.django_db
Stored = Callable[..., list[Instance]]


@pytest.fixture
def instances(stored: Stored) -> list[Instance]:
    return stored(f"dicom/{CT}", f"dicom/{MR}", f"dicom/{ULTRASOUND}")


def found(client: Client, path: str, accept: str | None = None, **query: Any) -> list[dict[str, Any]]:
    answer = get(client, f"/dicomweb/{path}", accept, **query)
    assert answer.status_code in {200, 204}, answer.content
    return [] if answer.status_code == 204 else answer.json()


def values(results: list[dict[str, Any]], tag: str) -> list[Any]:
    return [value for result in results for value in result[tag].get("Value", [])]


def test_studies_are_listed_without_their_people(reader: Client, instances: list[Instance]) -> None:
    studies = found(reader, "studies")
    assert sorted(values(studies, "00080061")) == ["CT", "MR", "US"]
    assert sum(values(studies, "00201208")) == len(instances)
    assert set(values(studies, "0020000D")) == {uid_of(each.series.study_id) for each in instances}
    for study in studies:
        assert list(study) == sorted(study)
        for tag in ("00100010", "00080050", "00080020", "00080090", "00100030"):
            assert "Value" not in study[tag]
        assert len(study["00100020"]["Value"][0]) == 32
    everything = found(reader, "studies", includefield="all")
    assert values(everything, "00120062") == ["YES"] * len(studies)
    assert values(found(reader, "studies", includefield="PatientIdentityRemoved,00100010"), "00120062") == ["YES"] * len(studies)


def test_all_three_levels(reader: Client, instances: list[Instance]) -> None:
    ct = next(each for each in instances if each.series.modality == "CT")
    study, series = uid_of(ct.series.study_id), uid_of(ct.series_id)
    of_ct = {uid_of(each.pk) for each in instances if each.series_id == ct.series_id}
    assert values(found(reader, f"studies/{study}/series"), "0020000E") == [series]
    assert set(values(found(reader, "series"), "0020000E")) == {uid_of(each.series_id) for each in instances}
    for path in (f"studies/{study}/instances", f"studies/{study}/series/{series}/instances"):
        listed = found(reader, path)
        assert set(values(listed, "00080018")) == of_ct
        assert values(listed, "00280010") == [512] * len(of_ct)
    everywhere = found(reader, "instances")
    assert set(values(everywhere, "00080018")) == {uid_of(each.pk) for each in instances}
    assert "00100020" in everywhere[0]
    assert {value.removeprefix("http://testserver") for value in values(everywhere, "00081190")} == {address(each) for each in instances}


def test_matching(reader: Client, instances: list[Instance]) -> None:
    ct = next(each for each in instances if each.series.modality == "CT")
    study, patient = uid_of(ct.series.study_id), ct.series.study.subject_pseudonym[:32]
    made = ct.created_at.astimezone().strftime("%Y%m%d")
    for level, query, count in [
        ("studies", {"ModalitiesInStudy": "CT"}, 1),
        ("studies", {"00080061": "C?"}, 1),
        ("studies", {"StudyInstanceUID": f"{study},1.2.3"}, 1),
        ("studies", {"0020000d": f"{study}\\1.2.3"}, 1),
        ("studies", {"StudyInstanceUID": "1.2.3"}, 0),
        ("studies", {"PatientID": patient}, 1),
        ("studies", {"PatientID": f"{patient[:6]}*"}, 1),
        ("studies", {"PatientID": patient[:6]}, 0),
        ("studies", {"PatientName": "*"}, 3),
        ("studies", {"PatientName": "*a*"}, 0),
        ("studies", {"StudyDate": "20000101-"}, 0),
        ("series", {"Modality": "M*"}, 1),
        ("series", {"Modality": "mr"}, 0),
        ("series", {"ModalitiesInStudy": "CT"}, 1),
        ("series", {"SeriesDescription": "no.*such"}, 0),
        ("instances", {"Modality": "CT"}, 3),
        ("instances", {"SOPInstanceUID": f"{uid_of(ct.pk)}"}, 1),
        ("instances", {"SOPClassUID": ct.sop_class_uid}, 3),
        ("instances", {"Modality": "CT", "InstanceNumber": str(ct.instance_number)}, 1),
        ("instances", {"ModalitiesInStudy": "CT"}, 3),
        ("instances", {"InstanceCreationDate": "19000101-20000101"}, 0),
        ("instances", {"InstanceCreationDate": "20000101-"}, len(instances)),
        ("instances", {"InstanceCreationDate": f"-{made}"}, len(instances)),
    ]:
        assert len(found(reader, level, **query)) == count, (level, query)


def test_pages_and_warnings(reader: Client, instances: list[Instance]) -> None:
    first = get(reader, "/dicomweb/instances", limit=2)
    assert "additional results" in first.headers["Warning"]
    seen = values(first.json(), "00080018")
    rest = get(reader, "/dicomweb/instances", limit=1000, offset=2)
    assert "Warning" not in rest.headers
    assert sorted(seen + values(rest.json(), "00080018")) == sorted(uid_of(each.pk) for each in instances)
    assert get(reader, "/dicomweb/instances", offset=1000).status_code == 204
    assert "fuzzymatching" in get(reader, "/dicomweb/studies", fuzzymatching="true").headers["Warning"]
    assert "Warning" not in get(reader, "/dicomweb/studies", fuzzymatching="false").headers
    assert "Modality is no key" in get(reader, "/dicomweb/studies", Modality="CT").headers["Warning"]
    assert "parameter x??y" in get(reader, "/dicomweb/studies", **{'x"\ny': "1"}).headers["Warning"]


@pytest.mark.parametrize(
    "query",
    [{"limit": "-1"}, {"offset": "x"}, {"StudyDate": "2024"}, {"StudyDate": "20240201-20240101"}, {"PatientID": "*a*b*c*d*e"}],
)
def test_what_cannot_be_understood_is_said(reader: Client, query: dict[str, str]) -> None:
    answer = get(reader, "/dicomweb/studies", **query)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_query")
    assert answer.json()["error"]["pointer"] == next(iter(query))


def test_what_is_accepted(reader: Client, instances: list[Instance]) -> None:
    for accept, wanted in [
        (None, "application/dicom+json"),
        ("*/*", "application/dicom+json"),
        ("application/dicom+json", "application/dicom+json"),
        ("application/json", "application/json"),
        ("application/dicom+json, application/json", "application/dicom+json"),
        ("application/json;q=0.9, application/dicom+json;q=0.5", "application/json"),
    ]:
        assert get(reader, "/dicomweb/studies", accept).headers["Content-Type"] == wanted
    overruled = get(reader, "/dicomweb/studies?accept=application/json", "application/xml")
    assert overruled.headers["Content-Type"] == "application/json"
    refused = get(reader, "/dicomweb/studies", 'multipart/related; type="application/dicom+json"')
    assert (refused.status_code, refused.json()["error"]["code"]) == (406, "not_acceptable")


def test_strangers_find_only_their_own(
    reader: Client, stranger: Client, stored: Stored, other_collection: Collection, instances: list[Instance]
) -> None:
    assert get(stranger, "/dicomweb/studies").status_code == 204
    theirs = stored(f"dicom/{CT}", into=other_collection)
    assert set(values(found(stranger, "instances"), "00080018")) == {uid_of(each.pk) for each in theirs}
    ours = uid_of(instances[0].series.study_id)
    assert found(stranger, "studies", StudyInstanceUID=ours) == []
    assert get(stranger, f"/dicomweb/studies/{ours}/series").status_code == 404
    assert get(stranger, f"/dicomweb/studies/{ours}/instances").status_code == 404
    assert get(Client(), "/dicomweb/studies").status_code == 401
    # The same files of another collection are other studies.
    assert not {uid_of(each.series.study_id) for each in theirs} & set(values(found(reader, "studies"), "0020000D"))


def test_photographs_are_not_listed(reader: Client, stored: Stored) -> None:
    stored("photo")
    assert get(reader, "/dicomweb/studies").status_code == 204
    assert get(reader, "/dicomweb/instances").status_code == 204


@pytest.mark.parametrize("level", ["studies", "series", "instances"])
def test_the_number_of_queries_does_not_grow(
    reader: Client, instances: list[Instance], level: str, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(7):
        assert len(found(reader, level)) >= 3
