"""People who look at one image together, through the real consumer: who hears of whom, and of what."""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from guardian.shortcuts import assign_perm, remove_perm

from annotation.events import AccessChanged, publish
from annotation.models import Read
from annotation.realtime.peers import Peers, Rate
from annotation.realtime.presence import MESSAGES_PER_SECOND, PresenceConsumer
from annotation.realtime.presence_messages import NotUnderstood, Shown, parse
from tests.annotation.marking.objects import make_collection, make_image, make_read, make_user, put
from tests.annotation.realtime.page import JSON, Page
from tests.annotation.realtime.sockets import APPLICATION, connected
from tests.annotation.realtime.test_sockets import save
from viewer.models import Image

database = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
SIZE = {"width": 4000, "height": 3000}


def shown(x: float = 100.0, *, pointer: Any = None, following: int | None = None, **view: Any) -> JSON:
    return {
        "type": "shown",
        "view": {"x": x, "y": 200.0, "resolution": 2.0, "rotation": 0.0, "frame": None} | view,
        "pointer": pointer,
        "following": following,
    }


def told(user: User, said: JSON) -> JSON:
    name = user.get_full_name() or user.get_username()
    what = {member: said[member] for member in ("view", "pointer", "following")}
    return {"type": "presence.present", "version": 1, "person": user.pk, "name": name, "shown": what}


def left(user: User) -> JSON:
    return {"type": "presence.left", "version": 1, "person": user.pk}


def image_and_people(count: int) -> tuple[Image, list[User]]:
    image = make_image(make_collection(), **SIZE)
    people = [make_user() for _ in range(count)]
    for person in people:
        assign_perm("view_collection", person, image.collection)
    return image, people


async def scene(count: int) -> tuple[Image, list[User]]:
    return await sync_to_async(image_and_people)(count)


async def enter(image: Image, user: User) -> Page:
    page = await connected(f"/ws/images/{image.pk}/presence/", user)
    assert await page.receive() == {"type": "presence.welcome", "version": 1, "image_id": str(image.pk), "person": user.pk}
    return page


async def say(page: Page, said: JSON) -> None:
    await page.send(text=json.dumps(said))


async def stay(page: Page) -> None:
    while True:
        await say(page, {"type": "here"})
        await asyncio.sleep(0.15)


class TestMessages:
    def test_what_a_page_shows(self) -> None:
        said = shown(12.5, pointer=[3, 4.5], following=7, frame=2, rotation=-90)
        view = {"x": 12.5, "y": 200.0, "resolution": 2.0, "rotation": -90.0, "frame": 2}
        assert parse(json.dumps(said), **SIZE) == Shown(view, (3.0, 4.5), 7)
        assert parse('{"type": "here"}', **SIZE) is None

    @pytest.mark.parametrize(
        "said",
        [
            "",
            "not json",
            "[]",
            "null",
            "[" * 400,
            '{"type": "here", "more": 1}',
            '{"type": "presence.gone"}',
            json.dumps(shown()) + " " * 512,
            json.dumps(shown(float("nan"))),
            json.dumps(shown(float("inf"))),
            json.dumps(shown(1e300)),
            json.dumps(shown(-4001)),
            json.dumps(shown(8001)),
            '{"type": "shown", "view": {"x": 1' + "0" * 400,
            json.dumps(shown(True)),
            json.dumps(shown("1")),  # type: ignore[arg-type]
            json.dumps(shown(resolution=0)),
            json.dumps(shown(resolution=-1)),
            json.dumps(shown(rotation=361)),
            json.dumps(shown(frame=-1)),
            json.dumps(shown(frame=1.5)),
            json.dumps(shown(frame=True)),
            json.dumps(shown(more=1)),
            json.dumps(shown(pointer=[1])),
            json.dumps(shown(pointer=[1, None])),
            json.dumps(shown(pointer={"x": 1})),
            json.dumps(shown(pointer=[1, 6001])),
            json.dumps(shown(following=-1)),
            json.dumps(shown(following=2**63)),
            json.dumps(shown() | {"marks": []}),
            json.dumps(shown() | {"view": None}),
        ],
    )
    def test_what_no_page_sends(self, said: str) -> None:
        with pytest.raises(NotUnderstood):
            parse(said, **SIZE)

    def test_a_person_is_there_as_long_as_one_window_is(self) -> None:
        peers = Peers(silence_s=10)
        assert peers.heard(1, "a", moved_at=5, now=0)
        assert not peers.heard(1, "b", moved_at=4, now=1), "the other window has moved since"
        assert not peers.heard(1, "a", moved_at=5, now=2), "nothing new"
        assert peers.forget_silent(11.5) == []
        assert not peers.gone(1, "b")
        assert peers.gone(1, "a")
        assert not peers.gone(1, "a")
        assert peers.heard(1, "a", moved_at=5, now=20), "who comes again is new"
        assert peers.forget_silent(30.5) == [1]

    def test_the_rate(self) -> None:
        rate = Rate(15)
        assert sum(rate.allows(100.0) for _ in range(40)) == 15
        assert not rate.allows(100.05)
        assert rate.allows(100.15)
        assert sum(rate.allows(200.0 + at / 100) for at in range(200)) == pytest.approx(15 + 30, abs=2)


