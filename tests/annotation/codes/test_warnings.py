"""Codes that a loaded table lacks are told where they are written, brought in and given away; nothing is refused for it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from annotation.models import CodeTable
from annotation.selectors.code_warnings import MOST, code_warnings, warnings_of_campaign, warnings_of_labels
from annotation.selectors.imports import import_json
from annotation.services.code_tables import load_shipped
from tests.annotation.codes.test_tables import SMALL, SYSTEM, load
from tests.annotation.importers.objects import looked_at
from tests.annotation.marking.objects import make_campaign, make_read, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


def coding(code: str, system: str = SYSTEM, **more: Any) -> dict[str, Any]:
    return {"system": system, "code": code, **more}


def told(*codings: dict[str, Any]) -> list[str]:
    return [one["code"] for one in code_warnings((f"/{number}", each) for number, each in enumerate(codings))]


def test_system_code_and_table_are_named_in_both_languages() -> None:
    load(SMALL)
    with translation.override("en"):
        (warning,) = code_warnings([("/a", coding("T16")), ("/b", coding("T99")), ("/c", coding("T99"))])
    assert warning == {
        "pointer": "/b",
        "system": SYSTEM,
        "code": "T99",
        "message": f"Sample 1, as it is loaded here, has no code T99 ({SYSTEM}).",
    }
    with translation.override("ja"):
        assert "見本 1" in code_warnings([("", coding("T99"))])[0]["message"]


def test_only_tables_of_this_site_say_what_is_missing() -> None:
    assert told(coding("T99")) == [], "no table is loaded"
    load_shipped({})
    shipped = CodeTable.objects.filter(shipped=True).first()
    assert shipped is not None
    assert told(coding("no-such-code", shipped.system)) == [], "what ships is a part of its system"
    load(SMALL)
    assert told(coding("T99"), coding("x", "urn:example:unheard")) == ["T99"]


def test_a_version_that_is_loaded_counts_before_the_newest() -> None:
    load(SMALL)
    load(SMALL + "T40,肝癌,カンガン,Liver cancer\n", version="2")
    assert told(coding("T40")) == []
    assert told(coding("T40", version="1")) == ["T40"]
    assert told(coding("T40", version="unknown here")) == []


def test_they_are_bounded_and_take_few_queries(django_assert_max_num_queries: Any) -> None:
    load(SMALL)
    with django_assert_max_num_queries(5):
        assert len(told(*(coding(f"X{number}") for number in range(500)))) == MOST


@pytest.mark.parametrize("labels", [[None], [{"codings": None}], [{"codings": [None, {"system": 1, "code": []}, {}]}], ["x"]])
def test_a_draft_that_is_written_wrongly_is_no_fault_of_theirs(labels: list[Any]) -> None:
    load(SMALL)
    assert warnings_of_labels(labels) == []
    assert warnings_of_labels([*labels, {"codings": [coding("T16"), coding("T99")]}])[0]["pointer"] == "/labels/1/codings/1"


def test_the_labels_of_a_campaign_are_looked_at_before_a_release() -> None:
    load(SMALL)
    campaign = make_campaign()
    assert warnings_of_campaign(campaign) == []
    label = campaign.label_set.labels.model(
        label_set=campaign.label_set, code="new", role="finding", display_ja="新", display_en="new", colour="#000000", position=99,
        codings=[coding("T99", mapping="exact")],
    )  # fmt: skip
    label.save(force_insert=True)
    assert [one["code"] for one in warnings_of_campaign(campaign)] == ["T99"]


def test_the_preview_of_a_document_tells_them(client: Client, settings: Any, tmp_path: Any) -> None:
    from annotation.schema.document import build_document  # noqa: PLC0415
    from annotation.selectors.documents import campaign_facts, get_case  # noqa: PLC0415
    from annotation.services.operations import apply_operations  # noqa: PLC0415
    from tests.annotation.marking.objects import body, put  # noqa: PLC0415

    settings.DATA_DIR = tmp_path
    load(SMALL)
    read = make_read(make_campaign())
    apply_operations(user=read.reader, read_id=read.pk, operations=[put(said=body())])
    document = build_document(get_case(read.campaign, image_id=read.image_id, include_drafts=True), campaign_facts(read.campaign))
    del document["contentHash"]
    document["annotations"][0]["labels"][0]["coding"].append(coding("T99", mapping="related"))
    run = looked_at(make_read(read.campaign, reader=make_user(), image=read.image), document, name="case.json")
    (warning,) = import_json(run)["warnings"]
    assert (warning["code"], warning["pointer"]) == ("T99", "/annotations/0/labels/0/coding/1")
    assert run.preview["marks"] == 1
