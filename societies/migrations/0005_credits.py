import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from annotation.append_only import create_triggers, drop_triggers
from societies.append_only import CREDIT_TABLES


class Migration(migrations.Migration):
    dependencies = [
        ("societies", "0004_vocabularies"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CreditChoice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(blank=True, help_text="As it is to be printed; empty: not to be named", max_length=120)),
                ("chosen_at", models.DateTimeField(auto_now_add=True)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="credit_choices", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "society",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="credit_choices", to="societies.society"),
                ),
            ],
            options={
                "ordering": ["pk"],
                "default_permissions": (),
                "indexes": [models.Index(fields=["society", "person", "-id"], name="credit_choice_that_counts")],
            },
        ),
        migrations.RunPython(
            lambda apps, schema_editor: create_triggers(schema_editor.connection, CREDIT_TABLES),
            lambda apps, schema_editor: drop_triggers(schema_editor.connection, CREDIT_TABLES),
        ),
    ]
