"""Images after they are stored: frozen when a campaign takes them, opened when a person looks at them."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import transaction
from django.utils import timezone

from viewer.models import Image
from viewer.selectors.presentations import presentations_url
from viewer.services.locks import lock_images
from viewer.services.manifests import browser_manifest, manifest_is_current, members_of, write_manifest
from viewer.services.pixel_key import pixel_key
from viewer.tiles.grant import cookie_name, sign


def freeze(*, images: Iterable[Image]) -> None:
    """Let no further instance join these images: what readers mark must not change under them.

    An image that is frozen already keeps its date. An instance that is being placed at this moment is waited for.
    """
    with transaction.atomic():
        held = lock_images(image.pk for image in images)
        fresh = [image.pk for image in held if image.frozen_at is None]
        Image.objects.filter(pk__in=fresh).update(frozen_at=timezone.now())


@dataclass(frozen=True, slots=True)
class PixelGrant:
    """What lets a browser fetch what lies under `/pixels/` for one image, or for something else that is granted like one.

    Attributes:
        token: signed; belongs into an HttpOnly cookie, never into an address or a body.
        cookie_name: one cookie an image, so that two windows do not take each other's grant away.
        cookie_path: the cookie is sent for this image's pixels only.
        max_age_s: seconds until the grant ends; the viewer renews it earlier.
    """

    token: str
    cookie_name: str
    cookie_path: str
    max_age_s: int


@dataclass(frozen=True, slots=True)
class Opened:
    """What a browser needs to show an image.

    Attributes:
        manifest: sizes, levels, frames, spacing, addresses.
        grant: of its pixels.
    """

    manifest: dict[str, Any]
    grant: PixelGrant


def grant_pixels(*, user: AbstractBaseUser | AnonymousUser, granted_id: UUID) -> PixelGrant:
    """Grant a user an image's pixels, or what is kept like them under an id of its own; the caller has checked the permission."""
    ttl_s = settings.PIXEL_GRANT_TTL_S
    token = sign(str(granted_id), str(user.pk), int(time.time()) + ttl_s, pixel_key())
    return PixelGrant(token, cookie_name(granted_id), f"/pixels/{granted_id}", ttl_s)


def open_image(*, user: AbstractBaseUser | AnonymousUser, image: Image) -> Opened:
    """Grant a user the pixels of an image for a minute; the caller has checked the permission."""
    members = members_of(image)
    if not manifest_is_current(image, members):
        write_manifest(image, members)
    return Opened(browser_manifest(image, members, presentations_url(image)), grant_pixels(user=user, granted_id=image.pk))
