"""Presentation states: how somebody wanted images to be shown, found by the instances they name."""

import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("viewer", "0002_catalogue_search"),
    ]

    operations = [
        migrations.CreateModel(
            name="PresentationState",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("digest", models.CharField(help_text="SHA-256 of the file, hexadecimal", max_length=64)),
                ("sop_instance_uid", models.CharField(blank=True, max_length=64)),
                ("label", models.CharField(blank=True, max_length=64)),
                ("description", models.CharField(blank=True, max_length=200)),
                ("content", models.JSONField(help_text="What the reader made of it: windows, areas, graphics, shutters, bitmaps")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "collection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="presentation_states", to="viewer.collection"
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="PresentationReference",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sop_instance_uid", models.CharField(max_length=64)),
                (
                    "state",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="references", to="viewer.presentationstate"
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.AddConstraint(
            model_name="presentationstate",
            constraint=models.UniqueConstraint(fields=("collection", "digest"), name="one_presentation_state_per_digest"),
        ),
        migrations.AddIndex(
            model_name="presentationreference",
            index=models.Index(fields=["sop_instance_uid", "state"], name="state_by_instance"),
        ),
    ]
