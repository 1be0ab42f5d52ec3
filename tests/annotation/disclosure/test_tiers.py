"""What a receiver can check of a document of the platform or third-party tier, with nothing but the published schema."""

import copy
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from annotation.disclosure.cases import disclosed_campaign, disclosed_case
from annotation.disclosure.tiers import Hop, Tier
from annotation.exporters.package import Package
from annotation.exporters.registry import EXPORTERS
from annotation.schema.document import build_document
from annotation.schema.facts import DicomFacts, FormFacts
from annotation.schema.validate import validate_document
from annotation.schema.versions import schema_bytes
from tests.annotation.document import rows

GOVERNANCE = {
    "consent": {"mode": "opt-out", "withdrawn": False, "withdrawnAt": "2026-01-01T00:00:00Z"},
    "ethics": [{"committee": "IRB", "approvalNumber": "EX-1", "approvedOn": "2026-04-01", "expiresOn": "2028-03-31"}],
    "purposes": ["ai-research"],
    "thirdPartyProvision": {"allowed": True, "recipients": ["company"]},
    "deidentification": {"methodCodes": [], "at": "2026-05-01T00:00:00Z", "linkageTable": "kept-in-hospital"},
    "ownership": {"images": "hospital", "annotations": "society", "dataset": "society"},
    "licence": "LicenseRef-terms",
    "embargoUntil": "2027-01-01",
}
FORM = FormFacts("biopsy", "1.0", {"type": "object", "required": ["group", "note"], "properties": {"group": {"enum": ["1", "5"]}}})
SECRETS = (
    "1.2.392.",
    "中分化型管状腺癌",
    "山田太郎",
    "2026-",
    "202611",
    "202610",
    "person-aaaaaaaaaaaaaaaa",
    "5f" * 16,
    "artefact",
    "市立病院",
)
KEY = bytes(range(32))


def hop(tier: Tier, key: bytes = KEY, release: str = "5f3c0000-0000-8000-8000-000000000001") -> Hop:
    return Hop(tier, release, key)


def campaign() -> Any:
    return rows.campaign(form=FORM, governance=GOVERNANCE)


def case() -> Any:
    """A case in which everything that must not leave is said somewhere."""
    rich = rows.rich_case()
    marks = []
    for mark in rich.annotations:
        basis = ({"method": "CT", "status": "confirmed", "note": {"ja": "山田太郎"}},)
        form = {"group": "5", "note": "山田太郎 2026-10-01", "at": 20261001, "sizes": [1, "2026-10-01", "x"]}
        marks.append(replace(mark, text="山田太郎", form_data=form, basis=basis) if mark.granularity == "diagnosis" else mark)
    images = tuple(
        replace(image, acquisition={"manufacturer": "maker", "KVP": 120.5, "InstitutionName": "市立病院", "BodyPartExamined": "20261001"})
        for image in rich.images
    )
    known = DicomFacts("1.2.392.1", "1.2.392.1.1", (("1.2.840.10008.5.1.4.1.1.3.1", "1.2.392.1.1.1", 90),))
    images = tuple(replace(image, dicom=known) if image.kind == "frames" else image for image in images)
    return replace(rich, annotations=marks, images=images)


def document(tier: Tier, **changes: Any) -> dict[str, Any]:
    given_hop = hop(tier, **changes)
    return build_document(disclosed_case(case(), given_hop), disclosed_campaign(campaign(), given_hop, pixels_confirmed_by="person-9"))


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, member in value.items():
            yield key
            yield from texts(member)
    elif isinstance(value, list):
        for member in value:
            yield from texts(member)
    elif isinstance(value, str):
        yield value


def receiver() -> Draft202012Validator:
    """The receiver's own check: the schema file that came with the documents, and no line of ours."""
    return Draft202012Validator(json.loads(schema_bytes()), format_checker=Draft202012Validator.FORMAT_CHECKER)


