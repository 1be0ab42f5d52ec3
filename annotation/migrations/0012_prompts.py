import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("annotation", "0011_export_jobs"),
    ]

    operations = [
        migrations.AddField(
            model_name="suggestionrun",
            name="prompt",
            field=models.JSONField(
                blank=True, help_text="{x, y, width, height, label, granularity} in level-0 px; a point: no size", null=True
            ),
        ),
        migrations.AddField(
            model_name="suggestionrun",
            name="read",
            field=models.ForeignKey(
                blank=True,
                help_text="The read whose reader pointed at something; null: asked for the image, and shown to all its readers",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="prompts",
                to="annotation.read",
            ),
        ),
    ]
