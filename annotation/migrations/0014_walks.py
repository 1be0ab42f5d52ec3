from django.db import migrations, models


def keep_readers_apart(apps, schema_editor):
    """Campaigns in which several read an image did so in good faith that they do it independently."""
    apps.get_model("annotation", "Campaign").objects.filter(reads_per_image__gt=1).update(is_blind=True)


class Migration(migrations.Migration):
    dependencies = [
        ("annotation", "0012_prompts"),
    ]

    operations = [
        migrations.AddField(
            model_name="campaign",
            name="is_blind",
            field=models.BooleanField(
                default=False, help_text="Readers of an image work independently: they do not meet on it, and comparisons do not name them"
            ),
        ),
        migrations.RunPython(keep_readers_apart, migrations.RunPython.noop),
    ]
