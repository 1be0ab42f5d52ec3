"""Publishes label sets and forms. A published version never changes: marks that name it must mean the same for ever."""

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

from django.contrib.auth.models import User
from django.db import transaction

from annotation.errors import refusal
from annotation.models import FormDefinition, Label, LabelSet
from annotation.schema.label_checks import label_problems
from annotation.services.forms import check_form_schema


class LabelSpec(TypedDict):
    """One label as a pack describes it; the order of the list is the order of the labels."""

    code: str
    role: str
    display: Mapping[str, str]  # {"ja": ..., "en": ...}
    colour: str  # "#rrggbb", lower case
    key: NotRequired[str]  # one character that chooses the label; missing or empty: none
    parent: NotRequired[str | None]  # code of a label that stands earlier in the list
    granularities: NotRequired[Sequence[str]]  # missing or empty: all that the campaign asks for
    codings: NotRequired[Sequence[Mapping[str, Any]]]


@transaction.atomic
def publish_label_set(
    *, slug: str, version: str, name: Mapping[str, str], labels: Sequence[LabelSpec], published_by: User | None = None
) -> LabelSet:
    """Store a version of a label set; publishing equal content again returns the stored one.

    Args:
        slug: short name shared by all versions.
        version: text that orders nothing and only distinguishes.
        name: display in both languages, ``{"ja": ..., "en": ...}``.
        labels: the labels in the order in which they are offered.
        published_by: who publishes it; None: it comes with a pack.

    Raises:
        ApiError: ``label_set_invalid`` with a pointer, or ``version_published`` when the version holds other content.
    """
    for problem in label_problems(labels):
        raise refusal("label_set_invalid", problem.pointer)
    rows = [_row(spec, index) for index, spec in enumerate(labels)]
    described = {"name_ja": name["ja"], "name_en": name["en"], "published_by": published_by}
    known, created = LabelSet.objects.get_or_create(slug=slug, version=version, defaults=described)
    if created:
        by_code: dict[str, Label] = {}
        for row in rows:
            parent = by_code.get(row["parent"] or "")
            by_code[row["code"]] = Label.objects.create(label_set=known, **(row | {"parent": parent}))
    elif (known.name_ja, known.name_en) != (name["ja"], name["en"]) or _stored(known) != rows:
        raise refusal("version_published")
    return known


def publish_form(
    *, slug: str, version: str, schema: Mapping[str, Any], ui: Mapping[str, Any], published_by: User | None = None
) -> FormDefinition:
    """Store a version of a form; publishing equal content again returns the stored one.

    Args:
        slug: short name shared by all versions; the document's ``formId``.
        version: text that distinguishes versions.
        schema: JSON Schema 2020-12 of the form's object; references stay within it.
        ui: titles, option displays and order, see :class:`annotation.models.FormDefinition`.
        published_by: who publishes it; None: it comes with a pack.

    Raises:
        ApiError: ``form_schema_invalid`` with a pointer, or ``version_published`` when the version holds other content.
    """
    check_form_schema(schema)
    content = {"schema": dict(schema), "ui": dict(ui)}
    known, created = FormDefinition.objects.get_or_create(slug=slug, version=version, defaults=content | {"published_by": published_by})
    if not created and {"schema": known.schema, "ui": known.ui} != content:
        raise refusal("version_published")
    return known


def _row(spec: LabelSpec, index: int) -> dict[str, Any]:
    """Return one label as the columns of its row, with the parent's code in place of the parent."""
    return {
        "code": spec["code"],
        "role": spec["role"],
        "display_ja": spec["display"]["ja"],
        "display_en": spec["display"]["en"],
        "colour": spec["colour"],
        "key": spec.get("key", ""),
        "parent": spec.get("parent") or None,
        "granularities": list(spec.get("granularities", ())),
        "codings": [dict(coding) for coding in spec.get("codings", ())],
        "position": index,
    }


def label_specs(label_set: LabelSet) -> list[LabelSpec]:
    """Return a published version as it was described; two queries."""
    return [
        {
            "code": row["code"],
            "role": row["role"],
            "display": {"ja": row["display_ja"], "en": row["display_en"]},
            "colour": row["colour"],
            "key": row["key"],
            "parent": row["parent"],
            "granularities": row["granularities"],
            "codings": row["codings"],
        }
        for row in _stored(label_set)
    ]


def _stored(label_set: LabelSet) -> list[dict[str, Any]]:
    columns = ("code", "role", "display_ja", "display_en", "colour", "key", "granularities", "codings", "position")
    rows = label_set.labels.select_related("parent").order_by("position")
    return [{column: getattr(row, column) for column in columns} | {"parent": row.parent.code if row.parent else None} for row in rows]
