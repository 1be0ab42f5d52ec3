"""The only row locks of the annotation app, in the order in which they may be taken: campaign, then read; a draft by itself.

PostgreSQL locks the row until the transaction ends; rows that merely refer to it are not held up. SQLite has one writer at
a time, because its transactions begin IMMEDIATE; there the functions only read. Whoever holds a read's lock owns its
sequence and all its annotations.
"""

from uuid import UUID

from annotation.models import Campaign, Read, VocabularyDraft
from viewer.api.errors import not_found


def lock_campaign(campaign_id: UUID) -> Campaign:
    """Lock a campaign inside the caller's transaction and return it as it is now.

    Raises:
        ApiError: ``not_found``.
    """
    campaign = Campaign.objects.select_for_update(of=("self",), no_key=True).filter(pk=campaign_id).first()
    if campaign is None:
        raise not_found()
    return campaign


def lock_read(read_id: UUID) -> Read:
    """Lock a read inside the caller's transaction and return it as it is now, with its campaign and image.

    Raises:
        ApiError: ``not_found``.
    """
    related = ("campaign__label_set", "campaign__form", "image")
    read = Read.objects.select_for_update(of=("self",), no_key=True).select_related(*related).filter(pk=read_id).first()
    if read is None:
        raise not_found()
    return read


def lock_draft(draft_id: UUID) -> VocabularyDraft:
    """Lock a draft inside the caller's transaction and return it as it is now.

    Raises:
        ApiError: ``not_found``.
    """
    drafts = VocabularyDraft.objects.select_for_update(of=("self",)).select_related("saved_by")
    draft = drafts.filter(pk=draft_id).first()
    if draft is None:
        raise not_found()
    return draft
