from django.db import migrations, models


class Migration(migrations.Migration):
    """Videos are images."""

    dependencies = [("viewer", "0004_image_scale")]

    operations = [
        migrations.AlterField(
            model_name="image",
            name="kind",
            field=models.CharField(
                choices=[("slide", "slide"), ("frames", "frames"), ("photograph", "photograph"), ("video", "video")], max_length=12
            ),
        ),
    ]
