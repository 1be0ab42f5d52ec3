"""Label sets, forms and label maps as people edit them: what a version holds, what is wrong with a draft, how it is published."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.auth.models import User
from django.db.models import QuerySet

from annotation.models import FormDefinition, LabelMap, LabelSet, VocabularyDraft
from annotation.schema.form_checks import form_content_problems
from annotation.schema.label_checks import ContentProblem, advice, label_problems
from annotation.schema.label_diff import Item, form_items, label_items, rule_items
from annotation.schema.label_maps import parse_rules, rule_problems
from annotation.services.label_maps import publish_label_map
from annotation.services.label_sets import label_specs, publish_form, publish_label_set

__all__ = ["EMPTY_FORM", "VOCABULARIES", "Published", "Vocabulary", "set_named"]

Content = Mapping[str, Any]
Published = LabelSet | FormDefinition | LabelMap
Kind = VocabularyDraft.Kind

EMPTY_FORM: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": [],
    "additionalProperties": False,
    "properties": {},
}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What one kind can do; `content` is what a draft holds, and what a published version is shown as."""

    versions: Callable[[Collection[str]], QuerySet[Any]]
    """Short names -> their published versions, the newest first."""
    content: Callable[[Any], dict[str, Any]]
    names: Callable[[Any], dict[str, str]]
    """Row -> its display in both languages; empty texts where it has none."""
    problems: Callable[[Content], Iterator[ContentProblem]]
    publish: Callable[[str, str, Content, User], Published]
    """(slug, version, content, who) -> the new version."""
    items: Callable[[Content], list[Item]]


def set_named(name: Mapping[str, Any]) -> LabelSet | None:
    """Return the label set of an ``{id, version}``, None where there is none."""
    return LabelSet.objects.filter(slug=name.get("id", ""), version=name.get("version", "")).first()


def _name_problems(content: Content) -> Iterator[ContentProblem]:
    if not all(content["name"].get(language, "").strip() for language in ("ja", "en")):
        yield ContentProblem("/name", "name_missing")


# label sets


def _label_set_content(row: LabelSet) -> dict[str, Any]:
    return {"name": {"ja": row.name_ja, "en": row.name_en}, "labels": label_specs(row)}


def _label_set_problems(content: Content) -> Iterator[ContentProblem]:
    yield from _name_problems(content)
    yield from label_problems(content["labels"])
    yield from advice(content["labels"])


def _publish_label_set(slug: str, version: str, content: Content, user: User) -> LabelSet:
    return publish_label_set(slug=slug, version=version, name=content["name"], labels=content["labels"], published_by=user)


# forms


def _form_content(row: FormDefinition) -> dict[str, Any]:
    return {"schema": row.schema, "ui": row.ui}


def _form_problems(content: Content) -> Iterator[ContentProblem]:
    title = content["ui"].get("title", {})
    if not (title.get("ja") and title.get("en")):
        yield ContentProblem("/ui/title", "name_missing")
    yield from form_content_problems(content["schema"], content["ui"])


def _form_names(row: FormDefinition) -> dict[str, str]:
    title = row.ui.get("title", {})
    return {"ja": title.get("ja", ""), "en": title.get("en", "")}


def _publish_form(slug: str, version: str, content: Content, user: User) -> FormDefinition:
    return publish_form(slug=slug, version=version, schema=content["schema"], ui=content["ui"], published_by=user)


# label maps


def _map_content(row: LabelMap) -> dict[str, Any]:
    source, target = ({"id": each.slug, "version": each.version} for each in (row.source, row.target))
    return {"name": {"ja": row.name_ja, "en": row.name_en}, "source": source, "target": target, "rules": row.rules}


def _map_problems(content: Content) -> Iterator[ContentProblem]:
    yield from _name_problems(content)
    codes = {}
    for side in ("source", "target"):
        found = set_named(content[side])
        if found is None:
            yield ContentProblem(f"/{side}", "map_set_unknown")
            return
        codes[side] = list(found.labels.values_list("code", flat=True))
    yield from rule_problems(parse_rules(content["rules"]), codes["source"], codes["target"])


def _publish_map(slug: str, version: str, content: Content, user: User) -> LabelMap:
    source, target = (LabelSet.objects.get(slug=content[side]["id"], version=content[side]["version"]) for side in ("source", "target"))
    rules = content["rules"]
    return publish_label_map(slug=slug, version=version, name=content["name"], source=source, target=target, rules=rules, published_by=user)


def _map_items(content: Content) -> list[Item]:
    source = set_named(content["source"])
    labels = source.labels.all() if source is not None else ()
    display = {label.code: {"ja": label.display_ja, "en": label.display_en} for label in labels}
    ends = Item("", content["name"], "", {"source": content["source"], "target": content["target"]})
    return [ends, *rule_items(content["rules"], display)]


def _names(row: Any) -> dict[str, str]:
    return {"ja": row.name_ja, "en": row.name_en}


VOCABULARIES: Final[Mapping[str, Vocabulary]] = {
    Kind.LABEL_SET: Vocabulary(
        versions=lambda slugs: LabelSet.objects.filter(slug__in=slugs).select_related("published_by").order_by("-created_at", "-version"),
        content=_label_set_content,
        names=_names,
        problems=_label_set_problems,
        publish=_publish_label_set,
        items=lambda content: [Item("", content["name"]), *label_items(content["labels"])],
    ),
    Kind.FORM: Vocabulary(
        versions=lambda slugs: (
            FormDefinition.objects.filter(slug__in=slugs).select_related("published_by").order_by("-created_at", "-version")
        ),
        content=_form_content,
        names=_form_names,
        problems=_form_problems,
        publish=_publish_form,
        items=lambda content: form_items(content["schema"], content["ui"]),
    ),
    Kind.LABEL_MAP: Vocabulary(
        versions=lambda slugs: (
            LabelMap.objects.filter(slug__in=slugs).select_related("published_by", "source", "target").order_by("-created_at", "-version")
        ),
        content=_map_content,
        names=_names,
        problems=_map_problems,
        publish=_publish_map,
        items=_map_items,
    ),
}
