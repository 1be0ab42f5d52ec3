"""Drafts of label sets, forms and label maps: one of each, saved by several people without losing anybody's work, published."""

import re
from collections.abc import Mapping
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from annotation.locks import lock_draft
from annotation.models import VocabularyDraft
from annotation.schema.label_diff import diff_items
from annotation.selectors.drafts import draft_json, version_named
from annotation.services.vocabularies import VOCABULARIES, Published
from annotation.services.vocabulary_errors import problems_json, vocabulary_refusal

__all__ = ["discard_draft", "publish_draft", "save_draft", "start_draft"]

_VERSION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,15}")


def start_draft(*, kind: str, slug: str, content: Mapping[str, Any], user: User, based_on: str = "") -> VocabularyDraft:
    """Begin the draft of what has none.

    Args:
        kind: of VocabularyDraft.Kind.
        slug: short name of what is edited.
        content: what it begins with.
        user: who begins it.
        based_on: the published version that it began from; empty: none.

    Raises:
        ApiError: ``draft_exists``.
    """
    try:
        with transaction.atomic():
            return VocabularyDraft.objects.create(kind=kind, slug=slug, content=dict(content), based_on=based_on, saved_by=user)
    except IntegrityError as error:
        raise vocabulary_refusal("draft_exists") from error


@transaction.atomic
def save_draft(*, draft: VocabularyDraft, content: Mapping[str, Any], revision: int, user: User) -> VocabularyDraft:
    """Replace what a draft holds, if it is still at the revision that the user saw; it need not be valid.

    Raises:
        ApiError: ``draft_stale`` with the draft as it is now; ``not_found`` when it was published or discarded.
    """
    held = _held(draft, revision)
    held.content, held.saved_by = dict(content), user
    held.revision += 1
    held.save(update_fields=["content", "saved_by", "revision", "saved_at"])
    return held


@transaction.atomic
def discard_draft(*, draft: VocabularyDraft, revision: int) -> None:
    """Throw a draft away; published versions stay.

    Raises:
        ApiError: ``draft_stale``, ``not_found``.
    """
    _held(draft, revision).delete()


@transaction.atomic
def publish_draft(*, draft: VocabularyDraft, version: str, revision: int, user: User) -> Published:
    """Publish a draft as a version that never changes again; the draft is gone then.

    Raises:
        ApiError: ``draft_stale``, ``not_found``, ``version_malformed``, ``version_taken``, ``draft_invalid`` with every
            problem, ``draft_unchanged``.
    """
    held = _held(draft, revision)
    vocabulary = VOCABULARIES[held.kind]
    if not _VERSION.fullmatch(version):
        raise vocabulary_refusal("version_malformed", "/version")
    if version_named(held.kind, held.slug, version) is not None:
        raise vocabulary_refusal("version_taken", "/version")
    problems = problems_json(vocabulary.problems(held.content))
    if problems:
        raise vocabulary_refusal("draft_invalid", problems[0]["pointer"], problems=problems)
    _refuse_unchanged(held)
    published = vocabulary.publish(held.slug, version, held.content, user)
    held.delete()
    return published


def _held(draft: VocabularyDraft, revision: int) -> VocabularyDraft:
    held = lock_draft(draft.pk)
    if held.revision != revision:
        raise vocabulary_refusal("draft_stale", current=draft_json(held))
    return held


def _refuse_unchanged(draft: VocabularyDraft) -> None:
    vocabulary = VOCABULARIES[draft.kind]
    newest = vocabulary.versions([draft.slug]).first()
    if newest is None:
        return
    before, after = (vocabulary.items(content) for content in (vocabulary.content(newest), draft.content))
    if diff_items(before, after).is_empty:
        raise vocabulary_refusal("draft_unchanged")
