from django.db import migrations

from annotation.append_only import TABLES, create_triggers, drop_triggers


class Migration(migrations.Migration):
    """Revisions, decisions and exposures can be added, never changed or removed."""

    dependencies = [("annotation", "0001_first")]

    operations = [
        migrations.RunPython(
            lambda apps, schema_editor: create_triggers(schema_editor.connection),
            lambda apps, schema_editor: drop_triggers(schema_editor.connection, TABLES),
        )
    ]
