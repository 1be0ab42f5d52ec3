"""Makes campaigns, gives them images, closes and reopens them. Who may read them is decided elsewhere, by grants."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import transaction

from annotation.errors import refusal
from annotation.events import CampaignChanged, publish
from annotation.locks import lock_campaign
from annotation.models import Campaign, CampaignImage, FormDefinition, LabelSet, ModelEndpoint
from annotation.schema.labels import BASIS_METHODS, LABEL_ROLES, Granularity
from viewer.models import Collection, Image
from viewer.services.images import freeze

TOOLS: Final = ("box", "polygon", "freehand", "point")
_DIAGNOSIS_MEMBERS: Final = {"required", "label_roles", "ask_certainty", "ask_basis", "basis_methods"}


@transaction.atomic
def create_campaign(
    *,
    user: User,
    collection: Collection,
    images: Iterable[Image],
    label_set: LabelSet,
    form: FormDefinition | None,
    endpoint: ModelEndpoint | None,
    code: str,
    name: Mapping[str, str],
    protocol: Mapping[str, str],
    protocol_version: str,
    document_project: Mapping[str, Any],
    granularities: Sequence[str],
    tools: Sequence[str],
    diagnosis: Mapping[str, Any],
    governance: Mapping[str, Any],
    reads_per_image: int = 1,
    lease_minutes: int = 30,
) -> Campaign:
    """Make a campaign over images of one collection and freeze these, so that what is read is what was asked.

    Args:
        user: who makes it.
        collection: the collection that all images are in.
        images: the images that readers are asked to read; more can be added later.
        label_set: a published version.
        form: a published version, or None when the campaign has no form.
        endpoint: the model that makes suggestions, or None.
        code: short name, unique on the site; the document's project code.
        name: display in both languages, ``{"ja": ..., "en": ...}``.
        protocol: what readers are asked to do, in both languages.
        protocol_version: changes whenever the protocol does.
        document_project: ``{society, societyOther?}`` for the document's project block.
        granularities: what readers mark at, in order.
        tools: drawing tools that are offered, of ``TOOLS``.
        diagnosis: ``{required, label_roles, ask_certainty, ask_basis, basis_methods}``.
        governance: the governance block of exported documents.
        reads_per_image: how many readers read each image, 1 to 20.
        lease_minutes: how long a reader holds an image without a sign of life, 1 to 1,440.

    Raises:
        ApiError: ``campaign_invalid`` with a pointer, or ``image_not_in_collection``.
    """
    asked = _checked_diagnosis(diagnosis)
    faults = {
        "/granularities": not granularities or not set(granularities) <= {str(known) for known in Granularity},
        "/tools": not set(tools) <= set(TOOLS),
        "/name": not (name.get("ja") and name.get("en")),
        "/reads_per_image": not 1 <= reads_per_image <= 20,
        "/lease_minutes": not 1 <= lease_minutes <= 1440,
        "/code": Campaign.objects.filter(code=code).exists(),
    }
    for pointer, wrong in faults.items():
        if wrong:
            raise refusal("campaign_invalid", pointer)
    campaign = Campaign.objects.create(
        collection=collection,
        label_set=label_set,
        form=form,
        endpoint=endpoint,
        code=code,
        document_project=dict(document_project),
        name_ja=name["ja"],
        name_en=name["en"],
        protocol_ja=protocol.get("ja", ""),
        protocol_en=protocol.get("en", ""),
        protocol_version=protocol_version,
        granularities=list(granularities),
        tools=list(tools),
        diagnosis=asked,
        governance=dict(governance),
        reads_per_image=reads_per_image,
        lease_minutes=lease_minutes,
        created_by=user,
    )
    add_images(campaign=campaign, images=images)
    return campaign


@transaction.atomic
def add_images(*, campaign: Campaign, images: Iterable[Image]) -> int:
    """Ask for reads of more images; return how many are new to the campaign.

    Raises:
        ApiError: ``image_not_in_collection``.
    """
    wanted = list(images)
    if any(image.collection_id != campaign.collection_id for image in wanted):
        raise refusal("image_not_in_collection")
    known = set(campaign.campaign_images.values_list("image_id", flat=True))
    new = [image for image in wanted if image.pk not in known]
    freeze(images=new)
    CampaignImage.objects.bulk_create([CampaignImage(campaign=campaign, image=image) for image in new], batch_size=500)
    publish(CampaignChanged(campaign_id=campaign.pk))
    return len(new)


def close_campaign(*, campaign: Campaign) -> Campaign:
    """Stop handing out images; reads that are open can be finished, so that no work is lost."""
    return _set_state(campaign, Campaign.State.CLOSED)


def reopen_campaign(*, campaign: Campaign) -> Campaign:
    """Hand out images again."""
    return _set_state(campaign, Campaign.State.OPEN)


@transaction.atomic
def _set_state(campaign: Campaign, state: Campaign.State) -> Campaign:
    locked = lock_campaign(campaign.pk)
    locked.state = state
    locked.save(update_fields=["state"])
    publish(CampaignChanged(campaign_id=locked.pk))
    return locked


def _checked_diagnosis(diagnosis: Mapping[str, Any]) -> dict[str, Any]:
    """Return the block with every member filled in."""
    complete: dict[str, Any] = {
        "required": bool(diagnosis.get("required", False)),
        "label_roles": list(diagnosis.get("label_roles", [])),
        "ask_certainty": bool(diagnosis.get("ask_certainty", False)),
        "ask_basis": bool(diagnosis.get("ask_basis", False)),
        "basis_methods": list(diagnosis.get("basis_methods", [])),
    }
    faults = {
        "": not set(diagnosis) <= _DIAGNOSIS_MEMBERS,
        "/label_roles": not set(complete["label_roles"]) <= set(LABEL_ROLES),
        "/basis_methods": not set(complete["basis_methods"]) <= set(BASIS_METHODS),
    }
    for pointer, wrong in faults.items():
        if wrong:
            raise refusal("campaign_invalid", f"/diagnosis{pointer}")
    return complete
