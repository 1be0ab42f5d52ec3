import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class ModelEndpoint(models.Model):
    """A model that a society admin registered, spoken to by the Open Inference Protocol V2."""

    class Task(models.TextChoices):
        SEGMENT = "segment", _("outlines")
        DETECT = "detect", _("boxes")
        CLASSIFY = "classify", _("diagnosis")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120)
    url = models.URLField(max_length=300, help_text="Base address; its host must be on the site's list")
    model_name = models.CharField(max_length=120)
    task = models.CharField(max_length=12, choices=Task.choices)
    label_map = models.JSONField(default=dict, help_text="{label the model says: label code of the campaign}; empty: the same words")
    parameters = models.JSONField(default=dict, blank=True)
    enabled = models.BooleanField(default=True)
    failures_in_a_row = models.PositiveIntegerField(default=0)
    blocked_until = models.DateTimeField(null=True, blank=True, help_text="Circuit breaker: not called before this instant")
    last_checked_at = models.DateTimeField(null=True, blank=True)
    last_state = models.CharField(max_length=40, blank=True, help_text="ok, or the code of the last error")
    last_version = models.CharField(max_length=64, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        default_permissions = ()
        permissions = [("use_modelendpoint", "May ask the endpoint for suggestions"), ("manage_modelendpoint", "May change the endpoint")]

    def __str__(self) -> str:
        return self.name
