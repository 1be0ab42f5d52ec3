import uuid

from django.conf import settings
from django.db import models


class LabelSet(models.Model):
    """A published, versioned list of labels. A published version never changes."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=64)
    version = models.CharField(max_length=16)
    name_ja = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", help_text="Null: it came with a pack"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["slug", "version"], name="one_label_set_per_version")]

    def __str__(self) -> str:
        return f"{self.slug} {self.version}"


class Label(models.Model):
    """A coded concept of a label set, with its display in both languages and the key that chooses it."""

    label_set = models.ForeignKey("annotation.LabelSet", on_delete=models.PROTECT, related_name="labels")
    code = models.CharField(max_length=64)
    role = models.CharField(
        max_length=16, help_text="diagnosis, finding, tissue, cell-type, normality, site, quality ... as in the document schema"
    )
    display_ja = models.CharField(max_length=200)
    display_en = models.CharField(max_length=200)
    colour = models.CharField(max_length=7, help_text="#rrggbb")
    key = models.CharField(max_length=1, blank=True, help_text="Key that chooses it; empty: none")
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    granularities = models.JSONField(default=list, help_text="Granularities the label may be used at")
    codings = models.JSONField(default=list, help_text="[{system, code, version?, display?, mapping}]")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        default_permissions = ()
        ordering = ["position", "code"]
        constraints = [models.UniqueConstraint(fields=["label_set", "code"], name="one_label_per_code")]

    def __str__(self) -> str:
        return self.code


class FormDefinition(models.Model):
    """A society's form as JSON Schema (2020-12) with its titles in both languages. A version never changes."""

    slug = models.SlugField(max_length=64)
    version = models.CharField(max_length=16)
    schema = models.JSONField()
    ui = models.JSONField(
        default=dict,
        help_text="Titles, option displays and order: {order: [...], fields: {name: {ja, en, unit?, options: {value: {ja, en}}}}}",
    )
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", help_text="Null: it came with a pack"
    )
    created_at = models.DateTimeField(auto_now_add=True, null=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["slug", "version"], name="one_form_per_version")]

    def __str__(self) -> str:
        return f"{self.slug} {self.version}"
