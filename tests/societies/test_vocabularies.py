"""Label sets, forms and label maps over the API: drafted by two people, published once and for all, and exported under."""

from __future__ import annotations

import copy
import io
import json
import zipfile
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from annotation.append_only import PUBLISHED_TABLES
from annotation.models import Annotation, Campaign, ExportRun, FormDefinition, LabelMap, LabelSet
from annotation.schema.validate import validate_document
from annotation.services.operations import apply_operations
from societies.models import Society
from societies.services.worklist import claim_next, submit
from tests.factories import ADMIN, EXPORTER, READER, make_campaign, make_person, make_society, put_box, put_diagnosis

pytestmark = pytest.mark.django_db
LABEL = {
    "code": "polyp",
    "role": "finding",
    "display": {"ja": "ポリープ", "en": "Polyp"},
    "colour": "#ffd400",
    "key": "1",
    "granularities": ["box"],
}


@dataclass
class World:
    society: Society
    admin: User
    clients: dict[str, Client]

    def ask(self, method: str, path: str, body: Any = None, *, by: str = "admin", revision: int | None = None) -> Any:
        address = f"/api/societies/{self.society.slug}/vocabularies/{path}"
        headers = {} if revision is None else {"If-Match": f'"{revision}"'}
        if method == "get":
            return self.clients[by].get(address)
        return getattr(self.clients[by], method)(address, json.dumps(body or {}), content_type="application/json", headers=headers)

    def made(self, kind: str, code: str, **values: Any) -> dict[str, Any]:
        answer = self.ask("post", f"{kind}/", {"code": code, "name": {"ja": "名", "en": "Name"}, **values})
        assert answer.status_code == 201, answer.content
        found: dict[str, Any] = answer.json()
        return found

    def saved(self, kind: str, name: str, content: Any, revision: int = 1) -> dict[str, Any]:
        answer = self.ask("put", f"{kind}/{name}/draft/", content, revision=revision)
        assert answer.status_code == 200, answer.content
        found: dict[str, Any] = answer.json()
        return found

    def published(self, kind: str, name: str, version: str = "1.0", revision: int = 2) -> Any:
        answer = self.ask("post", f"{kind}/{name}/draft/publish/", {"version": version}, revision=revision)
        assert answer.status_code == 201, answer.content
        return answer.json()

    def set_with(self, code: str, *labels: str, version: str = "1.0") -> dict[str, str]:
        made = self.made("label-sets", code)
        rows = [{**LABEL, "code": label, "key": "", "granularities": ["box", "diagnosis"], "role": "diagnosis"} for label in labels]
        self.saved("label-sets", made["id"], {**made["draft"]["content"], "labels": rows})
        self.published("label-sets", made["id"], version)
        return {"id": made["id"], "version": version}

    def map_with(self, code: str, source: dict[str, str], target: dict[str, str], rules: dict[str, Any]) -> str:
        made = self.made("label-maps", code, begin_with={"source": source, "target": target})
        self.saved("label-maps", made["id"], {**made["draft"]["content"], "rules": rules})
        self.published("label-maps", made["id"])
        return f"{made['id']}@1.0"


@pytest.fixture
def world() -> World:
    society, other = make_society(), make_society()
    people = {
        "admin": make_person(society, "admin", ADMIN),
        "second": make_person(society, "second", ADMIN),
        "exporter": make_person(society, "exporter", EXPORTER),
        "stranger": make_person(other, "admin", ADMIN, EXPORTER),
    }
    clients = {}
    for name, person in people.items():
        clients[name] = Client()
        clients[name].force_login(person)
    return World(society, people["admin"], clients)


# drafts and versions


