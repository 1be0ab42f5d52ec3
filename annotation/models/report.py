import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Report(models.Model):
    """A report that was written about a study; its words are in its texts, the last one of which counts."""

    class Kind(models.TextChoices):
        RADIOLOGY = "radiology", _("radiology")
        ENDOSCOPY = "endoscopy", _("endoscopy")
        PATHOLOGY = "pathology", _("pathology")
        ULTRASOUND = "ultrasound", _("ultrasound")
        OPHTHALMOLOGY = "ophthalmology", _("ophthalmology")
        DERMATOLOGY = "dermatology", _("dermatology")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    study = models.ForeignKey("viewer.Study", on_delete=models.PROTECT, related_name="reports")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    issued_on = models.CharField(max_length=10, blank=True, help_text="2026, 2026-11 or 2026-11-22; empty: not said")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        ordering = ["created_at", "pk"]
        constraints = [models.UniqueConstraint(fields=["study", "kind", "issued_on"], name="one_report_of_a_kind_and_day")]

    def __str__(self) -> str:
        return f"report {self.id}"


class ReportText(models.Model):
    """The words of a report as they were at a time. Triggers in the database refuse to change or delete one."""

    report = models.ForeignKey("annotation.Report", on_delete=models.PROTECT, related_name="texts")
    number = models.PositiveIntegerField()
    text = models.TextField()
    digest = models.CharField(max_length=64, help_text="SHA-256 of the text in UTF-8")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        ordering = ["report", "number"]
        constraints = [models.UniqueConstraint(fields=["report", "number"], name="report_texts_without_doubles")]

    def __str__(self) -> str:
        return f"{self.report_id} text {self.number}"
