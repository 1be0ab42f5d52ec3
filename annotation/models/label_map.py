import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class LabelMap(models.Model):
    """How the labels of one published set become those of another. A published version never changes."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=64)
    version = models.CharField(max_length=16)
    name_ja = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200)
    source = models.ForeignKey("annotation.LabelSet", on_delete=models.PROTECT, related_name="maps_from")
    target = models.ForeignKey("annotation.LabelSet", on_delete=models.PROTECT, related_name="maps_to")
    rules = models.JSONField(help_text="Code of the source set -> {to: [codes of the target set], chosen?}; to is empty: dropped")
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        permissions = [("apply_labelmap", "May export under the label map")]
        constraints = [models.UniqueConstraint(fields=["slug", "version"], name="one_label_map_per_version")]

    def __str__(self) -> str:
        return f"{self.slug} {self.version}"


class VocabularyDraft(models.Model):
    """The one draft of a label set, a form or a label map, as far as people have come with it."""

    class Kind(models.TextChoices):
        LABEL_SET = "label-sets", _("label set")
        FORM = "forms", _("form")
        LABEL_MAP = "label-maps", _("label map")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    slug = models.SlugField(max_length=64)
    based_on = models.CharField(max_length=16, blank=True, help_text="The version that it began from; empty: from nothing")
    content = models.JSONField(help_text="What would be published, perhaps not valid yet")
    revision = models.PositiveIntegerField(default=1, help_text="Goes up with each save; who saves names the one that they saw")
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["kind", "slug"], name="one_draft_per_slug")]

    def __str__(self) -> str:
        return f"draft of {self.slug}"
