"""What readers have seen, kept on the server: only ever more of it, whatever comes, how often and in which order."""

from __future__ import annotations

import base64
import contextlib
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from annotation.models import Read, Walk
from annotation.selectors.walks import most_seen, walks_of
from annotation.services.walk_input import MAX_SQUARES, parse_seen, unpacked
from annotation.services.walks import MAX_WALKS, note_seen
from tests.annotation.marking.objects import make_campaign, make_read, make_user
from viewer.api.errors import ApiError

COLUMNS, ROWS = 40, 30
"""Squares of 100 px over the image of 4000 x 3000."""


def sent(bits: int, squares: int = COLUMNS * ROWS) -> str:
    return base64.b64encode(zlib.compress(bits.to_bytes(-(-squares // 8), "little"))).decode()


def said(bits: int = 0, **changes: Any) -> dict[str, Any]:
    whole = {"magnification": 10, "round": 1, "columns": COLUMNS, "rows": ROWS, "seen": sent(bits), "wanted": None, "place": None}
    return whole | changes


def seen_of(read: Read) -> int:
    (walk,) = Walk.objects.filter(read=read)
    return unpacked(bytes(walk.seen))


@pytest.mark.postgres
@pytest.mark.django_db
class TestKeeping:
    def test_squares_are_only_added(self) -> None:
        read = make_read()
        for bits in (0b1010, 0b0110, 0b1010, 0):
            note_seen(read=read, said=said(bits))
        assert seen_of(read) == 0b1110
        (walk,) = walks_of(read)
        assert (walk["seen_count"], walk["wanted_count"]) == (3, COLUMNS * ROWS)
        assert unpacked(base64.b64decode(walk["seen"])) == 0b1110

    def test_only_what_is_worth_looking_at_is_counted(self) -> None:
        read = make_read()
        note_seen(read=read, said=said(0b1011, wanted=sent(0b0111), place=[10.5, 20]))
        (walk,) = walks_of(read)
        assert (walk["seen_count"], walk["wanted_count"], walk["place"]) == (2, 3, [10.5, 20.0])
        note_seen(read=read, said=said(0))
        (walk,) = walks_of(read)
        assert (walk["seen_count"], walk["wanted_count"], walk["place"]) == (3, COLUMNS * ROWS, None)

    def test_starting_again_keeps_the_round_before(self) -> None:
        read = make_read()
        note_seen(read=read, said=said(0b111))
        note_seen(read=read, said=said(0b1, round=2))
        assert [walk["round"] for walk in walks_of(read)] == [2]
        assert most_seen([read.pk])[read.pk]["seen_count"] == 1
        note_seen(read=read, said=said(0b1000))
        assert sorted(Walk.objects.filter(read=read).values_list("round", "seen_count")) == [(1, 4), (2, 1)]

    def test_what_was_seen_without_a_connection_comes_after_submitting(self) -> None:
        read = make_read()
        Read.objects.filter(pk=read.pk).update(state=Read.State.SUBMITTED)
        note_seen(read=read, said=said(0b11))
        assert seen_of(read) == 0b11

    def test_there_is_an_end_to_it(self) -> None:
        read = make_read()
        for number in range(1, MAX_WALKS + 1):
            note_seen(read=read, said=said(1, round=number))
        with pytest.raises(ApiError) as caught:
            note_seen(read=read, said=said(1, magnification=20))
        assert caught.value.code == "too_many_walks"
        note_seen(read=read, said=said(2, round=MAX_WALKS))

    def test_of_several_walks_the_one_that_saw_most_is_told(self, django_assert_num_queries: Any) -> None:
        reads = [make_read() for _ in range(2)]
        note_seen(read=reads[0], said=said(2**600 - 1, magnification=20))
        note_seen(read=reads[0], said=said(2**900 - 1, magnification=5))
        with django_assert_num_queries(1):
            told = most_seen([read.pk for read in reads])
        assert set(told) == {reads[0].pk}
        assert (told[reads[0].pk]["magnification"], told[reads[0].pk]["seen_count"]) == (5.0, 900)


@pytest.mark.postgres
@pytest.mark.django_db
def test_over_http(client_of: Callable[[User], Client]) -> None:
    campaign = make_campaign()
    read = make_read(campaign)
    url = f"/api/reads/{read.pk}/walks/"

    def tell(user: User, body: Any) -> Any:
        return client_of(user).put(url, body, content_type="application/json")

    assert tell(read.reader, said(0b101)).json()["seen_count"] == 2
    assert client_of(campaign.created_by).get(url).json()["walks"][0]["seen_count"] == 2
    assert tell(campaign.created_by, said(0b1)).status_code == 403
    assert client_of(make_user()).get(url).status_code == 404
    assert tell(make_user(), said(0b1)).status_code == 404
    refused = tell(read.reader, said(seen="?"))
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "walk_malformed")
    assert tell(read.reader, "x" * (1 << 20)).status_code in {400, 413}
    assert seen_of(read) == 0b101


@pytest.mark.usefixtures("database_for_threads")
@pytest.mark.postgres
def test_two_windows_at_once_lose_nothing() -> None:
    def apart(work: Callable[..., Any], *given: Any) -> Any:
        try:
            return work(*given)
        finally:
            connections.close_all()

    def tell(read_id: Any, places: range) -> None:
        for place in places:
            note_seen(read=Read.objects.get(pk=read_id), said=said(1 << place))

    with ThreadPoolExecutor(3) as windows:
        read = windows.submit(apart, make_read).result()
        for told in [windows.submit(apart, tell, read.pk, range(at, 24, 3)) for at in range(3)]:
            told.result()
        assert windows.submit(apart, seen_of, read).result() == 2**24 - 1


SIZE = {"width": 4000, "height": 3000}
BOMB = base64.b64encode(zlib.compress(bytes(64 << 20))).decode()


class TestWhatNoPageSends:
    @pytest.mark.parametrize(
        ("body", "pointer"),
        [
            (None, ""),
            ([], ""),
            ({}, ""),
            (said() | {"more": 1}, ""),
            (said(magnification=0), "/magnification"),
            (said(magnification=True), "/magnification"),
            (said(magnification="10"), "/magnification"),
            (said(round=0), "/round"),
            (said(round=1.5), "/round"),
            (said(columns=-1), "/columns"),
            (said(columns=MAX_SQUARES, rows=2), "/columns"),
            (said(columns=30, rows=40), "/columns"),
            (said(seen=None), "/seen"),
            (said(seen="%%%"), "/seen"),
            (said(seen="\ud800"), "/seen"),
            (said(seen=base64.b64encode(b"not zlib").decode()), "/seen"),
            (said(seen=BOMB), "/seen"),
            (said(seen=sent(0, 8)), "/seen"),
            (said(seen=base64.b64encode(zlib.compress(bytes(150))[:-2]).decode()), "/seen"),
            (said(seen=base64.b64encode(zlib.compress(bytes(150)) + b"x").decode()), "/seen"),
            (said(columns=4, rows=3, seen=base64.b64encode(zlib.compress(b"\xff\xff")).decode()), "/seen"),
            (said(wanted=5), "/wanted"),
            (said(place=[1]), "/place"),
            (said(place=[1, 1e9]), "/place"),
            (said(place={"x": 1}), "/place"),
        ],
    )
    def test_is_refused_at_its_place(self, body: Any, pointer: str) -> None:
        with pytest.raises(ApiError) as caught:
            parse_seen(body, **SIZE)
        assert (caught.value.code, caught.value.pointer) == ("walk_malformed", pointer)

    @given(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), st.lists))
    def test_nothing_else_comes_out(self, value: Any) -> None:
        for member in said():
            with contextlib.suppress(ApiError):  # any other error fails
                parse_seen(said() | {member: value}, **SIZE)

    @given(st.integers(16, 5000), st.integers(16, 5000), st.floats(2, 400))
    def test_every_grid_of_squares_over_an_image_is_taken(self, width: int, height: int, side: float) -> None:
        columns, rows = -(-width // side), -(-height // side)
        grid = {"columns": int(columns), "rows": int(rows), "seen": sent(0, int(columns * rows))}
        assert parse_seen(said(**grid), width=width, height=height).columns == columns
