import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from annotation.append_only import create_triggers, drop_triggers
from societies.append_only import PICK_TABLES


class Migration(migrations.Migration):
    dependencies = [
        ("societies", "0005_credits"),
        ("viewer", "0007_search_characters"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="dataset",
            name="label_maps",
            field=models.JSONField(
                default=list, help_text="id@version of the published label maps under which the next version is exported"
            ),
        ),
        migrations.AddField(
            model_name="dataset",
            name="unmapped",
            field=models.CharField(default="refuse", help_text="What to do with labels that the maps say nothing of", max_length=8),
        ),
        migrations.AlterField(
            model_name="datasetversion",
            name="recipe",
            field=models.JSONField(help_text="{query, shares, strata, seed, label_maps?, unmapped?, picks?} of this version"),
        ),
        migrations.AlterField(
            model_name="datasetmember",
            name="reason",
            field=models.CharField(help_text="Of annotation.datasets.split.Assignment", max_length=24),
        ),
        migrations.CreateModel(
            name="DatasetPick",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "choice",
                    models.CharField(choices=[("in", "picked"), ("out", "left out"), ("query", "left to the query")], max_length=5),
                ),
                ("reason", models.CharField(max_length=300)),
                ("recorded_at", models.DateTimeField(auto_now_add=True)),
                (
                    "dataset",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="picks", to="societies.dataset"),
                ),
                ("image", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="viewer.image")),
                (
                    "recorded_by",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "default_permissions": (),
                "indexes": [models.Index(fields=["dataset", "image", "-id"], name="dataset_pick_newest")],
            },
        ),
        migrations.RunPython(
            lambda apps, schema_editor: create_triggers(schema_editor.connection, PICK_TABLES),
            lambda apps, schema_editor: drop_triggers(schema_editor.connection, PICK_TABLES),
        ),
    ]
