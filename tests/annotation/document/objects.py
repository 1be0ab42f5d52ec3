"""Real rows for the tests of exports: collections, images, campaigns, reads and marks, made through the models."""

import itertools
import uuid
from typing import Any

from django.contrib.auth.models import Permission, User
from django.utils import timezone
from guardian.shortcuts import assign_perm

from annotation.disclosure.cases import pseudonym_in
from annotation.models import (
    Annotation,
    Campaign,
    CampaignImage,
    Decision,
    FormDefinition,
    Label,
    LabelSet,
    ModelEndpoint,
    Read,
    Suggestion,
    SuggestionRun,
)
from annotation.schema.facts import SubjectFacts
from annotation.schema.shapes import Shape
from annotation.services.society_hops import hop_of_campaign
from viewer.models import Collection, Image, Instance, Series, Study

_number = itertools.count(1)


def case_name(campaign: Campaign, pseudonym: str) -> str:
    """Return what exports of a campaign call the case of a subject that this site knows by a pseudonym."""
    subject = SubjectFacts("facility-hmac-sha256", pseudonym)
    return f"subject-{pseudonym_in(subject, hop_of_campaign(campaign.pk))[:32]}"


FORM = {"type": "object", "required": ["group"], "additionalProperties": False, "properties": {"group": {"enum": ["1", "5"]}}}
LABELS = [
    ("tumour", "tissue", "腫瘍", "tumour"),
    ("cell", "cell-type", "細胞", "cell"),
    ("mass", "finding", "腫瘤", "mass"),
    ("cancer", "diagnosis", "癌", "cancer"),
]


def user(name: str) -> User:
    return User.objects.create_user(f"{name}-{next(_number)}", email=f"{name}@hospital.example", last_name="山田")


def image(collection: Collection, pseudonym: str, *, frames: int = 1, **changes: Any) -> Image:
    key = uuid.uuid4().hex
    study = Study.objects.create(collection=collection, study_key=key, subject_pseudonym=pseudonym, subject_sex="F", subject_age_years=61)
    stack = frames > 1
    series = Series.objects.create(study=study, series_key=key, modality="US" if stack else "SM")
    dicom = {"study_instance_uid": "1.2.3", "series_instance_uid": "1.2.3.4"} if stack else None
    columns: dict[str, Any] = {
        "kind": "frames" if stack else "slide",
        "name": "YAMADA Taro 19580101.svs",
        "modality": series.modality,
        "digest": key * 2,
        "width_px": 4000,
        "height_px": 3000,
        "frame_count": frames,
        "spacing_x_um": 0.25,
        "spacing_y_um": 0.25,
        "spacing_source": "aperio.MPP",
        "inspection": {
            "levels": [] if stack else [{"index": 0, "downsample": 1.0, "width": 4000, "height": 3000}],
            "frames": {"frame_time_ms": 33.3} if stack else None,
            "dicom": dicom,
            "acquisition": {"manufacturer": "example", "KVP": 120, "serial": 2**60 + 1, "nothing": None},
        },
    }
    made = Image.objects.create(collection=collection, series=series, **(columns | changes))
    Instance.objects.create(
        collection=collection,
        series=series,
        image=made,
        digest=key * 2,
        path=f"files/{key}",
        size_bytes=1,
        sop_class_uid="1.2.840.10008.5.1.4.1.1.3.1" if stack else "",
        sop_instance_uid=f"1.2.3.4.{next(_number)}" if stack else "",
        instance_number=1,
        frame_count=frames,
    )
    return made


def label_set() -> LabelSet:
    made = LabelSet.objects.create(slug=f"labels-{next(_number)}", version="1.0", name_ja="ラベル", name_en="labels")
    for position, (code, role, ja, en) in enumerate(LABELS):
        codings = [{"system": "http://snomed.info/sct", "code": "108369006", "mapping": "related"}] if code == "tumour" else []
        Label.objects.create(
            label_set=made, code=code, role=role, display_ja=ja, display_en=en, colour="#cc3311", codings=codings, position=position
        )
    return made


def campaign(collection: Collection, images: list[Image], **changes: Any) -> Campaign:
    columns: dict[str, Any] = {
        "collection": collection,
        "label_set": label_set(),
        "form": FormDefinition.objects.create(slug=f"form-{next(_number)}", version="1.0", schema=FORM),
        "code": f"campaign-{next(_number)}",
        "document_project": {"society": "JSP"},
        "name_ja": "胃生検",
        "name_en": "Gastric biopsies",
        "granularities": ["region", "cell", "point", "box", "diagnosis"],
        "tools": ["polygon"],
        "diagnosis": {"required": True, "label_roles": ["diagnosis"]},
        "governance": {"consent": {"mode": "opt-out", "withdrawn": False}},
        "created_by": user("manager"),
    }
    made = Campaign.objects.create(**(columns | changes))
    for member in images:
        CampaignImage.objects.create(campaign=made, image=member, strategy="entropy")
    return made


def exporter_of(made: Campaign) -> User:
    person = user("exporter")
    assert Permission.objects.filter(codename="export_campaign").exists()
    assign_perm("annotation.export_campaign", person, made)
    return person


def read(made: Campaign, of: Image, reader: User, *, submitted: bool = True) -> Read:
    state = Read.State.SUBMITTED if submitted else Read.State.OPEN
    when = timezone.now() if submitted else None
    return Read.objects.create(campaign=made, image=of, reader=reader, state=state, submitted_at=when, active_seconds=12.5)


def mark(of: Read, shape: Shape | None, granularity: str, *labels: str, **changes: Any) -> Annotation:
    of.sequence += 1
    of.save(update_fields=["sequence"])
    now = timezone.now()
    columns: dict[str, Any] = {
        "id": uuid.uuid4(),
        "read": of,
        "sequence": of.sequence,
        "granularity": granularity,
        "geometry_kind": shape.kind if shape else "",
        "geometry_wkb": shape.wkb() if shape else None,
        "labels": list(labels),
        "created_at": now,
        "updated_at": now,
    }
    return Annotation.objects.create(**(columns | changes))


def suggestions(made: Campaign, of: Image, shapes: list[Shape]) -> list[Suggestion]:
    endpoint = ModelEndpoint.objects.create(
        name="nuclei", url="http://127.0.0.1:9", model_name="nuclei", task="segment", created_by=made.created_by
    )
    run = SuggestionRun.objects.create(campaign=made, image=of, endpoint=endpoint, state="done", model_name="nuclei", model_version="1.2")
    return [
        Suggestion.objects.create(
            run=run,
            campaign=made,
            image=of,
            position=position,
            granularity="region",
            geometry_kind=shape.kind,
            geometry_wkb=shape.wkb(),
            labels=["tumour"],
            score=0.75,
            uncertainty=0.5,
        )
        for position, shape in enumerate(shapes)
    ]


def decide(of: Read, suggestion: Suggestion, verdict: str, annotation: Annotation | None = None, **changes: Any) -> Decision:
    now = timezone.now()
    return Decision.objects.create(
        suggestion=suggestion,
        read=of,
        author=of.reader,
        verdict=verdict,
        annotation=annotation,
        operation_id=uuid.uuid4(),
        **({"shown_at": now, "decided_at": now} | changes),
    )
