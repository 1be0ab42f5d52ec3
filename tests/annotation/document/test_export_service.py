import dataclasses
import hashlib
import io
import json
import subprocess
import tracemalloc
import uuid
import zipfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotation.models import Annotation, Campaign, ExportRun, Read
from annotation.schema.document import DECISIONS_KEY, build_document
from annotation.schema.problems import DocumentError
from annotation.schema.shapes import Shape, parse_geometry
from annotation.schema.validate import validate_document
from annotation.selectors.documents import campaign_facts, cases_of, get_case
from annotation.services.export import INTERRUPTED, export_campaign, export_case
from annotation.services.label_sets import publish_form, publish_label_set
from societies.packs import load_pack, pack_slugs
from tests.annotation.document import objects
from viewer.api.errors import ApiError
from viewer.models import Collection, Image
from viewer.readers.video.times import FrameTimes, pack
from viewer.services.manifests import frame_times_path
from viewer.tiles.film import keep_times

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]
REPOSITORY = Path(__file__).resolve().parents[3]
SUBJECTS = ["0a" * 32, "5f" * 32]


def square(x: float = 100, y: float = 100, side: float = 50) -> Shape:
    ring = [[x, y], [x + side, y], [x + side, y + side], [x, y + side], [x, y]]
    return parse_geometry({"type": "Polygon", "coordinates": [ring]})


@pytest.fixture
def collection() -> Collection:
    return Collection.objects.create(slug="biopsies", name="Biopsies")


@pytest.fixture
def campaign(collection: Collection) -> Campaign:
    """Two subjects: one with a slide and an echo loop and two readers, one with a slide that nobody has submitted yet."""
    slide, loop, other = (
        objects.image(collection, SUBJECTS[1]),
        objects.image(collection, SUBJECTS[1], frames=30),
        objects.image(collection, SUBJECTS[0]),
    )
    made = objects.campaign(collection, [slide, loop, other])
    first, second = objects.user("yamada"), objects.user("suzuki")
    read = objects.read(made, slide, first)
    accepted, rejected, undone = objects.suggestions(made, slide, [square(), square(500), square(900)])
    mark = objects.mark(read, square(101), "region", "tumour", origin="suggestion", suggestion=accepted)
    objects.decide(read, accepted, "edit", mark)
    objects.decide(read, rejected, "reject", reason="artefact")
    objects.decide(read, undone, "accept", objects.mark(read, square(900), "region", "tumour", suggestion=undone, deleted=True))
    objects.decide(read, undone, "undo")
    objects.mark(read, None, "diagnosis", "cancer", form_data={"group": "5"}, certainty="definite")
    objects.mark(read, square(1), "cell", "cell", deleted=True)
    echo = objects.read(made, loop, second)
    objects.mark(echo, parse_geometry({"type": "Point", "coordinates": [544, 362.5]}), "point", "mass", frame=3)
    draft = objects.read(made, other, first, submitted=False)
    objects.mark(draft, square(), "region", "tumour")
    objects.mark(draft, None, "diagnosis", form_data={})
    return made


def zipped(campaign: Campaign, format_name: str = "document", *, drafts: bool = False) -> bytes:
    return b"".join(export_campaign(campaign=campaign, user=None, format_name=format_name, include_drafts=drafts).chunks())


def files(data: bytes) -> dict[str, bytes]:
    archive = zipfile.ZipFile(io.BytesIO(data))
    return {name: archive.read(name) for name in archive.namelist()}


def test_a_case_is_every_image_of_a_subject(campaign: Campaign) -> None:
    cases = list(cases_of(campaign, include_drafts=True))
    first, second = (objects.case_name(campaign, subject) for subject in SUBJECTS)
    assert [case.name for case in cases] == [first, second]
    assert [len(case.images) for case in cases] == [1, 2]
    assert [case.name for case in cases_of(campaign, include_drafts=False)] == [second]


