"""Live hints through the real consumers: who is let in, who is put out, and that hints plus pulls equal a fresh fetch."""

from __future__ import annotations

import asyncio
import json
import subprocess
import uuid
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from guardian.shortcuts import assign_perm, remove_perm

from annotation.events import AccessChanged, SuggestionsChanged, publish
from annotation.models import Read
from annotation.realtime.consumers import HintConsumer
from annotation.selectors.mark_lists import changes_since
from annotation.services.operations import apply_operations
from annotation.services.reads import open_read, submit_read
from tests.annotation.marking.objects import decide, delete, diagnosis, make_campaign, make_read, make_suggestions, make_user, put, square
from tests.annotation.realtime.page import Page
from tests.annotation.realtime.sockets import APPLICATION, connected, session_of

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def save(read: Read, *operations: Any) -> None:
    results = apply_operations(user=read.reader, read_id=read.pk, operations=operations).results
    assert [result.status for result in results] == ["applied"] * len(operations)


@pytest.mark.usefixtures("layer")
async def test_a_save_is_told_to_every_window_of_the_read() -> None:
    read = await sync_to_async(make_read)()
    path = f"/ws/reads/{read.pk}/"
    windows = [await connected(path, read.reader), await connected(path, read.campaign.created_by)]
    for window in windows:
        assert await window.receive() == {"type": "annotations.changed", "version": 1, "read_id": str(read.pk), "sequence": 0}
    await sync_to_async(save)(read, put(), put(said=diagnosis()))
    for window in windows:
        assert await window.receive() == {"type": "annotations.changed", "version": 1, "read_id": str(read.pk), "sequence": 2}
    await sync_to_async(submit_read)(read=read, user=read.reader, sequence=2, active_seconds=1)
    for window in windows:
        assert await window.receive() == {"type": "read.submitted", "version": 1, "read_id": str(read.pk), "sequence": 2}
        await window.disconnect()


@pytest.mark.usefixtures("layer")
async def test_suggestions_and_decisions_are_told() -> None:
    read = await sync_to_async(make_read)()
    window = await connected(f"/ws/reads/{read.pk}/", read.reader)
    await window.receive()
    (suggestion,) = await sync_to_async(make_suggestions)(read.campaign, read.image, [square()])
    await sync_to_async(publish)(SuggestionsChanged(campaign_id=read.campaign_id, image_id=read.image_id))
    assert (await window.receive())["type"] == "suggestions.changed"
    await sync_to_async(save)(read, decide(suggestion, "reject"))
    told = [await window.receive(), await window.receive()]
    assert [(message["type"], message["sequence"]) for message in told] == [("annotations.changed", 1), ("suggestions.changed", 1)]
    await window.disconnect()


@pytest.mark.usefixtures("layer")
async def test_a_dashboard_hears_of_progress() -> None:
    campaign = await sync_to_async(make_campaign)()
    window = await connected(f"/ws/campaigns/{campaign.pk}/", campaign.created_by)
    expected = {"type": "progress.changed", "version": 1, "campaign_id": str(campaign.pk)}
    assert await window.receive() == expected

    def begin() -> None:
        reader = make_user()
        assign_perm("annotation.read_campaign", reader, campaign)
        open_read(campaign=campaign, image=campaign.campaign_images.get().image, user=reader)

    await sync_to_async(begin)()
    assert await window.receive() == expected
    await window.disconnect()


@pytest.mark.usefixtures("memory_layer")
async def test_who_is_refused_and_why() -> None:
    read, stranger, other_admin = await sync_to_async(lambda: (make_read(), make_user(), make_campaign().created_by))()
    for path in (f"/ws/reads/{read.pk}/", f"/ws/campaigns/{read.campaign_id}/"):
        anonymous = Page(APPLICATION, path)
        assert await anonymous.connect()
        assert await anonymous.closed_with() == (4401, "not_signed_in")
        for user in (stranger, other_admin):
            foreign = await connected(path, user)
            assert await foreign.closed_with() == (4404, "not_found")
    for path in (f"/ws/reads/{uuid.uuid4()}/", f"/ws/campaigns/{uuid.uuid4()}/"):
        unknown = await connected(path, stranger)
        assert await unknown.closed_with() == (4404, "not_found")
    reader_on_dashboard = await connected(f"/ws/campaigns/{read.campaign_id}/", read.reader)
    assert await reader_on_dashboard.closed_with() == (4404, "not_found")


@pytest.mark.usefixtures("memory_layer")
@pytest.mark.parametrize("origin", ["http://evil.example", None])
async def test_another_site_cannot_open_a_socket(origin: str | None) -> None:
    read = await sync_to_async(make_read)()
    session = await sync_to_async(session_of)(read.reader)
    page = Page(APPLICATION, f"/ws/reads/{read.pk}/", cookie=f"{settings.SESSION_COOKIE_NAME}={session}", origin=origin)
    assert not await page.connect()


@pytest.mark.usefixtures("memory_layer")
@pytest.mark.parametrize(
    ("ending", "expected"),
    [("permission", (4403, "no_longer_allowed")), ("session", (4401, "not_signed_in")), ("user", (4401, "not_signed_in"))],
)
async def test_who_loses_the_right_is_put_out(monkeypatch: pytest.MonkeyPatch, ending: str, expected: tuple[int, str]) -> None:
    monkeypatch.setattr(HintConsumer, "recheck_seconds", 0.05)
    campaign = await sync_to_async(make_campaign)()
    manager = campaign.created_by
    window = await connected(f"/ws/campaigns/{campaign.pk}/", manager)
    await window.receive()
    await asyncio.sleep(0.3)
    assert await window.receive_nothing()

    def end() -> None:
        if ending == "permission":
            remove_perm("annotation.view_campaign", manager, campaign)
            remove_perm("annotation.manage_campaign", manager, campaign)
        elif ending == "session":
            Session.objects.all().delete()
        else:
            User.objects.filter(pk=manager.pk).update(is_active=False)

    await sync_to_async(end)()
    assert await window.closed_with() == expected


