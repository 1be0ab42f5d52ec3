"""Real rows for the tests of marking: a collection with an image, a campaign over it, readers, suggestions."""

from __future__ import annotations

import itertools
import uuid
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone
from guardian.shortcuts import assign_perm

from annotation.models import Campaign, CampaignImage, FormDefinition, LabelSet, ModelEndpoint, Read, Suggestion, SuggestionRun
from annotation.schema.shapes import normalise, parse_geometry
from annotation.services.label_sets import publish_label_set
from annotation.services.mark_checks import shape_columns
from viewer.models import Collection, Image, Instance, Series, Study

_number = itertools.count(1)

LABELS: list[Any] = [
    {"code": "tumour", "role": "finding", "display": {"ja": "腫瘍", "en": "tumour"}, "colour": "#cc3311", "key": "1"},
    {"code": "stroma", "role": "tissue", "display": {"ja": "間質", "en": "stroma"}, "colour": "#117733", "key": "2"},
    {
        "code": "carcinoma",
        "role": "diagnosis",
        "display": {"ja": "癌", "en": "carcinoma"},
        "colour": "#332288",
        "key": "3",
        "granularities": ["diagnosis"],
    },
    {
        "code": "adenoma",
        "role": "diagnosis",
        "display": {"ja": "腺腫", "en": "adenoma"},
        "colour": "#aa4499",
        "key": "4",
        "parent": "carcinoma",
        "granularities": ["diagnosis"],
    },
    {
        "code": "abnormal",
        "role": "normality",
        "display": {"ja": "異常", "en": "abnormal"},
        "colour": "#999933",
        "granularities": ["diagnosis"],
    },
]
FORM_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["eye"],
    "additionalProperties": False,
    "properties": {"eye": {"enum": ["R", "L"]}, "pressure": {"type": "number", "minimum": 0, "maximum": 80}},
}
DIAGNOSIS = {"required": True, "label_roles": ["diagnosis"], "ask_certainty": True, "ask_basis": True, "basis_methods": ["CT"]}


def make_user(name: str = "reader") -> User:
    return User.objects.create_user(f"{name}-{next(_number)}")


def make_collection() -> Collection:
    number = next(_number)
    return Collection.objects.create(slug=f"collection-{number}", name=f"Collection {number}")


def make_image(
    collection: Collection, *, kind: str = "slide", width: int = 4000, height: int = 3000, frames: int = 1, instances: int = 1
) -> Image:
    key = uuid.uuid4().hex
    study = Study.objects.create(collection=collection, study_key=key, subject_pseudonym=key)
    series = Series.objects.create(study=study, series_key=key, modality="CT" if kind == "frames" else "SM")
    image = Image.objects.create(
        collection=collection,
        series=series,
        kind=kind,
        name=f"{key[:6]}.dcm",
        modality=series.modality,
        digest=key * 2,
        width_px=width,
        height_px=height,
        frame_count=frames,
        inspection={},
    )
    for number in range(instances):
        Instance.objects.create(
            collection=collection,
            series=series,
            image=image,
            digest=uuid.uuid4().hex * 2,
            path=f"files/{key}-{number}",
            size_bytes=1,
            sop_instance_uid=f"1.2.3.{image.pk.int % 10**9}.{number + 1}" if kind == "frames" else "",
            instance_number=number + 1,
            position_mm=float(number),
            frame_count=frames // instances,
        )
    return image


def make_form() -> FormDefinition:
    return FormDefinition.objects.create(slug=f"form-{next(_number)}", version="1.0", schema=FORM_SCHEMA, ui={})


def make_label_set() -> LabelSet:
    number = next(_number)
    return publish_label_set(slug=f"labels-{number}", version="1.0", name={"ja": "ラベル", "en": "labels"}, labels=LABELS)


