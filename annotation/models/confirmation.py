from django.conf import settings
from django.db import models


class Confirmation(models.Model):
    """What became known of a diagnosis after its read was submitted. Triggers in the database refuse to change or delete one.

    Each one made a revision of the annotation, so that what was said before stays beside what is said now.
    """

    revision = models.OneToOneField("annotation.Revision", on_delete=models.PROTECT, related_name="confirmation")
    annotation = models.ForeignKey("annotation.Annotation", on_delete=models.PROTECT, related_name="confirmations")
    operation_id = models.UUIDField(unique=True, help_text="Idempotency key made by the browser")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    awaited = models.CharField(max_length=32, help_text="Method of the basis that this is about")
    method = models.CharField(max_length=32, help_text="By what it became known; the same method, or another one")
    status = models.CharField(max_length=16, help_text="confirmed, supports, contradicts, not-confirmable, or pending: still awaited")
    known_on = models.DateField(null=True, blank=True, help_text="The day of the result")
    due_on = models.DateField(null=True, blank=True, help_text="Of one that is still pending: the day on which to ask again")
    note = models.CharField(max_length=500, blank=True)
    labels_before = models.JSONField(help_text="Labels of the annotation before this")
    basis_before = models.JSONField(help_text="Basis of the annotation before this")
    due_before = models.DateField(null=True, blank=True, help_text="The day of the reminder before this")
    created_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.annotation_id}: {self.status} by {self.method}"
