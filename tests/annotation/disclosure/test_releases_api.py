import io
import json
import threading
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections, transaction
from django.test import Client
from django.utils import timezone
from guardian.shortcuts import assign_perm

from annotation.append_only import LEDGER_TABLES, drop_triggers
from annotation.models import Campaign, ExportRun, LedgerCheck, LedgerEntry, Release, ReleaseRead
from annotation.schema.shapes import parse_geometry
from annotation.services.label_maps import publish_label_map
from annotation.services.ledger import enter
from annotation.services.ledger_checks import AT_ONCE, first_broken_entry, ledger_is_whole
from tests.annotation.disclosure.test_tiers import receiver
from tests.annotation.document import objects
from viewer.models import Collection, Image

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]
BOX = parse_geometry({"type": "Rectangle", "bbox": [10, 20, 30, 40]})
TOMORROW = timezone.localdate() + timedelta(days=1)
GOVERNANCE = {
    "consent": {"mode": "opt-out", "withdrawn": False},
    "ethics": [{"committee": "IRB", "approvalNumber": "EX-1", "expiresOn": TOMORROW.isoformat()}],
    "purposes": ["ai-research"],
    "thirdPartyProvision": {"allowed": True, "recipients": ["company"]},
    "deidentification": {"methodCodes": []},
    "ownership": {"images": "hospital", "annotations": "society", "dataset": "society"},
    "licence": "LicenseRef-terms",
}
WISH = {
    "tier": "third-party",
    "format": "document",
    "recipient": "Example K.K.",
    "recipient_kind": "company",
    "purpose": "ai-research",
    "expires_on": TOMORROW.isoformat(),
}


@pytest.fixture
def campaign() -> Campaign:
    collection = Collection.objects.create(slug="biopsies", name="Biopsies")
    slides = [objects.image(collection, pseudonym * 32) for pseudonym in ("0a", "5f")]
    made = objects.campaign(collection, slides, code="biopsies-2026", governance=GOVERNANCE)
    reader = objects.user("reader")
    for slide in slides:
        objects.mark(objects.read(made, slide, reader), BOX, "box", "mass", text="山田太郎の病変")
    return made


@pytest.fixture
def exporter(campaign: Campaign) -> Client:
    return client(objects.exporter_of(campaign))


@pytest.fixture
def admin(campaign: Campaign) -> Client:
    person = objects.user("admin")
    assign_perm("annotation.manage_campaign", person, campaign)
    return client(person)


def client(user: User) -> Client:
    made = Client(headers={"Accept-Language": "en"})
    made.force_login(user)
    return made


def send(by: Client, address: str, body: dict[str, Any], *, method: str = "post") -> Any:
    return getattr(by, method)(address, json.dumps(body), content_type="application/json")


def requested(exporter: Client, campaign: Campaign, **changes: Any) -> str:
    answer = send(exporter, f"/api/campaigns/{campaign.pk}/releases/", WISH | changes)
    assert answer.status_code == 201, answer.content
    identity: str = answer.json()["id"]
    return identity


def decide(by: Client, release: str, action: str, reason: str = "") -> Any:
    return send(by, f"/api/releases/{release}/decision/", {"action": action, "reason": reason})


def approved(exporter: Client, admin: Client, campaign: Campaign, **changes: Any) -> str:
    release = requested(exporter, campaign, **changes)
    assert decide(admin, release, "confirm-pixels").status_code == 200
    assert decide(admin, release, "approve").status_code == 200
    return release


def taken(exporter: Client, release: str) -> bytes:
    answer = exporter.get(f"/api/releases/{release}/download/")
    assert answer.status_code == 200, answer.content
    data = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    answer.close()
    return data