def make_campaign(
    *, image: Image | None = None, manager: User | None = None, form: FormDefinition | None = None, **changes: Any
) -> Campaign:
    image = image or make_image(make_collection())
    manager = manager or make_user("manager")
    columns: dict[str, Any] = {
        "collection": image.collection,
        "label_set": make_label_set(),
        "form": form,
        "code": f"campaign-{next(_number)}",
        "document_project": {"society": "JSP"},
        "name_ja": "胃生検",
        "name_en": "Gastric biopsies",
        "granularities": ["region", "box", "point", "cell", "diagnosis"],
        "tools": ["box", "polygon", "freehand", "point"],
        "diagnosis": DIAGNOSIS,
        "created_by": manager,
    }
    campaign = Campaign.objects.create(**columns | changes)
    CampaignImage.objects.create(campaign=campaign, image=image)
    for permission in ("view_campaign", "manage_campaign"):
        assign_perm(f"annotation.{permission}", manager, campaign)
    return campaign


def make_read(campaign: Campaign | None = None, *, reader: User | None = None, image: Image | None = None) -> Read:
    campaign = campaign or make_campaign()
    reader = reader or make_user()
    assign_perm("annotation.read_campaign", reader, campaign)
    image = image or Image.objects.get(campaign_images__campaign=campaign)
    return Read.objects.create(campaign=campaign, image=image, reader=reader)


def make_suggestions(campaign: Campaign, image: Image, geometries: list[dict[str, Any] | None], **changes: Any) -> list[Suggestion]:
    number = next(_number)
    endpoint = ModelEndpoint.objects.create(
        name=f"endpoint {number}", url="http://127.0.0.1:8500", model_name="nuclei", task="segment", created_by=campaign.created_by
    )
    run = SuggestionRun.objects.create(
        campaign=campaign, image=image, endpoint=endpoint, state="done", model_name="nuclei", model_version="1"
    )
    made = []
    for position, geometry in enumerate(geometries):
        shape = normalise(parse_geometry(geometry)) if geometry else None
        columns: dict[str, Any] = {
            "granularity": "region" if shape else "diagnosis",
            "labels": ["tumour" if shape else "carcinoma"],
            "score": 0.9,
        }
        made.append(
            Suggestion.objects.create(
                run=run, campaign=campaign, image=image, position=position, **shape_columns(shape), **(columns | changes)
            )
        )
    return made


def square(x: float = 100, y: float = 100, side: float = 50) -> dict[str, Any]:
    """A closed square ring; level-0 px."""
    ring = [[x, y], [x + side, y], [x + side, y + side], [x, y + side], [x, y]]
    return {"type": "Polygon", "coordinates": [ring]}


def body(**changes: Any) -> dict[str, Any]:
    """What a mark says, as a browser sends it."""
    plain: dict[str, Any] = {
        "granularity": "region",
        "frame": None,
        "geometry": square(),
        "labels": ["tumour"],
        "text": "",
        "form": None,
        "certainty": None,
        "basis": [],
        "origin": "manual",
        "suggestion_id": None,
        "active_seconds": 1.5,
    }
    return plain | changes


def diagnosis(**changes: Any) -> dict[str, Any]:
    """A diagnosis of the whole image."""
    return body(granularity="diagnosis", geometry=None, labels=["carcinoma"], **changes)


def operation(verb: str, annotation_id: Any = None, base_revision: int = 0, **members: Any) -> dict[str, Any]:
    return {
        "operation_id": str(uuid.uuid4()),
        "verb": verb,
        "annotation_id": str(annotation_id) if annotation_id else None,
        "base_revision": base_revision,
        "annotation": None,
        "suggestion_id": None,
        "verdict": None,
        **members,
    }


def put(annotation_id: Any = None, base_revision: int = 0, **changes: Any) -> dict[str, Any]:
    said = changes.pop("said", None) or body(**changes)
    return operation("put", annotation_id or uuid.uuid4(), base_revision, annotation=said)


def delete(annotation_id: Any, base_revision: int) -> dict[str, Any]:
    return operation("delete", annotation_id, base_revision)


def decide(suggestion: Suggestion, verdict: str, annotation_id: Any = None, base_revision: int = 0, **members: Any) -> dict[str, Any]:
    return operation("decide", annotation_id, base_revision, suggestion_id=str(suggestion.pk), verdict=verdict, **members)


def now() -> Any:
    return timezone.now()
