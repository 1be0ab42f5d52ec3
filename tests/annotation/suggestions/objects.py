"""Builds what suggestion tests need, through real services where they belong to the story."""

import json
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User

from annotation.models import Annotation, Campaign, CampaignImage, Label, LabelSet, ModelEndpoint, Read
from annotation.selectors.suggestions import suggestions_text
from viewer.models import Collection, Image
from viewer.services.ingest import ingest_file

LABELS = {
    "nuclei": [("CELL", "cell-type", ["cell"])],
    "boxes": [("LESION", "finding", ["box"])],
    "diagnoses": [("NEVUS", "diagnosis", ["diagnosis"]), ("MELANOMA", "diagnosis", ["diagnosis"]), ("RETINA", "diagnosis", ["diagnosis"])],
}
GRANULARITIES = {"nuclei": ["cell"], "boxes": ["box"], "diagnoses": ["diagnosis"]}


def user(name: str = "admin") -> User:
    return User.objects.get_or_create(username=name)[0]


def collection(slug: str = "c") -> Collection:
    return Collection.objects.get_or_create(slug=slug, defaults={"name": slug})[0]


def ingested(path: Path, slug: str = "c") -> Image:
    result = ingest_file(collection=collection(slug), path_or_stream=path, name=path.name)
    assert result.image is not None, result
    return result.image


def endpoint(url: str, model: str, task: str, **values: Any) -> ModelEndpoint:
    return ModelEndpoint.objects.create(name=model, url=url, model_name=model, task=task, created_by=user(), **values)


def campaign(images: list[Image], kind: str, asked: ModelEndpoint | None, code: str = "one") -> Campaign:
    label_set = LabelSet.objects.create(slug=code, version="1", name_ja=code, name_en=code)
    for position, (label, role, granularities) in enumerate(LABELS[kind]):
        Label.objects.create(
            label_set=label_set,
            code=label,
            role=role,
            display_ja=label,
            display_en=label,
            colour="#00aa88",
            granularities=granularities,
            position=position,
        )
    made = Campaign.objects.create(
        collection=images[0].collection,
        label_set=label_set,
        endpoint=asked,
        code=code,
        document_project={"society": "JSP"},
        name_ja=code,
        name_en=code,
        granularities=GRANULARITIES[kind],
        tools=[],
        diagnosis={"required": kind == "diagnoses", "label_roles": ["diagnosis"] if kind == "diagnoses" else []},
        created_by=user(),
    )
    CampaignImage.objects.bulk_create([CampaignImage(campaign=made, image=image) for image in images])
    return made


def read(made: Campaign, image: Image, reader: str = "reader") -> Read:
    return Read.objects.create(campaign=made, image=image, reader=user(reader))


def shown(read: Read) -> list[dict[str, Any]]:
    """Return the suggestions that a read is shown."""
    found: list[dict[str, Any]] = json.loads(suggestions_text(read))
    return found


def submitted_diagnosis(made: Campaign, image: Image, code: str, reader: str = "reader") -> Read:
    import uuid

    from django.utils import timezone

    row = read(made, image, reader)
    now = timezone.now()
    Annotation.objects.create(id=uuid.uuid4(), read=row, sequence=1, granularity="diagnosis", labels=[code], created_at=now, updated_at=now)
    row.state, row.submitted_at, row.sequence = Read.State.SUBMITTED, now, 1
    row.save()
    return row
