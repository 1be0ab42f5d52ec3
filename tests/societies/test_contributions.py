"""Who did what, and who is named for it."""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, transaction
from django.test import Client

from annotation.models import Campaign, Read
from annotation.services.operations import apply_operations
from societies.append_only import CREDIT_TABLES
from societies.models import CreditChoice, Society
from societies.services.campaigns import add_reader
from societies.services.worklist import claim_next, submit
from tests.factories import ADMIN, READER, make_campaign, make_person, make_society, put_box, put_diagnosis

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@dataclass
class World:
    society: Society
    campaign: Campaign
    admin: User
    readers: list[User]


@pytest.fixture
def world(settings: Any, tmp_path: Any) -> World:
    # The middleware for static files warns where the folder is missing.
    settings.STATIC_ROOT = tmp_path
    society = make_society()
    admin = make_person(society, "admin", ADMIN)
    campaign = make_campaign(society, admin, images=4)
    readers = [make_person(society, name, READER) for name in ("first", "second", "idle")]
    for reader in readers:
        add_reader(campaign=campaign, user=reader)
    return World(society, campaign, admin, readers)


def read_one(world: World, reader: User, *, submits: bool = True) -> Read:
    assignment = claim_next(campaign=world.campaign, user=reader)
    assert assignment is not None
    read = assignment.read
    result = apply_operations(user=reader, read_id=read.pk, operations=[put_box(), put_diagnosis()])
    if submits:
        submit(read_id=read.pk, user=reader, sequence=result.sequence, active_seconds=1800)
    return read


def choose(client: Client, world: World, name: Any) -> Any:
    return client.put(f"/api/societies/{world.society.slug}/credit/", {"name": name}, "application/json")


def told(client: Client, world: World) -> dict[str, dict[str, Any]]:
    answer = client.get(f"/api/societies/{world.society.slug}/contributions/")
    return {row["person"].rsplit("-", 1)[-1]: row for row in answer.json()["contributions"]}


def test_submitted_reads_are_counted_and_nothing_else(world: World, client_of: Callable[[User], Client]) -> None:
    first, second, _idle = world.readers
    for reader in (first, first, second):
        read_one(world, reader)
    read_one(world, second, submits=False)
    rows = told(client_of(world.admin), world)
    assert list(rows) == ["first", "second"], "most reads first, and nobody who submitted nothing"
    assert {key: rows["first"][key] for key in ("campaigns", "reads", "marks", "decisions", "active_seconds")} == {
        "campaigns": 1,
        "reads": 2,
        "marks": 4,
        "decisions": 0,
        "active_seconds": 3600.0,
    }
    assert (rows["second"]["reads"], rows["second"]["marks"]) == (1, 2)
    assert rows["first"]["first_at"] <= rows["first"]["last_at"]


def test_only_who_agreed_is_named_and_only_by_themselves(world: World, client_of: Callable[[User], Client]) -> None:
    first, second, _idle = world.readers
    for reader in (first, second):
        read_one(world, reader)
    admin = client_of(world.admin)
    assert {row["credit_name"] for row in told(admin, world).values()} == {""}
    assert choose(client_of(first), world, "  山田  花子 ").json() == {"name": "山田 花子"}
    assert [row["credit_name"] for row in told(admin, world).values() if row["credit_name"]] == ["山田 花子"]
    cited = admin.get(f"/api/societies/{world.society.slug}/contributions/?as=cff")
    assert cited.headers["Content-Disposition"] == 'attachment; filename="CITATION.cff"'
    text = cited.content.decode()
    assert '  - name: "山田 花子"' in text
    assert second.username not in text
    assert choose(client_of(first), world, "").json() == {"name": ""}
    assert "山田" not in admin.get(f"/api/societies/{world.society.slug}/contributions/?as=cff").content.decode()
    assert list(CreditChoice.objects.values_list("name", flat=True)) == ["山田 花子", ""], "every choice stays"


