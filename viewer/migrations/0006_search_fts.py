"""Images are found by an index of the parts of words on SQLite too, and by words of two characters on PostgreSQL."""

from typing import Any

from django.db import migrations

from viewer.services.search_index import fill, make_tables


def _make(apps: Any, schema_editor: Any) -> None:
    """Make the index and fill it with the images that are there."""
    with schema_editor.connection.cursor() as cursor:
        make_tables(cursor)
        fill(cursor, apps.get_model("viewer", "Image").objects.all())


def _forget(apps: Any, schema_editor: Any) -> None:
    for table in ("viewer_image_fts", "viewer_search_gram"):
        schema_editor.execute(f"DROP TABLE IF EXISTS {table}")


class Migration(migrations.Migration):
    dependencies = [("viewer", "0005_video")]

    operations = [migrations.RunPython(_make, _forget)]
