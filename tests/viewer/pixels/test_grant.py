"""A grant opens one image for one user for a minute, and cannot be made or bent."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.tiles import grant

KEY = b"k" * 32
IMAGE = uuid.UUID("0198c0de-0000-7000-8000-000000000001")
OTHER = uuid.UUID("0198c0de-0000-7000-8000-000000000002")


def test_a_grant_is_for_its_image_its_user_and_its_time() -> None:
    token = grant.sign(IMAGE, 7, 1_000, KEY)
    assert grant.verify(token, IMAGE, 999, KEY) == grant.Grant(IMAGE.hex, "7", 1_000)
    assert grant.verify(token, str(IMAGE).upper(), 999, KEY) is not None
    assert grant.verify(token, OTHER, 999, KEY) is None
    assert grant.verify(token, IMAGE, 1_000, KEY) is None
    assert grant.verify(token, IMAGE, 999, b"another key") is None


@given(st.integers(0, 200), st.sampled_from("0123456789abcdef.-_AZ\n "))
def test_no_changed_letter_passes(place: int, letter: str) -> None:
    token = grant.sign(IMAGE, "user_1", 1_000, KEY)
    place %= len(token)
    changed = token[:place] + letter + token[place + 1 :]
    assert changed == token or grant.verify(changed, IMAGE, 10, KEY) is None


@given(st.text(max_size=200))
def test_no_text_is_a_grant_by_chance(text: str) -> None:
    assert grant.verify(text, IMAGE, 0, KEY) is None


def test_later_ends_cannot_be_written_in() -> None:
    token = grant.sign(IMAGE, 7, 1_000, KEY)
    assert grant.verify(token.replace(".1000.", ".9999."), IMAGE, 2_000, KEY) is None


def test_long_keys_count_whole() -> None:
    token = grant.sign(IMAGE, 7, 1_000, b"a" * 100 + b"b")
    assert grant.verify(token, IMAGE, 1, b"a" * 100 + b"c") is None
    assert grant.verify(token, IMAGE, 1, b"a" * 100 + b"b") is not None


@pytest.mark.parametrize("user", ["", "a.b", "a|b", "x" * 65, "名"])
def test_user_ids_that_would_blur_the_seal_are_refused(user: str) -> None:
    with pytest.raises(ValueError, match="user id"):
        grant.sign(IMAGE, user, 1_000, KEY)
    with pytest.raises(ValueError, match="key"):
        grant.sign(IMAGE, 7, 1_000, b"")


def test_cookies_are_named_after_the_image() -> None:
    assert grant.cookie_name(IMAGE) == f"mitate_pixels_{IMAGE.hex}"
