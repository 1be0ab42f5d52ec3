"""Leases: one reader a read, whatever happens at once."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import F
from django.utils import timezone

from annotation.models import Campaign, CampaignImage, Read
from annotation.services.campaigns import close_campaign, reopen_campaign
from annotation.services.operations import apply_operations
from societies.models import Assignment
from societies.selectors.campaigns import overview, progress, reading_list
from societies.services.campaigns import add_reader, remove_reader
from societies.services.memberships import add_role
from societies.services.worklist import claim_next, renew_lease, submit
from tests.factories import ADMIN, READER, finish, let_leases_run_out, make_campaign, make_person, make_society, put_box
from viewer.api.errors import ApiError

pytestmark = pytest.mark.postgres


def staffed(readers: int = 2, **values: Any) -> tuple[Campaign, list[User]]:
    society = make_society()
    people = [make_person(society, f"reader{number}", READER) for number in range(readers)]
    campaign = make_campaign(society, make_person(society, "admin", ADMIN), readers=tuple(people), **values)
    return campaign, [User.objects.get(pk=person.pk) for person in people]


def read_next(campaign: Campaign, reader: User) -> Assignment:
    assignment = claim_next(user=reader, campaign=campaign)
    assert assignment is not None
    return assignment


def complete(campaign: Campaign, reader: User) -> Read:
    assignment = read_next(campaign, reader)
    return submit(user=reader, read_id=assignment.read_id, sequence=finish(assignment.read), active_seconds=3)


@pytest.mark.django_db
def test_the_least_sure_image_comes_first_then_the_oldest() -> None:
    campaign, (reader, _other) = staffed(images=4)
    rows = list(CampaignImage.objects.filter(campaign=campaign).order_by("added_at", "image_id"))
    CampaignImage.objects.filter(pk=rows[2].pk).update(uncertainty=0.4, strategy="entropy")
    CampaignImage.objects.filter(pk=rows[3].pk).update(uncertainty=0.9, strategy="entropy")
    seen = []
    for _each in range(4):
        assignment = read_next(campaign, reader)
        seen.append((assignment.image_id, assignment.chosen_by, assignment.score))
        submit(user=reader, read_id=assignment.read_id, sequence=finish(assignment.read), active_seconds=1)
    assert seen == [
        (rows[3].image_id, "uncertainty", 0.9),
        (rows[2].image_id, "uncertainty", 0.4),
        (rows[0].image_id, "age", None),
        (rows[1].image_id, "age", None),
    ]
    assert claim_next(user=reader, campaign=campaign) is None


@pytest.mark.django_db
def test_a_reader_gets_back_what_they_hold_and_the_lease_grows() -> None:
    campaign, (reader, other) = staffed()
    first = read_next(campaign, reader)
    again = read_next(campaign, reader)
    assert (again.pk, again.read_id) == (first.pk, first.read_id)
    assert again.leased_until >= first.leased_until
    assert read_next(campaign, other).image_id != first.image_id


@pytest.mark.django_db
def test_an_expired_lease_returns_to_another_reader_and_the_marks_stay() -> None:
    campaign, (reader, other) = staffed(images=1)
    first = read_next(campaign, reader)
    assert claim_next(user=other, campaign=campaign) is None
    sequence = finish(first.read)
    let_leases_run_out()
    second = read_next(campaign, other)
    assert second.image_id == first.image_id
    assert second.read_id != first.read_id, "each has a read of their own"
    # Marks of an open read are still taken: nothing is lost by being slow.
    assert apply_operations(user=reader, read_id=first.read_id, operations=[put_box()]).sequence == sequence + 1
    for attempt in (
        lambda: submit(user=reader, read_id=first.read_id, sequence=sequence + 1, active_seconds=1),
        lambda: renew_lease(user=reader, read_id=first.read_id),
    ):
        with pytest.raises(ApiError, match="lease_lost") as caught:
            attempt()
        assert caught.value.status_code == 409
    first.read.refresh_from_db()
    assert first.read.state == Read.State.OPEN
    assert claim_next(user=reader, campaign=campaign) is None


@pytest.mark.django_db
def test_a_late_reader_takes_up_their_own_read_when_nobody_else_has() -> None:
    campaign, (reader, other) = staffed(images=2)
    first = read_next(campaign, reader)
    let_leases_run_out()
    assert renew_lease(user=reader, read_id=first.read_id).leased_until > timezone.now()
    let_leases_run_out()
    read_next(campaign, other)
    let_leases_run_out()
    resumed = read_next(campaign, reader)
    assert (resumed.read_id, resumed.chosen_by) == (first.read_id, "resumed")
    let_leases_run_out()
    assert submit(user=reader, read_id=first.read_id, sequence=finish(first.read), active_seconds=1).state == Read.State.SUBMITTED
    first.refresh_from_db()
    assert first.state == Assignment.State.DONE


@pytest.mark.django_db
def test_submitting_twice_and_renewing_what_is_done_is_refused() -> None:
    campaign, (reader, _other) = staffed()
    read = complete(campaign, reader)
    for attempt in (
        lambda: submit(user=reader, read_id=read.pk, sequence=read.sequence, active_seconds=1),
        lambda: renew_lease(user=reader, read_id=read.pk),
    ):
        with pytest.raises(ApiError, match="already_submitted"):
            attempt()


@pytest.mark.django_db
def test_an_incomplete_read_keeps_its_lease() -> None:
    campaign, (reader, _other) = staffed()
    assignment = read_next(campaign, reader)
    with pytest.raises(ApiError, match="diagnosis_missing"):
        submit(user=reader, read_id=assignment.read_id, sequence=0, active_seconds=1)
    with pytest.raises(ApiError, match="unsaved_changes"):
        submit(user=reader, read_id=assignment.read_id, sequence=7, active_seconds=1)
    assignment.refresh_from_db()
    assert assignment.state == Assignment.State.LEASED


@pytest.mark.django_db
def test_two_reads_an_image_are_by_two_readers() -> None:
    campaign, (one, two) = staffed(images=2, reads_per_image=2)
    for reader in (one, two):
        assert {complete(campaign, reader).image_id for _each in range(2)} == set(campaign.campaign_images.values_list("image", flat=True))
        assert claim_next(user=reader, campaign=campaign) is None
    slots = Counter(Assignment.objects.values_list("image", "slot"))
    assert len(slots) == 4
    assert set(slots.values()) == {1}


@pytest.mark.django_db
def test_a_closed_campaign_hands_out_nothing_new_and_lets_readers_finish() -> None:
    campaign, (reader, other) = staffed()
    held = read_next(campaign, reader)
    close_campaign(campaign=campaign)
    assert read_next(campaign, reader).pk == held.pk
    with pytest.raises(ApiError, match="campaign_closed"):
        claim_next(user=other, campaign=campaign)
    assert submit(user=reader, read_id=held.read_id, sequence=finish(held.read), active_seconds=1).state == "submitted"
    reopen_campaign(campaign=campaign)
    read_next(campaign, other)


@pytest.mark.django_db
def test_who_was_removed_can_neither_claim_nor_submit() -> None:
    campaign, (reader, other) = staffed(images=1)
    held = read_next(campaign, reader)
    sequence = finish(held.read)
    remove_reader(campaign=campaign, user=reader)
    reader = User.objects.get(pk=reader.pk)
    with pytest.raises(ApiError, match="reading_not_allowed"):
        claim_next(user=reader, campaign=campaign)
    with pytest.raises(ApiError, match="reading_not_allowed"):
        submit(user=reader, read_id=held.read_id, sequence=sequence, active_seconds=1)
    assert read_next(campaign, other).image_id == held.image_id
    add_reader(campaign=campaign, user=reader)
    assert claim_next(user=User.objects.get(pk=reader.pk), campaign=campaign) is None


@pytest.mark.django_db
def test_a_superuser_takes_a_readers_place_only_when_added_as_one() -> None:
    campaign, (reader, _other) = staffed(images=1)
    operator = User.objects.create_superuser("operator")
    with pytest.raises(ApiError, match="reading_not_allowed"):
        claim_next(user=operator, campaign=campaign)
    assert not Assignment.objects.exists()
    add_role(society=campaign.owner.society, user=operator, role=READER)
    assert reading_list(user=operator) == [], "a reader of the society, but not of this campaign"
    add_reader(campaign=campaign, user=operator)
    assert len(reading_list(user=operator)) == 1
    read_next(campaign, operator)
    assert claim_next(user=reader, campaign=campaign) is None


@pytest.mark.django_db
def test_progress_counts_what_is_done_held_and_left() -> None:
    campaign, (one, two) = staffed(images=3, reads_per_image=2)
    complete(campaign, one)
    held = read_next(campaign, two)
    state = progress(campaign=campaign, with_reads=True)
    assert (state["images"], state["wanted"], state["done"], state["being_read"]) == (3, 6, 1, 1)
    assert [(row["username"], row["done"], row["open"]) for row in state["readers"]] == [(one.username, 1, 0), (two.username, 0, 1)]
    assert sorted(row["state"] for row in state["rows"]) == ["reading", "waiting", "waiting"]
    assert [read["held"] for row in state["rows"] for read in row["reads"] if read["id"] == str(held.read_id)] == [True]
    assert progress(campaign=campaign, with_reads=False)["rows"][0]["reads"] == []
    assert [(row["remaining"], row["done"]) for row in reading_list(user=one)] == [(2, 1)]
    assert [(row["remaining"], row["done"]) for row in reading_list(user=two)] == [(3, 0)]
    assert reading_list(user=campaign.created_by) == []
    assert [(row["wanted"], row["done"], row["can_manage"], row["can_export"]) for row in overview(user=campaign.created_by)] == [
        (6, 1, True, False)
    ]


@pytest.mark.django_db
def test_lists_take_the_same_queries_however_long_they_are(django_assert_max_num_queries: Any) -> None:
    society = make_society()
    admin, reader = make_person(society, "admin", ADMIN), make_person(society, "reader", READER)
    for _each in range(4):
        make_campaign(society, admin, images=2, readers=(reader,))
    # Permissions of a user and their groups take some of these.
    with django_assert_max_num_queries(8):
        assert len(reading_list(user=User.objects.get(pk=reader.pk))) == 4
    with django_assert_max_num_queries(12):
        assert len(overview(user=User.objects.get(pk=admin.pk))) == 4


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(4))
def test_whatever_readers_do_no_read_is_held_or_done_twice(seed: int) -> None:
    """A walk through claims, submissions, lapses and removals; what must always hold is checked after each step."""
    campaign, readers = staffed(readers=3, images=4, reads_per_image=2)
    steps = random.Random(seed)  # noqa: S311  # a walk that can be walked again
    for _each in range(40):
        reader = steps.choice(readers)
        held = Assignment.objects.filter(reader=reader, state=Assignment.State.LEASED).first()
        action = steps.choice(["claim", "claim", "submit", "lapse", "renew"])
        if action == "claim":
            claim_next(user=reader, campaign=campaign)
        elif action == "submit" and held is not None:
            submit(user=reader, read_id=held.read_id, sequence=finish_once(held.read), active_seconds=1)
        elif action == "lapse":
            let_leases_run_out()
        elif action == "renew" and held is not None:
            renew_lease(user=reader, read_id=held.read_id)
        check_claims(campaign)


def finish_once(read: Read) -> int:
    """Complete a read that may have been completed before its lease ran out."""
    read.refresh_from_db()
    return read.sequence or finish(read)


def check_claims(campaign: Campaign) -> None:
    live = Assignment.objects.filter(campaign=campaign).exclude(state=Assignment.State.EXPIRED)
    assert all(count == 1 for count in Counter(live.values_list("image", "slot")).values())
    assert all(count == 1 for count in Counter(live.values_list("image", "reader")).values())
    assert not live.filter(slot__gte=campaign.reads_per_image).exists()
    assert not live.exclude(read__image=F("image")).exists()
    assert not live.exclude(read__reader=F("reader")).exists()
    done = set(Assignment.objects.filter(campaign=campaign, state=Assignment.State.DONE).values_list("read", flat=True))
    assert done == set(Read.objects.filter(campaign=campaign, state=Read.State.SUBMITTED).values_list("pk", flat=True))


def at_once(work: Callable[[int], Any], threads: int) -> list[Any]:
    barrier = Barrier(threads)

    def start(number: int) -> Any:
        barrier.wait(30)
        try:
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(start, range(threads)))


@pytest.mark.usefixtures("database_for_threads")
def test_eight_readers_claim_forty_images_and_no_two_get_the_same() -> None:
    prepared: list[Any] = []

    def prepare(_number: int) -> None:
        prepared.append(staffed(readers=8, images=40))

    at_once(prepare, 1)
    campaign, readers = prepared[0]

    def work(number: int) -> list[str]:
        seen = []
        while (assignment := claim_next(user=readers[number], campaign=campaign)) is not None:
            seen.append(str(assignment.image_id))
            submit(user=readers[number], read_id=assignment.read_id, sequence=finish(assignment.read), active_seconds=1)
        return seen

    taken = at_once(work, 8)
    everything = [image for seen in taken for image in seen]
    assert len(everything) == len(set(everything)) == 40
    at_once(lambda _number: check_claims(campaign), 1)


@pytest.mark.usefixtures("database_for_threads")
def test_one_reader_in_two_windows_holds_one_image() -> None:
    prepared: list[Any] = []
    at_once(lambda _number: prepared.append(staffed(readers=1, images=5)), 1)
    campaign, (reader,) = prepared[0]

    def claim(_number: int) -> Any:
        assignment = claim_next(user=reader, campaign=campaign)
        assert assignment is not None
        return assignment.read_id

    assert len(set(at_once(claim, 6))) == 1
