"""Imports from the file to marks and back: previewed, mapped, stored whole or not at all, repeated, taken back, refused."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from guardian.shortcuts import assign_perm, remove_perm

from annotation.importers.facts import Options
from annotation.importers.problems import FileError
from annotation.importers.process import read_file
from annotation.models import Annotation, CampaignImage, ImportedAnnotation, ImportRun, Read, Revision
from annotation.selectors.imports import import_json, label_choices
from annotation.services import import_storing
from annotation.services.import_storing import undo_import
from annotation.services.import_work import MAX_ATTEMPTS, claim_import, execute_import, release_import, renew_import_lease
from annotation.services.mark_imports import (
    choose_options,
    confirm_import,
    discard_import,
    imports_folder,
    marks_path,
    source_path,
)
from annotation.services.operations import apply_operations
from annotation.services.reads import submit_read
from tests.annotation.importers.objects import collection, feature, imported, looked_at, marks, named, received, worked
from tests.annotation.marking.conftest import campaign, client_of, read  # noqa: F401  # fixtures
from tests.annotation.marking.objects import body, diagnosis, make_campaign, make_image, make_read, make_user, put
from viewer.api.errors import ApiError

State = ImportRun.State


@pytest.fixture(autouse=True)
def data_folder(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path


@pytest.fixture
def mine(read: Read) -> Read:  # noqa: F811
    return named(read)


def code_of(action: Callable[[], Any]) -> str:
    with pytest.raises(ApiError) as error:
        action()
    return error.value.code


class TestPreview:
    def test_counts_labels_losses_and_refusals_with_their_places(self, mine: Read) -> None:
        line = {"type": "Feature", "geometry": {"type": "LineString", "coordinates": [[1, 1], [2, 2]]}, "properties": {}}
        first = feature()
        first["properties"]["measurements"] = {"Area": 1}
        said = import_json(looked_at(mine, collection(first, feature(300), feature(9000), line)))
        assert (said["state"], said["format"], said["format_title"], said["marks"]) == ("read", "qupath", "QuPath GeoJSON", 2)
        assert [(one["place"], one["code"]) for one in said["refused"]] == [
            ("/features/2/geometry", "geometry_outside_image"),
            ("/features/3/geometry", "line_not_taken"),
        ]
        assert all(one["message"] and one["hint"] for one in said["refused"])
        assert [(one["code"], one["count"]) for one in said["losses"]] == [("measurements", 1)]
        assert [(one["key"], one["count"], one["proposed"], one["why"]) for one in said["labels"]] == [("Tumour", 2, "tumour", "name")]
        assert len(said["samples"]) == 2
        assert said["samples"][0]["rings"][0][0] == [100, 100]

    def test_the_image_is_found_by_the_name_of_the_file(self, mine: Read) -> None:
        (image,) = looked_at(mine, collection(feature())).preview["images"]
        assert (image["target"], image["code"]) == (str(mine.image_id), "")

    def test_an_image_that_is_not_found_is_chosen_and_the_file_read_again(self, mine: Read) -> None:
        run = looked_at(mine, collection(feature()), name="elsewhere.geojson")
        assert run.preview["images"][0]["code"] == "image_not_chosen"
        assert code_of(lambda: confirm_import(run=run, labels={"Tumour": "tumour"})) == "import_nothing"
        choose_options(run=run, options={"images": {"": str(mine.image_id)}})
        assert worked().preview["images"][0]["target"] == str(mine.image_id)

    def test_another_size_is_told_and_taken_only_when_chosen(self, mine: Read) -> None:
        file = {
            "images": [{"id": 1, "file_name": "slide.svs", "width": 4001, "height": 3000}],
            "categories": [{"id": 1, "name": "tumour"}],
            "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 5, 5]}],
        }
        run = looked_at(mine, file, name="x.json")
        assert [(image["code"], image["target"]) for image in run.preview["images"]] == [("image_size_differs", None)]
        choose_options(run=run, options={"images": {"slide.svs": str(mine.image_id)}})
        assert worked().preview["images"][0]["target"] == str(mine.image_id)

    def test_a_file_that_cannot_be_read_says_where_and_why(self, mine: Read) -> None:
        received(mine, b'{"type": "FeatureCollection", "features": [')
        said = import_json(worked())
        assert (said["state"], said["error"]["code"], said["error"]["place"]) == ("failed", "json_syntax", "line 1, column 44")
        assert said["error"]["hint"]

    @pytest.mark.parametrize("limits", [{"memory_bytes": 8 << 20}, {"seconds": 0.01}])
    def test_a_file_that_takes_too_much_takes_nobody_with_it(self, tmp_path: Path, limits: dict[str, Any]) -> None:
        source = tmp_path / "source"
        source.write_bytes(b"[" + b"1," * (8 << 20) + b"1]")
        with pytest.raises(FileError) as error:
            read_file(source, tmp_path / "marks", name="x", candidates=[], options=Options(), **limits)
        assert error.value.code == "reading_crashed"
        assert [path.name for path in tmp_path.iterdir()] == ["source"]

    def test_a_remembered_choice_comes_before_names(self, mine: Read) -> None:
        imported(mine, collection(feature()), {"Tumour": "stroma"})
        said = import_json(looked_at(mine, collection(feature(), feature(500))))
        assert [(one["proposed"], one["why"]) for one in said["labels"]] == [("stroma", "remembered")]

    def test_what_was_left_out_is_remembered_too(self, mine: Read) -> None:
        imported(mine, collection(feature(), feature(300, name="x")), {"Tumour": "tumour", "x": None})
        rows = import_json(looked_at(mine, collection(feature(300, name="x"))))["labels"]
        assert [(one["proposed"], one["why"]) for one in rows] == [(None, "remembered")]

    def test_labels_of_a_campaign_say_which_shapes_they_take(self, mine: Read) -> None:
        kinds = {label["code"]: label["kinds"] for label in label_choices(mine.campaign)}
        assert kinds["tumour"] == ["", "Point", "Rectangle", "Polygon", "MultiPolygon", "Mask", "exam", "term", "report"]
        assert kinds["carcinoma"] == ["", "exam", "term", "report"]


class TestStoring:
    def test_marks_lie_in_the_own_read_with_their_origin(self, mine: Read) -> None:
        run = imported(mine, collection(feature(id="a" * 8, name="Tumour"), feature(300)))
        assert (run.state, run.result["created"], run.result["left_out"]) == ("done", 2, {})
        first, second = marks(mine)
        assert (first.granularity, first.labels, first.origin, first.geometry_kind) == ("region", ["tumour"], "import", "Polygon")
        assert (first.min_x_px, second.min_x_px) == (100, 400)
        mine.refresh_from_db()
        assert mine.sequence == second.sequence == 2
        assert [(one.verb, one.number, one.body["origin"]) for one in Revision.objects.filter(read=mine)] == [("create", 1, "import")] * 2
        source = ImportedAnnotation.objects.get(annotation=first)
        assert (source.source_id, source.source_label, source.run.digest == run.digest) == ("aaaaaaaa", "Tumour", True)
        assert not source_path(run.pk).exists()
        assert not marks_path(run.pk).exists()

    def test_the_same_file_again_makes_no_second_mark(self, mine: Read) -> None:
        file = collection(feature(), feature(300))
        imported(mine, file)
        again = imported(mine, file)
        assert (again.result["created"], again.result["already_there"]) == (0, 2)
        assert len(marks(mine)) == 2

    def test_ids_that_stand_twice_overwrite_nothing(self, mine: Read) -> None:
        run = imported(mine, collection(feature(id="same"), feature(300, id="same"), feature(600, id="same")))
        assert run.result["created"] == 3

    def test_a_class_that_is_left_out_is_counted(self, mine: Read) -> None:
        run = imported(mine, collection(feature(), feature(300, name="other")), {"Tumour": "tumour", "other": None})
        assert (run.result["created"], run.result["left_out"]) == (1, {"label_not_mapped": 1})

    def test_boxes_become_outlines_where_the_campaign_asks_for_outlines(self, mine: Read) -> None:
        mine.campaign.granularities = ["region"]
        mine.campaign.save()
        file = {"shapes": [{"label": "a", "shape_type": "rectangle", "points": [[1, 1], [9, 9]]}], "imagePath": "slide.svs"}
        run = imported(mine, file, name="x.json")
        assert [(mark.granularity, mark.geometry_kind) for mark in marks(mine)] == [("region", "Polygon")]
        assert run.result["changed"] == {"rectangle_as_outline": 1}

    def test_a_shape_that_no_granularity_takes_is_left_out(self, mine: Read) -> None:
        mine.campaign.granularities = ["box"]
        mine.campaign.save()
        run = imported(mine, collection(feature()))
        assert (run.result["created"], run.result["left_out"]) == (0, {"no_granularity": 1})

    def test_a_second_diagnosis_is_left_out(self, mine: Read) -> None:
        apply_operations(user=mine.reader, read_id=mine.pk, operations=[put(uuid.uuid4(), said=diagnosis())])
        label = {"label": {"labels": [{"name": "carcinoma"}]}}
        file = {"categories": label, "items": [{"id": "slide", "annotations": [{"type": "label", "label_id": 0}]}]}
        run = imported(mine, file, {"carcinoma": "carcinoma"}, name="x.json")
        assert run.result["left_out"] == {"diagnosis_there": 1}

    def test_a_file_of_several_images_goes_into_a_read_each(self, mine: Read) -> None:
        other = make_image(mine.image.collection)
        other.name = "other.svs"
        other.save()
        CampaignImage.objects.create(campaign=mine.campaign, image=other)
        images = [
            {"id": number, "file_name": name, "width": 4000, "height": 3000} for number, name in enumerate(("slide.svs", "other.svs"))
        ]
        file = {
            "images": images,
            "categories": [{"id": 1, "name": "tumour"}],
            "annotations": [{"id": number, "image_id": number % 2, "category_id": 1, "bbox": [number, 1, 5, 5]} for number in range(4)],
        }
        run = imported(mine, file, name="x.json")
        assert sorted(one["marks"] for one in run.result["reads"]) == [2, 2]
        assert Read.objects.get(campaign=mine.campaign, image=other, reader=mine.reader).annotations.count() == 2

    def test_a_submitted_read_takes_nothing(self, mine: Read) -> None:
        apply_operations(user=mine.reader, read_id=mine.pk, operations=[put(uuid.uuid4(), said=diagnosis())])
        submit_read(read=mine, user=mine.reader, sequence=1, active_seconds=1)
        run = imported(mine, collection(feature()))
        assert (run.state, run.error_code) == ("failed", "read_submitted")

    def test_tracks_on_a_video(self, mine: Read) -> None:
        video = make_image(mine.image.collection, kind="video", width=640, height=480, frames=20)
        video.name = "clip.mp4"
        video.save()
        CampaignImage.objects.create(campaign=mine.campaign, image=video)
        file = (
            b'<annotations><version>1.1</version><meta><source>clip.mp4</source></meta><track id="0" label="valve">'
            b'<box frame="3" outside="0" keyframe="1" xtl="1" ytl="2" xbr="5" ybr="6"/>'
            b'<box frame="9" outside="1" keyframe="1" xtl="1" ytl="2" xbr="5" ybr="6"/></track></annotations>'
        )
        imported(mine, file, name="clip.xml")
        (mark,) = Annotation.objects.filter(read__image=video)
        assert (mark.geometry_kind, mark.granularity, mark.frame, mark.last_frame) == ("Track", "box", 3, 8)

    def test_a_reader_may_change_an_imported_mark_which_stays_imported(self, mine: Read) -> None:
        imported(mine, collection(feature()))
        (mark,) = marks(mine)
        said = body(labels=["stroma"]) | {"origin": "import"}
        result = apply_operations(user=mine.reader, read_id=mine.pk, operations=[put(mark.pk, mark.revision, said=said)])
        assert result.results[0].status == "applied"
        mark.refresh_from_db()
        assert (mark.labels, mark.origin) == (["stroma"], "import")

    def test_killed_in_the_middle_leaves_nothing_and_goes_on(self, mine: Read, monkeypatch: pytest.MonkeyPatch) -> None:
        run = looked_at(mine, collection(*(feature(x) for x in range(0, 3000, 250))))
        confirm_import(run=run, labels={"Tumour": "tumour"})
        claimed = claim_import(lease_s=-1)
        assert claimed is not None

        class Killed(BaseException):
            """Stands for SIGKILL between two statements."""

        for place in ("_note_sources", "end"):
            with monkeypatch.context() as patch:
                patch.setattr(import_storing, place, lambda *_arguments, **_values: (_ for _ in ()).throw(Killed()))
                with pytest.raises(Killed):
                    execute_import(run=claimed)
            assert (len(marks(mine)), Revision.objects.count(), ImportedAnnotation.objects.count()) == (0, 0, 0)
        again = claim_import()
        assert again is not None
        assert execute_import(run=again).state == State.DONE
        assert len(marks(mine)) == 12

    def test_what_another_worker_took_over_is_not_stored_twice(self, mine: Read) -> None:
        run = looked_at(mine, collection(feature()))
        confirm_import(run=run, labels={"Tumour": "tumour"})
        first, second = claim_import(lease_s=-1), claim_import()
        assert first is not None
        assert second is not None
        assert execute_import(run=second).state == State.DONE
        execute_import(run=first)
        assert len(marks(mine)) == 1
        assert ImportRun.objects.get(pk=run.pk).state == State.DONE

    @pytest.mark.skipif(connection.vendor != "sqlite", reason="counts queries of one engine")
    def test_queries_do_not_grow_with_the_marks(self, mine: Read, django_assert_max_num_queries: Any) -> None:
        run = looked_at(mine, collection(*(feature(x, name="Tumour") for x in range(0, 3700, 10))))
        confirm_import(run=run, labels={"Tumour": "tumour"})
        claimed = claim_import()
        assert claimed is not None
        with django_assert_max_num_queries(40):
            execute_import(run=claimed)
        assert len(marks(mine)) == 370


class TestUndo:
    def test_exactly_those_marks_go_that_nobody_changed(self, mine: Read) -> None:
        drawn = uuid.uuid4()
        apply_operations(user=mine.reader, read_id=mine.pk, operations=[put(drawn)])
        run = imported(mine, collection(feature(), feature(300), feature(600)))
        edited = marks(mine)[2]
        said = body(labels=["stroma"]) | {"origin": "import"}
        apply_operations(user=mine.reader, read_id=mine.pk, operations=[put(edited.pk, edited.revision, said=said)])
        undone = undo_import(run=run, user=mine.reader)
        assert (undone.state, undone.result["undone"], undone.result["kept"]) == ("undone", 2, [str(edited.pk)])
        assert {mark.pk for mark in marks(mine)} == {drawn, edited.pk}
        assert Revision.objects.filter(read=mine, verb="delete").count() == 2

    def test_once_only(self, mine: Read) -> None:
        run = imported(mine, collection(feature()))
        undo_import(run=run, user=mine.reader)
        assert code_of(lambda: undo_import(run=run, user=mine.reader)) == "import_state"

    def test_imported_again_the_same_marks_come_back(self, mine: Read) -> None:
        file = collection(feature(), feature(300))
        run = imported(mine, file)
        before = {mark.pk for mark in marks(mine)}
        undo_import(run=run, user=mine.reader)
        again = imported(mine, file)
        assert (again.result["created"], again.result["restored"]) == (0, 2)
        assert {mark.pk for mark in marks(mine)} == before
        assert undo_import(run=again, user=mine.reader).result["undone"] == 2

    def test_a_submitted_read_keeps_its_marks(self, mine: Read) -> None:
        run = imported(mine, collection(feature()))
        apply_operations(user=mine.reader, read_id=mine.pk, operations=[put(uuid.uuid4(), said=diagnosis())])
        submit_read(read=mine, user=mine.reader, sequence=2, active_seconds=1)
        assert code_of(lambda: undo_import(run=run, user=mine.reader)) == "read_submitted"
        run.refresh_from_db()
        assert run.state == State.DONE


class TestSteps:
    def test_each_step_is_taken_once_and_in_order(self, mine: Read) -> None:
        run = received(mine, collection(feature()))
        assert code_of(lambda: confirm_import(run=run, labels={})) == "import_state"
        assert code_of(lambda: choose_options(run=run, options={})) == "import_state"
        run = worked()
        assert code_of(lambda: confirm_import(run=run, labels={})) == "import_choice_missing"
        assert code_of(lambda: confirm_import(run=run, labels={"Tumour": "nothing like it"})) == "unknown_label"
        assert code_of(lambda: confirm_import(run=run, labels={"Tumour": None})) == "import_nothing"
        confirm_import(run=run, labels={"Tumour": "tumour"})
        assert code_of(lambda: discard_import(run=run)) == "import_state"
        run = worked()
        assert code_of(lambda: discard_import(run=run)) == "import_state"

    def test_thrown_away_with_its_files(self, mine: Read) -> None:
        run = looked_at(mine, collection(feature()))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("django.db.transaction.on_commit", lambda action, **_values: action())
            discard_import(run=run)
        assert list(imports_folder().iterdir()) == []
        assert not ImportRun.objects.filter(pk=run.pk).exists()

    @pytest.mark.parametrize(
        ("options", "pointer"),
        [
            ({"colour": 1}, "/colour"),
            ({"images": []}, "/images"),
            ({"images": {"": str(uuid.uuid4())}}, "/images/"),
            ({"classes": "a"}, "/classes"),
            ({"classes": ["a" * 201]}, "/classes"),
            ({"y_axis": "sideways"}, "/y_axis"),
        ],
    )
    def test_choices_are_checked(self, mine: Read, options: dict[str, Any], pointer: str) -> None:
        with pytest.raises(ApiError) as error:
            received(mine, b"{}", **options)
        assert (error.value.code, error.value.pointer) == ("import_malformed", pointer)

    def test_sizes_are_bounded(self, mine: Read, settings: Any) -> None:
        assert code_of(lambda: received(mine, b"")) == "import_empty"
        settings.UPLOAD_MAX_BYTES = 10
        assert code_of(lambda: received(mine, b"x" * 11)) == "import_too_large"
        assert list(imports_folder().iterdir()) == []

    def test_the_number_of_unfinished_imports_is_bounded(self, mine: Read, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("annotation.services.mark_imports.MAX_OPEN", 1)
        received(mine, b"{}")
        assert code_of(lambda: received(mine, b"{}")) == "too_many_imports"

    def test_a_worker_that_is_stopped_puts_an_import_back(self, mine: Read) -> None:
        received(mine, collection(feature()))
        claimed = claim_import()
        assert claimed is not None
        assert claim_import() is None
        assert renew_import_lease(run_id=claimed.pk, attempt=claimed.attempt)
        release_import(run=claimed)
        again = claim_import()
        assert again is not None
        assert again.attempt == claimed.attempt

    def test_after_three_workers_that_died_it_is_given_up(self, mine: Read) -> None:
        run = received(mine, collection(feature()))
        for _attempt in range(MAX_ATTEMPTS):
            assert claim_import(lease_s=-1) is not None
        assert claim_import() is None
        run.refresh_from_db()
        assert (run.state, run.error_code) == ("failed", "import_interrupted")
        assert import_json(run)["error"]["message"]


class TestApi:
    def brought(self, client: Client, read: Read, content: bytes, query: str = "") -> Any:  # noqa: F811
        url = f"/api/campaigns/{read.campaign_id}/imports/?name=slide.geojson{query}"
        return client.post(url, data=content, content_type="application/octet-stream")

    def test_from_upload_to_undo(self, mine: Read, client_of: Callable[[User], Client]) -> None:  # noqa: F811
        client = client_of(mine.reader)
        answer = self.brought(client, mine, b'{"type": "Point", "coordinates": [5, 6]}')
        assert answer.status_code == 202
        url = f"/api/imports/{answer.json()['id']}/"
        worked()
        said = client.get(url).json()
        assert (said["state"], said["marks"], said["labels"][0]["key"]) == ("read", 1, "")
        options = client.put(f"{url}options/", data={"y_axis": "down"}, content_type="application/json")
        assert (options.status_code, options.json()["state"]) == (202, "waiting")
        worked()
        assert client.post(f"{url}confirm/", data={"labels": {"": "tumour"}}, content_type="application/json").status_code == 202
        worked()
        assert client.get(url).json()["result"]["created"] == 1
        assert client.get(f"/api/campaigns/{mine.campaign_id}/imports/").json()["imports"][0]["state"] == "done"
        assert client.post(f"{url}undo/").json()["result"]["undone"] == 1
        assert client.delete(url).json()["error"]["code"] == "import_state"

    def test_nobody_else_sees_it(self, mine: Read, client_of: Callable[[User], Client]) -> None:  # noqa: F811
        run = looked_at(mine, collection(feature()))
        other = make_user("other")
        assign_perm("annotation.read_campaign", other, mine.campaign)
        for user in (other, mine.campaign.created_by):
            assert client_of(user).get(f"/api/imports/{run.pk}/").status_code == 404
        remove_perm("annotation.read_campaign", mine.reader, mine.campaign)
        assert client_of(User.objects.get(pk=mine.reader.pk)).get(f"/api/imports/{run.pk}/").status_code == 404

    @pytest.mark.parametrize("query", ["&options=[]", "&options={", "&options={%22y_axis%22:1}"])
    def test_options_that_are_none(self, mine: Read, client_of: Callable[[User], Client], query: str) -> None:  # noqa: F811
        answer = self.brought(client_of(mine.reader), mine, b"{}", query)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "import_malformed")

    def test_a_confirmation_that_is_none(self, mine: Read, client_of: Callable[[User], Client]) -> None:  # noqa: F811
        run = looked_at(mine, collection(feature()))
        answer = client_of(mine.reader).post(
            f"/api/imports/{run.pk}/confirm/", data={"labels": {"Tumour": 1}}, content_type="application/json"
        )
        assert (answer.status_code, answer.json()["error"]["pointer"]) == (422, "/labels")


def test_a_document_of_one_reader_is_the_same_in_the_read_of_another(campaign: Any, client_of: Any) -> None:  # noqa: F811
    """What one site exported another imports: every shape, label, text and form, ready to be exported again."""
    from annotation.schema.document import build_document  # noqa: PLC0415
    from annotation.selectors.documents import campaign_facts, get_case  # noqa: PLC0415

    first, second = make_read(campaign), make_read(campaign)
    operations = [put(uuid.uuid4(), said=body(text="硝子体")), put(uuid.uuid4(), said=diagnosis())]
    apply_operations(user=first.reader, read_id=first.pk, operations=operations)
    case = get_case(campaign, image_id=first.image_id, include_drafts=True)
    document = build_document(case, campaign_facts(campaign))
    run = looked_at(second, document, name="anything.json")
    labels = {row["key"]: row["proposed"] for row in import_json(run)["labels"]}
    assert None not in labels.values()
    confirm_import(run=run, labels=labels)
    assert worked().result["created"] == 2
    members = ("granularity", "frame", "geometry_kind", "geometry_wkb", "labels", "text", "form_data", "certainty", "basis")
    one, other = ({tuple(map(str, (getattr(mark, name) for name in members))) for mark in marks(which)} for which in (first, second))
    assert one == other


def test_documents_say_of_an_imported_mark_where_it_came_from(mine: Read) -> None:
    from annotation.disclosure.cases import disclosed_campaign, disclosed_case  # noqa: PLC0415
    from annotation.disclosure.tiers import Hop, Tier  # noqa: PLC0415
    from annotation.schema.document import build_document  # noqa: PLC0415
    from annotation.schema.validate import validate_document  # noqa: PLC0415
    from annotation.selectors.documents import campaign_facts, get_case  # noqa: PLC0415

    run = imported(mine, collection(feature(id="a" * 8, name="Tumour"), feature(300)))
    case = get_case(mine.campaign, image_id=mine.image_id, include_drafts=True)
    document = build_document(case, campaign_facts(mine.campaign))
    assert validate_document(document) == []
    told = [mark["extensions"]["org.mitate.imported"] for mark in document["annotations"]]
    first = {"format": "qupath", "digest": f"sha256:{run.digest}", "sourceId": "aaaaaaaa", "sourceLabel": "Tumour"}
    assert first in told
    assert {one["format"] for one in told} == {run.format}
    hop = Hop(Tier.PLATFORM, "5f3c", bytes(32))
    case = get_case(mine.campaign, image_id=mine.image_id, include_drafts=True)
    released = build_document(disclosed_case(case, hop), disclosed_campaign(campaign_facts(mine.campaign), hop, pixels_confirmed_by="p"))
    assert [mark["extensions"]["org.mitate.imported"] for mark in released["annotations"]] == [{"format": run.format}] * 2


def test_a_closed_campaign_takes_no_new_read(db: None) -> None:
    campaign = make_campaign()  # noqa: F811
    reader = make_user()
    assign_perm("annotation.read_campaign", reader, campaign)
    image = campaign.campaign_images.get().image
    image.name = "slide.svs"
    image.save()
    ghost = Read(campaign=campaign, image=image, reader=reader)
    run = looked_at(ghost, collection(feature()))
    campaign.state = "closed"
    campaign.save()
    confirm_import(run=run, labels={"Tumour": "tumour"})
    assert worked().error_code == "campaign_closed"
