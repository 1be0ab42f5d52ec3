"""Makes a small site in MITATE_DATA_DIR with marked slides of several subjects and an export to make: `... CASES MARKS FORMAT`."""

import os
import sys
import uuid

from bench.interchange_site import outline


def main(cases: int, marks: int, format_name: str) -> None:
    """Make it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django  # noqa: PLC0415

    django.setup()
    from django.contrib.auth.models import User  # noqa: PLC0415  # after Django is set up
    from django.core.management import call_command  # noqa: PLC0415

    from annotation.schema.shapes import parse_geometry  # noqa: PLC0415
    from annotation.services.export_jobs import request_export  # noqa: PLC0415
    from tests.annotation.document import objects  # noqa: PLC0415
    from viewer.models import Collection  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    collection = Collection.objects.create(slug="kills", name="Kills")
    slides = [objects.image(collection, f"{number:02x}" * 32) for number in range(cases)]
    campaign = objects.campaign(collection, slides, code="kills", form=None)
    reader = User.objects.create_user("reader")
    for slide in slides:
        read = objects.read(campaign, slide, reader)
        for number in range(marks):
            shape = parse_geometry({"type": "Polygon", "coordinates": [outline(number)]})
            objects.mark(read, shape, "region", "tumour")
    request_export(campaign=campaign, user=reader, request_id=uuid.uuid4(), format_name=format_name)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
