"""Reports beside the image: how they come in, how terms are saved on their words, and what leaves the society."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from annotation.datasets.restrict import restricted_case
from annotation.disclosure.cases import disclosed_campaign, disclosed_case
from annotation.disclosure.tiers import Hop, Tier
from annotation.models import Annotation, Campaign, Read, Report, ReportText
from annotation.schema.canonical import content_hash
from annotation.schema.document import build_document
from annotation.schema.facts import DatasetFacts
from annotation.schema.validate import validate_document
from annotation.selectors.documents import campaign_facts, get_case
from annotation.selectors.imports import import_json
from annotation.selectors.reports import reports_of_read
from annotation.services.confirmation_input import parse_confirming
from annotation.services.confirmations import confirm_diagnosis
from annotation.services.import_storing import undo_import
from annotation.services.mark_imports import confirm_import
from annotation.services.operations import OperationResult, apply_operations
from annotation.services.reads import submit_read
from annotation.services.report_files import read_reports
from annotation.services.reports import attach_reports
from tests.annotation.importers.objects import looked_at, worked
from tests.annotation.marking.objects import body, delete, diagnosis, make_image, make_read, make_user, put
from viewer.api.errors import ApiError

TEXT = "右下葉に径𠮟12mmの結節を認める。\n胸水なし。山田太郎様"
NODULE, FLUID = (TEXT.index("結節"), TEXT.index("結節") + 2), (TEXT.index("胸水"), TEXT.index("胸水") + 2)
ICD = {"system": "http://hl7.org/fhir/sid/icd-10", "code": "C34.3", "display": "山田太郎の肺癌"}


def rows(image: str, text: str = TEXT, **more: Any) -> Any:
    return read_reports(json.dumps([{"image": image, "text": text, **more}]).encode(), "reports.json")


@pytest.fixture
def read(campaign: Campaign) -> Read:
    return make_read(campaign)


@pytest.fixture
def report(read: Read) -> dict[str, Any]:
    attach_reports(campaign=read.campaign, user=read.campaign.created_by, rows=rows(str(read.image_id), issued_on="2026-11-20"))
    (found,) = reports_of_read(read)
    return found


def span(report: dict[str, Any], place: tuple[int, int] | None = NODULE, **changes: Any) -> dict[str, Any]:
    start, end = place or (None, None)
    return {
        "report_id": report["id"],
        "digest": report["digest"],
        "start": start,
        "end": end,
        "polarity": "positive",
        "coding": None,
    } | changes


def term(report: dict[str, Any], place: tuple[int, int] = NODULE, labels: tuple[str, ...] = ("tumour",), **changes: Any) -> dict[str, Any]:
    return body(granularity="term", geometry=None, labels=list(labels), span=span(report, place, **changes))


def confirmed(report: dict[str, Any], **changes: Any) -> dict[str, Any]:
    basis = [{"method": "histopathology-biopsy", "status": "pending"}]
    return body(granularity="report", geometry=None, labels=["carcinoma"], span=span(report, None, **changes), basis=basis)


def save(read: Read, *operations: dict[str, Any]) -> list[OperationResult]:
    return apply_operations(user=read.reader, read_id=read.pk, operations=operations).results


def code_of(read: Read, said: dict[str, Any]) -> tuple[str, str]:
    (result,) = save(read, put(said=said))
    assert result.error is not None, result
    return result.error.code, result.error.pointer


def submitted(read: Read) -> None:
    """Submit a read with its diagnosis."""
    save(read, put(said=diagnosis()))
    read.refresh_from_db()
    submit_read(read=read, user=read.reader, sequence=read.sequence, active_seconds=1)


def document(read: Read, tier: Tier | None = None) -> dict[str, Any]:
    facts, case = campaign_facts(read.campaign), get_case(read.campaign, image_id=read.image_id, include_drafts=True)
    if tier is None:
        return build_document(case, facts)
    hop = Hop(tier, str(uuid.uuid4()), b"k" * 32)
    return build_document(disclosed_case(case, hop), disclosed_campaign(facts, hop, pixels_confirmed_by="person-aaaaaaaaaaaaaaaa"))


def test_a_report_is_attached_once_and_its_words_are_kept_when_they_change(read: Read) -> None:
    attach = lambda text: attach_reports(campaign=read.campaign, user=read.campaign.created_by, rows=rows(str(read.image_id), text))  # noqa: E731
    assert attach(TEXT) == {"attached": 1, "changed": 0, "unchanged": 0}
    assert attach(TEXT) == {"attached": 0, "changed": 0, "unchanged": 1}
    assert attach("別の所見") == {"attached": 0, "changed": 1, "unchanged": 0}
    (now,) = reports_of_read(read)
    assert (now["text"], now["number"]) == ("別の所見", 2)
    assert [text.text for text in ReportText.objects.all()] == [TEXT, "別の所見"]
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        ReportText.objects.update(text="")


def test_a_file_names_images_by_id_name_or_the_name_of_a_text(read: Read) -> None:
    name = read.image.name
    for image in (str(read.image_id), name, name.rsplit(".", 1)[0]):
        told = attach_reports(campaign=read.campaign, user=read.campaign.created_by, rows=rows(image))
        assert sum(told.values()) == 1
    assert Report.objects.count() == 1
    txt = read_reports("所見\r\nなし".encode("cp932"), f"{name.rsplit('.', 1)[0]}.txt")
    assert (txt[0].image, txt[0].text) == (name.rsplit(".", 1)[0], "所見\nなし")
    csv = read_reports(b'\xef\xbb\xbfimage,kind,issued_on,text\r\na.dcm,pathology,2026-11,"one, ""two""\nlines"\r\n', "r.CSV")
    assert (csv[0].kind, csv[0].issued_on, csv[0].text) == ("pathology", "2026-11", 'one, "two"\nlines')


def test_all_or_none_of_a_file_is_attached(read: Read) -> None:
    other = make_image(read.campaign.collection)
    given_rows = [*rows(str(read.image_id)), *rows(str(other.pk))]
    with pytest.raises(ApiError) as caught:
        attach_reports(campaign=read.campaign, user=read.campaign.created_by, rows=given_rows)
    assert (caught.value.code, caught.value.pointer, Report.objects.count()) == ("report_image_unknown", "/0/image", 0)


@pytest.mark.parametrize(
    ("data", "name", "pointer"),
    [
        (b"", "a.json", "/"),
        (b"{}", "a.json", "/"),
        (b"[1]", "a.json", "/0"),
        (b"[]", "a.json", "/"),
        (b'[{"image": "a"', "a.json", "/"),
        (b'[{"image": "a", "image": "b", "text": "x"}]', "a.json", None),
        (b'[{"image": "a"}]', "a.json", "/0/text"),
        (b'[{"image": "", "text": "x"}]', "a.json", "/0/image"),
        (b'[{"image": 5, "text": "x"}]', "a.json", "/0/image"),
        (b'[{"image": "a", "text": "  "}]', "a.json", "/0/text"),
        (b'[{"image": "a", "text": "\\ud800"}]', "a.json", "/0/text"),
        (b'[{"image": "a", "text": "\\u0000"}]', "a.json", "/0/text"),
        (b'[{"image": "a", "text": "x", "kind": "letter"}]', "a.json", "/0/kind"),
        (b'[{"image": "a", "text": "x", "issued_on": "2026-13"}]', "a.json", "/0/issued_on"),
        (b'[{"image": "a", "text": "x", "patient": "y"}]', "a.json", "/0/patient"),
        (b"[" * 5_000, "a.json", None),
        (b"name,words\na,b\n", "a.csv", "/1"),
        (b"image,text\na,b,c\n", "a.csv", None),
        (b'image,text\na,"b\n', "a.csv", None),
        (b"\xff\xfe\xfd", "a.txt", "/"),
        (b"x", "a.pdf", "/name"),
    ],
)
def test_files_that_are_none_are_refused_with_the_place(data: bytes, name: str, pointer: str | None) -> None:
    with pytest.raises(ApiError) as caught:
        read_reports(data, name)
    assert caught.value.code == "report_file_malformed"
    assert pointer is None or caught.value.pointer == pointer


def test_the_command_attaches_files(read: Read, tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "reports.json"
    path.write_text(json.dumps([{"image": str(read.image_id), "text": TEXT}]), "utf-8")
    call_command("import_reports", read.campaign.code, str(path), "--user", read.campaign.created_by.username)
    assert "1 attached" in capsys.readouterr().out
    with pytest.raises(CommandError):
        call_command("import_reports", read.campaign.code, str(path), "--user", read.reader.username)


def test_terms_are_saved_as_marks_are(read: Read, report: dict[str, Any]) -> None:
    operation = put(said=term(report))
    (once,), (again,) = save(read, operation), save(read, operation)
    assert (once.status, again.status) == ("applied", "replayed")
    assert once.annotation is not None
    assert once.annotation["span"] == span(report)
    other = {**operation, "annotation": term(report, FLUID)}
    (reused,) = save(read, other)
    assert reused.error is not None
    assert reused.error.code == "operation_id_reused"
    (changed,) = save(read, put(once.annotation["id"], 1, said=term(report, polarity="suspected")))
    (gone,) = save(read, delete(once.annotation["id"], 2))
    (back,) = save(read, put(once.annotation["id"], 3, said=term(report)))
    assert [result.status for result in (changed, gone, back)] == ["applied"] * 3
    assert Annotation.objects.get().revisions.count() == 4


def test_words_that_were_replaced_refuse_old_places(read: Read, report: dict[str, Any]) -> None:
    (kept,) = save(read, put(said=term(report)))
    attach_reports(campaign=read.campaign, user=read.campaign.created_by, rows=rows(str(read.image_id), "別", issued_on="2026-11-20"))
    (result,) = save(read, put(said=term(report, FLUID)))
    assert result.error is not None
    assert (result.error.code, result.error.extra["digest"]) == ("report_changed", hashlib.sha256("別".encode()).hexdigest())
    assert kept.annotation is not None
    said = document(read)["reports"]
    assert [(one["id"], len(one.get("terms", ()))) for one in said] == [(f"{report['id']}.1", 1), (report["id"], 0)]
    (gone,) = save(read, delete(kept.annotation["id"], 1))
    assert gone.status == "applied"


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"end": len(TEXT) + 1}, "span_malformed", "/annotation/span/end"),
        ({"start": 5, "end": 5}, "span_malformed", "/annotation/span/end"),
        ({"start": -1}, "span_malformed", "/annotation/span/start"),
        ({"start": True}, "span_malformed", "/annotation/span/start"),
        ({"start": None}, "span_malformed", "/annotation/span/end"),
        ({"digest": "0" * 64}, "report_changed", "/annotation/span/digest"),
        ({"digest": "x"}, "span_malformed", "/annotation/span/digest"),
        ({"report_id": str(uuid.uuid4())}, "unknown_report", "/annotation/span/report_id"),
        ({"report_id": "x"}, "span_malformed", "/annotation/span/report_id"),
        ({"polarity": "maybe"}, "span_malformed", "/annotation/span/polarity"),
        ({"coding": {"system": "http://evil.example", "code": "1"}}, "unknown_code_system", "/annotation/span/coding/system"),
        ({"coding": {"system": ICD["system"], "code": "山田"}}, "span_malformed", "/annotation/span/coding/code"),
        ({"coding": {"system": ICD["system"]}}, "span_malformed", "/annotation/span/coding"),
        ({"coding": {**ICD, "display": "x" * 201}}, "span_malformed", "/annotation/span/coding/display"),
        ({"note": "x"}, "span_malformed", "/annotation/span"),
    ],
)
def test_places_that_are_none_are_refused(read: Read, report: dict[str, Any], change: dict[str, Any], code: str, pointer: str) -> None:
    assert code_of(read, term(report, **change)) == (code, pointer)
    assert not Annotation.objects.exists()


def test_a_mark_is_of_the_image_or_of_a_report(read: Read, report: dict[str, Any]) -> None:
    assert code_of(read, body(granularity="term", geometry=None))[0] == "span_malformed"
    assert code_of(read, body(span=span(report)))[0] == "span_malformed"
    assert code_of(read, term(report, labels=()))[0] == "label_missing"
    assert code_of(read, term(report, labels=("nothing",)))[0] == "unknown_label"
    assert code_of(read, confirmed(report) | {"basis": []})[0] == "confirmed_without_basis"
    assert code_of(read, confirmed(report, start=0, end=2))[0] == "span_malformed"
    other = make_image(read.campaign.collection)
    read.campaign.campaign_images.create(image=other)
    assert code_of(make_read(read.campaign, image=other), term(report))[0] == "unknown_report"


def test_a_confirmed_diagnosis_may_wait_and_is_confirmed_late(read: Read, report: dict[str, Any]) -> None:
    (made,) = save(read, put(said=confirmed(report)), put(said=term(report, labels=(), coding=ICD)))[:1]
    submitted(read)
    assert made.annotation is not None
    row = Annotation.objects.get(pk=made.annotation["id"])
    assert row.confirm_by is not None
    said = {"awaited": "histopathology-biopsy", "status": "confirmed", "known_on": timezone.localdate().isoformat()}
    confirm_diagnosis(
        user=read.reader,
        read_id=read.pk,
        annotation_id=row.pk,
        base_revision=1,
        operation_id=uuid.uuid4(),
        confirming=parse_confirming(said),
    )
    (entry,) = document(read)["reports"][0]["confirmedDiagnosis"]
    assert entry["basis"] == [{"method": "histopathology-biopsy", "status": "confirmed"}]
    assert entry["confirmations"][0]["before"]["basis"][0]["status"] == "pending"


def test_documents_hold_reports_with_their_terms(read: Read, report: dict[str, Any]) -> None:
    save(
        read,
        put(said=term(report)),
        put(said=term(report, FLUID, labels=(), polarity="negated", coding=ICD)),
        put(said=term(report, (0, 3), polarity="suspected")),
        put(said=confirmed(report)),
    )
    whole = document(read)
    assert whole["annotations"] == []
    (said,) = whole["reports"]
    assert (said["text"], said["issuedAt"], said["kind"]) == ({"ja": TEXT}, "2026-11-20", "radiology")
    assert said["digest"] == f"sha256:{hashlib.sha256(TEXT.encode()).hexdigest()}"
    assert said["imageIds"] == [str(read.image_id)]
    found = [(TEXT[one["start"] : one["end"]], one.get("negated", False), one.get("suspected", False)) for one in said["terms"]]
    assert found == [("右下葉", False, True), ("結節", False, False), ("胸水", True, False)]
    assert said["terms"][2]["concept"]["coding"] == [{"system": ICD["system"], "code": "C34.3", "display": {"und": ICD["display"]}}]
    for change in ({"digest": "sha256:" + "0" * 64}, {"terms": [{**said["terms"][0], "end": 99}]}):
        wrong = {**whole, "reports": [{**said, **change}]}
        wrong.pop("contentHash")
        assert {problem.code for problem in validate_document(wrong)} <= {"report_digest_mismatch", "term_outside_text"} != set()


@pytest.mark.parametrize("tier", [Tier.PLATFORM, Tier.THIRD_PARTY])
def test_a_receiver_gets_codes_and_no_words(read: Read, report: dict[str, Any], tier: Tier) -> None:
    read.campaign.governance = {
        "consent": {"mode": "opt-out", "withdrawn": False},
        "ethics": [{"committee": "IRB", "approvalNumber": "1"}],
        "thirdPartyProvision": {"allowed": True},
        "ownership": {"images": "a", "annotations": "b", "dataset": "c"},
        "licence": "CC0-1.0",
    }
    save(
        read, put(said=term(report)), put(said=term(report, FLUID, labels=(), polarity="negated", coding=ICD)), put(said=confirmed(report))
    )
    received = document(read, tier)
    text = json.dumps(received, ensure_ascii=False)
    for secret in ("結節", "胸水", "山田", "2026-11-20", report["digest"], report["id"], '"start"', '"end"'):
        assert secret not in text, secret
    (said,) = received["reports"]
    assert said["textRedacted"] is True
    codes = {(entry["code"], one.get("negated", False)) for one in said["terms"] for entry in one["concept"]["coding"]}
    assert codes == {("tumour", False), ("C34.3", True)}
    assert said["confirmedDiagnosis"][0]["basis"] == [{"method": "histopathology-biopsy", "status": "pending"}]
    # What a receiver checks, knowing nothing of us: words put back are found by the schema alone.
    assert validate_document(received) == []
    for change in (
        {"text": {"ja": "山田太郎"}},
        {"digest": "sha256:" + "0" * 64},
        {"issuedAt": "2026-11-20"},
        {"terms": [{**said["terms"][0], "start": 0, "end": 2}]},
        {"terms": [{"concept": {"text": {"ja": "山田太郎"}}}]},
        {"terms": [{"concept": {"coding": [{"system": ICD["system"], "code": "山田太郎"}]}}]},
        {"terms": [{"concept": {"coding": [{"system": ICD["system"], "code": "1", "display": {"ja": "山田太郎"}}]}}]},
        {"confirmedDiagnosis": [{**said["confirmedDiagnosis"][0], "enteredAt": "2026-11-20T00:00:00Z"}]},
    ):
        tampered = {**received, "reports": [{**said, **change}]}
        tampered["contentHash"] = content_hash(tampered)
        assert validate_document(tampered), change


def test_a_part_of_a_dataset_holds_what_its_reads_say(campaign: Campaign, read: Read, report: dict[str, Any]) -> None:
    other = make_read(campaign, reader=make_user())
    save(read, put(said=term(report)))
    save(other, put(said=term(report, FLUID)), put(said=confirmed(report)))
    case = get_case(campaign, image_id=read.image_id, include_drafts=True)
    cut = restricted_case(case, {str(read.image_id): [str(read.pk)]}, DatasetFacts("d", "1", "train", "subject-hash", locked=False))
    assert cut is not None
    assert [(len(one.terms), len(one.diagnoses)) for one in cut.reports] == [(1, 0)]


def test_the_api_gives_the_words_to_who_sees_the_read(read: Read, report: dict[str, Any], client_of: Callable[[User], Client]) -> None:
    reader = client_of(read.reader)
    assert reader.get(f"/api/reads/{read.pk}/reports/").json()["reports"] == [report]
    assert reader.get(f"/api/reads/{read.pk}/").json()["has_reports"] is True
    assert client_of(make_user()).get(f"/api/reads/{read.pk}/reports/").status_code == 404
    url = f"/api/campaigns/{read.campaign_id}/reports/"
    assert reader.post(f"{url}?name=a.json", b"[]", content_type="application/octet-stream").status_code == 404
    manager = client_of(read.campaign.created_by)
    sent = json.dumps([{"image": str(read.image_id), "kind": "pathology", "text": "x"}]).encode()
    assert manager.post(f"{url}?name=a.json", sent, content_type="application/octet-stream").json()["attached"] == 1
    assert manager.get(url).json() == {"reports": 2}


@given(st.text(st.characters(blacklist_categories=("Cs",)), min_size=1, max_size=60), st.data())
def test_offsets_count_code_points_like_the_browser(text: str, data: st.DataObject) -> None:
    """What the browser cuts (an array of code points) is what Python cuts."""
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    utf16 = text.encode("utf-16-le")
    units = len(text[:start].encode("utf-16-le")), len(text[:end].encode("utf-16-le"))
    assert utf16[units[0] : units[1]].decode("utf-16-le") == text[start:end]


def test_what_was_said_of_a_report_comes_in_with_a_document_and_goes_out_the_same(
    read: Read, report: dict[str, Any], campaign: Campaign
) -> None:
    coded = term(report, FLUID, (), polarity="negated", coding=ICD)
    assert {one.status for one in save(read, put(said=term(report)), put(said=coded), put(said=confirmed(report)))} == {"applied"}
    before = document(read)
    colleague = make_read(campaign, image=read.image)
    run = looked_at(colleague, before, name="case.json")
    assert (run.preview["refused"], run.preview["losses"]) == ([], [{"code": "extensions", "count": 1}])
    assert [(note["code"], note["count"]) for note in run.preview["notes"]] == [("on_reports", 3)]
    labels = {row["key"]: row["proposed"] for row in import_json(run)["labels"]}
    assert None not in labels.values()
    confirm_import(run=run, labels=labels)
    done = worked()
    assert (done.result["created"], done.result["left_out"]) == (3, {})
    brought = Annotation.objects.filter(read=colleague)
    assert {one.origin for one in brought} == {"import"}
    save(read, *(delete(one.pk, 1) for one in Annotation.objects.filter(read=read)))
    # Without the first reader's the document says the same of the report, but for who and when.
    after = document(read)
    told = [[plain(one) for one in made["reports"]] for made in (before, after)]
    assert told[0] == told[1]
    assert validate_document(after) == []
    again = looked_at(colleague, before, name="case.json")
    confirm_import(run=again, labels=labels)
    assert worked().result["already_there"] == 3
    undo_import(run=done, user=colleague.reader)
    assert not Annotation.objects.filter(read=colleague, deleted=False).exists()


def plain(report: dict[str, Any]) -> dict[str, Any]:
    """Return a report without who said what when; what the order of ids decides is sorted."""
    lists = {
        name: sorted(({key: value for key, value in one.items() if not key.startswith("entered")} for one in report[name]), key=str)
        for name in ("terms", "confirmedDiagnosis")
    }
    return report | lists


def test_a_report_in_other_words_takes_nothing_and_says_so(read: Read, report: dict[str, Any], campaign: Campaign) -> None:
    save(read, put(said=term(report)), put(said=confirmed(report)))
    before = document(read)
    attach_reports(campaign=campaign, user=campaign.created_by, rows=rows(str(read.image_id), "別の所見", issued_on="2026-11-20"))
    colleague = make_read(campaign, image=read.image)
    run = looked_at(colleague, before, name="case.json")
    assert run.preview["marks"] == 0
    assert {(one["place"], one["code"]) for one in run.preview["refused"]} == {
        ("/reports/0/terms/0", "report_not_here"),
        ("/reports/0/confirmedDiagnosis/0", "report_not_here"),
    }


def test_words_that_change_between_preview_and_import_leave_the_terms_out(read: Read, report: dict[str, Any], campaign: Campaign) -> None:
    save(read, put(said=term(report, FLUID, (), coding=ICD)))
    colleague = make_read(campaign, image=read.image)
    run = looked_at(colleague, document(read), name="case.json")
    assert run.preview["labels"] == []
    attach_reports(campaign=campaign, user=campaign.created_by, rows=rows(str(read.image_id), "別の所見", issued_on="2026-11-20"))
    confirm_import(run=run, labels={})
    assert worked().result["left_out"] == {"report_not_here": 1}


def test_of_two_reports_in_the_same_words_kind_and_day_decide(read: Read, report: dict[str, Any], campaign: Campaign) -> None:
    attach_reports(campaign=campaign, user=campaign.created_by, rows=rows(str(read.image_id), issued_on="2026-11-21"))
    save(read, put(said=term(report)))
    colleague = make_read(campaign, image=read.image)
    run = looked_at(colleague, document(read), name="case.json")
    confirm_import(run=run, labels={row["key"]: "tumour" for row in run.preview["labels"]})
    assert worked().result["created"] == 1
    assert str(Annotation.objects.get(read=colleague).report_id) == report["id"]


def test_a_release_has_no_places_and_so_nothing_to_import(read: Read, report: dict[str, Any], campaign: Campaign) -> None:
    save(read, put(said=term(report)))
    run = looked_at(make_read(campaign, image=read.image), document(read, Tier.PLATFORM), name="case.json")
    assert {one["code"]: one["count"] for one in run.preview["losses"]}["reports"] == 1
