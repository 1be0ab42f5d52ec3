from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class CodeTable(models.Model):
    """One version of a table of codes that this site holds. A version never changes; another one stands beside it."""

    class State(models.TextChoices):
        LOADING = "loading", _("being loaded")
        READY = "ready", _("loaded")

    id = models.AutoField(primary_key=True)
    system = models.CharField(max_length=200, help_text="URI of the code system")
    version = models.CharField(max_length=64)
    name_ja = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200)
    licence = models.CharField(
        max_length=300, blank=True, help_text="On which terms the site holds the table, in its own words; empty: as known of the system"
    )
    shipped = models.BooleanField(default=False, help_text="Came with the program, not from the site's own file")
    file_name = models.CharField(max_length=255, blank=True)
    encoding = models.CharField(max_length=16, blank=True)
    digest = models.CharField(max_length=64, help_text="SHA-256 of the entries as they were taken")
    entry_count = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=8, choices=State.choices, default=State.LOADING)
    heard_at = models.DateTimeField(help_text="When loading last made a step")
    loaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    loaded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        ordering = ["system", "-loaded_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["system", "version"], name="one_code_table_per_version")]

    def __str__(self) -> str:
        return f"{self.system} {self.version}"


class CodeEntry(models.Model):
    """A name of a code. Its number lies as the search lists it: by the length of its name, then table, then place in the file."""

    id = models.BigIntegerField(primary_key=True)
    table = models.ForeignKey("annotation.CodeTable", on_delete=models.PROTECT, related_name="entries")
    code = models.CharField(max_length=64)
    ja = models.CharField(max_length=400, blank=True)
    reading = models.CharField(max_length=400, blank=True, help_text="Kana of the Japanese name")
    en = models.CharField(max_length=400, blank=True)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["table", "code"], name="code_entries_by_code")]

    def __str__(self) -> str:
        return self.code