def test_a_label_set_from_its_first_draft_to_its_second_version(world: World) -> None:
    made = world.made("label-sets", "colon")
    name = made["id"]
    assert name == f"{world.society.slug}-colon"
    assert [problem["pointer"] for problem in made["draft"]["problems"]] == ["/labels"]
    draft = world.saved("label-sets", name, {**made["draft"]["content"], "labels": [LABEL]})
    assert draft["problems"] == []
    assert [change["key"] for change in draft["changes"]["added"]] == ["", "polyp"]
    world.published("label-sets", name)

    begun = world.ask("post", f"label-sets/{name}/versions/1.0/draft/", {}).json()
    assert all(not changes for changes in begun["changes"].values())
    unchanged = world.ask("post", f"label-sets/{name}/draft/publish/", {"version": "1.1"}, revision=1)
    assert unchanged.json()["error"]["code"] == "draft_unchanged"
    content = copy.deepcopy(begun["content"])
    content["labels"][0]["display"]["en"] = "Polyp of the colon"
    content["labels"].append({**LABEL, "code": "ulcer", "key": "2"})
    changed = world.saved("label-sets", name, content)["changes"]
    assert [(kind, change["key"]) for kind, changes in changed.items() for change in changes] == [("added", "ulcer"), ("renamed", "polyp")]
    taken = world.ask("post", f"label-sets/{name}/draft/publish/", {"version": "1.0"}, revision=2)
    assert (taken.status_code, taken.json()["error"]["code"]) == (409, "version_taken")
    world.published("label-sets", name, "1.1")

    assert [row["version"] for row in world.ask("get", f"label-sets/{name}/").json()["versions"]] == ["1.1", "1.0"]
    first = world.ask("get", f"label-sets/{name}/versions/1.0/").json()
    assert first["content"]["labels"][0]["display"]["en"] == "Polyp", "a published version never changes"
    assert LabelSet.objects.get(slug=name, version="1.1").published_by == world.admin


def test_the_database_refuses_to_change_what_is_published(world: World) -> None:
    source, target = world.set_with("a", "x"), world.set_with("b", "y")
    world.map_with("ab", source, target, {"x": {"to": ["y"]}})
    world.made("forms", "f", begin_with={"pack": "jges"})
    assert FormDefinition.objects.exists()
    for table in PUBLISHED_TABLES:
        for command in (f"DELETE FROM {table}", f"UPDATE {table} SET id = id"):  # noqa: S608  # names of our own
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(command)


def test_two_people_at_once_lose_nothing(world: World) -> None:
    made = world.made("label-sets", "colon")
    name, content = made["id"], made["draft"]["content"]
    world.saved("label-sets", name, {**content, "labels": [LABEL]})
    late = world.ask("put", f"label-sets/{name}/draft/", {**content, "labels": []}, by="second", revision=1)
    assert late.status_code == 412
    assert late.json()["error"]["code"] == "draft_stale"
    assert late.json()["error"]["current"]["content"]["labels"][0]["code"] == "polyp"
    for method, path in (("delete", "draft/"), ("post", "draft/publish/")):
        refused = world.ask(method, f"label-sets/{name}/{path}", {"version": "1.0"}, by="second", revision=1)
        assert refused.status_code == 412
    assert world.ask("put", f"label-sets/{name}/draft/", content).status_code == 428
    assert world.ask("post", f"label-sets/{name}/versions/1.0/draft/", {}).status_code == 404, "no such version yet"
    assert world.ask("delete", f"label-sets/{name}/draft/", revision=2).status_code == 204
    assert world.ask("get", f"label-sets/{name}/draft/").status_code == 404
    assert world.ask("put", f"label-sets/{name}/draft/", content, revision=2).status_code == 404


