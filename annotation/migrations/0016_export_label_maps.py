import django.db.models.deletion
from django.db import migrations, models

from annotation.append_only import RELEASE_TABLES, create_triggers, drop_triggers

AT_ONCE = 2_000


def pin_reads(apps, schema_editor):
    """Pin the reads of releases that were approved before reads were pinned: those that were submitted up to then."""
    release_model, pinned = apps.get_model("annotation", "Release"), apps.get_model("annotation", "ReleaseRead")
    reads = apps.get_model("annotation", "Read").objects.filter(state="submitted")
    for release in release_model.objects.filter(state__in=("approved", "revoked"), decided_at__isnull=False):
        mine = reads.filter(campaign=release.campaign_id, submitted_at__lte=release.decided_at).order_by("pk")
        rows = (pinned(release=release, read_id=key) for key in mine.values_list("pk", flat=True))
        pinned.objects.bulk_create(rows, batch_size=AT_ONCE)


class Migration(migrations.Migration):
    dependencies = [
        ("annotation", "0015_exam_findings"),
    ]

    operations = [
        migrations.AddField(
            model_name="exportjob",
            name="label_maps",
            field=models.JSONField(default=list, help_text="[{id, version}] of the label maps to be applied, in their order"),
        ),
        migrations.AddField(
            model_name="exportjob",
            name="unmapped",
            field=models.CharField(default="refuse", help_text="What to do with labels that the maps say nothing of", max_length=8),
        ),
        migrations.AddField(
            model_name="release",
            name="label_maps",
            field=models.JSONField(default=list, help_text="[{id, version}] of the label maps that it is made under, in their order"),
        ),
        migrations.AddField(
            model_name="release",
            name="unmapped",
            field=models.CharField(default="refuse", help_text="What to do with labels that the maps say nothing of", max_length=8),
        ),
        migrations.CreateModel(
            name="ReleaseRead",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("read", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="annotation.read")),
                ("release", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="pinned", to="annotation.release")),
            ],
            options={
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(fields=("release", "read"), name="read_is_pinned_once")],
            },
        ),
        migrations.RunPython(pin_reads, migrations.RunPython.noop),
        migrations.RunPython(
            lambda apps, schema_editor: create_triggers(schema_editor.connection, RELEASE_TABLES),
            lambda apps, schema_editor: drop_triggers(schema_editor.connection, RELEASE_TABLES),
        ),
    ]
