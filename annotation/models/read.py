import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Read(models.Model):
    """One person's pass over one image in one campaign; immutable once submitted."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        SUBMITTED = "submitted", _("submitted")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    campaign = models.ForeignKey("annotation.Campaign", on_delete=models.PROTECT, related_name="reads")
    image = models.ForeignKey("viewer.Image", on_delete=models.PROTECT, related_name="reads")
    reader = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reads")
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    sequence = models.PositiveBigIntegerField(default=0, help_text="List revision: grows by one with every applied operation")
    active_seconds = models.FloatField(default=0)
    opened_at = models.DateTimeField(auto_now_add=True)
    submitted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["campaign", "image", "reader"], name="one_read_per_reader_and_image")]
        indexes = [models.Index(fields=["reader", "state"], name="read_by_reader")]

    def __str__(self) -> str:
        return f"read {self.id}"