def documents(data: bytes) -> list[dict[str, Any]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [json.loads(archive.read(name)) for name in archive.namelist() if name.startswith("documents/")]


@pytest.mark.parametrize("tier", ["platform", "third-party"])
def test_two_people_let_a_release_out_and_the_receiver_can_check_it(campaign: Campaign, exporter: Client, admin: Client, tier: str) -> None:
    release = approved(exporter, admin, campaign, tier=tier)
    data = taken(exporter, release)
    found = documents(data)
    assert len(found) == 2
    assert [error.message for document in found for error in receiver().iter_errors(document)] == []
    assert {document["disclosureTier"] for document in found} == {tier}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist()) + "".join(archive.namelist()).encode()
        assert json.loads(archive.read("release.json"))["recipient"] == "Example K.K."
    for secret in ("山田", "0a" * 16, "5f" * 16, str(Image.objects.first().pk)):  # type: ignore[union-attr]
        assert secret.encode() not in everything
    assert taken(exporter, release) == data
    actions = list(LedgerEntry.objects.values_list("action", flat=True))
    assert actions == ["requested", "pixels-confirmed", "approved", "taken", "delivered", "taken", "delivered"]
    assert ledger_is_whole()
    delivered = LedgerEntry.objects.filter(action="delivered").first()
    run = ExportRun.objects.filter(release=release).order_by("created_at").first()
    assert delivered is not None
    assert run is not None
    assert (delivered.said["sha256"], delivered.said["cases"]) == (run.digest, 2)


def test_what_is_read_later_is_not_part_of_it(campaign: Campaign, exporter: Client, admin: Client) -> None:
    release = approved(exporter, admin, campaign)
    before = taken(exporter, release)
    later = objects.image(campaign.collection, "77" * 32)
    campaign.campaign_images.create(image=later)
    objects.mark(objects.read(campaign, later, objects.user("late")), BOX, "box", "mass")
    objects.mark(objects.read(campaign, Image.objects.first(), objects.user("second")), BOX, "box", "mass")  # type: ignore[arg-type]
    assert taken(exporter, release) == before


def test_nobody_approves_what_they_asked_for(campaign: Campaign) -> None:
    both = objects.exporter_of(campaign)
    assign_perm("annotation.manage_campaign", both, campaign)
    release = requested(client(both), campaign)
    assert decide(client(both), release, "confirm-pixels").status_code == 200
    answer = decide(client(both), release, "approve")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "same_person")
    assert client(both).get(f"/api/releases/{release}/download/").json()["error"]["code"] == "release_state"


def test_what_keeps_it_is_told_in_full_and_once_more_when_it_is_taken(campaign: Campaign, exporter: Client, admin: Client) -> None:
    release = requested(exporter, campaign, recipient_kind="overseas", purpose="education")
    answer = decide(admin, release, "approve")
    codes = [row["code"] for row in answer.json()["error"]["blockers"]]
    assert (answer.status_code, codes) == (409, ["purpose_not_agreed", "recipient_not_agreed", "pixels_not_confirmed"])
    release = approved(exporter, admin, campaign)
    changed = GOVERNANCE | {"consent": {"mode": "opt-out", "withdrawn": True}}
    answer = send(admin, f"/api/campaigns/{campaign.pk}/governance/", {"governance": changed}, method="put")
    assert answer.status_code == 200
    answer = exporter.get(f"/api/releases/{release}/download/")
    assert (answer.status_code, answer.json()["error"]["blockers"][0]["code"]) == (409, "consent_withdrawn")
    listed = exporter.get(f"/api/campaigns/{campaign.pk}/releases/").json()["releases"]
    assert [row["code"] for row in listed[0]["kept_by"]] == ["consent_withdrawn"]
    Release.objects.filter(pk=release).update(expires_on=timezone.localdate() - timedelta(days=1))
    assert exporter.get(f"/api/releases/{release}/download/").json()["error"]["code"] == "release_blocked"


