"""Whole societies for tests: made by the services that make them in service, on a real image where pixels matter."""

from __future__ import annotations

import itertools
import uuid
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from annotation.models import Campaign, ExportRun, ModelEndpoint, Read, Suggestion, SuggestionRun
from annotation.schema.shapes import normalise, parse_geometry
from annotation.services.endpoints import register_endpoint
from annotation.services.mark_checks import shape_columns
from annotation.services.operations import apply_operations
from societies.models import Assignment, Membership, Society
from societies.services.campaigns import add_reader, create_campaign
from societies.services.memberships import add_role
from societies.services.societies import create_collection_for, create_society
from societies.services.worklist import claim_next
from viewer.models import Collection, Image, Series, Study
from viewer.services.ingest import ingest_file

ADMIN, READER, EXPORTER = Membership.Role.ADMIN, Membership.Role.READER, Membership.Role.EXPORTER
_number = itertools.count(1)


def make_society(slug: str = "") -> Society:
    """A society without members."""
    slug = slug or f"society-{next(_number)}"
    return create_society(slug=slug, name_ja=f"{slug}学会", name_en=f"Society {slug}")


def make_person(society: Society, name: str, *roles: str) -> User:
    """A person of a society, without a password; the name starts with the society's, so that a leak can be seen in a page."""
    person = User.objects.create_user(f"{society.slug}-{name}")
    for role in roles:
        add_role(society=society, user=person, role=role)
    return User.objects.get(pk=person.pk)


def make_image_row(collection: Collection, name: str = "") -> Image:
    """An image as the catalogue lists it, for tests that never look at pixels."""
    key = uuid.uuid4().hex
    study = Study.objects.create(collection=collection, study_key=key, subject_pseudonym=key)
    series = Series.objects.create(study=study, series_key=key, modality="XC")
    return Image.objects.create(
        collection=collection,
        series=series,
        kind=Image.Kind.PHOTOGRAPH,
        name=name or f"image-{next(_number)}.png",
        modality="XC",
        digest=key * 2,
        width_px=600,
        height_px=400,
        inspection={"levels": [], "frames": None, "acquisition": {}, "warnings": []},
    )


def make_campaign(society: Society, admin: User, *, images: int = 3, readers: tuple[User, ...] = (), **values: Any) -> Campaign:
    """A campaign over images of a new collection of the society."""
    slug = f"{society.slug}-{next(_number)}"
    collection = create_collection_for(society=society, slug=slug, name=f"Collection {slug}")
    for _each in range(images):
        make_image_row(collection)
    campaign = create_campaign(
        **{
            "user": admin,
            "society": society,
            "collection": collection,
            "pack_slug": "jges",
            "name": {"ja": f"{slug} の読影", "en": f"Reading {slug}"},
            **values,
        }
    )
    for reader in readers:
        add_reader(campaign=campaign, user=reader)
    return campaign


def let_leases_run_out() -> None:
    """Put every live lease a minute into the past."""
    live = Assignment.objects.filter(state=Assignment.State.LEASED)
    live.update(leased_until=timezone.now() - timedelta(minutes=1))


def put_box(annotation_id: uuid.UUID | None = None, label: str = "polyp") -> dict[str, Any]:
    """An operation that draws a box, in level-0 px."""
    body = {
        "granularity": "box",
        "frame": None,
        "geometry": {"type": "Rectangle", "bbox": [10, 10, 40, 30]},
        "labels": [label],
        "text": "",
        "form": None,
        "certainty": None,
        "basis": [],
        "origin": "manual",
        "suggestion_id": None,
        "active_seconds": 1.5,
    }
    return _put(body, annotation_id)


def put_diagnosis(label: str = "adenoma", form: dict[str, Any] | None = None) -> dict[str, Any]:
    """An operation that gives the image a diagnosis which the endoscopy pack takes as complete."""
    body = {
        "granularity": "diagnosis",
        "frame": None,
        "geometry": None,
        "labels": [label],
        "text": "",
        "form": {"organ": "colon"} if form is None else form,
        "certainty": "probable",
        "basis": [{"method": "image-only", "status": "supports"}],
        "origin": "manual",
        "suggestion_id": None,
        "active_seconds": 2.0,
    }
    return _put(body, None)


