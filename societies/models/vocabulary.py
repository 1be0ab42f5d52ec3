from django.conf import settings
from django.db import models

from annotation.models import VocabularyDraft


class SocietyVocabulary(models.Model):
    """Which society edits the versions of a label set, a form or a label map; those of packs belong to nobody."""

    society = models.ForeignKey("societies.Society", on_delete=models.PROTECT, related_name="vocabularies")
    kind = models.CharField(max_length=12, choices=VocabularyDraft.Kind.choices)
    slug = models.SlugField(max_length=64)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        ordering = ["slug"]
        verbose_name_plural = "society vocabularies"
        constraints = [models.UniqueConstraint(fields=["kind", "slug"], name="one_owner_per_vocabulary")]

    def __str__(self) -> str:
        return f"{self.society_id}: {self.slug}"
