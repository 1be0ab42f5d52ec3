"""Societies, people and campaigns for tests, made by the services that make them in service."""

from __future__ import annotations

import itertools
import uuid
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from annotation.models import Campaign, Read
from annotation.services.operations import apply_operations
from societies.models import Assignment, Membership, Society
from societies.services.campaigns import add_reader, create_campaign
from societies.services.memberships import add_role
from societies.services.societies import create_collection_for, create_society
from viewer.models import Collection, Image, Series, Study

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
