import uuid

from django.db import models


class Series(models.Model):
    """Images of one study made in one go by one device."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    study = models.ForeignKey("viewer.Study", on_delete=models.PROTECT, related_name="series")
    series_key = models.CharField(max_length=80, help_text="Series Instance UID, or the digest for images without one")
    modality = models.CharField(max_length=16, help_text="DICOM modality code, also for images that are not DICOM")
    number = models.IntegerField(null=True, blank=True)
    description = models.CharField(max_length=200, blank=True)

    class Meta:
        default_permissions = ()
        verbose_name_plural = "series"
        constraints = [models.UniqueConstraint(fields=["study", "series_key"], name="one_series_per_key")]

    def __str__(self) -> str:
        return f"series {self.id} ({self.modality})"
