import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class CellLayer(models.Model):
    """The outlines that a model or another program made of one image, as one file. Being imported, the row is the queue."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        IMPORTING = "importing", _("being imported")
        READY = "ready", _("ready")
        FAILED = "failed", _("failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    campaign = models.ForeignKey("annotation.Campaign", on_delete=models.PROTECT, related_name="cell_layers")
    image = models.ForeignKey("viewer.Image", on_delete=models.PROTECT, related_name="cell_layers")
    name = models.CharField(max_length=200)
    source = models.JSONField(default=dict, help_text="{file, sha256, model?, version?, endpoint?}: where the outlines come from")
    run = models.OneToOneField(
        "annotation.SuggestionRun",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="cell_layer",
        help_text="The pass of a model that outlined the cells; null: they were brought as a file",
    )
    label_map = models.JSONField(default=dict, help_text="Class of the file -> code of the campaign's label set, where they differ")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    attempt = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    error_detail = models.CharField(max_length=500, blank=True)
    labels = models.JSONField(default=list, help_text="[{name, code}] as the cells number them; code is empty where the class is unknown")
    cell_count = models.PositiveIntegerField(default=0)
    refused = models.JSONField(default=dict, help_text="{code: count} of features that are no cells")
    digest = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the layer's file")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        ordering = ["created_at"]
        indexes = [
            models.Index(fields=["campaign", "image"], name="cell_layer_by_image"),
            models.Index(fields=["state", "lease_until"], name="cell_layer_to_import"),
        ]

    def __str__(self) -> str:
        return f"cell layer {self.id}"


class CellChange(models.Model):
    """What a reader did to cells of a layer. Triggers in the database refuse to change or delete one."""

    layer = models.ForeignKey("annotation.CellLayer", on_delete=models.PROTECT, related_name="changes")
    read = models.ForeignKey("annotation.Read", on_delete=models.PROTECT, related_name="cell_changes")
    sequence = models.PositiveBigIntegerField(help_text="The read's list revision that this change made")
    operation_id = models.UUIDField(unique=True, help_text="Idempotency key made by the browser, and the change's name")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, help_text="relabel, accept, delete or undo")
    label = models.CharField(max_length=64, blank=True)
    cells = models.BinaryField(help_text="Numbers of the cells as packed runs, see annotation.cells.runs; empty for an undo")
    cell_count = models.PositiveIntegerField(default=0)
    undoes = models.UUIDField(null=True, blank=True, help_text="Operation id of the change that is taken back")
    created_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ["read", "sequence"]
        constraints = [models.UniqueConstraint(fields=["read", "sequence"], name="one_cell_change_per_sequence")]
        indexes = [models.Index(fields=["layer", "read"], name="cell_changes_of_read")]

    def __str__(self) -> str:
        return f"cell change {self.operation_id}"