@pytest.mark.parametrize("tier", [Tier.PLATFORM, Tier.THIRD_PARTY])
def test_nothing_that_must_stay_leaves(tier: Tier) -> None:
    written = document(tier)
    assert validate_document(written, forms={("biopsy", "1.0"): FORM.schema}) == []
    assert list(receiver().iter_errors(written)) == []
    said = "\n".join(texts(written))
    assert [secret for secret in SECRETS if secret in said] == []
    assert re.findall(r"(?:19[89]|20)[0-9]{2}-[0-9]{2}-[0-9]{2}", said) == []
    before = set(texts(build_document(case(), campaign())))
    ids = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|person-[0-9a-f]{16}|[0-9a-f]{64}")
    kept = {text for text in before & set(texts(written)) if ids.fullmatch(text)}
    assert kept == set(), "an id of the society is an id of the release"
    assert (written["createdAt"], written["subject"]["pseudonyms"][0]["scheme"]) == ("1970-01-01T00:00:00.000000Z", "per-release")
    assert written["governance"]["deidentification"]["pixelConfirmedBy"] in {agent["id"] for agent in written["agents"]}


def test_marks_and_what_was_decided_are_the_same() -> None:
    inside, outside = build_document(case(), campaign()), document(Tier.PLATFORM)
    order = sorted(range(len(inside["annotations"])), key=lambda index: json.dumps(inside["annotations"][index].get("geometry")))
    assert len(order) == len(outside["annotations"])
    for ours, theirs in zip(inside["annotations"], outside["annotations"], strict=True):
        assert ours.get("geometry") == theirs.get("geometry")
        assert ours["granularity"] == theirs["granularity"]
        assert [label["coding"] for label in ours["labels"]] == [label["coding"] for label in theirs["labels"]]
        assert ours["effort"] == theirs["effort"]
        assert ours.get("suggestion", {}).get("disposition") == theirs.get("suggestion", {}).get("disposition")
    diagnosis = next(row for row in outside["annotations"] if row["granularity"] == "diagnosis")
    assert diagnosis["form"]["data"] == {"group": "5", "sizes": [1, "x"]}
    assert diagnosis["basis"] == [{"method": "CT", "status": "confirmed"}]
    slide = next(image for image in outside["images"] if image["kind"] == "slide")
    assert slide["acquisition"] == {"manufacturer": "maker", "parameters": {"KVP": 120.5}}
    # durations stay: marked five minutes after the read was opened
    assert diagnosis["createdAt"] == "1970-01-01T00:05:00.000000Z"


def test_the_third_party_gets_less_than_the_platform() -> None:
    platform, third = document(Tier.PLATFORM), document(Tier.THIRD_PARTY)
    assert set(platform["extensions"]) == {"org.mitate.decisions", "org.mitate.reads"}
    assert "extensions" not in third
    assert not any("effort" in row for row in third["annotations"])
    assert not any("parameters" in image.get("acquisition", {}) for image in third["images"])
    assert third["subject"]["ageAtExam"]["value"] % 5 == 0


def test_two_releases_cannot_be_joined_and_one_is_repeatable() -> None:
    first, again, other = document(Tier.PLATFORM), document(Tier.PLATFORM), document(Tier.PLATFORM, key=bytes(32))
    assert first == again
    ids = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|person-[0-9a-f]{16}|[0-9a-f]{64}")
    shared = {text for text in set(texts(first)) & set(texts(other)) if ids.fullmatch(text)}
    assert shared == set()