def _put(body: dict[str, Any], annotation_id: uuid.UUID | None) -> dict[str, Any]:
    return {
        "operation_id": str(uuid.uuid4()),
        "verb": "put",
        "annotation_id": str(annotation_id or uuid.uuid4()),
        "base_revision": 0,
        "annotation": body,
        "suggestion_id": None,
        "verdict": None,
    }


def finish(read: Read) -> int:
    """Give a read of the endoscopy pack all that it needs to be submitted; return its list revision."""
    return apply_operations(user=read.reader, read_id=read.pk, operations=[put_box(), put_diagnosis()]).sequence


@dataclass(frozen=True)
class Tenant:
    """One complete society: people of each role, and one of everything that belongs to it."""

    society: Society
    admin: User
    reader: User
    other_reader: User
    exporter: User
    collection: Collection
    image: Image
    campaign: Campaign
    endpoint: ModelEndpoint
    read: Read
    annotation_id: uuid.UUID
    suggestion: Suggestion
    export_run: ExportRun


def make_tenant(slug: str, sample: Path) -> Tenant:
    """A society whose reader has begun a read of one real image.

    Args:
        slug: its short name; every name in it starts with it.
        sample: a photograph; it is really ingested.
    """
    society = make_society(slug)
    admin, reader = make_person(society, "admin", ADMIN), make_person(society, "reader", READER)
    other_reader, exporter = make_person(society, "other-reader", READER), make_person(society, "exporter", EXPORTER)
    collection = create_collection_for(society=society, slug=f"{slug}-images", name=f"{slug}-images")
    result = ingest_file(collection=collection, path_or_stream=sample, name=f"{slug}-{sample.name}")
    assert result.image is not None, result.code
    endpoint = register_endpoint(
        user=admin, owner=slug, name=f"{slug}-model", url="http://127.0.0.1:8500", model_name="saliency-box", task="detect"
    )
    campaign = make_campaign_of(society, admin, collection, endpoint)
    for person in (reader, other_reader):
        add_reader(campaign=campaign, user=person)
    # A fresh user object: permissions are cached on the one that asked before they were granted.
    assignment = claim_next(user=User.objects.get(pk=reader.pk), campaign=campaign)
    assert assignment is not None
    annotation_id = uuid.uuid4()
    apply_operations(user=User.objects.get(pk=reader.pk), read_id=assignment.read_id, operations=[put_box(annotation_id)])
    return Tenant(
        society=society,
        admin=admin,
        reader=reader,
        other_reader=other_reader,
        exporter=exporter,
        collection=collection,
        image=result.image,
        campaign=campaign,
        endpoint=endpoint,
        read=assignment.read,
        annotation_id=annotation_id,
        suggestion=_suggestion(campaign, result.image, endpoint),
        export_run=ExportRun.objects.create(campaign=campaign, requested_by=exporter, format="document"),
    )


def make_campaign_of(society: Society, admin: User, collection: Collection, endpoint: ModelEndpoint) -> Campaign:
    """A campaign of the endoscopy pack over a collection, with two readers for each image."""
    name = {"ja": f"{society.slug} の読影", "en": f"{society.slug} reading"}
    return create_campaign(
        user=admin, society=society, collection=collection, pack_slug="jges", name=name, reads_per_image=2, endpoint=endpoint
    )


def _suggestion(campaign: Campaign, image: Image, endpoint: ModelEndpoint) -> Suggestion:
    """A finished pass of a model with one box."""
    run = SuggestionRun.objects.create(
        campaign=campaign,
        image=image,
        endpoint=endpoint,
        state=SuggestionRun.State.DONE,
        model_name="saliency-box",
        model_version="1",
        suggestion_count=1,
        finished_at=timezone.now(),
    )
    shape = normalise(parse_geometry({"type": "Rectangle", "bbox": [20, 20, 30, 30]}))
    return Suggestion.objects.create(
        run=run,
        campaign=campaign,
        image=image,
        position=0,
        granularity="box",
        labels=["lesion"],
        score=0.7,
        uncertainty=0.6,
        **shape_columns(shape),
    )
