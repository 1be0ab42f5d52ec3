"""A short-lived proof that a user may see one image's pixels.

Opening an image checks permission once, in the database; the grant then stands for that check on every tile. It names
the image, the user and the instant it ends, and a keyed BLAKE2s sum seals the three. It travels in a cookie whose path
is the image's own, so no secret is ever part of an address.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from hashlib import blake2s
from typing import Final

TTL_S: Final = 60
_PERSON: Final = b"mitategr"
_TOKEN: Final = re.compile(r"1\.([A-Za-z0-9_-]{1,64})\.([0-9]{1,12})\.([0-9a-f]{64})")
_USER: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Grant:
    """A grant that was checked.

    Attributes:
        image_id: the image it is for, as 32 hexadecimal digits where it is a UUID.
        user_id: who opened the image.
        expires_s: when it ends, seconds since 1970.
    """

    image_id: str
    user_id: str
    expires_s: int


def sign(image_id: object, user_id: object, expires_s: float, key: bytes) -> str:
    """A grant for `user_id` to see `image_id` until `expires_s` (seconds since 1970).

    Raises:
        ValueError: when the user's id holds more than letters, digits, dash and underscore, or the key is empty.
    """
    user = str(user_id)
    if _USER.fullmatch(user) is None:
        raise ValueError("a user id in a grant holds letters, digits, - and _ only")
    return f"1.{user}.{int(expires_s)}.{_seal(canonical(image_id), user, int(expires_s), key)}"


def verify(token: str, image_id: object, now_s: float, key: bytes) -> Grant | None:
    """The grant in `token` if it is genuine, for this image and not over; else None."""
    match = _TOKEN.fullmatch(token)
    if match is None:
        return None
    user, expires_s, seal = match[1], int(match[2]), match[3]
    image = canonical(image_id)
    if not hmac.compare_digest(seal, _seal(image, user, expires_s, key)) or now_s >= expires_s:
        return None
    return Grant(image, user, expires_s)


def cookie_name(image_id: object) -> str:
    """The cookie that carries the grant of one image."""
    return f"mitate_pixels_{canonical(image_id)}"


def canonical(image_id: object) -> str:
    """An image's id without dashes, in lower case, so that both spellings of a UUID are one."""
    return str(image_id).replace("-", "").lower()


def _seal(image: str, user: str, expires_s: int, key: bytes) -> str:
    if not key:
        raise ValueError("a grant needs a key")
    short_key = key if len(key) <= blake2s.MAX_KEY_SIZE else blake2s(key).digest()
    return blake2s(f"{image}|{user}|{expires_s}".encode(), key=short_key, person=_PERSON).hexdigest()
