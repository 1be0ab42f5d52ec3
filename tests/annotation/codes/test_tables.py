"""Loading tables and finding codes in them: whole or not at all, and found exactly as reading every entry finds them."""

import io
import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone

from annotation.codes.shipped import shipped_rows, shipped_systems
from annotation.codes.systems import Columns
from annotation.codes.terms import CONTAINS, NO_ANSWER, question, rank, table_term
from annotation.models import CodeEntry, CodeTable
from annotation.selectors.codes import search_codes
from annotation.services import code_index, code_tables
from annotation.services.code_index import folded_entry
from annotation.services.code_tables import Loaded, TableFacts, load_csv, load_shipped, remove_table
from viewer.api.errors import ApiError

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
SYSTEM = "urn:example:codes"
COLUMNS = Columns("code", "ja", "kana", "en")
SMALL = """T16,胃癌,イガン,Gastric cancer
T16.1,早期胃癌,ソウキイガン,Early gastric cancer
T34,肺癌,ハイガン,Lung cancer
T25,胃潰瘍,イカイヨウ,Gastric ulcer
"""


def load(rows: str, *, version: str = "1", system: str = SYSTEM, user: User | None = None, **more: Any) -> Loaded:
    file = io.BytesIO(f"code,ja,kana,en\n{rows}".encode())
    facts = TableFacts(system, version, "見本", "Sample")
    return load_csv(facts=facts, file=file, file_name="sample.csv", named=COLUMNS, user=user, **more)


def refusal_of(rows: str, **more: Any) -> ApiError:
    with pytest.raises(ApiError) as caught:
        load(rows, **more)
    return caught.value


def codes(q: str, **more: Any) -> list[str]:
    return [found["code"] for found in search_codes(q=q, **more)[0]]


def indexed() -> int:
    """Return how many entries the index holds, of tables that are there or gone."""
    if connection.vendor == "sqlite":
        # A table without content cannot be read through; keys begin at 1 in every test.
        return sum(len(list(code_index.having(frozenset({table_term(key)}), page=1000, most=100_000))) for key in range(1, 40))
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM annotation_code_terms")
        return int(cursor.fetchone()[0])


def test_codes_are_found_however_they_are_written() -> None:
    load(SMALL)
    for q in ("胃癌", "ｲｶﾞﾝ", "いがん", "ＧＡＳＴＲＩＣ　ＣＡＮＣＥＲ", "t16", "cancer gastric"):
        assert codes(q)[0] == "T16", q
    assert codes("t161") == codes("T16.1") == ["T16.1"]
    assert codes("癌") == ["T16", "T34", "T16.1"]
    assert codes("gas") == ["T16", "T25", "T16.1"]
    assert codes("t16") == ["T16", "T16.1"]
    assert codes("") == codes("   ") == codes("脳") == codes('"; DROP') == codes("* OR -") == []


def test_a_found_code_says_where_it_is_from() -> None:
    load(SMALL)
    found, more = search_codes(q="胃", limit=1)
    assert more
    assert found == [
        {
            "system": SYSTEM,
            "version": "1",
            "code": "T16",
            "display": {"ja": "胃癌", "en": "Gastric cancer"},
            "reading": "イガン",
            "system_name": {"ja": "見本", "en": "Sample"},
        }
    ]


def test_the_search_finds_what_reading_every_entry_finds() -> None:
    choose = random.Random(5)  # noqa: S311 -- any words will do
    words = "胃 癌 胃癌 早期 ポリープ ﾎﾟﾘｰﾌﾟ がん gastric cancer Can a A1 t16.9 t169 0-Ⅱa 𠮷 ' \" % _ ー".split()  # noqa: SIM905

    def name() -> str:
        return choose.choice(["", " "]).join(choose.choices(words, k=choose.randrange(1, 4))).replace('"', '""')

    for table in range(3):
        lines = [f'"{choose.choice("AC")}{at:02}.{at % 7}","{name()}","{name()}","{name()}"' for at in range(300)]
        load("\n".join(lines), system=f"{SYSTEM}:{table}")
    entries = list(CodeEntry.objects.all())
    hits = 0
    for q in [*words, *(name() for _ in range(120)), "c1", "a0", "癌 胃", "cancer 胃"]:
        asked = question(q)
        for system in ("", f"{SYSTEM}:1"):
            ranked = [(rank(folded_entry(entry), asked), entry.pk) for entry in entries if not system or entry.table.system == system]
            worst = CONTAINS if any(len(word) > 1 or not word.isascii() for word in asked.words) else CONTAINS - 1
            expected = [key for how, key in sorted(ranked) if how <= worst and how != NO_ANSWER][:50]
            found, _more = search_codes(q=q, system=system, limit=50)
            by_key = {entry.pk: entry for entry in entries}
            assert [(each["code"], each["display"]["ja"]) for each in found] == [(by_key[key].code, by_key[key].ja) for key in expected], q
            hits += len(found)
    assert hits > 2000


@pytest.mark.skipif(connection.vendor != "postgresql", reason="of PostgreSQL's ways")
def test_many_hits_are_read_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    load("".join(f"C{at:03},胃癌{at},,\n" for at in range(300)))
    few = codes("胃癌", limit=50)
    monkeypatch.setattr(code_index, "_FEW", 10)
    monkeypatch.setattr("annotation.selectors.codes._PAGE", 7)
    assert codes("胃癌", limit=50) == few
    assert len(few) == 50


def test_the_same_version_twice_does_nothing_and_another_content_is_refused() -> None:
    first = load(SMALL)
    again = load(SMALL)
    assert (first.was_there, again.was_there) == (False, True)
    assert again.table.pk == first.table.pk
    assert refusal_of(SMALL.replace("肺癌", "肺がん")).code == "codes_version_loaded"
    assert indexed() == CodeEntry.objects.count() == first.table.entry_count == 4


