"""Pages of a collection of a million images, on SQLite and on PostgreSQL: the query and the rows, as the API asks for them."""

import os
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from bench.both_databases import measured_on_both
from bench.figures import spread_ms

_ROWS = int(os.environ.get("BENCH_IMAGES", "1000000"))
_ROUNDS = 20
_COLUMNS = """INSERT INTO viewer_image (id, collection_id, series_id, kind, name, modality, digest, revision, width_px, height_px,
    frame_count, spacing_source, inspection, search_text, created_at) """
_INSPECTION = '{"levels": [' + ", ".join(['{"downsample": 1.0, "width": 100000, "height": 80000}'] * 8) + "]}"
_SQLITE = (  # constants only
    _COLUMNS  # noqa: S608
    + """WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %s)
    SELECT lower(hex(randomblob(16))), %s, %s, CASE i %% 3 WHEN 0 THEN 'slide' WHEN 1 THEN 'frames' ELSE 'photograph' END,
    'Case ' || i, 'SM', i, 1, 1000, 1000, 1, '', %s,
    'case ' || i || ' sm ' || CASE i %% 4 WHEN 0 THEN 'aperio gt450 40x' ELSE 'hamamatsu s360 20x' END
    || CASE i WHEN 500000 THEN ' warthin-starry 早期胃癌' ELSE '' END,
    strftime('%%Y-%%m-%%d %%H:%%M:%%f000', '2020-01-01', '+' || (i * 60) || ' seconds') FROM n"""
)
_POSTGRES = (
    _COLUMNS  # noqa: S608
    + """SELECT gen_random_uuid(), %s, %s, CASE i %% 3 WHEN 0 THEN 'slide' WHEN 1 THEN 'frames' ELSE 'photograph' END,
    'Case ' || i, 'SM', i::text, 1, 1000, 1000, 1, '', %s::jsonb,
    'case ' || i || ' sm ' || CASE i %% 4 WHEN 0 THEN 'aperio gt450 40x' ELSE 'hamamatsu s360 20x' END
    || CASE i WHEN 500000 THEN ' warthin-starry 早期胃癌' ELSE '' END,
    timestamptz '2020-01-01' + i * interval '1 minute' FROM generate_series(1, %s) AS i"""
)


def _fill(collection: Any) -> None:
    """Write the images by one statement."""
    from django.db import connection  # noqa: PLC0415  # after Django is set up

    from viewer.models import Series, Study  # noqa: PLC0415
    from viewer.services import search_index  # noqa: PLC0415

    study = Study.objects.create(collection=collection, study_key="1", subject_pseudonym="1")
    series = Series.objects.create(study=study, series_key="1", modality="SM")
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA cache_size = -500000")  # the rows of a million come at once here, and only here
            cursor.execute(_SQLITE, [_ROWS, collection.pk.hex, series.pk.hex, _INSPECTION])
            cursor.execute("ANALYZE")
        else:
            cursor.execute(_POSTGRES, [collection.pk, series.pk, _INSPECTION, _ROWS])
            cursor.execute("VACUUM ANALYZE viewer_image")
    search_index.rebuild()
    connection.close()


def _spread(ask: Callable[[], Any]) -> str:
    waits = []
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        ask()
        waits.append(time.perf_counter() - began)
    return spread_ms(waits)


def measure() -> None:
    """Migrate, fill and ask, in a process that has a database of its own; print a row for each question."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django  # noqa: PLC0415

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    from viewer.models import Collection  # noqa: PLC0415
    from viewer.selectors.catalogue import images_page  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    collection = Collection.objects.create(id=uuid4(), slug="bench", name="Bench")
    _fill(collection)
    middle = images_page(collection, q="warthin-starry", size=1).images[0]
    from viewer.selectors.catalogue import _cursor  # noqa: PLC0415

    questions: dict[str, dict[str, Any]] = {
        "first page": {},
        "page in the middle": {"after": _cursor(middle)},
        "one kind": {"kind": "slide"},
        "a scanner that made a quarter of them": {"q": "Aperio"},
        "that scanner and one kind, from the middle": {"q": "aperio 40x", "kind": "slide", "after": _cursor(middle)},
        "a stain that one image has": {"q": "Warthin-Starry"},
        "a word that none has": {"q": "nothing at all"},
        "two characters that one image has": {"q": "胃癌"},
        "one character that one image has": {"q": "癌"},
        "two characters that all have": {"q": "sm"},
        "one character that a quarter of them has": {"q": "g"},
    }
    for name, question in questions.items():
        print(f"{connection.vendor}, {name}\t{_spread(lambda question=question: images_page(collection, **question))}")


def run() -> list[tuple[str, str]]:
    """Measure both databases, each in a process and on data of its own."""
    return measured_on_both("bench.catalogue")


if __name__ == "__main__":
    measure()
