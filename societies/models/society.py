import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Society(models.Model):
    """A tenant: one learned society. Nobody sees anything of another one."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=32, unique=True)
    name_ja = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["slug"]
        default_permissions = ()
        verbose_name_plural = "societies"

    def __str__(self) -> str:
        return self.slug


class Membership(models.Model):
    """That a user holds a role in a society; several roles are several rows."""

    class Role(models.TextChoices):
        ADMIN = "admin", _("society admin")
        READER = "reader", _("reader")
        EXPORTER = "exporter", _("exporter")

    society = models.ForeignKey("societies.Society", on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=12, choices=Role.choices)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["society", "user", "role"], name="one_row_per_role")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} of {self.society_id}"


class SocietyCollection(models.Model):
    """Which society a collection belongs to."""

    society = models.ForeignKey("societies.Society", on_delete=models.PROTECT, related_name="collections")
    collection = models.OneToOneField("viewer.Collection", on_delete=models.CASCADE, related_name="owner")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.society_id}: {self.collection_id}"


class SocietyCampaign(models.Model):
    """Which society runs a campaign, and from which pack it was made."""

    society = models.ForeignKey("societies.Society", on_delete=models.PROTECT, related_name="campaigns")
    campaign = models.OneToOneField("annotation.Campaign", on_delete=models.CASCADE, related_name="owner")
    pack = models.SlugField(max_length=32)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.society_id}: {self.campaign_id}"


class SocietyEndpoint(models.Model):
    """Which society registered a model endpoint."""

    society = models.ForeignKey("societies.Society", on_delete=models.PROTECT, related_name="endpoints")
    endpoint = models.OneToOneField("annotation.ModelEndpoint", on_delete=models.CASCADE, related_name="owner")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.society_id}: {self.endpoint_id}"
