"""Publishes label sets and forms. A published version never changes: marks that name it must mean the same for ever."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NotRequired, TypedDict

from django.db import transaction

from annotation.errors import refusal
from annotation.models import FormDefinition, Label, LabelSet
from annotation.schema.labels import LABEL_ROLES, Granularity
from annotation.services.forms import check_form_schema

_COLOUR: Final = re.compile(r"#[0-9a-f]{6}")


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
def publish_label_set(*, slug: str, version: str, name: Mapping[str, str], labels: Sequence[LabelSpec]) -> LabelSet:
    """Store a version of a label set; publishing equal content again returns the stored one.

    Args:
        slug: short name shared by all versions.
        version: text that orders nothing and only distinguishes.
        name: display in both languages, ``{"ja": ..., "en": ...}``.
        labels: the labels in the order in which they are offered.

    Raises:
        ApiError: ``label_set_invalid`` with a pointer, or ``version_published`` when the version holds other content.
    """
    rows = [_checked(labels, index) for index in range(len(labels))]
    _check_together(rows)
    known, created = LabelSet.objects.get_or_create(slug=slug, version=version, defaults={"name_ja": name["ja"], "name_en": name["en"]})
    if created:
        by_code: dict[str, Label] = {}
        for row in rows:
            parent = by_code.get(row["parent"] or "")
            by_code[row["code"]] = Label.objects.create(label_set=known, **(row | {"parent": parent}))
    elif (known.name_ja, known.name_en) != (name["ja"], name["en"]) or _stored(known) != rows:
        raise refusal("version_published")
    return known


def publish_form(*, slug: str, version: str, schema: Mapping[str, Any], ui: Mapping[str, Any]) -> FormDefinition:
    """Store a version of a form; publishing equal content again returns the stored one.

    Args:
        slug: short name shared by all versions; the document's ``formId``.
        version: text that distinguishes versions.
        schema: JSON Schema 2020-12 of the form's object; references stay within it.
        ui: titles, option displays and order, see :class:`annotation.models.FormDefinition`.

    Raises:
        ApiError: ``form_schema_invalid`` with a pointer, or ``version_published`` when the version holds other content.
    """
    check_form_schema(schema)
    content = {"schema": dict(schema), "ui": dict(ui)}
    known, created = FormDefinition.objects.get_or_create(slug=slug, version=version, defaults=content)
    if not created and {"schema": known.schema, "ui": known.ui} != content:
        raise refusal("version_published")
    return known


def _checked(labels: Sequence[LabelSpec], index: int) -> dict[str, Any]:
    """Return one label as the columns of its row, with the parent's code in place of the parent."""
    spec = labels[index]
    earlier = {label["code"] for label in labels[:index]}
    granularities = list(spec.get("granularities", ()))
    faults = {
        "code": not re.fullmatch(r"[A-Za-z0-9._:-]{1,64}", spec["code"]) or spec["code"] in earlier,
        "role": spec["role"] not in LABEL_ROLES,
        "display": not (spec["display"].get("ja") and spec["display"].get("en")),
        "colour": not _COLOUR.fullmatch(spec["colour"]),
        "key": len(spec.get("key", "")) > 1,
        "parent": bool(spec.get("parent")) and spec.get("parent") not in earlier,
        "granularities": not set(granularities) <= {str(known) for known in Granularity},
    }
    for field, wrong in faults.items():
        if wrong:
            raise refusal("label_set_invalid", f"/labels/{index}/{field}")
    return {
        "code": spec["code"],
        "role": spec["role"],
        "display_ja": spec["display"]["ja"],
        "display_en": spec["display"]["en"],
        "colour": spec["colour"],
        "key": spec.get("key", ""),
        "parent": spec.get("parent") or None,
        "granularities": granularities,
        "codings": [dict(coding) for coding in spec.get("codings", ())],
        "position": index,
    }


def _check_together(rows: Sequence[Mapping[str, Any]]) -> None:
    """Raise ApiError ``label_set_invalid`` for an empty set, or where one key would choose two labels of one granularity."""
    if not rows:
        raise refusal("label_set_invalid", "/labels")
    taken: set[tuple[str, str]] = set()
    for index, row in enumerate(rows):
        uses = {(row["key"], granularity) for granularity in row["granularities"] or [str(known) for known in Granularity]}
        if row["key"] and uses & taken:
            raise refusal("label_set_invalid", f"/labels/{index}/key")
        taken |= uses


def _stored(label_set: LabelSet) -> list[dict[str, Any]]:
    columns = ("code", "role", "display_ja", "display_en", "colour", "key", "granularities", "codings", "position")
    rows = label_set.labels.select_related("parent").order_by("position")
    return [{column: getattr(row, column) for column in columns} | {"parent": row.parent.code if row.parent else None} for row in rows]