def test_a_revoked_release_is_not_taken_and_a_decided_one_not_decided_again(campaign: Campaign, exporter: Client, admin: Client) -> None:
    release = approved(exporter, admin, campaign)
    assert decide(admin, release, "approve").json()["error"]["code"] == "release_state"
    assert decide(admin, release, "revoke").json()["error"]["pointer"] == "/reason"
    assert decide(admin, release, "revoke", "the hospital asked for it").json()["state"] == "revoked"
    assert exporter.get(f"/api/releases/{release}/download/").json()["error"]["code"] == "release_state"
    other = requested(exporter, campaign)
    assert decide(admin, other, "refuse", "no").json()["state"] == "refused"
    assert decide(admin, other, "confirm-pixels").json()["error"]["code"] == "release_state"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"recipient": " "}, 400),
        ({"tier": "society"}, 400),
        ({"format": "docx"}, 400),
        ({"purpose": "curiosity"}, 400),
        ({"expires_on": "2020-01-01"}, 422),
        ({"expires_on": "soon"}, 400),
    ],
)
def test_an_incomplete_wish_is_refused(campaign: Campaign, exporter: Client, changes: dict[str, Any], status: int) -> None:
    answer = send(exporter, f"/api/campaigns/{campaign.pk}/releases/", WISH | changes)
    assert (answer.status_code, Release.objects.count(), LedgerEntry.objects.count()) == (status, 0, 0)
    assert answer.json()["error"]["message"]


def test_conditions_are_checked_by_the_schema(campaign: Campaign, admin: Client) -> None:
    address = f"/api/campaigns/{campaign.pk}/governance/"
    bad = GOVERNANCE | {"consent": {"mode": "as usual", "withdrawn": False}}
    answer = send(admin, address, {"governance": bad}, method="put")
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "governance_invalid")
    assert answer.json()["error"]["pointer"] == "/consent/mode"
    assert admin.get(address).json()["governance"] == GOVERNANCE
    good = GOVERNANCE | {"licence": "CC-BY-4.0"}
    assert send(admin, address, {"governance": good}, method="put").status_code == 200
    entry = LedgerEntry.objects.get()
    assert (entry.said["before"], entry.said["after"]) == (GOVERNANCE, good)


def test_a_subject_who_withdrew_is_in_no_export_and_recipients_are_named(campaign: Campaign, exporter: Client, admin: Client) -> None:
    release = approved(exporter, admin, campaign)
    handed_over = documents(taken(exporter, release))
    gone = campaign.campaign_images.order_by("image__series__study__subject_pseudonym").first().image  # type: ignore[union-attr]
    answer = send(admin, f"/api/campaigns/{campaign.pk}/withdrawals/", {"image_id": str(gone.pk)})
    assert answer.status_code == 200
    told = answer.json()["to_be_told"]
    assert [(row["release"], row["recipient"]) for row in told] == [(release, "Example K.K.")]
    assert told[0]["subject"] in {document["subject"]["pseudonyms"][0]["value"] for document in handed_over}
    left = documents(taken(exporter, release))
    assert len(left) == 1
    assert left[0]["subject"]["pseudonyms"][0]["value"] != told[0]["subject"]
    inside = exporter.get(f"/api/campaigns/{campaign.pk}/export/")
    assert len(documents(b"".join(inside.streaming_content))) == 1  # type: ignore[attr-defined]
    answer = exporter.get(f"/api/campaigns/{campaign.pk}/images/{gone.pk}/document/")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "subject_withdrawn")
    again = send(admin, f"/api/campaigns/{campaign.pk}/withdrawals/", {"image_id": str(gone.pk)})
    assert again.json() == {"to_be_told": told}
    assert LedgerEntry.objects.filter(action="withdrawn").count() == 1


