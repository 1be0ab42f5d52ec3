from django.conf import settings
from django.db import models


class KeyBindings(models.Model):
    """The keys that one person has given to actions of the workbench, instead of those that the actions come with."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="key_bindings")
    bindings = models.JSONField(default=dict, help_text="Action id -> its keys; an empty list: no key")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        default_permissions = ()
        verbose_name_plural = "key bindings"

    def __str__(self) -> str:
        return f"key bindings of user {self.user_id}"
