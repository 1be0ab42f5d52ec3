import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("annotation", "0006_releases"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="annotation",
            name="origin",
            field=models.CharField(default="manual", help_text="manual, suggestion or import", max_length=12),
        ),
        migrations.CreateModel(
            name="ImportRun",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("file_name", models.CharField(max_length=255)),
                ("digest", models.CharField(help_text="SHA-256 of the file", max_length=64)),
                ("size_bytes", models.PositiveBigIntegerField()),
                ("format", models.CharField(blank=True, help_text="Name of the reader that its content told", max_length=24)),
                (
                    "options",
                    models.JSONField(
                        default=dict, help_text="{images, classes, y_axis}: what the reader chose where the file does not say"
                    ),
                ),
                (
                    "mapping",
                    models.JSONField(default=dict, help_text="Label of the file -> code of the campaign's label set, null: left out"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("reading", "being read"),
                            ("read", "to be confirmed"),
                            ("confirmed", "confirmed"),
                            ("storing", "being imported"),
                            ("done", "imported"),
                            ("failed", "failed"),
                            ("undone", "taken back"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("attempt", models.PositiveSmallIntegerField(default=0)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("done_count", models.PositiveIntegerField(default=0, help_text="Marks checked so far while importing")),
                ("preview", models.JSONField(default=dict, help_text="What was read, see annotation.importers.preview")),
                (
                    "result",
                    models.JSONField(
                        default=dict, help_text="{created, restored, already_there, left_out: {code: count}, reads: [{read, image, marks}]}"
                    ),
                ),
                ("error_code", models.CharField(blank=True, max_length=40)),
                ("error_place", models.CharField(blank=True, max_length=200)),
                ("error_detail", models.CharField(blank=True, max_length=300)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "campaign",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="import_runs", to="annotation.campaign"),
                ),
                (
                    "created_by",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
                ),
            ],
            options={
                "ordering": ["-created_at"],
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="ImportedAnnotation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "revision",
                    models.PositiveIntegerField(
                        help_text="Revision that the import made; a higher one means that a person changed the mark since"
                    ),
                ),
                ("source_id", models.CharField(help_text="Id of the mark in the file, or its place", max_length=220)),
                ("source_label", models.CharField(blank=True, max_length=420)),
                ("source_author", models.CharField(blank=True, max_length=200)),
                (
                    "annotation",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="imports", to="annotation.annotation"),
                ),
                ("run", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="imported", to="annotation.importrun")),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="ImportMapping",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("format", models.CharField(max_length=24)),
                ("source_label", models.CharField(blank=True, max_length=420)),
                ("code", models.CharField(blank=True, help_text="Code of the campaign's label set; empty: left out", max_length=64)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="import_mappings", to="annotation.campaign"
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("campaign", "format", "source_label"), name="one_mapping_per_source_label")
                ],
            },
        ),
        migrations.AddIndex(
            model_name="importrun",
            index=models.Index(fields=["campaign", "created_by", "-created_at"], name="import_runs_of_reader"),
        ),
        migrations.AddIndex(
            model_name="importrun",
            index=models.Index(fields=["state", "lease_until"], name="import_runs_to_work_on"),
        ),
        migrations.AddConstraint(
            model_name="importedannotation",
            constraint=models.UniqueConstraint(fields=("run", "annotation"), name="imported_once_a_run"),
        ),
    ]