def test_there_is_one_draft_of_each(world: World) -> None:
    name = world.set_with("colon", "polyp")["id"]
    assert world.ask("post", f"label-sets/{name}/versions/1.0/draft/", {}).status_code == 201
    again = world.ask("post", f"label-sets/{name}/versions/1.0/draft/", {}, by="second")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "draft_exists")


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"code": "a b"}, "/labels/0/code", "code_malformed"),
        ({"role": "colour"}, "/labels/0/role", "role_unknown"),
        ({"display": {"ja": "", "en": "Polyp"}}, "/labels/0/display", "display_missing"),
        ({"colour": "red"}, "/labels/0/colour", "colour_malformed"),
        ({"colour": "#101010"}, "/labels/0/colour", "colour_faint"),
        ({"key": "b"}, "/labels/0/key", "key_of_tools"),
        ({"parent": "nowhere"}, "/labels/0/parent", "parent_unknown"),
        ({"granularities": ["pixel"]}, "/labels/0/granularities", "granularity_unknown"),
        ({"codings": [{"system": "SCT", "code": "1", "mapping": "exact"}]}, "/labels/0/codings/0/system", "coding_system"),
        ({"codings": [{"system": "http://snomed.info/sct", "code": "", "mapping": "exact"}]}, "/labels/0/codings/0/code", "coding_code"),
        ({"codings": [{"system": "urn:x", "code": "1", "mapping": "same"}]}, "/labels/0/codings/0/mapping", "coding_mapping"),
    ],
)
def test_what_is_wrong_is_kept_in_the_draft_and_said_at_its_field(world: World, change: dict[str, Any], pointer: str, code: str) -> None:
    made = world.made("label-sets", "colon")
    draft = world.saved("label-sets", made["id"], {**made["draft"]["content"], "labels": [{**LABEL, **change}]})
    assert [(problem["pointer"], problem["code"]) for problem in draft["problems"]] == [(pointer, code)]
    assert draft["problems"][0]["message"]
    refused = world.ask("post", f"label-sets/{made['id']}/draft/publish/", {"version": "1.0"}, revision=2)
    assert refused.status_code == 422
    assert refused.json()["error"]["problems"][0]["code"] == code
    assert not LabelSet.objects.filter(slug=made["id"]).exists()


@pytest.mark.parametrize("version", ["", "1 0", "1.0/2", "1" * 17, "第1版"])
def test_a_version_has_a_name_that_fits_everywhere(world: World, version: str) -> None:
    made = world.made("label-sets", "colon")
    world.saved("label-sets", made["id"], {**made["draft"]["content"], "labels": [LABEL]})
    assert world.ask("post", f"label-sets/{made['id']}/draft/publish/", {"version": version}, revision=2).status_code in {400, 422}


@pytest.mark.parametrize(
    "body",
    [
        {"name": {"ja": "あ", "en": "a"}},
        {"name": {"ja": "あ", "en": "a"}, "labels": "none"},
        {"name": {"ja": "あ", "en": "a"}, "labels": [7]},
        {"name": {"ja": "あ", "en": "a"}, "labels": [{**LABEL, "display": "Polyp"}]},
        {"name": {"ja": "あ", "en": "a"}, "labels": [LABEL] * 2001},
        [],
    ],
)
def test_what_has_not_the_shape_of_a_label_set_is_not_saved(world: World, body: Any) -> None:
    made = world.made("label-sets", "colon")
    assert world.ask("put", f"label-sets/{made['id']}/draft/", body or {"x": 1}, revision=1).status_code == 400
    assert world.ask("get", f"label-sets/{made['id']}/draft/").json()["revision"] == 1


def test_a_set_begins_with_what_a_pack_brings_and_names_of_packs_stay_theirs(world: World) -> None:
    made = world.made("label-sets", "colon", begin_with={"pack": "jges"})
    pack = LabelSet.objects.get(slug="jges-labels")
    assert [row["code"] for row in made["draft"]["content"]["labels"]] == [label.code for label in pack.labels.all()]
    assert made["draft"]["problems"] == []
    twice = world.ask("post", "label-sets/", {"code": "colon", "name": {"en": "x"}})
    assert (twice.status_code, twice.json()["error"]["code"]) == (409, "slug_taken")
    assert world.ask("get", "label-sets/jges-labels/").status_code == 404, "nobody edits what a pack brings"
    assert world.ask("post", "label-sets/", {"code": "Colon!", "name": {"en": "x"}}).status_code == 422
    assert world.ask("post", "label-sets/", {"code": "more", "name": {}}).status_code == 422
    assert world.ask("get", "colours/").status_code == 404


