import uuid

from django.db import models


class PresentationState(models.Model):
    """How somebody wanted images to be shown: a DICOM presentation state, taken apart into plain values. The file itself is not kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    collection = models.ForeignKey("viewer.Collection", on_delete=models.PROTECT, related_name="presentation_states")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the file, hexadecimal")
    sop_instance_uid = models.CharField(max_length=64, blank=True)
    label = models.CharField(max_length=64, blank=True)
    description = models.CharField(max_length=200, blank=True)
    content = models.JSONField(help_text="What the reader made of it: windows, areas, graphics, shutters, bitmaps")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["collection", "digest"], name="one_presentation_state_per_digest")]

    def __str__(self) -> str:
        return self.label or self.digest[:12]


class PresentationReference(models.Model):
    """An instance that a presentation state is for. It may come later than the state, or never."""

    state = models.ForeignKey(PresentationState, on_delete=models.CASCADE, related_name="references")
    sop_instance_uid = models.CharField(max_length=64)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["sop_instance_uid", "state"], name="state_by_instance")]

    def __str__(self) -> str:
        return self.sop_instance_uid
