"""Label sets, forms and label maps of a society: made, begun anew from what is published, published for its campaigns and exports."""

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import transaction

from annotation.models import LabelMap, LabelSet, VocabularyDraft
from annotation.schema.label_maps import compose, identity_rules, parse_rules
from annotation.selectors.drafts import get_version
from annotation.services.drafts import publish_draft, save_draft, start_draft
from annotation.services.vocabularies import EMPTY_FORM, VOCABULARIES, Published
from societies.errors import refusal
from societies.locks import lock_society
from societies.models import Society, SocietyVocabulary
from societies.packs import Pack, load_pack, pack_slugs
from societies.selectors.vocabularies import owned_vocabulary, pack_label_slug, usable_label_sets
from societies.services.grants import grant_label_map
from societies.services.pack_publishing import publish_pack_form, publish_pack_labels
from viewer.api.errors import not_found

__all__ = ["begin_draft", "create_vocabulary", "publish_vocabulary", "save_vocabulary"]

_CODE: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")
_Kind = VocabularyDraft.Kind


@transaction.atomic
def create_vocabulary(
    *, society: Society, user: User, kind: str, code: str, name: Mapping[str, str], begin_with: Mapping[str, Any] | None = None
) -> VocabularyDraft:
    """Make a label set, a form or a label map of a society, with its first draft.

    Args:
        society: whose it is; its short name begins the new one's.
        user: who makes it.
        kind: of VocabularyDraft.Kind.
        code: short name within the society.
        name: ``{"ja": ..., "en": ...}``; one of them is enough to begin.
        begin_with: what the draft begins with: ``{"pack": slug}`` for what a pack brings, ``{"id", "version"}`` for a published
            label set or form, ``{"source": {id, version}, "target": {id, version}}`` for a map, or ``{"maps": [{id, version}, ...]}``
            for a map that does what several do, one after the other. None: empty.

    Raises:
        ApiError: ``slug_invalid``, ``slug_taken``, ``vocabulary_name_missing``, ``not_found`` for what is not the society's,
            ``maps_do_not_meet``.
    """
    lock_society(society.pk)
    ja, en = (name.get(language, "").strip() for language in ("ja", "en"))
    if not (ja or en):
        raise refusal("vocabulary_name_missing", "/name")
    if not _CODE.fullmatch(code):
        raise refusal("slug_invalid", "/code")
    slug = f"{society.slug}-{code}"
    if slug in _names_of_packs(kind) or VOCABULARIES[kind].versions([slug]).exists() or _is_owned(kind, slug):
        raise refusal("slug_taken", "/code")
    content = _first_content(society, kind, begin_with or {})
    if kind == _Kind.FORM:
        content["ui"] = content["ui"] | {"title": {"ja": ja, "en": en}}
    else:
        content["name"] = {"ja": ja, "en": en}
    SocietyVocabulary.objects.create(society=society, kind=kind, slug=slug, created_by=user)
    return start_draft(kind=kind, slug=slug, content=content, user=user)


def begin_draft(*, society: Society, user: User, kind: str, slug: str, version: str) -> VocabularyDraft:
    """Begin a draft from a published version of what the society edits.

    Raises:
        ApiError: ``not_found``, ``draft_exists``.
    """
    owned_vocabulary(society, kind, slug)
    content = VOCABULARIES[kind].content(get_version(kind, slug, version))
    return start_draft(kind=kind, slug=slug, content=content, user=user, based_on=version)


def save_vocabulary(*, society: Society, user: User, draft: VocabularyDraft, content: Mapping[str, Any], revision: int) -> VocabularyDraft:
    """Save a draft; a map may lead only between label sets that the society may use.

    Raises:
        ApiError: ``not_found`` for another society's label set, or as :func:`annotation.services.drafts.save_draft`.
    """
    if draft.kind == _Kind.LABEL_MAP:
        for side in ("source", "target"):
            if content[side]["id"]:
                _usable_set(society, content[side])
    return save_draft(draft=draft, content=content, revision=revision, user=user)


@transaction.atomic
def publish_vocabulary(*, society: Society, user: User, draft: VocabularyDraft, version: str, revision: int) -> Published:
    """Publish a draft; a map is opened to the society's admins and exporters.

    Raises:
        ApiError: as :func:`annotation.services.drafts.publish_draft`.
    """
    published = publish_draft(draft=draft, version=version, revision=revision, user=user)
    if isinstance(published, LabelMap):
        grant_label_map(label_map=published, society=society)
    return published


def _is_owned(kind: str, slug: str) -> bool:
    return SocietyVocabulary.objects.filter(kind=kind, slug=slug).exists()


def _names_of_packs(kind: str) -> set[str]:
    packs = [load_pack(slug) for slug in pack_slugs()]
    return {pack_label_slug(pack.slug) for pack in packs} if kind == _Kind.LABEL_SET else {pack.form_slug for pack in packs}


def _first_content(society: Society, kind: str, begin_with: Mapping[str, Any]) -> dict[str, Any]:
    if kind == _Kind.LABEL_MAP:
        return _first_map(society, begin_with)
    if begin_with.get("pack"):
        pack = _pack(begin_with["pack"])
        row: Any = publish_pack_labels(pack) if kind == _Kind.LABEL_SET else publish_pack_form(pack)
        return VOCABULARIES[kind].content(row)
    if begin_with.get("id"):
        owned_vocabulary(society, kind, begin_with["id"])
        return VOCABULARIES[kind].content(get_version(kind, begin_with["id"], begin_with.get("version", "")))
    if kind == _Kind.FORM:
        return {"schema": dict(EMPTY_FORM), "ui": {"order": [], "fields": {}}}
    return {"labels": []}


def _first_map(society: Society, begin_with: Mapping[str, Any]) -> dict[str, Any]:
    """Return a map that keeps every label whose code both sets have, or one that is made of several."""
    if begin_with.get("maps"):
        return _composed(society, begin_with["maps"])
    ends = {side: begin_with.get(side) or {"id": "", "version": ""} for side in ("source", "target")}
    rules: dict[str, Any] = {}
    if all(ends[side]["id"] for side in ends):
        codes, aims = (list(_usable_set(society, ends[side]).labels.values_list("code", flat=True)) for side in ("source", "target"))
        rules = {code: rule.to_json() for code, rule in identity_rules([code for code in codes if code in aims]).items()}
    return {**ends, "rules": rules}


def _composed(society: Society, named: list[Mapping[str, str]]) -> dict[str, Any]:
    maps: list[LabelMap] = []
    for each in named:
        owned_vocabulary(society, _Kind.LABEL_MAP, each["id"])
        maps.append(get_version(_Kind.LABEL_MAP, each["id"], each["version"]))
    if any(before.target_id != after.source_id for before, after in pairwise(maps)):
        raise refusal("maps_do_not_meet", "/begin_with/maps")
    rules = parse_rules(maps[0].rules)
    for later in maps[1:]:
        rules = compose(rules, parse_rules(later.rules))
    first, last = (VOCABULARIES[_Kind.LABEL_MAP].content(end) for end in (maps[0], maps[-1]))
    return {"source": first["source"], "target": last["target"], "rules": {code: rule.to_json() for code, rule in rules.items()}}


def _usable_set(society: Society, named: Mapping[str, str]) -> LabelSet:
    found = usable_label_sets(society).filter(slug=named["id"], version=named["version"]).first()
    if found is None:
        raise not_found()
    return found


def _pack(slug: str) -> Pack:
    try:
        return load_pack(slug)
    except KeyError as error:
        raise refusal("pack_unknown", "/begin_with/pack") from error