def test_the_same_choice_twice_is_one(world: World, client_of: Callable[[User], Client]) -> None:
    client = client_of(world.readers[0])
    for _ in range(2):
        assert choose(client, world, "Dr. A").status_code == 200
    assert CreditChoice.objects.count() == 1


@pytest.mark.parametrize("name", ["x" * 121, "a\u202eb", "a\u0007b"])
def test_what_is_no_name_is_refused(world: World, client_of: Callable[[User], Client], name: str) -> None:
    assert choose(client_of(world.readers[0]), world, name).status_code in {400, 422}
    assert not CreditChoice.objects.exists()


def test_a_table_computes_nothing(world: World, client_of: Callable[[User], Client]) -> None:
    read_one(world, world.readers[0])
    choose(client_of(world.readers[0]), world, "=1+1")
    answer = client_of(world.admin).get(f"/api/societies/{world.society.slug}/contributions/?as=csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert (row["credit_name"], row["reads"], row["active_hours"]) == ("'=1+1", "1", "0.50")


def test_a_name_cannot_break_the_citation_file(world: World, client_of: Callable[[User], Client]) -> None:
    yaml = pytest.importorskip("yaml")
    read_one(world, world.readers[0])
    choose(client_of(world.readers[0]), world, 'A "B" \\ C: #d')
    answer = client_of(world.admin).get(f"/api/societies/{world.society.slug}/contributions/?as=cff")
    cited = yaml.safe_load(answer.content.decode())
    assert [each["name"] for each in cited["authors"]] == ['A "B" \\ C: #d', world.society.name_en]
    assert cited["cff-version"] == "1.2.0"


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ("山田 花子", {"family-names": "山田", "given-names": "花子"}),
        ("花子 山田", {"family-names": "山田", "given-names": "花子"}),
        ("Hanako Yamada", {"name": "Hanako Yamada"}),
        ("山田 花子 医師", {"name": "山田 花子 医師"}),
        ("山田", {"name": "山田"}),
    ],
)
def test_a_name_is_divided_where_the_account_says_how(
    world: World, client_of: Callable[[User], Client], chosen: str, expected: dict[str, str]
) -> None:
    yaml = pytest.importorskip("yaml")
    reader = world.readers[0]
    reader.last_name, reader.first_name = "山田", "花子"
    reader.save()
    read_one(world, reader)
    choose(client_of(reader), world, chosen)
    answer = client_of(world.admin).get(f"/api/societies/{world.society.slug}/contributions/?as=cff")
    assert yaml.safe_load(answer.content.decode())["authors"] == [expected, {"name": world.society.name_en}]


def test_nobody_else_sees_or_chooses(world: World, client_of: Callable[[User], Client]) -> None:
    stranger = make_person(make_society(), "stranger", ADMIN, READER)
    address = f"/api/societies/{world.society.slug}/contributions/"
    assert client_of(world.readers[0]).get(address).status_code == 404
    assert client_of(stranger).get(address).status_code == 404
    assert choose(client_of(stranger), world, "X").status_code == 404
    assert client_of(world.readers[0]).get(f"/societies/{world.society.slug}/contributions/").status_code == 404


def test_each_sees_their_own(world: World, client_of: Callable[[User], Client]) -> None:
    read_one(world, world.readers[0])
    mine = client_of(world.readers[0]).get("/contributions/").content.decode()
    assert world.society.name_en in mine
    assert 'data-seconds="1800.0"' in mine
    assert world.readers[1].username not in mine


def test_choices_are_neither_changed_nor_removed(world: World, client_of: Callable[[User], Client]) -> None:
    choose(client_of(world.readers[0]), world, "A")
    assert (CreditChoice._meta.db_table,) == CREDIT_TABLES
    for attempt in (lambda: CreditChoice.objects.update(name="B"), lambda: CreditChoice.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            attempt()


def test_a_list_costs_the_same_however_many_contributed(
    world: World, client_of: Callable[[User], Client], django_assert_max_num_queries: Any
) -> None:
    for reader in world.readers:
        read_one(world, reader)
    admin = client_of(world.admin)
    with django_assert_max_num_queries(12):
        assert len(told(admin, world)) == 3
