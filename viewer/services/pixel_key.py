"""The key that signs pixel grants."""

import hashlib
import hmac

from django.conf import settings


def pixel_key() -> bytes:
    """Return 32 bytes derived from the site's secret, so that a leaked grant key opens no session."""
    return hmac.new(settings.SECRET_KEY.encode(), b"mitate.pixels.grant.1", hashlib.sha256).digest()
