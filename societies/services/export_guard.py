"""Keeps persons of a locked test set out of what exporters take: a campaign has no splits, so it is refused as a whole."""

from typing import Final

from django.contrib.auth.models import User
from django.db.models import Q

from annotation.models import Campaign, CampaignImage
from societies.errors import refusal
from societies.models import DatasetMember
from viewer.models import Image

_SUBJECT: Final = "image__series__study__subject_pseudonym"


class TestSetGuard:
    """Exporters take what a frozen dataset tests with by nothing but its version; who administers the campaign answers for it."""

    __test__ = False  # no class of tests

    def check(self, *, campaign: Campaign, user: User, image: Image | None) -> None:
        """Raise ApiError ``test_set_inside`` where an exporter would get an image of a person in a test split.

        Args:
            campaign: what is taken.
            user: who takes it; nobody is refused who manages the campaign.
            image: only the case of this image; None for the whole campaign.
        """
        if user.has_perm("annotation.manage_campaign", campaign):
            return
        asked = CampaignImage.objects.filter(campaign=campaign)
        if image is not None:
            subject = image.series.study.subject_pseudonym
            asked = asked.filter(**{_SUBJECT: subject}) if subject else asked.filter(image=image)
        named = asked.exclude(**{_SUBJECT: ""})
        tested = Q(image__in=asked.values("image")) | Q(subject__in=named.values(_SUBJECT))
        if DatasetMember.objects.filter(tested, split=DatasetMember.Split.TEST).exists():
            raise refusal("test_set_inside")
