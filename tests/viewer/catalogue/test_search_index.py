"""Search on SQLite: the index finds exactly what reading every text finds, in the same order, page by page."""

import importlib
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.db import connection

from tests.viewer.catalogue.test_batches import slices
from viewer.models import Collection, Image, Series, Study
from viewer.selectors.catalogue import images_page
from viewer.services import search_characters, search_index
from viewer.services.batches import ingest_batch
from viewer.services.reconcile import reconcile
from viewer.services.search_index import index_images
from viewer.services.search_text import plain
from viewer.services.sources import find_files

pytestmark = pytest.mark.django_db
WORDS = '胃癌 早期胃癌 肝 ab abc aperio gt450 40x h&e "q" per%cent under_score c:d -x * ﾊﾝｶｸ 𠮷野 é straße a\' --'.split()  # noqa: SIM905
SHORT = "癌 胃 期胃 a b x 0 & % \" ' - 𠮷 野 ß ss 角 半角 gt4 z zz zzz".split()  # noqa: SIM905
QUERIES = [*WORDS, *SHORT, "per aper", "癌 gt"]


@pytest.fixture(autouse=True)
def _only_these_images(db: None) -> None:
    """What tests leave that empty Django's tables between them is not in the index any more."""
    search_index.rebuild()


@pytest.fixture
def _fts() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has an index of its own")


