"""The label maps that a dataset names: checked when it is described, put together for each campaign when it is handed out."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User

from annotation.exporters.relabelling import Relabelling, Unmapped
from annotation.models import Campaign, LabelMap
from annotation.selectors.label_maps import maps_for
from annotation.services.label_maps import MAX_MAPS, relabelling_of
from annotation.services.vocabulary_errors import vocabulary_refusal

__all__ = ["check_maps", "relabelling_for", "relabellings"]


def check_maps(*, user: User, names: Sequence[str], unmapped: str, before: Sequence[str] = ()) -> None:
    """Refuse maps that the user may not apply, that begin with the same labels, or that would stop an export at a mark.

    Args:
        user: who names them.
        names: ``id@version`` of each, in any order: campaigns with different label sets go through different ones.
        unmapped: refuse or drop.
        before: those that the dataset names already; whoever named them was allowed to.

    Raises:
        ApiError: ``label_map_unknown``, ``label_map_mismatch``, ``label_map_incomplete``, ``unmapped_malformed``.
    """
    if unmapped not in set(Unmapped):
        raise vocabulary_refusal("unmapped_malformed", "/unmapped")
    begins: set[UUID] = set()
    for name in names:
        found = _map_named(None if name in before else user, name)
        if found is None:
            raise vocabulary_refusal("label_map_unknown", "/label_maps")
        if found.source_id in begins or len(names) > MAX_MAPS:
            raise vocabulary_refusal("label_map_mismatch", "/label_maps")
        begins.add(found.source_id)
        missing = sorted(set(found.source.labels.values_list("code", flat=True)) - set(found.rules))
        if missing and unmapped == Unmapped.REFUSE:
            raise vocabulary_refusal("label_map_incomplete", "/unmapped", values={"label": missing[0]}, labels=missing)


def relabelling_for(campaign: Campaign, recipe: Mapping[str, Any]) -> Relabelling | None:
    """Return what the part of one campaign goes through under the maps of a version; None where none begins with its labels."""
    by_source = {found.source_id: (name, found.target_id) for name in recipe.get("label_maps", ()) if (found := _map_named(None, name))}
    chain, begins = [], campaign.label_set_id
    while begins in by_source:
        name, begins = by_source.pop(begins)
        chain.append(name)
    return relabelling_of(user=None, campaign=campaign, names=chain, unmapped=recipe.get("unmapped", Unmapped.REFUSE))


def relabellings(campaigns: Iterable[Campaign], names: Sequence[str]) -> dict[str, Relabelling]:
    """Return what each of some campaigns goes through under the maps of a dataset, by the campaign's id; none where none begins."""
    found = ((str(campaign.pk), relabelling_for(campaign, {"label_maps": names, "unmapped": Unmapped.DROP})) for campaign in campaigns)
    return {campaign: relabelling for campaign, relabelling in found if relabelling is not None}


def _map_named(user: User | None, name: str) -> LabelMap | None:
    slug, _at, version = name.partition("@")
    return maps_for(user).filter(slug=slug, version=version).select_related("source", "target").first()