class TestTogether:
    pytestmark = database

    @pytest.mark.usefixtures("layer")
    async def test_each_sees_who_is_there_and_where(self) -> None:
        image, (one, two) = await scene(2)
        first = await enter(image, one)
        await say(first, shown(1.0))
        second = await enter(image, two)
        assert await second.receive_nothing(), "nobody sees without being seen"
        await say(second, shown(2.0, pointer=[5.0, 6.0]))
        assert await first.receive() == told(two, shown(2.0, pointer=[5.0, 6.0]))
        assert await second.receive() == told(one, shown(1.0))
        await say(first, shown(3.0, following=two.pk))
        assert await second.receive() == told(one, shown(3.0, following=two.pk))
        for page in (first, second):
            await say(page, {"type": "here"})
            assert await page.receive_nothing(), "a sign of life is no news, and nobody hears of oneself"
        await second.disconnect()
        assert await first.receive() == left(two)
        await first.disconnect()

    @pytest.mark.usefixtures("memory_layer")
    async def test_who_has_not_shown_anything_neither_sees_nor_is_seen(self) -> None:
        image, (one, two) = await scene(2)
        first, silent = await enter(image, one), await enter(image, two)
        await say(silent, {"type": "here"})
        await say(first, shown(1.0, pointer=[5.0, 6.0]))
        await say(first, shown(2.0))
        assert await silent.receive_nothing()
        assert await first.receive_nothing()
        await silent.disconnect()
        assert await first.receive_nothing()
        await first.disconnect()

    @pytest.mark.usefixtures("layer")
    async def test_two_windows_are_one_person(self) -> None:
        image, (one, two) = await scene(2)
        watcher = await enter(image, one)
        await say(watcher, shown(1.0))
        here, there = await enter(image, two), await enter(image, two)
        for page, x in ((here, 10.0), (there, 20.0)):
            await say(page, shown(x))
            assert (await watcher.receive())["shown"]["view"]["x"] == x
        await say(here, {"type": "here"})
        assert await watcher.receive_nothing(), "the window that moved last counts"
        await there.disconnect()
        assert await watcher.receive_nothing()
        await here.disconnect()
        assert await watcher.receive() == left(two)
        await watcher.disconnect()

    @pytest.mark.usefixtures("layer")
    async def test_two_images_do_not_hear_each_other(self) -> None:
        (image, (one,)), (other, (two,)) = await scene(1), await scene(1)
        pages = [await enter(image, one), await enter(other, two)]
        for page in pages:
            await say(page, shown())
        for page in pages:
            assert await page.receive_nothing()
            await page.disconnect()

    @pytest.mark.usefixtures("memory_layer")
    async def test_who_is_silent_is_put_out_and_told_of(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(PresenceConsumer, "watch_seconds", 0.05)
        monkeypatch.setattr(PresenceConsumer, "silence_seconds", 0.6)
        image, (one, two) = await scene(2)
        first, second = await enter(image, one), await enter(image, two)
        await say(first, shown())
        await say(second, shown(2.0))
        assert (await first.receive())["type"] == "presence.present"
        living = asyncio.create_task(stay(first))
        assert await second.closed_with() == (4408, "silent")
        living.cancel()
        assert await first.receive() == left(two)
        await first.disconnect()

    @pytest.mark.usefixtures("memory_layer")
    async def test_whoever_vanished_without_a_word_has_left(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(PresenceConsumer, "watch_seconds", 0.05)
        monkeypatch.setattr(PresenceConsumer, "silence_seconds", 0.6)
        image, (one, two) = await scene(2)
        first, second = await enter(image, one), await enter(image, two)
        await say(first, shown())
        await say(second, shown(2.0))
        assert (await first.receive())["type"] == "presence.present"
        second.wire.future.cancel()  # a process that is killed tells nothing
        living = asyncio.create_task(stay(first))
        assert await first.receive() == left(two)
        living.cancel()
        await first.disconnect()

    @pytest.mark.usefixtures("memory_layer")
    async def test_what_is_above_the_rate_is_dropped(self) -> None:
        image, (one, two) = await scene(2)
        first, second = await enter(image, one), await enter(image, two)
        await say(first, shown())
        await say(second, shown(0.0))
        await first.receive()
        for x in range(1, 60):
            await say(second, shown(float(x)))
        heard = []
        while not await first.receive_nothing():
            heard.append((await first.receive())["shown"]["view"]["x"])
        assert MESSAGES_PER_SECOND - 1 <= len(heard) < 40
        await asyncio.sleep(0.3)
        await say(second, shown(500.0))
        assert (await first.receive())["shown"]["view"]["x"] == 500.0, "the next one is heard again"
        for page in (first, second):
            await page.disconnect()

    @pytest.mark.usefixtures("memory_layer")
    async def test_what_is_malformed_is_dropped(self) -> None:
        image, (one, two) = await scene(2)
        first, second = await enter(image, one), await enter(image, two)
        await say(first, shown())
        for sent in ("not json", '{"type": "presence.gone"}', json.dumps(shown() | {"person": one.pk})):
            await second.send(text=sent)
        await second.send(data=b"\x00\xff")
        assert await first.receive_nothing()
        await say(second, shown(7.0))
        assert (await first.receive())["shown"]["view"]["x"] == 7.0
        for page in (first, second):
            await page.disconnect()

    @pytest.mark.usefixtures("memory_layer")
    async def test_who_is_refused_and_why(self) -> None:
        image, (one,) = await scene(1)
        stranger = await sync_to_async(make_user)()
        anonymous = Page(APPLICATION, f"/ws/images/{image.pk}/presence/")
        assert await anonymous.connect()
        assert await anonymous.closed_with() == (4401, "not_signed_in")
        for pk, user in ((image.pk, stranger), (uuid.uuid4(), one)):
            page = await connected(f"/ws/images/{pk}/presence/", user)
            assert await page.closed_with() == (4404, "not_found")

    @pytest.mark.usefixtures("layer")
    async def test_who_may_no_longer_see_the_image_is_put_out(self) -> None:
        image, (one, two) = await scene(2)
        first, second = await enter(image, one), await enter(image, two)
        await say(first, shown())
        await say(second, shown(2.0))
        await first.receive()

        def revoke() -> None:
            remove_perm("view_collection", two, image.collection)
            publish(AccessChanged(user_id=two.pk))

        await sync_to_async(revoke)()
        assert await second.closed_with() == (4403, "no_longer_allowed")
        assert await first.receive() == left(two)
        await first.disconnect()

    @pytest.mark.usefixtures("layer")
    async def test_no_mark_is_told(self) -> None:
        """Reads are independent: what a reader draws and saves while both are shown reaches nobody."""

        def read_and_other() -> tuple[Read, User]:
            read, other = make_read(), make_user()
            for person in (read.reader, other):
                assign_perm("view_collection", person, read.image.collection)
            return read, other

        read, other = await sync_to_async(read_and_other)()
        mine, theirs = await enter(read.image, read.reader), await enter(read.image, other)
        await say(theirs, shown(2.0))
        await say(mine, shown(1.0))
        assert await theirs.receive() == told(read.reader, shown(1.0))
        await sync_to_async(save)(read, put())
        assert await theirs.receive_nothing()
        for page in (mine, theirs):
            await page.disconnect()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("dead_layer")
async def test_without_a_channel_layer_the_page_is_told_to_come_later() -> None:
    image, (one,) = await scene(1)
    page = await connected(f"/ws/images/{image.pk}/presence/", one)
    assert await page.closed_with() == (1013, "try_again_later")
