import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Campaign(models.Model):
    """Protocol, label set, images and policy: what readers are asked to do."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        CLOSED = "closed", _("closed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    collection = models.ForeignKey("viewer.Collection", on_delete=models.PROTECT, related_name="campaigns")
    label_set = models.ForeignKey("annotation.LabelSet", on_delete=models.PROTECT, related_name="campaigns")
    form = models.ForeignKey("annotation.FormDefinition", null=True, blank=True, on_delete=models.PROTECT, related_name="campaigns")
    endpoint = models.ForeignKey("annotation.ModelEndpoint", null=True, blank=True, on_delete=models.SET_NULL, related_name="campaigns")
    code = models.SlugField(max_length=64, unique=True)
    document_project = models.JSONField(help_text="{society, societyOther?}: the project block of the document; data, not a relation")
    name_ja = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200)
    protocol_ja = models.TextField(blank=True)
    protocol_en = models.TextField(blank=True)
    protocol_version = models.CharField(max_length=16, default="1.0")
    granularities = models.JSONField(help_text="Ordered list of granularities that readers mark at")
    tools = models.JSONField(help_text="Drawing tools offered: box, polygon, freehand, point")
    diagnosis = models.JSONField(
        help_text="{required, label_roles, ask_certainty, ask_basis, basis_methods}: what is asked of the image as a whole"
    )
    governance = models.JSONField(default=dict, help_text="The governance block of exported documents")
    reads_per_image = models.PositiveSmallIntegerField(default=1)
    is_blind = models.BooleanField(
        default=False, help_text="Readers of an image work independently: they do not meet on it, and comparisons do not name them"
    )
    confirmation_days = models.PositiveSmallIntegerField(
        default=30, help_text="Days after submitting until a reader is reminded of a diagnosis that is still to be confirmed"
    )
    lease_minutes = models.PositiveSmallIntegerField(default=30)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]
        default_permissions = ()
        permissions = [
            ("view_campaign", "May see the campaign and its progress"),
            ("read_campaign", "May read images of the campaign"),
            ("manage_campaign", "May change the campaign, its readers and its suggestions"),
            ("export_campaign", "May export the campaign's documents"),
        ]

    def __str__(self) -> str:
        return self.code


class CampaignImage(models.Model):
    """An image asked of the readers of a campaign, with what the queue orders by."""

    campaign = models.ForeignKey("annotation.Campaign", on_delete=models.CASCADE, related_name="campaign_images")
    image = models.ForeignKey("viewer.Image", on_delete=models.PROTECT, related_name="campaign_images")
    uncertainty = models.FloatField(null=True, blank=True, help_text="0 sure to 1 unsure; null: no model has spoken")
    strategy = models.CharField(max_length=16, blank=True, help_text="How the uncertainty was made: entropy, margin ...")
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["campaign", "image"], name="image_once_per_campaign")]
        indexes = [models.Index(fields=["campaign", "-uncertainty", "added_at"], name="campaign_queue_order")]

    def __str__(self) -> str:
        return f"{self.campaign_id}/{self.image_id}"
