import uuid

from django.db import models


class Study(models.Model):
    """One examination of one subject. Holds no name, birth date or hospital number, only a keyed pseudonym."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    collection = models.ForeignKey("viewer.Collection", on_delete=models.PROTECT, related_name="studies")
    study_key = models.CharField(max_length=80, help_text="Study Instance UID, or the digest for images without one")
    subject_pseudonym = models.CharField(max_length=64, db_index=True, help_text="HMAC-SHA-256 of the patient ID, hexadecimal")
    subject_sex = models.CharField(max_length=1, blank=True, help_text="M, F, O or empty")
    subject_age_years = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Age at examination, top-coded at 90")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        verbose_name_plural = "studies"
        constraints = [models.UniqueConstraint(fields=["collection", "study_key", "subject_pseudonym"], name="one_study_per_key")]

    def __str__(self) -> str:
        return f"study {self.id}"