def test_images_without_a_subject_are_cases_of_their_own(collection: Collection) -> None:
    slides = [objects.image(collection, "") for _ in range(3)]
    made = objects.campaign(collection, slides)
    for slide in slides:
        objects.read(made, slide, objects.user("reader"))
    cases = list(cases_of(made, include_drafts=False))
    assert [case.name for case in cases] == sorted(f"image-{slide.pk}" for slide in slides)
    assert {case.subject.scheme for case in cases} == {"random"}
    assert len({case.subject.value for case in cases}) == 3
    again = list(cases_of(made, include_drafts=False))
    assert [case.subject for case in again] == [case.subject for case in cases]
    assert validate_document(build_document(cases[0], campaign_facts(made))) == []


@pytest.mark.parametrize("drafts", [False, True])
def test_documents_of_the_database_are_valid_and_name_nobody(campaign: Campaign, drafts: bool) -> None:
    facts = campaign_facts(campaign)
    assert facts.form is not None
    forms = {(facts.form.id, facts.form.version): facts.form.schema}
    documents = {name: data for name, data in files(zipped(campaign, drafts=drafts)).items() if name.startswith("documents/")}
    assert len(documents) == (2 if drafts else 1)
    for data in documents.values():
        assert validate_document(json.loads(data), forms=forms) == []
        # The whole date of birth: four digits alone occur in a random UID by chance.
        for secret in ("yamada", "suzuki", "YAMADA", "Taro", "19580101", "1958-01-01", "山田", "hospital.example", "svs"):
            assert secret not in data.decode()


def test_nothing_that_a_person_decided_is_lost(campaign: Campaign) -> None:
    document = build_document(next(cases_of(campaign, include_drafts=False)), campaign_facts(campaign))
    (edited,) = [mark for mark in document["annotations"] if "suggestion" in mark]
    assert edited["suggestion"]["disposition"] == "edited"
    assert edited["suggestion"]["queryStrategy"] == "entropy"
    assert edited["suggestion"]["original"]["geometry"] == square().to_document()
    assert {"decidedBy", "decidedAt", "shownAt", "score", "modelId"} <= set(edited["suggestion"])
    models = [agent for agent in document["agents"] if agent["type"] == "model"]
    assert [(agent["name"], agent["version"]) for agent in models] == [("nuclei", "1.2")]
    decisions = document["extensions"][DECISIONS_KEY]
    assert [decision["verdict"] for decision in decisions] == ["edit", "reject", "accept", "undo"]
    assert [("original" in decision) for decision in decisions] == [False, True, True, True]
    assert decisions[1]["reason"] == "artefact"
    loop = next(entry for entry in document["images"] if entry["kind"] == "frames")
    assert loop["dicom"]["instances"][0]["numberOfFrames"] == 30
    assert loop["acquisition"]["parameters"] == {"KVP": 120, "serial": str(2**60 + 1)}
    assert document["subject"]["ageAtExam"] == {"value": 61, "unit": "Y"}
    label = edited["labels"][0]
    assert [coding["system"][:22] for coding in label["coding"]] == ["urn:mitate:label-set:l", "http://snomed.info/sct"]


def test_a_mark_on_a_video_names_frame_and_time(collection: Collection) -> None:
    video = objects.image(collection, SUBJECTS[0], frames=3, kind="video")
    made = objects.campaign(collection, [video])
    objects.mark(objects.read(made, video, objects.user("sato")), square(), "region", "mass", frame=2)
    times = FrameTimes(Fraction(1, 1000), [500, 540, 660], 700, [0])
    frame_times_path(video.pk).parent.mkdir(parents=True, exist_ok=True)
    keep_times(frame_times_path(video.pk), pack(times))
    document = build_document(next(cases_of(made, include_drafts=False)), campaign_facts(made))
    assert validate_document(document) == []
    assert document["annotations"][0]["target"]["frame"] == 2
    assert document["annotations"][0]["target"]["frameSeconds"] == 0.16
    assert document["images"][0]["kind"] == "video"
    assert document["images"][0]["pixelMatrix"]["frames"] == 3


