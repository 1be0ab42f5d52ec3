import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("annotation", "0010_clinical"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ExportJob",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("request_id", models.UUIDField(help_text="Idempotency key made by who asks")),
                ("format", models.CharField(max_length=16)),
                ("include_drafts", models.BooleanField(default=False)),
                ("required", models.JSONField(default=list, help_text="Names of fields that must not be lost")),
                (
                    "options",
                    models.JSONField(default=dict, help_text="What the format lets one choose, see annotation.services.export_jobs"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("working", "being made"),
                            ("done", "ready"),
                            ("failed", "failed"),
                            ("cancelled", "cancelled"),
                            ("removed", "removed"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("attempt", models.PositiveSmallIntegerField(default=0)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("case_count", models.PositiveIntegerField(default=0, help_text="Cases to be written; 0: not counted yet")),
                ("done_count", models.PositiveIntegerField(default=0, help_text="Cases written so far")),
                ("size_bytes", models.PositiveBigIntegerField(default=0, help_text="Bytes written so far")),
                ("digest", models.CharField(blank=True, help_text="SHA-256 of the file, hexadecimal", max_length=64)),
                ("error_code", models.CharField(blank=True, max_length=40)),
                ("error_place", models.CharField(blank=True, help_text="Case, mark or pointer where it happened", max_length=200)),
                ("error_detail", models.CharField(blank=True, max_length=300)),
                (
                    "removed_for",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("age", "kept for as long as the site keeps exports"),
                            ("space", "made room for newer ones"),
                            ("withdrawal", "a subject withdrew"),
                            ("person", "removed by hand"),
                        ],
                        max_length=10,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("kept_until", models.DateTimeField(blank=True, null=True)),
                (
                    "campaign",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="export_jobs", to="annotation.campaign"),
                ),
                (
                    "requested_by",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
                ),
                (
                    "run",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="jobs", to="annotation.exportrun"
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at"],
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["campaign", "-created_at"], name="export_jobs_of_campaign"),
                    models.Index(fields=["state", "lease_until"], name="export_jobs_to_work_on"),
                ],
                "constraints": [models.UniqueConstraint(fields=("requested_by", "request_id"), name="export_asked_for_once")],
            },
        ),
    ]
