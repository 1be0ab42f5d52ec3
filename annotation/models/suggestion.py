import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class SuggestionRun(models.Model):
    """One model pass over one image. The row is the truth and the queue; a worker only takes leases on it."""

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    campaign = models.ForeignKey("annotation.Campaign", on_delete=models.CASCADE, related_name="suggestion_runs")
    image = models.ForeignKey("viewer.Image", on_delete=models.PROTECT, related_name="suggestion_runs")
    endpoint = models.ForeignKey("annotation.ModelEndpoint", on_delete=models.PROTECT, related_name="runs")
    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED)
    region = models.JSONField(null=True, blank=True, help_text="{x, y, width, height, frame} in level-0 px; null: chosen by the run")
    read = models.ForeignKey(
        "annotation.Read",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="prompts",
        help_text="The read whose reader pointed at something; null: asked for the image, and shown to all its readers",
    )
    prompt = models.JSONField(null=True, blank=True, help_text="{x, y, width, height, label, granularity} in level-0 px; a point: no size")
    attempt = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    error_detail = models.CharField(max_length=500, blank=True)
    model_name = models.CharField(max_length=120, blank=True)
    model_version = models.CharField(max_length=64, blank=True)
    suggestion_count = models.PositiveIntegerField(default=0)
    steps = models.PositiveIntegerField(default=0, help_text="Pictures that are sent for a layer of cells; 0: it makes suggestions")
    steps_done = models.PositiveIntegerField(default=0, help_text="Of these, how many were answered")
    dropped_count = models.PositiveIntegerField(default=0, help_text="Shapes of the answer that were refused by the checks")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["state", "lease_until"], name="run_to_take")]

    def __str__(self) -> str:
        return f"suggestion run {self.id}"


class Suggestion(models.Model):
    """A machine proposal, kept as it was proposed. Never an annotation until a person decides."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    run = models.ForeignKey("annotation.SuggestionRun", on_delete=models.PROTECT, related_name="suggestions")
    campaign = models.ForeignKey("annotation.Campaign", on_delete=models.PROTECT, related_name="suggestions")
    image = models.ForeignKey("viewer.Image", on_delete=models.PROTECT, related_name="suggestions")
    position = models.PositiveIntegerField(help_text="Order within the run; makes a repeated step find what it stored")
    frame = models.PositiveIntegerField(null=True, blank=True, help_text="0-based")
    granularity = models.CharField(max_length=12)
    geometry_kind = models.CharField(max_length=16, blank=True)
    geometry_wkb = models.BinaryField(null=True, blank=True)
    min_x_px = models.FloatField(null=True, blank=True)
    min_y_px = models.FloatField(null=True, blank=True)
    max_x_px = models.FloatField(null=True, blank=True)
    max_y_px = models.FloatField(null=True, blank=True)
    labels = models.JSONField(default=list)
    score = models.FloatField(null=True, blank=True, help_text="0 to 1, as the model said")
    uncertainty = models.FloatField(null=True, blank=True, help_text="0 sure to 1 unsure")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["run", "position"], name="one_suggestion_per_position")]
        indexes = [models.Index(fields=["campaign", "image"], name="suggestion_by_image")]

    def __str__(self) -> str:
        return f"suggestion {self.id}"


class Exposure(models.Model):
    """That a reader was shown a suggestion, and when first."""

    suggestion = models.ForeignKey("annotation.Suggestion", on_delete=models.PROTECT, related_name="exposures")
    read = models.ForeignKey("annotation.Read", on_delete=models.PROTECT, related_name="exposures")
    shown_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["suggestion", "read"], name="first_exposure_only")]

    def __str__(self) -> str:
        return f"{self.suggestion_id} shown in {self.read_id}"


class Decision(models.Model):
    """What a reader decided on a suggestion. Append-only: the last one counts, ``undo`` opens it again."""

    class Verdict(models.TextChoices):
        ACCEPT = "accept", _("accept")
        EDIT = "edit", _("edit")
        RELABEL = "relabel", _("relabel")
        REJECT = "reject", _("reject")
        IGNORE = "ignore", _("ignore")
        UNDO = "undo", _("undo")

    suggestion = models.ForeignKey("annotation.Suggestion", on_delete=models.PROTECT, related_name="decisions")
    read = models.ForeignKey("annotation.Read", on_delete=models.PROTECT, related_name="decisions")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=8, choices=Verdict.choices)
    reason = models.CharField(max_length=500, blank=True)
    annotation = models.ForeignKey("annotation.Annotation", null=True, blank=True, on_delete=models.PROTECT, related_name="decisions")
    operation_id = models.UUIDField(unique=True)
    shown_at = models.DateTimeField(null=True, blank=True, help_text="First exposure of this suggestion to this reader")
    decided_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ["id"]
        indexes = [models.Index(fields=["read", "suggestion", "id"], name="decision_in_read")]

    def __str__(self) -> str:
        return f"{self.verdict} {self.suggestion_id}"
