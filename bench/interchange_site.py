"""Makes a small site in MITATE_DATA_DIR with a slide, a reader's campaign, marks to export and a file waiting to be imported."""

import io
import json
import math
import os
import sys
from typing import Any

MARKS = 3_000


def outline(number: int) -> list[list[float]]:
    """Return a closed ring of 16 corners, one of many side by side."""
    x, y = 20.0 + 30 * (number % 60), 20.0 + 30 * (number // 60)
    ring = [[x + 10 * math.cos(k * math.pi / 8), y + 10 * math.sin(k * math.pi / 8)] for k in range(16)]
    return [*ring, ring[0]]


def geojson(count: int) -> bytes:
    """Return a file as QuPath writes it."""
    features: list[dict[str, Any]] = [
        {
            "type": "Feature",
            "id": f"00000000-0000-4000-8000-{number:012d}",
            "geometry": {"type": "Polygon", "coordinates": [outline(number)]},
            "properties": {"objectType": "annotation", "classification": {"name": "Tumour"}},
        }
        for number in range(count)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def main(count: int) -> None:
    """Make it; prints the campaign's code."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django  # noqa: PLC0415

    django.setup()
    from django.contrib.auth.models import User  # noqa: PLC0415  # after Django is set up
    from django.core.management import call_command  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from annotation.models import Read  # noqa: PLC0415
    from annotation.services.mark_imports import receive_import  # noqa: PLC0415
    from annotation.services.operations import apply_operations  # noqa: PLC0415
    from societies.services.grants import grant_reading  # noqa: PLC0415
    from tests.annotation.document import objects  # noqa: PLC0415
    from tests.annotation.marking.objects import put  # noqa: PLC0415
    from viewer.models import Collection  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    collection = Collection.objects.create(slug="kills", name="Kills")
    slide = objects.image(collection, "a" * 64)
    campaign = objects.campaign(collection, [slide], code="kills", form=None, diagnosis={"required": False, "label_roles": []})
    reader, other = (User.objects.create_user(name) for name in ("reader", "other"))
    for person in (reader, other):
        grant_reading(campaign=campaign, user=person)
    # open already, so that ids of marks, which follow from the read's, are the same in every copy of the site
    objects.read(campaign, slide, reader, submitted=False)
    done = objects.read(campaign, slide, other, submitted=False)
    for first in range(0, count // 4, 50):
        shapes = [{"type": "Polygon", "coordinates": [outline(number)]} for number in range(first, first + 50)]
        operations = [put(said={"granularity": "region", "geometry": shape, "labels": ["tumour"]}) for shape in shapes]
        results = apply_operations(user=other, read_id=done.pk, operations=operations).results
        assert all(result.status == "applied" for result in results), results[0].error
    Read.objects.filter(pk=done.pk).update(state=Read.State.SUBMITTED, submitted_at=timezone.now())
    stream = io.BytesIO(geojson(count))
    options = {"images": {"": str(slide.pk)}, "classes": [], "y_axis": ""}
    receive_import(user=reader, campaign=campaign, stream=stream, name="marks.geojson", options=options)
    print(campaign.code)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else MARKS)