# forms


def test_a_form_begins_from_a_pack_and_every_fault_has_its_place(world: World) -> None:
    made = world.made("forms", "endoscopy", begin_with={"pack": "jges"})
    name, content = made["id"], made["draft"]["content"]
    assert made["draft"]["problems"] == []
    assert made["name"] in {"名", "Name"}
    first = next(iter(content["schema"]["properties"]))
    bad = copy.deepcopy(content)
    bad["ui"]["fields"][first]["ja"] = ""
    bad["schema"]["required"].append("nowhere")
    bad["schema"]["properties"]["choice"] = {"type": "string", "enum": ["a"]}
    bad["ui"]["fields"]["choice"] = {"ja": "選択", "en": "Choice", "options": {}}
    problems = {(row["pointer"], row["code"]) for row in world.saved("forms", name, bad)["problems"]}
    assert problems == {
        (f"/ui/fields/{first}", "form_field_words"),
        ("/schema/required", "form_required_unknown"),
        ("/ui/fields/choice/options/a", "form_option_words"),
    }
    broken = {**content, "schema": {**content["schema"], "properties": {"x": {"type": "colour"}}}}
    found = world.saved("forms", name, broken, 2)["problems"]
    assert [(row["pointer"], row["code"]) for row in found] == [("/schema/properties/x/type", "form_schema_broken")]
    outside = {**content, "schema": {**content["schema"], "properties": {"x": {"$ref": "http://127.0.0.1:1/never-fetched"}}}}
    assert [row["code"] for row in world.saved("forms", name, outside, 3)["problems"]] == ["form_reference"]
    around = {**content, "schema": {**content["schema"], "properties": {"x": {"$ref": "#/properties/x"}}}}
    assert [row["code"] for row in world.saved("forms", name, around, 4)["problems"]] == ["form_reference"]
    world.saved("forms", name, content, 5)
    world.published("forms", name, revision=6)
    assert FormDefinition.objects.get(slug=name).schema == content["schema"]


@pytest.mark.parametrize(
    "ui", [{"fields": []}, {"fields": {"a": 7}}, {"order": [7]}, {"title": "x"}, {"fields": {"a": {"options": {"b": 1}}}}]
)
def test_words_of_a_form_that_are_no_words_are_not_saved(world: World, ui: Any) -> None:
    made = world.made("forms", "f")
    assert world.ask("put", f"forms/{made['id']}/draft/", {"schema": {}, "ui": ui}, revision=1).status_code == 400


# who may


@pytest.mark.parametrize("by", ["exporter", "stranger"])
def test_only_admins_of_the_society_see_what_it_edits(world: World, by: str) -> None:
    name = world.set_with("colon", "polyp")["id"]
    assert world.ask("get", "label-sets/", by=by).status_code == 404
    assert world.ask("get", f"label-sets/{name}/", by=by).status_code == 404
    assert world.ask("post", f"label-sets/{name}/versions/1.0/draft/", {}, by=by).status_code == 404
    assert world.clients[by].get(f"/societies/{world.society.slug}/labels/").status_code == 404


def test_a_map_leads_only_between_sets_that_the_society_may_use(world: World) -> None:
    own = world.set_with("colon", "polyp")
    other = World(make_society(), world.admin, {"admin": Client()})
    other.clients["admin"].force_login(make_person(other.society, "admin", ADMIN))
    foreign = other.set_with("secret", "x")
    refused = world.ask("post", "label-maps/", {"code": "m", "name": {"en": "m"}, "begin_with": {"source": own, "target": foreign}})
    assert refused.status_code == 404
    made = world.made("label-maps", "m", begin_with={"source": own, "target": own})
    content = {**made["draft"]["content"], "target": foreign}
    assert world.ask("put", f"label-maps/{made['id']}/draft/", content, revision=1).status_code == 404


