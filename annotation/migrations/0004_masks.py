from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotation", "0003_cell_layers")]

    operations = [
        migrations.AddField(
            model_name="annotation",
            name="mask",
            field=models.BinaryField(
                blank=True, help_text="Where geometry_kind is Mask: its tiles, see annotation.schema.masks", null=True
            ),
        ),
    ]
