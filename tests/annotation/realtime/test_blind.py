"""Readers who work independently do not meet on an image, whatever their page asks for; through the real consumer."""

from __future__ import annotations

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.utils import timezone
from guardian.shortcuts import assign_perm

from annotation.models import Campaign, Read
from annotation.selectors.campaigns import reads_blind
from annotation.services.campaigns import close_campaign, set_blind
from tests.annotation.marking.objects import make_campaign, make_read, make_user
from tests.annotation.realtime.page import Page
from tests.annotation.realtime.sockets import connected
from tests.annotation.realtime.test_presence import enter, left, say, shown, told

APART = (4423, "reading_blind")


def blind_scene(*, is_blind: bool = True) -> tuple[Campaign, list[Read], User]:
    """A campaign with two readers of one image, and a colleague who only sees the collection."""
    campaign = make_campaign(is_blind=is_blind)
    reads = [make_read(campaign) for _ in range(2)]
    colleague = make_user("colleague")
    for person in (*(read.reader for read in reads), colleague):
        assign_perm("view_collection", person, campaign.collection)
    return campaign, reads, colleague


def submit(read: Read) -> None:
    read.state, read.submitted_at = Read.State.SUBMITTED, timezone.now()
    read.save()


async def knock(read: Read) -> Page:
    return await connected(f"/ws/images/{read.image_id}/presence/", read.reader)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
class TestTwoReaders:
    @pytest.mark.usefixtures("layer")
    async def test_they_do_not_meet_before_both_have_submitted(self) -> None:
        _campaign, (one, two), colleague = await sync_to_async(blind_scene)()
        for read in (one, two):
            assert await (await knock(read)).closed_with() == APART
        await sync_to_async(submit)(one)
        first, third = await enter(one.image, one.reader), await enter(one.image, colleague)
        await say(first, shown(1.0))
        await say(third, shown(2.0))
        assert await first.receive() == told(colleague, shown(2.0))
        assert await (await knock(two)).closed_with() == APART, "the other one still reads"
        await third.disconnect()
        assert await first.receive() == left(colleague)
        await sync_to_async(submit)(two)
        second = await enter(two.image, two.reader)
        await say(second, shown(3.0))
        assert await first.receive() == told(two.reader, shown(3.0))
        for page in (first, second):
            await page.disconnect()

    @pytest.mark.usefixtures("layer")
    async def test_the_setting_puts_them_out_at_once(self) -> None:
        campaign, (one, two), colleague = await sync_to_async(blind_scene)(is_blind=False)
        first, second, third = [await enter(one.image, person) for person in (one.reader, two.reader, colleague)]
        await sync_to_async(set_blind)(campaign=campaign, is_blind=True)
        for page in (first, second):
            assert await page.closed_with() == APART
        await say(third, shown())
        assert await third.receive_nothing()
        await third.disconnect()
        await sync_to_async(set_blind)(campaign=campaign, is_blind=False)
        again = await enter(one.image, one.reader)
        await again.disconnect()


@pytest.mark.django_db
class TestWho:
    def test_readers_of_this_image_until_they_have_submitted(self) -> None:
        campaign, (read, _other), colleague = blind_scene()
        assert reads_blind(user=read.reader, image_id=read.image_id)
        assert not reads_blind(user=colleague, image_id=read.image_id)
        assert not reads_blind(user=campaign.created_by, image_id=read.image_id), "whoever manages it may see all reads anyway"
        elsewhere = make_read()
        assert not reads_blind(user=read.reader, image_id=elsewhere.image_id)
        assert not reads_blind(user=elsewhere.reader, image_id=elsewhere.image_id), "that campaign is not blind"
        submit(read)
        assert not reads_blind(user=read.reader, image_id=read.image_id)

    def test_a_reader_who_has_not_begun_waits_as_long_as_the_campaign_is_open(self) -> None:
        campaign, (read, _other), _colleague = blind_scene()
        waiting = make_user()
        assign_perm("annotation.read_campaign", waiting, campaign)
        assert reads_blind(user=waiting, image_id=read.image_id)
        close_campaign(campaign=campaign)
        assert not reads_blind(user=waiting, image_id=read.image_id)
        assert reads_blind(user=read.reader, image_id=read.image_id), "what is begun can be finished"

    def test_few_queries(self, django_assert_max_num_queries: object) -> None:
        _campaign, (read, _other), colleague = blind_scene()
        with django_assert_max_num_queries(4):  # type: ignore[operator]
            reads_blind(user=colleague, image_id=read.image_id)