def test_the_list_takes_as_many_queries_for_each_as_for_one(world: World) -> None:
    world.set_with("a", "x")
    with CaptureQueriesContext(
        connection,
    ) as one:
        world.ask("get", "label-sets/")
    for code in "bcd":
        world.set_with(code, "x")
    with CaptureQueriesContext(connection) as four:
        world.ask("get", "label-sets/")
    assert len(four) == len(one)


# campaigns and exports


@dataclass
class Marked:
    world: World
    campaign: Campaign

    def export(self, *, by: str = "exporter", **asked: Any) -> Any:
        return self.world.clients[by].get(f"/api/campaigns/{self.campaign.pk}/export/", asked)

    def files(self, **asked: Any) -> dict[str, Any]:
        answer = self.export(**asked)
        assert answer.status_code == 200, answer.content
        zipped = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
        return {name: json.loads(zipped.read(name)) for name in zipped.namelist() if name.endswith(".json")}

    @property
    def source(self) -> dict[str, str]:
        return {"id": self.campaign.label_set.slug, "version": self.campaign.label_set.version}


@pytest.fixture
def marked(world: World) -> Marked:
    reader = make_person(world.society, "reader", READER)
    campaign = make_campaign(world.society, world.admin, readers=(reader,), images=1)
    claimed = claim_next(user=reader, campaign=campaign)
    assert claimed is not None
    said = apply_operations(user=reader, read_id=claimed.read.pk, operations=[put_box(label="polyp"), put_diagnosis("adenoma")])
    submit(user=reader, read_id=claimed.read.pk, sequence=said.sequence, active_seconds=3)
    return Marked(world, campaign)