def test_a_new_version_stands_beside_the_old_one() -> None:
    load(SMALL)
    load("T16,胃がん,イガン,Gastric cancer\n", version="2")
    assert codes("いがん", system=SYSTEM) == ["T16"]
    assert search_codes(q="いがん")[0][0]["version"] == "2"
    assert codes("肺癌") == []
    assert codes("肺癌", system=SYSTEM, version="1") == ["T34"]
    assert codes("肺癌", system=SYSTEM, version="3") == []


def test_a_bad_row_leaves_nothing() -> None:
    error = refusal_of(SMALL + "X1\n,no code,,\n")
    assert error.code == "codes_rows"
    assert [(row["line"], row["reason"]) for row in error.extra["rows"]] == [(6, "columns"), (7, "no_code")]
    assert not CodeTable.objects.exists()
    assert indexed() == 0


def test_loading_that_breaks_off_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_tables, "_BATCH", 2)
    calls: list[int] = []

    def fail_at_second(entries: Any) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise OSError("no space left on device")

    real = code_index.index_entries
    monkeypatch.setattr(code_index, "index_entries", lambda entries: (real(entries), fail_at_second(entries)))
    with pytest.raises(OSError, match="no space"):
        load(SMALL)
    assert not CodeTable.objects.exists()
    assert not CodeEntry.objects.exists()
    assert indexed() == 0


def test_a_table_that_is_being_loaded_is_not_searched_and_one_that_was_broken_off_is_loaded_anew() -> None:
    table = load(SMALL).table
    CodeTable.objects.filter(pk=table.pk).update(state=CodeTable.State.LOADING, heard_at=timezone.now())
    assert codes("胃癌") == []
    assert refusal_of(SMALL).code == "codes_loading"
    CodeTable.objects.filter(pk=table.pk).update(heard_at=timezone.now() - timedelta(minutes=5))
    assert not load(SMALL).was_there
    assert codes("胃癌")[0] == "T16"
    assert indexed() == CodeEntry.objects.count() == 4


def test_a_table_that_is_taken_away_is_gone_from_the_index() -> None:
    load(SMALL, version="1")
    table = load(SMALL, version="2", system="urn:example:other").table
    remove_table(table)
    assert indexed() == 4
    assert [found["system"] for found in search_codes(q="T16")[0]] == [SYSTEM, SYSTEM]


def test_a_file_that_changes_between_its_readings_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    real = code_tables.read_rows
    readings: list[int] = []

    def changing(file: Any, layout: Any) -> Any:
        readings.append(1)
        yield from list(real(file, layout))[: 4 if len(readings) == 1 else 3]

    monkeypatch.setattr(code_tables, "read_rows", changing)
    assert refusal_of(SMALL).code == "codes_changed"
    assert indexed() == 0


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (TableFacts("no uri", "1", "表"), "codes_system_invalid"),
        (TableFacts("", "1", "表"), "codes_system_invalid"),
        (TableFacts(SYSTEM, " ", "表"), "codes_version_invalid"),
        (TableFacts(SYSTEM, "x" * 65, "表"), "codes_version_invalid"),
        (TableFacts(SYSTEM, "pydicom-3", "表"), "codes_shipped"),
        (TableFacts(SYSTEM, "1"), "codes_name_missing"),
    ],
)
def test_what_a_table_is_must_be_said(facts: TableFacts, code: str) -> None:
    with pytest.raises(ApiError) as caught:
        load_csv(facts=facts, file=io.BytesIO(SMALL.encode()), file_name="x", named=Columns("1", "2"))
    assert caught.value.code == code


def test_shipped_concepts_come_once_and_change_with_their_names() -> None:
    ucum = next(system for system in shipped_systems() if system.slug == "ucum")
    done = load_shipped({})
    assert [loaded.was_there for loaded in done] == [False] * len(done)
    assert all(loaded.was_there for loaded in load_shipped({}))
    assert codes("becquerel")[0] == "Bq"
    assert {"108369006"} <= set(codes("108369006"))
    again = load_shipped({ucum.uri: {"Bq": "ベクレル"}})
    assert [loaded.table.system for loaded in again if not loaded.was_there] == [ucum.uri]
    assert codes("ﾍﾞｸﾚﾙ") == codes("becquerel")[:1] == ["Bq"]
    assert indexed() == CodeEntry.objects.count() == sum(len(list(shipped_rows(system, {}))) for system in shipped_systems())


def test_the_api_answers_whoever_is_signed_in(django_user_model: type[User], settings: Any, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    load(SMALL)
    client = Client()
    assert client.get("/api/codes/?q=胃").status_code == 401
    client.force_login(django_user_model.objects.create_user("somebody"))
    answer = client.get("/api/codes/", {"q": "胃", "limit": 2}).json()
    assert [found["code"] for found in answer["codes"]] == ["T16", "T25"]
    assert answer["more"] is True
    assert client.get("/api/codes/").json() == {"codes": [], "more": False}
    assert client.get("/api/codes/", {"q": "x" * 201}).status_code == 400
    assert client.get("/api/codes/", {"q": "x", "limit": 51}).status_code == 400
    systems = client.get("/api/codes/systems/").json()["systems"]
    assert systems == [{"system": SYSTEM, "version": "1", "name": {"ja": "見本", "en": "Sample"}, "entry_count": 4}]


def test_a_search_asks_few_questions_of_the_database(django_assert_max_num_queries: Any) -> None:
    for table in range(12):
        load(SMALL, system=f"{SYSTEM}:{table}")
    with django_assert_max_num_queries(60 if connection.vendor == "postgresql" else 25):
        assert len(codes("癌", limit=50)) == 36
