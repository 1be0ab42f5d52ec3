import uuid

from django.conf import settings
from django.db import models


class ImageScale(models.Model):
    """A scale that a person entered for an image whose file states none. Rows are only added: the newest one holds."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    image = models.ForeignKey("viewer.Image", on_delete=models.CASCADE, related_name="entered_scales")
    revision = models.PositiveIntegerField(help_text="1 for the first one of an image")
    x_um = models.FloatField(null=True, help_text="Micrometres per level-0 pixel; null takes back what was entered before")
    y_um = models.FloatField(null=True)
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["image", "revision"], name="one_scale_per_revision")]

    def __str__(self) -> str:
        return f"scale {self.revision} of {self.image_id}"
