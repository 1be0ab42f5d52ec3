"""Tables of codes that a site loads, and an index of them by the parts of names."""

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from annotation.services.code_index import make_tables


def _make_index(apps: Any, schema_editor: Any) -> None:
    with schema_editor.connection.cursor() as cursor:
        make_tables(cursor)


def _drop_index(apps: Any, schema_editor: Any) -> None:
    schema_editor.execute("DROP TABLE IF EXISTS annotation_code_terms")


class Migration(migrations.Migration):
    dependencies = [
        ("annotation", "0007_imports"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CodeTable",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("system", models.CharField(help_text="URI of the code system", max_length=200)),
                ("version", models.CharField(max_length=64)),
                ("name_ja", models.CharField(max_length=200)),
                ("name_en", models.CharField(max_length=200)),
                (
                    "licence",
                    models.CharField(
                        blank=True,
                        help_text="On which terms the site holds the table, in its own words; empty: as known of the system",
                        max_length=300,
                    ),
                ),
                ("shipped", models.BooleanField(default=False, help_text="Came with the program, not from the site's own file")),
                ("file_name", models.CharField(blank=True, max_length=255)),
                ("encoding", models.CharField(blank=True, max_length=16)),
                ("digest", models.CharField(help_text="SHA-256 of the entries as they were taken", max_length=64)),
                ("entry_count", models.PositiveIntegerField(default=0)),
                ("state", models.CharField(choices=[("loading", "being loaded"), ("ready", "loaded")], default="loading", max_length=8)),
                ("heard_at", models.DateTimeField(help_text="When loading last made a step")),
                ("loaded_at", models.DateTimeField(blank=True, null=True)),
                (
                    "loaded_by",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["system", "-loaded_at", "-id"],
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="CodeEntry",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("code", models.CharField(max_length=64)),
                ("ja", models.CharField(blank=True, max_length=400)),
                ("reading", models.CharField(blank=True, help_text="Kana of the Japanese name", max_length=400)),
                ("en", models.CharField(blank=True, max_length=400)),
                (
                    "table",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="entries", to="annotation.codetable"),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.AddConstraint(
            model_name="codetable",
            constraint=models.UniqueConstraint(fields=("system", "version"), name="one_code_table_per_version"),
        ),
        migrations.AddIndex(
            model_name="codeentry",
            index=models.Index(fields=["table", "code"], name="code_entries_by_code"),
        ),
        migrations.RunPython(_make_index, _drop_index),
    ]