@pytest.mark.parametrize("format_name", ["document", "qupath", "coco"])
def test_an_export_is_recorded_and_repeatable(campaign: Campaign, format_name: str) -> None:
    person = objects.exporter_of(campaign)
    first = b"".join(export_campaign(campaign=campaign, user=person, format_name=format_name, include_drafts=True).chunks())
    assert first == zipped(campaign, format_name, drafts=True)
    newest, oldest = ExportRun.objects.all()
    assert (oldest.requested_by, newest.requested_by) == (person, None)
    for run in (newest, oldest):
        assert (run.state, run.document_count, run.format, run.include_drafts) == ("done", 2, format_name, True)
        assert run.digest == hashlib.sha256(first).hexdigest()
        assert run.finished_at is not None


def test_the_exported_files_validate_with_ajv(campaign: Campaign, tmp_path: Path) -> None:
    paths = []
    for name, data in files(zipped(campaign, drafts=True)).items():
        if name.startswith("documents/"):
            paths.append(tmp_path / Path(name).name)
            paths[-1].write_bytes(data)
    done = subprocess.run(["node", REPOSITORY / "tests/js/validate_document.mjs", *paths], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_untrue_row_stops_the_export_and_is_recorded(campaign: Campaign) -> None:
    read = Read.objects.filter(state="submitted").first()
    assert read is not None
    mark = objects.mark(read, None, "diagnosis", "cancer", form_data={"group": "9"})
    export = export_campaign(campaign=campaign, user=None, format_name="document", include_drafts=False)
    with pytest.raises(ApiError) as caught:
        export.prepare()
    error = caught.value.body()
    assert error["code"] == "form_invalid"
    assert error["pointer"].endswith("/form/data/group")
    assert error["case"] == objects.case_name(campaign, SUBJECTS[1])
    assert str(mark.pk) in error["detail"]
    run = ExportRun.objects.get()
    assert (run.state, run.error_code, run.digest) == ("failed", "form_invalid", "")
    with pytest.raises(DocumentError):
        zipped(campaign)
    with pytest.raises(ApiError):
        export_case(campaign=campaign, image=read.image, user=None, include_drafts=False)
    assert set(ExportRun.objects.values_list("state", flat=True)) == {"failed"}


def test_an_export_that_nobody_reads_to_its_end_is_recorded_as_interrupted(campaign: Campaign) -> None:
    begun = export_campaign(campaign=campaign, user=None, format_name="document", include_drafts=False)
    next(begun.chunks())
    begun.close()
    never = export_campaign(campaign=campaign, user=None, format_name="document", include_drafts=False)
    never.close()
    assert set(ExportRun.objects.values_list("state", "error_code")) == {("failed", INTERRUPTED)}


def test_prepared_or_not_the_bytes_are_the_same(campaign: Campaign) -> None:
    export = export_campaign(campaign=campaign, user=None, format_name="document", include_drafts=False)
    export.prepare()
    assert b"".join(export.chunks()) == zipped(campaign)


def test_unknown_formats_are_refused_without_a_trace(campaign: Campaign) -> None:
    with pytest.raises(ApiError) as caught:
        export_campaign(campaign=campaign, user=None, format_name="pickle", include_drafts=False)
    assert caught.value.code == "unknown_format"
    assert not ExportRun.objects.exists()


def test_one_case_is_the_same_document_as_in_the_zip(campaign: Campaign) -> None:
    image = Image.objects.filter(series__study__subject_pseudonym=SUBJECTS[1]).first()
    assert image is not None
    person = objects.exporter_of(campaign)
    case = export_case(campaign=campaign, image=image, user=person, include_drafts=False)
    data = b"".join(case.chunks())
    assert data == files(zipped(campaign))[f"documents/{objects.case_name(campaign, SUBJECTS[1])}.json"]
    assert len(data) == case.size
    run = ExportRun.objects.order_by("created_at")[0]
    assert (run.requested_by, run.document_count, run.digest) == (person, 1, hashlib.sha256(data).hexdigest())


def test_a_case_that_nobody_has_read_is_a_document_too(campaign: Campaign) -> None:
    image = Image.objects.get(series__study__subject_pseudonym=SUBJECTS[0])
    document = build_document(get_case(campaign, image_id=image.pk, include_drafts=False), campaign_facts(campaign))
    assert validate_document(document) == []
    assert document["annotations"] == []


def test_a_foreign_image_has_no_document(campaign: Campaign, collection: Collection) -> None:
    stranger = objects.image(collection, "7e" * 32)
    with pytest.raises(ApiError) as caught:
        get_case(campaign, image_id=stranger.pk, include_drafts=False)
    assert caught.value.code == "not_found"


def test_readers_are_called_alike_within_a_society_and_unlike_across(campaign: Campaign, collection: Collection) -> None:
    reader = objects.user("twice")
    names = {}
    for society in ("JSP", "JSP", "JRS"):
        slide = objects.image(collection, "9c" * 32)
        made = objects.campaign(collection, [slide], document_project={"society": society})
        objects.read(made, slide, reader)
        case = next(cases_of(made, include_drafts=False))
        names.setdefault(society, set()).add(case.reads[0].reader)
    assert all(len(found) == 1 for found in names.values())
    assert names["JSP"] != names["JRS"]


def test_queries_do_not_grow_with_the_marks(campaign: Campaign) -> None:
    read = Read.objects.filter(state="submitted").order_by("pk").first()
    assert read is not None

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            zipped(campaign)
        return len(captured)

    before = queries()
    for number in range(40):
        objects.mark(read, square(number * 10), "region", "tumour")
    assert queries() == before


@pytest.mark.long
def test_memory_stays_flat_from_database_to_zip(campaign: Campaign) -> None:
    read = Read.objects.filter(state="submitted").order_by("pk").first()
    assert read is not None

    def peak() -> int:
        tracemalloc.start()
        for _ in export_campaign(campaign=campaign, user=None, format_name="qupath", include_drafts=False).chunks():
            pass
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    few = peak()
    add_marks(read, 20_000)
    assert peak() < few + 6_000_000


def add_marks(read: Read, count: int) -> None:
    first = objects.mark(read, square(), "region", "tumour")
    same = {field.attname for field in Annotation._meta.concrete_fields} - {"id", "sequence"}
    template: dict[str, Any] = {name: getattr(first, name) for name in same}
    rows = [Annotation(id=uuid.uuid4(), sequence=first.sequence + number, **template) for number in range(1, count + 1)]
    Annotation.objects.bulk_create(rows, batch_size=500)


@pytest.mark.parametrize("slug", pack_slugs())
def test_each_society_pack_exports_valid_documents(slug: str, collection: Collection, tmp_path: Path) -> None:
    pack = load_pack(slug)
    label_set = publish_label_set(
        slug=pack.slug,
        version=pack.version,
        name=pack.name,
        labels=[
            {
                "code": label.code,
                "role": label.role,
                "display": {"ja": label.ja, "en": label.en},
                "colour": label.colour,
                "granularities": label.granularities,
                "codings": label.codings,
            }
            for label in pack.labels
        ],
    )
    form = publish_form(slug=pack.form_slug, version=pack.version, schema=pack.form_schema, ui=pack.form_ui)
    slide = objects.image(collection, "3d" * 32)
    made = objects.campaign(
        collection,
        [slide],
        label_set=label_set,
        form=form,
        document_project={"society": pack.society},
        granularities=list(pack.granularities),
        governance=dict(pack.governance),
        protocol_version=pack.protocol_version,
    )
    read = objects.read(made, slide, objects.user("reader"), submitted=False)
    shapes = {
        "region": square(),
        "cell": square(300),
        "point": parse_geometry({"type": "Point", "coordinates": [10.125, 20]}),
        "box": parse_geometry({"type": "Rectangle", "bbox": [10, 20, 30.5, 40]}),
    }
    for label in pack.labels:
        for granularity in label.granularities or pack.granularities:
            objects.mark(read, shapes.get(granularity), granularity, label.code)
    methods = pack.diagnosis.get("basis_methods", [])
    basis = [{"method": method, "status": "confirmed"} for method in methods]
    objects.mark(read, None, "diagnosis", pack.labels[0].code, form_data={}, certainty="probable", basis=basis)
    data = files(zipped(made, drafts=True))
    (document,) = [json.loads(body) for name, body in data.items() if name.startswith("documents/")]
    assert validate_document(document, forms={(form.slug, form.version): form.schema}) == []
    assert document["project"]["society"] == pack.society
    path = tmp_path / "document.json"
    path.write_text(json.dumps(document), "utf-8")
    done = subprocess.run(["node", REPOSITORY / "tests/js/validate_document.mjs", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_command_writes_the_same_zip(campaign: Campaign, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "out.zip"
    call_command("export", campaign.code, "--output", str(target))
    assert target.read_bytes() == zipped(campaign)
    assert "1 cases" in capsys.readouterr().out
    call_command("export", str(campaign.pk), "--format", "coco", "--drafts", "--output", str(target))
    assert "coco.json" in files(target.read_bytes())
    assert [path.name for path in tmp_path.iterdir()] == ["out.zip"]


def test_the_command_leaves_an_older_file_when_it_fails(campaign: Campaign, tmp_path: Path) -> None:
    target = tmp_path / "out.zip"
    target.write_text("older")
    read = Read.objects.filter(state="submitted").first()
    assert read is not None
    objects.mark(read, None, "diagnosis", "unheard-of")
    with pytest.raises(CommandError, match="unknown_label at /annotations"):
        call_command("export", campaign.code, "--output", str(target))
    assert target.read_text() == "older"
    assert [path.name for path in tmp_path.iterdir()] == ["out.zip"]
    for arguments in (["nothing", "--output", str(target)], [campaign.code, "--output", str(tmp_path / "no" / "where.zip")]):
        with pytest.raises(CommandError, match="There is no"):
            call_command("export", *arguments)


def test_the_command_writes_nothing_that_would_lose_what_is_required(campaign: Campaign, tmp_path: Path) -> None:
    target = tmp_path / "out.zip"
    read = Read.objects.filter(state="submitted").first()
    assert read is not None
    ring, hole = [[0, 0], [90, 1], [33, 80.125], [0, 0]], [[20, 10], [40, 10], [35, 20], [20, 10]]
    outline = objects.mark(read, parse_geometry({"type": "Polygon", "coordinates": [ring, hole]}), "region", "tumour")
    arguments = [campaign.code, "--output", str(target), "--require", "holes", "--require", "text"]
    with pytest.raises(CommandError, match=r"export_would_lose: .*asap.*"):
        call_command("export", *arguments, "--format", "asap")
    with pytest.raises(CommandError, match=f"export_would_lose at annotation {outline.pk}.*document, csv, qupath"):
        call_command("export", *arguments, "--format", "coco")
    assert list(tmp_path.iterdir()) == []
    call_command("export", *arguments, "--format", "csv")
    assert "annotations.csv" in files(target.read_bytes())


def test_facts_are_plain_values(campaign: Campaign) -> None:
    facts = campaign_facts(campaign)
    assert dataclasses.asdict(facts)["code"] == campaign.code
    assert facts.required_granularity == "cell"
    assert list(facts.labels) == [code for code, *_ in objects.LABELS]
