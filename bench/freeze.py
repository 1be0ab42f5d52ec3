"""A dataset of 100,000 images of 20,000 persons through the database: tried out, frozen, frozen again, checked, compared."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeVar

ROOT: Final = Path(__file__).resolve().parents[1]
_IMAGES: Final = int(os.environ.get("BENCH_FREEZE", "100000"))
_PERSONS: Final = _IMAGES // 5
_LABELS: Final = ("adenoma", "early-carcinoma", "polyp")
_AT_ONCE: Final = 2_000
_T = TypeVar("_T")


def run() -> list[tuple[str, str]]:
    """Measure in a process of its own, on SQLite."""
    with tempfile.TemporaryDirectory(prefix="mitate-freeze-") as folder:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("MITATE_")}
        environment = kept | {"MITATE_DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "config.settings"}
        done = subprocess.run(
            [sys.executable, "-m", "bench.freeze"], cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True
        )
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    return [(what, figure) for what, figure in rows]


def measure() -> None:
    """Make the site, do everything once, and print a row for each."""
    import django  # noqa: PLC0415

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    from societies.selectors.datasets import comparison_json, leaks_today, torn_today  # noqa: PLC0415  # after Django is set up
    from societies.services.dataset_picks import pick_images  # noqa: PLC0415
    from societies.services.datasets import create_dataset, freeze_dataset, preview_counts  # noqa: PLC0415

    society, user, images = _make_site()
    query: dict[str, Any] = {
        **{
            key: []
            for key in ("campaigns", "collections", "modalities", "manufacturers", "models", "labels", "excluded_labels", "left_out")
        },
        **{"submitted_from": None, "submitted_to": None, "min_reads": 1, "min_agreement": 0},
    }
    recipe: dict[str, Any] = {"query": query, "shares": {"train": 70, "tune": 15, "test": 15}, "strata": ["label"]}
    named = {"society": society, "user": user, "name": {"en": "bench"}}
    print(f"peak memory before\t{_peak_mb():.0f} MB")
    _timed("counts of the next version (preview)", lambda: preview_counts(society=society, **recipe))
    dataset = create_dataset(**named, code="first", **recipe)
    first = _timed("freezing the first version", lambda: freeze_dataset(dataset=dataset, user=user))
    out = {"image_ids": images[: _IMAGES // 10], "choice": "out", "reason": "bench"}
    _timed("leaving a tenth of the images out by hand", lambda: pick_images(dataset=dataset, user=user, **out))
    second = _timed("freezing the second version, places kept", lambda: freeze_dataset(dataset=dataset, user=user))
    other = create_dataset(**named, code="second", **recipe)
    third = _timed("freezing another dataset of the same images, places as there", lambda: freeze_dataset(dataset=other, user=user))
    _timed("who is in two splits today", lambda: leaks_today(first))
    _timed("who is tested with here and learned from there today", lambda: torn_today(third))
    _timed("comparing the two versions", lambda: comparison_json(first, second))
    print(f"peak memory after\t{_peak_mb():.0f} MB")


def _timed(what: str, work: Callable[[], _T]) -> _T:
    started = time.monotonic()
    found = work()
    print(f"{what}\t{time.monotonic() - started:.1f} s, peak {_peak_mb():.0f} MB", flush=True)
    return found


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _make_site() -> tuple[Any, Any, list[uuid.UUID]]:
    """Make a campaign in which every image has a submitted read with a diagnosis and a box."""
    from django.utils import timezone  # noqa: PLC0415

    from annotation.models import Annotation, CampaignImage, Read  # noqa: PLC0415
    from tests.factories import ADMIN, READER, make_campaign, make_person, make_society  # noqa: PLC0415
    from viewer.models import Image, Series, Study  # noqa: PLC0415

    society = make_society()
    admin, reader = make_person(society, "admin", ADMIN), make_person(society, "reader", READER)
    campaign = make_campaign(society, admin, images=1, readers=(reader,))
    collection, now = campaign.collection, timezone.now()
    keys = [uuid.uuid4() for _ in range(_IMAGES)]
    studies = [Study(collection=collection, study_key=f"{n}", subject_pseudonym=f"{n:064x}") for n in range(_PERSONS)]
    _store(Study, studies)
    series = [Series(study=study, series_key=f"{number}", modality="ES") for number, study in enumerate(studies)]
    _store(Series, series)
    model = Image.objects.filter(collection=collection).values()[0]
    same = {key: value for key, value in model.items() if key not in {"id", "digest", "series_id", "created_at"}}
    _store(Image, (Image(id=key, digest=f"{n:064x}", series=series[n // 5], **same) for n, key in enumerate(keys)))
    _store(CampaignImage, (CampaignImage(campaign=campaign, image_id=key) for key in keys))
    reads = [uuid.uuid4() for _ in keys]
    said = {"campaign": campaign, "reader": reader, "state": Read.State.SUBMITTED, "submitted_at": now, "sequence": 2}
    _store(Read, (Read(id=key, image_id=image, **said) for key, image in zip(reads, keys, strict=True)))
    _store(Annotation, (row for n, key in enumerate(reads) for row in _marks(Annotation, key, _LABELS[n % 3])))
    return society, admin, keys


def _marks(model: Any, read: uuid.UUID, label: str) -> list[Any]:
    from django.utils import timezone  # noqa: PLC0415

    from annotation.schema.shapes import parse_geometry  # noqa: PLC0415

    box = parse_geometry({"type": "Rectangle", "bbox": [10, 20, 30, 40]})
    now = timezone.now()
    same = {"read_id": read, "labels": [label], "created_at": now, "updated_at": now}
    drawn = {"geometry_kind": box.kind, "geometry_wkb": box.wkb(), "granularity": "box", "sequence": 1}
    return [model(id=uuid.uuid4(), granularity="diagnosis", sequence=2, **same), model(id=uuid.uuid4(), **drawn, **same)]


def _store(model: Any, rows: Any) -> None:
    rows = iter(rows)
    while batch := list(islice(rows, _AT_ONCE)):
        model.objects.bulk_create(batch)


if __name__ == "__main__":
    measure()
