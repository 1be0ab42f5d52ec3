from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("annotation", "0018_cell_of_mark"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="annotation", name="annotation_by_place"),
        migrations.AddIndex(
            model_name="annotation",
            index=models.Index(
                fields=["read", "sequence", "deleted", "min_x_px", "max_x_px", "min_y_px", "max_y_px", "frame", "last_frame"],
                name="annotation_in_order",
            ),
        ),
    ]
