import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Release(models.Model):
    """That documents of a campaign are to leave the society: for whom, what for, until when, and who answers for it."""

    class Tier(models.TextChoices):
        PLATFORM = "platform", _("research platform")
        THIRD_PARTY = "third-party", _("third party")

    class State(models.TextChoices):
        REQUESTED = "requested", _("requested")
        APPROVED = "approved", _("approved")
        REFUSED = "refused", _("refused")
        REVOKED = "revoked", _("revoked")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    campaign = models.ForeignKey("annotation.Campaign", on_delete=models.PROTECT, related_name="releases")
    tier = models.CharField(max_length=12, choices=Tier.choices)
    format = models.CharField(max_length=16)
    recipient = models.CharField(max_length=200)
    recipient_kind = models.CharField(max_length=20)
    purpose = models.CharField(max_length=32)
    label_maps = models.JSONField(default=list, help_text="[{id, version}] of the label maps that it is made under, in their order")
    unmapped = models.CharField(max_length=8, default="refuse", help_text="What to do with labels that the maps say nothing of")
    expires_on = models.DateField(help_text="The last day on which it may be taken")
    state = models.CharField(max_length=10, choices=State.choices, default=State.REQUESTED)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    pixels_confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True, help_text="Of an approval: later reads are not part of the release")
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        default_permissions = ()
        ordering = ["-requested_at", "-pk"]

    def __str__(self) -> str:
        return f"release {self.id}"


class ReleaseRead(models.Model):
    """A read that a release is made of, pinned when it was approved; never changed."""

    release = models.ForeignKey("annotation.Release", on_delete=models.PROTECT, related_name="pinned")
    read = models.ForeignKey("annotation.Read", on_delete=models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["release", "read"], name="read_is_pinned_once")]

    def __str__(self) -> str:
        return f"{self.release_id}: {self.read_id}"


class LedgerEntry(models.Model):
    """One line of the ledger of what left, or was to leave; never changed, chained to the line before it."""

    class Action(models.TextChoices):
        GOVERNANCE = "governance", _("conditions changed")
        REQUESTED = "requested", _("requested")
        PIXELS_CONFIRMED = "pixels-confirmed", _("pixels confirmed")
        APPROVED = "approved", _("approved")
        REFUSED = "refused", _("refused")
        REVOKED = "revoked", _("revoked")
        TAKEN = "taken", _("handing over begun")
        DELIVERED = "delivered", _("handed over")
        WITHDRAWN = "withdrawn", _("subject withdrawn")

    id = models.BigAutoField(primary_key=True)
    campaign = models.ForeignKey("annotation.Campaign", on_delete=models.PROTECT, related_name="ledger")
    release = models.ForeignKey("annotation.Release", null=True, blank=True, on_delete=models.PROTECT, related_name="ledger")
    action = models.CharField(max_length=20, choices=Action.choices)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    said = models.JSONField(help_text="What happened, in full: the digest is over this")
    previous = models.CharField(max_length=64, unique=True, help_text="Digest of the entry before; unique, so that the chain never forks")
    hash = models.CharField(max_length=64, unique=True)

    class Meta:
        default_permissions = ()
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.action} {self.at:%Y-%m-%d}"


class LedgerCheck(models.Model):
    """How far the ledger was found whole: one row, so that a page checks what came since and not all of it."""

    entry_id = models.BigIntegerField(help_text="The last entry that was checked; 0: none")
    hash = models.CharField(max_length=64, help_text="Its digest then")
    checked_in_full_at = models.DateTimeField(null=True, blank=True, help_text="When all of it was read last, by manage.py verify_ledger")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"whole up to {self.entry_id}"


class Withdrawal(models.Model):
    """That a subject withdrew: nothing of theirs is exported any more."""

    collection = models.ForeignKey("viewer.Collection", on_delete=models.PROTECT, related_name="withdrawals")
    subject = models.CharField(max_length=64, help_text="The subject's pseudonym on this site, or the id of an image that names nobody")
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["collection", "subject"], name="subject_withdraws_once")]

    def __str__(self) -> str:
        return f"{self.collection_id}: {self.subject[:8]}"
