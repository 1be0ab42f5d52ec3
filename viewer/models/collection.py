import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _


class Collection(models.Model):
    """The unit of consent, storage and permission: who may see it sees every image in it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(_("short name"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["slug"]
        default_permissions = ()
        permissions = [
            ("view_collection", "May see the images of the collection"),
            ("upload_collection", "May add images to the collection"),
        ]
        verbose_name = _("collection")

    def __str__(self) -> str:
        return self.name
