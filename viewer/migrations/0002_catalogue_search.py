"""Images are found by how they were made, and lists of one kind have an index of their own."""

from typing import Any

from django.db import migrations, models

from viewer.services.search_text import search_text

_BATCH = 500


def _fill(apps: Any, schema_editor: Any) -> None:
    """Write the text of the images that are there."""
    image_model = apps.get_model("viewer", "Image")
    batch = []
    for image in (
        image_model.objects.select_related("series").only("name", "modality", "inspection", "series__description").iterator(_BATCH)
    ):
        image.search_text = search_text(
            name=image.name, modality=image.modality, series=image.series.description, inspection=image.inspection
        )
        batch.append(image)
        if len(batch) == _BATCH:
            image_model.objects.bulk_update(batch, ["search_text"])
            batch = []
    image_model.objects.bulk_update(batch, ["search_text"])


def _index_trigrams(apps: Any, schema_editor: Any) -> None:
    """Let PostgreSQL find parts of words by an index where its pg_trgm is installed; without it the search reads the list."""
    if schema_editor.connection.vendor != "postgresql":
        return
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'")
        there = cursor.fetchone()
        cursor.execute("SELECT has_database_privilege(current_database(), 'CREATE')")
        may = cursor.fetchone()[0]
    if there and may:
        schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        schema_editor.execute("CREATE INDEX image_search_trigrams ON viewer_image USING gin (search_text gin_trgm_ops)")


def _forget_trigrams(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS image_search_trigrams")


class Migration(migrations.Migration):
    dependencies = [("viewer", "0001_first")]

    operations = [
        migrations.AddField(
            model_name="image",
            name="search_text",
            field=models.TextField(blank=True, default="", help_text="Name, modality, series and acquisition, without case"),
        ),
        migrations.RunPython(_fill, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="image",
            index=models.Index(fields=["collection", "kind", "created_at", "id"], name="image_list_by_kind"),
        ),
        migrations.RunPython(_index_trigrams, _forget_trigrams),
    ]
