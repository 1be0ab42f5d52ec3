import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """A scale that a person entered for an image is kept with who and when."""

    dependencies = [
        ("viewer", "0003_presentation_states"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ImageScale",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("revision", models.PositiveIntegerField(help_text="1 for the first one of an image")),
                ("x_um", models.FloatField(help_text="Micrometres per level-0 pixel; null takes back what was entered before", null=True)),
                ("y_um", models.FloatField(null=True)),
                ("entered_at", models.DateTimeField(auto_now_add=True)),
                (
                    "entered_by",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
                ),
                ("image", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="entered_scales", to="viewer.image")),
            ],
            options={
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(fields=("image", "revision"), name="one_scale_per_revision")],
            },
        ),
    ]
