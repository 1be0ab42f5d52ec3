import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class ExportRun(models.Model):
    """Who took what out of a campaign, and when."""

    class State(models.TextChoices):
        STARTED = "started", _("started")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    campaign = models.ForeignKey("annotation.Campaign", on_delete=models.PROTECT, related_name="export_runs")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", help_text="Null: from the command line"
    )
    release = models.ForeignKey(
        "annotation.Release",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="runs",
        help_text="Null: inside the society",
    )
    format = models.CharField(max_length=16)
    include_drafts = models.BooleanField(default=False)
    label_maps = models.JSONField(default=list, help_text="[{id, version}] of the label maps that were applied, in their order")
    state = models.CharField(max_length=8, choices=State.choices, default=State.STARTED)
    document_count = models.PositiveIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the ZIP, hexadecimal")
    error_code = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"export {self.id}"
