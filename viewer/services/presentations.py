"""Presentation states are kept beside the images, not among them, and found by the instances they name."""

from typing import NamedTuple

from django.db import transaction

from viewer.models import Image, PresentationReference, PresentationState
from viewer.services.locks import lock_collection
from viewer.services.placing import Arrival
from viewer.services.reasons import Refused


class Kept(NamedTuple):
    """A stored state, whether it is new, and the first image it is for, if that is there already."""

    state: PresentationState
    fresh: bool
    image: Image | None


def keep_presentation(arrival: Arrival) -> Kept:
    """Store a presentation state; its images may be there, come later, or never.

    Raises:
        Refused: ``sop_uid_conflict`` when another state has its UID.
    """
    content = arrival.inspection["presentation"]
    uid = arrival.dicom.get("sop_instance_uid") or ""
    with transaction.atomic():
        lock_collection(arrival.collection.pk)
        known = PresentationState.objects.filter(collection=arrival.collection, digest=arrival.digest).first()
        if known is not None:
            return Kept(known, False, _image_of(known))
        if uid and PresentationState.objects.filter(collection=arrival.collection, sop_instance_uid=uid).exists():
            raise Refused("sop_uid_conflict")
        state = PresentationState.objects.create(
            collection=arrival.collection,
            digest=arrival.digest,
            sop_instance_uid=uid,
            label=content["label"],
            description=content["description"],
            content=content,
        )
        uids = sorted({reference["uid"] for reference in content["references"]})
        PresentationReference.objects.bulk_create([PresentationReference(state=state, sop_instance_uid=one) for one in uids], 500)
    return Kept(state, True, _image_of(state))


def _image_of(state: PresentationState) -> Image | None:
    named = state.references.values("sop_instance_uid")
    found = Image.objects.filter(collection=state.collection_id, instances__sop_instance_uid__in=named)
    return found.order_by("created_at", "pk").first()
