"""What is left to read, for whom."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from annotation.models import CampaignImage, Read
from societies.models import Assignment


def live(now: datetime) -> Q:
    """Return the condition of an assignment that takes a slot: done, or held under a lease that has not run out."""
    return Q(state=Assignment.State.DONE) | Q(state=Assignment.State.LEASED, leased_until__gt=now)


def open_for(*, user: User, campaigns: Iterable[UUID]) -> QuerySet[CampaignImage]:
    """Return the images that a reader could be given: not submitted by them, and with a read that nobody else has."""
    now = timezone.now()
    same = {"campaign": OuterRef("campaign"), "image": OuterRef("image")}
    by_others = Assignment.objects.filter(live(now), **same).exclude(reader=user).order_by().values("image")
    taken = Coalesce(Subquery(by_others.annotate(count=Count("pk")).values("count"), output_field=IntegerField()), 0)
    submitted = Read.objects.filter(reader=user, state=Read.State.SUBMITTED, **same)
    possible = CampaignImage.objects.filter(campaign__in=list(campaigns)).exclude(Exists(submitted))
    return possible.annotate(taken=taken).filter(taken__lt=F("campaign__reads_per_image"))
