import dataclasses
import json
import subprocess
import uuid
from pathlib import Path
from typing import Any

import pytest

from annotation.schema.canonical import canonical_json, content_hash
from annotation.schema.document import DECISIONS_KEY, READS_KEY, build_document, write_document
from annotation.schema.facts import CaseFacts
from annotation.schema.problems import DocumentError
from annotation.schema.validate import validate_document
from tests.annotation.document import rows

FORMS = {(rows.FORM.id, rows.FORM.version): rows.FORM.schema}
REPOSITORY = Path(__file__).resolve().parents[3]


def by_name(document: dict[str, Any], name: str) -> dict[str, Any]:
    wanted = rows.identity("annotation", name)
    return next(member for member in document["annotations"] if member["id"] == wanted)


def with_mark(**changes: Any) -> CaseFacts:
    case = rows.rich_case()
    first = case.reads[0]
    values = {"granularity": "region", "geometry": rows.outline(rows.RING), "labels": ("tumour",)} | changes
    mark = rows.mark("x", first, values.pop("granularity"), values.pop("geometry"), values.pop("labels"), **values)
    return dataclasses.replace(case, annotations=[mark], decisions=[])


def test_a_case_becomes_a_valid_document() -> None:
    document = build_document(rows.rich_case(), rows.campaign())
    assert validate_document(document, forms=FORMS) == []
    assert document["schemaVersion"] == "1.0.0"
    assert document["disclosureTier"] == "society"
    assert uuid.UUID(document["documentId"]).version == 5
    assert document["createdAt"] == "2026-11-20T09:00:00.000000Z"
    assert "exportedAt" not in document
    assert document["revision"] == 18
    assert document["subject"] == {
        "pseudonyms": [{"scheme": "society-hmac-sha256", "value": "5f" * 32, "domain": "campaign:test"}],
        "sex": "M",
        "ageAtExam": {"value": 90, "unit": "Y", "topCoded": True},
    }
    assert [agent["id"] for agent in document["agents"]] == [
        "mitate",
        "model-0011223344556677",
        "person-aaaaaaaaaaaaaaaa",
        "person-bbbbbbbbbbbbbbbb",
    ]


def test_ajv_takes_it_too(tmp_path: Path) -> None:
    path = tmp_path / "document.json"
    path.write_bytes(canonical_json(build_document(rows.rich_case(), rows.campaign())))
    done = subprocess.run(["node", REPOSITORY / "tests/js/validate_document.mjs", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_same_facts_give_the_same_bytes_and_the_digest_holds() -> None:
    written = [write_document(rows.rich_case(), rows.campaign()) for _ in range(2)]
    first, second = (b"".join(file.chunks()) for file in written)
    assert first == second
    document = json.loads(first)
    assert canonical_json(document) == first
    assert document["contentHash"] == content_hash(document) == written[0].content_hash
    assert len(first) == written[0].size
    for file in written:
        file.close()


def test_what_a_person_made_of_a_suggestion_is_told() -> None:
    document = build_document(rows.rich_case(), rows.campaign())
    region = by_name(document, "region")
    assert region["suggestion"] == {
        "suggestionId": rows.identity("suggestion", "s"),
        "modelId": "model-0011223344556677",
        "runId": rows.identity("run"),
        "score": 0.83,
        "uncertainty": 0.41,
        "queryStrategy": "entropy",
        "disposition": "edited",
        "original": {"geometry": {"type": "Polygon", "coordinates": [rows.RING]}, "labels": region["labels"]},
        "shownAt": "2026-11-20T09:20:00.000000Z",
        "decidedAt": "2026-11-20T09:30:00.000000Z",
        "decidedBy": "person-aaaaaaaaaaaaaaaa",
    }
    rejected, edited = document["extensions"][DECISIONS_KEY]
    assert rejected["verdict"] == "reject"
    assert rejected["reason"] == "artefact"
    assert rejected["original"]["geometry"]["coordinates"] == [rows.RING]
    assert edited["annotationId"] == region["id"]
    assert "original" not in edited
    assert {entry["state"] for entry in document["extensions"][READS_KEY]} == {"submitted"}


def test_a_click_and_a_box_give_the_centre_as_numbers_and_as_text() -> None:
    document = build_document(rows.rich_case(), rows.campaign())
    for name in ("point", "box"):
        assert by_name(document, name)["extensions"]["org.mitate.centre"] == {"x": 544, "y": 362.5, "text": "544,362.5"}
    assert by_name(document, "box")["target"] == {"scope": "region", "imageId": rows.identity("image", "echo"), "frame": 3}
    assert by_name(document, "diagnosis")["target"]["scope"] == "image"


def test_a_case_without_reads_is_still_a_document() -> None:
    case = rows.rich_case()
    document = build_document(dataclasses.replace(case, reads=(), annotations=(), decisions=()), rows.campaign(form=None, governance={}))
    assert validate_document(document) == []
    assert document["annotations"] == []
    assert document["createdAt"] == "2026-11-19T09:00:00.000000Z"
    assert document["governance"] == {"consent": {"mode": "not-recorded", "withdrawn": False}}


def test_free_text_carries_a_language_tag() -> None:
    document = build_document(rows.rich_case(), rows.campaign())
    assert by_name(document, "region")["text"] == {"ja": "中分化型管状腺癌"}
    assert build_document(with_mark(text="unclear margin"), rows.campaign())["annotations"][0]["text"] == {"und": "unclear margin"}


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"labels": ("unheard-of",)}, "unknown_label", "/annotations/0/labels/0"),
        ({"granularity": "box"}, "schema_violation", "/annotations/0/geometry/type"),
        ({"form_data": {"group": "9"}}, "form_invalid", "/annotations/0/form/data/group"),
        ({"geometry": rows.outline([[0, 0], [98305, 0], [0, 9], [0, 0]])}, "geometry_outside_image", "/annotations/0/geometry"),
        ({"frame": 4}, "frame_outside_image", "/annotations/0/target/frame"),
        ({"basis": ({"method": "guess", "status": "confirmed"},)}, "schema_violation", "/annotations/0/basis/0/method"),
        ({"form_data": {"group": 2**70 + 1}}, "form_invalid", "/annotations/0/form/data/group"),
    ],
)
def test_an_untrue_document_is_not_written(changes: dict[str, Any], code: str, pointer: str) -> None:
    with pytest.raises(DocumentError) as caught:
        write_document(with_mark(**changes), rows.campaign())
    assert (caught.value.code, caught.value.pointer) == (code, pointer)
    assert caught.value.case == "subject-" + "5f" * 16
    assert caught.value.case in str(caught.value)


def test_broken_heads_and_orders_are_named() -> None:
    case = rows.rich_case()
    unordered = dataclasses.replace(case, annotations=[*case.annotations][::-1])
    for broken, campaign, pointer in (
        (unordered, rows.campaign(), "/annotations/1/id"),
        (case, rows.campaign(society="日本"), "/project/society"),
        (case, rows.campaign(governance={"consent": {}}), "/governance/consent"),
        (case, rows.campaign(form=None), None),
        (dataclasses.replace(case, images=case.images[:1]), rows.campaign(), None),
    ):
        with pytest.raises(DocumentError) as caught:
            write_document(broken, campaign)
        assert pointer is None or caught.value.pointer == pointer
    huge = rows.image(acquisition={"Serial": 2**70 + 1})
    with pytest.raises(DocumentError):
        write_document(dataclasses.replace(case, images=(huge, *case.images[1:])), rows.campaign())
