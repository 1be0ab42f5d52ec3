import django.db.models.deletion
from django.db import migrations, models


def keep_readers_apart(apps, schema_editor):
    """Campaigns in which several read an image did so in good faith that they do it independently."""
    apps.get_model("annotation", "Campaign").objects.filter(reads_per_image__gt=1).update(is_blind=True)


class Migration(migrations.Migration):
    dependencies = [
        ("annotation", "0013_cell_origins"),
    ]

    operations = [
        migrations.AddField(
            model_name="campaign",
            name="is_blind",
            field=models.BooleanField(
                default=False, help_text="Readers of an image work independently: they do not meet on it, and comparisons do not name them"
            ),
        ),
        migrations.CreateModel(
            name="Walk",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("magnification", models.FloatField(help_text="As readers choose it: of an objective, or screen px per image px")),
                ("round", models.PositiveSmallIntegerField(default=1)),
                ("columns", models.PositiveIntegerField()),
                ("rows", models.PositiveIntegerField()),
                ("seen", models.BinaryField(help_text="zlib over one bit a square, row by row, the lowest bit of a byte first")),
                ("wanted", models.BinaryField(help_text="Squares worth looking at, written as seen; null: all of them", null=True)),
                ("seen_count", models.PositiveIntegerField(help_text="Squares worth looking at that were seen")),
                ("wanted_count", models.PositiveIntegerField(help_text="Squares worth looking at")),
                ("place_x", models.FloatField(help_text="Middle of the field looked at last, level-0 px", null=True)),
                ("place_y", models.FloatField(null=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "read",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="walks", to="annotation.read"),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("read", "magnification", "columns", "rows", "round"), name="one_walk_per_read_grid_and_round"
                    )
                ],
            },
        ),
        migrations.RunPython(keep_readers_apart, migrations.RunPython.noop),
    ]
