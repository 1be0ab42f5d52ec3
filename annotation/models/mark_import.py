import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class ImportRun(models.Model):
    """A file of another tool on its way into a reader's own reads. The row is the queue, and stays as the record."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        READING = "reading", _("being read")
        READ = "read", _("to be confirmed")
        CONFIRMED = "confirmed", _("confirmed")
        STORING = "storing", _("being imported")
        DONE = "done", _("imported")
        FAILED = "failed", _("failed")
        UNDONE = "undone", _("taken back")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    campaign = models.ForeignKey("annotation.Campaign", on_delete=models.PROTECT, related_name="import_runs")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    file_name = models.CharField(max_length=255)
    digest = models.CharField(max_length=64, help_text="SHA-256 of the file")
    size_bytes = models.PositiveBigIntegerField()
    format = models.CharField(max_length=24, blank=True, help_text="Name of the reader that its content told")
    options = models.JSONField(default=dict, help_text="{images, classes, y_axis}: what the reader chose where the file does not say")
    mapping = models.JSONField(default=dict, help_text="Label of the file -> code of the campaign's label set, null: left out")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    attempt = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    done_count = models.PositiveIntegerField(default=0, help_text="Marks checked so far while importing")
    preview = models.JSONField(default=dict, help_text="What was read, see annotation.importers.preview")
    result = models.JSONField(
        default=dict, help_text="{created, restored, already_there, left_out: {code: count}, reads: [{read, image, marks}]}"
    )
    error_code = models.CharField(max_length=40, blank=True)
    error_place = models.CharField(max_length=200, blank=True)
    error_detail = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["campaign", "created_by", "-created_at"], name="import_runs_of_reader"),
            models.Index(fields=["state", "lease_until"], name="import_runs_to_work_on"),
        ]

    def __str__(self) -> str:
        return f"import {self.id}"


class ImportedAnnotation(models.Model):
    """Where a mark came from: the run that made or restored it, and what the file called it."""

    run = models.ForeignKey("annotation.ImportRun", on_delete=models.PROTECT, related_name="imported")
    annotation = models.ForeignKey("annotation.Annotation", on_delete=models.PROTECT, related_name="imports")
    revision = models.PositiveIntegerField(
        help_text="Revision that the import made; a higher one means that a person changed the mark since"
    )
    source_id = models.CharField(max_length=220, help_text="Id of the mark in the file, or its place")
    source_label = models.CharField(max_length=420, blank=True)
    source_author = models.CharField(max_length=200, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["run", "annotation"], name="imported_once_a_run")]

    def __str__(self) -> str:
        return f"{self.run_id}: {self.source_id}"


class ImportMapping(models.Model):
    """What readers of a campaign last chose for a label of a format; offered to the next one."""

    campaign = models.ForeignKey("annotation.Campaign", on_delete=models.CASCADE, related_name="import_mappings")
    format = models.CharField(max_length=24)
    source_label = models.CharField(max_length=420, blank=True)
    code = models.CharField(max_length=64, blank=True, help_text="Code of the campaign's label set; empty: left out")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["campaign", "format", "source_label"], name="one_mapping_per_source_label")]

    def __str__(self) -> str:
        return f"{self.format}: {self.source_label} -> {self.code}"
