from django.conf import settings
from django.db import models


class Annotation(models.Model):
    """A mark by one author: the newest revision, as a row. A diagnosis of the whole image is one without geometry."""

    id = models.UUIDField(primary_key=True, editable=False, help_text="Made by the browser that drew it")
    read = models.ForeignKey("annotation.Read", on_delete=models.PROTECT, related_name="annotations")
    revision = models.PositiveIntegerField(default=1)
    sequence = models.PositiveBigIntegerField(help_text="The read's list revision at which this row last changed")
    deleted = models.BooleanField(default=False)
    granularity = models.CharField(max_length=12)
    frame = models.PositiveIntegerField(null=True, blank=True, help_text="0-based; null for images without frames")
    sop_instance_uid = models.CharField(max_length=64, blank=True)
    geometry_kind = models.CharField(
        max_length=16, blank=True, help_text="Point, Rectangle, Polygon, MultiPolygon, Track; empty: the whole image"
    )
    geometry_wkb = models.BinaryField(null=True, blank=True, help_text="Level-0 continuous pixels on the 1/8 px grid")
    mask = models.BinaryField(null=True, blank=True, help_text="Where geometry_kind is Mask: its tiles, see annotation.schema.masks")
    track = models.JSONField(
        null=True,
        blank=True,
        help_text="Of a track: {interpolation, keyframes: [{frame, kind}]}; the shapes are a geometry collection, kind null is outside",
    )
    last_frame = models.PositiveIntegerField(
        null=True, blank=True, help_text="0-based; of a track: the last frame that it is on, `frame` being the first"
    )
    min_x_px = models.FloatField(null=True, blank=True)
    min_y_px = models.FloatField(null=True, blank=True)
    max_x_px = models.FloatField(null=True, blank=True)
    max_y_px = models.FloatField(null=True, blank=True)
    labels = models.JSONField(default=list, help_text="Codes of the campaign's label set, the primary one first")
    text = models.TextField(blank=True)
    form_data = models.JSONField(null=True, blank=True)
    report = models.ForeignKey("annotation.Report", null=True, blank=True, on_delete=models.PROTECT, related_name="annotations")
    span = models.JSONField(
        null=True, blank=True, help_text="Of a mark on a report: {digest, start, end, polarity, coding}, see services.report_marks"
    )
    cites = models.JSONField(
        null=True, blank=True, help_text="Of a finding of the whole examination: [{image_id, frame, annotation_id}], what shows it"
    )
    cell = models.JSONField(
        null=True, blank=True, help_text="Of a mark that was made of a cell: {layer_id, number}; what its reader does later leaves it"
    )
    certainty = models.CharField(max_length=16, blank=True)
    basis = models.JSONField(default=list, help_text="[{method, status}]")
    confirm_by = models.DateField(
        null=True, blank=True, help_text="Of a submitted mark whose basis is pending: the day on which its reader is reminded"
    )
    origin = models.CharField(max_length=12, default="manual", help_text="manual, suggestion or import")
    suggestion = models.ForeignKey("annotation.Suggestion", null=True, blank=True, on_delete=models.PROTECT, related_name="annotations")
    active_seconds = models.FloatField(default=0)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["read", "sequence"], name="one_annotation_per_sequence")]
        indexes = [
            models.Index(fields=["read", "deleted", "frame"], name="annotation_by_frame"),
            models.Index(
                fields=["read", "sequence", "deleted", "min_x_px", "max_x_px", "min_y_px", "max_y_px", "frame", "last_frame"],
                name="annotation_in_order",  # all that a rectangle is asked for by, in the order of its answer: ADR 20
            ),
            models.Index(fields=["confirm_by", "id"], name="annotation_to_confirm", condition=models.Q(confirm_by__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"annotation {self.id} r{self.revision}"


class Revision(models.Model):
    """An immutable version of an annotation. Triggers in the database refuse to change or delete one."""

    annotation = models.ForeignKey("annotation.Annotation", on_delete=models.PROTECT, related_name="revisions")
    read = models.ForeignKey("annotation.Read", on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    sequence = models.PositiveBigIntegerField()
    verb = models.CharField(max_length=8, help_text="create, update, delete, restore or confirm")
    operation_id = models.UUIDField(
        unique=True, help_text="Idempotency key made by the browser: a repeated operation is answered, not repeated"
    )
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    body = models.JSONField(help_text="The whole annotation after this revision, as the API gives it")
    created_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ["annotation", "number"]
        constraints = [
            models.UniqueConstraint(fields=["annotation", "number"], name="revisions_without_doubles"),
            models.UniqueConstraint(fields=["read", "sequence"], name="one_revision_per_sequence"),
        ]

    def __str__(self) -> str:
        return f"{self.annotation_id} r{self.number}"