def document_of(files: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(content for content in files.values() if "documentId" in content)
    return found


def codes_in(document: dict[str, Any]) -> list[str]:
    return sorted(label["coding"][0]["code"] for row in document["annotations"] for label in row["labels"])


def test_old_marks_are_exported_under_a_new_map_and_keep_what_was_chosen(marked: Marked) -> None:
    few = marked.world.set_with("few", "lesion", "other")
    name = marked.world.map_with(
        "to-few", marked.source, few, {"polyp": {"to": ["lesion"]}, "adenoma": {"to": ["other", "lesion"], "chosen": "lesion"}}
    )
    plain, files = marked.files(), marked.files(label_map=name)
    document = document_of(files)
    assert validate_document(document) == []
    assert codes_in(document) == ["lesion", "lesion"]
    assert document["extensions"]["org.mitate.label-map"] == {
        "maps": [{"id": f"{marked.world.society.slug}-to-few", "version": "1.0"}],
        "source": marked.source,
        "target": few,
    }
    before = {row["id"]: row["labels"] for row in document_of(plain)["annotations"]}
    for row in document["annotations"]:
        assert row["extensions"]["org.mitate.label-map"]["originalLabels"] == before[row["id"]]
    assert document["documentId"] != document_of(plain)["documentId"]
    assert set(files["labels.json"]) == {"lesion", "other"}
    assert files["label-map.json"]["rules"]["polyp"] == {"to": ["lesion"]}
    losses = {row["code"]: row["count"] for row in files["losses.json"]["losses"]}
    assert losses == {"label_split_adenoma": 1}
    assert "label_map" in [row["code"] for row in files["losses.json"]["always"]]
    assert ExportRun.objects.get(label_maps=[{"id": f"{marked.world.society.slug}-to-few", "version": "1.0"}]).state == "done"
    assert {tuple(row.labels) for row in Annotation.objects.all()} == {("polyp",), ("adenoma",)}, "stored marks stay as they are"


def test_under_a_map_that_changes_nothing_the_marks_are_the_same(marked: Marked) -> None:
    codes = list(marked.campaign.label_set.labels.values_list("code", flat=True))
    name = marked.world.map_with("same", marked.source, marked.source, {code: {"to": [code]} for code in codes})
    plain, mapped = document_of(marked.files()), document_of(marked.files(label_map=name))
    for row in mapped["annotations"]:
        assert row["extensions"].pop("org.mitate.label-map")["originalLabels"] == row["labels"]
        if not row["extensions"]:
            row.pop("extensions")
    assert mapped["annotations"] == plain["annotations"]


def test_a_map_of_maps_gives_what_both_give_one_after_the_other(marked: Marked) -> None:
    twenty, nine = marked.world.set_with("twenty", "p", "a"), marked.world.set_with("nine", "lesion")
    first = marked.world.map_with("first", marked.source, twenty, {"polyp": {"to": ["p"]}, "adenoma": {"to": ["a"]}})
    second = marked.world.map_with("second", twenty, nine, {"p": {"to": ["lesion"]}, "a": {"to": []}})
    slug = marked.world.society.slug
    named = [{"id": f"{slug}-{code}", "version": "1.0"} for code in ("first", "second")]
    made = marked.world.made("label-maps", "both", begin_with={"maps": named})
    marked.world.published("label-maps", made["id"], revision=1)
    together, stepwise = marked.files(label_map=f"{made['id']}@1.0"), marked.files(label_map=[first, second])
    assert codes_in(document_of(together)) == codes_in(document_of(stepwise)) == ["lesion"]
    assert together["label-map.json"]["rules"] == stepwise["label-map.json"]["rules"]
    losses = {row["code"]: row["count"] for row in together["losses.json"]["losses"]}
    assert losses == {"label_dropped_adenoma": 1, "mark_without_label": 1}
    apart = marked.world.ask("post", "label-maps/", {"code": "x", "name": {"en": "x"}, "begin_with": {"maps": named[::-1]}})
    assert apart.json()["error"]["code"] == "maps_do_not_meet"
    assert marked.export(label_map=[second, first]).json()["error"]["code"] == "label_map_mismatch"


def test_a_label_that_the_map_says_nothing_of_stops_the_export_or_is_told(marked: Marked, tmp_path: Any) -> None:
    few = marked.world.set_with("few", "lesion")
    name = marked.world.map_with("part", marked.source, few, {"polyp": {"to": ["lesion"]}})
    refused = marked.export(label_map=name)
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "label_not_mapped")
    assert refused.json()["error"]["label"] == "adenoma"
    assert Annotation.objects.filter(pk=refused.json()["error"]["annotation"]).exists()
    files = marked.files(label_map=name, unmapped="drop")
    assert codes_in(document_of(files)) == ["lesion"]
    losses = {row["code"]: row["count"] for row in files["losses.json"]["losses"]}
    assert losses == {"label_unmapped_adenoma": 1, "mark_without_label": 1}
    kept = marked.export(label_map=name, unmapped="drop", require="codes")
    assert kept.json()["error"]["code"] == "export_would_lose", "a mark that is left out loses all that it says"
    assert marked.export(label_map=name, unmapped="maybe").status_code == 400
    with pytest.raises(CommandError, match="label_not_mapped"):
        call_command("export", marked.campaign.code, output=tmp_path / "x.zip", label_map=[name])
    assert list(tmp_path.iterdir()) == []
    call_command("export", marked.campaign.code, output=tmp_path / "x.zip", label_map=[name], unmapped="drop")
    assert (tmp_path / "x.zip").read_bytes() == b"".join(marked.export(label_map=name, unmapped="drop").streaming_content)


