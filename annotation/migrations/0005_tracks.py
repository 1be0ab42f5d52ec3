from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotation", "0004_masks")]

    operations = [
        migrations.AddField(
            model_name="annotation",
            name="track",
            field=models.JSONField(
                blank=True,
                help_text=(
                    "Of a track: {interpolation, keyframes: [{frame, kind}]}; the shapes are a geometry collection, kind null is outside"
                ),
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="annotation",
            name="last_frame",
            field=models.PositiveIntegerField(
                blank=True, help_text="0-based; of a track: the last frame that it is on, `frame` being the first", null=True
            ),
        ),
        migrations.AlterField(
            model_name="annotation",
            name="geometry_kind",
            field=models.CharField(
                blank=True, help_text="Point, Rectangle, Polygon, MultiPolygon, Track; empty: the whole image", max_length=16
            ),
        ),
    ]
