"""The marks of a part of an image, asked for by rectangle among a million marks, on SQLite and on PostgreSQL."""

import math
import os
import random
import time
import uuid
from typing import Any, Final

from bench.both_databases import measured_on_both
from bench.figures import spread_ms

_MARKS: Final = int(os.environ.get("BENCH_MARKS", "1000000"))
_READS: Final = 50
_WIDTH_PX, _HEIGHT_PX = 80_000, 60_000
_QUESTIONS: Final = 100
_AT_ONCE: Final = 5_000
_VIEW_PX: Final = {
    "a screen at 20x": (1_600, 1_000),
    "a screen at 5x": (16_000, 12_000),
    "all of the slide": (80_000, 60_000),
}


def _ring(choose: random.Random) -> list[tuple[float, float]]:
    radius = choose.choice([10.0, 20.0, 200.0])
    x, y = choose.uniform(radius, _WIDTH_PX - radius), choose.uniform(radius, _HEIGHT_PX - radius)
    steps = [step * math.tau / 30 for step in range(30)]
    ring = [(round((x + radius * math.cos(step)) * 8) / 8, round((y + radius * math.sin(step)) * 8) / 8) for step in steps]
    return [*ring, ring[0]]


def _fill(reads: list[Any]) -> None:
    """Give each read its share of outlines of 30 vertices, spread over the slide."""
    from django.utils import timezone  # noqa: PLC0415

    from annotation.models import Annotation  # noqa: PLC0415
    from annotation.schema.shapes import parse_geometry  # noqa: PLC0415
    from annotation.services.mark_checks import shape_columns  # noqa: PLC0415

    choose, now = random.Random(1), timezone.now()
    shapes = [parse_geometry({"type": "Polygon", "coordinates": [_ring(choose)]}) for _ in range(_MARKS // _READS)]
    columns = [shape_columns(shape) for shape in shapes]
    for read in reads:
        rows = [
            Annotation(
                id=uuid.uuid4(),
                read=read,
                sequence=at + 1,
                granularity="region",
                labels=["tumour"],
                created_at=now,
                updated_at=now,
                **column,
            )
            for at, column in enumerate(columns)
        ]
        Annotation.objects.bulk_create(rows, batch_size=_AT_ONCE)
        read.sequence = len(rows)
        read.save(update_fields=["sequence"])


def measure() -> None:
    """Migrate, fill and ask over the API, in a process that has a database of its own; print a row for each kind of question."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django  # noqa: PLC0415

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    from config.warm import warm_up  # noqa: PLC0415
    from tests.annotation.marking.objects import make_campaign, make_collection, make_image, make_read  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    collection = make_collection()
    images = [make_image(collection, width=_WIDTH_PX, height=_HEIGHT_PX) for _ in range(_READS)]
    reads = [make_read(make_campaign(image=image), image=image) for image in images]
    _fill(reads)
    with connection.cursor() as cursor:
        # As PostgreSQL does by itself within a minute of so many new rows: before it, an index alone answers nothing.
        cursor.execute("VACUUM ANALYZE annotation_annotation" if connection.vendor == "postgresql" else "ANALYZE")
    warm_up()  # as a web process does before its first request
    client = Client(SERVER_NAME="127.0.0.1")
    choose = random.Random(2)
    for name, (width, height) in _VIEW_PX.items():
        waits, marks = [], 0
        for _ in range(_QUESTIONS):
            read = choose.choice(reads)
            client.force_login(read.reader)
            x, y = choose.uniform(0, _WIDTH_PX - width), choose.uniform(0, _HEIGHT_PX - height)
            began = time.perf_counter()
            answer = client.get(f"/api/reads/{read.pk}/annotations/", {"bbox": f"{x},{y},{x + width},{y + height}"})
            waits.append(time.perf_counter() - began)
            marks += len(answer.json()["annotations"])
        print(f"{connection.vendor}, {name}: {marks / _QUESTIONS:.0f} marks an answer (goal: p95 50 ms)\t{spread_ms(waits)}")


def run() -> list[tuple[str, str]]:
    """Measure both databases, each in a process and on data of its own."""
    return measured_on_both("bench.places")


if __name__ == "__main__":
    measure()
