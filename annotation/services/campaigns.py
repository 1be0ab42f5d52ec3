"""Makes campaigns, gives them images, closes and reopens them. Who may read them is decided elsewhere, by grants."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NotRequired, TypedDict, Unpack

from django.contrib.auth.models import User
from django.db import transaction

from annotation.errors import refusal
from annotation.events import AccessChanged, CampaignChanged, publish
from annotation.locks import lock_campaign
from annotation.models import Campaign, CampaignImage, FormDefinition, LabelSet, ModelEndpoint
from annotation.schema.labels import BASIS_METHODS, LABEL_ROLES, Granularity
from annotation.selectors.campaigns import readers_of
from viewer.models import Collection, Image
from viewer.services.images import freeze

TOOLS: Final = ("box", "polygon", "freehand", "point")
_DIAGNOSIS_MEMBERS: Final = {"required", "label_roles", "ask_certainty", "ask_basis", "basis_methods"}


class CampaignDescription(TypedDict):
    """What a campaign asks of its readers, and how."""

    label_set: LabelSet  # a published version
    form: FormDefinition | None  # a published version; None: the campaign has no form
    endpoint: ModelEndpoint | None  # the model that makes suggestions
    code: str  # short name, unique on the site; the document's project code
    name: Mapping[str, str]  # {"ja": ..., "en": ...}
    protocol: Mapping[str, str]  # what readers are asked to do, in both languages
    protocol_version: str  # changes whenever the protocol does
    document_project: Mapping[str, Any]  # {society, societyOther?}: the document's project block
    granularities: Sequence[str]  # what readers mark at, in order
    tools: Sequence[str]  # drawing tools that are offered, of TOOLS
    diagnosis: Mapping[str, Any]  # {required, label_roles, ask_certainty, ask_basis, basis_methods}
    governance: Mapping[str, Any]  # the governance block of exported documents
    reads_per_image: NotRequired[int]  # how many readers read each image, 1 to 20; 1 when missing
    is_blind: NotRequired[bool]  # readers of an image work independently; when missing, wherever several read it
    lease_minutes: NotRequired[int]  # how long a reader holds an image without a sign of life, 1 to 1,440; 30 when missing


@transaction.atomic
def create_campaign(*, user: User, collection: Collection, images: Iterable[Image], **description: Unpack[CampaignDescription]) -> Campaign:
    """Make a campaign over images of one collection and freeze these, so that what is read is what was asked.

    Args:
        user: who makes it.
        collection: the collection that all images are in.
        images: the images that readers are asked to read; more can be added later.
        description: everything else, see :class:`CampaignDescription`.

    Raises:
        ApiError: ``campaign_invalid`` with a pointer, or ``image_not_in_collection``.
    """
    campaign = Campaign(
        collection=collection,
        label_set=description["label_set"],
        form=description["form"],
        endpoint=description["endpoint"],
        code=description["code"],
        document_project=dict(description["document_project"]),
        name_ja=description["name"].get("ja", ""),
        name_en=description["name"].get("en", ""),
        protocol_ja=description["protocol"].get("ja", ""),
        protocol_en=description["protocol"].get("en", ""),
        protocol_version=description["protocol_version"],
        granularities=list(description["granularities"]),
        tools=list(description["tools"]),
        diagnosis=_checked_diagnosis(description["diagnosis"]),
        governance=dict(description["governance"]),
        reads_per_image=description.get("reads_per_image", 1),
        is_blind=description.get("is_blind", description.get("reads_per_image", 1) > 1),
        lease_minutes=description.get("lease_minutes", 30),
        created_by=user,
    )
    _check(campaign)
    campaign.save(force_insert=True)
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
def set_blind(*, campaign: Campaign, is_blind: bool) -> Campaign:
    """Say whether readers of an image work independently; readers who look together at that moment are put out."""
    locked = lock_campaign(campaign.pk)
    locked.is_blind = is_blind
    locked.save(update_fields=["is_blind"])
    if is_blind:
        for user_id in readers_of(locked).values_list("pk", flat=True):
            publish(AccessChanged(user_id=user_id))
    publish(CampaignChanged(campaign_id=locked.pk))
    return locked


@transaction.atomic
def _set_state(campaign: Campaign, state: Campaign.State) -> Campaign:
    locked = lock_campaign(campaign.pk)
    locked.state = state
    locked.save(update_fields=["state"])
    publish(CampaignChanged(campaign_id=locked.pk))
    return locked


def _check(campaign: Campaign) -> None:
    """Raise ApiError ``campaign_invalid`` where a value makes no sense."""
    faults = {
        "/granularities": not campaign.granularities or not set(campaign.granularities) <= {str(known) for known in Granularity},
        "/tools": not set(campaign.tools) <= set(TOOLS),
        "/name": not (campaign.name_ja and campaign.name_en),
        "/reads_per_image": not 1 <= campaign.reads_per_image <= 20,
        "/lease_minutes": not 1 <= campaign.lease_minutes <= 1440,
        "/code": Campaign.objects.filter(code=campaign.code).exists(),
    }
    for pointer, wrong in faults.items():
        if wrong:
            raise refusal("campaign_invalid", pointer)


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
