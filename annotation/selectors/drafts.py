"""Drafts and published versions of label sets, forms and label maps, as those see them who edit them."""

from dataclasses import asdict
from typing import Any

from django.contrib.auth.models import User

from annotation.models import VocabularyDraft
from annotation.schema.label_diff import Diff, diff_items
from annotation.selectors.code_warnings import warnings_of_labels
from annotation.services.vocabularies import VOCABULARIES
from annotation.services.vocabulary_errors import problems_json
from viewer.api.errors import not_found

__all__ = ["diff_json", "draft_json", "draft_of", "get_draft", "get_version", "version_json", "version_named"]


def draft_of(kind: str, slug: str) -> VocabularyDraft | None:
    """Return the draft, None where there is none; one query."""
    return VocabularyDraft.objects.filter(kind=kind, slug=slug).select_related("saved_by").first()


def get_draft(kind: str, slug: str) -> VocabularyDraft:
    """Return the draft.

    Raises:
        ApiError: ``not_found`` where there is none.
    """
    draft = draft_of(kind, slug)
    if draft is None:
        raise not_found()
    return draft


def version_named(kind: str, slug: str, version: str) -> Any | None:
    """Return a published version, None where there is none."""
    return VOCABULARIES[kind].versions([slug]).filter(version=version).first()


def get_version(kind: str, slug: str, version: str) -> Any:
    """Return a published version.

    Raises:
        ApiError: ``not_found``.
    """
    found = version_named(kind, slug, version)
    if found is None:
        raise not_found()
    return found


def draft_json(draft: VocabularyDraft) -> dict[str, Any]:
    """Return a draft with what is wrong in it, and with what differs from the newest version; the names are of the page's language."""
    vocabulary = VOCABULARIES[draft.kind]
    newest = vocabulary.versions([draft.slug]).first()
    before = vocabulary.items(vocabulary.content(newest)) if newest is not None else []
    return {
        "revision": draft.revision,
        "based_on": draft.based_on,
        "saved_by": person_name(draft.saved_by),
        "saved_at": draft.saved_at.isoformat(),
        "content": draft.content,
        "problems": problems_json(vocabulary.problems(draft.content)),
        "warnings": warnings_of_labels(draft.content.get("labels", ())) if draft.kind == VocabularyDraft.Kind.LABEL_SET else [],
        "compared_with": newest.version if newest is not None else "",
        "changes": diff_json(diff_items(before, vocabulary.items(draft.content))),
    }


def version_json(row: Any) -> dict[str, Any]:
    """Return a published version without its content; `published_by` is empty for what came with a pack."""
    return {
        "id": str(row.pk),
        "version": row.version,
        "published_at": row.created_at.isoformat() if row.created_at else None,
        "published_by": person_name(row.published_by) if row.published_by else "",
    }


def diff_json(diff: Diff) -> dict[str, list[dict[str, Any]]]:
    """Return the differences as the API gives them."""
    return {name: list(changes) for name, changes in asdict(diff).items()}


def person_name(user: User) -> str:
    """Return what a person is called."""
    return user.get_full_name() or user.get_username()