@pytest.mark.usefixtures("layer")
async def test_a_change_of_access_is_looked_at_at_once() -> None:
    campaign = await sync_to_async(make_campaign)()
    manager = campaign.created_by
    window = await connected(f"/ws/campaigns/{campaign.pk}/", manager)
    await window.receive()

    def revoke() -> None:
        for permission in ("view_campaign", "manage_campaign"):
            remove_perm(f"annotation.{permission}", manager, campaign)
        publish(AccessChanged(user_id=manager.pk))

    await sync_to_async(revoke)()
    assert await window.closed_with() == (4403, "no_longer_allowed")


@pytest.mark.usefixtures("memory_layer")
async def test_what_a_page_sends_is_passed_over() -> None:
    read = await sync_to_async(make_read)()
    window = await connected(f"/ws/reads/{read.pk}/", read.reader)
    await window.receive()
    for sent in ("not json", '{"type": "forward", "message": {}}', '{"type": "access.changed"}'):
        await window.send(text=sent)
    await window.send(data=b"\x00\xff")
    assert await window.receive_nothing()
    await sync_to_async(save)(read, put())
    assert (await window.receive())["sequence"] == 1
    await window.disconnect()


@pytest.mark.usefixtures("layer")
async def test_two_reads_do_not_hear_each_other() -> None:
    mine, other = await sync_to_async(lambda: (make_read(), make_read()))()
    windows = {read.pk: await connected(f"/ws/reads/{read.pk}/", read.reader) for read in (mine, other)}
    for window in windows.values():
        await window.receive()
    await sync_to_async(save)(mine, put())
    assert (await windows[mine.pk].receive())["read_id"] == str(mine.pk)
    assert await windows[other.pk].receive_nothing()
    for window in windows.values():
        await window.disconnect()


@pytest.mark.usefixtures("layer")
async def test_first_state_and_hints_equal_a_fresh_fetch() -> None:
    read = await sync_to_async(make_read)()
    first, second, third = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    await sync_to_async(save)(read, put(first), put(second))
    page: dict[str, Any] = {"sequence": 0, "marks": {}}

    def pull() -> None:
        answer = json.loads(changes_since(read, page["sequence"]))
        for mark in answer["annotations"]:
            if mark["deleted"]:
                page["marks"].pop(mark["id"], None)
            else:
                page["marks"][mark["id"]] = mark
        page["sequence"] = answer["sequence"]

    await sync_to_async(pull)()
    # Saved after the page was loaded and before its socket is there: the first message tells.
    await sync_to_async(save)(read, put(third))
    window = await connected(f"/ws/reads/{read.pk}/", read.reader)
    steps: list[list[Any]] = [
        [],
        [put(first, 1, text="changed")],
        [delete(second, 1), put(said=diagnosis())],
        [put(second, 2, text="restored"), delete(first, 2)],
        [delete(third, 1)],
    ]
    for step in steps:
        if step:
            await sync_to_async(save)(read, *step)
        message = await window.receive()
        assert message["sequence"] > page["sequence"]
        await sync_to_async(pull)()
        assert page["sequence"] == message["sequence"]
    fresh = json.loads(await sync_to_async(changes_since)(read, None))
    assert page == {"sequence": fresh["sequence"], "marks": {mark["id"]: mark for mark in fresh["annotations"]}}
    await window.disconnect()


@pytest.mark.usefixtures("dead_layer")
async def test_a_layer_that_is_down_costs_the_hint_and_not_the_save(caplog: pytest.LogCaptureFixture) -> None:
    read = await sync_to_async(make_read)()
    await sync_to_async(save)(read, put())
    assert await sync_to_async(lambda: Read.objects.get(pk=read.pk).sequence)() == 1
    assert "live hint not sent" in caplog.text
    window = await connected(f"/ws/reads/{read.pk}/", read.reader)
    assert await window.closed_with() == (1013, "try_again_later")


async def test_a_layer_that_dies_closes_the_sockets_and_not_the_saves(mortal_layer: subprocess.Popen[bytes]) -> None:
    read = await sync_to_async(make_read)()
    window = await connected(f"/ws/reads/{read.pk}/", read.reader)
    await window.receive()
    mortal_layer.kill()
    await sync_to_async(mortal_layer.wait)()
    await sync_to_async(save)(read, put())
    assert await sync_to_async(lambda: Read.objects.get(pk=read.pk).sequence)() == 1
    assert await window.closed_with() == (1013, "try_again_later")


@pytest.mark.usefixtures("memory_layer")
def test_a_save_outside_any_server_is_told_to_nobody_and_succeeds() -> None:
    read = make_read()
    save(read, put())
    assert Read.objects.get(pk=read.pk).sequence == 1


@pytest.mark.usefixtures("memory_layer")
async def test_many_windows_hear_only_of_their_own() -> None:
    reads = await sync_to_async(lambda: [make_read() for _number in range(12)])()
    windows = [await connected(f"/ws/reads/{read.pk}/", read.reader) for read in reads]
    for window in windows:
        await window.receive()

    def save_interleaved() -> None:
        for count in range(3):
            for number, read in enumerate(reads):
                if number >= count:
                    save(read, put())

    await sync_to_async(save_interleaved)()
    for number, (read, window) in enumerate(zip(reads, windows, strict=True)):
        heard = [await window.receive() for _count in range(min(3, number + 1))]
        assert {message["read_id"] for message in heard} == {str(read.pk)}
        await window.disconnect()
