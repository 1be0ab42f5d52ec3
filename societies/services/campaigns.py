"""Campaigns of a society: made from a collection and a pack, with the readers that an admin adds."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from annotation.events import AccessChanged, CampaignChanged, publish
from annotation.models import Campaign, FormDefinition, LabelSet, ModelEndpoint
from annotation.schema.labels import Granularity
from annotation.services.campaigns import create_campaign as make_campaign
from societies.errors import refusal
from societies.locks import lock_society
from societies.models import Membership, Society, SocietyCampaign
from societies.packs import Pack, load_pack
from societies.services.grants import grant_campaign, grant_reading, revoke_reading
from societies.services.pack_publishing import publish_pack_form, publish_pack_labels
from viewer.models import Collection


@transaction.atomic
def create_campaign(
    *,
    user: User,
    society: Society,
    collection: Collection,
    pack_slug: str,
    name: Mapping[str, str],
    reads_per_image: int = 1,
    is_blind: bool | None = None,
    lease_minutes: int = 30,
    endpoint: ModelEndpoint | None = None,
    governance: Mapping[str, Any] | None = None,
    label_set: LabelSet | None = None,
    form: FormDefinition | None = None,
) -> Campaign:
    """Ask for reads of all images that a collection holds now, as a pack describes.

    Args:
        user: the admin who makes it.
        society: whose campaign it is; the collection and the endpoint must be its own.
        collection: whose images are asked for.
        pack_slug: short name of the pack.
        name: ``{"ja": ..., "en": ...}``; one of them is enough.
        reads_per_image: how many readers read each image, 1 to 20.
        is_blind: whether readers of an image work independently of each other; None: wherever several read it.
        lease_minutes: how long a reader holds an image without a sign of life.
        endpoint: the model that makes suggestions, or None.
        governance: replaces the pack's governance block, for images whose consent differs.
        label_set: a published version that replaces the pack's labels; the caller has checked that the society may use it.
        form: a published version that replaces the pack's form, under the same condition.

    Raises:
        ApiError: ``pack_unknown``, ``name_missing``, ``collection_empty``, ``endpoint_not_owned``,
            ``label_set_unsuited``, or what the annotation app says of the values.
    """
    pack = _known_pack(pack_slug)
    lock_society(society.pk)
    images = list(collection.images.order_by("created_at", "pk"))
    if not images:
        raise refusal("collection_empty", "/collection_id")
    if endpoint is not None and not society.endpoints.filter(endpoint=endpoint).exists():
        raise refusal("endpoint_not_owned", "/endpoint_id")
    names = {"ja": name.get("ja", "").strip(), "en": name.get("en", "").strip()}
    if not any(names.values()):
        raise refusal("name_missing", "/name")
    campaign = make_campaign(
        user=user,
        collection=collection,
        images=images,
        label_set=publish_pack_labels(pack) if label_set is None else _suited(label_set, pack),
        form=publish_pack_form(pack) if form is None else form,
        endpoint=endpoint,
        code=_free_code(society),
        name={"ja": names["ja"] or names["en"], "en": names["en"] or names["ja"]},
        protocol=pack.protocol,
        protocol_version=pack.protocol_version,
        document_project={"society": pack.society},
        granularities=pack.granularities,
        tools=pack.tools,
        diagnosis=pack.diagnosis,
        governance=pack.governance if governance is None else governance,
        reads_per_image=reads_per_image,
        is_blind=reads_per_image > 1 if is_blind is None else is_blind,
        lease_minutes=lease_minutes,
    )
    SocietyCampaign.objects.create(society=society, campaign=campaign, pack=pack.slug)
    grant_campaign(campaign=campaign, society=society)
    return campaign


@transaction.atomic
def add_reader(*, campaign: Campaign, user: User) -> None:
    """Let a reader of the campaign's society read its images.

    Raises:
        ApiError: ``not_a_reader`` for anyone else.
    """
    if not Membership.objects.filter(society__campaigns__campaign=campaign, user=user, role=Membership.Role.READER).exists():
        raise refusal("not_a_reader", "/user_id")
    grant_reading(campaign=campaign, user=user)
    publish(AccessChanged(user_id=user.pk))
    publish(CampaignChanged(campaign_id=campaign.pk))


@transaction.atomic
def remove_reader(*, campaign: Campaign, user: User) -> None:
    """Take a campaign from a reader: what they hold goes back to the queue, what they submitted stays."""
    revoke_reading(campaign=campaign, user=user)
    publish(AccessChanged(user_id=user.pk))
    publish(CampaignChanged(campaign_id=campaign.pk))


@transaction.atomic
def set_endpoint(*, campaign: Campaign, endpoint: ModelEndpoint | None) -> None:
    """Choose the model that makes suggestions for a campaign; None: no model.

    Raises:
        ApiError: ``endpoint_not_owned``.
    """
    if endpoint is not None and not endpoint_is_of_the_same_society(campaign, endpoint):
        raise refusal("endpoint_not_owned", "/endpoint_id")
    Campaign.objects.filter(pk=campaign.pk).update(endpoint=endpoint)
    publish(CampaignChanged(campaign_id=campaign.pk))


def endpoint_is_of_the_same_society(campaign: Campaign, endpoint: ModelEndpoint) -> bool:
    """Return whether an endpoint was registered by the society that runs the campaign."""
    return Society.objects.filter(campaigns__campaign=campaign, endpoints__endpoint=endpoint).exists()


def _known_pack(slug: str) -> Pack:
    try:
        return load_pack(slug)
    except KeyError as error:
        raise refusal("pack_unknown", "/pack") from error


def _suited(label_set: LabelSet, pack: Pack) -> LabelSet:
    """Return the label set, if readers can say with it what the pack asks of them."""
    labels = [(label.role, label.granularities or list(Granularity)) for label in label_set.labels.all()]
    wanted = pack.diagnosis
    can_diagnose = any(role in wanted["label_roles"] and "diagnosis" in levels for role, levels in labels)
    if (wanted["required"] and not can_diagnose) or not any(set(levels) & set(pack.granularities) for _role, levels in labels):
        raise refusal("label_set_unsuited", "/label_set_id")
    return label_set


def _free_code(society: Society) -> str:
    """Return the next short name of a campaign; the society is locked, so nobody else takes it."""
    number = society.campaigns.count() + 1
    while Campaign.objects.filter(code=f"{society.slug}-{number}").exists():
        number += 1
    return f"{society.slug}-{number}"