TAMPERED: list[tuple[str, Any]] = [
    ("a date of the examination", lambda d: d["images"][0].setdefault("acquisition", {}).update(dateTime="2026-10-01")),
    ("a date among the parameters", lambda d: d["images"][0].setdefault("acquisition", {}).update(parameters={"StudyDate": "20261001"})),
    ("a date behind a listed keyword", lambda d: d["images"][0].setdefault("acquisition", {}).update(parameters={"KVP": 20261001})),
    ("a date as a device", lambda d: d["images"][0].setdefault("acquisition", {}).update(model="2026-10-01")),
    ("when it was marked", lambda d: d["annotations"][0].update(createdAt="2026-11-20T09:05:00Z")),
    ("when it was changed", lambda d: d["annotations"][0].update(updatedAt="2026-11-20T09:05:00Z")),
    ("when it was submitted", lambda d: d["annotations"][0]["review"]["events"][0].update(at="2026-11-20T09:05:00Z")),
    ("when it was written", lambda d: d.update(createdAt="2026-11-20T09:05:00Z")),
    ("when it was exported", lambda d: d.update(exportedAt="1970-01-01T00:00:00Z")),
    (
        "when the committee met",
        lambda d: d["governance"].update(ethics=[{"committee": "I", "approvalNumber": "1", "approvedOn": "2026-04-01"}]),
    ),
    ("a date in a form", lambda d: _form(d, {"seen": "2026-10-01"})),
    (
        "a date as a figure in a form",
        lambda d: _form(d, {"seen": 20261001}),
    ),
    ("a date in a reader's id", lambda d: d["annotations"][0].update(createdBy="reader-2026-10-01")),
    ("the common hash", lambda d: d["subject"]["pseudonyms"][0].update(scheme="common-hmac-sha256")),
    ("the society's hash", lambda d: d["subject"]["pseudonyms"][0].update(scheme="society-hmac-sha256")),
    ("a second hash", lambda d: d["subject"]["pseudonyms"].append(d["subject"]["pseudonyms"][0] | {"scheme": "common-hmac-sha256"})),
    ("which key made the hash", lambda d: d["subject"]["pseudonyms"][0].update(keyId="fac-A-2026")),
    ("a specimen's hash", lambda d: d["images"][0].update(identifiers=[{"type": "specimen-hash", "value": "ab" * 32}])),
    ("the hospital's UIDs", lambda d: d["images"][0].update(dicom={"studyInstanceUID": "1.2.3", "seriesInstanceUID": "1.2.4"})),
    ("a free text", lambda d: d["annotations"][0].update(text={"ja": "山田太郎"})),
    ("a name as a label", lambda d: d["annotations"][0].update(labels=[{"role": "finding", "text": {"ja": "山田太郎"}}])),
    ("a name in a form", lambda d: _form(d, {"note": "Yamada Taro"})),
    ("a name deep in a form", lambda d: _form(d, {"a": [{"b": "山田"}]})),
    ("a name as a key of a form", lambda d: _form(d, {"山田太郎": 1})),
    ("a name in a comment", lambda d: d["annotations"][0]["review"]["events"][0].update(comment={"ja": "山田先生"})),
    ("a name in the basis", lambda d: d["annotations"][0].update(basis=[{"method": "CT", "status": "confirmed", "note": {"ja": "山田"}}])),
    ("a name for credit", lambda d: _person(d).update(creditName="Dr. Yamada")),
    ("a name of a reader", lambda d: _person(d).update(name="Yamada Taro")),
    ("a name as a pseudonym", lambda d: _person(d).update(pseudonym="yamada.taro")),
    ("a name as an image", lambda d: d["images"][0].update(id="YAMADA-TARO")),
    ("a name as an extension", lambda d: d.setdefault("extensions", {}).update({"jp.example.name": "山田太郎"})),
    ("a name as an extension of a mark", lambda d: d["annotations"][0].setdefault("extensions", {}).update({"jp.example.name": "山田"})),
    ("who operated", lambda d: d["images"][0].setdefault("acquisition", {}).update(parameters={"OperatorsName": "Yamada"})),
    ("where", lambda d: d["images"][0].setdefault("acquisition", {}).update(facilityCode="13-1234")),
    ("the text of a report", lambda d: d.update(reports=[{"id": "r1", "kind": "pathology", "text": {"ja": "山田太郎様"}}])),
    ("the history", lambda d: d.update(history=[])),
    ("a patient's name", lambda d: d["subject"].update(name="山田太郎")),
]


