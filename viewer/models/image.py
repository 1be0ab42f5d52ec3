import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _


class Image(models.Model):
    """One displayable thing: a slide, a stack of frames, a photograph, a video."""

    class Kind(models.TextChoices):
        SLIDE = "slide", _("slide")
        FRAMES = "frames", _("frames")
        PHOTOGRAPH = "photograph", _("photograph")
        VIDEO = "video", _("video")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    collection = models.ForeignKey("viewer.Collection", on_delete=models.PROTECT, related_name="images")
    series = models.ForeignKey("viewer.Series", on_delete=models.PROTECT, related_name="images")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    name = models.CharField(max_length=255, help_text="Name of the file as it came; shown, never used as a path")
    modality = models.CharField(max_length=16)
    digest = models.CharField(max_length=64, help_text="SHA-256 of the file, or over the sorted digests of the instances")
    revision = models.PositiveIntegerField(default=1, help_text="Grows when an instance joins; part of every pixel address")
    width_px = models.PositiveIntegerField()
    height_px = models.PositiveIntegerField()
    frame_count = models.PositiveIntegerField(default=1)
    spacing_x_um = models.FloatField(null=True, blank=True, help_text="Micrometres per level-0 pixel; null where the file does not say")
    spacing_y_um = models.FloatField(null=True, blank=True)
    spacing_source = models.CharField(max_length=32, blank=True)
    inspection = models.JSONField(help_text="What the reader said of the file: levels, frames, acquisition, warnings")
    search_text = models.TextField(blank=True, default="", help_text="Name, modality, series and acquisition, without case")
    frozen_at = models.DateTimeField(null=True, blank=True, help_text="Set when a campaign takes the image: no instance joins it any more")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(fields=["collection", "created_at", "id"], name="image_list"),
            models.Index(fields=["collection", "kind", "created_at", "id"], name="image_list_by_kind"),
            models.Index(fields=["collection", "digest"], name="image_by_digest"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def has_frames(self) -> bool:
        """Whether marks belong to one frame of several, as in stacks and videos."""
        return self.kind in {self.Kind.FRAMES, self.Kind.VIDEO}
