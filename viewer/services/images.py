"""Images after they are stored: frozen when a campaign takes them, opened when a person looks at them."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import transaction
from django.utils import timezone

from viewer.models import Image
from viewer.selectors.presentations import presentations_url
from viewer.services.locks import lock_images
from viewer.services.manifests import browser_manifest, manifest_is_current, members_of, write_manifest
from viewer.services.pixel_key import pixel_key
from viewer.tiles.grant import sign


def freeze(*, images: Iterable[Image]) -> None:
    """Let no further instance join these images: what readers mark must not change under them.

    An image that is frozen already keeps its date. An instance that is being placed at this moment is waited for.
    """
    with transaction.atomic():
        held = lock_images(image.pk for image in images)
        fresh = [image.pk for image in held if image.frozen_at is None]
        Image.objects.filter(pk__in=fresh).update(frozen_at=timezone.now())


@dataclass(frozen=True, slots=True)
class Opened:
    """What a browser needs to show an image.

    Attributes:
        manifest: sizes, levels, frames, spacing, addresses.
        token: the signed pixel grant; belongs into an HttpOnly cookie, never into an address or a body.
        cookie_name: one cookie an image, so that two windows do not take each other's grant away.
        cookie_path: the cookie is sent for this image's pixels only.
        max_age_s: seconds until the grant ends; the viewer renews it earlier.
    """

    manifest: dict[str, Any]
    token: str
    cookie_name: str
    cookie_path: str
    max_age_s: int


def open_image(*, user: AbstractBaseUser | AnonymousUser, image: Image) -> Opened:
    """Grant a user the pixels of an image for a minute; the caller has checked the permission."""
    members = members_of(image)
    if not manifest_is_current(image, members):
        write_manifest(image, members)
    ttl_s = settings.PIXEL_GRANT_TTL_S
    return Opened(
        manifest=browser_manifest(image, members, presentations_url(image)),
        token=sign(str(image.pk), str(user.pk), int(time.time()) + ttl_s, pixel_key()),
        cookie_name=f"mitate_pixels_{image.pk.hex}",
        cookie_path=f"/pixels/{image.pk}",
        max_age_s=ttl_s,
    )
