"""Published label maps as those see them who may export under them."""

from typing import Any

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils.translation import get_language
from guardian.shortcuts import get_objects_for_user

from annotation.models import Campaign, LabelMap, LabelSet

__all__ = ["maps_for", "maps_of_campaign", "maps_of_sets"]


def maps_for(user: User | None) -> QuerySet[LabelMap]:
    """Return the maps that a person may export under; None stands for the command line, which may use all."""
    if user is None:
        return LabelMap.objects.all()
    rows: QuerySet[LabelMap] = get_objects_for_user(user, "annotation.apply_labelmap", klass=LabelMap, accept_global_perms=False)
    return rows


def maps_of_campaign(user: User, campaign: Campaign) -> list[dict[str, Any]]:
    """Return the maps that begin with a campaign's label set, the newest first."""
    return maps_of_sets(user, LabelSet.objects.filter(pk=campaign.label_set_id).values("pk"))


def maps_of_sets(user: User, sets: QuerySet[LabelSet, Any]) -> list[dict[str, Any]]:
    """Return the maps that begin with one of some label sets, the newest first."""
    rows = maps_for(user).filter(source__in=sets).select_related("target").order_by("-created_at", "pk")
    return [
        {
            "name": f"{each.slug}@{each.version}",
            "label": f"{_in_language(each)} {each.version} → {_in_language(each.target)} {each.target.version}",
            "display": {"ja": each.name_ja, "en": each.name_en},
            "version": each.version,
            "target": {
                "id": each.target.slug,
                "version": each.target.version,
                "display": {"ja": each.target.name_ja, "en": each.target.name_en},
            },
        }
        for each in rows
    ]


def _in_language(named: LabelMap | LabelSet) -> str:
    return named.name_ja if (get_language() or "").startswith("ja") else named.name_en
