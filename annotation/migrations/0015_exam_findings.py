from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("annotation", "0012_prompts"),
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
    ]
