"""Publishes label maps, and prepares those that an export is to be made under."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import transaction

from annotation.exporters.relabelling import LabelNotMappedError, PublishedMap, Relabelling, Unmapped
from annotation.models import Campaign, LabelMap, LabelSet
from annotation.schema.label_maps import parse_rules, rule_problems
from annotation.selectors.documents import label_values
from annotation.selectors.label_maps import maps_for
from annotation.services.vocabulary_errors import problems_json, vocabulary_refusal
from viewer.api.errors import ApiError

__all__ = ["MAX_MAPS", "complete_relabelling", "kept_relabelling", "not_mapped", "publish_label_map", "relabelling_of"]

MAX_MAPS: Final = 8


@transaction.atomic
def publish_label_map(
    *,
    slug: str,
    version: str,
    name: Mapping[str, str],
    source: LabelSet,
    target: LabelSet,
    rules: Mapping[str, Mapping[str, Any]],
    published_by: User,
) -> LabelMap:
    """Store a version of a label map.

    Args:
        slug: short name shared by all versions.
        version: text that distinguishes versions.
        name: display in both languages.
        source: the published version whose labels are mapped.
        target: the published version whose labels come out.
        rules: code of the source -> ``{"to": [codes of the target], "chosen"?: code}``.
        published_by: who publishes it.

    Raises:
        ApiError: ``draft_invalid`` with what is wrong, ``version_taken``.
    """
    parsed = parse_rules(rules)
    codes, aims = (list(each.labels.values_list("code", flat=True)) for each in (source, target))
    problems = problems_json(rule_problems(parsed, codes, aims))
    if problems:
        raise vocabulary_refusal("draft_invalid", problems[0]["pointer"], problems=problems)
    if LabelMap.objects.filter(slug=slug, version=version).exists():
        raise vocabulary_refusal("version_taken", "/version")
    stored = {code: rule.to_json() for code, rule in parsed.items()}
    described = {"name_ja": name["ja"], "name_en": name["en"], "source": source, "target": target, "published_by": published_by}
    return LabelMap.objects.create(slug=slug, version=version, rules=stored, **described)


def relabelling_of(*, user: User | None, campaign: Campaign, names: Sequence[str], unmapped: str = Unmapped.REFUSE) -> Relabelling | None:
    """Return what an export under some maps needs, None where none is named.

    Args:
        user: who exports; None stands for the command line, which may apply every map.
        campaign: whose labels are mapped.
        names: ``id@version`` of each map, in their order.
        unmapped: refuse or drop.

    Raises:
        ApiError: ``label_map_unknown``, ``label_map_mismatch``, ``unmapped_malformed``.
    """
    if unmapped not in set(Unmapped):
        raise vocabulary_refusal("unmapped_malformed", "/unmapped")
    if not names:
        return None
    maps = [_map_named(user, name) for name in names[:MAX_MAPS]]
    begins = campaign.label_set_id
    for each in maps:
        if each.source_id != begins:
            raise vocabulary_refusal("label_map_mismatch", "/label_map")
        begins = each.target_id
    if len(names) > MAX_MAPS:
        raise vocabulary_refusal("label_map_mismatch", "/label_map")
    return Relabelling([_published(each) for each in maps], label_values(maps[-1].target), Unmapped(unmapped))


def complete_relabelling(
    *, user: User | None, campaign: Campaign, names: Sequence[str], unmapped: str = Unmapped.REFUSE
) -> Relabelling | None:
    """Return what :func:`relabelling_of` returns, for what is taken long after it was asked for: it must never be refused at a mark.

    Raises:
        ApiError: ``label_map_incomplete`` where a label of the campaign's set has no rule and is not to be dropped; or as there.
    """
    relabelling = relabelling_of(user=user, campaign=campaign, names=names, unmapped=unmapped)
    if relabelling is not None and relabelling.unmapped is Unmapped.REFUSE:
        codes = campaign.label_set.labels.values_list("code", flat=True)
        missing = relabelling.not_named(codes)
        if missing:
            raise vocabulary_refusal("label_map_incomplete", "/unmapped", values={"label": missing[0]}, labels=missing)
    return relabelling


def kept_relabelling(
    campaign: Campaign, maps: Sequence[Mapping[str, str]], unmapped: str, *, tells_originals: bool = True
) -> Relabelling | None:
    """Return what an export under maps needs that were named and checked before: published versions never change.

    Args:
        campaign: whose labels are mapped.
        maps: ``{id, version}`` of each, in their order, as :attr:`Relabelling.named` told them.
        unmapped: refuse or drop.
        tells_originals: each mark also says what its reader chose.
    """
    names = [f"{one['id']}@{one['version']}" for one in maps]
    relabelling = relabelling_of(user=None, campaign=campaign, names=names, unmapped=unmapped)
    if relabelling is not None:
        relabelling.tells_originals = tells_originals
    return relabelling


def not_mapped(error: LabelNotMappedError) -> ApiError:
    """Return the refusal of an export that met a label of which its maps say nothing."""
    return vocabulary_refusal("label_not_mapped", "/label_map", values={"label": error.label}, label=error.label, annotation=error.identity)


def _map_named(user: User | None, name: str) -> LabelMap:
    slug, _at, version = name.partition("@")
    found = maps_for(user).filter(slug=slug, version=version).select_related("source", "target").first()
    if found is None:
        raise vocabulary_refusal("label_map_unknown", "/label_map")
    return found


def _published(label_map: LabelMap) -> PublishedMap:
    source, target = ((each.slug, each.version) for each in (label_map.source, label_map.target))
    return PublishedMap(label_map.slug, label_map.version, source, target, parse_rules(label_map.rules))
