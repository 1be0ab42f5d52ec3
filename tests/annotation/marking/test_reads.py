"""Opening and submitting reads, and the form's part in it."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from guardian.shortcuts import assign_perm

from annotation.models import Read
from annotation.selectors.reads import get_bare_read, visible_reads
from annotation.services.campaigns import close_campaign
from annotation.services.operations import apply_operations
from annotation.services.reads import add_active_seconds, open_read, submit_read
from tests.annotation.marking.objects import (
    delete,
    diagnosis,
    make_campaign,
    make_collection,
    make_form,
    make_image,
    make_read,
    make_user,
    put,
)
from viewer.api.errors import ApiError

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]


def save(read: Read, *operations: object) -> int:
    outcome = apply_operations(user=read.reader, read_id=read.pk, operations=operations)
    assert [result.status for result in outcome.results] == ["applied"] * len(operations), outcome
    return outcome.sequence


def refused(function: Any, **arguments: Any) -> ApiError:
    with pytest.raises(ApiError) as caught:
        function(**arguments)
    return caught.value


def submit(read: Read, sequence: int | None = None, seconds: float = 5) -> Read:
    read.refresh_from_db()
    return submit_read(read=read, user=read.reader, sequence=read.sequence if sequence is None else sequence, active_seconds=seconds)


def test_a_read_is_opened_once() -> None:
    campaign = make_campaign()
    image, reader = campaign.campaign_images.get().image, make_user()
    assert refused(open_read, campaign=campaign, image=image, user=reader).code == "reading_not_allowed"
    assign_perm("annotation.read_campaign", reader, campaign)
    first = open_read(campaign=campaign, image=image, user=reader)
    assert open_read(campaign=campaign, image=image, user=reader).pk == first.pk
    other_image = make_image(make_collection())
    assert refused(open_read, campaign=campaign, image=other_image, user=reader).code == "not_found"


def test_a_closed_campaign_opens_no_new_read_and_lets_open_ones_be_finished() -> None:
    campaign = make_campaign()
    read = make_read(campaign)
    close_campaign(campaign=campaign)
    newcomer = make_user()
    assign_perm("annotation.read_campaign", newcomer, campaign)
    assert refused(open_read, campaign=campaign, image=read.image, user=newcomer).code == "campaign_closed"
    assert open_read(campaign=campaign, image=read.image, user=read.reader).pk == read.pk
    save(read, put(said=diagnosis()))
    assert submit(read).state == "submitted"


def test_submitting_asks_for_the_diagnosis_and_then_closes_the_read() -> None:
    read = make_read()
    save(read, put())
    assert refused(submit, read=read).code == "diagnosis_missing"
    mark_id = uuid.uuid4()
    save(read, put(mark_id, said=diagnosis() | {"labels": ["abnormal"]}))
    assert refused(submit, read=read).code == "diagnosis_missing"
    save(read, put(mark_id, 1, said=diagnosis()), delete(mark_id, 2))
    assert refused(submit, read=read).code == "diagnosis_missing"
    save(read, put(mark_id, 3, said=diagnosis()))
    add_active_seconds(user=read.reader, read_id=read.pk, seconds=7)
    submitted = submit(read)
    assert (submitted.state, submitted.active_seconds) == ("submitted", 7)
    assert submitted.submitted_at is not None
    assert refused(submit, read=read).code == "already_submitted"
    add_active_seconds(user=read.reader, read_id=read.pk, seconds=7)
    read.refresh_from_db()
    assert read.active_seconds == 7


def test_submitting_what_is_not_all_saved() -> None:
    read = make_read()
    save(read, put(said=diagnosis()))
    error = refused(submit, read=read, sequence=0)
    assert (error.code, error.status_code, error.extra) == ("unsaved_changes", 409, {"sequence": 1})
    assert refused(submit, read=read, sequence=2).code == "unsaved_changes"


def test_only_the_reader_submits() -> None:
    read = make_read()
    manager, stranger = read.campaign.created_by, make_user()
    assert refused(submit_read, read=read, user=manager, sequence=0, active_seconds=0).code == "not_your_read"
    assert refused(submit_read, read=read, user=stranger, sequence=0, active_seconds=0).code == "not_found"


def test_a_campaign_that_asks_no_diagnosis() -> None:
    read = make_read(make_campaign(diagnosis={"required": False, "label_roles": []}))
    assert submit(read).state == "submitted"


def test_a_half_filled_form_is_saved_and_a_wrong_one_is_not() -> None:
    read = make_read(make_campaign(form=make_form()))
    mark_id = uuid.uuid4()
    save(read, put(mark_id, said=diagnosis(form={"pressure": 14})))

    def code(form: dict[str, Any]) -> tuple[str, str, Any]:
        outcome = apply_operations(user=read.reader, read_id=read.pk, operations=[put(mark_id, 1, said=diagnosis(form=form))])
        error = outcome.results[0].error
        return (error.code, error.pointer, error.extra["field"]) if error else ("", "", "")

    assert code({"pressure": 99}) == ("form_invalid", "/annotation/form/pressure", "pressure")
    assert code({"eye": "both"}) == ("form_invalid", "/annotation/form/eye", "eye")
    assert code({"height": 3}) == ("form_invalid", "/annotation/form", "")
    error = refused(submit, read=read)
    assert (error.code, error.pointer) == ("form_invalid", f"/annotations/{mark_id}/form/eye")
    assert code({"eye": "L", "pressure": 14}) == ("", "", "")
    assert submit(read).state == "submitted"


def test_a_form_with_required_fields_cannot_be_left_out() -> None:
    read = make_read(make_campaign(form=make_form()))
    save(read, put(said=diagnosis()))
    assert refused(submit, read=read).code == "form_invalid"


def test_who_sees_which_read() -> None:
    mine, other = make_read(), make_read()
    assert set(visible_reads(mine.reader)) == {mine}
    assert set(visible_reads(mine.campaign.created_by)) == {mine}
    assert other not in visible_reads(mine.campaign.created_by)
    assert not visible_reads(make_user()).exists()


def with_every_kind_of_right(read: Read) -> dict[str, tuple[User, bool]]:
    """Return people and whether each may look at the read."""
    reader, manager, in_group, all_over, superuser = read.reader, *(make_user() for _ in range(4))
    assign_perm("annotation.manage_campaign", manager, read.campaign)
    managers = Group.objects.create(name="managers")
    assign_perm("annotation.manage_campaign", managers, read.campaign)
    in_group.groups.add(managers)
    all_over.user_permissions.add(Permission.objects.get(codename="manage_campaign"))
    User.objects.filter(pk=superuser.pk).update(is_superuser=True)
    fellow = make_read(read.campaign, image=make_image(read.image.collection)).reader
    people = {
        "its reader": (reader, True),
        "who manages the campaign": (manager, True),
        "who does so as one of a group": (in_group, True),
        "a superuser": (superuser, True),
        "another reader of the campaign": (fellow, False),
        "whose right is not about this campaign": (all_over, False),
        "a stranger": (make_user(), False),
    }
    return {name: (User.objects.get(pk=person.pk), may) for name, (person, may) in people.items()}


def test_one_read_is_shown_to_whom_the_list_of_reads_shows_it() -> None:
    read = make_read()
    for name, (person, may) in with_every_kind_of_right(read).items():
        assert visible_reads(person).filter(pk=read.pk).exists() == may, name
        if may:
            assert get_bare_read(user=person, read_id=read.pk) == read, name
        else:
            assert refused(get_bare_read, user=person, read_id=read.pk).code == "not_found", name
