from django.conf import settings
from django.db import models


class CreditChoice(models.Model):
    """How a person wants to be named for what they did in a society, or that they do not want to be; the newest one counts."""

    society = models.ForeignKey("societies.Society", on_delete=models.PROTECT, related_name="credit_choices")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="credit_choices")
    name = models.CharField(max_length=120, blank=True, help_text="As it is to be printed; empty: not to be named")
    chosen_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        ordering = ["pk"]
        indexes = [models.Index(fields=["society", "person", "-id"], name="credit_choice_that_counts")]

    def __str__(self) -> str:
        return f"{self.society_id}: {self.person_id}"
