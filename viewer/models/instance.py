import uuid

from django.db import models


class Instance(models.Model):
    """One stored file. Its identity is the digest of its bytes: the same file twice is one instance."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    collection = models.ForeignKey("viewer.Collection", on_delete=models.PROTECT, related_name="instances")
    series = models.ForeignKey("viewer.Series", on_delete=models.PROTECT, related_name="instances")
    image = models.ForeignKey("viewer.Image", on_delete=models.PROTECT, related_name="instances")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the file, hexadecimal")
    path = models.CharField(max_length=300, help_text="Relative to the data folder")
    size_bytes = models.BigIntegerField()
    sop_class_uid = models.CharField(max_length=64, blank=True)
    sop_instance_uid = models.CharField(max_length=64, blank=True)
    instance_number = models.IntegerField(null=True, blank=True)
    position_mm = models.FloatField(null=True, blank=True, help_text="Position along the slice normal, for ordering a stack")
    frame_count = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["collection", "digest"], name="one_instance_per_digest")]
        indexes = [models.Index(fields=["collection", "sop_instance_uid"], name="instance_by_sop_uid")]

    def __str__(self) -> str:
        return self.digest[:12]
