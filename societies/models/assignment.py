import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Assignment(models.Model):
    """A read offered to a reader, with its expiring claim."""

    class State(models.TextChoices):
        LEASED = "leased", _("being read")
        DONE = "done", _("done")
        EXPIRED = "expired", _("expired")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    campaign = models.ForeignKey("annotation.Campaign", on_delete=models.CASCADE, related_name="assignments")
    image = models.ForeignKey("viewer.Image", on_delete=models.PROTECT, related_name="assignments")
    reader = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="assignments")
    read = models.OneToOneField("annotation.Read", on_delete=models.PROTECT, related_name="assignment")
    slot = models.PositiveSmallIntegerField(help_text="Which of the campaign's reads per image this is, from 0")
    state = models.CharField(max_length=8, choices=State.choices, default=State.LEASED)
    leased_until = models.DateTimeField()
    chosen_by = models.CharField(max_length=16, blank=True, help_text="Why this image came now: uncertainty or age")
    score = models.FloatField(null=True, blank=True, help_text="The uncertainty it was chosen by")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        constraints = [
            # An expired claim leaves its slot free; two live claims on one slot cannot exist, whoever asks at once.
            models.UniqueConstraint(
                fields=["campaign", "image", "slot"], condition=~models.Q(state="expired"), name="one_live_claim_per_slot"
            ),
        ]
        indexes = [models.Index(fields=["campaign", "state", "leased_until"], name="assignment_expiry")]

    def __str__(self) -> str:
        return f"assignment {self.id}"
