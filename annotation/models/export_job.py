import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class ExportJob(models.Model):
    """An export that the worker makes as a file, to be fetched for a while. The row is the queue, and stays when the file is gone."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        WORKING = "working", _("being made")
        DONE = "done", _("ready")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")
        REMOVED = "removed", _("removed")

    class Reason(models.TextChoices):
        AGE = "age", _("kept for as long as the site keeps exports")
        SPACE = "space", _("made room for newer ones")
        WITHDRAWAL = "withdrawal", _("a subject withdrew")
        PERSON = "person", _("removed by hand")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    campaign = models.ForeignKey("annotation.Campaign", on_delete=models.PROTECT, related_name="export_jobs")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    request_id = models.UUIDField(help_text="Idempotency key made by who asks")
    format = models.CharField(max_length=16)
    include_drafts = models.BooleanField(default=False)
    required = models.JSONField(default=list, help_text="Names of fields that must not be lost")
    options = models.JSONField(default=dict, help_text="What the format lets one choose, see annotation.services.export_jobs")
    label_maps = models.JSONField(default=list, help_text="[{id, version}] of the label maps to be applied, in their order")
    unmapped = models.CharField(max_length=8, default="refuse", help_text="What to do with labels that the maps say nothing of")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    attempt = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    case_count = models.PositiveIntegerField(default=0, help_text="Cases to be written; 0: not counted yet")
    done_count = models.PositiveIntegerField(default=0, help_text="Cases written so far")
    size_bytes = models.PositiveBigIntegerField(default=0, help_text="Bytes written so far")
    digest = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the file, hexadecimal")
    error_code = models.CharField(max_length=40, blank=True)
    error_place = models.CharField(max_length=200, blank=True, help_text="Case, mark or pointer where it happened")
    error_detail = models.CharField(max_length=300, blank=True)
    removed_for = models.CharField(max_length=10, choices=Reason.choices, blank=True)
    run = models.ForeignKey("annotation.ExportRun", null=True, blank=True, on_delete=models.PROTECT, related_name="jobs")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    kept_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        ordering = ["-created_at"]
        constraints = [models.UniqueConstraint(fields=["requested_by", "request_id"], name="export_asked_for_once")]
        indexes = [
            models.Index(fields=["campaign", "-created_at"], name="export_jobs_of_campaign"),
            models.Index(fields=["state", "lease_until"], name="export_jobs_to_work_on"),
        ]

    def __str__(self) -> str:
        return f"export job {self.id}"
