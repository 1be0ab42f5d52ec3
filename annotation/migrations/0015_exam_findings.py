from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("annotation", "0014_walks"),
    ]

    operations = [
        migrations.AddField(
            model_name="annotation",
            name="cites",
            field=models.JSONField(
                blank=True,
                null=True,
                help_text="Of a finding of the whole examination: [{image_id, frame, annotation_id}], what shows it",
            ),
        ),
        migrations.CreateModel(
            name="LedgerCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("entry_id", models.BigIntegerField(help_text="The last entry that was checked; 0: none")),
                ("hash", models.CharField(help_text="Its digest then", max_length=64)),
                (
                    "checked_in_full_at",
                    models.DateTimeField(blank=True, help_text="When all of it was read last, by manage.py verify_ledger", null=True),
                ),
            ],
            options={"default_permissions": ()},
        ),
    ]
