import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from annotation.append_only import CELL_TABLES, create_triggers, drop_triggers


class Migration(migrations.Migration):
    dependencies = [
        ("annotation", "0002_append_only"),
        ("viewer", "0007_search_characters"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CellLayer",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=200)),
                ("source", models.JSONField(default=dict, help_text="{file, sha256, model?, version?}: where the outlines come from")),
                (
                    "label_map",
                    models.JSONField(default=dict, help_text="Class of the file -> code of the campaign's label set, where they differ"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "waiting"), ("importing", "being imported"), ("ready", "ready"), ("failed", "failed")],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("attempt", models.PositiveSmallIntegerField(default=0)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("error_code", models.CharField(blank=True, max_length=40)),
                ("error_detail", models.CharField(blank=True, max_length=500)),
                (
                    "labels",
                    models.JSONField(
                        default=list, help_text="[{name, code}] as the cells number them; code is empty where the class is unknown"
                    ),
                ),
                ("cell_count", models.PositiveIntegerField(default=0)),
                ("refused", models.JSONField(default=dict, help_text="{code: count} of features that are no cells")),
                ("digest", models.CharField(blank=True, help_text="SHA-256 of the layer's file", max_length=64)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "campaign",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="cell_layers", to="annotation.campaign"),
                ),
                (
                    "created_by",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
                ),
                ("image", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="cell_layers", to="viewer.image")),
            ],
            options={
                "ordering": ["created_at"],
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="CellChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sequence", models.PositiveBigIntegerField(help_text="The read's list revision that this change made")),
                ("operation_id", models.UUIDField(help_text="Idempotency key made by the browser, and the change's name", unique=True)),
                ("kind", models.CharField(help_text="relabel, accept, delete or undo", max_length=8)),
                ("label", models.CharField(blank=True, max_length=64)),
                (
                    "cells",
                    models.BinaryField(help_text="Numbers of the cells as packed runs, see annotation.cells.runs; empty for an undo"),
                ),
                ("cell_count", models.PositiveIntegerField(default=0)),
                ("undoes", models.UUIDField(blank=True, help_text="Operation id of the change that is taken back", null=True)),
                ("created_at", models.DateTimeField()),
                ("author", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("read", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="cell_changes", to="annotation.read")),
                (
                    "layer",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="changes", to="annotation.celllayer"),
                ),
            ],
            options={
                "ordering": ["read", "sequence"],
                "default_permissions": (),
            },
        ),
        migrations.AddIndex(
            model_name="celllayer",
            index=models.Index(fields=["campaign", "image"], name="cell_layer_by_image"),
        ),
        migrations.AddIndex(
            model_name="celllayer",
            index=models.Index(fields=["state", "lease_until"], name="cell_layer_to_import"),
        ),
        migrations.AddIndex(
            model_name="cellchange",
            index=models.Index(fields=["layer", "read"], name="cell_changes_of_read"),
        ),
        migrations.AddConstraint(
            model_name="cellchange",
            constraint=models.UniqueConstraint(fields=("read", "sequence"), name="one_cell_change_per_sequence"),
        ),
        migrations.RunPython(
            lambda apps, schema_editor: create_triggers(schema_editor.connection, CELL_TABLES),
            lambda apps, schema_editor: drop_triggers(schema_editor.connection, CELL_TABLES),
        ),
    ]
