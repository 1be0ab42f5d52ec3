"""Who is granted what: the one place where roles become permissions on collections, campaigns, endpoints and label maps."""

from typing import Final

from django.contrib.auth.models import Group, User
from guardian.shortcuts import assign_perm, remove_perm

from annotation.models import Campaign, LabelMap, ModelEndpoint
from annotation.selectors.campaigns import campaigns_for
from societies.models import Assignment, Membership, Society
from viewer.models import Collection

Role = Membership.Role

COLLECTION_GRANTS: Final[dict[str, tuple[str, ...]]] = {
    Role.ADMIN: ("view_collection", "upload_collection"),
    Role.EXPORTER: ("view_collection",),
}
CAMPAIGN_GRANTS: Final[dict[str, tuple[str, ...]]] = {
    Role.ADMIN: ("view_campaign", "manage_campaign"),
    Role.EXPORTER: ("view_campaign", "export_campaign"),
}
ENDPOINT_GRANTS: Final[dict[str, tuple[str, ...]]] = {Role.ADMIN: ("use_modelendpoint", "manage_modelendpoint")}

LABEL_MAP_GRANTS: Final[dict[str, tuple[str, ...]]] = dict.fromkeys((Role.ADMIN, Role.EXPORTER), ("apply_labelmap",))


def role_group(society: Society, role: str) -> Group:
    """Return the group that holds a role's grants in a society."""
    group, _created = Group.objects.get_or_create(name=f"society:{society.slug}:{role}")
    return group


def grant_collection(*, collection: Collection, society: Society) -> None:
    """Open a collection to its society's admins and exporters; a reader sees it through a campaign only."""
    _grant(society, collection, COLLECTION_GRANTS)


def grant_campaign(*, campaign: Campaign, society: Society) -> None:
    """Open a campaign to its society's admins and exporters; readers are added one by one."""
    _grant(society, campaign, CAMPAIGN_GRANTS)


def grant_endpoint(*, endpoint: ModelEndpoint, society: Society) -> None:
    """Open a model endpoint to its society's admins."""
    _grant(society, endpoint, ENDPOINT_GRANTS)


def grant_label_map(*, label_map: LabelMap, society: Society) -> None:
    """Let a society's admins and exporters export under a label map."""
    _grant(society, label_map, LABEL_MAP_GRANTS)


def grant_reading(*, campaign: Campaign, user: User) -> None:
    """Let a person read a campaign's images."""
    assign_perm("annotation.read_campaign", user, campaign)
    assign_perm("viewer.view_collection", user, campaign.collection)


def revoke_reading(*, campaign: Campaign, user: User) -> None:
    """Take a campaign from a reader, and its images unless another campaign needs them; what they hold goes back."""
    remove_perm("annotation.read_campaign", user, campaign)
    still_read = campaigns_for(user, "annotation.read_campaign", granted_only=True)
    if not still_read.filter(collection=campaign.collection_id).exclude(pk=campaign.pk).exists():
        remove_perm("viewer.view_collection", user, campaign.collection)
    held = Assignment.objects.filter(campaign=campaign, reader=user, state=Assignment.State.LEASED)
    held.update(state=Assignment.State.EXPIRED)


def _grant(society: Society, thing: Collection | Campaign | ModelEndpoint | LabelMap, grants: dict[str, tuple[str, ...]]) -> None:
    for role, names in grants.items():
        group = role_group(society, role)
        for name in names:
            assign_perm(f"{thing._meta.app_label}.{name}", group, thing)  # noqa: SLF001  # Django's public accessor of the model's facts
