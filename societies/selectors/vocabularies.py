"""Label sets, forms and label maps as the people of a society see them: their own, and what packs bring."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from annotation.models import FormDefinition, Label, LabelSet, VocabularyDraft
from annotation.selectors.drafts import draft_json, draft_of, person_name, version_json
from annotation.services.vocabularies import VOCABULARIES
from societies.models import Society, SocietyVocabulary
from societies.packs import load_pack, pack_slugs
from societies.selectors.societies import text_in_language
from viewer.api.errors import not_found

__all__ = [
    "KINDS",
    "get_usable_form",
    "get_usable_label_set",
    "list_vocabularies",
    "own_versions",
    "owned_vocabulary",
    "pack_label_slug",
    "usable_forms",
    "usable_label_sets",
    "usable_names_json",
    "usable_sets_json",
    "vocabulary_json",
]

KINDS = tuple(VocabularyDraft.Kind.values)
_Kind = VocabularyDraft.Kind


def pack_label_slug(pack_slug: str) -> str:
    """Return the short name of the label set that a pack publishes."""
    return f"{pack_slug}-labels"


def owned_vocabulary(society: Society, kind: str, slug: str) -> SocietyVocabulary:
    """Return what the society edits under this name.

    Raises:
        ApiError: ``not_found``, also for what another society edits, and for what a pack brings.
    """
    owned = SocietyVocabulary.objects.filter(society=society, kind=kind, slug=slug).first()
    if owned is None:
        raise not_found()
    return owned


def list_vocabularies(society: Society, kind: str) -> list[dict[str, Any]]:
    """Return what a society edits of one kind, by name; three queries."""
    slugs = list(SocietyVocabulary.objects.filter(society=society, kind=kind).order_by("slug").values_list("slug", flat=True))
    drafts = {draft.slug: draft for draft in VocabularyDraft.objects.filter(kind=kind, slug__in=slugs).select_related("saved_by")}
    versions: dict[str, list[Any]] = {slug: [] for slug in slugs}
    for row in VOCABULARIES[kind].versions(slugs):
        versions[row.slug].append(row)
    return [_summary(kind, slug, versions[slug], drafts.get(slug)) for slug in slugs]


def vocabulary_json(kind: str, slug: str) -> dict[str, Any]:
    """Return one label set, form or map with its versions and, where there is one, its draft."""
    draft = draft_of(kind, slug)
    versions = list(VOCABULARIES[kind].versions([slug]))
    return _summary(kind, slug, versions, draft) | {"draft": draft_json(draft) if draft is not None else None}


def usable_label_sets(society: Society) -> QuerySet[LabelSet]:
    """Return the published versions that a society may use: its own, those of packs, and those of its campaigns."""
    return LabelSet.objects.filter(_usable(society, _Kind.LABEL_SET, [pack_label_slug(slug) for slug in pack_slugs()])).distinct()


def usable_forms(society: Society) -> QuerySet[FormDefinition]:
    """Return the published versions of forms that a society may use."""
    return FormDefinition.objects.filter(_usable(society, _Kind.FORM, [load_pack(slug).form_slug for slug in pack_slugs()])).distinct()


def usable_names_json(society: Society) -> list[dict[str, Any]]:
    """Return the names of the label sets that maps can be made between; one query."""
    rows = usable_label_sets(society).order_by("slug", "-created_at")
    return [{"id": row.slug, "version": row.version, "name": {"ja": row.name_ja, "en": row.name_en}} for row in rows]


def usable_sets_json(society: Society) -> list[dict[str, Any]]:
    """Return the label sets that maps can be made between, each with its labels; two queries."""
    rows = usable_label_sets(society).prefetch_related("labels__parent").order_by("slug", "-created_at")
    return [
        {
            "id": row.slug,
            "version": row.version,
            "name": {"ja": row.name_ja, "en": row.name_en},
            "labels": [
                {
                    "code": label.code,
                    "display": {"ja": label.display_ja, "en": label.display_en},
                    "colour": label.colour,
                    "parent": label.parent.code if label.parent else "",
                }
                for label in row.labels.all()
            ],
        }
        for row in rows
    ]


def get_usable_label_set(society: Society, key: UUID) -> LabelSet:
    """Return a published version that a society may use.

    Raises:
        ApiError: ``not_found``.
    """
    found = usable_label_sets(society).filter(pk=key).first()
    if found is None:
        raise not_found()
    return found


def get_usable_form(society: Society, key: int) -> FormDefinition:
    """Return a published version that a society may use.

    Raises:
        ApiError: ``not_found``.
    """
    found = usable_forms(society).filter(pk=key).first()
    if found is None:
        raise not_found()
    return found


def own_versions(societies: Iterable[Society]) -> dict[str, list[dict[str, Any]]]:
    """Return the published label sets and forms that societies edit themselves, for a new campaign; four queries."""
    rows = SocietyVocabulary.objects.filter(society__in=list(societies)).select_related("society")
    owners = {(row.kind, row.slug): row.society.slug for row in rows}
    slugs = {kind: [slug for known, slug in owners if known == kind] for kind in KINDS}
    sets = LabelSet.objects.filter(slug__in=slugs[_Kind.LABEL_SET]).prefetch_related("labels").order_by("slug", "-created_at")
    forms = FormDefinition.objects.filter(slug__in=slugs[_Kind.FORM]).order_by("slug", "-created_at")
    return {
        "label_sets": [
            {
                "id": str(row.pk),
                "society": owners[_Kind.LABEL_SET, row.slug],
                "name": text_in_language(ja=row.name_ja, en=row.name_en),
                "version": row.version,
                "labels": [_preview(label) for label in row.labels.all()],
            }
            for row in sets
        ],
        "forms": [
            {
                "id": str(row.pk),
                "society": owners[_Kind.FORM, row.slug],
                "name": text_in_language(**VOCABULARIES[_Kind.FORM].names(row)) or row.slug,
                "version": row.version,
                "fields": [text_in_language(ja=shown["ja"], en=shown["en"]) for shown in row.ui["fields"].values()],
            }
            for row in forms
        ],
    }


def _preview(label: Label) -> dict[str, Any]:
    name = text_in_language(ja=label.display_ja, en=label.display_en)
    return {"name": name, "colour": label.colour, "key": label.key, "child": label.parent_id is not None}


def _usable(society: Society, kind: str, pack_names: list[str]) -> Q:
    own = SocietyVocabulary.objects.filter(society=society, kind=kind).values("slug")
    return Q(slug__in=own) | Q(slug__in=pack_names) | Q(campaigns__owner__society=society)


def _summary(kind: str, slug: str, versions: list[Any], draft: VocabularyDraft | None) -> dict[str, Any]:
    names = VOCABULARIES[kind].names(versions[0]) if versions else _names_of(draft.content if draft is not None else {})
    return {
        "kind": kind,
        "id": slug,
        "name": text_in_language(ja=names["ja"] or names["en"], en=names["en"] or names["ja"]) or slug,
        "versions": [version_json(row) for row in versions],
        "draft_saved": None
        if draft is None
        else {"by": person_name(draft.saved_by), "at": draft.saved_at.isoformat(), "based_on": draft.based_on},
    }


def _names_of(content: dict[str, Any]) -> dict[str, str]:
    found = content.get("name") or content.get("ui", {}).get("title") or {}
    return {"ja": found.get("ja", ""), "en": found.get("en", "")}