@pytest.mark.parametrize(
    "format_name", ["csv", "coco", "qupath", "label-studio", "cvat", "mask-png", "fhir", "yolo", "voc", "web-annotation"]
)
def test_every_format_can_be_exported_under_a_map(marked: Marked, format_name: str) -> None:
    few = marked.world.set_with("few", "lesion")
    name = marked.world.map_with("to-few", marked.source, few, {"polyp": {"to": ["lesion"]}, "adenoma": {"to": ["lesion"]}})
    answer = marked.export(format=format_name, label_map=name)
    zipped = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    assert json.loads(zipped.read("labels.json")).keys() == {"lesion"}
    if format_name in {"csv", "coco", "qupath", "label-studio", "cvat", "voc"}:
        text = b"".join(zipped.read(entry) for entry in zipped.namelist() if entry not in {"label-map.json"}).decode()
        assert "polyp" in text, "where there is place, the original label stays beside the new one"


def test_a_map_of_another_society_is_unknown(marked: Marked) -> None:
    few = marked.world.set_with("few", "lesion")
    name = marked.world.map_with("to-few", marked.source, few, {"polyp": {"to": ["lesion"]}})
    other = make_society()
    reader = make_campaign(other, make_person(other, "admin", ADMIN), images=1)
    client = Client()
    client.force_login(make_person(other, "exporter", EXPORTER))
    assert reader.label_set == marked.campaign.label_set, "both are made from the same pack"
    refused = client.get(f"/api/campaigns/{reader.pk}/export/", {"label_map": name})
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "label_map_unknown")
    for wrong in ("nowhere@1.0", name.replace("@1.0", ""), "@", name.replace("1.0", "2.0")):
        assert marked.export(label_map=wrong).json()["error"]["code"] == "label_map_unknown"
    assert LabelMap.objects.count() == 1


def test_a_campaign_is_made_with_any_published_version_of_the_society(world: World) -> None:
    begun = world.made("label-sets", "colon", begin_with={"pack": "jges"})
    world.saved("label-sets", begun["id"], {**begun["draft"]["content"], "name": {"ja": "大腸", "en": "Colon"}})
    published = world.published("label-sets", begun["id"])
    form = world.made("forms", "form", begin_with={"pack": "jges"})
    published_form = world.published("forms", form["id"], revision=1)
    made = make_campaign(world.society, world.admin, images=1)
    body = {
        "collection_id": str(made.collection_id),
        "pack": "jges",
        "name": {"en": "x"},
        "label_set_id": published["id"],
        "form_id": int(published_form["id"]),
    }
    answer = world.clients["admin"].post("/api/campaigns/", json.dumps(body), content_type="application/json")
    assert answer.status_code == 201, answer.content
    campaign = Campaign.objects.get(pk=answer.json()["campaign_id"])
    assert (campaign.label_set.slug, campaign.form and campaign.form.slug) == (begun["id"], form["id"])
    unsuited = LabelSet.objects.get(slug=world.set_with("points", "x")["id"])
    unsuited_id = {**body, "label_set_id": str(unsuited.pk)}
    world_set = world.made("label-sets", "cells")
    rows = [{**LABEL, "granularities": ["cell"]}]
    world.saved("label-sets", world_set["id"], {**world_set["draft"]["content"], "labels": rows})
    cells = world.published("label-sets", world_set["id"])
    refused = world.clients["admin"].post(
        "/api/campaigns/", json.dumps({**unsuited_id, "label_set_id": cells["id"]}), content_type="application/json"
    )
    assert refused.json()["error"]["code"] == "label_set_unsuited"
    other = World(make_society(), world.admin, {"admin": Client()})
    other.clients["admin"].force_login(make_person(other.society, "admin", ADMIN))
    foreign = LabelSet.objects.get(slug=other.set_with("secret", "x")["id"])
    hidden = world.clients["admin"].post(
        "/api/campaigns/", json.dumps({**body, "label_set_id": str(foreign.pk)}), content_type="application/json"
    )
    assert hidden.status_code == 404
