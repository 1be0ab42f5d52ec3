"""Loading tables of codes by command and by upload: who may, and what they are told."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client

from annotation.models import CodeEntry, CodeTable
from annotation.selectors.codes import search_codes
from societies.models import Membership
from societies.services.memberships import add_role
from societies.services.societies import create_society

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
ADDRESS = "/api/code-tables/"
MEDIS = "0,00000001,早期見本病,ソウキミホンビョウ,1,ZZZ1\n0,00000002,見本病,ミホンビョウ,1,ZZZ2\n"


@pytest.fixture
def admin() -> User:
    society = create_society(slug="jsp", name_ja="病理", name_en="Pathology")
    user = User.objects.create_user("chief", last_name="Chief")
    add_role(society=society, user=user, role=Membership.Role.ADMIN)
    return user


def run(*arguments: object, **options: Any) -> str:
    said = StringIO()
    call_command("load_codes", *map(str, arguments), stdout=said, **options)
    return said.getvalue()


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "nmain.txt"
    path.write_bytes(MEDIS.encode("cp932"))
    return path


def test_a_known_table_is_loaded_listed_and_taken_away(table: Path, admin: User) -> None:
    said = run(table, "--table", "medis", "--table-version", "5.17", "--user", "chief", "--licence", "contract 1")
    assert "2 entries, loaded (Shift_JIS)" in said
    assert "was there already" in run(table, "--table", "medis", "--table-version", "5.17")
    assert [found["code"] for found in search_codes(q="みほんびょう")[0]] == ["ZZZ2", "ZZZ1"]
    assert "5.17  2 entries" in run("--list")
    assert "chief  contract 1" in run("--list")
    run("--remove", "--table", "medis", "--table-version", "5.17")
    assert not CodeTable.objects.exists()
    assert not CodeEntry.objects.exists()
    with pytest.raises(CommandError, match="no such table"):
        run("--remove", "--table", "medis", "--table-version", "5.17")


def test_the_command_says_what_is_wrong(table: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("code,en\n" + ",nothing\n" * 30, "utf-8")
    with pytest.raises(CommandError) as caught:
        run(bad, "--system", "urn:example:own", "--name-en", "Own", "--table-version", "1", "--code-column", "code", "--en-column", "en")
    assert "codes_rows" in str(caught.value)
    assert "line 2: no code" in str(caught.value)
    assert "and 10 more" in str(caught.value)
    with pytest.raises(CommandError, match="layout of this table is not known"):
        run(table, "--table", "jed", "--table-version", "1")
    with pytest.raises(CommandError, match="No such file"):
        run(tmp_path / "gone.csv", "--table", "medis", "--table-version", "1")
    with pytest.raises(CommandError, match="User matching"):
        run(table, "--table", "medis", "--table-version", "1", "--user", "nobody")
    with pytest.raises(CommandError, match="Name a file"):
        run()
    assert not CodeTable.objects.exists()


def test_shipped_concepts_have_the_packs_names(settings: Any) -> None:
    assert "SNOMED CT" in run("--shipped")
    assert run("--shipped", verbosity=0) == ""
    found = search_codes(q="腫瘍")[0]
    assert ("http://snomed.info/sct", "108369006") in {(code["system"], code["code"]) for code in found}


def test_an_admin_uploads_a_table(client_of: ClientOf, admin: User) -> None:
    client = client_of(admin)
    said = {"table": "medis", "version": "5.17", "file_name": "nmain.txt"}

    def upload(content: bytes) -> Any:
        return client.generic("POST", ADDRESS, content, content_type="text/csv", QUERY_STRING="&".join(f"{k}={v}" for k, v in said.items()))

    answer = upload(MEDIS.encode("cp932"))
    assert answer.status_code == 201
    assert answer.json()["entry_count"] == 2
    assert upload(MEDIS.encode("utf-8")).status_code == 200
    assert upload(MEDIS.replace("見本病", "別の病").encode()).json()["error"]["code"] == "codes_version_loaded"
    tables = client.get(ADDRESS).json()["tables"]
    assert [(row["file_name"], row["encoding"], row["loaded_by"], row["shipped"]) for row in tables] == [
        ("nmain.txt", "Shift_JIS", "Chief", False)
    ]
    assert "MEDIS-DC" in tables[0]["licence"]


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        (b"", "codes_empty", 0),
        (b"a,b\0", "codes_nul", 1),
        (b"\x89PNG\r\n\x1a\n\x81\xff", "codes_encoding", 3),
        (b'"' + b"x" * 200_000, "codes_line", 1),
        (b"1,2,3,4,5,ZZZ\n1,2\n", "codes_rows", 2),
        (b"<html>", "codes_column", 1),
    ],
)
def test_hostile_uploads_are_told_and_leave_nothing(client_of: ClientOf, admin: User, content: bytes, code: str, line: int) -> None:
    answer = client_of(admin).generic("POST", f"{ADDRESS}?table=medis&version=1", content, content_type="text/csv")
    assert answer.status_code in (409, 422)
    error = answer.json()["error"]
    assert (error["code"], error.get("line", 0)) == (code, line)
    assert error["hint"]
    assert not CodeTable.objects.exists()


def test_an_upload_that_is_larger_than_the_site_takes(client_of: ClientOf, admin: User, settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = 1000
    answer = client_of(admin).generic("POST", f"{ADDRESS}?table=medis&version=1", b"x" * 1001, content_type="text/csv")
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "codes_too_large"


def test_only_admins_load_and_see_tables(client_of: ClientOf, admin: User) -> None:
    reader = User.objects.create_user("reader")
    client = client_of(reader)
    assert client.get(ADDRESS).status_code == 404
    assert client.generic("POST", f"{ADDRESS}?table=medis&version=1", MEDIS.encode(), content_type="text/csv").status_code == 404
    assert client.get("/code-tables/").status_code == 404
    assert client_of(admin).get("/code-tables/").status_code == 200
    assert not CodeTable.objects.exists()


def test_the_page_asks_a_bounded_number_of_questions(client_of: ClientOf, admin: User, django_assert_max_num_queries: Any) -> None:
    client = client_of(admin)
    for version in range(12):
        client.generic("POST", f"{ADDRESS}?table=medis&version={version}", MEDIS.encode(), content_type="text/csv")
    with django_assert_max_num_queries(8):
        assert len(client.get(ADDRESS).json()["tables"]) == 12