def test_the_ledger_takes_neither_change_nor_removal(campaign: Campaign, exporter: Client) -> None:
    requested(exporter, campaign)
    for statement in ("UPDATE annotation_ledgerentry SET action = 'approved'", "DELETE FROM annotation_ledgerentry"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    answer = exporter.get(f"/api/campaigns/{campaign.pk}/ledger/").json()
    assert answer["whole"] is True
    assert [row["action"] for row in answer["entries"]] == ["requested"]


def test_many_writers_make_one_chain(campaign: Campaign) -> None:
    actor = objects.user("admin")

    def write() -> None:
        try:
            for _ in range(5):
                with transaction.atomic():
                    enter(campaign=campaign, actor=actor, action=LedgerEntry.Action.GOVERNANCE, said={})
        finally:
            connections.close_all()

    if connection.vendor != "postgresql":  # a database in memory knows no second writer
        write()
        assert LedgerEntry.objects.count() == 5
    else:
        threads = [threading.Thread(target=write) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert LedgerEntry.objects.count() == 20
    assert ledger_is_whole()


def tampered(statement: str, entry: int) -> tuple[bool, int | None, bool]:
    """Return what a page, the command, and a page after it say when somebody gets behind the triggers; all of it is taken back."""
    with transaction.atomic():
        drop_triggers(connection, LEDGER_TABLES)
        with connection.cursor() as cursor:
            cursor.execute(statement, [entry])
        found = ledger_is_whole(), first_broken_entry(), ledger_is_whole()
        transaction.set_rollback(True)
    return found


def test_what_came_since_is_checked_by_pages_and_all_of_it_by_the_command(
    campaign: Campaign, django_assert_max_num_queries: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    actor = objects.user("admin")

    def write(count: int) -> list[int]:
        for number in range(count):
            enter(campaign=campaign, actor=actor, action=LedgerEntry.Action.GOVERNANCE, said={"number": number})
        return list(LedgerEntry.objects.order_by("pk").values_list("pk", flat=True))

    assert ledger_is_whole()
    first = write(3)
    assert ledger_is_whole()
    entries = write(2)
    change = "UPDATE annotation_ledgerentry SET said = '{}' WHERE id = %s"
    delete = "DELETE FROM annotation_ledgerentry WHERE id = %s"
    assert tampered(change, entries[3]) == (False, entries[3], False), "what came since is read"
    assert tampered(delete, first[2]) == (False, entries[3], False), "where the last look ended"
    assert tampered(change, entries[1]) == (True, entries[1], False), "what is older is found by the command, and pages say so then"
    assert ledger_is_whole()
    with django_assert_max_num_queries(3):
        assert ledger_is_whole()
    assert tampered(delete, entries[-1])[:2] == (False, entries[-1]), "the end was cut off"
    call_command("verify_ledger")
    assert "whole: 5 entries" in capsys.readouterr().out
    assert LedgerCheck.objects.get().checked_in_full_at is not None
    with transaction.atomic():
        drop_triggers(connection, LEDGER_TABLES)
        LedgerEntry.objects.filter(pk=entries[0]).update(said={})
        with pytest.raises(CommandError, match=f"entry {entries[0]} "):
            call_command("verify_ledger")
        transaction.set_rollback(True)


def test_a_page_reads_a_bounded_part_of_a_long_ledger(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    actor = objects.user("admin")
    for _ in range(5):
        enter(campaign=campaign, actor=actor, action=LedgerEntry.Action.GOVERNANCE, said={})
    assert AT_ONCE >= 1_000
    monkeypatch.setattr("annotation.services.ledger_checks.AT_ONCE", 2)
    entries = list(LedgerEntry.objects.order_by("pk").values_list("pk", flat=True))
    for reached in (1, 3, 4, 4):
        assert ledger_is_whole()
        assert LedgerCheck.objects.get().entry_id == entries[reached]
    assert first_broken_entry() is None


def test_strangers_find_nothing(campaign: Campaign, exporter: Client) -> None:
    release = requested(exporter, campaign)
    stranger = client(objects.user("stranger"))
    for address in (
        f"/api/campaigns/{campaign.pk}/releases/",
        f"/api/campaigns/{campaign.pk}/ledger/",
        f"/api/releases/{release}/download/",
    ):
        assert stranger.get(address).status_code == 404
    assert decide(exporter, release, "approve").status_code == 404


# label maps and pinned reads


def map_of(campaign: Campaign, rules: dict[str, Any]) -> str:
    person = User.objects.order_by("pk")[0]
    made = publish_label_map(
        slug="few",
        version="1.0",
        name={"ja": "少", "en": "few"},
        source=campaign.label_set,
        target=objects.label_set(),
        rules=rules,
        published_by=person,
    )
    for each in User.objects.all():
        assign_perm("annotation.apply_labelmap", each, made)
    return "few@1.0"


@pytest.mark.parametrize("tier", ["platform", "third-party"])
def test_a_release_under_a_map_tells_what_was_done_but_not_what_readers_chose(
    campaign: Campaign, exporter: Client, admin: Client, tier: str
) -> None:
    codes = list(campaign.label_set.labels.values_list("code", flat=True))
    name = map_of(campaign, {code: {"to": ["tumour"] if code == "mass" else []} for code in codes})
    release = approved(exporter, admin, campaign, tier=tier, label_map=[name])
    data = taken(exporter, release)
    assert taken(exporter, release) == data
    found = documents(data)
    assert [error.message for document in found for error in receiver().iter_errors(document)] == []
    assert {row["labels"][0]["coding"][0]["code"] for document in found for row in document["annotations"]} == {"tumour"}
    assert b"mass" not in b"".join(json.dumps(document).encode() for document in found)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        manifest, losses, terms = (json.loads(archive.read(entry)) for entry in ("manifest.json", "losses.json", "release.json"))
    told = [{"id": "few", "version": "1.0"}]
    assert terms["labelMaps"] == manifest["labelMap"]["maps"] == losses["labelMap"]["maps"] == told
    assert manifest["labelMap"]["marks"]["renamed"] == 2
    entries = {row.action: row.said for row in LedgerEntry.objects.order_by("pk")}
    assert all(entries[action]["label_maps"] == told for action in ("requested", "approved", "taken"))
    assert entries["delivered"]["label_map"] == manifest["labelMap"]
    listed = exporter.get(f"/api/campaigns/{campaign.pk}/releases/").json()["releases"][0]
    assert (listed["label_maps"], listed["unmapped"]) == (told, "refuse")


def test_a_map_that_says_nothing_of_a_label_is_refused_before_anybody_decides(campaign: Campaign, exporter: Client) -> None:
    name = map_of(campaign, {"tumour": {"to": ["tumour"]}})
    refused = send(exporter, f"/api/campaigns/{campaign.pk}/releases/", WISH | {"label_map": [name]})
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "label_map_incomplete")
    assert "mass" in refused.json()["error"]["labels"]
    assert not Release.objects.exists()
    dropped = send(exporter, f"/api/campaigns/{campaign.pk}/releases/", WISH | {"label_map": [name], "unmapped": "drop"})
    assert dropped.status_code == 201
    assert send(exporter, f"/api/campaigns/{campaign.pk}/releases/", WISH | {"label_map": ["x@1"]}).status_code == 422


def test_the_reads_of_a_release_are_pinned_when_it_is_approved(campaign: Campaign, exporter: Client, admin: Client) -> None:
    release = approved(exporter, admin, campaign)
    before = taken(exporter, release)
    assert set(ReleaseRead.objects.values_list("read", flat=True)) == set(campaign.reads.values_list("pk", flat=True))
    assert LedgerEntry.objects.get(action="approved").said["reads"] == 2
    # one that was being submitted in the very moment: its time lies before the approval, its row was written after
    late = objects.read(campaign, Image.objects.first(), objects.user("late"))  # type: ignore[arg-type]
    objects.mark(late, BOX, "box", "mass")
    campaign.reads.filter(pk=late.pk).update(submitted_at=timezone.now() - timedelta(days=1))
    assert taken(exporter, release) == before
    with pytest.raises(DatabaseError), transaction.atomic():
        ReleaseRead.objects.all().delete()
