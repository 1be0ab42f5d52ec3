"""PostgreSQL finds single characters by an index, which in Japanese are words; its index of trigrams does not know them."""

from typing import Any

from django.db import migrations

from viewer.services.search_characters import CHARACTERS


def _index(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"CREATE INDEX image_search_characters ON viewer_image USING gin (({CHARACTERS}))")
        schema_editor.execute("ANALYZE viewer_image")  # the planner is to know how rare each is


def _forget(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS image_search_characters")


class Migration(migrations.Migration):
    dependencies = [("viewer", "0006_search_fts")]

    operations = [migrations.RunPython(_index, _forget)]