def _form(written: dict[str, Any], data: dict[str, Any]) -> None:
    written["annotations"][0]["form"] = {"formId": "f", "version": "1", "data": data}


def _person(written: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(agent for agent in written["agents"] if agent["type"] == "person")
    return found


@pytest.mark.parametrize("tier", [Tier.PLATFORM, Tier.THIRD_PARTY])
@pytest.mark.parametrize(("what", "change"), TAMPERED, ids=[what for what, _ in TAMPERED])
def test_the_receiver_refuses(what: str, change: Any, tier: Tier) -> None:
    written = copy.deepcopy(_written(tier))
    change(written)
    assert list(receiver().iter_errors(written)), what


_KEPT: dict[Tier, dict[str, Any]] = {}


def _written(tier: Tier) -> dict[str, Any]:
    if tier not in _KEPT:
        _KEPT[tier] = document(tier)
    return _KEPT[tier]


@pytest.mark.parametrize("tier", [Tier.PLATFORM, Tier.THIRD_PARTY])
def test_no_open_text_is_left_anywhere(tier: Tier) -> None:
    """Whatever text of the document is replaced by a name and a date, the receiver's check fails, but where no person is spoken of."""
    check, seen, accepted = receiver(), set(), []
    for path in _places(_written(tier)):
        shape = tuple("*" if isinstance(key, int) else key for key in path)
        if shape in seen or _about_no_person(path):
            continue
        seen.add(shape)
        written = copy.deepcopy(_written(tier))
        _put(written, path, "山田 太郎, 1958-01-01")
        if check.is_valid(written):
            accepted.append(shape)
    assert accepted == []
    assert len(seen) > 40


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, str):
        yield path
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in members:
        yield from _places(member, (*path, key))


def _about_no_person(path: tuple[Any, ...]) -> bool:
    """The words of campaign, label set, model and conditions: written by a society, once, for all its documents."""
    if path[0] in {"project", "governance"}:
        return True
    if path[0] == "agents":
        return path[-1] in {"name", "version", "society"}
    return "coding" in path or path[-1] in {"formId", "version"}


def _put(value: Any, path: tuple[Any, ...], text: str) -> None:
    for key in path[:-1]:
        value = value[key]
    value[path[-1]] = text


@pytest.mark.parametrize("name", EXPORTERS)
def test_every_format_keeps_back_the_same(name: str) -> None:
    given_hop = hop(Tier.PLATFORM)
    shared = disclosed_campaign(campaign(), given_hop, pixels_confirmed_by="person-9")
    data = b"".join(Package(EXPORTERS[name], shared, [disclosed_case(case(), given_hop)], include_drafts=False).stream())
    said = _unpacked(data)
    assert [secret for secret in SECRETS if secret.encode() in said] == []
    if name == "dicom-sr":
        assert b".dcm" in said


def _unpacked(data: bytes) -> bytes:
    import io
    import zipfile

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return b"\n".join(archive.read(name) + name.encode() for name in archive.namelist() if not name.endswith("schema.json"))


def test_a_mark_older_than_its_read_is_not_moved_before_the_start() -> None:
    rich = rows.rich_case()
    early = [replace(mark, created_at=mark.created_at - timedelta(days=400)) for mark in rich.annotations]
    written = build_document(
        disclosed_case(replace(rich, annotations=early), hop(Tier.PLATFORM)),
        disclosed_campaign(rows.campaign(governance=GOVERNANCE), hop(Tier.PLATFORM), pixels_confirmed_by=""),
    )
    assert {row["createdAt"] for row in written["annotations"]} == {"1970-01-01T00:00:00.000000Z"}


def test_inside_the_society_is_no_release() -> None:
    with pytest.raises(ValueError, match="society"):
        disclosed_campaign(rows.campaign(), hop(Tier.SOCIETY), pixels_confirmed_by="")