def fill(collection: Collection, count: int, seed: int = 1, **fixed: Any) -> list[Image]:
    """Write images of random words, some made in the same microsecond."""
    choose = random.Random(seed)  # noqa: S311 -- any words will do
    study = Study.objects.create(collection=collection, study_key=str(seed), subject_pseudonym="1")
    series = Series.objects.create(study=study, series_key=str(seed), modality="SM")
    rows = [
        Image(
            id=UUID(int=choose.getrandbits(128)),
            collection=collection,
            series=series,
            kind=choose.choice(["slide", "frames", "photograph"]),
            name="n",
            modality="SM",
            digest=str(number),
            width_px=1,
            height_px=1,
            inspection={},
            search_text=plain(" ".join(choose.choices(WORDS, k=choose.randrange(4)))),
            **fixed,
        )
        for number in range(count)
    ]
    Image.objects.bulk_create(rows)
    for row in rows:
        row.created_at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(microseconds=choose.randrange(max(1, count // 2)))
    Image.objects.bulk_update(rows, ["created_at"])
    index_images(rows)
    return rows


def every_page(collection: Collection, q: str, kind: str = "", size: int = 7) -> list[UUID]:
    found: list[UUID] = []
    after: str | None = ""
    while after is not None:
        page = images_page(collection, q=q, kind=kind, after=after, size=size)
        found += [image.pk for image in page.images]
        after = page.next
    return found


def read_through(collection: Collection, q: str, kind: str = "") -> list[UUID]:
    """Return what holds all words, by looking at every text here."""
    rows = Image.objects.filter(collection=collection).order_by("-created_at", "-id")
    words = plain(q).split()
    return [row.pk for row in rows if kind in ("", row.kind) and all(word in row.search_text for word in words)]


@pytest.mark.postgres
def test_it_finds_what_reading_every_text_finds(collection: Collection, other_collection: Collection) -> None:
    fill(collection, 400)
    fill(other_collection, 50, seed=2)
    assert search_index.is_available() is (connection.vendor == "sqlite")
    hits = 0
    for q in QUERIES:
        for kind in ("", "slide"):
            expected = read_through(collection, q, kind)
            assert every_page(collection, q, kind) == expected, q
            hits += len(expected)
    assert hits > 1500


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor != "postgresql", reason="of PostgreSQL's index")
def test_a_single_character_is_found_by_an_index(collection: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(collection, 400)
    found = search_characters.images_with("癌", collection.pk)
    assert found is not None
    assert sorted(found) == sorted(read_through(collection, "癌")) != []
    with connection.cursor() as cursor:
        for way in ("seqscan", "indexscan"):  # which are cheaper for so few images
            cursor.execute(f"SET LOCAL enable_{way} = off")
        cursor.execute(f"EXPLAIN SELECT id FROM viewer_image WHERE {search_characters.CHARACTERS} @> ARRAY['癌']")  # noqa: S608 -- a constant
        assert "image_search_characters" in str(cursor.fetchall())
    monkeypatch.setattr(search_characters, "_MOST", 3)
    assert search_characters.images_with("癌", collection.pk) is None
    assert every_page(collection, "癌") == read_through(collection, "癌")


@pytest.mark.usefixtures("_fts")
def test_short_words_that_are_everywhere_are_looked_for_in_the_texts(collection: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(collection, 200)
    monkeypatch.setattr(search_index, "_MOST_GRAMS", 2)
    for q in ("a", "癌", "ab", "癌 aperio", "a x"):
        assert every_page(collection, q) == read_through(collection, q), q


@pytest.mark.usefixtures("_fts")
def test_a_thousand_trigrams_are_one_question(collection: Collection) -> None:
    rows = fill(collection, 1)
    rows[0].search_text = " ".join(f"q{chr(0x4E00 + number)}x" for number in range(990))
    rows[0].save()
    index_images(rows, again=True)
    assert every_page(collection, "q") == [rows[0].pk]


@pytest.mark.usefixtures("_fts")
def test_images_of_one_microsecond_and_like_keys_are_all_found_once(collection: Collection) -> None:
    rows = fill(collection, 12)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM viewer_image_fts")
    Image.objects.all().delete()
    for number, row in enumerate(rows):
        row.pk, row.created_at, row.search_text = UUID(int=(0xABC << 116) + number), datetime(2026, 1, 1, tzinfo=UTC), "same"
    made = Image.objects.bulk_create(rows)
    Image.objects.update(created_at=datetime(2026, 1, 1, tzinfo=UTC))
    for row in made:
        row.created_at = datetime(2026, 1, 1, tzinfo=UTC)
    index_images(made)
    found = every_page(collection, "same", size=5)
    assert len(found) == len(set(found)) == 12


@pytest.mark.usefixtures("_fts")
def test_a_slide_that_grows_is_found_by_what_it_is_now_and_once(collection: Collection, shared_data: Path) -> None:
    folder = shared_data / "wsi/dicom/he_pyramid_jpeg"
    for name in ("level2.dcm", "level0.dcm"):
        ingest_batch(collection=collection, batch=list(find_files(folder / name)))
    image = Image.objects.get()
    assert every_page(collection, image.search_text.split()[0]) == [image.pk]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM viewer_image_fts WHERE image_id = %s", [image.pk.hex])
        assert cursor.fetchone() == (1,)


@pytest.mark.usefixtures("_fts")
def test_the_index_is_written_with_the_images_or_not_at_all(
    collection: Collection, shared_data: Path, tmp_path: Path, data_dir: Path
) -> None:
    slices(shared_data, tmp_path, 3)
    (data_dir / "manifests").write_text("in the way")
    ingest_batch(collection=collection, batch=list(find_files(tmp_path)))
    assert search_index.is_complete()
    (data_dir / "manifests").unlink()
    ingest_batch(collection=collection, batch=list(find_files(tmp_path)))
    assert search_index.is_complete()
    assert len(every_page(collection, "rhapsode")) == 1


@pytest.mark.usefixtures("_fts")
def test_what_is_missing_from_the_index_is_mended(collection: Collection, data_dir: Path) -> None:
    (data_dir / "manifests").mkdir(parents=True)
    fill(collection, 30)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM viewer_image_fts")
    assert not search_index.is_complete()
    search_index.rebuild()
    assert search_index.is_complete()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM viewer_image_fts")
    Image.objects.all().delete()
    fill(collection, 2, seed=5, frozen_at=None)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM viewer_image_fts")
    Image.objects.update(inspection={"engine": "raster", "levels": [], "frames": None})
    reconcile()
    assert search_index.is_complete()


@pytest.mark.usefixtures("_fts")
def test_images_that_were_there_before_are_in_it(collection: Collection) -> None:
    fill(collection, 40)
    migration = importlib.import_module("viewer.migrations.0006_search_fts")

    class Editor:
        """What a migration needs of a schema editor."""

        def __init__(self) -> None:
            self.connection = connection

        def execute(self, statement: str) -> None:
            with connection.cursor() as cursor:
                cursor.execute(statement)

    migration._forget(apps, Editor())
    assert not search_index.is_available()
    assert every_page(collection, "胃癌") == read_through(collection, "胃癌"), "without the index the list is read"
    migration._make(apps, Editor())
    assert search_index.is_complete()
    assert every_page(collection, "胃癌") == read_through(collection, "胃癌")
